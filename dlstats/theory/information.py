"""Fisher information of one observation, and what follows from it, for the distributions of the recipe for losses.

Matrices are in the order of the parameters named; all are those of Lehmann and Casella (1998), section 2.5 and 2.6, or
follow from an exponential family as the second derivative of its log partition function.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import scipy


def normal(sd: float) -> np.ndarray:
    """Mean and standard deviation: diag(1/σ², 2/σ²), shape (2, 2)."""
    return np.diag([1 / sd**2, 2 / sd**2])


def student(df: float, scale: float) -> np.ndarray:
    """Location and scale of Student's t with ν degrees of freedom: diag((ν + 1)/(ν + 3), 2ν/(ν + 3))/s², shape (2, 2)."""
    return np.diag([(df + 1) / (df + 3), 2 * df / (df + 3)]) / scale**2


def laplace(scale: float) -> np.ndarray:
    """Location and scale: diag(1, 1)/b², shape (2, 2)."""
    return np.eye(2) / scale**2


def exponential(rate: float) -> np.ndarray:
    """Rate: 1/r², shape (1, 1)."""
    return np.array([[1 / rate**2]])


def gamma(shape: float, rate: float) -> np.ndarray:
    """Shape and rate: ((ψ′(a), −1/r), (−1/r, a/r²)), shape (2, 2)."""
    trigamma = float(scipy.special.polygamma(1, shape))
    return np.array([[trigamma, -1 / rate], [-1 / rate, shape / rate**2]])


def beta(a: float, b: float) -> np.ndarray:
    """The two shapes: diag(ψ′(a), ψ′(b)) − ψ′(a + b), shape (2, 2)."""
    first, second, both = (float(scipy.special.polygamma(1, x)) for x in (a, b, a + b))
    return np.diag([first, second]) - both


def von_mises(concentration: float) -> np.ndarray:
    """Direction and concentration κ: diag(κA, 1 − A² − A/κ) with A = I₁(κ)/I₀(κ), shape (2, 2)."""
    ratio = float(scipy.special.ive(1, concentration) / scipy.special.ive(0, concentration))
    return np.diag([concentration * ratio, 1 - ratio**2 - ratio / concentration])


def bernoulli(probability: float) -> np.ndarray:
    """Probability: 1/(p(1 − p)), shape (1, 1)."""
    return np.array([[1 / (probability * (1 - probability))]])


def categorical(logits: Sequence[float]) -> np.ndarray:
    """Logits: diag(p) − pp′, singular along (1, ..., 1), shape (K, K)."""
    p = scipy.special.softmax(logits)
    return np.diag(p) - np.outer(p, p)


def poisson(rate: float) -> np.ndarray:
    """Rate: 1/λ, shape (1, 1)."""
    return np.array([[1 / rate]])


def normal_mean(covariance: np.ndarray) -> np.ndarray:
    """Mean vector of a multivariate normal: Σ⁻¹, shape (K, K)."""
    return np.linalg.inv(covariance)


def plackett_luce(utilities: Sequence[float]) -> np.ndarray:
    """Utilities of a ranking: the sum over stages of diag(p) − pp′ of the items that are left, shape (K, K).

    The items left form a set S with a probability; given S the next is a categorical choice with p ∝ exp(u) on S, and
    scores of the stages are uncorrelated. The sum runs over the 2^K sets. Singular along (1, ..., 1).
    """
    weights = np.exp(np.asarray(utilities, dtype=float))
    items = frozenset(range(len(weights)))
    reached = {items: 1.0}
    total = np.zeros((len(weights), len(weights)))
    for size in range(len(weights), 1, -1):
        following: dict[frozenset, float] = {}
        for left in map(frozenset, itertools.combinations(sorted(items), size)):
            p = np.array([weights[i] if i in left else 0.0 for i in sorted(items)])
            p /= p.sum()
            total += reached[left] * (np.diag(p) - np.outer(p, p))
            for i in left:
                following[left - {i}] = following.get(left - {i}, 0.0) + reached[left] * p[i]
        reached = following
    return total


def gamma_shape_bound(shape: float) -> float:
    """Cramér-Rao bound of n Var for the shape with the rate unknown: 1/(ψ′(a) − 1/a)."""
    return float(np.linalg.inv(gamma(shape, 1.0))[0, 0])


def normal_scale_error(n: int) -> float:
    """n E(s − σ)² over its bound σ²/2, s the root of the mean squared deviation of n ≥ 2 normal observations from their mean.

    2{2n − 1 − √(8n) Γ(n/2)/Γ((n − 1)/2)}, as √n s/σ has the law of χ with n − 1 degrees of freedom; tends to 1.
    """
    chi = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))  # E χ over √2
    return 2 * (2 * n - 1 - math.sqrt(8 * n) * chi)


def exponential_rate_error(n: int) -> float:
    """n E(1/ȳ − r)² over its bound r² for n ≥ 3 exponential observations of rate r: n(n + 2)/((n − 1)(n − 2))."""
    return n * (n + 2) / ((n - 1) * (n - 2))


def laplace_median_variance(n: int) -> float:
    """n Var of the median of an odd number n of Laplace(0, 1) observations: 1 + 2√(2/π)/√n + O(1/n), against the bound 1.

    Raises ValueError for an even n.
    """
    return _median_variance(lambda v: -math.log1p(-v), n)


def normal_median_variance(n: int) -> float:
    """n Var of the median of an odd number n of N(0, 1) observations, π/2 + O(1/n), against the bound 1.

    Raises ValueError for an even n.
    """
    return _median_variance(lambda v: float(scipy.special.ndtri((1 + v) / 2)), n)


def cauchy_median_variance(n: int) -> float:
    """n Var of the median of an odd number n ≥ 5 of standard Cauchy observations, π²/4 + O(1/n), against the bound 2.

    Raises ValueError for an even n, and for n < 5, where there is no variance.
    """
    if n < 5:
        raise ValueError(f"`n` must be at least 5, got {n}.")
    return _median_variance(lambda v: math.tan(math.pi * v / 2), n)


def _median_variance(quantile: Callable[[float], float], n: int) -> float:
    """n Var of the middle of n observations that are symmetric about 0: n E q(|V|)², V = 2U − 1, U ~ Beta((n + 1)/2, (n + 1)/2).

    `quantile` is q, the quantile function at (1 + v)/2.
    """
    if n % 2 == 0:
        raise ValueError(f"`n` must be odd, got {n}.")
    half = (n + 1) / 2
    constant = -float(scipy.special.betaln(half, half)) - n * math.log(2)

    def integrand(v: float) -> float:
        return quantile(v) ** 2 * math.exp(constant + (half - 1) * math.log1p(-v * v))

    width = min(1.0, 40 / math.sqrt(n))
    pieces = np.linspace(0, width, 9) if width < 1 else np.append(np.linspace(0, 0.9, 9), 1.0)
    total = sum(
        scipy.integrate.quad(integrand, a, b, epsabs=1e-16, epsrel=1e-12)[0] for a, b in itertools.pairwise(pieces)
    )
    return 2 * n * total


def total_variation_bound(change: float) -> float:
    """tanh(a/2): how far softmax moves, in total variation, when no logit changes by more than a.

    Attained where the classes whose logits rise have probability 1/(1 + eᵃ) before. Derived here.
    """
    return math.tanh(change / 2)
