"""A jump at an unknown place: no linear estimator beats n^(−1/2), segmentation reaches 1/n, a trained network between."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.methods.regression import SmoothingSpline
from dlstats.plotting.curves import curve, draw_method, points, risk_axes
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import slope, value
from dlstats.protocol.study import Check, Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import fitted, squared_error, stacked, tabulated
from dlstats.theory import linear_suboptimality as theory

NOISE_SD = 0.5
WIDTHS, STEPS, LEARNING_RATE, BATCH = (16, 16, 16), 8000, 0.01, 300
SIZE = {"n": Factor("sample size", int, symbol="n", at_least=6)}
SIZES = [128, 256, 512, 1024, 2048, 4096, 8192]
RISK = Measure("risk", "excess risk")


def _bound(n: int) -> list[dict]:
    return [{"method": "bound", "risk": theory.best_linear_risk(n, NOISE_SD)}]


def simulate_change_point(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Two constant segments, a jump of 1 in the middle third, fitted by least squares."""
    from dlstats.methods.segmentation import two_segments

    n, rows = condition.n, []
    for replicate, rng in zip(streams.replicates, streams.generators("data", n=n), strict=True):
        truth = (np.arange(n) >= int(rng.integers(n // 3, 2 * n // 3))).astype(float)
        risk = float(((two_segments(truth + NOISE_SD * rng.standard_normal(n)) - truth) ** 2).mean())
        rows.append({"replicate": replicate, "method": "segmentation", "risk": risk, "scaled": n * risk / NOISE_SD**2})
    return pd.DataFrame(rows)


def _circle(n: int, streams: Streams) -> tuple[np.ndarray, np.ndarray]:
    """Truth and responses on the circle with its two jumps."""
    from dlstats.dgp import jump

    drawn = streams.draw(lambda rng: np.stack(jump.CircularJump(n, NOISE_SD).sample(rng)), "circle", n=n)
    return drawn[:, 0], drawn[:, 1]


def simulate_circle(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Least squares over an arc and the rest of the circle, the data of the network."""
    from dlstats.methods.segmentation import arc_fit, best_arc

    n = condition.n
    truth, y = _circle(n, streams)
    risk = squared_error(np.stack([arc_fit(v, best_arc(v)) for v in y]), truth)
    return stacked(streams, {"segmentation": {"risk": risk, "scaled": n * risk / NOISE_SD**2}})


def simulate_network(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A network and a smoothing spline on the circle with its two jumps, same data."""
    from dlstats.dgp import jump
    from dlstats.training import recipes

    n = condition.n
    truth, y = _circle(n, streams)
    x = np.repeat(jump.CircularJump(n, NOISE_SD).x[None, :, None], len(streams), axis=0)
    recipe = recipes.Recipe(WIDTHS, LEARNING_RATE, condition.steps, BATCH)
    network = recipes.run(recipe, x, y, streams, device, n=n)
    spline = fitted(SmoothingSpline(), x, y, x, streams.generators("baseline", n=n))
    rows: dict[str, dict] = {
        "network": network.columns | {"risk": squared_error(network.predict(x), truth)},
        "smoothing_spline": {"risk": squared_error(spline, truth)},
    }
    frame = stacked(streams, rows)
    return frame.assign(relative=frame["risk"] / theory.best_linear_risk(n, NOISE_SD))


SCALED = Measure("scaled", "n risk / σ²")
EXPERIMENTS = {
    "bound": Experiment(
        simulate=tabulated(_bound),
        factors=SIZE,
        methods={
            "bound": Method("best linear (floor)", "the floor of all linear and affine estimators, exact", "floor")
        },
        measures=(Measure("risk", "excess risk", "exact"),),
        slopes=(Slope("risk", statistic="exact"),),
    ),
    "change_point": Experiment(
        simulate=simulate_change_point,
        factors=SIZE,
        methods={"segmentation": Method("segmentation", "least squares over two constant segments of an interval")},
        measures=(RISK, SCALED),
    ),
    "circle": Experiment(
        simulate=simulate_circle,
        factors=SIZE,
        methods={"segmentation": Method("segmentation", "least squares over an arc and the rest of the circle")},
        measures=(RISK, SCALED),
        slopes=(Slope("risk"),),
    ),
    "network": Experiment(
        simulate=simulate_network,
        factors=SIZE | {"steps": Factor("steps", int, at_least=1, default=STEPS)},
        methods={
            "network": Method(
                "network",
                "ReLU network of three layers of 16 with a linear skip, Adam, OneCycle at 0.01, 8000 steps, minibatches "
                "of 300, one random start",
            ),
            "smoothing_spline": SmoothingSpline(),
        },
        measures=(
            RISK,
            Measure("relative", "risk over the best linear risk"),
            Measure("relative", "risk over the best linear risk", "median"),
            Measure("train_loss", "training loss", where={"method": "network"}),
        ),
        slopes=(Slope("risk"),),
    ),
}


def _floors() -> dict[str, float]:
    """The sum over eigenvalues over the closed form, at every size."""
    return {f"n = {n}": theory.best_linear_risk(n, NOISE_SD) / theory.floor_in_closed_form(n, NOISE_SD) for n in SIZES}


def _white_noise() -> dict[str, float]:
    """√n times the risks in white noise at n = 10⁸, over their limits."""
    n = 1e8
    projection = theory.projection_risk(n, NOISE_SD) / theory.projection_constant(NOISE_SD)
    wiener = theory.wiener_risk(n, NOISE_SD) / theory.linear_constant(NOISE_SD)
    return {"projection": projection * np.sqrt(n), "best linear": wiener * np.sqrt(n)}


FLOOR = Derived("jump.md#linear-floor-at-a-jump")
CHECKS = (
    Check(
        "RSK6.constant",
        "The floor B_n of the average risk of linear and affine estimators of a half circle's indicator at a uniform position, "
        "summed over eigenvalues, is σ²/(2√(1 + nσ²)) tanh(n/2 · arsinh(1/(σ√n))) for n = 128 to 8192 and σ = 0.5, so that "
        "√n B_n tends to σ/2.",
        equals(1.0, 1e-12),
        _floors,
        FLOOR,
    ),
    Check(
        "RSK6.white_noise",
        "In white noise of variance σ²/n at a jump the best projection has risk (2√2/π) σ n^(−1/2), the best linear "
        "estimator (σ/2) n^(−1/2): within 2 % at n = 10⁸.",
        equals(1.0, 0.02),
        _white_noise,
        Derived("jump.md#white-noise"),
    ),
)
ON_CIRCLE = Derived("jump.md#two-jumps-on-a-circle")
EXACT_CLAIMS = (
    Claim(
        "RSK6",
        "The floor B_n of the risk of linear and affine estimators, averaged over the position of a half circle's two jumps, has "
        "slope {theory} in n (to within {margin}; n = 128 to 8192, σ = 0.5).",
        equals(-0.5, 0.01),
        slope("risk", "exact", experiment="bound").at_least(n=5),
        FLOOR,
        regime="asymptotic",
    ),
    Claim(
        "RSK6.segmentation",
        "Least squares over an arc and the rest of a circle, which is not linear, has a risk of slope {theory} in n (to within "
        "{margin}) for an indicator of half the circle, jumps of 2σ, n = 128 to 2048.",
        equals(-1.0, 0.05),
        slope("risk", experiment="circle").at_least(n=5),
        ON_CIRCLE,
        regime="asymptotic",
    ),
    Claim(
        "RSK6.segmentation_circle",
        "n times the risk of least squares over an arc and the rest of a circle, over σ², tends to 2 + 2 (jump/σ)² E|τ̂ − τ| = "
        "{theory} for an indicator of half the circle, jumps of 2σ: within 10 % for n ≥ 1024.",
        # `theory.segmentation_constant(2, jumps=2)`, which takes long to compute; 4.408 with one jump is to be excluded
        equals(6.81529, 0.1 * 6.81529),
        value("scaled", experiment="circle", n=lambda n: n >= 1024).each("n"),
        ON_CIRCLE,
        regime="asymptotic",
    ),
    Claim(
        "RSK6.segmentation_constant",
        "For one jump of 2σ in the middle third of an interval n times the risk of least squares over two segments, over σ², "
        "tends to 2 + (jump/σ)² E|τ̂ − τ| = {theory}: within 5 % for n ≥ 1024.",
        equals(4.407645, 0.05 * 4.407645),
        value("scaled", experiment="change_point", n=lambda n: n >= 1024).each("n"),
        Derived("jump.md#segmentation-constant"),
        regime="asymptotic",
    ),
)
PILOT = Finding("linear_suboptimality, seed 20261120")
RECIPE = (
    "A ReLU network of three layers of 16 (linear skip connection, Adam, OneCycle at 0.01, 8000 steps on minibatches of 300, one "
    "random start)"
)
NETWORK = {"experiment": "network", "method": "network"}
TRAINED_CLAIMS = (
    Claim(
        "RSK7",
        f"{RECIPE} has a smaller mean risk at the jump than any linear estimator can have on average, at n = 2048 and 4096.",
        at_most(1.0),
        value("relative", "mean", n=[2048, 4096], **NETWORK).each("n"),
        PILOT,
    ),
    Claim(
        "RSK7.crossover",
        f"{RECIPE} has a larger mean risk at the jump than the best linear estimator at n = 128 and 256.",
        at_least(1.0),
        value("relative", "mean", n=[128, 256], **NETWORK).each("n"),
        PILOT,
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    n, bound = curve(evidence, experiment="bound")
    label = EXPERIMENTS["bound"].label_of("bound")
    axes.plot(n, bound, label=label, **(style.method("floor") | {"linestyle": "-"}))
    for method, theirs in {"network": None, "smoothing_spline": None, "segmentation": -1.0}.items():
        experiment = "circle" if method == "segmentation" else "network"
        table = points(evidence, experiment=experiment, method=method)
        draw_method(axes, table, method, EXPERIMENTS[experiment].methods, theirs)
    risk_axes(axes)
    axes.legend()


def _design(change_point: int, circle: int, few: int, many: int) -> dict[str, list[Grid]]:
    return {
        "bound": [grid(n=SIZES, replicates=1)],
        "change_point": [grid(n=SIZES[3:], replicates=change_point)],
        "circle": [grid(n=SIZES[:5], replicates=circle)],
        "network": [grid(n=SIZES[:4], replicates=few), grid(n=SIZES[4:6], replicates=many)],
    }


STUDY = Study(
    title="What no linear estimator can do at a jump",
    aims="Compare the exact floor of all linear estimators with segmentation and with a trained deep network.",
    mechanisms="f_s(i) = 1{(i − s) mod n < n/2}, s uniform, y = f_s + N(0, 0.25) on n equally spaced points; for the change "
    "point one jump in the middle third of an interval.",
    estimands="Mean squared error at the design points.",
    experiments=EXPERIMENTS,
    claims=EXACT_CLAIMS + TRAINED_CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "linear_suboptimality",
            "Risk at a jump of unknown place. No linear estimator comes below the black line; the trained network (three "
            "layers of 16) crosses it, with the same number of steps at every n. Segmentation knows that the truth is two "
            "constants. 95 % Monte Carlo intervals; dashed: slope −1.",
            _draw,
        ),
    ),
    limits="One random start per network: a few per cent of fits fail and carry the mean, see the median. The number of steps "
    "is the same at every n, so that the number of epochs falls: no slope is claimed for the network.",
    designs={
        "smoke": {
            "bound": grid(n=SIZES, replicates=1),
            "change_point": grid(n=[128, 1024], replicates=20),
            "circle": grid(n=SIZES[:4], replicates=12),
            "network": [grid(n=[128, 256], steps=20, replicates=3), grid(n=[2048, 4096], steps=20, replicates=2)],
        },
        "standard": _design(12000, 2000, 50, 150),
        "paper": _design(20000, 4000, 200, 400),
    },
)
