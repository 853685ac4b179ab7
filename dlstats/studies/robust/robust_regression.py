"""The Donoho-Johnstone designs of deep robust regression: four functions, four noises, six losses, two baselines."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Contrast, Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.robust._claims import log_ratio_of, statistic_of, worst_of

FUNCTIONS = ("blocks", "bumps", "heavisine", "doppler")
NOISES = ("normal", "t2", "cauchy", "contaminated")
LOSSES = ("squared", "absolute", "huber", "cauchy", "tukey", "adaptive")
BASELINES = ("spline", "kernel_median")
UNIT = 5.0
"""Networks are fitted to y / 5, with the constants of the losses divided by 5: the same minimisers."""
SAMPLE, TEST, STEPS = 512, 2000, 2000
WIDTHS = (32, 32, 32)


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """A row a replicate and method: L1 and squared distance to 5f at fresh points, and whether the fit is of any use."""
    from dlstats.dgp import donoho_johnstone, noise

    f, law = donoho_johnstone.DONOHO_JOHNSTONE[factors["function"]], noise.NOISES[factors["noise"]]
    about = {"function": factors["function"], "noise": factors["noise"]}
    x = streams.draw(lambda rng: rng.random((SAMPLE, 1)), "inputs")
    error = streams.draw(lambda rng: law.sample(rng, SAMPLE), "noise", noise=factors["noise"])
    y = UNIT * f(x[..., 0]) + error
    new = streams.draw(lambda rng: rng.random((TEST, 1)), "test")
    truth = UNIT * f(new[..., 0])
    constant = np.abs(truth - np.median(truth, axis=1, keepdims=True)).mean(axis=1)
    fits = {loss: functools.partial(_network, loss, streams=streams, device=device) for loss in LOSSES}
    fits |= {name: functools.partial(_baseline, name, streams=streams, about=about) for name in BASELINES}
    frames = []
    for method, fit in fits.items():
        fitted, columns = fit(x, y, new)
        gap = fitted - truth
        rows = {"replicate": streams.replicates, "method": method, **columns}
        rows |= {"l1": np.abs(gap).mean(axis=1), "squared": (gap**2).mean(axis=1)}
        rows |= {"useless": (np.abs(gap).mean(axis=1) > constant).astype(float)}
        frames.append(pd.DataFrame(rows))
    return pd.concat(frames).sort_values("replicate", kind="stable", ignore_index=True)


def _loss(name: str):
    from dlstats.losses import barron, regression, robust

    return {
        "squared": regression.squared,
        "absolute": robust.absolute,
        "huber": functools.partial(robust.huber, threshold=1.345 / UNIT),
        "cauchy": functools.partial(robust.cauchy, threshold=1 / UNIT),
        "tukey": functools.partial(robust.tukey, threshold=4.685 / UNIT),
        "adaptive": barron.adaptive_shared,
    }[name]


def _network(name: str, x: np.ndarray, y: np.ndarray, new: np.ndarray, streams: Streams, device: str):
    from dlstats.training import recipes

    recipe = recipes.Recipe(WIDTHS, 0.02, STEPS, 128)
    outputs = 3 if name == "adaptive" else 1
    found = recipes.run(recipe, x, y / UNIT, streams, device, loss=_loss(name), outputs=outputs)
    return found.predict(new, device) * UNIT, found.columns | (_learned(found, x, device) if outputs == 3 else {})


def _learned(found, x: np.ndarray, device: str) -> dict[str, np.ndarray]:
    """Shape and scale of the adaptive loss, the scale in units of y."""
    from dlstats import training
    from dlstats.losses import barron

    alpha, log_scale = barron.shape_and_log_scale(training.predict(found.net, found.parameters, x, device))
    return {"shape": alpha.flatten().double().numpy(), "scale": UNIT * log_scale.exp().flatten().double().numpy()}


def _baseline(name: str, x: np.ndarray, y: np.ndarray, new: np.ndarray, streams: Streams, about: dict):
    from dlstats.methods import quantile as baselines_quantile
    from dlstats.methods import regression as baselines

    rngs = streams.generators(f"baseline {name}", **about)
    if name == "spline":
        fit = baselines.BASELINES["smoothing_spline"]
        found = [fit(a, b, c, r).value for a, b, c, r in zip(x, y, new, rngs, strict=True)]
    else:
        found = [
            baselines_quantile.kernel(a, b, c, (0.5,), r)[:, 0] for a, b, c, r in zip(x, y, new, rngs, strict=True)
        ]
    return np.stack(found), {"status": "ok", "data_digest": "", "start_digest": ""}


BARRON = "Barron 2019, A general and adaptive robust loss function, CVPR"
SHEN = "Shen, Jiao, Lin and Huang 2021, arXiv:2107.10343"


def _better(first: str, second: str, noise: str):
    """The worst function for `first` against `second`, in median L1 error."""
    return worst_of(_ratios(first, second, noise), 0.0, 0.0, "at_most")


def _ratios(first: str, second: str, noise: str):
    return [log_ratio_of("l1", first, second, noise=noise, function=f) for f in FUNCTIONS]


def _shape(noise: str, theory: float, kind: str):
    """The median learned shape, of the function that speaks most against the claim."""
    readers = [
        statistic_of("median", "shape", method="adaptive", noise=noise, function=function) for function in FUNCTIONS
    ]
    return worst_of(readers, theory, 0.0, kind)


def _claim(name: str, statement: str, measure, source: str = SHEN) -> Claim:
    return Claim(name, f"{statement} (log₁₀ of the ratio).", "at_most", 0.0, 0.0, measure, source, "JSM")


CLAIMS = (
    _claim(
        "ROB7.designs",
        "Under Cauchy noise networks fitted by absolute error have a smaller median L1 error than by squared error for blocks, "
        "bumps, heavisine and doppler (worst function)",
        _better("absolute", "squared", "cauchy"),
    ),
    _claim(
        "ROB7.mixture",
        "Under 0.8 N(0, 1) + 0.2 N(0, 100²) noise networks fitted by absolute error have a smaller median L1 error than by "
        "squared error for all four functions (worst function)",
        _better("absolute", "squared", "contaminated"),
    ),
    _claim(
        "ROB7.kernel",
        "Under Cauchy noise networks fitted by absolute error have at most the median L1 error of the kernel median for all "
        "four functions (worst function)",
        _better("absolute", "kernel_median", "cauchy"),
        "over-reading of the theory, which compares no methods",
    ),
    _claim(
        "ROB7.adaptive",
        "Under Cauchy noise networks fitted by Barron's adaptive loss have at most the median L1 error of networks fitted by "
        "squared error for all four functions (worst function)",
        _better("adaptive", "squared", "cauchy"),
        BARRON,
    ),
    Claim(
        "ROB7.adaptive_price",
        "Under normal noise the adaptive loss costs nothing: its networks have at most the median L1 error of networks fitted by "
        "squared error for all four functions, to 10 % (worst function, log₁₀ of the ratio).",
        "at_most",
        0.0,
        math.log10(1.1),
        worst_of(_ratios("adaptive", "squared", "normal"), 0.0, math.log10(1.1), "at_most"),
        BARRON,
    ),
    Claim(
        "ROB7.shape_cauchy",
        "The adaptive loss learns heavy tails: the median learned shape α is at most 0.5 under Cauchy noise, which is α = 0, for "
        "all four functions (worst function).",
        "at_most",
        0.5,
        0.0,
        _shape("cauchy", 0.5, "at_most"),
        BARRON,
    ),
    Claim(
        "ROB7.shape_normal",
        "The adaptive loss learns light tails: the median learned shape α is at least 1.5 under normal noise, which is α = 2, "
        "for all four functions (worst function).",
        "at_least",
        1.5,
        0.0,
        _shape("normal", 1.5, "at_least"),
        BARRON,
    ),
    Claim(
        "ROB7.tukey",
        "Tukey's loss is uniformly good, being bounded: from a random start at most 10 % of its fits to heavisine under Cauchy "
        "noise have a larger L1 error than a constant.",
        "at_most",
        0.1,
        0.0,
        statistic_of("proportion", "useless", method="tukey", noise="cauchy", function="heavisine"),
        f"over-reading of {SHEN}",
        "JSM",
    ),
    _claim(
        "ROB7.tukey_error",
        "Tukey's loss is uniformly good, being bounded: under Cauchy noise networks fitted by it have at most the median L1 "
        "error of networks fitted by absolute error for all four functions (worst function)",
        _better("tukey", "absolute", "cauchy"),
        f"over-reading of {SHEN}",
    ),
)


def draw_errors(evidence: Evidence, figure) -> None:
    """Median L1 error of every method, a panel a noise, a column a function."""
    from dlstats.plotting import style

    table = evidence.table(measure="l1", statistic="median")
    axes = figure.subplots(1, len(NOISES), sharey=True)
    for axis, noise in zip(axes, NOISES, strict=True):
        here = table[table["noise"] == noise].set_index(["method", "function"])
        present = [f for f in FUNCTIONS if f in here.index.get_level_values("function")]
        for index, method in enumerate((*LOSSES, *BASELINES)):
            rows = here.loc[[(method, f) for f in present]]
            bars = [rows["estimate"] - rows["lower"], rows["upper"] - rows["estimate"]]
            look = style.nth(index + 1 if method in LOSSES else index - 6) | {"linestyle": ""}
            if method in BASELINES:
                look |= {"markerfacecolor": "white"}
            place = np.arange(len(present)) + (index - 3.5) * 0.1
            axis.errorbar(place, rows["estimate"], yerr=bars, label=NAMES[method], elinewidth=0.6, capsize=0, **look)
        axis.set_xticks(range(len(present)), present, rotation=35, ha="right")
        axis.set(yscale="log", title=TITLES[noise])
    axes[0].set_ylabel("median L1 error")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=8, fontsize="x-small")


NAMES = {
    "squared": "squared",
    "absolute": "absolute",
    "huber": "Huber",
    "cauchy": "Cauchy",
    "tukey": "Tukey",
    "adaptive": "adaptive",
    "spline": "spline (squared)",
    "kernel_median": "kernel median",
}
TITLES = {"normal": "normal", "t2": "t(2)", "cauchy": "Cauchy", "contaminated": "contaminated"}

FIGURES = (
    Figure(
        "robust_regression",
        "Median over replicates of the L1 distance to 5f on the Donoho–Johnstone functions in the form of Shen et al., n = 512, "
        "by loss of the network and for two baselines (open symbols), with 95 % Monte Carlo "
        "intervals. No loss is best everywhere.",
        draw_errors,
        "two-column",
        3.2,
    ),
)

STUDY = Study(
    name="robust_regression",
    family="robust",
    title="Deep robust regression on the Donoho–Johnstone functions",
    aims="Which loss should a network be trained with under four noises, and do networks beat a spline or a kernel median?",
    mechanisms="y = 5 f(x) + ε, x uniform, n = 512; f blocks, bumps, heavisine or doppler in the form of Shen et al.; ε normal, "
    "t(2), Cauchy, or 0.8 N(0, 1) + 0.2 N(0, 100²). Functions and noises share inputs, noises and starts.",
    estimands="L1 and squared distance to 5f at 2000 fresh points; share of fits worse than a constant; shape and scale that the "
    "adaptive loss learned.",
    methods={
        "squared": "three layers of 32 and a line beside, Adam on OneCycle, learning rate 0.02, 2000 steps of 128, squared error",
        "absolute": "the same, absolute error",
        "huber": "the same, Huber 1.345",
        "cauchy": "the same, log(1 + r²)",
        "tukey": "the same, Tukey 4.685",
        "adaptive": "the same with three outputs, negative log likelihood of Barron's family with a location at every x and one "
        "shape and scale, learned together",
        "spline": "smoothing spline, penalty by generalised cross-validation (squared error)",
        "kernel_median": "local median under Gaussian weights, bandwidth on a held-out quarter",
    },
    measures=(
        Measure("l1", "L1 error", "median"),
        Measure("squared", "squared error", "median"),
        Measure("train_loss", "training loss on the scale of y / 5", "median"),
        Measure("shape", "learned shape α", "median"),
        Measure("scale", "learned scale c", "median"),
        Measure("useless", "share of fits worse than a constant", "proportion"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    contrasts=tuple(Contrast("l1", "absolute", m, NAMES[m]) for m in (*LOSSES, *BASELINES) if m != "absolute"),
    limits="Networks are smaller than in the source and trained for a budget of minutes; the constants of the losses are on the "
    "scale of y, as there, and not divided by an estimate of the noise.",
    block=16,
)
