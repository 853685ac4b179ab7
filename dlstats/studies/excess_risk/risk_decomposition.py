"""Approximation, estimation and optimisation measured apart, and the lectures' three-term bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.plug import Plug, Sample
from dlstats.protocol.readers import proportion, ratio, value
from dlstats.protocol.study import Check, Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import squared_error, stacked
from dlstats.theory import linear_splines as splines
from dlstats.theory import risk_decomposition as theory

NOISE_SD = 0.3
RESTARTS, STEPS, LEARNING_RATE = 8, 2500, 0.05
GRID = np.linspace(0, 1, 2001)
DIFFERENCE_N, DIFFERENCE_SD = 400, 0.5
UNITS = [3, 5, 8, 12, 18, 27, 40]


def simulate_sieve(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Least squares on the first features, the rest omitted; the true coefficients are 0 without loss."""
    n, features, approximation = condition.n, condition.features, condition.approximation
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("data", n=n, features=features), strict=True):
        x = rng.standard_normal((n, features))
        y = approximation * rng.standard_normal(n) + condition.noise_sd * rng.standard_normal(n)
        fitted = np.linalg.lstsq(x, y, rcond=None)[0]
        rows.append({"replicate": replicate, "method": "least_squares", "risk": approximation**2 + fitted @ fitted})
    predicted = theory.sieve_excess(n, features, approximation, condition.noise_sd)
    return pd.DataFrame(rows).assign(relative=lambda frame: frame["risk"] / predicted)


