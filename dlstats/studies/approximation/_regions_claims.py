"""What the study of linear regions claims: REG1 to REG7."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.approximation._extremes import extreme, largest, largest_size, mean, smallest, worst_mean
from dlstats.studies.approximation._regions_parts import WEIGHTS, widths_of
from dlstats.theory import linear_regions as theory

DERIVED = "derived here, short proof; checked by enumeration of all signs"
HANIN = "sharp form of Hanin and Rolnick 2019; " + DERIVED
EQUAL_NEURONS = ("16-16", "8-8-8-8", "4-4-4-4-4-4-4-4")
"""Networks of 32 hidden units in all, deeper and deeper; 32 in one layer beside them."""


def _ratios(column: str, expected: Callable, margin: float, **factors: object) -> Callable[[Evidence], Estimate]:
    """Mean of `column` over its prediction from the widths, in the cell where it speaks most against 1."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(**factors)
        found = []
        for _, cell in rows.groupby("cell", sort=False):
            found.append(montecarlo.estimate("mean", cell[column] / expected(widths_of(cell["widths"].iloc[0]))))
        return montecarlo.worst(found, 1, margin)

    return measure


def _growth(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="trained")
    return montecarlo.estimate("ratio", rows["pieces_after"], other=rows["pieces_before"])


def _over_eight_a_neuron(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="trained")
    neurons = [sum(widths_of(w)) for w in rows["widths"]]
    return extreme(rows, rows["pieces_after"] - 8 * np.array(neurons), 1)


def _shallow_difference(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="plane")
    shallow = [len(widths_of(w)) == 1 for w in rows["widths"]]
    return extreme(rows, np.where(shallow, rows["over_shallow"].abs(), np.nan), 1)


SYMMETRIC = list(WEIGHTS)
SHALLOW = theory.shallow_regions(32, 2)

COUNTS = (
    Claim(
        "REG1",
        "The exact counter finds 2ⁿ + 2 linear pieces on ℝ in the sawtooth network of 2n units, n = 2, …, 14, though most "
        "of its zeros fall on old breakpoints (largest difference).",
        "identity",
        0,
        0,
        largest_size("excess", part="sawtooth"),
        "exact",
    ),
    Claim(
        "REG1.inside",
        "The sawtooth network of 2n units has 2ⁿ pieces on (0, 1): depth can multiply pieces (largest difference).",
        "identity",
        0,
        0,
        largest_size("excess_inside", part="sawtooth"),
        "Telgarsky 2015",
        "JSM",
    ),
    Claim(
        "REG5",
        "No ReLU network on ℝ has more than ∏(n_l + 1) pieces: a climb over the weights never finds more (largest excess).",
        "bound_above",
        0,
        0,
        largest("over_upper", part="climb"),
        "Montufar 2017",
        "JSM",
    ),
    Claim(
        "REG5.folding",
        "Folding reaches n₁ ⋯ n_{L−1} (n_L + 1) pieces on (0, 1): exponentially many in the depth exist (smallest excess).",
        "bound_below",
        0,
        0,
        smallest("over_lower", part="folding"),
        "Montufar, Pascanu, Cho and Bengio 2014",
        "JSM",
    ),
    Claim(
        "REG6",
        "One hidden layer of N generic units cuts the plane into exactly 1 + N + N(N−1)/2 regions (largest difference).",
        "identity",
        0,
        0,
        _shallow_difference,
        "Zaslavsky 1975",
        "JSM",
    ),
)

