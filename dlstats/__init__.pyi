from . import dgp as dgp
from . import losses as losses
from . import measures as measures
from . import methods as methods
from . import montecarlo as montecarlo
from . import nets as nets
from . import plotting as plotting
from . import protocol as protocol
from . import theory as theory
from . import training as training

__version__: str
