"""Does a shallow ReLU network trained by Adam reach n^(−4/5) when its width follows a rule?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.dgp.additive import Additive
from dlstats.dgp.noise import normal
from dlstats.dgp.regression import sine
from dlstats.methods.regression import KernelRidge, LocalLinear, NearestNeighbours, SmoothingSpline
from dlstats.plotting.curves import beside, draw_method, draw_points, points, risk_axes
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import slope, value
from dlstats.protocol.study import Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.excess_risk._scaling import Decay, Spline
from dlstats.studies.frames import fitted, squared_error, stacked
from dlstats.theory import linear_splines as splines
from dlstats.theory import risk_decomposition as theory

NOISE_SD = 0.3
LEARNING_RATE, BATCH, RESTARTS = 0.05, 400, 3
GRID = np.linspace(0, 1, 1001)
RULES = {
    "spline_6": Spline(6, 4000),
    "spline_4": Spline(4, 4000),
    "spline_2": Spline(2, 4000),
    "decay_64": Decay(64, 0.1, 4000),
}
LABELS = {
    "spline_6": "$6 n^{1/5}$ units",
    "spline_4": "$4 n^{1/5}$ units",
    "spline_2": "$2 n^{1/5}$ units",
    "decay_64": "64 units, decay",
}
BASELINES = {
    "smoothing_spline": SmoothingSpline(),
    "local_linear": LocalLinear(style="forest"),
    "kernel_ridge": KernelRidge(style="wavelet"),
    "nearest_neighbours": NearestNeighbours(),
}
LIMIT = {"local_linear": 800, "kernel_ridge": 800}
"""Largest n of the baselines that need n² numbers or more."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The network whose width follows `rule`; for spline_6 also the baselines, on the same data."""
    from dlstats.training import recipes

    n, parameters = condition.n, {"n": condition.n, "noise": "normal", "noise_sd": NOISE_SD}
    process = Additive("sine", 1, sine, normal(NOISE_SD))
    drawn = streams.draw(lambda rng: np.stack([v.ravel() for v in process.sample(n, rng)]), "data", **parameters)
    x, y = drawn[:, 0, :, None], drawn[:, 1]
    shape = RULES[condition.rule](n)
    steps = condition.steps or shape.steps
    recipe = recipes.Recipe(shape.widths, LEARNING_RATE, steps, BATCH, RESTARTS, "kinks", shape.weight_decay)
    network = recipes.run(recipe, x, y, streams, device, **parameters)
    truth = splines.target(GRID)
    risk = squared_error(network.predict(GRID[:, None]), truth)
    predicted = splines.uniform_constant() / (shape.widths[0] + 1) ** 4
    predicted += theory.degrees_of_freedom_cost(n, shape.widths[0], NOISE_SD)
    gap = network.losses.mean(axis=1) - network.loss
    rows = {"network": {"risk": risk, "gap": gap} | network.columns | {"relative": risk / predicted}}
    if condition.rule == "spline_6":
        for name in [name for name in BASELINES if n <= LIMIT.get(name, n)]:
            new = [GRID[:, None]] * len(x)
            values = fitted(BASELINES[name], x, y, new, streams.generators("baseline", n=n))
            rows[name] = {"risk": squared_error(values, truth)}
    return stacked(streams, rows)


RISK = Experiment(
    simulate=simulate,
    factors={
        "rule": Factor("scaling rule", str, LABELS),
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "steps": Factor("steps", int, at_least=1, default=None),
    },
    methods={
        "network": Method(
            "network, $6 n^{1/5}$ units",
            "ReLU network with a linear skip, Adam, OneCycle at 0.05, 4000 steps, minibatches of 400, best of 3 starts",
        ),
        **BASELINES,
    },
    measures=(
        Measure("risk", "excess risk"),
        Measure("risk", "excess risk", "median"),
        Measure("relative", "risk over C/(m+1)⁴ + 2(m+1)σ²/n", where={"method": "network"}),
        Measure("gap", "training loss of one start above the best of 3", where={"method": "network"}),
        Measure("train_loss", "training loss", where={"method": "network"}),
    ),
    slopes=(Slope("risk"),),
)

MAIN = {"rule": "spline_6", "method": "network"}
RECIPE = (
    "units (linear skip connection, kinks spread over the data, Adam, OneCycle at 0.05, 4000 steps on minibatches of 400, best "
    "of 3 random starts) on sin 4πx (σ = 0.3)"
)


CLAIMS = (
    Claim(
        "RSK12",
        f"A shallow ReLU network of 6 n^(1/5) {RECIPE} has a mean excess risk of slope {{theory}} to within {{margin}}, n = 200 "
        "to 6400. Under this rule the variance 2(m+1)σ²/n alone has that slope: it says nothing of the approximation.",
        # so that the slopes of smoothness 1 and 3, 0.13 and 0.06 away, are not supported
        equals(-0.8, 0.05),
        slope("risk", **MAIN).at_least(n=5),
        Finding("shallow_rate, seed 20261120"),
    ),
    Claim(
        "RSK12.bound",
        "The count C/(m+1)⁴ + 2(m+1)σ²/n, C = 17.317, of bias and variance does not describe trained networks: a ReLU network of "
        f"m = 6 n^(1/5) {RECIPE} has a mean excess risk of less than 1/1.25 of it at every n from 200 to 6400.",
        at_most(0.8),
        value("relative", **MAIN).each("n"),
        Finding("shallow_rate, seed 20261127"),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2, sharey=True)
    for method in RISK.methods:
        draw_method(left, points(evidence, method=method, rule="spline_6"), method, RISK.methods)
    table = points(evidence, **MAIN)
    beside(left, table["at"], table["estimate"], -0.8)
    rules = sorted(evidence.table(measure="risk", statistic="mean", method="network")["rule"].unique())
    for i, rule in enumerate(rules):
        draw_points(right, points(evidence, rule=rule, method="network"), LABELS[rule], style.nth(i))
    risk_axes(left, "methods")
    risk_axes(right, "scaling rules")
    right.set_ylabel("")
    left.legend(fontsize=6.5)
    right.legend(fontsize=6.5)


def _grids(main: int, few: int) -> list[Grid]:
    return [
        grid(rule="spline_6", n=[200, 400, 800, 1600, 3200, 6400], replicates=main),
        grid(rule=["spline_4", "spline_2", "decay_64"], n=[200, 800, 3200], replicates=few),
    ]


STUDY = Study(
    title="The rate of a trained shallow network",
    aims="Measure the slope of a trained network whose width follows a rule, with baselines and other scaling rules.",
    mechanisms="y = sin 4πx + noise, x ~ U(0, 1), normal noise of standard deviation 0.3.",
    estimands="Integrated squared error on a grid of 1001 points.",
    experiments={"risk": RISK},
    claims=CLAIMS,
    figures=(
        Figure(
            "shallow_rate",
            "Excess risk on sin 4πx against sample size. Left: network, and baselines tuned on a held-out fifth; dashed: "
            "slope −4/5. Right: the network under other scaling rules. 95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            2.9,
        ),
    ),
    limits="The rule 6 n^(1/5) makes variance dominate, and sin 4πx is smoother than the exponent 4/5 supposes: the slope is "
    "that of this target under this recipe, not one of theory. Settings were chosen on other seeds.",
    designs={
        "smoke": [
            grid(rule="spline_6", n=[200, 400], steps=30, replicates=3),
            grid(rule=["spline_4", "decay_64"], n=200, steps=10, replicates=2),
        ],
        "standard": _grids(150, 20),
        "paper": _grids(400, 100),
    },
)
