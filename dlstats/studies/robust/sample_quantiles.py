"""How precise is a sample quantile, which minimises the mean pinball loss?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import scipy

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import by_replicate
from dlstats.studies.robust._quadrature import gaps, pinball_loss
from dlstats.theory import quantiles as theory

LEVELS = (0.1, 0.5, 0.9)
NODES = 200


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """√n times the error of the sample quantile."""
    n = condition.n
    y = np.sort(streams.draw(lambda rng: rng.standard_normal(n), "sample", n=n), axis=1)
    parts = []
    for level in LEVELS:
        error = math.sqrt(n) * (y[:, math.ceil(n * level) - 1] - scipy.stats.norm.ppf(level))
        rows = {"replicate": streams.replicates, "method": "sample_quantile", "level": level, "scaled_error": error}
        parts.append(pd.DataFrame(rows))
    return by_replicate(parts)


def _excess() -> dict[str, float]:
    """Excess pinball risk at N(0, 1) by quadrature of the loss over its quadratic φ(q) d²/2, and in closed form."""
    u, w = np.polynomial.legendre.leggauss(NODES)
    q = float(scipy.stats.norm.ppf(0.9))

    def risk(a: float) -> float:
        pieces = ((-12.0, a), (a, 12.0))
        nodes = [(low + (high - low) * (u + 1) / 2, (high - low) / 2 * w) for low, high in pieces]
        return sum(float((c * pinball_loss(a, z, 0.9) * scipy.stats.norm.pdf(z)).sum()) for z, c in nodes)

    pairs = {}
    for shift in (0.01, 0.1):
        quadratic = theory.pinball_curvature_normal(0.9, shift)
        exact = theory.pinball_excess_normal(0.9, shift) / quadratic
        pairs[f"d = {shift:g}"] = (risk(q + shift) - risk(q)) / quadratic, exact
    return gaps(pairs)


STUDY = Study(
    title="The precision of sample quantiles",
    aims="Is the variance of a sample quantile that of an order statistic, and is the excess pinball risk near its "
    "minimum the quadratic behind it?",
    mechanisms="Normal samples of n = 999.",
    estimands="n times the variance of a sample quantile; excess pinball risk.",
    experiments={
        "samples": Experiment(
            simulate,
            factors={"n": Factor("sample size", int, symbol="n", at_least=2)},
            keys={"level": Factor("quantile level", float, symbol=r"\tau", levels=LEVELS)},
            methods={"sample_quantile": Method("sample quantile", "order statistic ⌈nτ⌉")},
            measures=(Measure("scaled_error", "n times the variance", "variance"),),
            block=2000,
            streams="quantiles",
        )
    },
    claims=(
        Claim(
            "ROB13",
            "n times the variance of the sample quantile of N(0, 1) at τ = 0.1, 0.5, 0.9, n = 999, is that of the order "
            "statistic ⌈nτ⌉ (ratio to the integral, farthest of three, within {margin} of 1).",
            equals(1.0, 0.05),
            value("scaled_error", "variance", n=999)
            .each("level")
            .over_theory(lambda line: theory.order_statistic_variance(scipy.stats.norm.ppf, line["level"], line["n"])),
            Derived("quantiles.md#variance-of-an-order-statistic"),
        ),
    ),
    checks=(
        Check(
            "ROB13.excess",
            "The excess pinball risk of q + d over φ(q) d²/2 is 0.99573 at d = 0.01 and 0.95784 at d = 0.1, τ = 0.9 (largest "
            "difference from the closed form).",
            equals(0, 1e-5),
            _excess,
            Derived("quantiles.md#excess-pinball-risk"),
        ),
    ),
    limits="One sample size, one distribution; networks are asked in deep_quantile.",
    designs={
        "smoke": grid(n=999, replicates=200),
        "standard": grid(n=999, replicates=20000),
        "paper": grid(n=999, replicates=80000),
    },
)
