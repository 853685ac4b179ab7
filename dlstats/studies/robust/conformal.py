"""Split conformal intervals and conformalised quantile regression: the distribution of coverage, and what it leaves open."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from dlstats.dgp import quantile_designs
from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding, Theorem
from dlstats.protocol.readers import proportion, value, worst
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams, generator
from dlstats.studies.frames import stacked
from dlstats.theory import conformal as theory

DESIGN = quantile_designs.DESIGNS["sine_t3"]
TRAINING = 500
TEST = 200
GRID = 100
"""Midpoints of [0, 1] over which the exact conditional coverage is averaged."""
A = Fraction(1, 10)
OCTILES = {f"at_most_{count}": count for count in theory.octiles(TEST, 99, A)}
OCTILED = {"n": 99, "miscoverage": float(A)}
"""Columns, at n = 99 only: is the number covered at most so many?"""
BELOW = float(theory.conditional_distribution(99, A).cdf(0.88))
STEPS = 1000
NETWORK = f"median network (two layers of 32, Adam, {STEPS} full-batch steps)"
METHODS = {
    "split_linear": Method("split, line", "absolute residuals around the median line"),
    "split_network": Method("split, network", f"absolute residuals around a {NETWORK}"),
    "cqr_linear": Method("CQR, lines", "quantile scores around two linear quantile fits"),
    "cqr_networks": Method("CQR, two networks", "quantile scores around two such networks, one per level"),
    "cqr_network": Method(
        "CQR, non-crossing network", "quantile scores around one such network whose two quantiles cannot cross"
    ),
}
NETWORKS = {"method": ["split_network", "cqr_networks", "cqr_network"]}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Coverage of every replicate's calibration sample around predictors that are fitted once, on other data.

    The distribution is exact given the predictors, so that one fit serves all replicates; it depends on the root seed
    alone.
    """
    from dlstats.methods import conformal

    n, miscoverage = condition.n, Fraction(str(condition.miscoverage))
    steps = condition.steps * condition.effort
    predictors, recorded = _predictors(float(miscoverage), steps, streams.seed, streams.study, device)
    points = ((np.arange(GRID) + 0.5) / GRID)[:, None]
    samples = [DESIGN.sample(n + TEST, rng) for rng in streams.generators("data", n=n)]
    x, y = np.stack([s[0] for s in samples]), np.stack([s[1] for s in samples])
    columns = {}
    for method in METHODS:
        lower, upper = predictors[method](x.reshape(-1, 1))
        lower, upper = lower.reshape(y.shape), upper.reshape(y.shape)
        scores = conformal.quantile_scores(y, lower, upper)
        limit = conformal.threshold(scores[:, :n], miscoverage)
        covered = (scores[:, n:] <= limit[:, None]).sum(axis=1)
        low, high = predictors[method](points)
        inside = DESIGN.coverage(points, low - limit[:, None], high + limit[:, None])
        rows = {"covered": covered, "proportion": covered / TEST}
        rows |= {"coverage": inside.mean(axis=1), "width": np.mean(high - low) + 2 * limit}
        rows |= {"left": inside[:, : GRID // 10].mean(axis=1), "right": inside[:, -GRID // 10 :].mean(axis=1)}
        rows |= {"below": (inside.mean(axis=1) < 0.88).astype(float)}
        if (n, miscoverage) == (99, A):
            rows |= {column: (covered <= count).astype(float) for column, count in OCTILES.items()}
        columns[method] = rows | recorded.get(method, {})
    return stacked(streams, columns)


@functools.cache
def _predictors(miscoverage: float, steps: int, seed: int, study: str, device: str) -> tuple[dict, dict]:
    """Method -> x -> (lower, upper), fitted on one training sample, once per process, and method -> what training recorded.

    Split intervals have the median twice.
    """
    from dlstats.methods.quantile import linear_program

    x, y = DESIGN.sample(TRAINING, generator(seed, study, "training", 0, {}))
    start = functools.partial(generator, seed, study, "start", 0, {})
    levels = (miscoverage / 2, 1 - miscoverage / 2)
    lines = [linear_program(x[:, 0], y, level) for level in levels]
    median = linear_program(x[:, 0], y, 0.5)

    def line(coefficients: np.ndarray, at: np.ndarray) -> np.ndarray:
        return coefficients[0] + coefficients[1] * at[:, 0]

    centre, at_centre = _network(x, y, (0.5,), steps, start(), device)
    (lower, at_lower), (upper, at_upper) = (_network(x, y, (level,), steps, start(), device) for level in levels)
    ordered, at_both = _network(x, y, levels, steps, start(), device)
    records = {"split_network": [at_centre], "cqr_networks": [at_lower, at_upper], "cqr_network": [at_both]}
    fits = {
        "split_linear": lambda at: (line(median, at), line(median, at)),
        "split_network": lambda at: (centre(at)[:, 0], centre(at)[:, 0]),
        "cqr_linear": lambda at: (line(lines[0], at), line(lines[1], at)),
        "cqr_networks": lambda at: (lower(at)[:, 0], upper(at)[:, 0]),
        "cqr_network": lambda at: tuple(ordered(at).T),
    }
    return fits, {name: pd.DataFrame(parts).mean().to_dict() for name, parts in records.items()}


def _network(x: np.ndarray, y: np.ndarray, levels: tuple, steps: int, rng: np.random.Generator, device: str):
    """x -> (n, levels): a network for the levels together, whose quantiles do not cross; and what is recorded of it."""
    import torch

    from dlstats import nets, training
    from dlstats.losses import domain, quantile
    from dlstats.methods.quantile import mean_pinball

    torch.set_num_threads(1)
    net = nets.Mlp(1, (32, 32), len(levels))
    start = nets.initialise(net, [rng])

    def loss(raw, target):
        return quantile.pinball(quantile.in_order(raw), target, domain.constant(levels, raw))

    plan = training.Training(steps, 0.01, schedule=training.schedules.cosine)
    fit = training.fit(net, loss, start, x[None], y[None, :, None], plan, device=device)

    def predict(at: np.ndarray) -> np.ndarray:
        return quantile.in_order(training.predict(net, fit.parameters, at, device))[0].double().numpy()

    truth = mean_pinball(y, np.stack([DESIGN.quantile(x, level) for level in levels], axis=1), levels)
    records = {"misfit": fit.loss[0] / truth, "epochs": fit.epochs[0], "dead_share": fit.dead_share[0]}
    return predict, {name: float(number) for name, number in records.items()}


def _coverage(line: Mapping) -> float:
    return float(theory.coverage(line["n"], Fraction(str(line["miscoverage"]))))


def _at_octile(count: int) -> float:
    return float(theory.covered_distribution(TEST, 99, A).cdf(count))


BETA = Theorem("angelopoulos2023", "section 3.2")

CLAIMS = (
    Claim(
        "ROB15",
        "Marginal coverage is k/(n + 1), k = ⌈(n + 1)(1 − a)⌉, within {margin}, for n = 19, 99, 100, 1000 at a = 0.1 and n = 50 "
        "at a = 0.05, around a line that does not fit as around networks (farthest of five methods at five sizes).",
        equals(0.0, 0.005),
        value("coverage", "mean").each("n", "miscoverage", "method").minus(_coverage),
        BETA,
    ),
    Claim(
        "ROB15.variance",
        "The variance of the number covered of 200 test points over calibration samples of 99 is that of the Beta-Binomial "
        "distribution within a tenth of it (farthest ratio of five methods).",
        equals(1.0, 0.1),
        value("proportion", "variance", n=99)
        .each("method")
        .over_theory(theory.covered_distribution(TEST, 99, A).var() / TEST**2),
        BETA,
    ),
    Claim(
        "ROB15.law",
        "The number covered of 200 test points is Beta-Binomial(200, 90, 10) at n = 99, a = 0.1: its distribution function is "
        "right within {margin} at the seven octiles, a quarter of what lies between two (farthest of five methods).",
        equals(0.0, 0.03),
        worst(*(proportion(column, n=99).each("method").minus(_at_octile(count)) for column, count in OCTILES.items())),
        BETA,
    ),
    Claim(
        "ROB15.below",
        "With 99 calibration points the coverage given them is below 0.88 with probability {theory:.5f}, within {margin} "
        "(farthest of five methods).",
        equals(BELOW, 0.025),
        proportion("below", n=99).each("method"),
        BETA,
    ),
    Claim(
        "ROB15.conditional",
        "Right on average over x is not right at every x: around one median line, fitted to 500 points, split conformal "
        "intervals of one width with marginal coverage 0.9 cover on average at most {theory} in the tenth of x with the most "
        "noise.",
        at_most(0.8),
        value("right", "mean", n=99, method="split_linear"),
        Finding("conformal, seed 20261120"),
    ),
)


def draw_distributions(evidence: Evidence, figure) -> None:
    """Left: histogram of coverage given calibration against its Beta distribution. Right: coverage by part of x and method."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    distribution = theory.conditional_distribution(99, A)
    t, edges = np.linspace(0.76, 1, 200), np.linspace(0.76, 1, 37)
    means = evidence.table("coverage", measure=["left", "coverage", "right"], statistic="mean", n=99)
    for name, method in METHODS.items():
        heights, _ = np.histogram(evidence.rows(n=99, effort=1, method=name)["coverage"], edges, density=True)
        marks = style.of(name, method)
        left.plot((edges[1:] + edges[:-1]) / 2, heights, label=method.label, **(marks | {"linestyle": ""}))
        lines = means[means["method"] == name].set_index("measure").loc[["left", "coverage", "right"]]
        right.errorbar(range(3), lines["estimate"], yerr=interval(lines["estimate"], lines["mcse"]), **marks)
    left.plot(t, distribution.pdf(t), label="Beta(90, 10)", **style.method("theory"))
    left.set(xlabel="coverage given the calibration sample", ylabel="density")
    left.legend(fontsize="x-small")
    right.axhline(0.9, **style.method("nominal"))
    right.set_xticks(range(3), ["first tenth\nof x", "all x", "last tenth\nof x"])
    right.set(ylabel="mean coverage", ylim=(0.6, 1.005))


def _design(*replicates: int, more: int, **rest: Any) -> list:
    conditions = ((99, 0.1), ([19, 100], 0.1), (50, 0.05), (1000, 0.1))
    at = [{"n": n, "miscoverage": a} for n, a in conditions]
    one = [grid(**levels, effort=1, replicates=r, **rest) for levels, r in zip(at, replicates, strict=True)]
    return [*one, grid(n=99, miscoverage=0.1, effort=3, replicates=more, **rest)]


STUDY = Study(
    title="Exact distribution of conformal coverage",
    aims="Does coverage of split conformal intervals and of conformalised quantile regression follow its exact distribution "
    "around misspecified and neural predictors, and what is left open conditionally on x?",
    mechanisms="y = sin 4πx + exp(2(x − 1/2)) t(3), x uniform; predictors fitted once on 500 points, calibrated on n points.",
    estimands="Coverage given the calibration sample, exactly from the conditional distribution of y, averaged over all x, "
    "over the first and over the last tenth; number covered of 200 test points.",
    experiments={
        "coverage": Experiment(
            simulate,
            factors={
                "n": Factor("calibration points", int, symbol="n", at_least=1),
                "miscoverage": Factor("miscoverage", float, symbol="a", above=0, below=1),
                "steps": Factor("steps", int, default=STEPS, at_least=1),
            }
            | EFFORT,
            methods=METHODS,
            measures=(
                Measure("coverage", "coverage", "mean"),
                Measure("coverage", "standard deviation of coverage", "empirical_se"),
                Measure("proportion", "proportion covered of 200", "mean"),
                Measure("proportion", "variance of the proportion covered", "variance"),
                Measure("below", "proportion of samples with coverage below 0.88", "proportion"),
                Measure("left", "coverage in the first tenth of x", "mean"),
                Measure("right", "coverage in the last tenth of x", "mean"),
                Measure("width", "mean width", "median"),
                Measure("misfit", "training loss over that of the true quantiles", where=NETWORKS),
                Measure("epochs", "epochs", where=NETWORKS),
                Measure("dead_share", "proportion of hidden units without a slope", where=NETWORKS),
                *(
                    Measure(c, f"proportion with at most {m} of 200 covered", "proportion", where=OCTILED)
                    for c, m in OCTILES.items()
                ),
            ),
            block=4000,
        )
    },
    claims=CLAIMS,
    figures=(
        Figure(
            "conformal_laws",
            "Conformal intervals from 99 calibration points at level 0.9, noise growing with x. Left: coverage given the "
            "calibration sample follows Beta(90, 10) for any predictor. Right: coverage is right on average over x only; "
            "intervals of one width over-cover where noise is small and under-cover where it is large.",
            draw_distributions,
            "two-column",
            2.7,
        ),
    ),
    limits="Exchangeable data without ties. The distributions are exact given the predictors, which are fitted once, whatever "
    "those are: no claim rests on the training, and effort 3 shows as much. What is found in one tenth of x holds for that one "
    "training sample. No method has conditional coverage without assumptions.",
    designs={
        "smoke": _design(60, 60, 60, 20, more=20, steps=50),
        "standard": _design(8000, 4000, 4000, 2000, more=4000),
        "paper": _design(20000, 10000, 10000, 10000, more=10000),
    },
)
