"""Networks with a leading replicate axis: specification, activations, initialisations, forward pass."""

from dlstats.core.nets.activations import ACTIVATIONS, Activation
from dlstats.core.nets.initialisations import INITIALISATIONS, initialise
from dlstats.core.nets.mlp import Mlp, apply, views

__all__ = ["ACTIVATIONS", "INITIALISATIONS", "Activation", "Mlp", "apply", "initialise", "views"]
