"""Designs of the literature under other noise: where does a network beat what a statistician would use, and where not?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, worst
from dlstats.montecarlo.contrasts import contrast
from dlstats.nets import scaling
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams

NEW, BATCH, LEARNING_RATE, RESTARTS = 1000, 300, 0.01, 2
RULE = "deep_16"
INPUTS = {"hierarchical": 4, "additive": 5, "single_index": 10, "piecewise_smooth": 2}
"""Inputs of the targets that have more than one."""
SHARE = 0.05
"""Noise of Bauer and Kohler's models over the interquartile range of the regression function."""
NOISE_SD = 0.3
BASELINES = ("nearest_neighbours", "additive_model", "random_forest", "boosting")


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """A network of three layers of 16 and baselines on the same data; error over the variance of the target."""
    from dlstats.methods import regression as baselines
    from dlstats.training import recipes

    target, n = factors["target"], factors["n"]
    noise, scale = factors["noise"], factors.get("noise_scale", "constant")
    process = _process(target, noise, scale)
    about = {"target": target, "n": n}
    drawn = [process.sample(n, rng) for rng in streams.generators("data", noise=noise, noise_scale=scale, **about)]
    x, y = (np.stack(part) for part in zip(*drawn, strict=True))
    at = np.stack([process.inputs(NEW, rng) for rng in streams.generators("new", **about)])
    truth = process.regression(at)
    centre, spread = y.mean(axis=1, keepdims=True), y.std(axis=1, keepdims=True)
    shape = scaling.shape(RULE, n, process.d)
    steps = min(shape.steps, factors.get("steps", shape.steps))
    recipe = recipes.Recipe(shape.widths, LEARNING_RATE, steps, BATCH, RESTARTS)
    found = recipes.run(recipe, 2 * x - 1, (y - centre) / spread, streams, device, **about)
    fits = {"network": centre + spread * found.predict(2 * at - 1)}
    rngs = streams.generators("baseline", **about)
    for name in BASELINES:
        method = baselines.BASELINES[name]
        fits[name] = np.stack([method(*one).value for one in zip(x, y, at, rngs, strict=True)])
    frames = []
    for name, fitted in fits.items():
        risk = ((fitted - truth) ** 2).mean(axis=1)
        rows = {"replicate": list(streams.replicates), "method": name, "relative": risk / truth.var(axis=1)}
        frames.append(pd.DataFrame(rows | (found.columns if name == "network" else {})))
    frame = pd.concat(frames, ignore_index=True).sort_values("replicate", kind="stable", ignore_index=True)
    return frame.fillna({"status": "ok", "data_digest": "", "start_digest": ""})


def _process(target: str, noise: str, scale: str):
    """A model m1 to m5 of Bauer and Kohler, whose noise is normal, or a target of `core.dgp.regression`."""
    from dlstats.dgp import bauer_kohler, regression

    if target not in bauer_kohler.MODELS:
        return regression.design(target, INPUTS.get(target, 1), noise, NOISE_SD, scale)
    if (noise, scale) != ("normal", "constant"):
        raise ValueError(f"`noise` of {target} must be normal with a constant scale, got {noise!r} and {scale!r}.")
    return bauer_kohler.design(target, SHARE)


MEASURES = (
    Measure("relative", "error over the variance of the target", "median"),
    Measure("relative", "error over the variance of the target"),
)
MODELS = ("m1", "m2", "m3", "m4", "m5")
NOISES = (("uniform", "constant"), ("laplace", "constant"), ("t5", "constant"))


def _logs(evidence: Evidence, method: str, **factors: object) -> np.ndarray:
    """log₁₀ of the relative error by replicate; failures are not numbers."""
    rows = evidence.rows(method=method, **factors).sort_values("replicate")
    return np.log10(rows["relative"].where(rows["status"] == "ok").to_numpy(float))


def _against(baseline: str, targets: tuple[str, ...]):
    """Median of the network over that of a baseline on the same data, log₁₀, the worst target."""

    def measure(evidence: Evidence) -> Estimate:
        found = []
        for target in targets:
            normal = {"target": target, "noise": "normal", "noise_scale": "constant"}
            network, other = (_logs(evidence, method, **normal) for method in ("network", baseline))
            found.append(contrast("median", network, other))
        return worst(found, 0.0, 0.0, "at_most")

    return measure


def _noise(evidence: Evidence) -> Estimate:
    """Median of the network under another noise of the same variance over that under normal noise, log₁₀, the worst."""
    base = {"target": "piecewise_smooth", "noise_scale": "constant"}
    normal = _logs(evidence, "network", noise="normal", **base)
    pairs = [(_logs(evidence, "network", noise=noise, **base), normal) for noise, _ in NOISES]
    return worst([contrast("median", *pair) for pair in pairs], 0.0, 0.1)


