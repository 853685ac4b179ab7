"""Checks: networks that equal the sawtooth, their pieces and units, and what composition and addition do to pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache, partial

import numpy as np

from dlstats.protocol.claim import at_most, equals
from dlstats.protocol.origin import Derived, Stated
from dlstats.protocol.study import Check
from dlstats.theory import piecewise_linear as linear
from dlstats.theory import sawtooth as theory

COMPOSITIONS = range(1, 31)
RATIONALS = 100
"""Random rationals at which a network is compared with the closed form."""
COUNTED = range(1, 15)
"""Compositions for which all pieces are counted; the lattice has 2^(n+4) points."""
SHALLOW = range(1, 11)
SEARCHED = range(1, 5)
PAIRS = 500
"""Pairs of random functions, of at most `PIECES` pieces each."""
PIECES = 8


def _each(of: Callable[[int], int], compositions: Iterable[int]) -> dict[str, int]:
    return {f"n = {n}": of(n) for n in compositions}


def _mismatches(network: Callable[[int], theory.Layers], end: float, n: int) -> int:
    """Random rationals of [-1/2, end] at which the network is not m^(n)."""
    rng = np.random.default_rng(n)
    denominators = rng.integers(1, 10**6, RATIONALS).tolist()
    points = (Fraction(int(rng.integers(-d, 3 * d + 1)), 2 * d) for d in denominators)
    return sum(theory.evaluate(network(n), x) != theory.sawtooth(x, n) for x in points if x <= end)


def _lattice(n: int, whole: bool) -> tuple[np.ndarray, int]:
    """Numerators of the multiples of 2^-(n+3) in [0, 1], or in [-1/2, 3/2] if `whole`, and their denominator."""
    one = 1 << (n + 3)
    return np.arange(-one // 2, 3 * one // 2 + 1) if whole else np.arange(one + 1), one


@cache
def _chain_on_lattice(n: int, whole: bool) -> np.ndarray:
    return theory.evaluate(theory.chain(n), *_lattice(n, whole))


def _shallow_mismatches(layers: theory.Layers, n: int, slope: int = 0, whole: bool = False) -> int:
    u, one = _lattice(n, whole)
    values = theory.evaluate(layers, u, one) + slope * u
    return int(np.count_nonzero(values != theory.sawtooth_lattice(u, n, n + 3)))


@cache
def _random_pairs() -> list[tuple[linear.PiecewiseLinear, linear.PiecewiseLinear]]:
    rng = np.random.default_rng(5)
    counts = rng.integers(1, PIECES + 1, (PAIRS, 2)).tolist()
    return [(linear.random_function(rng, a), linear.random_function(rng, b)) for a, b in counts]


def _composed_sawteeth() -> dict[str, int]:
    """Pieces of m^(a) after m^(b) beyond 2^a 2^b, for a + b <= 7."""
    powers = [linear.TENT]
    for _ in range(5):
        powers.append(linear.compose(linear.TENT, powers[-1]))
    pairs = [(a, b) for a in range(1, 7) for b in range(1, 7) if a + b <= 7]
    return {f"{a}, {b}": linear.compose(powers[a - 1], powers[b - 1]).pieces - 2 ** (a + b) for a, b in pairs}


def _narrow(n: int) -> int:
    """Mismatches of the narrow network, and units beyond 2n."""
    return _mismatches(theory.narrow_chain, 1, n) + abs(theory.hidden_units(theory.narrow_chain(n)) - 2 * n)


SLIDE = "Motivation for Deep Learning"
DEEP = Stated("JSM", SLIDE, "3n+1 nodes to represent the m^(n)(x) with width of each layer ≤ 2")
SHALLOW_NEEDS = Stated("JSM", SLIDE, "If we generate a shallow one, we need 2^n nodes")
MULTIPLIES = Stated("JSM", SLIDE, "Depth - Multiplicatively … Width - additively")
COMPOSED = Derived("sawtooth.md#pieces-of-compositions-and-sums")
PIECES_PROVEN = Derived("sawtooth.md#pieces-of-the-sawtooth")
NARROW_PROVEN = Derived("sawtooth.md#narrow-network")
SHALLOW_PROVEN = Derived("sawtooth.md#shallow-networks")

CHECKS = (
    Check(
        "SAW1",
        "The ReLU network with hidden widths 2, 1 repeated n times and a linear output equals m⁽ⁿ⁾ at every rational of "
        "[−1/2, 3/2] that is tried (mismatches).",
        equals(0),
        lambda: _each(partial(_mismatches, theory.chain, 1.5), COMPOSITIONS),
        DEEP,
    ),
    Check(
        "SAW1.nodes",
        "The network of SAW1 has 3n + 1 nodes, its output included (difference).",
        equals(0),
        lambda: _each(lambda n: theory.nodes(theory.chain(n)) - (3 * n + 1), COMPOSITIONS),
        DEEP,
    ),
    Check(
        "SAW2",
        "Two units per layer suffice, 2n in all, and a linear output: they equal m⁽ⁿ⁾ on (−∞, 1] (mismatches at rationals of "
        "[−1/2, 1], and units beyond 2n).",
        equals(0),
        lambda: _each(_narrow, COMPOSITIONS),
        NARROW_PROVEN,
        ("JSM",),
    ),
    Check(
        "SAW2.line",
        "For n ≥ 2 the network of SAW2 equals m⁽ⁿ⁾ on all of ℝ (mismatches on [−1/2, 3/2]).",
        equals(0),
        lambda: _each(partial(_mismatches, theory.narrow_chain, 1.5), COMPOSITIONS[1:]),
        NARROW_PROVEN,
    ),
    Check(
        "SAW3",
        "m⁽ⁿ⁾ has 2ⁿ linear pieces on [0, 1] (difference).",
        equals(0),
        lambda: _each(lambda n: theory.pieces(_chain_on_lattice(n, False)) - 2**n, COUNTED),
        PIECES_PROVEN,
        ("JSM",),
    ),
    Check(
        "SAW3.line",
        "m⁽ⁿ⁾ has 2ⁿ + 2 linear pieces on ℝ (difference).",
        equals(0),
        lambda: _each(lambda n: theory.pieces(_chain_on_lattice(n, True)) - (2**n + 2), COUNTED),
        PIECES_PROVEN,
    ),
    Check(
        "SAW3.crossings",
        "m⁽ⁿ⁾ crosses the level 1/2 exactly 2ⁿ times (difference).",
        equals(0),
        lambda: _each(lambda n: theory.crossings(_chain_on_lattice(n, False), 1 << (n + 2)) - 2**n, COUNTED),
        PIECES_PROVEN,
        ("JSM",),
    ),
    Check(
        "SAW4",
        "A shallow ReLU network with 2ⁿ hidden units equals m⁽ⁿ⁾ on [0, 1] (mismatches).",
        equals(0),
        lambda: _each(lambda n: _shallow_mismatches(theory.shallow(n), n), SHALLOW),
        SHALLOW_PROVEN,
        ("JSM",),
    ),
    Check(
        "SAW4.fewest",
        "No shallow ReLU network with fewer than 2ⁿ hidden units equals m⁽ⁿ⁾ on [0, 1] (units beyond the fewest found by "
        "search over all ways to make the kinks, n ≤ 4).",
        equals(0),
        lambda: _each(lambda n: 2**n - theory.fewest_shallow_units(n), SEARCHED),
        SHALLOW_NEEDS,
    ),
    Check(
        "SAW4.skip",
        "With a linear skip connection 2ⁿ − 1 hidden units suffice (mismatches on [0, 1]).",
        equals(0),
        lambda: _each(lambda n: _shallow_mismatches(theory.shallow_skip(n)[0], n, 2**n), SHALLOW),
        SHALLOW_PROVEN,
    ),
    Check(
        "SAW4.line",
        "2ⁿ + 1 hidden units, one for each kink on ℝ, suffice there (mismatches on [−1/2, 3/2]).",
        equals(0),
        lambda: _each(lambda n: _shallow_mismatches(theory.shallow(n, line=True), n, whole=True), SHALLOW),
        SHALLOW_PROVEN,
    ),
    Check(
        "SAW5",
        "Composition multiplies at most: pieces(f∘g) ≤ pieces(f) pieces(g) (largest excess over random f, g).",
        at_most(0),
        lambda: [linear.compose(f, g).pieces - f.pieces * g.pieces for f, g in _random_pairs()],
        COMPOSED,
        ("JSM",),
    ),
    Check(
        "SAW5.sum",
        "Addition adds at most: pieces(f + g) ≤ pieces(f) + pieces(g) − 1 (largest excess over random f, g).",
        at_most(0),
        lambda: [linear.add(f, g).pieces - (f.pieces + g.pieces - 1) for f, g in _random_pairs()],
        COMPOSED,
        ("JSM",),
    ),
    Check(
        "SAW5.equality",
        "Equality is attained: m⁽ᵃ⁾∘m⁽ᵇ⁾ has 2ᵃ 2ᵇ pieces on [0, 1] (difference).",
        equals(0),
        _composed_sawteeth,
        MULTIPLIES,
    ),
)
