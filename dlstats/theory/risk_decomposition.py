"""The lectures' bound, complexity / n + approximation / √n + approximation², and what it becomes when computed.

`approximation_error` a is the L2 distance of the truth from the class, a² its square.
"""

from __future__ import annotations

import math


def sieve_excess(n: int, features: int, approximation_error: float, noise_sd: float) -> float:
    """Excess risk of least squares on N of the iid N(0, 1) features when the rest has variance a².

    a² + (σ² + a²) N / (n - N - 1), exactly, for n > N + 1: the omitted part is noise (inverse Wishart mean).
    """
    if n <= features + 1:
        raise ValueError(f"`n` must exceed `features` + 1 = {features + 1}, got {n}.")
    lost = approximation_error**2
    return lost + (noise_sd**2 + lost) * features / (n - features - 1)


def three_terms(n: float, complexity: float, approximation_error: float) -> float:
    """C/n + a/√n + a², the lectures' bound without its constants."""
    return complexity / n + approximation_error / math.sqrt(n) + approximation_error**2


def two_terms(n: float, complexity: float, approximation_error: float) -> float:
    """(3/2) (C/n + a²), at least `three_terms` when C >= 1: a/√n <= (a² + 1/n)/2 by the means' inequality."""
    return 1.5 * (complexity / n + approximation_error**2)


def loss_difference_sd(n: float, noise_sd: float, approximation_error: float) -> float:
    """Standard deviation of R_n(f*) - R_n(f0) for f* - f0 = a √2 sin 2πkx, x uniform: where a/√n comes from.

    √((4σ²a² + Var((f* - f0)²)) / n) with Var((f* - f0)²) = a^4 / 2; the mean is a².
    """
    a = approximation_error
    return math.sqrt((4 * noise_sd**2 * a**2 + a**4 / 2) / n)


def degrees_of_freedom_cost(n: float, units: int, noise_sd: float) -> float:
    """2 (m + 1) σ² / n: the cost of m free kinks, as many heights and a line, each a degree of freedom; a heuristic."""
    return 2 * (units + 1) * noise_sd**2 / n
