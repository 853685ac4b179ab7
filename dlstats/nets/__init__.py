"""Networks with a leading replicate axis: specification, activations, initialisations, forward pass."""

from dlstats.nets.activations import ACTIVATIONS, Activation
from dlstats.nets.initialisations import INITIALISATIONS, initialise
from dlstats.nets.mlp import Mlp, apply, views
from dlstats.nets.wrapped import Wrapped

__all__ = ["ACTIVATIONS", "INITIALISATIONS", "Activation", "Mlp", "Wrapped", "apply", "initialise", "views"]
