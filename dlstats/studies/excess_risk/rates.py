"""The rates page: risk against sample size for four kinds of target, network and baselines, and theory's slopes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from dlstats.dgp import regression
from dlstats.dgp.closed_curves import ClosedCurves
from dlstats.methods.regression import AdditiveModel, Baseline, NearestNeighbours, SmoothingSpline
from dlstats.methods.trees import Boosting
from dlstats.plotting.curves import draw_method, points, risk_axes
from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.readers import log_ratio
from dlstats.protocol.study import Experiment, Figure, Grid, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.comparisons import compared, records
from dlstats.studies.frames import stacked
from dlstats.studies.regression import Network, judge

NEW = 1000
NOISE_SD = 0.3
BATCH, EPOCHS = 50, 200
SIZES = [200, 400, 800, 1600, 3200]
LARGEST = SIZES[-1]

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Uniform:
    """Inputs uniform on the unit cube, centred in several dimensions, and a regression function there."""

    function: Callable[[np.ndarray], np.ndarray]
    d: int = 1

    def __call__(self, n: int, rng: np.random.Generator) -> Pair:
        """Inputs as the network sees them, and the regression function there."""
        x = rng.random((n, self.d))
        return (2 * x - 1 if self.d > 1 else x), self.function(x)


def _on_curves(n: int, rng: np.random.Generator) -> Pair:
    curves = ClosedCurves(2, 20, NOISE_SD)
    turn = curves.rotation(np.random.default_rng(0))  # one fixed rotation: what depends on it is tested elsewhere
    angles = curves.angles(n, rng)
    return curves.embed(angles) @ turn, curves.regression(angles)


@dataclass(frozen=True)
class Case:
    """A target of the page: what the network is compared with, and theory's slopes by method."""

    title: str
    sample: Callable[[int, np.random.Generator], Pair]
    baselines: tuple[str, ...]
    slopes: Mapping[str, float] = field(default_factory=dict)


