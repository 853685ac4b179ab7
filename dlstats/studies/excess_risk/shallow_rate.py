"""Does a shallow ReLU network trained by Adam reach n^(-4/5) when its width follows a rule?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlstats.dgp.additive import Additive
from dlstats.dgp.regression import noise_with_sd, sine
from dlstats.methods.regression import KernelRidge, LocalLinear, NearestNeighbours, SmoothingSpline
from dlstats.plotting.curves import beside, draw_method, draw_points, points, risk_axes
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import Reader, slope, value
from dlstats.protocol.study import Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.excess_risk._scaling import Decay, Prescribed, Spline
from dlstats.studies.frames import fitted, squared_error, stacked
from dlstats.theory import linear_splines as splines
from dlstats.theory import risk_decomposition as theory

LEARNING_RATE, BATCH, RESTARTS = 0.05, 400, 3
GRID = np.linspace(0, 1, 1001)
RULES = {
    "spline_6": Spline(6, 4000),
    "spline_4": Spline(4, 4000),
    "spline_2": Spline(2, 4000),
    "decay_64": Decay(64, 0.1, 4000),
    "schmidt_hieber": Prescribed(4000),
}
LABELS = {
    "spline_6": "$6 n^{1/5}$ units",
    "spline_4": "$4 n^{1/5}$ units",
    "spline_2": "$2 n^{1/5}$ units",
    "decay_64": "64 units, decay",
    "schmidt_hieber": "theorem 1, constants 1",
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
    """The network whose width follows `rule`; for spline_6 with normal noise also the baselines, on the same data."""
    from dlstats.training import recipes

    n, noise, noise_sd = condition.n, condition.noise, condition.noise_sd
    process = Additive("sine", 1, sine, noise_with_sd(noise, noise_sd))
    about = {"n": n, "noise": noise, "noise_sd": noise_sd}
    drawn = streams.draw(lambda rng: np.stack([v.ravel() for v in process.sample(n, rng)]), "data", **about)
    x, y = drawn[:, 0, :, None], drawn[:, 1]
    shape = RULES[condition.rule](n)
    start, divisor = ("kinks", 1) if len(shape.widths) == 1 else ("he", 10)
    steps = condition.steps or shape.steps
    recipe = recipes.Recipe(shape.widths, LEARNING_RATE / divisor, steps, BATCH, RESTARTS, start, shape.weight_decay)
    network = recipes.run(recipe, x, y, streams, device, **about)
    truth = splines.target(GRID)
    risk = squared_error(network.predict(GRID[:, None]), truth)
    predicted = splines.uniform_constant() / (shape.widths[0] + 1) ** 4
    predicted += theory.degrees_of_freedom_cost(n, shape.widths[0], noise_sd)
    gap = network.losses.mean(axis=1) - network.loss
    rows = {"network": {"risk": risk, "gap": gap} | network.columns | {"relative": risk / predicted}}
    if condition.rule == "spline_6" and noise == "normal":
        for name in [name for name in BASELINES if n <= LIMIT.get(name, n)]:
            new = [GRID[:, None]] * len(x)
            values = fitted(BASELINES[name], x, y, new, streams.generators("baseline", n=n))
            rows[name] = {"risk": squared_error(values, truth)}
    return stacked(streams, rows)


RISK = Experiment(
    simulate=simulate,
    factors={
        "rule": Factor("scaling rule", str, LABELS),
        "noise": Factor("noise distribution", str, ("normal", "laplace")),
        "noise_sd": Factor("noise standard deviation", float, symbol=r"\sigma", above=0),
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
        Measure("relative", "risk over C/(m+1)⁴ + 2(m+1)σ²/n"),
        Measure("gap", "training loss of one start above the best of 3"),
        Measure("train_loss", "training loss"),
    ),
    slopes=(Slope("risk"), Slope("risk", statistic="median")),
)

MAIN: dict[str, Any] = {"rule": "spline_6", "noise": "normal", "noise_sd": 0.3}


def _relative(rule: str) -> Reader:
    """Mean risk of the network over the count of degrees of freedom, at every n."""
    return value("relative", method="network", **(MAIN | {"rule": rule})).each("n")


CLAIMS = (
    Claim(
        "RSK12",
        "A shallow ReLU network of 6 n^(1/5) units, trained by Adam and kept best of 3 random starts, has excess risk of "
        "slope -4/5 on sin 4πx (n = 200 to 6400, σ = 0.3).",
        equals(-0.8, 0.1),
        slope("risk", method="network", **MAIN),
        Derived(),
        ("JSM",),
    ),
    Claim(
        "RSK12.median",
        "The median risk of a trained shallow network of 6 n^(1/5) units on sin 4πx has slope -4/5 as well: the rate is not "
        "made by outliers.",
        equals(-0.8, 0.1),
        slope("risk", "median", method="network", **MAIN),
        Derived(),
        ("JSM",),
    ),
    Claim(
        "RSK12.constant",
        "With 4 n^(1/5) units the mean risk is C/(m+1)⁴ + 2(m+1)σ²/n, C = 17.317, to within 30 % at every n.",
        equals(1.0, 0.3),
        _relative("spline_4"),
        Finding(),
        ("JSM",),
    ),
    Claim(
        "RSK12.bound",
        "With 6 n^(1/5) units the mean risk is at most C/(m+1)⁴ + 2(m+1)σ²/n, C = 17.317, at every n.",
        at_most(1.0),
        _relative("spline_6"),
        Finding(),
        ("JSM",),
    ),
    Claim(
        "RSK12.noise",
        "The slope of a trained shallow network of 6 n^(1/5) units on sin 4πx is -4/5 also with Laplace noise of the same "
        "variance.",
        equals(-0.8, 0.1),
        slope("risk", method="network", **(MAIN | {"noise": "laplace"})),
        Derived(),
        ("JSM",),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2, sharey=True)
    for method in RISK.methods:
        draw_method(left, points(evidence, method=method, **MAIN), method, RISK.methods)
    table = points(evidence, method="network", **MAIN)
    beside(left, table["at"], table["estimate"], -0.8)
    network = {"method": "network", "noise": "normal", "noise_sd": 0.3}
    rules = sorted(evidence.table(measure="risk", statistic="mean", **network)["rule"].unique())
    for i, rule in enumerate(rules):
        draw_points(right, points(evidence, rule=rule, **network), LABELS[rule], style.nth(i))
    risk_axes(left, "methods")
    risk_axes(right, "scaling rules")
    right.set_ylabel("")
    left.legend(fontsize=6.5)
    right.legend(fontsize=6.5)


def _grids(many: int, few: int) -> list[Grid]:
    normal, sizes = {"noise": "normal", "noise_sd": 0.3}, [200, 800, 3200]
    return [
        grid(rule="spline_6", **normal, n=[200, 400, 800, 1600, 3200, 6400], replicates=many),
        grid(rule="spline_6", noise="laplace", noise_sd=0.3, n=sizes, replicates=many),
        grid(rule="spline_4", **normal, n=sizes, replicates=many),
        grid(rule=["spline_2", "decay_64"], **normal, n=sizes, replicates=few),
    ]


STUDY = Study(
    title="The rate of a trained shallow network",
    aims="Measure the slope of a trained network where theory gives n^(-4/5), with baselines and other scaling rules.",
    mechanisms="y = sin 4πx + noise, x ~ U(0, 1), noise of standard deviation 0.3, normal or Laplace.",
    estimands="Integrated squared error on a grid of 1001 points.",
    experiments={"risk": RISK},
    claims=CLAIMS,
    figures=(
        Figure(
            "shallow_rate",
            "Excess risk on sin 4πx against sample size. Left: network and baselines, each tuned by its own rule; dashed: "
            "slope -4/5. Right: the network under other scaling rules. 95 % Monte Carlo "
            "intervals.",
            _draw,
            "two-column",
            2.9,
        ),
    ),
    limits="The rule 6 n^(1/5) makes variance dominate: it tests that degrees of freedom follow the width, less the "
    "approximation. Settings were chosen on other seeds.",
    designs={
        "smoke": [
            grid(rule="spline_6", noise=["normal", "laplace"], noise_sd=0.3, n=[200, 400], steps=30, replicates=3),
            grid(
                rule=["spline_4", "decay_64", "schmidt_hieber"],
                noise="normal",
                noise_sd=0.3,
                n=200,
                steps=10,
                replicates=2,
            ),
        ],
        "standard": _grids(100, 20),
        "paper": _grids(400, 100),
    },
)
