"""The rates page: risk against sample size for four kinds of target, network and baselines, and theory's slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dlstats.dgp import regression
from dlstats.dgp.closed_curves import ClosedCurves
from dlstats.methods.regression import AdditiveModel, Baseline, Boosting, NearestNeighbours, SmoothingSpline
from dlstats.plotting.curves import draw_method, points, risk_axes
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import ratio
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.excess_risk._scaling import Fixed, Shape, Spline
from dlstats.studies.frames import fitted, squared_error, stacked

NEW = 1000
NOISE_SD = 0.3
BATCH = 300
SIZES = [200, 400, 800, 1600, 3200]

Sample = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Uniform:
    """Inputs uniform on the unit cube, centred in several dimensions, and a regression function there."""

    function: Callable[[np.ndarray], np.ndarray]
    d: int = 1

    def __call__(self, n: int, rng: np.random.Generator) -> Sample:
        """Inputs as the network sees them, and the regression function there."""
        x = rng.random((n, self.d))
        return (2 * x - 1 if self.d > 1 else x), self.function(x)


def _on_curves(n: int, rng: np.random.Generator) -> Sample:
    curves = ClosedCurves(2, 20, NOISE_SD)
    turn = curves.rotation(np.random.default_rng(0))  # one fixed rotation: what depends on it is tested elsewhere
    angles = curves.angles(n, rng)
    return curves.embed(angles) @ turn, curves.regression(angles)


@dataclass(frozen=True)
class Case:
    """A target of the page: how the network is trained, what it is compared with, and theory's slopes by method."""

    title: str
    sample: Callable[[int, np.random.Generator], Sample]
    rule: Callable[[int, int], Shape]
    learning_rate: float
    restarts: int
    baselines: tuple[str, ...]
    slopes: Mapping[str, float] = field(default_factory=dict)
    start: str = "torch_default"


