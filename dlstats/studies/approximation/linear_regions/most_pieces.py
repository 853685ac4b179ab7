"""How many pieces a network can have on a line: exact constructions, and a climb over the weights."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from dlstats.measures import linear_regions as counter
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.factor import Condition
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Stated
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.approximation.linear_regions._random_networks import BLOCK, WIDTHS, widths_of
from dlstats.theory import linear_regions as theory

PROPOSALS = 400
"""Proposals of a climb to many pieces."""
COMPOSITIONS = range(2, 15)
FOLDED = ("2-2", "3-3", "4-4", "2-2-2", "3-3-3", "8-8-8-8")
"""Widths of the folding networks."""


def climb(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Most pieces on a line in a climb: random changes of a random network, kept unless they lose pieces."""
    widths = widths_of(condition.widths)
    shapes = counter.shapes((1, *widths, 1))
    size = sum(int(np.prod(shape)) for shape in shapes.values())
    now = streams.draw(lambda rng: rng.normal(size=size), "climb_start", widths=list(widths))
    steps = streams.draw(
        lambda rng: rng.normal(size=(PROPOSALS, size)) * 10 ** rng.uniform(-2, 0.5, (PROPOSALS, 1)),
        "climb",
        widths=list(widths),
    )

    def pieces(parameters: np.ndarray) -> np.ndarray:
        return counter.pieces(counter.on_line(counter.layers_of(shapes, parameters)))

    best = pieces(now)
    for step in range(PROPOSALS):
        count = pieces(now + steps[:, step])
        better = count >= best
        now[better] += steps[better, step]
        best = np.where(better, count, best)
    columns = {"pieces": best, "over_upper": best - theory.most_regions(widths, 1)}
    return pd.DataFrame({"replicate": list(streams.replicates), "method": "climb", **columns})


def _sawtooth(n: int) -> counter.Cells:
    """The cells of the exact sawtooth network of 2n units, most of whose zeros fall on old knots."""
    half = np.array([[0.0, -0.5]])
    inner = (np.array([[[2.0, -4], [2, -4]]]), half)
    output = (np.array([[[2.0, -4]]]), np.zeros((1, 1)))
    return counter.on_line([(np.ones((1, 2, 1)), half), *[inner] * (n - 1), output])


def folding(widths: tuple[int, ...]) -> int:
    """Pieces on (0, 1) of the folding network of Montufar et al. 2014."""
    row, layers = np.ones((1, 1)), []
    for n in widths[:-1]:
        layers.append((np.repeat(row, n, axis=0)[None], -(np.arange(n) / n)[None]))
        row = n * np.where(np.arange(n) % 2, -2.0, 2.0)[None]
        row[0, 0] = n
    last = widths[-1]
    turned = np.where(np.arange(last), 1.0, -1.0)  # one unit decreases, so that the folds at 0 show
    layers.append((turned[:, None] * row[None], -(turned * np.arange(1, last + 1) / (last + 1))[None]))
    layers.append((np.ones((1, 1, last)), np.zeros((1, 1))))
    return int(counter.pieces(counter.on_line(layers), 0, 1)[0])


def _most_of_one_layer(widths: tuple[int, ...]) -> int:
    """Most pieces of one hidden layer with no more parameters than these widths have: 3 per unit and one, N + 1 pieces."""
    parameters = sum((fan_in + 1) * fan_out for fan_in, fan_out in itertools.pairwise((1, *widths, 1)))
    return (parameters - 1) // 3 + 1


EXPERIMENT = Experiment(
    climb,
    factors={"widths": WIDTHS},
    methods={
        "climb": Method(
            "climb", f"random changes of a random network, kept unless they lose pieces, {PROPOSALS} proposals"
        )
    },
    measures=(
        Measure("pieces", "most pieces on a line", "largest"),
        Measure("over_upper", "pieces beyond the upper bound", "largest"),
    ),
    block=BLOCK,
)

CLAIMS = (
    Claim(
        "REG5",
        "No ReLU network on ℝ has more than ∏(n_l + 1) pieces: a climb over the weights never finds more (largest excess).",
        at_most(0), value("over_upper").each("widths"), Derived("linear-regions.md#most-pieces-on-a-line"), ("JSM",),
    ),
)  # fmt: skip

CHECKS = (
    Check(
        "REG1",
        "The exact counter finds 2ⁿ + 2 linear pieces on ℝ in the sawtooth network of 2n units, n = 2, …, 14, though most "
        "of its zeros fall on old breakpoints (largest difference).",
        equals(0), lambda: {f"n = {n}": int(counter.pieces(_sawtooth(n))[0]) - (2**n + 2) for n in COMPOSITIONS},
        Derived("sawtooth.md#pieces-of-the-sawtooth"),
    ),
    Check(
        "REG1.inside",
        "Depth multiplies: the sawtooth network of n layers of two units has 2ⁿ pieces on (0, 1), n = 2, …, 14 (largest "
        "difference).",
        equals(0), lambda: {f"n = {n}": int(counter.pieces(_sawtooth(n), 0, 1)[0]) - 2**n for n in COMPOSITIONS},
        Stated("JSM", "Motivation for Deep Learning", "Depth - Multiplicatively … Width - additively"),
    ),
    Check(
        "REG5.folding",
        "Deep networks can have many more pieces for their parameters: those that fold, of widths 2, 2 to 8, 8, 8, 8, have more "
        "pieces on (0, 1) than one layer of as many parameters can have on ℝ (smallest ratio).",
        at_least(1), lambda: {w: folding(widths_of(w)) / _most_of_one_layer(widths_of(w)) for w in FOLDED},
        Stated("JSM", "Shallow vs deep networks", "deep networks produce many more linear regions per parameter"),
    ),
)  # fmt: skip
