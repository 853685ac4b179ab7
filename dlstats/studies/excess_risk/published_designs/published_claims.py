"""What is claimed of networks on Bauer and Kohler's models: over all of them, on each, and that they fit."""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.claim import Claim, Expectation, at_least, at_most, equals
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import log_ratio, value
from dlstats.studies.averages import Average
from dlstats.studies.excess_risk.published_designs.published_risks import MODELS, NETWORKS

PILOT = Finding("published_designs, seed 777001")
NETWORK = NETWORKS["neural_1"]
RECIPE = (
    f"ReLU networks of one hidden layer (linear skip connection, {' or '.join(str(w) for (w,) in NETWORK.architectures)} units, "
    f"{NETWORK.steps} steps of Adam on OneCycle on minibatches of {NETWORK.batch_size}, learning rate "
    f"{' or '.join(f'{rate:g}' for rate in NETWORK.learning_rates)}, best of {NETWORK.restarts} random starts)"
)
CELLS: dict[str, Any] = {"n": [100, 200], "noise": 0.05}
"""Where the pilot looked, for every model."""
WHERE = "n = 100 and 200, 5 % noise"
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
    "m3": ("boosting", equals(0.0, MATTERS)),
    "m4": ("additive_model", at_least(0.0)),
    "m5": ("kernel_ridge", at_least(0.0)),
}
"""The rival that had the smallest error on a model in the pilot, and what the pilot saw."""
NAMES = {"nearest_neighbours": "nearest neighbours", "random_forest": "a random forest", "boosting": "boosting",
         "kernel_ridge": "kernel ridge regression", "additive_model": "an additive spline model"}  # fmt: skip
WORDS = {"at_most": "have a smaller median error than", "at_least": "have a larger median error than"}
MISFIT = 10
"""Times the noise variance, above which a network would be said not to fit: 1/200 of the variance of the responses or less."""


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
            independent=("target", "n"),
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
        f"On Bauer and Kohler's models m1 to m5 ({WHERE}) {RECIPE} fit: their median training error is at most {{theory:g}} "
        "times the noise variance (largest over models and n).",
        at_most(MISFIT),
        value("misfit", "median", method="neural_1", target=list(MODELS), **CELLS).each("target", "n"),
        PILOT,
    ),
)