BASELINES: dict[str, Baseline] = {
    "smoothing_spline": SmoothingSpline(),
    "additive_model": AdditiveModel(),
    "nearest_neighbours": NearestNeighbours(),
    "boosting": Boosting(),
}
LINE = ("smoothing_spline", "nearest_neighbours", "boosting")
CASES = {
    "smooth": Case("smooth, $d = 1$", Uniform(regression.sine), Spline(6, 3000), 0.05, 2, LINE, start="kinks"),
    "composed": Case(
        "single index, $d = 10$",
        Uniform(regression.single_index, 10),
        Spline(3, 3000),
        0.02,
        2,
        ("additive_model", "nearest_neighbours", "boosting"),
        {"nearest_neighbours": -4 / 14},
    ),
    "jump": Case(
        "jump, $d = 1$",
        Uniform(regression.step),
        Fixed((16, 16, 16), 8000),
        0.01,
        1,
        LINE,
        {"smoothing_spline": -0.5},
    ),
    "curves": Case(
        "2-dimensional set in $R^{20}$",
        _on_curves,
        Spline(6, 3000),
        0.02,
        1,
        ("additive_model", "nearest_neighbours"),
        {"nearest_neighbours": -4 / 6},
    ),
}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Network and baselines on the same data, errors at the same new points."""
    from dlstats.training import recipes

    target, n = condition.target, condition.n
    case = CASES[target]
    data = [case.sample(n, rng) for rng in streams.generators("data", target=target, n=n)]
    new = [case.sample(NEW, rng) for rng in streams.generators("new", target=target, n=n)]
    x, regression_there = (np.stack(part) for part in zip(*data, strict=True))
    at, truth = (np.stack(part) for part in zip(*new, strict=True))
    noise = streams.draw(lambda rng: NOISE_SD * rng.standard_normal(n), "noise", target=target, n=n)
    y = regression_there + noise
    shape = case.rule(n, x.shape[2])
    recipe = recipes.Recipe(
        shape.widths, case.learning_rate, condition.steps or shape.steps, BATCH, case.restarts, case.start
    )
    network = recipes.run(recipe, x, y, streams, device, target=target, n=n)
    rows = {"network": {"risk": squared_error(network.predict(at), truth)} | network.columns}
    for name in case.baselines:
        values = fitted(BASELINES[name], x, y, at, streams.generators("baseline", target=target, n=n))
        rows[name] = {"risk": squared_error(values, truth)}
    return stacked(streams, rows)


RISK = Experiment(
    simulate=simulate,
    factors={
        "target": Factor("target", str, {name: case.title for name, case in CASES.items()}),
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "steps": Factor("steps", int, at_least=1, default=None),
    },
    methods={
        "network": Method(
            "network", "ReLU network by the scaling rule of its target, Adam on OneCycle, minibatches of 300"
        ),
        **BASELINES,
    },
    measures=(Measure("risk", "excess risk"), Measure("risk", "excess risk", "median")),
    contrasts=(
        Contrast("risk", "smoothing_spline", "network", "ratio", "mean"),
        Contrast("risk", "network", "smoothing_spline", "ratio", "mean"),
        Contrast("risk", "network", "boosting", "ratio", "mean"),
    ),
)

PILOT = Finding("rates, seed 20261127")
CLAIMS = (
    Claim(
        "RSK12.page",
        "On sin 4πx with noise of standard deviation 0.3 a smoothing spline has a smaller mean risk than a network of one "
        "layer of 6 n^(1/5) units (linear skip connection, kinks spread over the data, Adam, OneCycle at 0.05, 3000 steps on "
        "minibatches of 300, best of 2 random starts, not tuned) at every n from 200 to 3200.",
        at_most(1.0),
        ratio("risk", "smoothing_spline", "network", target="smooth").each("n"),
        Finding("rates, seed 20261120"),
    ),
    Claim(
        "RSK7.spline",
        "At a jump with noise of standard deviation 0.3 and n = 3200 a network of three layers of 16 (linear skip connection, "
        "Adam, OneCycle at 0.01, 8000 steps on minibatches of 300, one random start, not tuned) has less than 1/1.25 of the "
        "mean risk of a smoothing spline.",
        at_most(0.8),
        ratio("risk", "network", "smoothing_spline", target="jump", n=3200),
        PILOT,
    ),
    Claim(
        "RSK13.boosting",
        "On a single-index target in d = 10 with noise of standard deviation 0.3 and n = 3200 a network of one layer of 3 "
        "n^(1/5) units (linear skip connection, Adam, OneCycle at 0.02, 3000 steps on minibatches of 300, best of 2 random "
        "starts, not tuned) has less than 1/1.25 of the mean risk of tuned boosting.",
        at_most(0.8),
        ratio("risk", "network", "boosting", target="composed", n=3200),
        PILOT,
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    for axes, (target, case) in zip(figure.subplots(2, 2).flat, CASES.items(), strict=True):
        for method in ("network", *case.baselines):
            table = points(evidence, target=target, method=method)
            draw_method(axes, table, method, RISK.methods, case.slopes.get(method))
        risk_axes(axes, case.title)
        axes.legend(loc="lower left", fontsize=7)


STUDY = Study(
    title="Rates: network and baselines on four kinds of target",
    aims="Show on one page where a network has a smaller risk than what a statistician would use, and where it has not.",
    mechanisms="sin 4πx; sin(2√(3/d) Σ u_j), d = 10; 1{x > 0.4}; Σ sin 3t_j/√2 on a 2-dimensional set in R^20; noise 0.3.",
    estimands="Mean squared error at 1000 new points.",
    experiments={"risk": RISK},
    claims=CLAIMS,
    figures=(
        Figure(
            "rates",
            "Excess risk against sample size for a smooth, a composed, a jump and a low-dimensional target: baselines tuned on "
            "a held-out fifth, networks by rules chosen on other seeds. Dashed: the slope of theory for the curve of its colour, "
            "with its number; there is none for trained networks. See where the network falls below its rivals. 95 % intervals.",
            _draw,
            "two-column",
            5.4,
        ),
    ),
    limits="Networks follow scaling rules that were chosen on other seeds, baselines tune themselves on the data: the page shows "
    "curves and claims no slope of a network. At the jump boosting comes near the network, and on the low-dimensional set an "
    "additive model does; no claim is made of either.",
    designs={
        "smoke": [
            grid(target=["composed", "jump"], n=[200, 400], steps=30, replicates=2),
            grid(target=["smooth", "curves"], n=200, steps=30, replicates=2),
        ],
        "standard": grid(target=list(CASES), n=SIZES, replicates=50),
        "paper": grid(target=list(CASES), n=SIZES, replicates=200),
    },
)
