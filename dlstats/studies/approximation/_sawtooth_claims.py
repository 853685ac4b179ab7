"""What the sawtooth study claims: SAW1 to SAW11."""

from __future__ import annotations

from dlstats.protocol.claim import Claim
from dlstats.studies.approximation._sawtooth_measures import (
    least_above_floor,
    least_sup_error,
    never_differs,
    share_found,
    worst,
)

TELGARSKY = "Telgarsky 2015, arXiv:1509.08101"
DERIVED = "derived here, short proof"
CHECKED = "derived here; attained exactly, optimality checked by dynamic programming, not proven"


def _zero(name: str, statement: str, measure, source: str, lecture: str = "") -> Claim:
    return Claim(name, statement, "identity", 0, 0, measure, source, lecture)


CONSTRUCTIONS = (
    _zero(
        "SAW1",
        "The ReLU network with hidden widths 2, 1 repeated n times and a linear output equals m⁽ⁿ⁾ at every rational of "
        "[−1/2, 3/2] that is tried (mismatches).",
        never_differs("mismatches", part="construction", method="chain"),
        TELGARSKY,
        "JSM",
    ),
    _zero(
        "SAW1.nodes",
        "The network of SAW1 has 3n + 1 nodes, its output included (difference).",
        never_differs("nodes_excess", part="construction", method="chain"),
        TELGARSKY,
        "JSM",
    ),
    _zero(
        "SAW2",
        "Two units a layer suffice: 2n hidden units and a linear output equal m⁽ⁿ⁾ on (−∞, 1] for every n, and on all "
        "of ℝ for n ≥ 2 (mismatches on [−1/2, 1]).",
        never_differs("mismatches_to_one", part="construction", method="narrow_chain"),
        DERIVED,
        "JSM",
    ),
    _zero(
        "SAW2.line",
        "For n ≥ 2 the network of SAW2 equals m⁽ⁿ⁾ on all of ℝ (mismatches on [−1/2, 3/2]).",
        never_differs("mismatches", lambda rows: rows["compositions"] >= 2, part="construction", method="narrow_chain"),
        DERIVED,
    ),
    Claim(
        "SAW2.fewest",
        "3n + 1 nodes are needed, not only enough: an exact deep network has no fewer (nodes beyond 3n + 1 of the "
        "smallest exact network here, that of SAW2 with 2n + 1, for n ≥ 2).",
        "bound_below",
        0,
        0,
        worst("nodes_excess", -1, part="construction", method="narrow_chain", exact_on_line=True),
        "the lectures' 3n + 1 read as a minimum",
        "JSM",
    ),
    _zero(
        "SAW3",
        "m⁽ⁿ⁾ has 2ⁿ linear pieces on [0, 1] (difference).",
        never_differs("pieces_excess", part="construction"),
        TELGARSKY,
        "JSM",
    ),
    _zero(
        "SAW3.line",
        "m⁽ⁿ⁾ has 2ⁿ + 2 linear pieces on ℝ (difference).",
        never_differs("pieces_line_excess", part="construction"),
        TELGARSKY,
    ),
    _zero(
        "SAW3.crossings",
        "m⁽ⁿ⁾ crosses the level 1/2 exactly 2ⁿ times (difference).",
        never_differs("crossings_excess", part="construction"),
        TELGARSKY,
        "JSM",
    ),
    _zero(
        "SAW4",
        "A shallow ReLU network with 2ⁿ hidden units equals m⁽ⁿ⁾ on [0, 1] (mismatches).",
        never_differs("mismatches", part="construction", method="shallow_exact"),
        DERIVED,
        "JSM",
    ),
    _zero(
        "SAW4.fewest",
        "No shallow ReLU network with fewer than 2ⁿ hidden units equals m⁽ⁿ⁾ on [0, 1] (units beyond the fewest found by "
        "search over all ways to make the kinks, n ≤ 4).",
        never_differs("units_excess", part="construction", method="shallow_exact"),
        DERIVED,
        "JSM",
    ),
    _zero(
        "SAW4.skip",
        "With a linear skip connection 2ⁿ − 1 hidden units suffice (mismatches on [0, 1]).",
        never_differs("mismatches", part="construction", method="shallow_skip"),
        DERIVED,
    ),
    _zero(
        "SAW4.line",
        "2ⁿ + 1 hidden units, one for each kink on ℝ, suffice there (mismatches on [−1/2, 3/2]).",
        never_differs("mismatches", part="construction", method="shallow_line"),
        DERIVED,
    ),
    Claim(
        "SAW5",
        "Composition multiplies at most: pieces(f∘g) ≤ pieces(f) pieces(g) (largest excess over random f, g).",
        "bound_above",
        0,
        0,
        worst("over_product", part="composition_law"),
        TELGARSKY,
        "JSM",
    ),
    Claim(
        "SAW5.sum",
        "Addition adds at most: pieces(f + g) ≤ pieces(f) + pieces(g) − 1 (largest excess over random f, g).",
        "bound_above",
        0,
        0,
        worst("over_sum", part="composition_law"),
        TELGARSKY,
        "JSM",
    ),
    _zero(
        "SAW5.equality",
        "Equality is attained: m⁽ᵃ⁾∘m⁽ᵇ⁾ has 2ᵃ 2ᵇ pieces on [0, 1] (difference).",
        never_differs("sawtooth_excess", part="composition_law"),
        TELGARSKY,
        "JSM",
    ),
)

