"""Is the CRPS the pinball loss of all quantiles together?"""

from __future__ import annotations

import numpy as np
import scipy

from dlstats.protocol.claim import equals
from dlstats.protocol.origin import Derived
from dlstats.protocol.study import Check, Study
from dlstats.studies.robust._quadrature import gaps, pinball_loss
from dlstats.theory import quantiles as theory

NODES = 200
OUTCOMES = (-3.0, -1.0, 0.0, 0.3, 2.0, 5.0)


def _integrals() -> dict[str, float]:
    """Twice the integral of the loss over levels, by Gauss-Legendre in z = Φ⁻¹(τ), split at y; beyond ±8 lies less than 1e-27."""
    u, w = np.polynomial.legendre.leggauss(NODES)
    pairs = {}
    for y in OUTCOMES:
        total = 0.0
        for low, high in ((-8.0, y), (y, 8.0)):
            z = low + (high - low) * (u + 1) / 2
            total += (
                (high - low) / 2 * (w * pinball_loss(z, y, scipy.stats.norm.cdf(z)) * scipy.stats.norm.pdf(z)).sum()
            )
        pairs[f"y = {y:g}"] = 2 * total, theory.crps_normal(y)
    return gaps(pairs)


STUDY = Study(
    title="The CRPS as an integral of pinball losses",
    aims="Check that the continuous ranked probability score is twice the pinball loss, as it is trained, integrated over "
    "levels.",
    mechanisms=f"N(0, 1) as forecast, outcomes {', '.join(f'{y:g}'.replace('-', '−') for y in OUTCOMES)}.",
    estimands="CRPS.",
    checks=(
        Check(
            "ROB12",
            "The CRPS of N(0, 1) is twice the pinball loss of its quantiles integrated over levels, at six outcomes (largest "
            "difference from the closed form).",
            equals(0, 1e-12),
            _integrals,
            Derived("quantiles.md#crps-as-pinball-losses"),
        ),
    ),
    limits="One forecast distribution.",
)