def simulate_difference(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """R_n(f*) - R_n(f0) for f* - f0 = a √2 sin 2πx."""
    rows = []
    sd = theory.loss_difference_sd(DIFFERENCE_N, DIFFERENCE_SD, condition.approximation)
    for replicate, rng in zip(streams.replicates, streams.generators("difference"), strict=True):
        gap = condition.approximation * np.sqrt(2) * np.sin(2 * np.pi * rng.random(DIFFERENCE_N))
        noise = DIFFERENCE_SD * rng.standard_normal(DIFFERENCE_N)
        value = float(((noise - gap) ** 2 - noise**2).mean())
        rows.append({"replicate": replicate, "method": "loss_difference", "relative_sd": value / sd})
    return pd.DataFrame(rows)


def simulate_split(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Trained networks, best of 8 and single, and least squares at the best fixed kinks, on the same data."""
    from dlstats.training import recipes

    data, knots = sample_split(condition, streams), splines.free_knots(condition.units + 1)
    x, y = data.x[..., 0], data.y
    recipe = recipes.Recipe((condition.units,), LEARNING_RATE, condition.steps, restarts=RESTARTS, start="kinks")
    network = recipes.run(recipe.at(condition.effort), data.x, y, streams, device, n=condition.n)
    fixed = [np.linalg.lstsq(splines.hats(a, knots), b, rcond=None)[0] for a, b in zip(x, y, strict=True)]
    fixed_loss = np.array([((b - splines.hats(a, knots) @ c) ** 2).mean() for a, b, c in zip(x, y, fixed, strict=True)])
    hats = splines.hats(GRID, knots)
    # one by one: a product of all rounds by block
    fits = {"network": network.predict(GRID[:, None]), "fixed_kinks": np.stack([hats @ c for c in fixed])}
    losses = {"network": network.loss, "fixed_kinks": fixed_loss}
    rows: dict[str, dict] = {"network": network.columns, "fixed_kinks": {"data_digest": network.data_digest}}
    for method, values in fits.items():
        rows[method] |= judge_split(values, data) | {"misfit": losses[method] / NOISE_SD**2}
    gap = network.loss - fixed_loss
    rows["network"] |= {"certified_gap": gap, "stops_above": (gap > 0).astype(float)}
    return stacked(streams, rows)


def sample_split(condition: Condition, streams: Streams) -> Sample:
    """The data of a block of replicates, judged on a grid; `about` is the squared error of the best approximation."""
    from dlstats.dgp.regression import design

    n = condition.n
    drawn = streams.draw(lambda rng: np.stack([v.ravel() for v in design("sine").sample(n, rng)]), "data", n=n)
    new = np.tile(GRID[:, None], (len(drawn), 1, 1))
    best = splines.squared_error(splines.free_knots(condition.units + 1))
    x, y, own = drawn[:, 0, :, None], drawn[:, 1], streams.generators("baseline", n=n)
    return Sample(x, y, new, splines.target(new[..., 0]), own, about=best)


def judge_split(values: np.ndarray, data: Sample) -> dict[str, np.ndarray]:
    """The risk, and what of it is approximation and what is not."""
    risk = squared_error(values, data.truth)
    return {"risk": risk, "approximation": np.full(len(risk), data.about), "estimation": risk - data.about}


SIZE = Factor("sample size", int, symbol="n", at_least=2)
APPROXIMATION = Factor("approximation error", float, symbol="a", at_least=0)
SIEVE = Experiment(
    simulate=simulate_sieve,
    factors={
        "n": SIZE,
        "features": Factor("features", int, symbol="N", at_least=1),
        "approximation": APPROXIMATION,
        "noise_sd": Factor("noise standard deviation", float, symbol=r"\sigma", above=0),
    },
    methods={"least_squares": Method("least squares", "least squares on the first features")},
    measures=(Measure("risk", "excess risk"), Measure("relative", "risk over its exact mean")),
    block=256,
    requires={"`n` must exceed `features` + 1": lambda c: c.n > c.features + 1},
)
DIFFERENCE = Experiment(
    simulate=simulate_difference,
    factors={"approximation": replace(APPROXIMATION, at_least=None, above=0)},
    methods={
        "loss_difference": Method("loss difference", "empirical risk of the best in class minus that of the truth"),
    },
    measures=(Measure("relative_sd", "standard deviation over theory", "empirical_se"),),
    block=256,
)
TRAINED = {"method": "network"}
SPLIT = Experiment(
    simulate=simulate_split,
    factors={
        "n": SIZE,
        "units": Factor("units", int, symbol="m", at_least=1),
        "steps": Factor("steps", int, at_least=1, default=STEPS),
    }
    | EFFORT,
    methods={
        "network": Method(
            "network, best of 8",
            "shallow ReLU network with a linear skip, Adam, OneCycle at 0.05, 2500 full-batch steps, best of 8 starts",
        ),
        "fixed_kinks": Method(
            "least squares, best fixed kinks",
            "least squares with the kinks of the best approximation: no optimisation error, an oracle",
            "spline",
        ),
    },
    measures=(
        Measure("risk", "excess risk"),
        Measure("approximation", "squared approximation error", "exact"),
        Measure("estimation", "excess risk above approximation"),
        Measure("misfit", "training error over the noise variance"),
        Measure("certified_gap", "best training loss above that of least squares at fixed kinks", where=TRAINED),
        Measure("stops_above", "training stops above least squares at fixed kinks", "proportion", where=TRAINED),
        Measure("epochs", "epochs", where=TRAINED),
        Measure("dead_share", "proportion of hidden units without a slope", where=TRAINED),
    ),
    contrasts=(Contrast("estimation", "network", "fixed_kinks", "ratio", "mean"),),
    block=256,
    plug=Plug(sample_split, judge_split),
)


def _bound_ratio() -> float:
    """The largest ratio of the three-term to the two-term bound over a grid."""
    return max(
        theory.three_terms(n, complexity, a) / theory.two_terms(n, complexity, a)
        for n in np.geomspace(10, 1e9, 60)
        for complexity in np.geomspace(1, 1e6, 40)
        for a in np.geomspace(1e-6, 1e3, 90)
    )


LECTURES = ("JSM", "BIOS")
CHECKS = (
    Check(
        "RSK10",
        "In a bound C/n + a/√n + a² on an excess risk, a the approximation error, the middle term is redundant: the sum never "
        "exceeds 3/2 (C/n + a²) for C ≥ 1.",
        at_most(1.0, 1e-12),
        _bound_ratio,
        Derived("risk-decomposition.md#middle-term"),
        LECTURES,
    ),
)
PILOT = Finding("risk_decomposition, seed 20261120")
RECIPE = "linear skip connection, Adam, OneCycle at 0.05, 2500 full-batch steps, best of 8 starts with kinks spread over the data"
CLAIMS = (
    Claim(
        "RSK9",
        "Least squares on N of the Gaussian features, the rest of variance a² omitted, has expected excess risk "
        "a² + (σ² + a²)N/(n − N − 1), without a term a/√n: within 2 % in four designs, in which that term would be 4 % or more "
        "wherever a is not 0.",
        equals(1.0, 0.02),
        value("relative", experiment="sieve").each(),
        Derived("risk-decomposition.md#excess-risk-of-a-gaussian-sieve"),
        LECTURES,
    ),
    Claim(
        "RSK10.origin",
        "The difference of the empirical risks of f* and of the truth f0, f* − f0 = a√2 sin 2πx, has standard deviation "
        "√((4σ²a² + a⁴/2)/n), which is where a term a/√n comes from: within 2 % for a = 0.05, 0.2, 0.8 (n = 400, σ = 0.5).",
        equals(1.0, 0.02),
        value("relative_sd").each("approximation"),
        Derived("risk-decomposition.md#origin-of-the-middle-term"),
        LECTURES,
    ),
    Claim(
        "RSK19.certified",
        f"A shallow network of 40 units on sin 4πx, n = 400, σ = 0.3 ({RECIPE}) stops above the training loss of a known network "
        "of its class, least squares at fixed kinks, in at least 95 % of data sets: more units do not help training to reach the "
        "minimum.",
        at_least(0.95),
        proportion("stops_above", method="network", units=40),
        Finding("risk_decomposition, seed 20261127"),
        ("TUE",),
    ),
    Claim(
        "RSK19.regularised",
        f"A shallow network of 40 units on sin 4πx, n = 400, σ = 0.3 ({RECIPE}) has less than 1/1.25 of the excess risk above "
        "the approximation error that least squares at fixed kinks has: stopping short of the minimum regularises.",
        at_most(0.8),
        ratio("estimation", "network", "fixed_kinks", units=40),
        PILOT,
        ("TUE",),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import labels, style

    left, right = figure.subplots(1, 2)
    network = {"experiment": "split", "method": "network", "over": "units"}
    draw_points(left, points(evidence, "risk", **network), "excess risk, best of 8", "network")
    fixed = points(evidence, "risk", **(network | {"method": "fixed_kinks"}))
    draw_points(left, fixed, "least squares, best fixed kinks", "spline")
    table = points(evidence, "approximation", "exact", **network)
    n, units, a2 = float(table["n"].iloc[0]), table["at"].to_numpy(), table["estimate"].to_numpy()
    cost = np.array([theory.degrees_of_freedom_cost(n, m, NOISE_SD) for m in units])
    left.plot(units, a2, label="approximation $a^2$", **style.method("exact"))
    left.plot(units, cost, label="complexity $2(m+1)\\sigma^2/n$", **style.method("theory"))
    left.plot(units, a2 + np.sqrt(a2 / n) + cost, label="three-term bound", **style.method("bound"))
    for effort, line in tuple(style.EFFORTS.items())[:2]:
        gap = points(evidence, "certified_gap", effort=effort, **network)
        draw_points(right, gap, f"effort {effort}", style.method("network") | {"linestyle": line}, log=False)
    right.axhline(0, **style.method("limit"), linewidth=0.8)
    left.set(xscale="log", yscale="log", xlabel=evidence.axis("units"), ylabel="squared error")
    right.set_yscale("symlog", linthresh=1e-3)
    right.set(xscale="log", xlabel=evidence.axis("units"), ylabel="gap in training loss")
    for axes in (left, right):
        axes.set_xticks(units, [f"{m:g}" for m in units])
        axes.minorticks_off()
    left.legend(fontsize=6.5)
    labels.at_ends(right)


def _design(sieve: int, split: int) -> dict[str, list[Grid]]:
    return {
        "sieve": [
            grid(n=100, features=10, approximation=[0.0, 0.5], noise_sd=1.0, replicates=4 * sieve),
            grid(n=400, features=40, approximation=0.1, noise_sd=1.0, replicates=2 * sieve),
            grid(n=50, features=25, approximation=0.5, noise_sd=0.7, replicates=4 * sieve),
        ],
        "difference": [grid(approximation=[0.05, 0.2, 0.8], replicates=15 * sieve)],
        "split": [
            grid(n=400, units=UNITS[:-1], effort=1, replicates=split),
            grid(n=400, units=UNITS[-1], effort=1, replicates=2 * split),
            grid(n=400, units=UNITS[1:-1:2], effort=3, replicates=12),
            grid(n=400, units=UNITS[-1], effort=3, replicates=64),
        ],
    }


STUDY = Study(
    title="Approximation, estimation and optimisation apart",
    aims="Measure the three parts of the risk of a trained network; compute the lectures' bound where it can be.",
    mechanisms="Gaussian features with an omitted part; y = sin 4πx + N(0, 0.09), x ~ U(0, 1).",
    estimands="Excess risk; squared approximation error of the class; training loss above certified points of the class.",
    compared_by="split.risk",
    experiments={"sieve": SIEVE, "difference": DIFFERENCE, "split": SPLIT},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "risk_decomposition",
            "Left: excess risk of trained shallow networks by width, its parts and the lectures' three-term bound without "
            "constants; see where more units begin to cost. Right: training loss of the best of 8 starts above that of least "
            "squares at the best fixed kinks; above 0 no global minimum was found. n = 400, 95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            2.8,
        ),
    ),
    limits="The best of 8 starts contains optimisation error at every width, narrow or wide: estimation is not identified.",
    designs={
        "smoke": {
            "sieve": grid(n=100, features=10, approximation=[0.0, 0.5], noise_sd=1.0, replicates=20),
            "difference": grid(approximation=[0.05, 0.8], replicates=20),
            "split": [
                grid(n=400, units=[5, 12, 27, 40], steps=40, effort=1, replicates=3),
                grid(n=400, units=[5, 40], steps=40, effort=3, replicates=2),
            ],
        },
        "standard": _design(2000, 50),
        "paper": _design(4000, 200),
    },
)
