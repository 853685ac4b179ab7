from . import linear_regions as linear_regions
from .classification import (
    Calibration as Calibration,
)
from .classification import (
    auroc as auroc,
)
from .classification import (
    average_precision as average_precision,
)
from .classification import (
    balanced_excess as balanced_excess,
)
from .classification import (
    best_cut as best_cut,
)
from .classification import (
    binned as binned,
)
from .classification import (
    brier as brier,
)
from .classification import (
    calibration as calibration,
)
from .classification import (
    counts as counts,
)
from .classification import (
    ece_bias as ece_bias,
)
from .classification import (
    log_loss as log_loss,
)