LINE = (
    Claim(
        "REG2",
        "With independent rows whose entries have a density and every sign as likely as the other, the neurons of a random "
        "network have Σ_l n_l ∏_{j<l}(1 − 2^{−n_j}) zeros on a line on average, whatever the law and the scale (worst ratio).",
        "equivalence",
        1,
        0.02,
        _ratios("zeros", theory.expected_zeros, 0.02, part="line", law=SYMMETRIC),
        HANIN,
        "JSM",
    ),
    Claim(
        "REG2.kinks",
        "The output of such a network has Σ_l n_l ∏_{j≠l}(1 − 2^{−n_j}) kinks on a line on average (worst ratio).",
        "equivalence",
        1,
        0.02,
        _ratios("kinks", theory.expected_kinks, 0.02, part="line", law=SYMMETRIC),
        HANIN,
        "JSM",
    ),
    Claim(
        "REG2.depth",
        "At width 16 the mean number of zeros on a line is the number of neurons at 1, 2, 4 and 8 layers (worst ratio).",
        "equivalence",
        1,
        0.02,
        _ratios(
            "zeros", sum, 0.02, part="line", law="gaussian", widths=[16, "16-16", "16-16-16-16", "-".join(["16"] * 8)]
        ),
        HANIN,
        "JSM",
    ),
    Claim(
        "REG2.deeper_is_more",
        "Of random networks with 32 hidden units, deep ones have on average at least as many zeros on a line as one "
        "hidden layer, which has exactly 32 (fewest over 2, 4 and 8 layers).",
        "at_least",
        32,
        0,
        worst_mean("zeros", 32, 0, "at_least", "widths", part="line", law="gaussian", widths=list(EQUAL_NEURONS)),
        "the lectures' picture, read at initialisation",
        "JSM",
    ),
    Claim(
        "REG2.constant_bias",
        "The closed form of REG2 holds with one positive bias for all units, though no sign of it is changed (ratio, widths "
        "3, 4, 3).",
        "equivalence",
        1,
        0.02,
        _ratios("zeros", theory.expected_zeros, 0.02, part="line", law="constant_bias"),
        "negative control",
        "JSM",
    ),
    Claim(
        "REG2.zero_bias",
        "The closed form of REG2 holds without biases on a line that misses the origin (ratio, widths 3, 4, 3).",
        "equivalence",
        1,
        0.02,
        _ratios("zeros", theory.expected_zeros, 0.02, part="line", law="zero_bias"),
        "tried here",
    ),
    Claim(
        "REG2.zero_bias_form",
        "Without biases, on a line that misses the origin, the mean number of zeros is Σ_l n_l ∏_{j<l} p₂(n_j), "
        "p₂(n) = 1 − 2^{−n}(1 + n): two active units are needed in every layer before (ratio, widths 3, 4, 3).",
        "equivalence",
        1,
        0.02,
        _ratios("zeros", theory.expected_zeros_without_bias, 0.02, part="line", law="zero_bias"),
        DERIVED,
    ),
    Claim(
        "REG3",
        "In wide Gaussian networks with weight variance 2/fan-in and bias variance s² the zeros of layer l follow a Cauchy "
        "law of scale s√(l/2): half of them lie within it (share in the worst of 4 layers, width 256).",
        "equivalence",
        0.5,
        0.025,
        worst_mean("within", 0.5, 0.025, "equivalence", "method", part="law"),
        "derived here; Kac-Rice formula",
    ),
    Claim(
        "REG3.tails",
        "Three quarters of the zeros of layer l lie within (1 + √2) s√(l/2) (share in the worst of 4 layers, width 256).",
        "equivalence",
        0.75,
        0.0375,
        worst_mean("within_wider", 0.75, 0.0375, "equivalence", "method", part="law"),
        "derived here; Kac-Rice formula",
    ),
)

PLANE = (
    Claim(
        "REG4",
        "The mean number of activation regions of the plane at random initialisation is 1 + mean zeros of a line + mean "
        "crossings of pairs of neurons, in closed form, up to few isolated loops (worst ratio).",
        "equivalence",
        1,
        0.05,
        _ratios("regions", theory.expected_regions_plane, 0.05, part="plane"),
        "derived here: Kac-Rice and Euler's formulas; checked by enumeration of all signs",
        "JSM",
    ),
    Claim(
        "REG4.depth",
        "With 32 hidden units, 2, 4 or 8 layers have on average no more regions of the plane at initialisation than the 529 "
        "of one layer (most over the depths).",
        "at_most",
        SHALLOW,
        0.05 * SHALLOW,
        worst_mean("regions", SHALLOW, 0.05 * SHALLOW, "at_most", "widths", part="plane", widths=list(EQUAL_NEURONS)),
        "derived here",
        "JSM",
    ),
    Claim(
        "REG4.deeper_is_more",
        "With 32 hidden units, four layers of 8 have on average at least as many regions of the plane at initialisation as "
        "one layer, which has 529.",
        "at_least",
        SHALLOW,
        0,
        mean("regions", part="plane", widths="8-8-8-8"),
        "the lectures' picture, read at initialisation",
        "JSM",
    ),
    Claim(
        "REG7",
        "Training on the sawtooth m⁽³⁾ leaves at most eight pieces a neuron (largest excess over all trained networks).",
        "bound_above",
        0,
        0,
        _over_eight_a_neuron,
        "tried here; Hanin and Rolnick 2019 see the same",
        "JSM",
    ),
    Claim(
        "REG7.growth",
        "Training on the sawtooth m⁽³⁾ less than doubles the mean number of pieces (ratio after to before).",
        "at_most",
        2,
        0,
        _growth,
        "tried here",
        "JSM",
    ),
)

CLAIMS = (*COUNTS, *LINE, *PLANE)
