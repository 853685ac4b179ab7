"""How much the factorial in the covering numbers of Shen (2023, arXiv:2305.11417) takes off.

Both theorems bound a covering number by (base / ε)^S ρ^(S_h) / prod_l d_l!, as the lectures print them; weights and
biases lie in [-B, B], inputs have at most the length B_x, ρ is the Lipschitz constant of the activation (1 for ReLU).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def parameters(widths: Sequence[int]) -> int:
    """S = sum_i (d_i d_{i+1} + d_{i+1}) over inputs, hidden layers and one output; `widths` = (d_0, ..., d_L)."""
    sizes = (*widths, 1)
    return sum((a + 1) * b for a, b in pairwise(sizes))


def hidden_parameters(widths: Sequence[int]) -> int:
    """S_h, the parameters of the hidden layers."""
    return sum((a + 1) * b for a, b in pairwise(widths))


def log_factorials(widths: Sequence[int]) -> float:
    """ln prod_l d_l!, the number of permutations of hidden units."""
    return sum(math.lgamma(width + 1) for width in widths[1:])


def log_covering(widths: Sequence[int], radius: float, bound: float = 1.0, inputs: float = 1.0) -> float:
    """ln of the covering bound at sup-norm `radius` ε before the factorials are taken off, ρ = 1.

    Theorem for one hidden layer: base 16 B² (B_x + 1) √d_0 d_1; for L layers: 4 (L + 1) (B_x + 1) (2B)^(L+2) d_0 d_1 … d_L.
    """
    layers = len(widths) - 1
    if layers == 1:
        base = 16 * bound**2 * (inputs + 1) * math.sqrt(widths[0]) * widths[1]
    else:
        base = 4 * (layers + 1) * (inputs + 1) * (2 * bound) ** (layers + 2) * math.prod(widths)
    return parameters(widths) * math.log(base / radius)


def lipschitz(widths: Sequence[int], bound: float = 1.0, inputs: float = 1.0) -> float:
    """By how much a ReLU network moves at most, in supremum, when no parameter moves by more than 1, in [-B, B].

    1 + 2 d_1 B √d_0 (B_x + 1) for one hidden layer, 2 (2B)^L (B_x + 1) d_0 ... d_L for more and B >= 1.
    """
    layers = len(widths) - 1
    if layers == 1:
        return 1 + 2 * widths[1] * bound * math.sqrt(widths[0]) * (inputs + 1)
    return 2 * (2 * bound) ** layers * (inputs + 1) * math.prod(widths)


def log_grid(widths: Sequence[int], radius: float, bound: float = 1.0, inputs: float = 1.0) -> float:
    """ln of a number that networks on a grid of parameters do not exceed, permuted ones counted once.

    With q = ⌈B K / ε⌉ values a parameter, K of `lipschitz`, every network is within ε of one on the grid: this is at least the
    logarithm of the covering number. q^(d_L + 1) prod_l (q^(d_(l-1) + 1) + d_l)^(d_l) / d_l!.
    """
    log_q = math.log(math.ceil(bound * lipschitz(widths, bound, inputs) / radius))
    units = sum(d * _log_sum((before + 1) * log_q, math.log(d)) for before, d in pairwise(widths))
    return (widths[-1] + 1) * log_q + units - log_factorials(widths)


def _log_sum(a: float, b: float) -> float:
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def discount(widths: Sequence[int], radius: float) -> float:
    """The proportion of the log covering number, which is what enters a risk bound, that the factorials take off."""
    return log_factorials(widths) / log_covering(widths, radius)


def discount_limit(inputs: int) -> float:
    """lim of `discount` in the width of one hidden layer: ln d! / ((d_0 + 2) d ln d) -> 1 / (d_0 + 2)."""
    return 1 / (inputs + 2)
