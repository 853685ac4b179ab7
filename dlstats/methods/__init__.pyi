from . import circle as circle
from . import location as location
from . import logistic as logistic
from . import segmentation as segmentation
from .calibration import (
    isotonic as isotonic,
)
from .calibration import (
    platt as platt,
)
from .calibration import (
    temperature as temperature,
)
from .conformal import (
    quantile_scores as quantile_scores,
)
from .conformal import (
    rank as rank,
)
from .conformal import (
    threshold as threshold,
)
from .free_knots import FreeKnots as FreeKnots
from .quantile import (
    LinearQuantiles as LinearQuantiles,
)
from .quantile import (
    QuantileBoosting as QuantileBoosting,
)
from .quantile import (
    QuantileForest as QuantileForest,
)
from .quantile import (
    QuantileKernel as QuantileKernel,
)
from .regression import (
    AdditiveModel as AdditiveModel,
)
from .regression import (
    KernelRidge as KernelRidge,
)
from .regression import (
    LocalLinear as LocalLinear,
)
from .regression import (
    NearestNeighbours as NearestNeighbours,
)
from .regression import (
    RandomFeatures as RandomFeatures,
)
from .regression import (
    SlicedInverse as SlicedInverse,
)
from .regression import (
    SmoothingSpline as SmoothingSpline,
)
from .trees import (
    Boosting as Boosting,
)
from .trees import (
    Forest as Forest,
)
from .tuning import (
    Tuned as Tuned,
)
from .tuning import (
    best as best,
)
from .tuning import (
    held_out as held_out,
)
