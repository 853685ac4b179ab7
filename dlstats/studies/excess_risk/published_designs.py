"""Designs of the literature under other noise: where does a network beat what a statistician would use, and where not?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean

import numpy as np
import pandas as pd

from dlstats.dgp import bauer_kohler, donoho_johnstone, regression
from dlstats.dgp.additive import Additive, unit_scale
from dlstats.methods.regression import AdditiveModel, Boosting, Forest, NearestNeighbours
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor, written
from dlstats.protocol.measure import Contrast, LevelContrast, Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import Reader, log_ratio
from dlstats.protocol.study import Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.excess_risk._scaling import Fixed
from dlstats.studies.frames import fitted, squared_error, stacked

NEW, BATCH, LEARNING_RATE, RESTARTS = 1000, 300, 0.01, 2
RULE = Fixed((16, 16, 16), 8000)
RELATIVE_NOISE = 0.05
"""Noise of Bauer and Kohler's models over the interquartile range of the regression function."""
NOISE_SD = 0.3
MODELS = ("m1", "m2", "m3", "m4", "m5")
TARGETS = {
    "hierarchical": (regression.hierarchical, 4),
    "additive": (regression.additive, 5),
    "single_index": (regression.single_index, 10),
    "piecewise_smooth": (regression.piecewise_smooth, 2),
    "weierstrass": (regression.weierstrass, 1),
    "blocks": (lambda x: donoho_johnstone.blocks(x[..., 0]), 1),
    "bumps": (lambda x: donoho_johnstone.bumps(x[..., 0]), 1),
    "heavisine": (lambda x: donoho_johnstone.heavisine(x[..., 0]), 1),
    "doppler": (lambda x: donoho_johnstone.doppler(x[..., 0]), 1),
}
"""Regression function and number of inputs."""
SCALES = {"constant": unit_scale, "growing": regression.half_to_threehalves}
NOISES = {"normal": "normal", "uniform": "uniform", "laplace": "Laplace", "t5": "$t_5$"}
BASELINES = {
    "nearest_neighbours": NearestNeighbours(),
    "additive_model": AdditiveModel(),
    "random_forest": Forest(),
    "boosting": Boosting(),
}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A network of three layers of 16 and baselines on the same data; error over the variance of the target."""
    from dlstats.training import recipes

    target, n = condition.target, condition.n
    noise, scale = condition.noise, condition.noise_scale
    process = _process(target, noise, scale)
    parameters = {"target": target, "n": n}
    drawn = [process.sample(n, rng) for rng in streams.generators("data", noise=noise, noise_scale=scale, **parameters)]
    x, y = (np.stack(part) for part in zip(*drawn, strict=True))
    at = np.stack([process.inputs(NEW, rng) for rng in streams.generators("new", **parameters)])
    truth = process.regression(at)
    centre, spread = y.mean(axis=1, keepdims=True), y.std(axis=1, keepdims=True)
    shape = RULE(n)
    steps = min(shape.steps, condition.steps or shape.steps)
    recipe = recipes.Recipe(shape.widths, LEARNING_RATE, steps, BATCH, RESTARTS)
    network = recipes.run(recipe, 2 * x - 1, (y - centre) / spread, streams, device, **parameters)
    fits = {"network": centre + spread * network.predict(2 * at - 1)}
    rngs = streams.generators("baseline", **parameters)
    fits |= {name: fitted(baseline, x, y, at, rngs) for name, baseline in BASELINES.items()}
    rows = {name: {"relative": squared_error(values, truth) / truth.var(axis=1)} for name, values in fits.items()}
    rows["network"] |= network.columns
    return stacked(streams, rows)


def _process(target: str, noise: str, scale: str) -> Additive:
    """A model m1 to m5 of Bauer and Kohler, whose noise is normal, or another target."""
    if target not in MODELS:
        function, d = TARGETS[target]
        return Additive(target, d, function, regression.noise_with_sd(noise, NOISE_SD), SCALES[scale])
    if (noise, scale) != ("normal", "constant"):
        raise ValueError(f"`noise` of {target} must be normal with a constant scale, got {noise!r} and {scale!r}.")
    return bauer_kohler.design(target, RELATIVE_NOISE)


RISK = Experiment(
    simulate=simulate,
    factors={
        "target": Factor("target", str, {name: written(name).replace("_", " ") for name in (*MODELS, *TARGETS)}),
        "n": Factor("sample size", int, symbol="n", at_least=20),
        "noise": Factor("noise distribution", str, NOISES),
        "noise_scale": Factor("noise scale", str, {"constant": "constant noise", "growing": "growing noise"}),
        "steps": Factor("steps", int, at_least=1, default=None),
    },
    methods={
        "network": Method(
            "network",
            "ReLU network of three layers of 16 with a linear skip, Adam on OneCycle at 0.01, 8000 steps, minibatches of "
            "300, best of 2 random starts, responses standardised",
        ),
        **BASELINES,
    },
    measures=(
        Measure("relative", "error over the variance of the target", "median"),
        Measure("relative", "error over the variance of the target"),
    ),
    contrasts=(
        Contrast("relative", "network", "nearest_neighbours"),
        *(LevelContrast("relative", "noise", noise, "normal") for noise in NOISES if noise != "normal"),
    ),
    requires={
        "`noise` of m1 to m5 must be normal and constant": lambda c: (
            c.target not in MODELS or (c.noise, c.noise_scale) == ("normal", "constant")
        )
    },
)


def _average(reader: Reader) -> Callable[[Evidence], Estimate]:
    """The mean of estimates from independent replicates."""

    def read(evidence: Evidence) -> Estimate:
        several = reader(evidence)
        return Estimate(
            fmean(e.value for e in several),
            math.hypot(*(e.mcse for e in several)) / len(several),
            min(e.replicates for e in several),
            sum(e.failed for e in several),
            df=min(e.degrees for e in several),
        )

    return read


PLAIN = {"noise": "normal", "noise_scale": "constant"}
PILOT = Finding("published_designs, seed 20261120")
RECIPE = (
    "three layers of 16 (linear skip connection, Adam, OneCycle at 0.01, 8000 steps on minibatches of 300, best of 2 random "
    "starts, not tuned)"
)
CLAIMS = (
    Claim(
        "RSK13.bauer_kohler",
        f"Over the five hierarchical interaction models m1 to m5 of Bauer and Kohler (n = 200, 5 % noise) {RECIPE} has on the "
        "geometric mean a smaller median error than nearest neighbours (mean log₁₀ of the ratio).",
        at_most(0.0),
        _average(
            log_ratio("relative", "network", "nearest_neighbours", target=list(MODELS), n=200, **PLAIN)
            .each("target")
            .at_least(target=len(MODELS))
        ),
        PILOT,
    ),
    Claim(
        "RSK12.noise_law",
        f"With {RECIPE} Laplace and t₅ noise in the place of normal noise of the same variance change the median error by less "
        "than a factor of 1.25 (log₁₀; piecewise smooth target in d = 2, n = 800).",
        equals(0.0, math.log10(1.25)),
        Reader(
            {
                "measure": "relative",
                "statistic": "log_ratio(median)",
                "method": "network",
                "against": "noise=normal",
                "target": "piecewise_smooth",
                "noise": ["laplace", "t5"],
                "noise_scale": "constant",
            },
            ("noise",),
        ).at_least(noise=2),
        PILOT,
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    lines = evidence.table(measure="relative", statistic="median")
    cells = lines.drop_duplicates("cell")
    order = cells["cell"].tolist()
    for position, (method, described) in enumerate(RISK.methods.items()):
        table = lines[lines["method"] == method].set_index("cell").loc[order]
        bars = np.clip(1.96 * table["mcse"], 0, 0.9 * table["estimate"])
        heights = np.arange(len(order)) + 0.13 * (position - 2)
        marks = style.nth(position) | {"linestyle": ""}
        axes.errorbar(table["estimate"], heights, xerr=bars, label=described.label, **marks)
    axes.set_yticks(range(len(order)), [_name(line) for line in cells.to_dict("records")])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("error over the variance of the target, median")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=5)


def _name(line: dict) -> str:
    """The target, and the noise where it is not normal and constant."""
    extra = [NOISES[line["noise"]]] if line["noise"] != "normal" else []
    extra += ["growing noise"] if line["noise_scale"] == "growing" else []
    name = RISK.factors["target"].describe(line["target"])
    return f"{name} ({', '.join(extra)})" if extra else name


def _grids(
    targets: Sequence[str], sizes: tuple[int | list[int], int], noises: Sequence[str], few: int, many: int, **more
) -> list[Grid]:
    """Models m1 to m5 and the other targets; the piecewise smooth one under several noise distributions."""
    return [
        grid(target=list(MODELS), n=sizes[0], **PLAIN, replicates=few, **more),
        grid(target=list(targets), n=sizes[1], **PLAIN, replicates=few, **more),
        grid(
            target="piecewise_smooth", n=sizes[1], noise=list(noises), noise_scale="constant", replicates=many, **more
        ),
    ]


STUDY = Study(
    title="Published designs and other noise",
    aims="See on which designs of the literature a network of fixed shape beats tuned baselines, and whether the "
    "distribution of the noise matters beyond its variance.",
    mechanisms="Models m1 to m5 of Bauer and Kohler with 5 % noise; binary tree of interactions, additive, single-index, "
    "piecewise smooth, Weierstrass and Donoho-Johnstone targets with noise of standard deviation 0.3: normal, uniform, "
    "Laplace or t₅, constant or growing in x.",
    estimands="Median over data sets of the mean squared error at 1000 new points over the variance of the target there.",
    experiments={"risk": RISK},
    claims=CLAIMS,
    figures=(
        Figure(
            "published_designs",
            "Error at new points over the variance of the target: a network of three layers of 16 and baselines tuned by a "
            "stated rule. m1 to m5: hierarchical interaction models of Bauer and Kohler, n = 200; the others n = 800. "
            "Smaller is better. Medians over replicates with 95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            4.4,
        ),
    ),
    limits="One shape, rate and number of steps for all designs, without early stopping: the network interpolates the noise of "
    "small samples, while baselines tune themselves. It is neither Bauer and Kohler's network nor the best one for any design.",
    designs={
        "smoke": _grids(("hierarchical", "weierstrass"), (60, 60), ("normal", "laplace"), 4, 4, steps=20),
        "standard": _grids(
            ("hierarchical", "additive", "single_index", "weierstrass", "doppler"),
            (200, 800),
            ("normal", "laplace", "t5"),
            20,
            76,
        ),
        "paper": [
            *_grids([t for t in TARGETS if t != "piecewise_smooth"], ([100, 200], 800), tuple(NOISES), 200, 200),
            grid(target="piecewise_smooth", n=800, noise=list(NOISES), noise_scale="growing", replicates=200),
        ],
    },
)
