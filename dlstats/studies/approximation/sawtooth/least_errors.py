"""Checks: the least error of k linear pieces against the sawtooth, closed forms beside dynamic programming."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from dlstats.protocol.claim import at_least, at_most, equals
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.study import Check
from dlstats.theory import sawtooth_floors as theory

COMPOSITIONS = (2, 3, 4)
POINTS = (4, 8, 12)
"""Numbers of alternating labels for which all labellings are searched."""

Floor = Callable[[int, int], float]
"""Least error from compositions and pieces."""


@cache
def _searched(n: int, power: int) -> list[float]:
    return theory.grid_floor(n, power, knots_per_edge=8, levels=81).tolist()


def _search_gaps(power: int, closed: Floor) -> dict[str, float]:
    """Dynamic programming minus the closed form, for every number of pieces."""
    return {
        f"n = {n}, k = {k}": least - closed(n, k)
        for n in COMPOSITIONS
        for k, least in enumerate(_searched(n, power), start=1)
    }


def _proven_gaps() -> dict[str, float]:
    """Closed forms minus the proven lower bounds."""
    floors = {"L²": (theory.l2_floor, theory.proven_l2_floor), "L¹": (theory.l1_floor, theory.proven_l1_floor)}
    return {
        f"{norm}, n = {n}, k = {k}": closed(n, k) - proven(n, k)
        for norm, (closed, proven) in floors.items()
        for n in COMPOSITIONS
        for k in range(1, 2**n + 1)
    }


def _labellings(points: int) -> int:
    """Numbers of sign runs for which the best of all labellings is not the closed form."""
    return sum(least != theory.zero_one_floor(points, s) for s, least in theory.zero_one_search(points).items())


CHECKS = (
    Check(
        "SAW7",
        "The least integrated squared error of k ≥ 2 pieces is e₂(r)/2ⁿ, r = 2ⁿ − k + 1, e₂ = (r² − 1)/(6(2r − 1)) for odd and "
        "r(r + 2)/(6(2r + 3)) for even r, and 1/12 for one: dynamic programming finds nothing smaller (n = 2, 3, 4; smallest "
        "difference).",
        at_least(0, 1e-12),
        lambda: _search_gaps(2, theory.l2_floor),
        Finding("sawtooth, seed 20261120"),
        slow=True,
    ),
    Check(
        "SAW7.attained",
        "The L² floor of SAW7 is attained, to the width of the search grid (largest difference).",
        at_most(0, 2e-4),
        lambda: _search_gaps(2, theory.l2_floor),
        Derived("sawtooth.md#attained-errors"),
        slow=True,
    ),
    Check(
        "SAW7.proven",
        "The floors of SAW7 and SAW8 are not below the proven ones, (1/12)(1 − 2(k − 1)/2ⁿ)₊ in L² and "
        "(1/4 − (k − 1)/2ⁿ⁺¹)₊ in L¹ (smallest difference).",
        at_least(0, 1e-12),
        _proven_gaps,
        Derived("sawtooth.md#proven-floors-in-l2-and-l1"),
        slow=True,
    ),
    Check(
        "SAW8",
        "The least integrated absolute error of k ≥ 2 pieces is e₁(r)/2ⁿ, r = 2ⁿ − k + 1, a two-parameter minimum, and 1/4 for "
        "one: dynamic programming finds nothing smaller (n = 2, 3, 4; smallest difference).",
        at_least(0, 1e-9),
        lambda: _search_gaps(1, theory.l1_floor),
        Finding("sawtooth, seed 20261120"),
        slow=True,
    ),
    Check(
        "SAW8.attained",
        "The L¹ floor of SAW8 is attained, to the width of the search grid (largest difference).",
        at_most(0, 9e-4),
        lambda: _search_gaps(1, theory.l1_floor),
        Derived("sawtooth.md#attained-errors"),
        slow=True,
    ),
    Check(
        "SAW9",
        "On M alternating labels the least 0–1 error of a classifier with s sign runs is ⌈(M − s)/2⌉/M (values of s where "
        "the search over all labellings differs).",
        equals(0),
        lambda: {f"M = {points}": _labellings(points) for points in POINTS},
        Derived("sawtooth.md#sign-runs"),
        ("JSM",),
    ),
)
