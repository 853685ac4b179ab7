"""The nearest neighbour where the labels are 1 with probability x on [0, 1]."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Practice
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import validation as theory

SIZES = [10, 100, 1000]
QUERIES = 100
"""New cases of a data set."""


def simulate_neighbours(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Errors of scikit-learn's nearest neighbour at new cases, labels 1 with probability x on [0, 1], and at its own."""
    from sklearn.neighbors import KNeighborsClassifier

    def one(rng: np.random.Generator) -> np.ndarray:
        x, new = rng.random((condition.n, 1)), rng.random((QUERIES, 1))
        y, y_new = rng.random(condition.n) < x[:, 0], rng.random(QUERIES) < new[:, 0]
        if y.all() or not y.any():
            return np.array([0.0, (y_new != y[0]).mean()])
        fitted = KNeighborsClassifier(1).fit(x, y)
        return np.array([(fitted.predict(x) != y).mean(), (fitted.predict(new) != y_new).mean()])

    errors = streams.draw(one, "data", n=condition.n)
    return stacked(streams, {name: {"error": column} for name, column in zip(NEAREST, errors.T, strict=True)})


def majority(y: np.ndarray) -> bool:
    """The class of most cases, False where they are tied: what all n nearest neighbours say, as scikit-learn has it."""
    return bool(2 * y.sum() > len(y))


def all_neighbours() -> float:
    """Disagreements of scikit-learn's n nearest neighbours of n with the majority, at 100 new cases of 20 data sets each."""
    from sklearn.neighbors import KNeighborsClassifier

    rng, wrong = np.random.default_rng(0), 0
    for n in (10, 11):
        for _ in range(20):
            x, y = rng.random((n, 1)), np.append(rng.permutation([True, False]), rng.random(n - 2) < 0.5)
            wrong += int((KNeighborsClassifier(n).fit(x, y).predict(rng.random((QUERIES, 1))) != majority(y)).sum())
    return wrong


NEAREST = {
    "training": Method("nearest, training cases", "the nearest neighbour at the cases that were fitted"),
    "new": Method("nearest, new cases", "the nearest neighbour at new inputs and responses"),
}
NEIGHBOURS = Experiment(
    simulate_neighbours,
    factors={"n": Factor("sample size", int, symbol="n", at_least=1)},
    methods=NEAREST,
    measures=(Measure("error", "proportion wrong"),),
    block=100,
)
NSTDA = ("NSTDA",)
CLAIMS = (
    Claim(
        "FND3",
        "With P(y = 1) = x on [0, 1] the nearest neighbour errs with probability 1/3 + (3n + 5)/(2(n + 1)(n + 2)(n + 3)), a "
        "third more than the best rule, however large n, although it makes no error on its own cases (farthest difference, "
        "n = 10, …, 1000).",
        equals(0, 0.005),
        value("error", experiment="neighbours", method="new")
        .each("n")
        .minus(lambda line: theory.nearest_neighbour_risk(line["n"])),
        Derived("validation.md#nearest-neighbours-on-the-unit-interval"),
        NSTDA,
    ),
)
CHECKS = (
    Check(
        "FND3.majority",
        "scikit-learn's KNeighborsClassifier with as many neighbours as cases predicts the majority of all labels everywhere, "
        "and class 0 where the two are tied (10 and 11 cases, 20 data sets each; disagreements).",
        equals(0),
        all_neighbours,
        Practice("pedregosa2011", "KNeighborsClassifier"),
        NSTDA,
    ),
)
