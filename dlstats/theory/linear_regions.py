"""How many linear regions a ReLU network has: at random initialisation, at worst, and where its breakpoints lie.

`widths` are those of the hidden layers. An activation region is a maximal set on which no neuron changes sign.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cache


def some_active(width: int) -> float:
    """p1(n) = 1 - 2^-n, the chance that of n fair units at least one is active."""
    return 1 - 2.0**-width


def two_active(width: int) -> float:
    """p2(n) = 1 - 2^-n (1 + n), the chance that of n fair units at least two are active."""
    return 1 - 2.0**-width * (1 + width)


def expected_zeros(widths: Sequence[int]) -> float:
    """Mean number of zeros of all neurons on a line: sum_l n_l prod_{j<l} p1(n_j); derived here.

    For layers whose rows (weights, bias) are independent with a density that does not change when the sign of any one
    entry does, at any scale of each layer. At a fixed x each unit is active with chance 1/2, and given who is active
    (value, derivative) have the distribution of the linear network of the active units; that network has one zero on the line
    when every layer before has an active unit and none otherwise; then integrate the Kac-Rice formula over x.
    """
    return sum(n * math.prod(map(some_active, widths[:layer])) for layer, n in enumerate(widths))


def expected_zeros_without_bias(widths: Sequence[int]) -> float:
    """The same when every bias is 0 and the line misses the origin: sum_l n_l prod_{j<l} p2(n_j); derived here.

    Behind a layer with one active unit all values are multiples of that unit's, which are 0 only where it switches
    off: two active units are needed in every layer before.
    """
    return sum(n * math.prod(map(two_active, widths[:layer])) for layer, n in enumerate(widths))


def expected_kinks(widths: Sequence[int]) -> float:
    """Mean number of kinks of the output on a line: sum_l n_l prod_{j != l} p1(n_j); derived here, as above.

    A zero is a kink of the output when every later layer has an active unit there.
    """
    return sum(n * math.prod(map(some_active, (*widths[:i], *widths[i + 1 :]))) for i, n in enumerate(widths))


def expected_regions_plane(widths: Sequence[int]) -> float:
    """Mean number of activation regions of R^2 for the same layers, isolated loops left out; derived here.

    1 + (mean zeros of a line) + (mean crossings of pairs of neurons), by Euler's formula. Pairs within layer l cross
    prod_{j<l} p2(n_j) times; neurons of layers l < m cross prod_{j<l} p2(n_j) p1(n_l - 1) prod_{l<j<m} p1(n_j) times.
    Closed bounded parts of the zero set that nothing crosses add a little.
    """
    crossings = 0.0
    for layer, n in enumerate(widths):
        reached = math.prod(map(two_active, widths[:layer]))
        crossings += reached * n * (n - 1) / 2
        for later in range(layer + 1, len(widths)):
            passed = math.prod(map(some_active, widths[layer + 1 : later]))
            crossings += reached * n * some_active(n - 1) * passed * widths[later]
    return 1 + expected_zeros(widths) + crossings


def shallow_regions(units: int, dimension: int) -> int:
    """Regions of one hidden layer of generic units in R^d: sum_{j <= d} C(N, j) [Zaslavsky 1975]."""
    return sum(math.comb(units, j) for j in range(dimension + 1))


def most_regions(widths: Sequence[int], dimension: int) -> int:
    """Upper bound prod_l sum_{j <= d_l} C(n_l, j), d_l = min(d, n_1, ..., n_l) [Montufar 2017]."""
    bottlenecks = itertools.accumulate(widths, min, initial=dimension)
    return math.prod(shallow_regions(n, min(d, n)) for n, d in zip(widths, bottlenecks, strict=False))


def most_regions_by_dimension(widths: Sequence[int], dimension: int) -> int:
    """Upper bound sum over (j_1..j_L) of prod_l C(n_l, j_l), j_l <= min(d, n_1 - j_1, ..., n_{l-1} - j_{l-1}, n_l).

    [Serra, Tjandraatmadja and Ramalingam 2018]; at most `most_regions`.
    """

    @cache
    def below(layer: int, room: int) -> int:
        if layer == len(widths):
            return 1
        n = widths[layer]
        return sum(math.comb(n, j) * below(layer + 1, min(room, n - j)) for j in range(min(room, n) + 1))

    return below(0, dimension)


def reachable_regions(widths: Sequence[int], dimension: int) -> int:
    """Lower bound on the maximum, by folding: prod_{l<L} floor(n_l/d)^d sum_{j <= d} C(n_L, j) [Montufar 2014]."""
    folds = math.prod((n // dimension) ** dimension for n in widths[:-1])
    return folds * shallow_regions(widths[-1], dimension)


def breakpoint_scale(layer: int, weight_variance: float, bias_variance: float) -> float:
    """Scale c of the Cauchy distribution of the zeros of layer l on a line through 0, in the limit of infinite width.

    With variance v / fan-in of the weights and s^2 of the biases, d = 1: a pre-activation of layer l is Gaussian with
    covariance a t t' + B up to the kernel of the ReLU; K_l(t) = a_l t^2 + B_l with a_l = v (v/2)^{l-1} and
    B_l = s^2 + (v/2) B_{l-1}, B_1 = s^2; c = sqrt(B_l / a_l). For He's v = 2: c = s sqrt(l / 2). Derived here.
    """
    slope, offset = weight_variance, bias_variance
    for _ in range(layer - 1):
        slope, offset = slope * weight_variance / 2, bias_variance + offset * weight_variance / 2
    return math.sqrt(offset / slope)
