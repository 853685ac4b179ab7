"""Networks under heavy-tailed noise: squared, absolute and Huber loss on sin 4πx with normal and Cauchy errors."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Contrast, Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.robust._claims import log_median_of, log_ratio_of, slope_over

NOISE_SD = 0.3
"""Scale of the noise; the standard deviation where it has one."""
POINTS = 961
"""Equally spaced points of [0.02, 0.98] over which the squared error is averaged."""
LOSSES = ("squared", "absolute", "huber")
SIZES = (200, 800, 3200)


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One row a replicate and loss: squared and absolute error to the regression function, and of the best line."""
    from dlstats.training import recipes

    n, noise = factors["n"], _noise(factors["noise"])
    x = streams.draw(lambda rng: rng.random((n, 1)), "inputs", n=n)
    error = streams.draw(lambda rng: noise.sample(rng, n), "noise", n=n, noise=factors["noise"])
    y = _truth(x[..., 0]) + NOISE_SD * error
    recipe = recipes.Recipe((round(5 * n**0.2),), 0.02, 2500, 400, restarts=3, start="kinks")
    grid = np.linspace(0.02, 0.98, POINTS)
    parts = []
    for method in LOSSES:
        found = recipes.run(recipe, x, y, streams, device, loss=_loss(method), n=n)
        gap = found.predict(grid[:, None]) - _truth(grid)
        rows = {"replicate": streams.replicates, "method": method, **found.columns}
        rows |= {
            "risk": (gap**2).mean(axis=1),
            "l1": np.abs(gap).mean(axis=1),
            "excess": _excess(gap, factors["noise"]),
        }
        parts.append(pd.DataFrame(rows))
    return pd.concat(parts).sort_values("replicate", kind="stable", ignore_index=True)


def _truth(x: np.ndarray) -> np.ndarray:
    """sin 4πx, the conditional median of every design here."""
    return np.sin(4 * math.pi * x)


def _noise(name: str):
    from dlstats.dgp import noise

    return noise.contaminated(0.2, 100.0) if name == "contaminated" else noise.NOISES[name]


def _loss(method: str):
    from dlstats.losses import regression, robust

    losses = {"squared": regression.squared, "absolute": robust.absolute}
    return losses.get(method) or functools.partial(robust.huber, threshold=1.345 * NOISE_SD)


def _excess(gap: np.ndarray, noise: str) -> np.ndarray:
    """Mean over x of E|ε − gap| − E|ε|, which exists for every law: 2 ∫_0^gap (F(t) − 1/2) dt."""
    z = gap / NOISE_SD
    return NOISE_SD * (2 * _noise(noise).integral(z) - z).mean(axis=1)


SHEN = "Shen, Jiao, Lin and Huang 2021, arXiv:2107.10343"


def _ratio(n: int, at_least: float) -> Claim:
    return Claim(
        f"ROB7.{n}",
        f"Under Cauchy noise the median risk of networks trained by squared error is at least {at_least:g} times that of "
        f"networks trained by absolute error at n = {n}, on the same data (log₁₀ of the ratio).",
        "at_least",
        math.log10(at_least),
        0.0,
        log_ratio_of("risk", "squared", "absolute", noise="cauchy", n=n),
        SHEN,
        "JSM",
    )


def _slope(name: str, method: str, noise: str, words: str) -> Claim:
    return Claim(
        name,
        f"With m = 5 n^(1/5) hidden units the median risk of networks trained by {words} falls like n^(−4/5), "
        "n = 200, 800, 3200.",
        "equivalence",
        -0.8,
        0.1,
        slope_over("n", "risk", "median", method=method, noise=noise),
        f"{SHEN}; minimax rate for two derivatives, Stone 1982",
        "JSM",
    )


