"""The experiment: networks by four width rules and two splines, by target, sample size and effort."""

from __future__ import annotations

from dlstats.methods.free_knots import FreeKnots
from dlstats.methods.regression import SmoothingSpline
from dlstats.protocol.factor import EFFORT, Factor
from dlstats.protocol.measure import Contrast, LevelContrast, Measure, Slope, SlopeContrast
from dlstats.protocol.plug import Plug
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.excess_risk.trained_slopes.networks import (
    WIDE,
    WIDTHS,
    sample,
    simulate,
)
from dlstats.studies.regression import judge

LABELS = {
    "rough": "rough, b = 1",
    "cusp": "cusp, b = 2 with free knots",
    "smooth": "sin 4πx, b = 2",
    "kinked": "three kinks",
}
NETWORKS = {
    "theory": Method("theory's width", "the width that balances C N^(−2b) and 2Nσ²/n, N pieces", "network"),
    "double": Method("twice theory's width", "twice the pieces of theory's width", "residual"),
    "wide": Method(f"{WIDE} units", f"{WIDE} units at every n", "kernel"),
    "tuned": Method("tuned width", f"{', '.join(map(str, WIDTHS))} units, chosen on the held-out fifth", "boosting"),
}
TRAINED = {"method": list(NETWORKS)}
PAIRS = (
    *((rule, "free_knots") for rule in NETWORKS),
    *(("wide", other) for other in ("theory", "double", "smoothing_spline")),
    ("tuned", "smoothing_spline"),
    ("smoothing_spline", "free_knots"),
)
RISK = Experiment(
    simulate=simulate,
    factors={
        "target": Factor("target", str, LABELS),
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "steps": Factor("steps for every observation", int, at_least=1, default=None),
    }
    | EFFORT,
    methods=NETWORKS | {"free_knots": FreeKnots(), "smoothing_spline": SmoothingSpline(style="spline")},
    measures=(
        Measure("risk", "excess risk", "geometric mean"),
        Measure("misfit", "training error over the noise variance", where=TRAINED),
        Measure("epochs", "epochs", where=TRAINED),
        Measure("dead_share", "proportion of hidden units without a slope", where=TRAINED),
        Measure("units", "hidden units", where=TRAINED),
        Measure("gap", "training error above a known network's, over the noise variance", where=TRAINED),
        Measure("stops_above", "training stops above a known network", "proportion", where=TRAINED),
    ),
    contrasts=(
        *(Contrast("risk", *pair, "log_ratio", "geometric_mean") for pair in PAIRS),
        LevelContrast("risk", "effort", 1, 3, "log_ratio", "geometric_mean"),
    ),
    slopes=(
        Slope("risk", statistic="geometric_mean"),
        *(SlopeContrast("risk", *pair, statistic="geometric_mean") for pair in PAIRS),
    ),
    block=24,
    plug=Plug(sample, judge),
)
