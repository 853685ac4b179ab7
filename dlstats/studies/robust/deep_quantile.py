"""Quantile networks: one network a level, one for all levels, one whose quantiles cannot cross; calibration and crossing."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Contrast, Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.robust._claims import estimated, log_ratio_of, statistic_of, worst_of

LEVELS = (0.1, 0.5, 0.9, 0.95)
POINTS = 961
SIZES = (400, 1600, 6400)
NETWORKS = ("per_level", "all_levels", "non_crossing")
BASELINES = ("linear", "kernel", "forest", "boosting")
DESIGN = "sine_normal"


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """A row a replicate, method and level: errors to the true quantile, true coverage below it, crossing of the method."""
    from dlstats.dgp.quantile_designs import DESIGNS
    from dlstats.methods import quantile as baselines_quantile

    n, design = factors["n"], DESIGNS[DESIGN]
    samples = [design.sample(n, rng) for rng in streams.generators("data", n=n)]
    x, y = np.stack([s[0] for s in samples]), np.stack([s[1] for s in samples])
    grid = np.linspace(0.02, 0.98, POINTS)[:, None]
    frames = []
    for method in NETWORKS:
        fitted, columns = _networks(method, x, y, grid, n, streams, device)
        frames.append(_rows(method, fitted, columns, design, grid, streams))
    for method in BASELINES:
        fit = baselines_quantile.QUANTILE_BASELINES[method]
        rngs = streams.generators(f"baseline {method}", n=n)
        fitted = np.stack([fit(a, b, grid, LEVELS, r) for a, b, r in zip(x, y, rngs, strict=True)])
        columns = dict.fromkeys(("data_digest", "start_digest"), "") | {"status": "ok"}
        frames.append(_rows(method, fitted, columns, design, grid, streams))
    return pd.concat(frames).sort_values("replicate", kind="stable", ignore_index=True)


def _networks(method: str, x: np.ndarray, y: np.ndarray, grid: np.ndarray, n: int, streams: Streams, device: str):
    """Fitted quantiles (reps, points, levels) and what is recorded of the training."""
    import torch

    from dlstats import training
    from dlstats.losses import quantile
    from dlstats.training import recipes

    recipe = recipes.Recipe((round(5 * n**0.2),), 0.02, 2500, 400, restarts=3, start="kinks")

    def run(loss, outputs: int):
        found = recipes.run(recipe, x, y, streams, device, loss=loss, outputs=outputs, n=n)
        return training.predict(found.net, found.parameters, grid, device), found.columns

    if method == "per_level":
        parts = [run(functools.partial(quantile.pinball, level=level), 1) for level in LEVELS]
        columns = dict(parts[0][1])
        failed = [[part[1]["status"][r] for part in parts if part[1]["status"][r] != "ok"] for r in range(len(x))]
        columns["status"] = [bad[0] if bad else "ok" for bad in failed]
        return torch.cat([part[0] for part in parts], dim=2).double().numpy(), columns
    tau = torch.tensor(LEVELS)
    order = quantile.in_order if method == "non_crossing" else (lambda raw: raw)
    raw, columns = run(lambda f, target: quantile.pinball(order(f), target, tau.to(f)), len(LEVELS))
    return order(raw).double().numpy(), columns


def _rows(method: str, fitted: np.ndarray, columns: dict, design, grid: np.ndarray, streams: Streams) -> pd.DataFrame:
    crossed = (fitted[:, :, 3] < fitted[:, :, 2]).mean(axis=1)
    spread = design.scale(grid)
    frames = []
    for k, level in enumerate(LEVELS):
        gap = fitted[:, :, k] - design.quantile(grid, level)
        below = design.noise.distribution((fitted[:, :, k] - design.regression(grid)) / spread)
        rows = {"replicate": streams.replicates, "method": f"{method}_{level:g}", **columns}
        rows |= {"squared": (gap**2).mean(axis=1), "l1": np.abs(gap).mean(axis=1), "coverage": below.mean(axis=1)}
        rows |= {"pinball": design.excess_pinball(grid, fitted[:, :, k], level).mean(axis=1)}
        rows |= {"miscalibration": np.abs(below - level).mean(axis=1), "crossed": crossed}
        rows |= {"any_crossing": (crossed > 0).astype(float)}
        frames.append(pd.DataFrame(rows))
    return pd.concat(frames)


def _fall(method: str):
    """Mean share of crossing at the largest n minus that at the smallest."""

    def measure(evidence: Evidence) -> Estimate:
        first, last = (
            estimated("mean", evidence.rows(n=n, method=f"{method}_0.5"), "crossed") for n in (SIZES[0], SIZES[-1])
        )
        mcse = math.hypot(first.mcse, last.mcse)
        reps, failed = min(first.replicates, last.replicates), first.failed + last.failed
        return Estimate(last.value - first.value, mcse, reps, failed)

    return measure


def _deviation(method: str, level: float):
    """Mean coverage below the fitted quantile minus the level, at n = 6400."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(n=SIZES[-1], method=f"{method}_{level:g}")
        return estimated("bias", rows, "coverage", truth=level)

    return measure


