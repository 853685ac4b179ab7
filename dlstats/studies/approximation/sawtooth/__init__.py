"""Depth against width on the sawtooth: exact constructions, least errors, and what gradient descent finds."""

from __future__ import annotations

from dlstats.protocol.study import Study, grid
from dlstats.studies.approximation.sawtooth import (
    constructions,
    least_errors,
    sawtooth_rounding,
    sawtooth_training,
)

UNITS = {2: [2, 4, 8], 3: [2, 4, 6, 8, 12, 18], 4: [4, 8, 12, 16, 24], 5: [10, 20, 30, 40]}
"""Hidden units of the trained networks, by compositions."""
MANY_UNITS = {
    2: [2, 4, 6, 8],
    3: [2, 4, 6, 8, 12, 16, 18, 24],
    4: [4, 8, 12, 16, 20, 24, 32],
    5: [8, 10, 16, 20, 30, 32, 40, 64],
}

STUDY = Study(
    title="Depth against width on the sawtooth",
    aims="Does depth multiply linear pieces where width only adds them, how many units does each need for the sawtooth "
    "m⁽ⁿ⁾ (the n-fold composition of the tent map), and do trained networks come near what exists?",
    mechanisms="No noise: the target is m⁽ⁿ⁾ itself, on 512 equally spaced midpoints of [0, 1] for training and on a "
    "dyadic grid of 8193 points, which holds every extremum, for evaluation. A replicate is one random start of a network. "
    "The checks use random rationals and random piecewise linear functions.",
    estimands="Numbers of units, pieces and crossings; the least error of k pieces in sup, L², L¹ and 0–1 loss; the "
    "integrated squared error and the largest error of a trained network, for the median start and the best of 16.",
    compared_by="mse",
    experiments={"training": sawtooth_training.EXPERIMENT},
    claims=sawtooth_training.CLAIMS,
    checks=(*constructions.CHECKS, *least_errors.CHECKS, *sawtooth_rounding.CHECKS),
    figures=sawtooth_training.FIGURES,
    limits="The trained part says what this optimiser finds from these random starts, not what another would; three times the "
    "steps are run for the networks of 2n units. Optimality of "
    "the L² and L¹ floors is checked by dynamic programming for n ≤ 4 and not proven.",
    designs={
        "smoke": {
            "training": [
                grid(compositions=2, units=[2, 4], steps=300, effort=1, replicates=20),
                grid(compositions=2, units=4, steps=300, effort=3, replicates=2),
            ],
        },
        "standard": {
            "training": [
                *(grid(compositions=n, units=u, steps=3000, effort=1, replicates=64) for n, u in UNITS.items()),
                *(grid(compositions=n, units=2 * n, steps=3000, effort=3, replicates=20) for n in UNITS),
            ],
        },
        "paper": {
            "training": [
                *(
                    grid(compositions=n, units=u, steps=steps, effort=1, replicates=512)
                    for steps in (3000, 10000)
                    for n, u in MANY_UNITS.items()
                ),
                *(grid(compositions=n, units=2 * n, steps=3000, effort=3, replicates=128) for n in MANY_UNITS),
            ],
        },
    },
)
