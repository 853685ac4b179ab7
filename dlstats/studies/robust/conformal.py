"""Split conformal intervals and conformalised quantile regression: the exact laws of coverage, and what they leave open."""

from __future__ import annotations

import functools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams, generator
from dlstats.studies.robust._claims import estimated, statistic_of, worst_of
from dlstats.theory import conformal as theory

TRAINING = 500
TEST = 200
GRID = 100
"""Midpoints of [0, 1] over which the exact conditional coverage is averaged."""
METHODS = ("split_linear", "split_network", "cqr_linear", "cqr_networks", "cqr_network")
SETTINGS = ((19, "0.1"), (99, "0.1"), (100, "0.1"), (1000, "0.1"), (50, "0.05"))
DESIGN = "sine_t3"


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Coverage of every replicate's calibration sample around predictors that are fitted once, on other data.

    The laws hold given the predictors, so that one fit serves all replicates; it depends on the root seed alone.
    """
    from dlstats.dgp.quantile_designs import DESIGNS
    from dlstats.methods import conformal

    design, n = DESIGNS[DESIGN], factors["n"]
    miscoverage = Fraction(str(factors["miscoverage"]))
    predictors = _predictors(float(miscoverage), streams.seed, streams.study, device)
    grid = ((np.arange(GRID) + 0.5) / GRID)[:, None]
    samples = [design.sample(n + TEST, rng) for rng in streams.generators("data", n=n)]
    x, y = np.stack([s[0] for s in samples]), np.stack([s[1] for s in samples])
    parts = []
    for method in METHODS:
        lower, upper = predictors[method](x.reshape(-1, 1))
        lower, upper = lower.reshape(y.shape), upper.reshape(y.shape)
        scores = conformal.quantile_scores(y, lower, upper)
        limit = conformal.threshold(scores[:, :n], miscoverage)
        covered = (scores[:, n:] <= limit[:, None]).sum(axis=1)
        low, high = predictors[method](grid)
        inside = design.coverage(grid, low - limit[:, None], high + limit[:, None])
        width = np.mean(high - low) + 2 * limit
        rows = {"replicate": streams.replicates, "method": method, "covered": covered, "share": covered / TEST}
        rows |= {"coverage": inside.mean(axis=1), "width": width, "left": inside[:, : GRID // 10].mean(axis=1)}
        rows |= {"right": inside[:, -GRID // 10 :].mean(axis=1), "below": (inside.mean(axis=1) < 0.88).astype(float)}
        parts.append(pd.DataFrame(rows))
    return pd.concat(parts).sort_values("replicate", kind="stable", ignore_index=True)


@functools.cache
def _predictors(miscoverage: float, seed: int, study: str, device: str) -> dict:
    """Method -> x -> (lower, upper), fitted on one training sample, once a process; split intervals have the median twice."""
    from dlstats.dgp.quantile_designs import DESIGNS
    from dlstats.theory import quantiles

    x, y = DESIGNS[DESIGN].sample(TRAINING, generator(seed, study, "training", 0, {}))
    start = functools.partial(generator, seed, study, "start", 0, {})
    levels = (miscoverage / 2, 1 - miscoverage / 2)
    lines = [quantiles.linear_program(x[:, 0], y, level) for level in levels]
    median = quantiles.linear_program(x[:, 0], y, 0.5)

    def line(coefficients: np.ndarray, at: np.ndarray) -> np.ndarray:
        return coefficients[0] + coefficients[1] * at[:, 0]

    centre = _network(x, y, (0.5,), start(), device)
    lower, upper = (_network(x, y, (level,), start(), device) for level in levels)
    ordered = _network(x, y, levels, start(), device)
    return {
        "split_linear": lambda at: (line(median, at), line(median, at)),
        "split_network": lambda at: (centre(at)[:, 0], centre(at)[:, 0]),
        "cqr_linear": lambda at: (line(lines[0], at), line(lines[1], at)),
        "cqr_networks": lambda at: (lower(at)[:, 0], upper(at)[:, 0]),
        "cqr_network": lambda at: tuple(ordered(at).T),
    }


def _network(x: np.ndarray, y: np.ndarray, levels: tuple, rng: np.random.Generator, device: str):
    """x -> (n, levels): a network for the levels together, whose quantiles do not cross."""
    import torch

    from dlstats import nets, training
    from dlstats.losses import quantile

    torch.set_num_threads(1)
    net = nets.Mlp(1, (32, 32), len(levels))
    start = nets.initialise(net, [rng])
    tau = torch.tensor(levels)

    def loss(raw, target):
        return quantile.pinball(quantile.in_order(raw), target, tau.to(raw))

    plan = training.Training(1000, 0.01, schedule="cosine")
    fit = training.fit(net, loss, start, x[None], y[None, :, None], plan, device=device)

    def predict(at: np.ndarray) -> np.ndarray:
        return quantile.in_order(training.predict(net, fit.parameters, at, device))[0].double().numpy()

    return predict


def _variance_ratio(method: str):
    """Variance of the share covered at n = 99 over that of its Beta-Binomial law."""

    def measure(evidence: Evidence) -> Estimate:
        e = estimated("variance", evidence.rows(n=99, method=method), "share")
        law = theory.covered_law(TEST, 99, Fraction(1, 10)).var() / TEST**2
        return replace(e, value=e.value / law, mcse=e.mcse / law, lower=e.lower / law, upper=e.upper / law)

    return measure


def _fit(method: str):
    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(n=99, method=method)
        p = theory.goodness_of_fit(rows["covered"].to_numpy(), TEST, 99, Fraction(1, 10))
        return Estimate(p, 0.0, len(rows), note="p-value of χ²")

    return measure


def _least_p(evidence: Evidence) -> Estimate:
    # Bonferroni over the methods
    return min((_fit(method)(evidence) for method in METHODS), key=lambda e: e.value)


def _deviation(n: int, miscoverage: str, method: str):
    """Mean coverage minus k/(n + 1)."""

    def measure(evidence: Evidence) -> Estimate:
        e = estimated("mean", evidence.rows(n=n, miscoverage=float(miscoverage), method=method), "coverage")
        exact = float(theory.coverage(n, Fraction(miscoverage)))
        return replace(e, value=e.value - exact, lower=e.lower - exact, upper=e.upper - exact)

    return measure


def _deepest(column: str):
    """The lowest mean coverage within a tenth of the inputs at the noisy end, over the methods of constant shape."""
    return statistic_of("mean", column, n=99, method="split_linear")


VOVK = "Vovk 2012; Angelopoulos and Bates 2023, section 3.2"
CQR = "Romano, Patterson and Candès 2019"

CLAIMS = (
    Claim(
        "ROB15",
        "Marginal coverage is k/(n + 1), k = ⌈(n + 1)(1 − a)⌉, for n = 19, 99, 100, 1000 at a = 0.1 and n = 50 at a = 0.05, "
        "whatever the predictor: linear (misspecified) or network (worst deviation).",
        "equivalence",
        0.0,
        0.005,
        worst_of([_deviation(n, a, m) for n, a in SETTINGS for m in METHODS], 0.0, 0.005),
        VOVK,
    ),
    Claim(
        "ROB15.variance",
        "The variance of coverage over calibration samples of 99 is that of the Beta-Binomial law (worst ratio over methods).",
        "equivalence",
        1.0,
        0.1,
        worst_of([_variance_ratio(m) for m in METHODS], 1.0, 0.1),
        VOVK,
    ),
    Claim(
        "ROB15.law",
        "The number covered of 200 test points is Beta-Binomial(200, 90, 10) at n = 99, a = 0.1 (least p-value of χ² over "
        "five methods; below 0.001 refutes).",
        "bound_below",
        0.001,
        0.0,
        _least_p,
        VOVK,
    ),
    Claim(
        "ROB15.below",
        "With 99 calibration points the coverage given them is below 0.88 with probability 0.23646 (worst over methods).",
        "equivalence",
        float(theory.conditional_law(99, Fraction(1, 10)).cdf(0.88)),
        0.025,
        worst_of(
            [statistic_of("proportion", "below", n=99, method=m) for m in METHODS],
            float(theory.conditional_law(99, Fraction(1, 10)).cdf(0.88)),
            0.025,
        ),
        VOVK,
    ),
    Claim(
        "ROB15.conditional",
        "Marginal coverage of 0.9 is coverage of 0.9 at every x: in the noisiest tenth of x split conformal intervals of one "
        "width cover at least 0.88 (mean coverage, heteroscedastic noise).",
        "at_least",
        0.88,
        0.0,
        _deepest("right"),
        f"an over-reading; {CQR} only claim marginal coverage",
    ),
)


def draw_laws(evidence: Evidence, figure) -> None:
    """Left: histogram of coverage given calibration against its Beta law. Right: coverage by place and method."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    law = theory.conditional_law(99, Fraction(1, 10))
    t = np.linspace(0.76, 1, 200)
    edges = np.linspace(0.76, 1, 37)
    for index, method in enumerate(METHODS):
        rows = evidence.rows(n=99, method=method)
        heights, _ = np.histogram(rows["coverage"], edges, density=True)
        look = style.nth(index + 1)
        left.plot((edges[1:] + edges[:-1]) / 2, heights, label=NAMES[method], **(look | {"linestyle": ""}))
    left.plot(t, law.pdf(t), label="Beta(90, 10)", **(style.method("theory") | {"linestyle": "-"}))
    left.set(xlabel="coverage given the calibration sample", ylabel="density")
    left.legend(fontsize="x-small")
    for index, method in enumerate(METHODS):
        rows = evidence.rows(n=99, method=method)
        found = [montecarlo.estimate("mean", rows[c]) for c in ("left", "coverage", "right")]
        look = style.nth(index + 1)
        right.errorbar(range(3), [e.value for e in found], yerr=[1.96 * e.mcse for e in found], **look)
    right.axhline(0.9, **(style.method("theory") | {"marker": ""}))
    right.set_xticks(range(3), ["first tenth\nof x", "all x", "last tenth\nof x"])
    right.set(ylabel="mean coverage", ylim=(0.6, 1.005))


