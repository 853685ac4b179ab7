"""Classification: rates under a margin condition with Chernoff's constant, and what surrogate risks promise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.plotting.curves import beside, draw_points, points, risk_axes
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import slope, value
from dlstats.protocol.study import Check, Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.theory import margins, surrogates


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Empirical risk minimisation over 1{x > t}, x ~ U(-1, 1), η(x) = (1 + sgn(x)|x|^(κ-1))/2."""
    n, kappa = condition.n, condition.kappa
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("data", n=n), strict=True):
        threshold = _best_threshold(*_sample(rng, n, kappa))
        rows.append({"replicate": replicate, "method": "erm", "risk": margins.excess_risk(threshold, kappa)})
    scaled = n ** margins.threshold_exponent(kappa)
    return pd.DataFrame(rows).assign(scaled=lambda frame: frame["risk"] * scaled)


def _sample(rng: np.random.Generator, n: int, kappa: float) -> tuple[np.ndarray, np.ndarray]:
    x = np.sort(rng.uniform(-1, 1, n))
    eta = (1 + np.sign(x) * np.abs(x) ** (kappa - 1)) / 2
    return x, (rng.random(n) < eta).astype(float)


def _best_threshold(x: np.ndarray, label: np.ndarray) -> float:
    """The middle of the first gap between sorted inputs with the fewest errors; ±1 close the ends."""
    errors = np.concatenate([[0.0], np.cumsum(2 * label - 1)])
    best = int(np.argmin(errors))
    edges = np.concatenate([[-1.0], x, [1.0]])
    return float(edges[best] + edges[best + 1]) / 2


THRESHOLD = Experiment(
    simulate=simulate,
    factors={
        "kappa": Factor("margin exponent", float, symbol=r"\kappa", above=1),
        "n": Factor("sample size", int, symbol="n", at_least=2),
    },
    methods={"erm": Method("threshold", "the threshold with the fewest training errors")},
    measures=(Measure("risk", "excess risk"), Measure("scaled", "scaled excess risk")),
    slopes=(Slope("risk"),),
    block=256,
)


def _psi_errors() -> dict[str, float]:
    """The largest |numeric - closed ψ| of every loss at 19 points."""
    levels = np.linspace(-0.9, 0.9, 19)
    return {
        loss: max(
            abs(surrogates.numeric_psi(loss, t) - c)
            for t, c in zip(levels, surrogates.SURROGATES[loss].psi(levels), strict=True)
        )
        for loss in LOSSES
    }


def _inequality_ratios() -> dict[str, float]:
    """The largest ψ(R - R*) / (R_φ - R_φ*) of every loss over 20 000 random distributions on 4 points."""
    rng, shape = np.random.default_rng(740), (20_000, 4)
    mass, eta, margin = rng.dirichlet(np.ones(4), shape[0]), rng.uniform(0.01, 0.99, shape), rng.normal(0, 2, shape)
    return {loss: float(surrogates.inequality_ratio(loss, mass, eta, margin).max()) for loss in LOSSES}


LOSSES = ("hinge", "exponential", "logistic", "square", "truncated_square")
CHECKS = (
    Check(
        "RSK18",
        "The ψ-transforms of hinge, exponential, logistic, square and truncated square loss are |t|, 1 − √(1 − t²), "
        "[(1+t)ln(1+t) + (1−t)ln(1−t)]/2, t² and t²: numeric minimisation at 19 points agrees to 10⁻⁸.",
        at_most(0.0, 1e-8),
        _psi_errors,
        Derived("margins.md#psi-transforms"),
    ),
    Check(
        "RSK18.inequality",
        "ψ(R − R*) ≤ R_φ − R_φ* for every random discrete distribution and classifier that was drawn.",
        at_most(1.0, 1e-12),
        _inequality_ratios,
        Theorem("bartlett2006", "theorem 1"),
    ),
)


PROOF = Derived("margins.md#thresholds-under-a-margin-condition")
LECTURES = ("JSM", "BIOS")


def _slope_claim(kappa: float) -> Claim:
    exponent = margins.threshold_exponent(kappa)
    return Claim(
        "RSK17" if kappa == 2 else f"RSK17.kappa_{f'{kappa:g}'.replace('.', '_')}",
        f"Empirical risk minimisation over thresholds with P(Y = 1 | x) = (1 + sgn(x)|x|^(κ−1))/2, x uniform on [−1, 1] and "
        f"κ = {kappa:g}, has an excess risk of slope −κ/(2κ−1) = {{theory:.4f}} in n to within {{margin}} (n = 200 to 51200).",
        # the exponents of the three κ lie 0.07 and more apart
        equals(-exponent, 0.03),
        slope("risk", kappa=kappa).at_least(n=5),
        PROOF,
        LECTURES,
        regime="asymptotic",
    )


CLAIMS = (
    *map(_slope_claim, (2.0, 1.5, 3.0)),
    Claim(
        "RSK17.chernoff",
        "For κ = 2, n^(2/3) times the expected excess risk of thresholds tends to Var Z = {theory:.5f} with "
        "Z = argmax (W(t) − t²), Chernoff's distribution: within 5 % at n = 51200.",
        equals(margins.CHERNOFF_VARIANCE, 0.05 * margins.CHERNOFF_VARIANCE),
        value("scaled", kappa=2.0).at_least(n=5).at_largest("n"),
        PROOF,
        LECTURES,
        regime="asymptotic",
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import labels, style

    axes = figure.subplots()
    for i, kappa in enumerate((1.5, 2.0, 3.0)):
        table, marks = points(evidence, kappa=kappa), style.nth(i + 1)
        draw_points(axes, table, f"$\\kappa = {kappa:g}$", marks)
        beside(axes, table["at"], table["estimate"], -margins.threshold_exponent(kappa), marks["color"])
    risk_axes(axes, evidence)
    labels.at_ends(axes)


def _grids(replicates: int) -> list[Grid]:
    sizes = [200, 800, 3200, 12800, 51200]
    return [grid(kappa=[1.5, 3.0], n=sizes, replicates=replicates), grid(kappa=2.0, n=sizes, replicates=4 * replicates)]


STUDY = Study(
    title="Classification under a margin condition",
    aims="Show fast rates under a margin condition with their constant, and what surrogate losses guarantee.",
    mechanisms="x ~ U(−1, 1), P(Y = 1 | x) = (1 + sgn(x)|x|^(κ−1))/2; random discrete distributions for surrogates.",
    estimands="Excess 0-1 risk, exact given the threshold; ψ(excess risk) over excess surrogate risk.",
    experiments={"threshold": THRESHOLD},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "classification_rates",
            "Excess classification risk of empirical risk minimisation over thresholds under margin exponents κ, with 95 % "
            "Monte Carlo intervals; dashed: theory's slope −κ/(2κ−1), which is steeper the smaller κ is.",
            _draw,
        ),
    ),
    limits="Thresholds are a class without approximation error; the constant is known for κ = 2 only.",
    designs={
        "smoke": grid(kappa=[1.5, 2.0, 3.0], n=[200, 800], replicates=20),
        "standard": _grids(2000),
        "paper": _grids(8000),
    },
)
