"""What Huber's loss estimates when noise is asymmetric: its functional of Lomax and exponential distributions."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import scipy

from dlstats.protocol.claim import equals
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.study import Check, Experiment, Grid, Method, grid
from dlstats.studies.frames import tabulated
from dlstats.studies.robust._quadrature import gaps, psi_of, rule
from dlstats.theory import robustness

THRESHOLDS = (1.0, 3.0, 10.0, 30.0, 100.0)
TAIL = 2.2
MEANS = {"lomax": robustness.lomax_mean(TAIL), "exponential": 1.0}
DENSITIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "lomax": lambda x: TAIL * (1 + x) ** (-TAIL - 1),
    "exponential": lambda x: np.exp(-x),
}
DESIGN: list[Grid] = [
    grid(distribution="lomax", threshold=THRESHOLDS, replicates=1),
    grid(distribution="exponential", threshold=1.345, replicates=1),
]


def _rows(distribution: str, threshold: float) -> list[dict]:
    """Huber's functional and its distance to the mean, by quadrature."""
    centre = functional(distribution, threshold)
    return [{"method": "huber", "functional": centre, "bias": centre - MEANS[distribution]}]


@functools.cache
def functional(distribution: str, threshold: float) -> float:
    """The zero of E ψ(X − m), ψ from the loss as trained."""
    from dlstats.losses.robust import huber

    loss = functools.partial(huber, threshold=threshold)

    def pull(m: float) -> float:
        x, w = rule([c for c in (m - threshold, m + threshold, 10.0, 100.0, 1000.0) if c > 0])
        return float((w * psi_of(loss, x - m) * DENSITIES[distribution](x)).sum())

    return scipy.optimize.brentq(pull, 0.0, MEANS[distribution] + 1, xtol=1e-14)


def _differences() -> dict[str, float]:
    pairs = {f"lomax {t:g}": (functional("lomax", t), robustness.lomax_huber(TAIL, t)) for t in THRESHOLDS}
    return gaps(pairs | {"exponential": (functional("exponential", 1.345), robustness.exponential_huber(1.345))})


EXPERIMENT = Experiment(
    tabulated(_rows),
    factors={
        "distribution": Factor(
            "distribution of the noise", str, levels={"lomax": f"Lomax({TAIL:g})", "exponential": "Exp(1)"}
        ),
        "threshold": Factor("threshold of Huber's loss", float, symbol=r"\tau", above=0),
    },
    methods={"huber": Method("Huber", "Huber's loss as it is trained, integrated")},
    measures=(
        Measure("functional", "what the loss estimates", "exact"),
        Measure("bias", "what the loss estimates minus the mean", "exact"),
    ),
    title="Asymmetric noise",
)

CHECKS = (
    Check(
        "ROB8",
        "What Huber's loss estimates under asymmetric noise is not the mean: it differs from the mean by −0.26921, −0.13000, "
        "−0.04315, −0.01311, −0.00325 under Lomax(2.2) noise at τ = 1, 3, 10, 30, 100, and is 0.89337 at τ = 1.345 under Exp(1), "
        "whose mean is 1 (the loss as trained against the closed form, largest difference).",
        equals(0, 1e-4),
        _differences,
        Derived("m-estimators.md#bias-of-the-huber-functional"),
        bears_on=("JSM", "BIOS"),
    ),
    Check(
        "ROB8.asymptote",
        "The bias of Huber's loss under Lomax(a) noise, whose mean is μ, tends to −(1 + μ + τ)^(1−a)/(a − 1) as its threshold τ "
        "→ ∞ (ratio at τ = 100, a = 2.2).",
        equals(1.0, 0.02),
        lambda: (functional("lomax", 100.0) - MEANS["lomax"]) / robustness.lomax_huber_bias_asymptote(TAIL, 100.0),
        Derived("m-estimators.md#bias-of-the-huber-functional"),
    ),
)
