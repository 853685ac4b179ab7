"""Are the variance components of data, initialisation and minibatch order right, and are their errors?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Practice
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Method, Study, grid
from dlstats.seeds import Streams

VARIANCES = {"data": 4.0, "start": 1.0, "order": 0.25}
UNITS = {"start": 4, "order": 3}
LOST = 0.1
"""Proportion of rows lost when the design is to be unbalanced."""
MARGIN = 0.1


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One nested study per row and component: its estimate, the error it reports, whether the interval covers."""
    size, distribution, balanced = condition.size, condition.distribution, condition.balanced
    sizes = (size, UNITS["start"], UNITS["order"])
    index = dict(zip(VARIANCES, np.indices(sizes).reshape(3, -1), strict=True))
    rows = []
    generators = streams.generators("effects", size=size, law=distribution, balanced=balanced)
    for replicate, rng in zip(streams.replicates, generators, strict=True):
        frame = pd.DataFrame(index | {"x": _effects(rng, distribution, sizes).ravel()})
        if not balanced:
            frame = frame[rng.random(len(frame)) >= LOST]
        components = montecarlo.components(frame, "x", tuple(VARIANCES))
        for name, variance in VARIANCES.items():
            e = components[name]
            covered = float(e.lower <= variance <= e.upper)
            rows.append((replicate, name, e.value / variance, e.mcse / variance, covered))
    return pd.DataFrame(rows, columns=["replicate", "method", "component", "reported", "covered"])


def _effects(rng: np.random.Generator, distribution: str, sizes: tuple) -> np.ndarray:
    """Effects of data, initialisation within data and order within initialisation, summed; normal or t10."""

    def draw(shape: tuple) -> np.ndarray:
        normal = distribution == "normal"
        return rng.standard_normal(shape) if normal else rng.standard_t(10, shape) * np.sqrt(0.8)

    shapes = ((sizes[0], 1, 1), (*sizes[:2], 1), sizes)
    return sum(np.sqrt(v) * draw(shape) for v, shape in zip(VARIANCES.values(), shapes, strict=True))  # type: ignore[return-value]


COMPONENTS = Experiment(
    simulate,
    factors={
        "size": Factor("data sets", int, at_least=3),
        "distribution": Factor("distribution of the effects", str, ("normal", "t10")),
        "balanced": Factor("balanced", bool, {True: "balanced", False: "a tenth of the rows lost"}),
    },
    methods={
        "data": Method("data", "component between data sets"),
        "start": Method("initialisation", "component between initialisations on one data set"),
        "order": Method("order", "component between orders of minibatches from one initialisation"),
    },
    measures=(
        Measure("component", "estimated / true component"),
        Measure(
            "reported", "mean reported error / true standard deviation", "se_ratio", options={"estimate": "component"}
        ),
        Measure("covered", "coverage of the 95 % interval", "proportion"),
    ),
    block=500,
)


def _design(replicates: int, most: int) -> dict:
    both = [True, False]
    return {
        "components": [
            grid(size=20, distribution=["normal", "t10"], balanced=both, replicates=replicates),
            grid(size=50, distribution="t10", balanced=both, replicates=replicates),
            grid(size=50, distribution="normal", balanced=both, replicates=most),
        ]
    }


STUDY = Study(
    title="Variance components of nested studies",
    aims="To check the variance components, and their errors, that nested studies of networks report.",
    mechanisms="`size` data sets, 4 initialisations on each, 3 orders of minibatches from each; effects with variances 4, 1 "
    "and 1/4, normal or t10; where the design is not balanced a tenth of the rows is lost.",
    estimands="The three variance components.",
    experiments={"components": COMPONENTS},
    claims=(
        Claim(
            "MCM1.components",
            "Estimated variance components of data, initialisation and order are right on average within 10 %, balanced or "
            "with a tenth of the rows lost, normal or t10 effects.",
            equals(1, MARGIN),
            value("component").each(),
            Practice("searle1992"),
        ),
        Claim(
            "MCM1.component_errors",
            "The jackknife errors of variance components over 50 data sets are on average within 10 % of the truth (normal "
            "effects).",
            equals(1, MARGIN),
            value("reported", size=50, distribution="normal").each(),
            Practice("efron1981"),
        ),
    ),
    limits="Effects are independent of each other and have one variance each; data sets, initialisations and orders that "
    "interact, or whose spread depends on the data set, are not tried.",
    designs={"smoke": _design(20, 20), "standard": _design(500, 2000), "paper": _design(2000, 12000)},
)
