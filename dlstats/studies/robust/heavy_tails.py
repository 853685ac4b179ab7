"""Networks under heavy-tailed noise: squared, absolute and Huber loss on sin 4πx with normal and Cauchy errors."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from dlstats.dgp import noise
from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure, Slope
from dlstats.protocol.origin import Finding, Stated
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.readers import log_ratio, slope, worst
from dlstats.protocol.study import Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

NOISE_SD = 0.3
"""Scale of the noise; the standard deviation where it has one."""
POINTS = 961
"""Equally spaced points of [0.02, 0.98] over which the squared error is averaged."""
NOISES = {"normal": noise.normal(), "cauchy": noise.cauchy(), "contaminated": noise.contaminated(0.2, 100.0)}
SIZES = (200, 400, 800, 1600, 3200)
WIDTH = (
    "one hidden layer of m = 5 n^(1/5) units and a line beside, Adam on OneCycle, learning rate 0.02, 2500 steps of 400"
)
METHODS = {
    "squared": Method("squared", f"{WIDTH} samples, least training loss of 3 random starts"),
    "absolute": Method("absolute", "the same with absolute error"),
    "huber": Method("Huber", "the same with Huber's loss, threshold 1.345 times 0.3"),
}
"""By loss."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One row per replicate and loss: squared and absolute error to the regression function, and excess absolute risk."""
    data, columns = sample(condition, streams), {}
    for method in METHODS:
        values, recorded = train(condition, data, _loss(method), streams, device)
        columns[method] = recorded | judge(values, data)
    return stacked(streams, columns)


def sample(condition: Condition, streams: Streams) -> Sample:
    """The data of a block of replicates; `about` is the distribution of the noise and the errors drawn."""
    n, errors = condition.n, NOISES[condition.noise]
    x = streams.draw(lambda rng: rng.random((n, 1)), "inputs", n=n)
    error = streams.draw(lambda rng: errors.sample(rng, n), "noise", n=n, noise=condition.noise)
    points = np.tile(np.linspace(0.02, 0.98, POINTS)[:, None], (len(x), 1, 1))
    y, about = _truth(x[..., 0]) + NOISE_SD * error, (errors, NOISE_SD * error)
    own = streams.generators("baseline", n=n, noise=condition.noise)
    return Sample(x, y, points, _truth(points[..., 0]), own, about=about)


