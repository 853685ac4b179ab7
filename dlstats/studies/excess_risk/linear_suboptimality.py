"""A jump at an unknown place: no linear estimator beats n^(-1/2), segmentation reaches 1/n, a trained network between."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.methods.regression import SmoothingSpline
from dlstats.plotting.curves import curve, draw_method, points, risk_axes
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived, Finding, Theorem
from dlstats.protocol.readers import slope, value
from dlstats.protocol.study import Check, Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import fitted, squared_error, stacked, tabulated
from dlstats.theory import linear_suboptimality as theory

NOISE_SD = 0.5
WIDTHS = {1: (6,), 2: (8, 8), 3: (16, 16, 16)}
"""Hidden layers by depth."""
STEPS, LEARNING_RATE, BATCH = 8000, 0.01, 300
SIZE = {"n": Factor("sample size", int, symbol="n", at_least=6)}
RISK = Measure("risk", "excess risk")


def _bound(n: int) -> list[dict]:
    risk = theory.best_linear_risk(n, NOISE_SD)
    return [{"method": "bound", "risk": risk, "ratio": risk / theory.linear_constant(NOISE_SD) * np.sqrt(n)}]


def simulate_change_point(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Two constant segments, a jump of 1 in the middle third, fitted by least squares."""
    from dlstats.methods.segmentation import two_segments

    n, rows = condition.n, []
    for replicate, rng in zip(streams.replicates, streams.generators("data", n=n), strict=True):
        truth = (np.arange(n) >= int(rng.integers(n // 3, 2 * n // 3))).astype(float)
        risk = float(((two_segments(truth + NOISE_SD * rng.standard_normal(n)) - truth) ** 2).mean())
        rows.append({"replicate": replicate, "method": "segmentation", "risk": risk, "scaled": n * risk / NOISE_SD**2})
    return pd.DataFrame(rows)


def simulate_network(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A network on the circle with its two jumps; at depth 3 also a smoothing spline and segmentation, same data."""
    from dlstats.dgp import jump
    from dlstats.methods import segmentation
    from dlstats.training import recipes

    n, depth = condition.n, condition.depth
    design = jump.CircularJump(n, NOISE_SD)
    drawn = streams.draw(lambda rng: np.stack(design.sample(rng)), "circle", n=n)
    truth, y = drawn[:, 0], drawn[:, 1]
    x = np.repeat(design.x[None, :, None], len(streams), axis=0)
    recipe = recipes.Recipe(WIDTHS[depth], LEARNING_RATE, condition.steps, BATCH)
    network = recipes.run(recipe, x, y, streams, device, n=n)
    fits = {"network": network.predict(x)}
    if depth == 3:
        fits["smoothing_spline"] = fitted(SmoothingSpline(), x, y, x, streams.generators("baseline", n=n))
        fits["segmentation"] = np.stack([segmentation.arc_fit(v, segmentation.best_arc(v)) for v in y])
    rows: dict[str, dict] = {method: {"risk": squared_error(values, truth)} for method, values in fits.items()}
    rows["network"] = network.columns | rows["network"]
    frame = stacked(streams, rows)
    return frame.assign(relative=frame["risk"] / theory.best_linear_risk(n, NOISE_SD))


SEGMENTATION = Method("segmentation", "least squares over two constants with their change points")
EXPERIMENTS = {
    "bound": Experiment(
        simulate=tabulated(_bound),
        factors=SIZE,
        methods={
            "bound": Method("best linear (floor)", "the floor of all linear and affine estimators, exact", "floor")
        },
        measures=(Measure("risk", "excess risk", "exact"), Measure("ratio", "risk over its limit", "exact")),
        slopes=(Slope("risk", statistic="exact"),),
    ),
    "change_point": Experiment(
        simulate=simulate_change_point,
        factors=SIZE,
        methods={"segmentation": SEGMENTATION},
        measures=(RISK, Measure("scaled", "n risk / σ²")),
        slopes=(Slope("risk"),),
    ),
    "network": Experiment(
        simulate=simulate_network,
        factors=SIZE
        | {
            "depth": Factor("hidden layers", int, list(WIDTHS)),
            "steps": Factor("steps", int, at_least=1, default=STEPS),
        },
        methods={
            "network": Method(
                "network",
                "ReLU network with a linear skip, Adam, OneCycle at 0.01, 8000 steps, minibatches of 300",
            ),
            "smoothing_spline": SmoothingSpline(),
            "segmentation": SEGMENTATION,
        },
        measures=(
            RISK,
            Measure("relative", "risk over the best linear risk"),
            Measure("relative", "risk over the best linear risk", "median"),
            Measure("train_loss", "training loss"),
        ),
        slopes=(Slope("risk"),),
    ),
}


def _white_noise() -> dict[str, float]:
    """√n times the risks in white noise at n = 10⁸, over their limits."""
    n = 1e8
    projection = theory.projection_risk(n, NOISE_SD) / theory.projection_constant(NOISE_SD)
    wiener = theory.wiener_risk(n, NOISE_SD) / theory.linear_constant(NOISE_SD)
    return {"projection": projection * np.sqrt(n), "best linear": wiener * np.sqrt(n)}


CHECKS = (
    Check(
        "RSK6.white_noise",
        "In white noise the best projection has risk (2√2/π) σ n^(-1/2), the best linear estimator (σ/2) n^(-1/2): "
        "within 2 % at n = 10⁸.",
        equals(1.0, 0.02),
        _white_noise,
        Derived(),
    ),
)


def _relative(sizes: list[int], *depths: int):
    """Risk of the network over the best linear risk at every size and depth."""
    return value("relative", "mean", method="network", n=sizes, depth=depths).each("n", "depth")


LINEAR, DEEP = Theorem("donoho1990"), Theorem("imaizumi2019")
EXACT_CLAIMS = (
    Claim(
        "RSK6",
        "For a jump at a uniform place every linear or affine estimator has average risk at least B_n, and B_n has "
        "slope -1/2 in n (n = 128 to 8192, σ = 0.5).",
        equals(-0.5, 0.03),
        slope("risk", "exact", experiment="bound"),
        LINEAR,
        ("JSM",),
    ),
    Claim(
        "RSK6.constant",
        "√n times the floor B_n of all linear estimators at a jump tends to σ/2: within 2 % at n = 8192.",
        at_most(0.0, 0.02),
        value("ratio", experiment="bound").at_largest("n").minus(1.0).size(),
        Derived(),
    ),
    Claim(
        "RSK6.segmentation",
        "Least-squares segmentation, which is not linear, has slope {theory} at the same jump.",
        equals(-1.0, 0.05),
        slope("risk", experiment="change_point"),
        Theorem("hinkley1970"),
    ),
    Claim(
        "RSK6.segmentation_constant",
        "n times the risk of least-squares segmentation over σ² tends to 2 + (jump/σ)² E|τ̂ - τ| = {theory} for jump/σ = 2: "
        "within 5 % for n >= 1024.",
        # `theory.segmentation_constant(2)` to the digits shown
        equals(4.409, 0.05 * 4.409),
        value("scaled", n=lambda n: n >= 1024).each("n"),
        Derived(),
    ),
)
TRAINED_CLAIMS = (
    Claim(
        "RSK7",
        "A ReLU network of three layers of 16 trained by Adam has at most 1/1.2 of the risk of the best linear "
        "estimator at the jump for n = 2048 and 4096.",
        at_most(1 / 1.2),
        _relative([2048, 4096], 3),
        DEEP,
        ("JSM",),
    ),
    Claim(
        "RSK7.slope",
        "The risk of a ReLU network of three layers of 16 at a jump has slope below {theory} over n = 128 to 4096, "
        "the best linear one has -1/2.",
        at_most(-0.7),
        slope("risk", experiment="network", depth=3, method="network"),
        DEEP,
        ("JSM",),
    ),
    Claim(
        "RSK7.crossover",
        "Below the crossover the network loses: at n = 128 and 256 its risk is above that of the best linear estimator.",
        at_least(1.0),
        _relative([128, 256], 3),
        Finding(),
    ),
    Claim(
        "RSK7.shallow",
        "Trained networks of one layer of 6 or two of 8 do not beat the best linear estimator at n = 2048: optimisation, "
        "not approximation, is what depth helps.",
        at_least(1.0),
        _relative([2048], 1, 2),
        Finding(),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    n, bound = curve(evidence, experiment="bound")
    label = EXPERIMENTS["bound"].label_of("bound")
    axes.plot(n, bound, label=label, **(style.method("floor") | {"linestyle": "-"}))
    methods = EXPERIMENTS["network"].methods
    for method in methods:
        table = points(evidence, experiment="network", depth=3, method=method)
        draw_method(axes, table, method, methods, None if method == "smoothing_spline" else -1.0)
    risk_axes(axes)
    axes.legend()


SIZES = [128, 256, 512, 1024, 2048, 4096, 8192]


def _design(change_point: int, few: int, many: int) -> dict[str, list[Grid]]:
    return {
        "bound": [grid(n=SIZES, replicates=1)],
        "change_point": [grid(n=SIZES, replicates=change_point)],
        "network": [
            grid(n=SIZES[:4], depth=3, replicates=few),
            grid(n=SIZES[4:6], depth=3, replicates=many),
            grid(n=2048, depth=[1, 2], replicates=few),
        ],
    }


STUDY = Study(
    title="What no linear estimator can do at a jump",
    aims="Compare the exact floor of all linear estimators with segmentation and with a trained deep network.",
    mechanisms="f_s(i) = 1{(i - s) mod n < n/2}, s uniform, y = f_s + N(0, 0.25) on n equally spaced points.",
    estimands="Mean squared error at the design points.",
    experiments=EXPERIMENTS,
    claims=EXACT_CLAIMS + TRAINED_CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "linear_suboptimality",
            "Risk at a jump of unknown place. No linear estimator comes below the black line; the trained network (three "
            "layers of 16) crosses it. Segmentation knows that the truth is two constants. 95 % Monte Carlo intervals; "
            "dashed: slope -1.",
            _draw,
        ),
    ),
    limits="One random start per network: a few per cent of fits fail and carry the mean, see the median. "
    "Its curve is not a line: see lack of fit and local slopes.",
    designs={
        "smoke": {
            "bound": grid(n=[128, 1024, 8192], replicates=1),
            "change_point": grid(n=[128, 1024], replicates=20),
            "network": [
                grid(n=[128, 256], depth=3, steps=20, replicates=3),
                grid(n=2048, depth=[1, 2, 3], steps=20, replicates=2),
                grid(n=4096, depth=3, steps=20, replicates=2),
            ],
        },
        "standard": _design(5000, 50, 300),
        "paper": _design(20000, 200, 400),
    },
)
