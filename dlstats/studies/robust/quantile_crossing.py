"""How often do linear quantile fits of a small sample cross?"""

from __future__ import annotations

import pandas as pd

from dlstats.dgp import quantile_designs
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Practice
from dlstats.protocol.readers import proportion
from dlstats.protocol.study import Experiment, Method, Study, grid
from dlstats.seeds import Streams

DESIGN = quantile_designs.DESIGNS["sine_normal"]


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Do linear fits at 0.85 and 0.95 cross on [0, 1]? By linear programming."""
    from dlstats.methods.quantile import linear_program

    n = condition.n
    rows = []
    for r, rng in zip(streams.replicates, streams.generators("data", n=n), strict=True):
        x, y = DESIGN.sample(n, rng)
        low, high = (linear_program(x[:, 0], y, level) for level in (0.85, 0.95))
        gap = high - low
        rows.append({"replicate": r, "method": "linear", "crossed": float(min(gap[0], gap.sum()) < -1e-9)})
    return pd.DataFrame(rows)


STUDY = Study(
    title="Crossing of linear quantile fits",
    aims="How often do linear quantile fits at two upper levels cross within the range of x at n = 30?",
    mechanisms="y = sin 4πx + (0.2 + 0.3x) N(0, 1), x uniform on [0, 1], n = 30.",
    estimands="Proportion of samples in which the fits at levels 0.85 and 0.95 cross on [0, 1].",
    experiments={
        "lines": Experiment(
            simulate,
            factors={"n": Factor("sample size", int, symbol="n", at_least=3)},
            methods={"linear": Method("linear", "linear quantile regression by linear programming")},
            measures=(Measure("crossed", "proportion of samples whose fits cross", "proportion"),),
            block=2000,
            streams="quantiles",
        )
    },
    claims=(
        Claim(
            "ROB16.linear",
            "Linear fits of n = 30 at levels 0.85 and 0.95 seldom cross on [0, 1]: in at most 10 % of samples.",
            at_most(0.1),
            proportion("crossed", method="linear", n=30),
            Practice("koenker2005", "section 2.5, over-read"),
        ),
    ),
    limits="The model is misspecified; networks are asked in deep_quantile.",
    designs={
        "smoke": grid(n=30, replicates=20),
        "standard": grid(n=30, replicates=300),
        "paper": grid(n=30, replicates=2000),
    },
)
