"""Where a method of somebody else goes into an experiment: what it is given, and how its values are judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dlstats.protocol.factor import Condition
from dlstats.seeds import Streams


@dataclass(frozen=True)
class Sample:
    """What the methods of an experiment get in a block of replicates, and, for its judge alone, the truth."""

    x: Float[np.ndarray, "reps n d"]
    y: Float[np.ndarray, "reps n"]
    new: Float[np.ndarray, "reps m d"]
    truth: Float[np.ndarray, "reps m"]
    """The right values at the new points; no method sees them."""
    generators: Sequence[np.random.Generator]
    """Of every replicate, those that the experiment's own methods are given."""


@dataclass(frozen=True)
class Plug:
    """A regression method goes here: `sample(condition, streams)`, and `judge(values, truth)`, which gives the measured columns.

    `values` has shape (reps, m), as the truth; a column has one entry per replicate. The experiment's own `simulate` uses
    the same two functions, so that a method from outside meets the very data of ours.
    """

    sample: Callable[[Condition, Streams], Sample]
    judge: Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]
