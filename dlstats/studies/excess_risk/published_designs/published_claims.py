"""What is claimed of networks on Bauer and Kohler's models: over all of them, on each, and that they do not fit."""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import log_ratio, value
from dlstats.studies.averages import Average
from dlstats.studies.excess_risk.published_designs.published_risks import MODELS, NETWORKS

PILOT = Finding("published_designs, seed 777001")
STEPS = NETWORKS["neural_1"].steps
RECIPE = (
    f"ReLU networks of one hidden layer (linear skip connection, 5, 25 or 75 units, {STEPS} steps of Adam on OneCycle on "
    "minibatches of 64, learning rate 0.003 or 0.01)"
)
CELLS: dict[str, Any] = {"n": [100, 200], "noise": [0.05, 0.2]}
"""The table of Bauer and Kohler, for every model."""
WHERE = "n = 100 and 200, 5 % and 20 % noise"
MATTERS = math.log10(1.25)
RIVALS = {
    "": ("nearest_neighbours", at_most(0.0)),
    "_forest": ("random_forest", at_most(0.0)),
    "_boosting": ("boosting", at_most(0.0)),
    "_kernel": ("kernel_ridge", equals(0.0, MATTERS)),
    "_spline": ("additive_model", at_least(0.0)),
}
"""Rivals of networks over all models, and what the pilot saw."""
STRONGEST = {
    "m1": ("kernel_ridge", at_most(0.0)),
    "m2": ("additive_model", at_least(0.0)),
    "m3": ("boosting", at_least(0.0)),
    "m4": ("additive_model", at_least(0.0)),
    "m5": ("additive_model", at_least(0.0)),
}
"""The rival that had the smallest error on a model in the pilot, and what the pilot saw."""
NAMES = {"nearest_neighbours": "nearest neighbours", "random_forest": "a random forest", "boosting": "boosting",
         "kernel_ridge": "kernel ridge regression", "additive_model": "an additive spline model"}  # fmt: skip
WORDS = {"at_most": "have a smaller median error than", "at_least": "have a larger median error than"}
MISFIT = 10


def _against(name: str, over: str, models: list[str], rival: str, expected: Expectation, which: str = "") -> Claim:
    """The mean log ratio of a network of one layer and a rival over models, sample sizes and noises."""
    words = WORDS.get(expected.relation, "have a median error within a factor of 1.25 of that of")
    return Claim(
        f"RSK13.bauer_kohler{name}",
        f"{over} ({WHERE}) {RECIPE} {words} {NAMES[rival]}{which}, all tuned on the same held-out fifth (mean log₁₀ of "
        "the ratio).",
        expected,
        Average(
            log_ratio("risk", "neural_1", rival, target=models, **CELLS).at_least(target=len(models)),
            independent=("target", "n", "noise"),
        ),
        PILOT,
    )


CLAIMS = (
    *(
        _against(name, "Over the hierarchical interaction models m1 to m5 of Bauer and Kohler", list(MODELS), *rival)
        for name, rival in RIVALS.items()
    ),
    *(
        _against(
            f"_{model}", f"On Bauer and Kohler's model {model}", [model], *rival, ", the strongest there in the pilot"
        )
        for model, rival in STRONGEST.items()
    ),
    Claim(
        "RSK13.bauer_kohler_misfit",
        f"On Bauer and Kohler's models m1 to m3 (n = 100 and 200, 5 % noise) {RECIPE} do not fit: their median training error is "
        "at least {theory:g} times the noise variance (smallest over models and n).",
        at_least(MISFIT),
        value("misfit", "median", method="neural_1", target=["m1", "m2", "m3"], n=[100, 200], noise=0.05).each(
            "target", "n"
        ),
        PILOT,
    ),
)
