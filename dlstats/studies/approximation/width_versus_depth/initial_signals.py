"""How much of the input's size a network of many layers passes on before it is trained."""

from __future__ import annotations

import functools
import math
from itertools import pairwise

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

INPUTS = 4
SCHEMES = {"normal": "N(0, 0.01²)", "he": "He's"}


def signal(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Squared norm of the last hidden layer of networks without biases at |x| = 1, before training."""
    from dlstats.nets.initialisations import INITIALISATIONS

    sizes = (INPUTS, *(condition.width,) * condition.depth)

    def propagated(rng: np.random.Generator, scheme: str) -> np.ndarray:
        h = np.eye(INPUTS)[0]
        for fan_in, fan_out in pairwise(sizes):
            h = np.maximum(h @ INITIALISATIONS[scheme](rng, fan_in, fan_out)[0], 0)
        return np.asarray(h @ h)

    key = {"width": condition.width, "depth": condition.depth}
    columns = {
        scheme: {"squared_norm": streams.draw(functools.partial(propagated, scheme=scheme), f"signal_{scheme}", **key)}
        for scheme in SCHEMES
    }
    return stacked(streams, columns)


def expected_signal(scheme: str, width: int, depth: int) -> float:
    """E |h^L|^2 = prod_l n_l Var(w_l) / 2 at |x| = 1 without biases, n_l the units of layer l.

    Proof: docs/proofs/width-limits.md#norm-of-the-signal.
    """
    fans = (INPUTS, *(width,) * (depth - 1))
    return math.prod(width * (2 / fan_in if scheme == "he" else 1e-4) / 2 for fan_in in fans)


SIGNAL = Experiment(
    title="signals before training",
    simulate=signal,
    factors={"width": Factor("units per layer", int, at_least=1), "depth": Factor("hidden layers", int, at_least=1)},
    methods={name: Method(label, f"ReLU, initialisation {label}, no biases") for name, label in SCHEMES.items()},
    measures=(Measure("squared_norm", "squared norm of the last hidden layer"),),
    block=500,
)
