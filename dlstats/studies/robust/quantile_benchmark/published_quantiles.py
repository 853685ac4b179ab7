"""Quantile networks beside linear, kernel, forest and boosted quantiles on published designs: who wins where."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from dlstats.protocol.study import LOG_RATIO, Contrast, Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.robust._benchmark_claims import CENTRED, CLAIMS, LEVELS, NETWORK, SIZES

FITTED = tuple(round(0.05 * k, 2) for k in range(1, 20))
"""The levels of a network for all levels; those of `LEVELS` are reported."""
NETWORKS = ("per_level", "all_levels", "non_crossing", "centred")
BASELINES = ("linear", "kernel", "forest", "boosting")
TEST = 2000
WIDTHS = (32, 32)
STEPS, RATE = 800, 0.04
"""The rate is that of 0.005, 0.01, 0.02 and 0.04 with the smallest errors over all designs and networks in a pilot with
another seed."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """A row a replicate, method and level: errors to the true quantile at fresh points, calibration, crossing."""
    from dlstats.dgp.quantile_designs import DESIGNS
    from dlstats.methods import quantile as baselines_quantile

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
    """Quantiles at `LEVELS`, (reps, points, levels), and what is recorded.

    Responses are divided by their interquartile range; a fifth of the sample chooses the step at which training stops.
    """
    import torch

    from dlstats import nets, training
    from dlstats.losses import quantile
    from dlstats.training import recipes

    torch.set_num_threads(1)
    low, middle, high = np.quantile(y, [0.25, 0.5, 0.75], axis=1)[..., None]
    scaled = ((y - middle) / (high - low))[..., None]
    kept = x.shape[1] - x.shape[1] // 5
    ahead = (x[:, kept:], scaled[:, kept:])
    plan = training.Training(STEPS, RATE, schedule="cosine", batch_size=min(128, kept), keep="best", check_every=50)

    def run(loss, outputs: int):
        net = nets.Mlp(x.shape[2], WIDTHS, outputs)
        start = nets.initialise(net, streams.generators("start", outputs=outputs, **about), "he")
        order = streams.generators("minibatch", **about)
        fit = training.fit(net, loss, start, x[:, :kept], scaled[:, :kept], plan, order, ahead, device)
        return training.predict(net, fit.parameters, new, device), fit.status, start

    if method == "per_level":
        parts = [run(functools.partial(quantile.pinball, level=level), 1) for level in LEVELS]
        found = torch.cat([part[0] for part in parts], dim=2)
    else:
        tau, head = torch.tensor(FITTED), _head(method)
        parts = [run(lambda f, target: quantile.pinball(head(f), target, tau.to(f)), len(FITTED))]
        found = head(parts[0][0])[..., [FITTED.index(level) for level in LEVELS]]
    bad = np.any([part[1] == "diverged" for part in parts], axis=0)
    columns = {
        "status": np.where(bad, "diverged", "ok"),
        "data_digest": [recipes.digest(a, b) for a, b in zip(x, y, strict=True)],
        "start_digest": [recipes.digest(row) for row in parts[0][2].numpy()],
    }
    return found.double().numpy() * (high - low)[..., None] + middle[..., None], columns


def _head(method: str):
    """What turns raw outputs into quantiles at `FITTED`."""
    from dlstats.losses import quantile

    free = {"non_crossing": 0, "centred": FITTED.index(0.5)}
    return functools.partial(quantile.in_order, free=free[method]) if method in free else (lambda raw: raw)


def _rows(method: str, fitted: np.ndarray, columns: dict, design, new: np.ndarray, streams: Streams) -> pd.DataFrame:
    crossed = (np.diff(fitted, axis=2) < 0).any(axis=2).mean(axis=1)
    frames = []
    for k, level in enumerate(LEVELS):
        gap = fitted[:, :, k] - design.quantile(new, level)
        below = design.noise.distribution((fitted[:, :, k] - design.regression(new)) / design.scale(new))
        rows = {"replicate": streams.replicates, "method": f"{method}_{level:g}", **columns}
        rows |= {"l1": np.abs(gap).mean(axis=1), "squared": (gap**2).mean(axis=1)}
        rows |= {"pinball": design.excess_pinball(new, fitted[:, :, k], level).mean(axis=1)}
        rows |= {"miscalibration": np.abs(below - level).mean(axis=1), "crossed": crossed}
        frames.append(pd.DataFrame(rows))
    return pd.concat(frames)


def draw_benchmark(evidence: Evidence, figure) -> None:
    """Median L1 error of the network for all levels over that of every other method, by design, at three levels."""
    from dlstats.plotting import style

    rivals = [method for method in (*NETWORKS, *BASELINES) if method != NETWORK]
    axes = figure.subplots(1, 3, sharey=True)
    designs: list[str] = []
    for axis, level in zip(axes, (0.05, 0.5, 0.95), strict=True):
        for index, method in enumerate(rivals):
            pair = f"{NETWORK}_{level:g} / {method}_{level:g}"
            lines = evidence.table(measure="l1", statistic=LOG_RATIO, method=pair)
            lines = lines[lines["n"] == lines["design"].map(SIZES)].set_index("design")
            designs = [design for design in SIZES if design in lines.index]
            lines = lines.loc[designs]
            value, low, high = (10 ** lines[c].to_numpy(float) for c in ("estimate", "lower", "upper"))
            look = style.nth(index) | {"linestyle": ""}
            place = np.arange(len(designs)) + (index - 3) * 0.12
            axis.errorbar(value, place, xerr=[value - low, high - value], label=NAMES[method], elinewidth=0.7, **look)
        axis.axvline(1, color="0.6", linewidth=0.6, zorder=0)
        axis.set(xscale="log", title=f"level {level:g}")
        _plain_ticks(axis.xaxis, axis.get_xlim(), (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50))
    axes[1].set_xlabel("median L1 error of the network for all levels over that of the other method")
    axes[0].set_yticks(range(len(designs)), [d.replace("_", " ") for d in designs])
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=7, fontsize="x-small")


def _plain_ticks(axis, limits: tuple[float, float], wanted: tuple[float, ...]) -> None:
    ticks = [v for v in wanted if limits[0] <= v <= limits[1]]
    axis.set_ticks(ticks, [f"{v:g}" for v in ticks])
    axis.set_tick_params(which="minor", bottom=False, left=False, labelbottom=False, labelleft=False)


def draw_sizes(evidence: Evidence, figure) -> None:
    """Median L1 error at level 0.5 against the sample size, a panel a design."""
    from dlstats.plotting import style

    table = evidence.table(measure="l1", statistic="median")
    designs = [design for design in SIZES if design in set(table["design"])]
    axes = figure.subplots(-(-len(designs) // 3), min(3, len(designs)), squeeze=False).ravel()
    for axis, design in zip(axes, designs, strict=False):
        here = table[table["design"] == design]
        for index, method in enumerate((NETWORK, CENTRED, *BASELINES)):
            lines = here[here["method"] == f"{method}_0.5"].sort_values("n")
            bars = [lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]]
            axis.errorbar(lines["n"], lines["estimate"], yerr=bars, label=NAMES[method], **style.nth(index + 1))
        axis.set(xscale="log", yscale="log", title=design.replace("_", " "))
        _plain_ticks(axis.xaxis, (0, np.inf), tuple(sorted(here["n"].unique())))
        _plain_ticks(axis.yaxis, axis.get_ylim(), (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10))
    for axis in axes[len(designs) :]:
        axis.set_visible(False)
    figure.supxlabel("sample size $n$", fontsize="medium")
    figure.supylabel("median L1 error at level 0.5", fontsize="medium")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=6, fontsize="x-small")


NAMES = {
    "per_level": "network a level",
    "all_levels": "network for all",
    "non_crossing": "non-crossing, 0.05 free",
    "centred": "non-crossing, 0.5 free",
    "linear": "linear",
    "kernel": "kernel",
    "forest": "forest",
    "boosting": "boosting",
}

FIGURES = (
    Figure(
        "quantile_benchmark",
        "Median L1 error to the true quantile of the network for all levels over that of every other method on the same data "
        "(left of the line: the network is nearer), on the univariate designs of Shen et al. (n = 512) and on S1 to S5 of "
        "Padilla et al. (n = 1000), with 95 % paired Monte Carlo intervals.",
        draw_benchmark,
        "two-column",
        4.2,
    ),
    Figure(
        "quantile_sizes",
        "Median over replicates of the L1 error to the true median against the sample size, by design, with 95 % Monte Carlo "
        "intervals.",
        draw_sizes,
        "two-column",
        4.6,
    ),
)

CONTRASTS = tuple(
    Contrast("l1", f"{NETWORK}_{level:g}", f"{method}_{level:g}", NAMES[method])
    for level in LEVELS
    for method in (*NETWORKS, *BASELINES)
    if method != NETWORK
)

STUDY = Study(
    name="quantile_benchmark",
    family="robust",
    title="Quantile networks beside a statistician's quantiles",
    aims="On published designs, level by level: which of networks, lines, kernels, forests and boosting comes nearest to the "
    "true conditional quantile, and what does a head that cannot cross cost or gain?",
    mechanisms="Shen et al.: lines, a wave and an angle with t(1) and t(2) noise of constant or changing scale, d = 1. Padilla "
    "et al.: S1 to S5, d = 2 to 10, Laplace, t(2) and t(3) noise.",
    estimands="Mean over 2000 fresh points of the absolute and squared distance to the true quantile, of the excess pinball "
    "risk and of the distance of conditional coverage from the level; share of points with any crossing. Levels 0.05, 0.25, "
    "0.5, 0.75, 0.95.",
    methods={
        "per_level_*": "one network a level, two layers of 32, Adam, learning rate 0.04, 800 steps of 128, step of least "
        "validation loss on a fifth of the data; the number is the level",
        "all_levels_*": "one such network with 19 outputs, levels 0.05 to 0.95",
        "non_crossing_*": "the same with first output free and cumulative softplus increments",
        "centred_*": "the same with the output of level 0.5 free and increments up and down from it",
        "linear_*": "linear quantile regression (statsmodels)",
        "kernel_*": "local constant quantiles, bandwidth by pinball loss on a held-out quarter",
        "forest_*": "quantile regression forest, 100 trees, leaves of 10",
        "boosting_*": "boosted trees on the pinball loss, 100 trees of 8 leaves",
    },
    measures=(
        Measure("l1", "absolute error to the quantile", "median"),
        Measure("squared", "squared error to the quantile", "median"),
        Measure("pinball", "excess pinball risk", "median"),
        Measure("miscalibration", "mean distance of conditional coverage from the level", "median"),
        Measure("crossed", "share of points with crossing", "mean"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    contrasts=CONTRASTS,
    limits="Sizes and steps are set for a budget of minutes; networks of other sizes, trained longer, may do better, and so may "
    "better tuned baselines. The learning rate, one for all networks and designs, is the best of four by the errors to the "
    "truth in a pilot with another seed, which favours the networks. Medians, since means of errors under t(1) and t(2) "
    "noise are ruled by a few fits.",
    block=16,
)