def judge(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """Mean squared and absolute distance to the regression function, and excess absolute risk."""
    gap = values - data.truth
    return {"risk": (gap**2).mean(axis=1), "l1": np.abs(gap).mean(axis=1), "excess": _excess(gap, data.about[0])}


def train(condition: Condition, data: Sample, loss: Callable, streams: Streams, device: str) -> tuple:
    """Values at the points of networks trained by a loss, and what is recorded of them."""
    from dlstats.training import recipes

    n = condition.n
    recipe = recipes.Recipe((round(5 * n**0.2),), 0.02, 2500, 400, restarts=3, start="kinks").at(condition.effort)
    fit = recipes.run(recipe, data.x, data.y, streams, device, loss=loss, n=n)
    return fit.predict(data.new[0]), fit.columns | {"misfit": fit.loss / _at_truth(loss, data.about[1])}


def _truth(x: np.ndarray) -> np.ndarray:
    """sin 4πx, the conditional median of every design here."""
    return np.sin(4 * math.pi * x)


def _loss(method: str):
    from dlstats.losses import regression, robust

    losses = {"squared": regression.squared, "absolute": robust.absolute}
    return losses.get(method) or functools.partial(robust.huber, threshold=1.345 * NOISE_SD)


def _at_truth(loss: Callable, error: np.ndarray) -> np.ndarray:
    """The mean loss of every replicate at the regression function."""
    import torch

    y = torch.from_numpy(error)[..., None]
    return loss(torch.zeros_like(y), y).mean(dim=(1, 2)).numpy()


def _excess(gap: np.ndarray, errors: noise.Noise) -> np.ndarray:
    """Mean over x of E|ε − gap| − E|ε|, which exists for every distribution: 2 ∫_0^gap (F(t) − 1/2) dt."""
    z = gap / NOISE_SD
    return NOISE_SD * (2 * errors.integral(z) - z).mean(axis=1)


LECTURES = ("JSM", "BIOS")
RECIPE = "y = sin 4πx + 0.3 ε; one hidden layer of 5 n^(1/5) units, 2500 steps of Adam on 400 points"
USE_HUBER = Stated("JSM", "Imbalanced Data-Loss Functions", "Outliers: Use Huber Loss or Mean Absolute Error")
PILOT = Finding("heavy_tails, seed 20261120")


def _outliers(name: str, noise: str, text: str) -> Claim:
    return Claim(
        name,
        f"Outliers: under {text} noise networks trained by squared error have a larger median risk than networks trained by "
        "Huber's loss and by absolute error at n = 800, on the same data (log₁₀ of the ratio, smaller of the two; "
        f"{RECIPE}).",
        at_least(0.0),
        worst(*(log_ratio("risk", "squared", other, noise=noise, n=800) for other in ("huber", "absolute"))),
        USE_HUBER,
        bears_on=("BIOS",),
    )


CLAIMS = (
    _outliers("ROB7.800", "cauchy", "Cauchy"),
    _outliers("ROB7.contaminated", "contaminated", "0.8 N(0, 1) + 0.2 N(0, 100²)"),
    Claim(
        "ROB7.3200",
        "Under Cauchy noise the median risk of networks trained by squared error is at least {least} times that of networks "
        f"trained by absolute error at n = 3200, on the same data (log₁₀ of the ratio; {RECIPE}).",
        at_least(math.log10(100)),
        log_ratio("risk", "squared", "absolute", noise="cauchy", n=3200),
        PILOT,
        bears_on=LECTURES,
        numbers={"least": 100},
    ),
    Claim(
        "ROB7.absolute",
        "The median risk of networks trained by absolute error under Cauchy noise falls at least as fast as n^(−4/5), the "
        f"minimax rate for two derivatives, within {{margin}} in the exponent (n = 200 to 3200; {RECIPE}).",
        at_most(-0.8, 0.1),
        slope("risk", "median", method="absolute", noise="cauchy").at_least(n=5),
        PILOT,
    ),
    Claim(
        "ROB7.price",
        "Networks trained by absolute error under normal noise have at most π/2 times, the factor of the median against the "
        f"mean, the median risk of networks trained by squared error at n = 800 (same data, log₁₀ of the ratio; {RECIPE}).",
        at_most(math.log10(math.pi / 2)),
        log_ratio("risk", "absolute", "squared", noise="normal", n=800),
        PILOT,
    ),
)


def draw_risk(evidence: Evidence, figure) -> None:
    """Median risk against n by loss and effort: left normal, right Cauchy noise."""
    from dlstats.plotting import style

    table = evidence.table(measure="risk", statistic="median", noise=["normal", "cauchy"], effort=[1, 3])
    axes = figure.subplots(1, 2, sharey=True)
    for axis, name in zip(axes, ("normal", "cauchy"), strict=True):
        for method in METHODS:
            here = table[(table["method"] == method) & (table["noise"] == name)].sort_values("n")
            lines, longer = here[here["effort"] == 1], here[here["effort"] == 3]
            bars = [lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]]
            marks = style.method(method)
            axis.errorbar(lines["n"], lines["estimate"], yerr=bars, label=METHODS[method].label, **marks)
            open_marks = marks | {"linestyle": "", "markerfacecolor": "white"}
            axis.plot(1.12 * longer["n"], longer["estimate"], **open_marks)
        n = np.array([200.0, 3200.0])
        axis.plot(n, 0.013 * (n / 200) ** -0.8, label="slope −4/5", linewidth=0.8, **style.method("theory"))
        axis.set(xscale="log", yscale="log", xlabel=evidence.axis("n"), title=f"{name.capitalize()} noise")
        axis.set_xticks(SIZES, [str(n) for n in SIZES])
        axis.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes[0].set_ylabel("median squared error")
    axes[0].plot([], [], "o", color="0.4", markerfacecolor="white", label="three times the steps")
    axes[0].legend(fontsize="x-small")


