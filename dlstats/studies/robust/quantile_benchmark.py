"""Quantile networks beside linear, kernel, forest and boosted quantiles on published designs: who wins where."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd

from dlstats.core.seeds import Streams
from dlstats.studies.robust._claims import log_ratio_of, worst_of
from dlstats.studies.study import Evidence, Figure, Measure, Study
from dlstats.theory.claims import Claim

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
UNIVARIATE = ("linear_sine_t1", "linear_t1", "wave_exp_t2", "angle_sine_t2")
MULTIVARIATE = ("S1", "S2", "S3", "S4", "S5")
NETWORKS = ("per_level", "all_levels", "non_crossing")
BASELINES = ("linear", "kernel", "forest", "boosting")
TEST = 2000
WIDTHS = (32, 32)
STEPS = 800


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """A row a replicate, method and level: errors to the true quantile at fresh points, calibration, crossing."""
    from dlstats.core import baselines_quantile
    from dlstats.core.dgp.quantile_designs import DESIGNS

    n, design = factors["n"], DESIGNS[factors["design"]]
    about = {"n": n, "design": factors["design"]}
    samples = [design.sample(n, rng) for rng in streams.generators("data", **about)]
    x, y = np.stack([s[0] for s in samples]), np.stack([s[1] for s in samples])
    new = streams.draw(lambda rng: design.inputs(TEST, rng), "test", **about)
    frames = []
    for method in NETWORKS:
        fitted, columns = _networks(method, x, y, new, streams, device, about)
        frames.append(_rows(method, fitted, columns, design, new, streams))
    for method in BASELINES:
        fit = baselines_quantile.QUANTILE_BASELINES[method]
        rngs = streams.generators(f"baseline {method}", **about)
        fitted = np.stack([fit(a, b, c, LEVELS, r) for a, b, c, r in zip(x, y, new, rngs, strict=True)])
        columns = dict.fromkeys(("data_digest", "start_digest"), "") | {"status": "ok"}
        frames.append(_rows(method, fitted, columns, design, new, streams))
    return pd.concat(frames).sort_values("replicate", kind="stable", ignore_index=True)


def _networks(method: str, x: np.ndarray, y: np.ndarray, new: np.ndarray, streams: Streams, device: str, about: dict):
    """Fitted quantiles (reps, points, levels) and what is recorded.

    Responses are divided by their interquartile range; a fifth of the sample chooses the step at which training stops.
    """
    import torch

    from dlstats.core import nets, recipes, train
    from dlstats.core.losses import quantile

    torch.set_num_threads(1)
    low, middle, high = np.quantile(y, [0.25, 0.5, 0.75], axis=1)[..., None]
    scaled = ((y - middle) / (high - low))[..., None]
    kept = x.shape[1] - x.shape[1] // 5
    ahead = (x[:, kept:], scaled[:, kept:])
    plan = train.Training(STEPS, 0.005, schedule="cosine", batch_size=min(128, kept), keep="best", check_every=50)

    def run(loss, outputs: int):
        net = nets.Mlp(x.shape[2], WIDTHS, outputs)
        start = nets.initialise(net, streams.generators("start", outputs=outputs, **about), "he")
        order = streams.generators("minibatch", **about)
        fit = train.fit(net, loss, start, x[:, :kept], scaled[:, :kept], plan, order, ahead, device)
        return train.predict(net, fit.parameters, new, device), fit.status, start

    tau = torch.tensor(LEVELS)
    head = quantile.in_order if method == "non_crossing" else (lambda raw: raw)
    if method == "per_level":
        parts = [run(functools.partial(quantile.pinball, level=level), 1) for level in LEVELS]
    else:
        parts = [run(lambda f, target: quantile.pinball(head(f), target, tau.to(f)), len(LEVELS))]
    raw = head(torch.cat([part[0] for part in parts], dim=2)).double().numpy()
    bad = np.any([part[1] == "diverged" for part in parts], axis=0)
    columns = {
        "status": np.where(bad, "diverged", "ok"),
        "data_digest": [recipes.digest(a, b) for a, b in zip(x, y, strict=True)],
        "start_digest": [recipes.digest(row) for row in parts[0][2].numpy()],
    }
    return raw * (high - low)[..., None] + middle[..., None], columns


def _rows(method: str, fitted: np.ndarray, columns: dict, design, new: np.ndarray, streams: Streams) -> pd.DataFrame:
    crossed = (np.diff(fitted, axis=2) < 0).any(axis=2).mean(axis=1)
    frames = []
    for k, level in enumerate(LEVELS):
        gap = fitted[:, :, k] - design.quantile(new, level)
        below = design.noise.distribution((fitted[:, :, k] - design.regression(new)) / design.scale(new))
        rows = {"replicate": streams.replicates, "method": f"{method}_{level:g}", **columns}
        rows |= {"l1": np.abs(gap).mean(axis=1), "squared": (gap**2).mean(axis=1)}
        rows |= {"miscalibration": np.abs(below - level).mean(axis=1), "crossed": crossed}
        frames.append(pd.DataFrame(rows))
    return pd.concat(frames)


def _against(other: str, design: str, level: float, network: str = "non_crossing"):
    return log_ratio_of("l1", f"{network}_{level:g}", f"{other}_{level:g}", design=design)


def _wins(name: str, other: str, designs: tuple[str, ...], words: str) -> Claim:
    readers = [_against(other, design, 0.5) for design in designs]
    return Claim(
        name,
        f"{words}: median L1 error of the non-crossing network at level 0.5 at most that of {other} quantiles, on the same data "
        "(worst design, log₁₀ of the ratio).",
        "at_most",
        0.0,
        0.0,
        worst_of(readers, 0.0, 0.0, "at_most"),
        SOURCE,
    )


SOURCE = "over-reading of Shen et al. 2021, arXiv:2107.04907; Padilla, Tansey and Chen 2022, JMLR 23"

CLAIMS = (
    _wins(
        "ROB16.univariate", "linear", UNIVARIATE, "Networks beat linear quantile regression on every univariate design"
    ),
    _wins("ROB16.forest", "forest", MULTIVARIATE, "Networks beat quantile forests on every design S1 to S5"),
    _wins("ROB16.boosting", "boosting", MULTIVARIATE, "Networks beat boosted quantiles on every design S1 to S5"),
    Claim(
        "ROB16.wave",
        "On the wave design, which no line can follow, the non-crossing network has at most half of the median L1 error of "
        "linear quantile regression at level 0.5 (log₁₀ of the ratio).",
        "at_most",
        math.log10(0.5),
        0.0,
        _against("linear", "wave_exp_t2", 0.5),
        SOURCE,
    ),
    Claim(
        "ROB16.tail",
        "Under t(1) noise (linear_t1) the order constraint steadies the tail: at level 0.05 the non-crossing network has at most "
        "the median L1 error of one network a level (log₁₀ of the ratio).",
        "at_most",
        0.0,
        0.0,
        _against("per_level", "linear_t1", 0.05),
        "Shen, Dai and Zhu 2025, arXiv:2504.08215",
    ),
)


def draw_benchmark(evidence: Evidence, figure) -> None:
    """Median L1 error of every method over that of the non-crossing network, by design, at three levels."""
    from dlstats.report import style

    table = evidence.table(measure="l1", statistic="median")
    designs = [d for d in (*UNIVARIATE, *MULTIVARIATE) if d in set(table["design"])]
    axes = figure.subplots(1, 3, sharey=True)
    for axis, level in zip(axes, (0.05, 0.5, 0.95), strict=True):
        here = table[table["method"].str.endswith(f"_{level:g}")].set_index(["design", "method"])
        own = here["estimate"]
        for index, method in enumerate(m for m in (*NETWORKS, *BASELINES) if m != "non_crossing"):
            ratio = [own[d, f"{method}_{level:g}"] / own[d, f"non_crossing_{level:g}"] for d in designs]
            look = style.nth(index) | {"linestyle": ""}
            shift = (index - 2.5) * 0.11
            axis.plot(ratio, np.arange(len(designs)) + shift, label=NAMES[method], **look)
        axis.axvline(1, color="0.6", linewidth=0.6, zorder=0)
        axis.set(xscale="log", title=f"level {level:g}")
        low, high = axis.get_xlim()
        ticks = [v for v in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if low <= v <= high]
        axis.set_xticks(ticks, [f"{v:g}" for v in ticks])
        axis.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes[1].set_xlabel("median L1 error over that of the non-crossing network")
    axes[0].set_yticks(range(len(designs)), [d.replace("_", " ") for d in designs])
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=6, fontsize="x-small")


NAMES = {
    "per_level": "network a level",
    "all_levels": "network for all",
    "linear": "linear",
    "kernel": "kernel",
    "forest": "forest",
    "boosting": "boosting",
}

FIGURES = (
    Figure(
        "quantile_benchmark",
        "Median over replicates of the L1 error to the true quantile, relative to the non-crossing network (right of the line: "
        "the network is better), on the univariate designs of Shen et al. (n = 512) and on S1 to S5 of Padilla et al. "
        "(n = 1000). Points without intervals; the claims carry paired errors.",
        draw_benchmark,
        "two-column",
        3.6,
    ),
)

STUDY = Study(
    name="quantile_benchmark",
    family="robust",
    title="Quantile networks beside a statistician's quantiles",
    aims="On published designs, level by level: which of networks, lines, kernels, forests and boosting comes nearest to the "
    "true conditional quantile?",
    mechanisms="Shen et al.: lines, a wave and an angle with t(1) and t(2) noise of constant or changing scale, d = 1. Padilla "
    "et al.: S1 to S5, d = 2 to 10, Laplace, t(2) and t(3) noise.",
    estimands="Mean over 2000 fresh points of the absolute and squared distance to the true quantile, of the distance of "
    "conditional coverage from the level, and share of points with any crossing; levels 0.05, 0.25, 0.5, 0.75, 0.95.",
    methods={
        "per_level_*": "one network a level, two layers of 32, Adam, 800 steps of 128, step of least validation loss on a "
        "fifth of the data; the number is the level",
        "all_levels_*": "one such network with five outputs",
        "non_crossing_*": "the same with first output free and cumulative softplus increments",
        "linear_*": "linear quantile regression (statsmodels)",
        "kernel_*": "local constant quantiles, bandwidth on a held-out quarter",
        "forest_*": "quantile regression forest, 100 trees, leaves of 10",
        "boosting_*": "boosted trees on the pinball loss, 100 trees of 8 leaves",
    },
    measures=(
        Measure("l1", "absolute error to the quantile", "median"),
        Measure("squared", "squared error to the quantile", "median"),
        Measure("miscalibration", "mean distance of conditional coverage from the level", "median"),
        Measure("crossed", "share of points with crossing", "mean"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Sizes and steps are set for a budget of minutes; networks of other sizes, trained longer, may do better, and so may "
    "better tuned baselines. Medians, since means of errors under t(1) and t(2) noise are ruled by a few fits.",
    block=16,
)
