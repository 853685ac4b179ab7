"""How well networks of several layers of norm one follow random signs, as far as a search finds, against the bound."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import LevelContrast, Measure
from dlstats.protocol.origin import Finding, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import capacity as theory

CASES, INPUTS, WIDTH = 40, 10, 16
STARTS, STEPS = 8, 200


def searched(x: np.ndarray, signs: np.ndarray, weights: list[np.ndarray], steps: int = STEPS) -> np.ndarray:
    """Largest mean of signs times outputs that ascent finds from every start, (reps, starts); all matrices have norm 1.

    `weights` are matrices of shape (reps, starts, out, in), the last with out = 1. Every step adds to each matrix its gradient
    at unit norm times the step, which falls from 1 to 0.02, and takes the norm out again.
    """
    best = np.full(weights[0].shape[:2], -np.inf)
    for step in np.geomspace(1, 0.02, steps):
        weights = [w / _norm(w) for w in weights]
        outputs = [x[:, None]]
        for w in weights:
            sums = outputs[-1] @ np.swapaxes(w, 2, 3)
            outputs.append(sums if w is weights[-1] else np.maximum(sums, 0))
        values = (signs[:, None, :, None] * outputs[-1]).mean(axis=(2, 3))
        best = np.maximum(best, values)
        back, moved = np.broadcast_to(signs[:, None, :, None], outputs[-1].shape), []
        for w, before in zip(reversed(weights), reversed(outputs[:-1]), strict=True):
            gradient = np.swapaxes(back, 2, 3) @ before
            moved.append(w + step * gradient / np.maximum(_norm(gradient), 1e-300))
            back = (back @ w) * (before > 0)
        weights = moved[::-1]
    return best


def _norm(w: np.ndarray) -> np.ndarray:
    return np.sqrt((w * w).sum(axis=(2, 3), keepdims=True))


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The best of all starts on points of the unit sphere, and its ratio to the bound."""
    from dlstats.training.recipes import digest

    layers = condition.layers

    def points(rng: np.random.Generator) -> np.ndarray:
        x = rng.standard_normal((CASES, INPUTS))
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    x = streams.draw(points, "points")
    signs = streams.draw(lambda rng: rng.choice([-1.0, 1.0], CASES), "signs")
    sizes = [INPUTS, *[WIDTH] * (layers - 1), 1]
    weights = [
        streams.draw(
            lambda rng, k=k: rng.standard_normal((STARTS, sizes[k + 1], sizes[k])), f"layer {k}", layers=layers
        )
        for k in range(layers)
    ]
    steps = STEPS * condition.effort
    found = searched(x, signs, weights, steps).max(axis=1)
    bounds = np.array([theory.frobenius_bound(layers, one) for one in x])
    digests = [digest(*both) for both in zip(x, signs, strict=True)]
    columns = {"found": found, "of_bound": found / bounds, "epochs": steps, "data_digest": digests}
    return stacked(streams, {"search": columns})


DEEP = Experiment(
    simulate,
    factors={"layers": Factor("layers of weights", int, symbol="L", at_least=1, at_most=10)} | EFFORT,
    methods={
        "search": Method(
            "search",
            f"the best of {STARTS} starts of {STEPS} steps of ascent, {WIDTH} units per layer",
            "gradient_descent",
        )
    },
    measures=(
        Measure("found", "complexity found"),
        Measure("of_bound", "complexity found over its bound"),
    ),
    contrasts=(LevelContrast("found", "layers", 4, 2, "ratio", "mean"),),
    block=25,
)
SETTING = f"{CASES} points of the unit sphere in {INPUTS} dimensions"
CLAIMS = (
    Claim(
        "CPX9.deep",
        "The Rademacher complexity of ReLU networks with L weight matrices of Frobenius norm 1 is at most "
        "(√(2 ln 2 L) + 1)‖X‖/n, ‖X‖ the root of the sum of all squared inputs, and a search over such networks finds no more "
        f"({SETTING}, L = 1, …, 4; largest mean ratio to the bound).",
        at_most(1.0),
        value("of_bound").each("layers"),
        Theorem("golowich2018", "theorem 1"),
        ("JSM", "BIOS"),
    ),
    Claim(
        "CPX9.depth",
        "ReLU networks with four weight matrices of Frobenius norm 1 follow random signs as well as with two, and as far as a "
        "search finds at most {theory:g} times so well, where the bound (√(2 ln 2 L) + 1)‖X‖/n grows by a quarter "
        f"({SETTING}; ratio of the complexities found).",
        at_most(1.01),
        value("found", "ratio(mean)", layers=4, against="layers=2"),
        Finding("capacity, seed 777001"),
        ("JSM", "BIOS"),
    ),
)