CLAIMS = (
    _ratio(800, 20),
    _ratio(3200, 100),
    _slope("ROB7.absolute", "absolute", "cauchy", "absolute error under Cauchy noise"),
    _slope("ROB7.huber", "huber", "cauchy", "Huber's loss under Cauchy noise"),
    _slope("ROB7.normal", "absolute", "normal", "absolute error under normal noise"),
    Claim(
        "ROB7.consistent",
        "Squared error finds the function under Cauchy noise all the same when data are many: median risk at n = 3200 is at "
        "most a tenth of that of the zero function, 0.5 (log₁₀).",
        "at_most",
        math.log10(0.05),
        0.0,
        log_median_of("risk", method="squared", noise="cauchy", n=3200),
        f"no theorem says so: the mean of Cauchy noise does not exist; {SHEN}",
    ),
    Claim(
        "ROB7.price",
        "Under normal noise absolute error costs at most π/2 in median risk over squared error at n = 800 "
        "(paired, log₁₀ of the ratio).",
        "at_most",
        math.log10(math.pi / 2),
        0.0,
        log_ratio_of("risk", "absolute", "squared", noise="normal", n=800),
        "asymptotic efficiency 2/π of the median at the normal law",
    ),
    Claim(
        "ROB7.contaminated",
        "Under 0.8 N(0, 1) + 0.2 N(0, 100²) noise the median risk of squared error is at least 20 times that of absolute "
        "error at n = 800 (log₁₀ of the ratio).",
        "at_least",
        math.log10(20),
        0.0,
        log_ratio_of("risk", "squared", "absolute", noise="contaminated", n=800),
        SHEN,
        "JSM",
    ),
)


def draw_risk(evidence: Evidence, figure) -> None:
    """Median risk against n by loss: left normal, right Cauchy noise."""
    from dlstats.plotting import style

    table = evidence.table(measure="risk", statistic="median", noise=["normal", "cauchy"])
    axes = figure.subplots(1, 2, sharey=True)
    for axis, noise in zip(axes, ("normal", "cauchy"), strict=True):
        for method in LOSSES:
            rows = table[(table["method"] == method) & (table["noise"] == noise)].sort_values("n")
            bars = [rows["estimate"] - rows["lower"], rows["upper"] - rows["estimate"]]
            axis.errorbar(rows["n"], rows["estimate"], yerr=bars, label=NAMES[method], **style.method(method))
        n = np.array([200.0, 3200.0])
        axis.plot(n, 0.013 * (n / 200) ** -0.8, color="0.6", linewidth=0.7, label="slope −4/5")
        axis.set(xscale="log", yscale="log", xlabel="sample size $n$", title=f"{noise.capitalize()} noise")
        axis.set_xticks(SIZES, [str(n) for n in SIZES])
        axis.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes[0].set_ylabel("median squared error")
    axes[0].legend(fontsize="x-small")


NAMES = {"squared": "squared", "absolute": "absolute", "huber": "Huber"}

FIGURES = (
    Figure(
        "heavy_tails",
        "Median over replicates of the squared error of networks with m = 5 n^(1/5) units, by loss, with 95 % Monte Carlo "
        "intervals. The squared error of networks fitted by squared loss has no mean under Cauchy noise: medians are shown.",
        draw_risk,
        "two-column",
        2.7,
    ),
)

STUDY = Study(
    name="heavy_tails",
    family="robust",
    title="Networks under heavy-tailed noise",
    aims="How much does squared error lose to absolute error and Huber's loss when noise has no mean, and what does "
    "robustness cost when noise is normal?",
    mechanisms="y = sin 4πx + 0.3 ε, x uniform on [0, 1], ε normal, Cauchy, or 0.8 N(0, 1) + 0.2 N(0, 100²).",
    estimands="Mean over [0.02, 0.98] of the squared and the absolute distance to sin 4πx, the conditional median, and the "
    "excess risk under the absolute loss.",
    methods={
        "squared": "one hidden layer of m = 5 n^(1/5) units and a line beside, Adam on OneCycle, learning rate 0.02, 2500 "
        "steps of 400 samples, least training loss of 3 restarts",
        "absolute": "the same with absolute error",
        "huber": "the same with Huber's loss, threshold 1.345 times 0.3",
    },
    measures=(
        Measure("risk", "squared error", "median"),
        Measure("l1", "absolute error to the function", "median"),
        Measure("excess", "excess absolute risk", "median"),
        Measure("train_loss", "training loss", "median"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    contrasts=tuple(
        Contrast(column, "absolute", method, NAMES[method])
        for column in ("risk", "excess")
        for method in ("squared", "huber")
    ),
    limits="Cauchy noise has no first moment and lies outside the theorems of the source for the excess risk; the conditional "
    "median exists all the same. Means of squared errors are not reported where they do not exist.",
    block=50,
)