def _nearest(other: str, level: float) -> Claim:
    return Claim(
        f"ROB16.{other}_at_{level:g}",
        f"At level {level:g}, n = 6400, the median excess pinball risk of the non-crossing network is at most that of {other} "
        "quantiles on the same data (log₁₀ of the ratio).",
        "at_most",
        0.0,
        0.0,
        log_ratio_of("pinball", f"non_crossing_{level:g}", f"{other}_{level:g}", n=SIZES[-1]),
        f"over-reading of {SOURCE}",
    )


def _calibrated(method: str, name: str, words: str) -> Claim:
    return Claim(
        name,
        f"{words}, n = 6400: the mean conditional coverage below the fitted quantile is the level within 0.01 at levels 0.1, "
        "0.5, 0.9, 0.95 (worst level).",
        "equivalence",
        0.0,
        0.01,
        worst_of([_deviation(method, level) for level in LEVELS], 0.0, 0.01),
        SOURCE,
        "JSM",
    )


SOURCE = "Shen et al. 2021, arXiv:2107.04907; Padilla, Tansey and Chen 2022, JMLR 23"

CLAIMS = (
    _calibrated("per_level", "ROB16", "One network a level is calibrated"),
    _calibrated("all_levels", "ROB16.all", "One network for all levels is calibrated"),
    _calibrated("non_crossing", "ROB16.ordered", "The non-crossing network is calibrated"),
    Claim(
        "ROB16.crossing",
        "With one network a level, the share of x at which the fitted 0.95-quantile lies below the 0.90-quantile is smaller at "
        "n = 6400 than at n = 400 (difference of means).",
        "at_most",
        0.0,
        0.0,
        _fall("per_level"),
        SOURCE,
    ),
    Claim(
        "ROB16.never",
        "The non-crossing network never crosses, one network a level does in some fits also at n = 6400 (largest share of x "
        "at which the non-crossing network crosses).",
        "bound_above",
        0.0,
        0.0,
        lambda evidence: montecarlo.exact(
            max(evidence.rows(method=f"non_crossing_{level:g}")["crossed"].max() for level in LEVELS)
        ),
        "Shen, Dai and Zhu 2025, arXiv:2504.08215",
    ),
    Claim(
        "ROB16.some",
        "One network a level has no crossing left at n = 6400 (share of fits with any).",
        "at_most",
        0.05,
        0.0,
        statistic_of("proportion", "any_crossing", method="per_level_0.5", n=SIZES[-1]),
        "an over-reading of consistency",
    ),
    Claim(
        "ROB16.gain",
        "The order constraint costs nothing in the tail: at level 0.95, n = 6400, the median squared error of the "
        "non-crossing network is at most that of one network a level, to 10 % (log₁₀ of the ratio, paired).",
        "at_most",
        0.0,
        math.log10(1.1),
        log_ratio_of("squared", "non_crossing_0.95", "per_level_0.95", n=SIZES[-1]),
        "Shen, Dai and Zhu 2025, arXiv:2504.08215",
    ),
    *(_nearest(other, level) for level in LEVELS for other in ("kernel", "forest", "boosting")),
)


