"""Classification: rates under a margin condition with Chernoff's constant, and what surrogate risks promise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, estimate, exact
from dlstats.plotting.curves import beside, points, rate, risk_axes
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import margins, surrogates

LEVELS = np.linspace(-0.9, 0.9, 19)
"""Where numeric and closed ψ are compared."""
POINTS = 4
"""Points of a random discrete distribution."""
DRAWS = 1000
"""Distributions a replicate."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of `threshold` (one fit a replicate) or of a surrogate loss (ψ and the inequality)."""
    part = factors["part"]
    if part == "threshold":
        return _threshold(factors["kappa"], factors["n"], streams)
    if part == "surrogate":
        return _surrogate(factors["loss"], streams)
    raise ValueError(f"`part` must be threshold or surrogate, got {part!r}.")


def _threshold(kappa: float, n: int, streams: Streams) -> pd.DataFrame:
    """Empirical risk minimisation over 1{x > t}, x ~ U(-1, 1), η(x) = (1 + sgn(x)|x|^(κ-1))/2."""
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


def _surrogate(loss: str, streams: Streams) -> pd.DataFrame:
    closed = surrogates.SURROGATES[loss].psi(LEVELS)
    error = max(abs(surrogates.numeric_psi(loss, t) - c) for t, c in zip(LEVELS, closed, strict=True))
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("distributions"), strict=True):
        mass = rng.dirichlet(np.ones(POINTS), DRAWS)
        eta, margin = rng.uniform(0.01, 0.99, (DRAWS, POINTS)), rng.normal(0, 2, (DRAWS, POINTS))
        ratio = float(surrogates.inequality_ratio(loss, mass, eta, margin).max())
        rows.append({"replicate": replicate, "method": loss, "psi_error": error, "ratio": ratio})
    return pd.DataFrame(rows)


MEASURES = (
    Measure("risk", "excess risk"),
    Measure("scaled", "scaled excess risk"),
    Measure("psi_error", "numeric minus closed ψ", "exact"),
    Measure("ratio", "ψ(excess risk) over excess surrogate risk", "maximum"),
)


def _slope(evidence: Evidence, kappa: float) -> Estimate:
    return rate(evidence, part="threshold", kappa=kappa).slope


def _chernoff(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="threshold", kappa=2)
    return estimate("mean", rows[rows["n"] == rows["n"].max()]["scaled"])


def _largest(evidence: Evidence, column: str) -> Estimate:
    rows = evidence.rows(part="surrogate")
    return exact(float(np.max(rows[column].to_numpy())), f"worst for {rows['method'].iloc[rows[column].argmax()]}")


MARGIN = "Mammen and Tsybakov 1999; Tsybakov 2004"
BJM = "Bartlett, Jordan and McAuliffe 2006, theorem 1"
CLAIMS = (
    *(
        Claim(
            f"RSK17.kappa_{str(kappa).replace('.', '_')}" if kappa != 2 else "RSK17",
            f"Empirical risk minimisation over thresholds with η(x) = (1 + sgn(x)|x|^({kappa:g}-1))/2 has excess risk "
            f"of slope -κ/(2κ-1) = {-margins.threshold_exponent(kappa):.4f} in n, κ = {kappa:g}.",
            "equivalence", -margins.threshold_exponent(kappa), 0.03, lambda e, k=kappa: _slope(e, k), MARGIN, "JSM",
        )
        for kappa in (2, 1.5, 3)
    ),
    Claim(
        "RSK17.chernoff",
        "For κ = 2, n^(2/3) times the expected excess risk tends to Var Z = 0.26356 with Z = argmax (W(t) - t²) "
        "(Chernoff's law): within 5 % at the largest n.",
        "equivalence", margins.CHERNOFF_VARIANCE, 0.05 * margins.CHERNOFF_VARIANCE, _chernoff,
        "Kim and Pollard 1990; Groeneboom and Wellner 2001",
    ),
    Claim(
        "RSK18",
        "The ψ-transforms of hinge, exponential, logistic, square and truncated square loss are |t|, 1 - √(1 - t²), "
        "[(1+t)ln(1+t) + (1-t)ln(1-t)]/2, t² and t²: numeric minimisation at 19 points agrees to 10⁻⁸.",
        "bound_above", 0.0, 1e-8, lambda e: _largest(e, "psi_error"), BJM,
    ),
    Claim(
        "RSK18.inequality",
        "ψ(R - R*) <= R_φ - R_φ* for every random discrete distribution and classifier that was drawn.",
        "bound_above", 1.0, 1e-12, lambda e: _largest(e, "ratio"), BJM,
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    for i, kappa in enumerate((1.5, 2, 3)):
        table = points(evidence, part="threshold", kappa=kappa)
        bars = 1.96 * table["mcse"]
        axes.errorbar(table["n"], table["estimate"], yerr=bars, label=f"$\\kappa = {kappa:g}$", **style.nth(i + 1))
        beside(axes, table["n"], table["estimate"], -margins.threshold_exponent(kappa), style.nth(i + 1)["color"])
    risk_axes(axes)
    axes.legend()


FIGURES = (
    Figure(
        "classification_rates",
        "Excess classification risk of empirical risk minimisation over thresholds under margin exponents κ, with 95 % "
        "Monte Carlo intervals; dashed: theory's slope -κ/(2κ-1).",
        _draw,
    ),
)  # fmt: skip

STUDY = Study(
    name="classification_rates",
    family="excess_risk",
    title="Classification under a margin condition",
    aims="Show fast rates under a margin condition with their constant, and what surrogate losses guarantee.",
    mechanisms="x ~ U(-1, 1), P(Y = 1 | x) = (1 + sgn(x)|x|^(κ-1))/2; random discrete distributions for surrogates.",
    estimands="Excess 0-1 risk, exact given the threshold; ψ(excess risk) over excess surrogate risk.",
    methods={"erm": "the threshold with the fewest training errors", **dict.fromkeys(surrogates.SURROGATES, "loss")},
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Thresholds are a class without approximation error; the constant is known for κ = 2 only.",
    block=256,
)
