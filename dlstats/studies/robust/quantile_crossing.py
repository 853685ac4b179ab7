"""How often do linear quantile fits of a small sample cross?"""

from __future__ import annotations

import pandas as pd

from dlstats.dgp import quantile_designs
from dlstats.protocol.claim import Claim, at_least
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import proportion
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams

SIZES = (30, 60, 120, 240, 480)
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


def draw_crossing(evidence: Evidence, figure) -> None:
    """Proportion of samples with crossing against n."""
    from dlstats.plotting import style

    lines = evidence.table(measure="crossed", statistic="proportion").sort_values("n")
    bars = [lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]]
    axis = figure.subplots()
    axis.errorbar(lines["n"], lines["estimate"], yerr=bars, **style.method("linear"))
    axis.set(xscale="log", xlabel=evidence.axis("n"), ylabel=evidence.axis("crossed"), ylim=(0, 1))
    axis.set_xticks(lines["n"], [f"{n}" for n in lines["n"]])
    axis.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)


STUDY = Study(
    title="Crossing of linear quantile fits",
    aims="How often do linear quantile fits at two upper levels cross within the range of x, and until which sample size?",
    mechanisms="y = sin 4πx + (0.2 + 0.3x) N(0, 1), x uniform on [0, 1], n = 30 to 480.",
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
            "Linear quantile fits of n = 30 at levels 0.85 and 0.95 cross on [0, 1] in at least {theory:.0%} of samples of a "
            "sine with growing noise.",
            at_least(0.4),
            proportion("crossed", method="linear", n=30),
            Finding("quantile_crossing, seed 20261120"),
        ),
    ),
    figures=(
        Figure(
            "quantile_crossing",
            "Proportion of samples whose linear quantile fits at levels 0.85 and 0.95 cross on [0, 1], with 95 % Wilson "
            "intervals: crossing is a matter of small samples.",
            draw_crossing,
        ),
    ),
    limits="The model is misspecified; networks are asked in deep_quantile.",
    designs={
        "smoke": grid(n=30, replicates=20),
        "standard": [grid(n=30, replicates=300), grid(n=SIZES[1:], replicates=100)],
        "paper": grid(n=SIZES, replicates=2000),
    },
)
