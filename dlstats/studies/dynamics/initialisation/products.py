"""Products of random matrices and of random numbers: what grows, what vanishes, and how fast."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.dynamics.initialisation.signals import SIZES
from dlstats.studies.frames import stacked

ENDS = (0.3, 1.8)
"""Of the uniform distribution of factors, whose mean is above 1 and whose geometric mean is below."""


def simulate_exponents(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Largest and smallest exponent of products of matrices of N(0, 1/n), by QR after every factor."""
    depth, width = condition.depth, condition.width
    draws = streams.draw(
        lambda rng: rng.standard_normal((depth, width, width)) / math.sqrt(width), "factors", **condition
    )
    q, logs = np.broadcast_to(np.eye(width), (len(streams), width, width)), np.zeros((len(streams), width))
    for k in range(depth):
        q, r = np.linalg.qr(draws[:, k] @ q)
        logs = logs + np.log(np.abs(np.diagonal(r, axis1=1, axis2=2)))
    return stacked(streams, {"product": {"top": logs[:, 0] / depth, "bottom": logs[:, -1] / depth}})


EXPONENTS = Experiment(
    simulate_exponents,
    factors=SIZES,
    methods={"product": Method("product of matrices", "independent matrices with entries N(0, 1/n)", "squared")},
    measures=(Measure("top", "largest exponent"), Measure("bottom", "smallest exponent")),
)


def simulate_factors(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Whether the product of independent factors, uniform between ENDS, is below 1."""
    logs = np.log(streams.draw(lambda rng: rng.uniform(*ENDS, condition.depth), "factors", **condition)).sum(axis=1)
    return stacked(streams, {"product": {"below": (logs < 0).astype(float)}})


FACTORS = Experiment(
    simulate_factors,
    factors={"depth": Factor("factors", int, symbol="L", at_least=1, at_most=100_000)},
    methods={
        "product": Method("product of factors", f"independent factors uniform on [{ENDS[0]:g}, {ENDS[1]:g}]", "squared")
    },
    measures=(Measure("below", "products below 1", "proportion"),),
)
