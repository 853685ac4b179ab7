"""Constants and slopes of the same models that need no sizes: Weierstrass functions, Pinsker, linear splines, kernel ridge."""

from __future__ import annotations

import numpy as np

from dlstats.protocol.claim import at_most, equals
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.study import Check
from dlstats.theory import linear_splines as splines
from dlstats.theory import sequence_model as sequence

LECTURES = ("JSM", "BIOS")


def _weierstrass() -> dict[str, float]:
    """The local slopes over 7 octaves, less theory's, the farthest for every smoothness."""
    errors = {}
    for b in (0.25, 0.5, 0.75, 0.9):
        sizes = sequence.weierstrass_sizes(b, 8)
        risks = [sequence.weierstrass_risk(n, b) for n in sizes]
        local = np.diff(np.log(risks)) / np.diff(np.log(sizes))
        errors[f"b = {b:g}"] = float(np.abs(local + sequence.minimax_exponent(b)).max())
    return errors


def _pinsker() -> dict[str, float]:
    n = 1e7
    scaled = {b: sequence.pinsker_risk(n, b) * n ** sequence.minimax_exponent(b) for b in (1.0, 2.0)}
    return {f"b = {b:g}": risk / sequence.pinsker_constant(b) for b, risk in scaled.items()}


CHECKS = (
    Check(
        "RSK2",
        "On W_b(x) = Σ_j 2^(−jb) cos(2π 2^j x), of Hölder exponent exactly b, the best projection has slope exactly "
        "−2b/(2b+1) along n = 64 · 2^((2b+1)i) for b = 0.25, 0.5, 0.75, 0.9.",
        at_most(0.0, 1e-12),
        _weierstrass,
        Derived("sequence-model.md#weierstrass-function"),
        LECTURES,
    ),
    Check(
        "RSK3",
        "The linear minimax risk over the Sobolev ellipsoid times n^(2b/(2b+1)) tends to Pinsker's constant: within "
        "10⁻⁴ at n = 10⁷ for b = 1, 2.",
        equals(1.0, 1e-4),
        _pinsker,
        Theorem("tsybakov2009", "theorem 3.1 (Pinsker 1980)"),
        LECTURES,
    ),
    Check(
        "RSK11.approximation",
        "With N equal linear pieces N⁴ times the squared error on sin 4πx tends to ‖f''‖²/720 = 17.317: within 2 % at "
        "N = 101.",
        equals(1.0, 0.02),
        lambda: splines.uniform_error(101) * 101**4 / splines.uniform_constant(),
        Derived("splines.md#equal-pieces"),
    ),
    Check(
        "RSK11.free",
        "With the best N pieces N⁴ times the squared error on sin 4πx tends to (∫|f''|^(2/5))⁵/720 = 11.181 (Barrow and Smith), "
        "with equal ones to 17.317; kinks with equal ∫|f''|^(2/5) between them attain the former: 2 r(800) − r(400) is 1 to "
        "within 2 %, r(N) the ratio to the limit.",
        equals(1.0, 0.02),
        lambda: (2 * splines.graded_error(800) * 800**4 - splines.graded_error(400) * 400**4) / splines.free_constant(),
        Theorem("barrow1978", "the least error of free knots in the limit of many"),
    ),
)
