"""The rates page: risk against sample size for four kinds of target, network and baselines, theory beside each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, worst
from dlstats.montecarlo.contrasts import contrast
from dlstats.nets import scaling
from dlstats.plotting.curves import beside, draw_points, points, rate, risk_axes
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams

NEW = 1000
NOISE_SD = 0.3
BATCH = 300


@dataclass(frozen=True)
class Case:
    """A target of the page: how the network is trained, what it is compared with, and theory's slopes."""

    title: str
    rule: str
    learning_rate: float
    restarts: int
    baselines: tuple[str, ...]
    slopes: dict[str, float]
    """Method -> slope of theory, where there is one."""
    start: str = "torch_default"


CASES = {
    "smooth": Case(
        "smooth, $d = 1$", "spline_6_short", 0.05, 2,
        ("smoothing_spline", "nearest_neighbours", "boosting"), {"network": -0.8}, "kinks",
    ),
    "composed": Case(
        "single index, $d = 10$", "spline_3_short", 0.02, 2,
        ("additive_model", "nearest_neighbours", "boosting"), {"network": -0.8, "nearest_neighbours": -4 / 14},
    ),
    "jump": Case(
        "jump, $d = 1$", "deep_16", 0.01, 1,
        ("smoothing_spline", "nearest_neighbours", "boosting"), {"network": -1.0, "smoothing_spline": -0.5},
    ),
    "curves": Case(
        "2-dimensional set in $R^{20}$", "spline_6_short", 0.02, 1,
        ("additive_model", "nearest_neighbours"), {"network": -4 / 6},
    ),
}  # fmt: skip

