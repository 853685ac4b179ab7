"""Estimators of location at n = 400 against their asymptotic variance."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from dlstats.dgp import noise
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Theorem
from dlstats.protocol.readers import value, worst
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import efficiency as theory

SAMPLE = 400
DISTRIBUTIONS = {
    "normal": ("N(0, 1)", noise.normal()),
    **{f"t{df}": (f"t({df})", noise.student(df)) for df in (1, 2, 3, 5, 10)},
    "laplace": ("Laplace", noise.laplace()),
    "logistic": ("logistic", noise.logistic()),
    **{f"contaminated{p}": (f"{p} % N(0, 9)", noise.contaminated(p / 100, 3.0)) for p in (5, 10, 20)},
}
FOURTH_MOMENT = tuple(name for name in DISTRIBUTIONS if name not in ("t1", "t2", "t3"))
"""Distributions under which the error of an empirical variance of means is that of an average with finite variance."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """√n times the error of every estimator on samples of n = 400."""
    from dlstats.methods import location

    _, distribution = DISTRIBUTIONS[condition.distribution]
    y = streams.draw(lambda rng: distribution.sample(rng, SAMPLE), "sample", law=condition.distribution)
    columns = {"mean": {"scaled_error": y.mean(axis=1)}, "absolute": {"scaled_error": np.median(y, axis=1)}}
    for name in ("huber", "tukey", "cauchy"):
        centre, converged = location.reweighted_mean(y, name, theory.ESTIMATORS[name].constant)
        columns[name] = {"scaled_error": centre, "status": np.where(converged, "ok", "not_converged")}
    return stacked(streams, columns).assign(scaled_error=lambda rows: math.sqrt(SAMPLE) * rows["scaled_error"])


def _limit(line: Mapping) -> float:
    return theory.variance(line["method"], theory.LAWS[line["distribution"]])


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
        )
    },
    methods=METHODS,
    measures=(Measure("scaled_error", "n times the variance", "variance"),),
    block=4000,
    title="Samples of n = 400",
)

CLAIMS = (
    Claim(
        "ROB3.finite",
        "At n = 400, n times the variance of every estimator is the asymptotic variance under every distribution, the mean "
        "where the distribution has four moments (worst ratio).",
        equals(1.0, 0.05),
        worst(
            value("scaled_error", method="mean", distribution=FOURTH_MOMENT).each("distribution").over_theory(_limit),
            value("scaled_error", method=[m for m in METHODS if m != "mean"]).each().over_theory(_limit),
        ),
        Theorem("huber2009"),
    ),
)
