"""Zeros of the neurons and kinks of the output of random networks on a line: how many, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dlstats.measures import linear_regions as counter
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Control, Derived
from dlstats.protocol.readers import Reader, value
from dlstats.protocol.study import Experiment
from dlstats.seeds import Streams
from dlstats.studies.approximation.linear_regions._random_networks import (
    BLOCK,
    DISTRIBUTIONS,
    EQUAL_UNITS,
    LINES,
    RANDOM,
    SYMMETRIC,
    WIDTHS,
    draw,
    widths_of,
)
from dlstats.theory import linear_regions as theory

DIMENSION = 10
"""Inputs of the networks whose biases are 0: there the line must not pass through the origin."""
WIDER = 1 + 2**0.5
"""A Cauchy variable is within its scale with probability 1/2, within (1 + sqrt(2)) times its scale with probability 3/4."""


def count(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Zeros and kinks of random networks on a line."""
    widths, distribution = widths_of(condition.widths), condition.distribution
    d = DIMENSION if distribution == "zero_bias" else 1
    start = np.eye(d)[-1] if d > 1 else None
    cells = counter.on_line(draw(streams, d, widths, distribution), start)
    counts = {"zeros": counter.zeros_per_network(cells).sum(axis=1), "kinks": counter.kinks(cells).sum(axis=1)}
    return pd.DataFrame({"replicate": list(streams.replicates), "method": "network", **counts})


def locate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Proportions of the zeros of each layer within the Cauchy scale and within 1 + sqrt(2) times it."""
    widths = (condition.width,) * condition.depth
    rows = []
    for replicate in streams.replicates:  # one at a time: a wide network has thousands of cells
        alone = Streams(streams.seed, streams.study, [replicate])
        cells = counter.on_line(draw(alone, 1, widths))
        for layer, zeros in enumerate(cells.zeros, start=1):
            ratio = np.abs(zeros[0]) / theory.breakpoint_scale(layer, 2.0, 1.0)
            within = {"within": float((ratio <= 1).mean()), "within_wider": float((ratio <= WIDER).mean())}
            rows.append({"replicate": replicate, "method": "network", "layer": layer, **within})
    return pd.DataFrame(rows)


LINE = Experiment(
    count,
    factors={"widths": WIDTHS, "distribution": Factor("distribution of weights and biases", str, DISTRIBUTIONS)},
    methods=RANDOM,
    measures=(
        Measure("zeros", "zeros of all neurons on a line"),
        Measure("kinks", "kinks of the output on a line"),
    ),
    block=BLOCK,
)

BREAKPOINTS = Experiment(
    locate,
    factors={
        "width": Factor("units per layer", int, at_least=1),
        "depth": Factor("hidden layers", int, symbol="L", at_least=1),
    },
    keys={"layer": Factor("layer", int, symbol="l", at_least=1)},
    methods=RANDOM,
    measures=(
        Measure("within", "proportion of zeros within the Cauchy scale"),
        Measure("within_wider", "proportion of zeros within 1 + √2 times the scale"),
    ),
    block=BLOCK,
)


def _ratio(column: str, expected: Callable[[Sequence[int]], float], **where: Any) -> Reader:
    """The mean over what theory expects of these widths, at every condition."""

    def theory_of(line: Mapping) -> float:
        return expected(widths_of(line["widths"]))

    return value(column, **where).each().over_theory(theory_of)


def _equal_units(depth: int) -> float:
    return theory.expected_zeros((32 // depth,) * depth)


SMALL = {"distribution": list(SYMMETRIC), "widths": LINES}
CLAIMS = (
    Claim(
        "REG2",
        "With independent rows that have a density, and every sign as likely as the other, the neurons of a random network "
        "have on average Σ_l n_l ∏_{j<l}(1 − 2^{−n_j}) zeros on a line, whatever the distribution and the scale (ratio, "
        "worst of four shapes with Gaussian weights and of three other distributions at widths 3, 4, 3).",
        equals(1, 0.02), _ratio("zeros", theory.expected_zeros, **SMALL),
        Derived("linear-regions.md#zeros-on-a-line"), ("JSM",),
    ),
    Claim(
        "REG2.kinks",
        "With independent rows that have a density, and every sign as likely as the other, the output of a random network has "
        "on average Σ_l n_l ∏_{j≠l}(1 − 2^{−n_j}) kinks on a line, whatever the distribution and the scale (ratio, worst of "
        "four shapes with Gaussian weights and of three other distributions at widths 3, 4, 3).",
        equals(1, 0.02), _ratio("kinks", theory.expected_kinks, **SMALL),
        Derived("linear-regions.md#kinks-on-a-line"), ("JSM",),
    ),
    Claim(
        "REG2.depth",
        "At width 16 the mean number of zeros on a line over the number of neurons is {theory} to within {margin} also at 2, 4 "
        "and 8 layers, Gaussian weights (worst ratio); with one layer every network has exactly as many zeros as neurons.",
        equals(1, 0.02),
        _ratio("zeros", sum, distribution="gaussian", widths=["-".join(["16"] * depth) for depth in (2, 4, 8)]),
        Derived("linear-regions.md#zeros-on-a-line"), ("JSM",),
    ),
    Claim(
        "REG2.units",
        "Gaussian networks of 32 hidden units in 2, 4 and 8 equal layers have on average {two:.4f}, {four:.2f} and {eight:.2f} "
        "zeros on a line, where one layer has 32 (worst ratio).",
        equals(1, 0.02), _ratio("zeros", theory.expected_zeros, distribution="gaussian", widths=EQUAL_UNITS),
        Derived("linear-regions.md#zeros-on-a-line"), ("JSM",),
        {"two": _equal_units(2), "four": _equal_units(4), "eight": _equal_units(8)},
    ),
    Claim(
        "REG2.constant_bias",
        "The mean number of zeros is that of REG2 with one positive bias for all units, which no sign changes (ratio, widths "
        "3, 4, 3).",
        equals(1, 0.02), _ratio("zeros", theory.expected_zeros, distribution="constant_bias"), Control(), ("JSM",),
    ),
    Claim(
        "REG2.zero_bias",
        "The mean number of zeros is that of REG2 without biases, on a line that misses the origin (ratio, widths 3, 4, 3).",
        equals(1, 0.02), _ratio("zeros", theory.expected_zeros, distribution="zero_bias"), Control(),
    ),
    Claim(
        "REG2.zero_bias_form",
        "Without biases, on a line that misses the origin, the mean number of isolated zeros is Σ_l n_l ∏_{j<l} p₂(n_j), "
        "p₂(n) = 1 − 2^{−n}(1 + n): two active units are needed in every layer before (ratio, widths 3, 4, 3).",
        equals(1, 0.02), _ratio("zeros", theory.expected_zeros_without_bias, distribution="zero_bias"),
        Derived("linear-regions.md#zeros-without-biases"),
    ),
    *(
        Claim(
            f"REG3{part}",
            f"In Gaussian networks with weight variance 2/fan-in and bias variance s² the zeros of layer l follow, as the "
            f"widths grow, a Cauchy distribution of scale s√(l/2): {text} (proportion at the largest width, worst of 4 layers).",
            equals(proportion, 0.05 * proportion),
            value(column).each("layer").at_largest("width").at_least(width=5),
            Derived("linear-regions.md#where-the-zeros-lie"), regime="asymptotic",
        )
        for part, column, proportion, text in (
            ("", "within", 0.5, "half of them lie within that distance of 0"),
            (".tails", "within_wider", 0.75, "three quarters lie within 1 + √2 times that distance of 0"),
        )
    ),
)  # fmt: skip