Sample = tuple[np.ndarray, np.ndarray]


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Network and baselines on the same data, errors at the same new points."""
    from dlstats.methods.regression import BASELINES
    from dlstats.training import recipes

    target, n = factors["target"], factors["n"]
    case = CASES[target]
    draw = _sampler(target)
    data = [draw(n, rng) for rng in streams.generators("data", target=target, n=n)]
    new = [draw(NEW, rng) for rng in streams.generators("new", target=target)]
    x, truth = (np.stack(part) for part in zip(*data, strict=True))
    at, value = (np.stack(part) for part in zip(*new, strict=True))
    noise = streams.draw(lambda rng: NOISE_SD * rng.standard_normal(n), "noise", target=target, n=n)
    y = truth + noise
    shape = scaling.shape(case.rule, n, x.shape[2], 2.0)
    recipe = recipes.Recipe(
        shape.widths, case.learning_rate, factors.get("steps", shape.steps), BATCH, case.restarts, case.start
    )
    found = recipes.run(recipe, x, y, streams, device, target=target, n=n)
    risk = ((found.predict(at) - value) ** 2).mean(axis=1)
    frames = [pd.DataFrame({"replicate": list(streams.replicates), "method": "network", "risk": risk} | found.columns)]
    for name in case.baselines:
        rngs = streams.generators("baseline", target=target, n=n)
        fits = [BASELINES[name](a, b, p, rng) for a, b, p, rng in zip(x, y, at, rngs, strict=True)]
        risk = [float(((fit.value - v) ** 2).mean()) for fit, v in zip(fits, value, strict=True)]
        frames.append(pd.DataFrame({"replicate": list(streams.replicates), "method": name, "risk": risk}))
    frame = pd.concat(frames, ignore_index=True).sort_values("replicate", kind="stable", ignore_index=True)
    return frame.fillna({"status": "ok", "data_digest": "", "start_digest": ""})


def _sampler(target: str) -> Callable[[int, np.random.Generator], Sample]:
    """(n, generator) -> inputs as the network sees them, and the regression function there."""
    from dlstats.dgp import regression
    from dlstats.dgp.closed_curves import ClosedCurves

    if target == "curves":
        curves = ClosedCurves(2, 20, NOISE_SD)
        turn = curves.rotation(np.random.default_rng(0))  # one fixed rotation: what depends on it is tested elsewhere

        def sample(n: int, rng: np.random.Generator) -> Sample:
            angles = curves.angles(n, rng)
            return curves.embed(angles) @ turn, curves.regression(angles)

        return sample
    function = {"smooth": "sine", "composed": "single_index", "jump": "step"}[target]
    d = 10 if target == "composed" else 1

    def uniform(n: int, rng: np.random.Generator) -> Sample:
        x = rng.random((n, d))
        return (2 * x - 1 if d > 1 else x), regression.TARGETS[function](x)

    return uniform


MEASURES = (Measure("risk", "excess risk"), Measure("risk", "excess risk", "median"))


def _steeper(evidence: Evidence, target: str, than: str) -> Estimate:
    net, other = (rate(evidence, target=target, method=m).slope for m in ("network", than))
    mcse = math.hypot(net.mcse, other.mcse)
    gap = net.value - other.value
    return Estimate(gap, mcse, net.replicates, net.failed, note=net.note, lack_of_fit=net.lack_of_fit)


def _smallest(evidence: Evidence) -> Estimate:
    """On the smooth target, smoothing spline over network, the worst n."""
    found = []
    for n in sorted(evidence.rows(target="smooth")["n"].unique()):
        rows = [evidence.rows(target="smooth", method=m, n=n) for m in ("smoothing_spline", "network")]
        pair = [r.sort_values("replicate")["risk"].where(r["status"] == "ok").to_numpy(float) for r in rows]
        found.append(contrast("mean", *pair, kind="ratio"))
    return worst(found, 1.0, 0.0, "at_most")


CLAIMS = (
    Claim(
        "RSK13.page",
        "With tuning by cross-validation for everybody, the slope of the network on the single-index target is below "
        "that of nearest neighbours by more than 0.3 (n = 200 to 3200).",
        "at_most", -0.3, 0.0, lambda e: _steeper(e, "composed", "nearest_neighbours"), "Schmidt-Hieber 2020", "JSM",
    ),
    Claim(
        "RSK7.page",
        "At a jump the slope of the network is below that of a smoothing spline by more than 0.2 (n = 200 to 3200).",
        "at_most", -0.2, 0.0, lambda e: _steeper(e, "jump", "smoothing_spline"), "Imaizumi and Fukumizu 2019", "JSM",
    ),
    Claim(
        "RSK12.page",
        "On the smooth target a smoothing spline has a smaller risk than the network at every n.",
        "at_most", 1.0, 0.0, _smallest, "measured here", "JSM",
    ),
)  # fmt: skip

LABELS = {
    "network": "network",
    "smoothing_spline": "smoothing spline",
    "additive_model": "additive model",
    "nearest_neighbours": "nearest neighbours",
    "boosting": "boosting",
}
STYLES = {"smoothing_spline": "spline", "additive_model": "spline", "nearest_neighbours": "knn"}


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    for axes, (target, case) in zip(figure.subplots(2, 2).flat, CASES.items(), strict=True):
        for method in ("network", *case.baselines):
            table = points(evidence, target=target, method=method)
            draw_points(axes, table, LABELS[method], STYLES.get(method, method))
            if method in case.slopes:
                color = style.method(STYLES.get(method, method))["color"]
                beside(axes, table["n"], table["estimate"], case.slopes[method], color)
        risk_axes(axes, case.title)
        axes.legend(loc="lower left", fontsize=7)


FIGURES = (
    Figure(
        "rates",
        "Excess risk against sample size for a smooth, a composed, a jump and a low-dimensional target: network and "
        "baselines, all tuned by a stated rule. Dashed: the slope of theory for the curve of its colour, with its number. "
        "Means over replicates with 95 % Monte Carlo intervals.",
        _draw, "two-column", 5.4,
    ),
)  # fmt: skip

STUDY = Study(
    name="rates",
    family="excess_risk",
    title="Rates: network and baselines on four kinds of target",
    aims="Show on one page where a network is faster than what a statistician would use, and where it is not.",
    mechanisms="sin 4πx; sin(2√(3/d) Σ u_j), d = 10; 1{x > 0.4}; Σ sin t_j/√2 on a 2-dimensional set in R^20; noise 0.3.",
    estimands="Mean squared error at 1000 new points.",
    methods={
        "network": "ReLU network by the scaling rule of its target, Adam on OneCycle, minibatches of 300",
        "smoothing_spline": "penalised cubic spline, penalty by generalised cross-validation",
        "additive_model": "cubic splines in every coordinate, knots and penalty by leave-one-out",
        "nearest_neighbours": "k by leave-one-out",
        "boosting": "gradient boosting, depth by a held-out quarter",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Networks follow scaling rules that were chosen on other seeds; baselines tune themselves on the data.",
)
