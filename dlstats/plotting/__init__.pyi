from . import curves as curves
from . import style as style
from .simulation import (
    estimates as estimates,
)
from .simulation import (
    forest as forest,
)
from .simulation import (
    heat_map as heat_map,
)
from .simulation import (
    lollipop as lollipop,
)
from .simulation import (
    nested_loop as nested_loop,
)
from .simulation import (
    zip_plot as zip_plot,
)