FLOORS = (
    Claim(
        "SAW6",
        "A shallow ReLU network with N ≤ 2ⁿ − 2 units has sup error at least 1/2 on m⁽ⁿ⁾ (smallest of all trained).",
        "bound_below",
        0.5,
        1e-6,
        least_sup_error,
        DERIVED,
        "JSM",
    ),
    Claim(
        "SAW7",
        "The least integrated squared error of k pieces is e₂(r)/2ⁿ, r = 2ⁿ − k + 1, e₂ = (r² − 1)/(6(2r − 1)) for odd and "
        "r(r + 2)/(6(2r + 3)) for even r: dynamic programming finds nothing smaller (smallest difference).",
        "bound_below",
        0,
        1e-12,
        worst("search_gap", -1, "l2", part="floor"),
        CHECKED,
    ),
    Claim(
        "SAW7.attained",
        "The L² floor of SAW7 is attained, to the width of the search grid (largest difference).",
        "bound_above",
        0,
        2e-4,
        worst("search_gap", 1, "l2", part="floor"),
        CHECKED,
    ),
    Claim(
        "SAW7.proven",
        "The floors of SAW7 and SAW8 are not below the proven ones, (1/12)(1 − 2(k − 1)/2ⁿ)₊ in L² and "
        "(1/4 − (k − 1)/2ⁿ⁺¹)₊ in L¹ (smallest difference).",
        "bound_below",
        0,
        1e-12,
        worst("proven_gap", -1, part="floor"),
        f"{DERIVED}; sharper than the triangle count of Telgarsky 2016",
    ),
    Claim(
        "SAW8",
        "The least integrated absolute error of k pieces is e₁(r)/2ⁿ, a two-parameter minimum: dynamic programming finds "
        "nothing smaller (smallest difference).",
        "bound_below",
        0,
        1e-9,
        worst("search_gap", -1, "l1", part="floor"),
        CHECKED,
    ),
    Claim(
        "SAW8.attained",
        "The L¹ floor of SAW8 is attained, to the width of the search grid (largest difference).",
        "bound_above",
        0,
        9e-4,
        worst("search_gap", 1, "l1", part="floor"),
        CHECKED,
    ),
    _zero(
        "SAW9",
        "On M alternating labels the least 0–1 error of a classifier with s sign runs is ⌈(M − s)/2⌉/M (values of s where "
        "the search over all labellings differs).",
        never_differs("mismatches", part="labels"),
        "sharp form of Telgarsky 2015",
        "JSM",
    ),
)

TRAINING = (
    Claim(
        "SAW10",
        "No trained shallow network of N units goes below the L² floor of N + 1 pieces (smallest distance above it).",
        "bound_below",
        0,
        1e-6,
        least_above_floor,
        "SAW7",
    ),
    Claim(
        "SAW10.optimisation",
        "Gradient descent finds the deep network that exists: more than half of the deep networks with two units a layer, "
        "enough to be exact, end below a tenth of the error of a constant (share of starts).",
        "at_least",
        0.5,
        0,
        share_found,
        "expressivity read as attainability",
        "JSM",
    ),
)

ROUNDING = (
    _zero(
        "SAW11",
        "The network of SAW1 makes no rounding error in binary floating point: float32 and float64 give m⁽ⁿ⁾ of the "
        "rounded input exactly (mismatches).",
        never_differs("rounding_mismatches", part="rounding"),
        DERIVED,
    ),
    _zero(
        "SAW11.values",
        "At the float32 numbers of [1/2, 1) m⁽ⁿ⁾ takes 2²⁴⁻ⁿ + 1 values for 2 ≤ n ≤ 24 and only 0 for n ≥ 25 "
        "(difference over all 2²³ inputs).",
        never_differs("values_excess", lambda rows: rows["compositions"] >= 2, part="rounding", digits=24),
        DERIVED,
    ),
    _zero(
        "SAW11.double",
        "In float64 two values, 0 and 1, are left at n = 53 and only 0 beyond (difference).",
        never_differs("values_excess", lambda rows: rows["compositions"] >= 53, part="rounding", digits=53),
        DERIVED,
    ),
    Claim(
        "SAW11.input",
        "Against the true x the error is that of rounding the input: at most 2ⁿ⁻²⁵ in float32 and 2ⁿ⁻⁵⁴ in float64, and "
        "this is attained (largest ratio to the bound, where it is at most 1).",
        "identity",
        1,
        0,
        never_differs("input_error_ratio", lambda rows: rows["compositions"] <= rows["digits"] + 1, part="rounding"),
        DERIVED,
    ),
)

CLAIMS = (*CONSTRUCTIONS, *FLOORS, *TRAINING, *ROUNDING)
