"""How much the factorial in the covering numbers of Shen (2023, arXiv:2305.11417) takes off.

Both theorems bound a covering number by (base / ε)^S ρ^(S_h) / prod_l d_l!, as the lectures print them; weights and
biases lie in [-B, B], inputs in [-B_x, B_x]^d0, ρ is the Lipschitz constant of the activation (1 for ReLU).
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


def discount(widths: Sequence[int], radius: float) -> float:
    """The proportion of the log covering number, which is what enters a risk bound, that the factorials take off."""
    return log_factorials(widths) / log_covering(widths, radius)


def discount_limit(inputs: int) -> float:
    """lim of `discount` in the width of one hidden layer: ln d! / ((d_0 + 2) d ln d) -> 1 / (d_0 + 2)."""
    return 1 / (inputs + 2)
