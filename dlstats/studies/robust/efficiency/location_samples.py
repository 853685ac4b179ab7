"""Estimators of location at five sample sizes against their asymptotic variance, the median against its exact one."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from dlstats.dgp import noise
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import Reader, value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import efficiency as theory
from dlstats.theory import quantiles

SIZES = (25, 51, 101, 201, 401)
"""Odd, so that the median is an order statistic."""
DISTRIBUTIONS = {
    "normal": ("N(0, 1)", noise.normal()),
    **{f"t{df}": (f"t({df})", noise.student(df)) for df in (1, 2, 3, 5, 10)},
    "laplace": ("Laplace", noise.laplace()),
    "logistic": ("logistic", noise.logistic()),
    **{f"contaminated{p}": (f"{p} % N(0, 9)", noise.contaminated(p / 100, 3.0)) for p in (5, 10, 20)},
}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """√n times the error of every estimator on samples of n."""
    from dlstats.methods import location

    n, (_, distribution) = condition.n, DISTRIBUTIONS[condition.distribution]
    y = streams.draw(lambda rng: distribution.sample(rng, n), "sample", law=condition.distribution, n=n)
    columns = {"mean": {"scaled_error": y.mean(axis=1)}, "absolute": {"scaled_error": np.median(y, axis=1)}}
    for name in ("huber", "tukey", "cauchy"):
        centre, converged = location.reweighted_mean(y, name, theory.ESTIMATORS[name].constant)
        columns[name] = {"scaled_error": centre, "status": np.where(converged, "ok", "not_converged")}
    return stacked(streams, columns).assign(scaled_error=lambda rows: math.sqrt(n) * rows["scaled_error"])


def _limit(line: Mapping) -> float:
    return theory.variance(line["method"], theory.DISTRIBUTIONS[line["distribution"]])


@functools.cache
def median_variance(distribution: str, n: int) -> float:
    """n times the variance of the median of n, n odd."""
    return quantiles.order_statistic_variance(DISTRIBUTIONS[distribution][1].quantile, 0.5, n)


METHODS = {
    "mean": Method("mean", "sample mean"),
    "absolute": Method("median", "sample median"),
    "huber": Method("Huber", "Huber, k = 1.345"),
    "tukey": Method("Tukey", "Tukey's biweight, c = 4.685, iterated from the median"),
    "cauchy": Method("Cauchy", "Barron's loss of shape 0 (Cauchy), scale 1.68641, iterated from the median"),
}

EXPERIMENT = Experiment(
    simulate,
    factors={
        "distribution": Factor(
            "distribution of the errors", str, levels={name: label for name, (label, _) in DISTRIBUTIONS.items()}
        ),
        "n": Factor("sample size", int, symbol="n", at_least=3),
    },
    methods=METHODS,
    measures=(Measure("scaled_error", "n times the variance", "variance"),),
    block=4000,
    title="Samples of n = 25 to 401",
)


def _ratio(methods: str | list[str], theory: Callable[[Mapping], float]) -> Reader:
    """At the largest n, over theory, for every distribution."""
    reader = value("scaled_error", method=methods).each("method", "distribution")
    return reader.at_least(n=len(SIZES)).at_largest("n").over_theory(theory)


CLAIMS = (
    Claim(
        "ROB3.finite",
        "n times the variance of Huber, Tukey and Cauchy estimators of location tends to the asymptotic variance "
        "E ψ² / (E ψ′)² under eleven distributions (n = 25 to 401; ratio at 401, farthest of 33, within {margin} of 1).",
        equals(1.0, 0.05),
        _ratio(["huber", "tukey", "cauchy"], _limit),
        Theorem("huber2009", "eq. 3.2.12"),
        regime="asymptotic",
    ),
    Claim(
        "ROB3.median",
        "n times the variance of the median of n = 401 is that of the middle order statistic under eleven distributions (ratio "
        "to the integral, farthest of 11, within {margin} of 1).",
        equals(1.0, 0.05),
        _ratio("absolute", lambda line: median_variance(line["distribution"], line["n"])),
        Derived("quantiles.md#variance-of-an-order-statistic"),
    ),
)