def draw_quantiles(evidence: Evidence, figure) -> None:
    """Left: median excess pinball risk by level at the largest n. Right: share of x with crossing against n."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    risk = evidence.table(measure="pinball", statistic="median", n=SIZES[-1]).set_index("method")
    crossed = evidence.table(measure="crossed", statistic="mean").set_index("method")
    for index, method in enumerate((*NETWORKS, *BASELINES)):
        look = style.nth(index + 1)
        lines = risk.loc[[f"{method}_{level:g}" for level in LEVELS]]
        bars = [lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]]
        place = np.arange(len(LEVELS)) + (index - 3) * 0.06
        left.errorbar(place, lines["estimate"], yerr=bars, label=NAMES[method], elinewidth=0.7, **look)
        if method in (*NETWORKS, "boosting"):
            rows = crossed.loc[[f"{method}_0.5"]].sort_values("n")
            right.errorbar(rows["n"], rows["estimate"], yerr=1.96 * rows["mcse"], **look)
    left.set_xticks(range(len(LEVELS)), [f"{level:g}" for level in LEVELS])
    left.set(yscale="log", xlabel="level", ylabel=f"median excess pinball risk, $n = {SIZES[-1]}$")
    right.set_xscale("log")
    right.set_xticks(SIZES, [str(n) for n in SIZES])
    right.minorticks_off()
    right.set(xlabel="sample size $n$", ylabel="share of $x$ with 0.95 below 0.90")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=7, fontsize="x-small")


NAMES = {
    "per_level": "network a level",
    "all_levels": "network for all",
    "non_crossing": "non-crossing network",
    "linear": "linear",
    "kernel": "kernel",
    "forest": "forest",
    "boosting": "boosting",
}

FIGURES = (
    Figure(
        "deep_quantile",
        "Quantile networks on y = sin 4πx + (0.2 + 0.3x) N(0, 1). Left: median over replicates of the excess pinball risk. "
        "Right: mean share of x at which the fitted quantiles of levels 0.90 and 0.95 cross; kernel and forest quantiles "
        "cannot cross, nor can the non-crossing network. 95 % Monte Carlo intervals.",
        draw_quantiles,
        "two-column",
        2.7,
    ),
)

CONTRASTS = tuple(
    Contrast("pinball", f"non_crossing_{level:g}", f"{method}_{level:g}", NAMES[method])
    for level in LEVELS
    for method in (*NETWORKS, *BASELINES)
    if method != "non_crossing"
)

STUDY = Study(
    name="deep_quantile",
    family="robust",
    title="Calibration and crossing of quantile networks",
    aims="Are networks trained on the pinball loss calibrated conditionally on x, how often do their quantiles cross, and "
    "what does a non-crossing head change?",
    mechanisms="y = sin 4πx + (0.2 + 0.3x) N(0, 1), x uniform on [0, 1].",
    estimands="P(y ≤ fitted quantile | x) averaged over x, excess pinball risk, squared and absolute distance to the true "
    "quantile, share of x with crossing of the two upper levels; levels 0.1, 0.5, 0.9, 0.95.",
    methods={
        "per_level_*": "one network a level: one hidden layer of 5 n^(1/5) units and a line beside, Adam on OneCycle, 2500 "
        "steps of 400, least training loss of 3 restarts; the number is the level",
        "all_levels_*": "one such network with an output a level",
        "non_crossing_*": "the same with first output free and cumulative softplus increments",
        "linear_*": "linear quantile regression",
        "kernel_*": "local constant quantiles, bandwidth by pinball loss on a held-out quarter, 500 points at most",
        "forest_*": "quantile regression forest, 100 trees, leaves of 10",
        "boosting_*": "boosted trees on the pinball loss, 100 trees of 8 leaves",
    },
    measures=(
        Measure("pinball", "excess pinball risk", "median"),
        Measure("squared", "squared error to the quantile", "median"),
        Measure("l1", "absolute error to the quantile", "median"),
        Measure("coverage", "coverage below the quantile", "mean"),
        Measure("miscalibration", "mean distance of conditional coverage from the level", "mean"),
        Measure("crossed", "share of x with crossing", "mean"),
        Measure("any_crossing", "share of fits with crossing", "proportion"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    contrasts=CONTRASTS,
    limits="One input and one design; published designs are in quantile_benchmark. Rates are not claimed: squared errors of "
    "upper levels are limited by the optimiser.",
    block=16,
)
