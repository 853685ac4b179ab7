"""Logit adjustment and class weights where classes overlap: asymptotic variances, and what they cost."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import scipy

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import ratio, value
from dlstats.protocol.study import Check, Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._limits import at_limit
from dlstats.theory import minimisers
from dlstats.theory import weighting as theory

PRIOR, DISTANCE = 0.02, 2
"""Prevalence and distance of the two Gaussians."""


def _gaussians(rng: np.random.Generator, n: int, prior: float, distance: float) -> tuple[np.ndarray, np.ndarray]:
    y = (rng.random(n) < prior).astype(float)
    x = rng.normal(size=n) + (y - 0.5) * distance
    return np.column_stack([np.ones(n), x]), y


def _log_odds(y: np.ndarray) -> np.ndarray:
    return np.log(y.sum(axis=-1) / (1 - y).sum(axis=-1))


def simulate_efficiency(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Linear logits on two Gaussians: fitted as they are, shifted by the log-odds of the classes, or weighted."""
    from dlstats.methods import logistic

    prior, distance = condition.prior, condition.distance
    generators = streams.generators("data", part="efficiency", **condition)
    draws = [_gaussians(rng, condition.n, prior, distance) for rng in generators]
    x, y = (np.stack(parts) for parts in zip(*draws, strict=True))
    positive = y.mean(axis=1, keepdims=True)
    weight = np.where(y == 1, 0.5 / positive, 0.5 / (1 - positive))
    truth = np.array([math.log(prior / (1 - prior)), distance])
    plain = logistic.fit(x, y, start=truth)
    balanced = logistic.fit(x, y, weight, start=truth * [0, 1])
    fits = {
        "cross_entropy": (plain, plain.beta[:, 0]),
        "logit_adjusted": (plain, plain.beta[:, 0] - _log_odds(y)),
        "weighted": (balanced, balanced.beta[:, 0]),
    }
    columns = {}
    for name, (fit, intercept) in fits.items():
        cut = -intercept / fit.beta[:, 1]
        error = (scipy.stats.norm.cdf(cut - distance / 2) + scipy.stats.norm.sf(cut + distance / 2)) / 2
        columns[name] = {"status": fit.status, "slope": fit.beta[:, 1], "threshold": cut, "balanced_error": error}
        columns[name]["excess"] = error - scipy.stats.norm.cdf(-distance / 2)
    return stacked(streams, columns)


EFFICIENCY = Experiment(
    simulate=simulate_efficiency,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=2),
        "prior": Factor("prevalence", float, symbol=r"\pi", above=0, below=1),
        "distance": Factor("distance of the means", int, symbol="D", above=0),
    },
    methods={
        "cross_entropy": Method("cross-entropy cut at 1/2", "maximum likelihood, class 1 where its probability exceeds 1/2"),
        "logit_adjusted": Method("logit adjustment", "maximum likelihood, its intercept less the log-odds of the classes"),
        "weighted": Method("inverse-frequency weights", "cross-entropy with weights inverse to the class frequencies"),
    },
    measures=(
        Measure("slope", "slope", "variance"),
        Measure("threshold", "threshold", "variance"),
        Measure("balanced_error", "balanced error"),
        Measure("excess", "excess balanced error"),
    ),
    contrasts=(Contrast("excess", "weighted", "logit_adjusted", "ratio", "mean"),),
)  # fmt: skip


def shifted_fits() -> list[float]:
    """Largest difference of the fit of the logit-adjusted loss from the shifted maximum likelihood fit, 20 data sets."""
    from dlstats.methods import logistic

    rng, gaps = np.random.default_rng(5), []
    for _ in range(20):
        x, y = _gaussians(rng, 5000, PRIOR, DISTANCE)
        odds = float(_log_odds(y))
        plain, adjusted = (logistic.fit(x[None], y[None], offset=offset).beta[0] for offset in (0.0, odds))
        gaps.append(float(np.abs(adjusted - (plain - [odds, 0])).max()))
    return gaps


JSM = ("JSM",)
SETTING = f"For N(±1, 1) with prior {PRIOR},"
SLOPES = {weighted: float(theory.asymptotic_variance(PRIOR, DISTANCE, weighted)[1, 1]) for weighted in (False, True)}
CUTS = {weighted: theory.threshold_variance(PRIOR, DISTANCE, weighted) for weighted in (False, True)}
COST = CUTS[True] / CUTS[False]
BAYES = float(scipy.stats.norm.cdf(-DISTANCE / 2))
ERM = minimisers.gaussian_rule(minimisers.gaussian_threshold(PRIOR, DISTANCE), PRIOR, DISTANCE)["balanced_error"]


def _variance(name: str, text: str, method: str, expected: float) -> Claim:
    return Claim(
        name,
        f"{SETTING} n times the variance of the slope of {text}, given that the estimate lies in a fixed ball around its limit, "
        "tends to {theory:.5g} as n grows.",
        equals(expected, 0.1 * expected),
        at_limit(value("slope", "variance", method=method).times(lambda line: line["n"]), "n"),
        Derived("weighted-logistic.md#asymptotic-variances"), JSM, regime="asymptotic",
    )  # fmt: skip


CLAIMS = (
    _variance("IMB6", "logit adjustment", "logit_adjusted", SLOPES[False]),
    _variance("IMB6.weighted", "class weights", "weighted", SLOPES[True]),
    Claim(
        "IMB6.order",
        f"{SETTING} class weights have, in the limit of large n, {{theory:.4f}} times the expected excess balanced error of "
        "logit adjustment; to first order that costs {price:.2g} of a balanced error of {bayes:.3f} at n = 5000.",
        equals(COST, 0.04),
        at_limit(ratio("excess", "weighted", "logit_adjusted"), "n"),
        Derived("weighted-logistic.md#excess-balanced-error"), JSM, regime="asymptotic",
        numbers={"bayes": BAYES, "price": theory.excess_balanced_error(DISTANCE, (CUTS[True] - CUTS[False]) / 5000)},
    ),
    Claim(
        "IMB6.unadjusted",
        f"{SETTING} the balanced error of cross-entropy cut at 1/2 tends to {{theory:.4f}} as n grows.",
        equals(ERM, 0.01 * ERM),
        at_limit(value("balanced_error", method="cross_entropy"), "n"),
        Derived("calibration-of-losses.md#two-gaussians"), JSM, regime="asymptotic",
    ),
)  # fmt: skip
CHECKS = (
    Check(
        "IMB5.fit",
        "With a free intercept the fit of the logit-adjusted loss is the maximum likelihood fit with its intercept shifted.",
        equals(0, 1e-9), shifted_fits, Derived("calibration-of-losses.md#logit-adjusted-loss"), JSM,
    ),
)  # fmt: skip
