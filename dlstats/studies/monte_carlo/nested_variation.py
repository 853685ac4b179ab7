"""Are the components of variance for data, start and minibatch order right, and are their errors?"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Measure, Study
from dlstats.seeds import Streams

LEVELS = ("data", "start", "order")
VARIANCES = {"data": 4.0, "start": 1.0, "order": 0.25}
UNITS = {"start": 4, "order": 3}
LOST = 0.1
"""Share of rows lost when the design is to be unbalanced."""
MARGIN = 0.1


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One nested study a row and component: its estimate, the error that it reports, whether the interval holds."""
    sizes = (factors["size"], UNITS["start"], UNITS["order"])
    index = np.indices(sizes).reshape(3, -1)
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("effects", **factors), strict=True):
        x = _effects(rng, factors["law"], sizes)
        frame = pd.DataFrame(dict(zip(LEVELS, index, strict=True)) | {"x": x.ravel()})
        if not factors["balanced"]:
            frame = frame[rng.random(len(frame)) >= LOST]
        found = montecarlo.components(frame, "x", LEVELS)
        for name, variance in VARIANCES.items():
            e = found[name]
            covered = float(e.lower <= variance <= e.upper)
            rows.append((replicate, name, e.value / variance, e.mcse / variance, covered))
    return pd.DataFrame(rows, columns=["replicate", "method", "component", "reported", "covered"])


def _effects(rng: np.random.Generator, law: str, sizes: tuple) -> np.ndarray:
    """Sum of the effects of data, start within data and order within start, each normal or t10 with its variance."""

    def draw(shape: tuple) -> np.ndarray:
        return rng.standard_normal(shape) if law == "normal" else rng.standard_t(10, shape) * np.sqrt(0.8)

    shapes = ((sizes[0], 1, 1), (*sizes[:2], 1), sizes)
    return sum(np.sqrt(v) * draw(shape) for v, shape in zip(VARIANCES.values(), shapes, strict=True))  # type: ignore[return-value]


MEASURES = (
    Measure("component", "estimated / true component", "mean"),
    Measure("reported", "mean reported error / true standard deviation", "se_ratio", options={"estimate": "component"}),
    Measure("covered", "coverage of the 95 % interval", "proportion"),
)


def worst(evidence: Evidence, measure: str, **factors: object) -> Estimate:
    """Of all components and designs, the one that speaks most against a ratio of 1."""
    rows = evidence.table(measure=measure, **factors).to_dict("records")
    found = [Estimate(r["estimate"], r["mcse"], r["replicates"], r["failed"]) for r in rows]
    return montecarlo.worst(found, 1.0, MARGIN)


CLAIMS = (
    Claim(
        "MCM1.components",
        "Estimated components of variance for data, start and order are right on average within 10 %, balanced or "
        "with a tenth of "
        "the rows lost, normal or t10 effects.",
        "equivalence",
        1.0,
        MARGIN,
        functools.partial(worst, measure="component"),
        "Searle, Casella and McCulloch 1992",
    ),
    Claim(
        "MCM1.component_errors",
        "Their jackknife errors over 50 data sets are on average within 10 % of the truth (normal effects).",
        "equivalence",
        1.0,
        MARGIN,
        functools.partial(worst, measure="reported", size=50, law="normal"),
        "Efron and Stein 1981",
    ),
)

STUDY = Study(
    name="nested_variation",
    family="monte_carlo",
    title="What noise is made of",
    aims="To check the components of variance, and their errors, that nested studies of networks report.",
    mechanisms="`size` data sets, 4 starts in each, 3 orders of minibatches in each; effects with variances 4, 1 and "
    "1/4, normal or "
    "t10 (`law`); with `balanced` false a tenth of the rows is lost.",
    estimands="The three components of variance.",
    methods={
        "data": "between data sets",
        "start": "between starts of one data set",
        "order": "between orders of one start",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    limits="Effects are independent of each other and have one variance each; data sets, starts and orders that interact, or "
    "whose spread depends on the data set, are not tried.",
    block=500,
)
