"""Heavy tails, asymmetry and gross errors: how fast location is found, what robust losses estimate, when they break."""

from __future__ import annotations

from dlstats.protocol.study import Grid, Study, grid
from dlstats.studies.robust.location_tails import asymmetric_noise, gross_errors, stable_rates
from dlstats.studies.robust.location_tails.stable_rates import ALPHAS

SMALL, LARGE = [50, 100, 200, 400, 800], [1600, 3200]


def _design(replicates: int, breakdown: int, leverage: int) -> dict[str, list[Grid] | Grid]:
    """Four times the replicates at α = 1 up to n = 800, where the median of the mean is compared with 1."""
    return {
        "stable": [
            grid(alpha=1, n=SMALL, replicates=4 * replicates),
            grid(alpha=1, n=LARGE, replicates=replicates),
            grid(alpha=ALPHAS[1:], n=SMALL + LARGE, replicates=replicates),
        ],
        "asymmetry": asymmetric_noise.DESIGN,
        "breakdown": grid(n=21, replicates=breakdown),
        "leverage": grid(points=100, replicates=leverage),
    }


STUDY = Study(
    title="Heavy tails, asymmetry and gross errors in location and regression",
    aims="Rates of mean, median and Huber's estimator under stable noise; the estimand of Huber's loss under asymmetry; "
    "breakdown of location; leverage in regression.",
    mechanisms="Symmetric α-stable samples (Chambers, Mallows and Stuck 1976); Lomax(2.2) and Exp(1) exactly; normal samples "
    "of 21 with points moved to 10⁹; y = 2x + N(0, 1) with one point at (10⁴, 0).",
    estimands="Slope of log median absolute error on log n; Huber's functional; fewest points that break an estimate; slope.",
    compared_by="error",
    experiments={
        "stable": stable_rates.EXPERIMENT,
        "asymmetry": asymmetric_noise.EXPERIMENT,
        "breakdown": gross_errors.BREAKDOWN,
        "leverage": gross_errors.REGRESSION,
    },
    claims=(*stable_rates.CLAIMS, *gross_errors.CLAIMS),
    checks=asymmetric_noise.CHECKS,
    figures=(stable_rates.FIGURE,),
    limits="Of regression estimators that resist errors in x only that of Theil and Sen is shown, not MM estimators nor least "
    "trimmed squares; of estimators of location for heavy tails only median and Huber.",
    designs={
        "smoke": _design(50, 20, 3) | {"stable": grid(alpha=ALPHAS, n=[50, 100, 200], replicates=50)},
        "standard": _design(4000, 200, 100),
        "paper": _design(16000, 1000, 200),
    },
)
