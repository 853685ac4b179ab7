"""The exact parts of the sawtooth study: constructions, composition law, floors, labels, rounding.

Each part maps (factors, streams, i) to the rows of the i-th replicate.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from dlstats.seeds import Streams
from dlstats.theory import piecewise_linear as linear
from dlstats.theory import sawtooth as theory
from dlstats.theory import sawtooth_floors as floors

RATIONALS = 100
"""Random rationals at which a construction is compared with the closed form."""
LATTICE_LIMIT = 14
"""Compositions up to which all pieces are counted; the lattice has 2^(n+4) points."""
SHALLOW_LIMIT = 10
SEARCH_LIMIT = 4


def _construction(factors: dict, streams: Streams, i: int) -> list[dict]:
    """SAW1 to SAW4: both chains at random rationals, the lattice counts, the shallow network."""
    n, replicate = factors["compositions"], streams.replicates[i]
    rng = streams.generators("rationals", compositions=n)[i]
    denominators = rng.integers(1, 10**6, RATIONALS).tolist()
    points = [Fraction(int(rng.integers(-d, 3 * d + 1)), 2 * d) for d in denominators]
    truth = [theory.sawtooth(x, n) for x in points]
    rows = []
    for method, layers in (("chain", theory.chain(n)), ("narrow_chain", theory.narrow_chain(n))):
        wrong = [theory.evaluate(layers, x) != t for x, t in zip(points, truth, strict=True)]
        left = sum(w for w, x in zip(wrong, points, strict=True) if x <= 1)
        rows.append({"method": method, "mismatches": sum(wrong), "mismatches_to_one": left})
        rows[-1]["exact_on_line"] = not any(wrong)
        rows[-1] |= {"nodes_excess": theory.nodes(layers) - (3 * n + 1), "hidden_units": theory.hidden_units(layers)}
    if n <= LATTICE_LIMIT:
        rows[0] |= _counts(n)
    if n <= SHALLOW_LIMIT:
        rows += _shallow(n)
    return [{"replicate": replicate, **row} for row in rows]


def _counts(n: int) -> dict:
    """Pieces and crossings of the chain on a lattice of step 2^-(n+3) from -1/2 to 3/2, over their predictions."""
    one = 1 << (n + 3)
    u = np.arange(-one // 2, 3 * one // 2 + 1)
    values = theory.evaluate(theory.chain(n), u, one)
    inside = values[(u >= 0) & (u <= one)]
    crossed = theory.crossings(inside, one // 2)
    counts = {"pieces_line": theory.pieces(values), "pieces": theory.pieces(inside), "crossings": crossed}
    excess = {"pieces_line": 2**n + 2, "pieces": 2**n, "crossings": 2**n}
    return counts | {f"{name}_excess": counts[name] - excess[name] for name in excess}


def _shallow(n: int) -> list[dict]:
    """Shallow networks on [0, 1], with a skip connection there, and on the whole line: units and largest error."""
    one = 1 << (n + 3)
    whole = np.arange(-one // 2, 3 * one // 2 + 1)
    inside = whole[(whole >= 0) & (whole <= one)]
    plain, line = theory.shallow(n), theory.shallow(n, line=True)
    fewer, slope = theory.shallow_skip(n)
    rows = []
    for method, layers, u, weight in (
        ("shallow_exact", plain, inside, 0),
        ("shallow_skip", fewer, inside, slope),
        ("shallow_line", line, whole, 0),
    ):
        gap = theory.evaluate(layers, u, one) + weight * u - theory.sawtooth_lattice(u, n, n + 3)
        row = {"method": method, "hidden_units": theory.hidden_units(layers), "mismatches": int((gap != 0).sum())}
        if n <= SEARCH_LIMIT and method != "shallow_line":
            row["units_excess"] = row["hidden_units"] - theory.fewest_shallow_units(n, method == "shallow_skip")
        rows.append(row)
    return rows


def _composition_law(factors: dict, streams: Streams, i: int) -> list[dict]:
    """SAW5: pieces of composition and sum of two random functions, and of two sawteeth, over their bounds."""
    rng = streams.generators("functions", pieces_at_most=factors["pieces_at_most"])[i]
    counts = rng.integers(1, factors["pieces_at_most"] + 1, 2).tolist()
    f, g = (linear.random_function(rng, count) for count in counts)
    row = {"replicate": streams.replicates[i], "method": "random_functions"}
    row["over_product"] = linear.compose(f, g).pieces - f.pieces * g.pieces
    row["over_sum"] = linear.add(f, g).pieces - (f.pieces + g.pieces - 1)
    powers = [linear.TENT]
    for _ in range(int(rng.integers(1, 6))):
        powers.append(linear.compose(linear.TENT, powers[-1]))
    outer, inner = (powers[j] for j in rng.integers(0, len(powers), 2))
    row["sawtooth_excess"] = linear.compose(outer, inner).pieces - outer.pieces * inner.pieces
    return [row]


def _floor(factors: dict, streams: Streams, i: int) -> list[dict]:
    """SAW7, SAW8: closed forms beside dynamic programming and the proven bounds, one row a number of pieces."""
    n = factors["compositions"]
    laws = {
        2: (floors.l2_floor, floors.proven_l2_floor),
        1: (floors.l1_floor, floors.proven_l1_floor),
    }
    rows = []
    for power, (closed, proven) in laws.items():
        searched = floors.grid_floor(n, power, factors["knots_per_edge"], factors["levels"])
        for k, found in enumerate(searched, start=1):
            gap = {"search_gap": found - closed(n, k), "proven_gap": closed(n, k) - proven(n, k)}
            rows.append({"replicate": streams.replicates[i], "method": f"l{power}_pieces_{k}", **gap})
    return rows


def _labels(factors: dict, streams: Streams, i: int) -> list[dict]:
    """SAW9: the closed form of the 0-1 floor against all labellings."""
    points = factors["points"]
    found = floors.zero_one_search(points)
    wrong = sum(found[s] != floors.zero_one_floor(points, s) for s in found)
    return [{"replicate": streams.replicates[i], "method": "all_labellings", "mismatches": wrong}]


def _rounding(factors: dict, streams: Streams, i: int) -> list[dict]:
    """SAW11: the chain in float32 (24 digits) or float64 (53), from inputs in [1/2, 1)."""
    n, digits = factors["compositions"], factors["digits"]
    dtype = {24: np.float32, 53: np.float64}[digits]
    rng = streams.generators("inputs", digits=digits)[i]
    u = rng.integers(1 << (digits - 1), 1 << digits, 4096)
    x = (u / 2.0**digits).astype(dtype)
    chain = theory.chain(n)
    computed = theory.evaluate(chain, x)
    exact = [theory.sawtooth(Fraction(int(v), 1 << digits), n) for v in u]
    own = sum(Fraction(float(c)) != e for c, e in zip(computed, exact, strict=True))
    halves = [Fraction(2 * int(v) + 1, 1 << (digits + 1)) for v in u]
    errors = [abs(theory.sawtooth(h, n) - e) for h, e in zip(halves, exact, strict=True)]
    row = {"rounding_mismatches": own, "input_error": float(max(errors)), "values": len(np.unique(computed))}
    row |= {"input_error_ratio": row["input_error"] / theory.float_error(n, digits)}
    if digits == 24:
        every = (np.arange(1 << 23, 1 << 24) / 2.0**24).astype(np.float32)
        row["values"] = len(np.unique(theory.evaluate(chain, every)))
    row["values_excess"] = row["values"] - theory.float_values(n, digits)
    return [{"replicate": streams.replicates[i], "method": f"float{32 if digits == 24 else 64}", **row}]


PARTS = {
    "construction": _construction,
    "composition_law": _composition_law,
    "floor": _floor,
    "labels": _labels,
    "rounding": _rounding,
}
