"""Risk against sample size: exact curves out of the evidence, and how they are drawn."""

from __future__ import annotations

import numpy as np

from dlstats.core.montecarlo import Estimate, exact
from dlstats.studies.study import Evidence
from dlstats.theory import sequence_model


def curve(
    evidence: Evidence, column: str = "risk", size: str = "n", **factors: object
) -> tuple[np.ndarray, np.ndarray]:
    """(n, value) of an exact curve, by n, over the cells and the method that match."""
    rows = evidence.rows(**factors).sort_values(size)
    return rows[size].to_numpy(float), rows[column].to_numpy(float)


def worst_slope(evidence: Evidence, cases: list[tuple[dict, float]], local: bool = False, size: str = "n") -> Estimate:
    """Largest |slope - theory| over (factors, theory) of exact curves; `local`: between the two largest n."""
    find = sequence_model.local_slope if local else sequence_model.slope
    found = {str(factors): find(*curve(evidence, size=size, **factors)) - theory for factors, theory in cases}
    worst = max(found, key=lambda name: abs(found[name]))
    return exact(abs(found[worst]), f"worst at {worst}")


def beside(axes, n: np.ndarray, risk: np.ndarray, slope: float, text: str = "") -> None:
    """Theory's slope as a dashed line just under the last points of a curve, with its number."""
    from dlstats.report import style

    n, risk = np.asarray(n, float), np.asarray(risk, float)
    last = len(n) // 2
    line = 0.6 * risk[-1] * (n / n[-1]) ** slope
    axes.plot(n[last:], line[last:], **(style.method("theory") | {"marker": ""}), linewidth=0.8)
    axes.annotate(text or f"{slope:.2f}", (n[-1], line[-1]), xytext=(2, -2), textcoords="offset points", fontsize=6.5)


def risk_axes(axes, title: str = "") -> None:
    """Log axes with names."""
    axes.set(xscale="log", yscale="log", xlabel="sample size $n$", ylabel="excess risk")
    if title:
        axes.set_title(title)
