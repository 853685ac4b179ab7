"""How many mistakes the perceptron makes, beside scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Practice, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import perceptron as theory

MARGIN = 0.2
"""Of the unit vector that separates."""
PASSES = 400


def cases(rng: np.random.Generator, n: int, inputs: int) -> np.ndarray:
    """n cases from N(0, I) whose first input is at least `MARGIN` in size: (n, d)."""
    x = rng.standard_normal((20 * n, inputs))
    return x[np.abs(x[:, 0]) >= MARGIN][:n]


def simulate_mistakes(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Mistakes of the perceptron until it has every case right, over the bound: cases from N(0, I) beyond a margin."""
    n, d = condition.n, condition.inputs

    x = streams.draw(lambda rng: cases(rng, n, d), "cases", n=n, inputs=d)
    signed = x * np.sign(x[..., :1])
    radius, margin = np.linalg.norm(x, axis=2).max(axis=1), signed[..., 0].min(axis=1)
    _, mistakes = learned(signed)
    share = mistakes / (radius / margin) ** 2
    return stacked(streams, {"perceptron": {"mistakes": mistakes, "share": share}})


def learned(signed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (reps, d) and mistakes (reps,) of the perceptron from 0 on cases times their classes, (reps, n, d), in order."""
    weights, mistakes = np.zeros((len(signed), signed.shape[2])), np.zeros(len(signed))
    for _ in range(PASSES):
        before = mistakes.copy()
        for case in signed.transpose(1, 0, 2):
            wrong = (weights * case).sum(axis=1) <= 0
            weights[wrong] += case[wrong]
            mistakes += wrong
        if (mistakes == before).all():
            break
    return weights, mistakes


def orthonormal_mistakes() -> int:
    """Mistakes of the perceptron on the unit vectors of 20 dimensions, all of one class, until it has all right."""
    weights, mistakes, wrong = np.zeros(20), 0, True
    while wrong:
        wrong = False
        for case in np.eye(20):
            if weights @ case <= 0:
                weights, mistakes, wrong = weights + case, mistakes + 1, True
    return mistakes


def sklearn_gaps() -> dict[str, float]:
    """Differences from scikit-learn's Perceptron, which is given the cases one by one, in weights and in mistakes."""
    from sklearn.linear_model import Perceptron

    found = {}
    for number, (inputs, n) in enumerate(((2, 20), (2, 50), (10, 50))):
        x = cases(np.random.default_rng(number), n, inputs)
        classes = np.sign(x[:, 0])
        weights, mistakes = learned((x * classes[:, None])[None])
        theirs, changes, before = Perceptron(fit_intercept=False, shuffle=False), 0, np.zeros((1, inputs))
        erred = True
        while erred:
            erred = False
            for case, label in zip(x, classes, strict=True):
                theirs.partial_fit(case[None], [label], classes=[-1, 1])
                now = np.array(theirs.coef_)
                if (now != before).any():
                    erred, changes, before = True, changes + 1, now
        found[f"weights, d = {inputs}, n = {n}"] = float(np.abs(before - weights).max())
        found[f"mistakes, d = {inputs}, n = {n}"] = abs(changes - float(mistakes[0]))
    return found


MISTAKES = Experiment(
    simulate_mistakes,
    factors={
        "inputs": Factor("inputs", int, symbol="d", at_least=2),
        "n": Factor("cases", int, symbol="n", at_least=2),
    },
    methods={"perceptron": Method("perceptron", "cases in order, again and again until none is wrong")},
    measures=(
        Measure("mistakes", "mistakes", "mean"),
        Measure("share", "mistakes over the bound", "mean"),
        Measure("share", "largest of mistakes over the bound", "largest"),
    ),
    block=200,
)
CLAIMS = (
    Claim(
        "FND1",
        "The perceptron makes at most (R/γ)² mistakes before it has every case right, R the largest norm and γ the margin of a "
        "unit vector that separates (largest ratio to that).",
        at_most(1.0),
        value("share", "largest", experiment="mistakes").each("inputs", "n"),
        Theorem("novikoff1962", "the theorem"),
        ("BIOS", "NSTDA", "UNITO"),
    ),
)
CHECKS = (
    Check(
        "FND1.attained",
        "On the unit vectors of 20 dimensions, all of one class, the perceptron makes the 20 mistakes that the bound allows.",
        equals(theory.mistake_bound(1, 1 / math.sqrt(20)), 1e-9), orthonormal_mistakes,
        Derived("perceptron.md#mistakes-on-unit-vectors"), ("BIOS", "NSTDA", "UNITO"),
    ),
    Check(
        "FND1.sklearn",
        "scikit-learn's Perceptron, given cases of margin 0.2 or more in the same order without an intercept, makes as many "
        "mistakes as the recursion of this study and ends with its weights (2 and 10 dimensions, 20 and 50 cases; largest "
        "difference).",
        equals(0, 1e-12), sklearn_gaps, Practice("pedregosa2011", "Perceptron"), ("BIOS", "NSTDA", "UNITO"),
    ),
)  # fmt: skip
