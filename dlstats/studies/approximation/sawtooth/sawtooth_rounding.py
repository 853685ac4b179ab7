"""Checks: the sawtooth network in float32 and float64, from inputs in [1/2, 1)."""

from __future__ import annotations

import numpy as np

from dlstats.protocol.claim import equals
from dlstats.protocol.origin import Derived
from dlstats.protocol.study import Check
from dlstats.theory import sawtooth as theory

COMPOSITIONS = (2, 5, 10, 15, 20, 23, 24, 25, 26, 40, 53, 54)
INPUTS = 4096
"""Random inputs."""
TYPES = {24: np.float32, 53: np.float64}
"""Floating-point types by their binary digits."""


def _inputs(digits: int) -> np.ndarray:
    """Numerators over 2^digits of random inputs in [1/2, 1)."""
    return np.random.default_rng(digits).integers(1 << (digits - 1), 1 << digits, INPUTS)


def _computed(n: int, digits: int, numerators: np.ndarray) -> np.ndarray:
    """The network in floating point, times 2^digits; in blocks that stay in the processor's cache."""
    chain, blocks = theory.chain(n), np.array_split(numerators, 1 + len(numerators) // 2**15)
    return (
        np.concatenate([theory.evaluate(chain, (u / 2.0**digits).astype(TYPES[digits])) for u in blocks]) * 2.0**digits
    )


def _mismatches(n: int, digits: int) -> int:
    """Inputs at which the network in floating point is not m^(n) of the rounded input."""
    u = _inputs(digits)
    return int(np.count_nonzero(_computed(n, digits, u) != theory.sawtooth_lattice(u, n, digits)))


def _excess_values(n: int, digits: int, numerators: np.ndarray) -> int:
    return len(np.unique(_computed(n, digits, numerators))) - theory.float_values(n, digits)


def _input_error(n: int, digits: int) -> float:
    """Largest |m^(n)(x) - m^(n)(rounded x)| over its bound, at midpoints x between neighbouring numbers."""
    u = _inputs(digits)
    error = theory.sawtooth_lattice(2 * u + 1, n, digits + 1) - 2 * theory.sawtooth_lattice(u, n, digits)
    return float(np.abs(error).max()) / 2.0 ** (digits + 1) / theory.float_error(n, digits)


CHECKS = (
    Check(
        "SAW11",
        "The network of SAW1 makes no rounding error in binary floating point: float32 and float64 give m⁽ⁿ⁾ of the "
        "rounded input exactly (mismatches).",
        equals(0),
        lambda: {f"{d} digits, n = {n}": _mismatches(n, d) for d in TYPES for n in COMPOSITIONS},
        Derived("sawtooth.md#no-rounding-error"),
    ),
    Check(
        "SAW11.values",
        "At the float32 numbers of [1/2, 1) m⁽ⁿ⁾ takes 2²⁴⁻ⁿ + 1 values for 2 ≤ n ≤ 24 and only 0 for n ≥ 25 "
        "(difference over all 2²³ inputs).",
        equals(0),
        lambda: {f"n = {n}": _excess_values(n, 24, np.arange(1 << 23, 1 << 24)) for n in COMPOSITIONS},
        Derived("sawtooth.md#values-in-floating-point"),
        slow=True,
    ),
    Check(
        "SAW11.double",
        "In float64 two values, 0 and 1, are left at n = 53 and only 0 beyond (difference).",
        equals(0),
        lambda: {f"n = {n}": _excess_values(n, 53, _inputs(53)) for n in COMPOSITIONS if n >= 53},
        Derived("sawtooth.md#values-in-floating-point"),
    ),
    Check(
        "SAW11.input",
        "Against the true x the error is that of rounding the input: at most 2ⁿ⁻²⁵ in float32 and 2ⁿ⁻⁵⁴ in float64, and "
        "this is attained (largest ratio to the bound, where it is at most 1).",
        equals(1),
        lambda: {f"{d} digits, n = {n}": _input_error(n, d) for d in TYPES for n in COMPOSITIONS if n <= d + 1},
        Derived("sawtooth.md#rounded-input"),
    ),
)