def _design(cauchy: int, others: int, more: int) -> list[Grid]:
    return [
        grid(noise="cauchy", n=SIZES[::2], effort=1, replicates=cauchy),
        grid(noise="cauchy", n=SIZES[1::2], effort=1, replicates=others),
        grid(noise="normal", n=SIZES, effort=1, replicates=others),
        grid(noise="contaminated", n=800, effort=1, replicates=others),
        grid(noise=["cauchy", "normal"], n=SIZES, effort=3, replicates=more),
        grid(noise="contaminated", n=800, effort=3, replicates=more),
    ]


STUDY = Study(
    title="Networks under heavy-tailed noise",
    aims="How much does squared error lose to absolute error and Huber's loss when noise has no mean, and what does "
    "robustness cost when noise is normal?",
    mechanisms="y = sin 4πx + 0.3 ε, x uniform on [0, 1], ε normal, Cauchy, or 0.8 N(0, 1) + 0.2 N(0, 100²).",
    estimands="Mean over [0.02, 0.98] of the squared and the absolute distance to sin 4πx, the conditional median, and the "
    "excess risk under the absolute loss.",
    compared_by="risk",
    experiments={
        "networks": Experiment(
            simulate,
            factors={
                "noise": Factor(
                    "distribution of the noise",
                    str,
                    levels={
                        "normal": "normal",
                        "cauchy": "Cauchy",
                        "contaminated": "0.8 N(0, 1) + 0.2 N(0, 100²)",
                    },
                ),
                "n": Factor("sample size", int, symbol="n", at_least=20),
            }
            | EFFORT,
            methods=METHODS,
            measures=(
                Measure("risk", "squared error", "median"),
                Measure("l1", "absolute error to the function", "median"),
                Measure("excess", "excess absolute risk", "median"),
                Measure("train_loss", "training loss", "median"),
                Measure("misfit", "training loss over that of the truth", "median"),
                Measure("epochs", "epochs", "median"),
                Measure("dead_share", "proportion of units without a slope", "mean"),
            ),
            contrasts=(
                *(Contrast(c, "absolute", m) for c in ("risk", "excess") for m in ("squared", "huber")),
                *(Contrast("risk", "squared", m) for m in ("absolute", "huber")),
            ),
            slopes=(Slope("risk", "n", "median"),),
            block=50,
            plug=Plug(sample, judge, train=train),
        )
    },
    claims=CLAIMS,
    figures=(
        Figure(
            "heavy_tails",
            "Median over replicates of the squared error of networks with m = 5 n^(1/5) units, by loss, with 95 % Monte Carlo "
            "intervals. Compare the distance between the losses under normal and under Cauchy noise, and the slope of each with "
            "−4/5. The squared error of networks fitted by squared loss has no mean under Cauchy noise: medians are shown. Open "
            "symbols: three times the steps.",
            draw_risk,
            "two-column",
            2.7,
        ),
    ),
    limits="Three losses and one recipe. The slope is one of trained networks and no test of a theorem: the nearest, of Padilla, "
    "Tansey and Chen (2022), bounds the mean squared error of minimisers under general errors from above. Means of squared "
    "errors are not reported where they do not exist.",
    designs={
        "smoke": [grid(noise="cauchy", n=200, effort=1, replicates=2)],
        "standard": _design(80, 40, 12),
        "paper": _design(200, 100, 30),
    },
)
