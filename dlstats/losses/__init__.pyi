from . import barron as barron
from .barron import adaptive as adaptive
from .barron import adaptive_shared as adaptive_shared
from .imbalance import (
    balanced_softmax as balanced_softmax,
)
from .imbalance import (
    cross_entropy as cross_entropy,
)
from .imbalance import (
    effective_number_weights as effective_number_weights,
)
from .imbalance import (
    expected_cost as expected_cost,
)
from .imbalance import (
    focal as focal,
)
from .imbalance import (
    inverse_frequency as inverse_frequency,
)
from .imbalance import (
    logit_adjusted as logit_adjusted,
)
from .imbalance import (
    squared_probability as squared_probability,
)
from .imbalance import (
    weighted as weighted,
)
from .margins import (
    ldam as ldam,
)
from .margins import (
    ldam_margins as ldam_margins,
)
from .margins import (
    pairwise_squared as pairwise_squared,
)
from .margins import (
    vector_scaling as vector_scaling,
)
from .overlap import (
    dice as dice,
)
from .overlap import (
    dice_cross_entropy as dice_cross_entropy,
)
from .overlap import (
    generalised_dice as generalised_dice,
)
from .overlap import (
    tversky as tversky,
)
from .quantile import (
    expectile as expectile,
)
from .quantile import (
    in_order as in_order,
)
from .quantile import (
    pinball as pinball,
)
from .quantile import (
    smooth_pinball as smooth_pinball,
)
from .regression import squared as squared
from .robust import (
    ROBUST as ROBUST,
)
from .robust import (
    absolute as absolute,
)
from .robust import (
    andrews as andrews,
)
from .robust import (
    cauchy as cauchy,
)
from .robust import (
    charbonnier as charbonnier,
)
from .robust import (
    geman_mcclure as geman_mcclure,
)
from .robust import (
    hampel as hampel,
)
from .robust import (
    huber as huber,
)
from .robust import (
    log_cosh as log_cosh,
)
from .robust import (
    tukey as tukey,
)
from .robust import (
    welsch as welsch,
)