NAMES = {
    "split_linear": "split, line",
    "split_network": "split, network",
    "cqr_linear": "CQR, lines",
    "cqr_networks": "CQR, two networks",
    "cqr_network": "CQR, non-crossing network",
}

FIGURES = (
    Figure(
        "conformal_laws",
        "Conformal intervals from 99 calibration points at level 0.9, noise growing with x. Left: coverage given the "
        "calibration sample follows Beta(90, 10) for any predictor. Right: coverage is right on average over x only; intervals "
        "of one width over-cover where noise is small and under-cover where it is large.",
        draw_laws,
        "two-column",
        2.7,
    ),
)

STUDY = Study(
    name="conformal",
    family="robust",
    title="Exact laws of conformal coverage",
    aims="Does coverage of split conformal intervals and of conformalised quantile regression follow its exact law around "
    "misspecified and neural predictors, and what is left open conditionally on x?",
    mechanisms="y = sin 4πx + exp(2(x − 1/2)) t(3), x uniform; predictors fitted once on 500 points, calibrated on n points.",
    estimands="Coverage given the calibration sample, exactly from the conditional law of y, averaged over all x, over the "
    "first and over the last tenth; number covered of 200 test points.",
    methods={
        "split_linear": "absolute residuals around the median line",
        "split_network": "absolute residuals around a median network (two layers of 32, Adam, 1000 steps)",
        "cqr_linear": "quantile scores around two linear quantile fits",
        "cqr_networks": "quantile scores around two such networks, one a level",
        "cqr_network": "quantile scores around one such network whose two quantiles cannot cross",
    },
    measures=(
        Measure("coverage", "coverage", "mean"),
        Measure("coverage", "standard deviation of coverage", "empirical_se"),
        Measure("share", "share covered of 200", "mean"),
        Measure("below", "share of samples with coverage below 0.88", "proportion"),
        Measure("left", "coverage in the first tenth of x", "mean"),
        Measure("right", "coverage in the last tenth of x", "mean"),
        Measure("width", "mean width", "median"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Exchangeable data without ties. Conditional coverage is reported, not claimed: no method has it without "
    "assumptions.",
    block=4000,
)
