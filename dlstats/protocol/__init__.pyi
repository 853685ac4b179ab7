from . import readers as readers
from . import verdict as verdict
from .claim import (
    Claim as Claim,
)
from .claim import (
    at_least as at_least,
)
from .claim import (
    at_most as at_most,
)
from .claim import (
    equals as equals,
)
from .evidence import Evidence as Evidence
from .factor import (
    Condition as Condition,
)
from .factor import (
    Factor as Factor,
)
from .measure import (
    Contrast as Contrast,
)
from .measure import (
    LevelContrast as LevelContrast,
)
from .measure import (
    Measure as Measure,
)
from .measure import (
    Slope as Slope,
)
from .measure import (
    SlopeContrast as SlopeContrast,
)
from .origin import (
    Control as Control,
)
from .origin import (
    Derived as Derived,
)
from .origin import (
    Finding as Finding,
)
from .origin import (
    Practice as Practice,
)
from .origin import (
    Stated as Stated,
)
from .origin import (
    Theorem as Theorem,
)
from .plug import (
    Plug as Plug,
)
from .plug import (
    Sample as Sample,
)
from .study import (
    Check as Check,
)
from .study import (
    Experiment as Experiment,
)
from .study import (
    Figure as Figure,
)
from .study import (
    Method as Method,
)
from .study import (
    Study as Study,
)
from .study import (
    grid as grid,
)
