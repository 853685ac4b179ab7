"""Are the numbers of the lectures' worked examples right, to the digits that are printed?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from dlstats.protocol.claim import at_least, at_most
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.study import Check, Experiment, Method, Study, grid
from dlstats.studies.frames import tabulated
from dlstats.studies.likelihood.information.identities import LECTURE_LOG, LECTURE_TRUE

PROBABILITIES, LABELS = (0.6882, 0.4268, 0.6981, 0.6192), (1, 0, 1, 0)
LOGITS = (
    (0.7114, -0.9152, -0.3899, 0.9435, -0.1819), (-0.6162, -0.0346, -0.5723, -1.1487, -1.4400),
    (0.3388, -0.9662, -0.2876, -0.1088, -0.1857), (-1.3066, 1.5789, -0.3382, -0.6364, 2.9867),
)  # fmt: skip
LOG_PROBABILITIES = (
    (-2.1952, -2.0639, -0.3655, -4.2204, -2.9338), (-2.2309, -1.6147, -1.2787, -1.6363, -1.5118),
    (-2.1938, -3.0970, -1.5740, -1.3624, -0.9675), (-1.9533, -1.1320, -3.2088, -1.2513, -1.5640),
)  # fmt: skip
CLASSES = [1, 0, 3, 2]
POOLED = ((3, 3, 2, 1, 0), (0, 0, 1, 3, 1), (3, 1, 2, 2, 3), (2, 0, 0, 2, 2), (2, 0, 0, 0, 1))


@dataclass(frozen=True)
class Example:
    """A number that a lecture prints with `digits` decimals, and how it is computed from what stands beside it."""

    label: str
    printed: float
    digits: int
    compute: Callable[[], float]


def _binary() -> float:
    p, y = np.array(PROBABILITIES), np.array(LABELS)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def _cross_entropy() -> float:
    return float(-scipy.special.log_softmax(np.array(LOGITS), axis=1)[range(4), CLASSES].mean())


def _divergence() -> float:
    log, true = np.array(LECTURE_LOG), np.array(LECTURE_TRUE)
    return float((true * (np.log(true) - log)).sum() / 4)


def _pooling() -> float:
    """Sum of the maxima of all 3 × 3 windows."""
    windows = np.lib.stride_tricks.sliding_window_view(np.array(POOLED), (3, 3))
    return float(windows.max(axis=(2, 3)).sum())


def _squares(*gaps: float) -> float:
    return float(sum(gap**2 for gap in gaps))


def _descent(steps: int) -> float:
    w = 2.0
    for _ in range(steps):
        w -= 0.25 * 2 * w
    return w


EXAMPLES = {
    "neuron": Example("TUE 2.1, a neuron at (1, 2, 3)", 5.5, 1, lambda: 1 * 1 + 2 * 0.5 + 3 * 1 + 0.5),
    "half_square": Example("TUE (2.15), ½(5 − 2)²", 9, 0, lambda: (5 - 2) ** 2 / 2),
    "mae": Example("BIOS, MAE of five errors", 1, 0, lambda: float(np.abs([0, 1, -2, -0.5, 1.5]).mean())),
    "rmse": Example("BIOS, RMSE of the same", 1.22, 2, lambda: math.sqrt(_squares(0, 1, -2, -0.5, 1.5) / 5)),
    "mae_outlier": Example("BIOS, MAE with an outlier", 3.8, 1, lambda: float(np.abs([0, 1, 1, -2, 15]).mean())),
    "rmse_outlier": Example("BIOS, RMSE with an outlier", 6.79, 2, lambda: math.sqrt(_squares(0, 1, 1, -2, 15) / 5)),
    "binary": Example("BIOS, binary cross-entropy", 0.5638, 4, _binary),
    "cross_entropy": Example("BIOS, cross-entropy of logits", 2.3831, 4, _cross_entropy),
    "likelihood": Example(
        "BIOS, negative log-likelihood",
        2.2165,
        4,
        lambda: float(-np.array(LOG_PROBABILITIES)[range(4), CLASSES].mean()),
    ),
    "divergence": Example("BIOS, Kullback-Leibler divergence", 0.4276, 4, _divergence),
    "squared_1": Example("NSTDA, squared error", 1.02, 2, lambda: _squares(-0.4, 0.6, 0.5, -0.5)),
    "squared_2": Example("NSTDA, after one update", 0.64, 2, lambda: _squares(-0.4, 0.4, 0.4, -0.4)),
    "squared_3": Example("NSTDA, after more", 0.0825, 4, lambda: _squares(-0.2, 0.15, 0.1, -0.1)),
    "squared_4": Example("NSTDA, at the end", 0.0036, 4, lambda: _squares(-0.01, 0.05, 0.01, -0.03)),
    "natural": Example("NSTDA, −log 0.7 as natural logarithm", 0.15, 2, lambda: -math.log(0.7)),
    "descent": Example("NSTDA, w after five steps on w²", 0.0625, 4, lambda: _descent(5)),
    "models": Example("NSTDA, 1 + 8 + 20 models", 30, 0, lambda: 1 + 8 + 20),
    "pooling": Example("JSM, sum of the 3 × 3 pooled map (printed entry by entry)", 26, 0, _pooling),
    "factorial": Example(
        "JSM, order of magnitude of 128!", 215, 0, lambda: math.floor(math.lgamma(129) / math.log(10))
    ),
}
WRONG = ("half_square", "rmse_outlier", "natural", "models")
"""Those that are not right as printed: the list of corrections says what is."""


def _off(example: Example) -> float:
    """|recomputed − printed| in units of half the last digit: at most 1 where the digits are right."""
    return abs(example.compute() - example.printed) / (0.5 * 10.0**-example.digits)


def _rows(example: str) -> list[dict]:
    one = EXAMPLES[example]
    return [{"method": "recomputed", "printed": one.printed, "recomputed": one.compute(), "off": _off(one)}]


def _wrong() -> dict[str, float]:
    return {name: _off(EXAMPLES[name]) for name in WRONG}


def _right() -> dict[str, float]:
    return {name: _off(example) for name, example in EXAMPLES.items() if name not in WRONG}


STUDY = Study(
    title="Worked examples of the lectures",
    aims="Are the numbers of the lectures' worked examples right, to the digits that are printed?",
    mechanisms="None: each example is computed again from the numbers that stand beside it.",
    estimands="The number itself, and how far the printed one is from it in units of half its last digit.",
    experiments={
        "examples": Experiment(
            tabulated(_rows),
            factors={"example": Factor("example", str, {name: one.label for name, one in EXAMPLES.items()})},
            methods={"recomputed": Method("recomputed", "from the numbers beside it, in double precision")},
            measures=(
                Measure("printed", "printed", "exact"),
                Measure("recomputed", "recomputed", "exact"),
                Measure("off", "difference in halves of the last digit", "exact"),
            ),
        )
    },
    checks=(
        Check(
            "FND13",
            f"Of {len(EXAMPLES)} worked examples {len(EXAMPLES) - len(WRONG)} are right to the digits that the lectures print "
            "(largest difference among these, in halves of the last digit).",
            at_most(1.0, 1e-9),
            _right,
            Derived("perceptron.md#worked-examples"),
            ("JSM", "BIOS", "TUE", "NSTDA"),
        ),
        Check(
            "FND13.wrong",
            f"{len(WRONG)} worked examples, ½(5 − 2)² = 9, a root mean squared error of 6.79, −log 0.7 = 0.15 and "
            "1 + 8 + 20 = 30, are not right to the digits printed (smallest difference, in halves of the last digit).",
            at_least(1.0),
            _wrong,
            Derived("perceptron.md#worked-examples"),
            ("BIOS", "TUE", "NSTDA"),
        ),
    ),
    limits="Examples whose numbers stand beside them; UNITO has none. Logarithms of 0.7 and 0.9 are right to base 10, which no "
    "program of that lecture uses.",
    designs={"smoke": grid(example=list(EXAMPLES), replicates=1)},
)
