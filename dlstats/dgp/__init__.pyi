from . import bauer_kohler as bauer_kohler
from . import donoho_johnstone as donoho_johnstone
from . import noise as noise
from . import quantile_designs as quantile_designs
from . import regression as regression
from .additive import Additive as Additive
from .closed_curves import ClosedCurves as ClosedCurves
from .friedman import Friedman as Friedman
from .imbalanced import (
    Gaussians as Gaussians,
)
from .imbalanced import (
    LongTail as LongTail,
)
from .imbalanced import (
    Moons as Moons,
)
from .imbalanced import (
    Rings as Rings,
)
from .jump import CircularJump as CircularJump
from .lesions import Lesions as Lesions