NETWORK = Network(((32,), (16, 16, 16)), (0.01, 0.03), batch_size=BATCH)
BASELINES: dict[str, Baseline] = {
    "smoothing_spline": SmoothingSpline(),
    "additive_model": AdditiveModel(),
    "nearest_neighbours": NearestNeighbours(),
    "boosting": Boosting(),
}
LINE = ("smoothing_spline", "nearest_neighbours", "boosting")
MANY = ("additive_model", "nearest_neighbours", "boosting")
CASES = {
    "smooth": Case("smooth, d = 1", Uniform(regression.sine), LINE),
    "composed": Case(
        "single index, d = 10",
        Uniform(regression.single_index, 10),
        MANY,
        {"nearest_neighbours": -4 / 14},
    ),
    "jump": Case("jump, d = 1", Uniform(regression.step), LINE, {"smoothing_spline": -0.5}),
    "curves": Case(
        "2-dimensional set, d = 20",
        _on_curves,
        ("additive_model", "nearest_neighbours"),
        {"nearest_neighbours": -4 / 6},
    ),
}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Network and baselines on the same data, tuned on the same fifth; errors at the same new points."""
    return fit(condition, sample(condition, streams), streams, device)


def sample(condition: Condition, streams: Streams) -> Sample:
    """The data of a block of replicates; `about` are the baselines of the target."""
    case, n = CASES[condition.target], condition.n
    about = {"target": condition.target, "n": n}
    data = [case.sample(n, rng) for rng in streams.generators("data", **about)]
    new = [case.sample(NEW, rng) for rng in streams.generators("new", **about)]
    x, regression_there = (np.stack(part) for part in zip(*data, strict=True))
    at, truth = (np.stack(part) for part in zip(*new, strict=True))
    y = regression_there + streams.draw(lambda rng: NOISE_SD * rng.standard_normal(n), "noise", **about)
    return Sample(x, y, at, truth, streams.generators("baseline", **about), about, NOISE_SD, case.baselines)


def fit(condition: Condition, data: Sample, streams: Streams, device: str) -> pd.DataFrame:
    """Network and baselines on the data; of those for one input alone, the ones that are for its inputs."""
    steps = condition.steps or EPOCHS * condition.n // BATCH
    network = replace(NETWORK, steps=steps, effort=condition.effort)
    names = data.about or (LINE if data.x.shape[2] == 1 else MANY)
    baselines = {name: BASELINES[name] for name in names}
    return stacked(streams, compared({"network": network}, baselines, data, streams, device))


RISK = Experiment(
    simulate=simulate,
    factors={
        "target": Factor("target", str, {name: case.title for name, case in CASES.items()}),
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "steps": Factor("steps", int, at_least=1, default=None),
    }
    | EFFORT,
    methods={"network": NETWORK, **BASELINES},
    measures=(Measure("risk", "excess risk", "median"), *records("network")),
    contrasts=tuple(Contrast("risk", "network", rival) for rival in BASELINES),
    plug=Plug(sample, judge, fit=fit, replaces=("target",), new_points=NEW),
)

PILOT = Finding("rates, seed 777001")
RECIPE = (
    "a ReLU network (linear skip connection, one layer of 32 or three of 16, Adam on OneCycle at 0.01 or 0.03, "
    f"{EPOCHS} epochs of minibatches of {BATCH})"
)


def _less(name: str, target: str, where: str, rival: str, words: str, factor: float, part: str) -> Claim:
    """The network has at most 1/factor of the median risk of a rival at the largest n."""
    return Claim(
        name,
        f"{where} with noise of standard deviation {NOISE_SD} and n = {LARGEST} {RECIPE} has {part} of the median risk of "
        f"{words}, tuned on the same held-out fifth (log₁₀ of the ratio).",
        at_most(-math.log10(factor)),
        log_ratio("risk", "network", rival, target=target, n=LARGEST),
        PILOT,
    )


CLAIMS = (
    Claim(
        "RSK12.page",
        f"On sin 4πx with noise of standard deviation {NOISE_SD} a smoothing spline has a smaller median risk than {RECIPE}, "
        f"both tuned on the same held-out fifth, at every n from {SIZES[0]} to {LARGEST} (log₁₀ of the inverse ratio).",
        at_least(0.0),
        log_ratio("risk", "network", "smoothing_spline", target="smooth").each("n"),
        PILOT,
    ),
    _less("RSK7.spline", "jump", "At a jump", "smoothing_spline", "a smoothing spline", 1.25, "less than 1/1.25"),
    _less(
        "RSK13.boosting",
        "composed",
        "On a single-index target in d = 10",
        "boosting",
        "boosting",
        1.25,
        "less than 1/1.25",
    ),
    _less(
        "RSK15.network",
        "curves",
        "On a 2-dimensional set, d = 20",
        "nearest_neighbours",
        "nearest neighbours",
        2,
        "at most half",
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import labels

    for axes, (target, case) in zip(figure.subplots(2, 2).flat, CASES.items(), strict=True):
        for method in ("network", *case.baselines):
            table = points(evidence, statistic="median", target=target, method=method)
            draw_method(axes, table, method, RISK.methods, case.slopes.get(method))
        risk_axes(axes, evidence, case.title)
        labels.at_ends(axes)


def _design(one: int, three: int) -> list[Grid]:
    return [
        grid(target=list(CASES), n=SIZES, effort=1, replicates=one),
        grid(target=list(CASES), n=LARGEST, effort=3, replicates=three),
        grid(target="smooth", n=SIZES[0], effort=3, replicates=three),
    ]


STUDY = Study(
    title="Rates: network and baselines on four kinds of target",
    aims="Show on one page where a network has a smaller risk than what a statistician would use, and where it has not.",
    mechanisms="sin 4πx; sin(2√(3/d) Σ u_j), d = 10; 1{x > 0.4}; Σ sin 3t_j/√2 on a 2-dimensional set in R^20; noise 0.3.",
    estimands=f"Median over data sets of the mean squared error at {NEW} new points.",
    compared_by="risk",
    experiments={"risk": RISK},
    claims=CLAIMS,
    figures=(
        Figure(
            "rates",
            "Median excess risk against sample size for a smooth, a composed, a jump and a low-dimensional target, network "
            "and baselines tuned on the same held-out fifth. Look in each panel for the lowest curve: who knows the structure "
            "of that target, and from which n on does the network stand below it? Dashed: the slope of theory for the curve of "
            "its colour, with its number; there is none for trained networks. Every panel has its own "
            "scale. 95 % intervals.",
            _draw,
            "two-column",
            5.4,
        ),
    ),
    limits="One grid of settings for all four targets, and one random start of each; steps are in proportion to n, so that the "
    "curves of the network are those of this recipe, and no slope of it is claimed. There is no weight decay: where "
    "the training error lies below the noise variance (`misfit` in the table) the network follows the noise.",
    designs={
        "smoke": [
            grid(target=["composed", "jump"], n=[200, 400], steps=30, effort=1, replicates=2),
            grid(target=["smooth", "curves"], n=200, steps=30, effort=1, replicates=2),
        ],
        "standard": _design(16, 12),
        "paper": _design(200, 24),
    },
)