SOURCE = "Bauer and Kohler 2019, section 4"
CLAIMS = (
    Claim(
        "RSK13.bauer_kohler",
        "On the hierarchical interaction models m1 to m5 (n = 200, 5 % noise) the median error of the network is at most "
        "that of nearest neighbours (log₁₀ of the ratio, worst model).",
        "at_most", 0.0, 0.0, _against("nearest_neighbours", MODELS), SOURCE, "JSM",
    ),
    Claim(
        "RSK13.bauer_kohler_additive",
        "On the hierarchical interaction models m1 to m5 the median error of the network is at "
        "most that of an additive spline model (log₁₀ of the ratio, worst model; m4 is additive).",
        "at_most", 0.0, 0.0, _against("additive_model", MODELS), f"over-reading of {SOURCE}",
    ),
    Claim(
        "RSK13.hierarchical",
        "On a binary tree of interactions in four dimensions (n = 800) the median error of the network is at most that of "
        "boosted trees (log₁₀ of the ratio).",
        "at_most", 0.0, 0.0, _against("boosting", ("hierarchical",)), "Schmidt-Hieber 2020", "JSM",
    ),
    Claim(
        "RSK7.piecewise",
        "On a smooth function with a jump along a curve (d = 2, n = 800) the median error of the network is at most that of "
        "nearest neighbours (log₁₀ of the ratio).",
        "at_most", 0.0, 0.0, _against("nearest_neighbours", ("piecewise_smooth",)), "Imaizumi and Fukumizu 2019", "JSM",
    ),
    Claim(
        "RSK2.weierstrass",
        "On Weierstrass' function of Hölder exponent 1/2 (n = 800) the median error of the network is at most that of nearest "
        "neighbours (log₁₀ of the ratio).",
        "at_most", 0.0, 0.0, _against("nearest_neighbours", ("weierstrass",)), "rates hold for both; measured here",
    ),
    Claim(
        "RSK12.noise_law",
        "Of the noise only the variance counts: uniform, Laplace and t₅ noise change the median error of the network by at most "
        "a tenth in log₁₀ (piecewise smooth target, n = 800, worst law).",
        "equivalence", 0.0, 0.1, _noise, "rates assume sub-Gaussian noise or less",
    ),
)  # fmt: skip

LABELS = {
    "network": "network",
    "nearest_neighbours": "nearest neighbours",
    "additive_model": "additive model",
    "random_forest": "random forest",
    "boosting": "boosting",
}


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    lines = evidence.table(measure="relative", statistic="median")
    order = lines.drop_duplicates("cell")["cell"].tolist()
    for place, (method, label) in enumerate(LABELS.items()):
        table = lines[lines["method"] == method].set_index("cell").loc[order]
        bars = np.clip(1.96 * table["mcse"], 0, 0.9 * table["estimate"])
        heights = np.arange(len(order)) + 0.13 * (place - 2)
        look = style.nth(place) | {"linestyle": ""}
        axes.errorbar(table["estimate"], heights, xerr=bars, label=label, **look)
    rows = lines.drop_duplicates("cell").to_dict("records")
    axes.set_yticks(range(len(order)), [_name(row) for row in rows])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("error over the variance of the target, median")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=5)


def _name(row: dict) -> str:
    """The target, and the noise where it is not normal and constant."""
    extra = [row["noise"]] if row["noise"] != "normal" else []
    extra += ["growing noise"] if row.get("noise_scale") == "growing" else []
    name = str(row["target"]).replace("_", " ")
    return f"{name} ({', '.join(extra)})" if extra else name


FIGURES = (
    Figure(
        "published_designs",
        "Error at new points over the variance of the target: a network of three layers of 16 and baselines tuned by a stated "
        "rule. m1 to m5: hierarchical interaction models of Bauer and Kohler, n = 200; the others n = 800. Medians over "
        "replicates with 95 % Monte Carlo intervals.",
        _draw, "two-column", 4.4,
    ),
)  # fmt: skip

STUDY = Study(
    name="published_designs",
    family="excess_risk",
    title="Published designs and other noise",
    aims="See on which designs of the literature a network of fixed shape beats tuned baselines, and whether the law of the "
    "noise matters beyond its variance.",
    mechanisms="Models m1 to m5 of Bauer and Kohler with 5 % noise; binary tree of interactions, additive, single-index, "
    "piecewise smooth, Weierstrass and Donoho-Johnstone targets with noise of standard deviation 0.3: normal, uniform, Laplace "
    "or t₅, constant or growing in x.",
    estimands="Median over data sets of the mean squared error at 1000 new points over the variance of the target there.",
    methods={
        "network": "ReLU network of three layers of 16 with a linear skip, Adam on OneCycle at 0.01, 8000 steps, minibatches "
        "of 300, best of 2 starts, responses standardised",
        "nearest_neighbours": "k by leave-one-out",
        "additive_model": "cubic splines in every coordinate, knots and penalty by leave-one-out",
        "random_forest": "inputs a split and leaf size by out-of-bag error",
        "boosting": "gradient boosting, depth by a held-out quarter",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="One shape, rate and number of steps for all designs, without early stopping; baselines tune themselves.",
)
