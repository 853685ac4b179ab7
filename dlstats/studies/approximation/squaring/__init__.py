"""Squaring and multiplying with ReLU networks: exact errors, and the units that depth saves or costs."""

from __future__ import annotations

from dlstats.protocol.study import Study, grid
from dlstats.studies.approximation.squaring import square_errors, square_units

DEEP = grid(depth=square_errors.DEPTHS, replicates=1)
SHALLOW = grid(pieces=square_errors.PIECES, replicates=1)
DEPTHS = [1, 2, 3, 4, 6]

STUDY = Study(
    title="Squaring and multiplying: when depth saves units",
    aims="How accurately do the deep networks of Yarotsky compute x² and xy, how many units would a shallow network need "
    "for the same accuracy, and from which accuracy on does depth pay?",
    mechanisms="No noise: x² on [0, 1] and xy on [0, 1]², evaluated at dyadic points where floating point is exact; trained "
    "networks see 256 equally spaced midpoints. A replicate of the trained part is one random start.",
    estimands="Largest, L¹ and L² errors; hidden units for a given largest error.",
    experiments={"deep": square_units.DEEP, "shallow": square_units.SHALLOW, "training": square_units.TRAINING},
    claims=square_units.CLAIMS,
    checks=(*square_errors.CHECKS, *square_units.CHECKS),
    figures=(square_units.FIGURE,),
    limits="Units of the deep networks are those of one construction, an upper bound on what depth needs; units of the "
    "shallow ones are a lower bound. The comparison therefore understates what depth can save.",
    designs={
        "smoke": {
            "deep": grid(depth=[0, 1, 2, 3, 4, 5, 6, 8], replicates=1),
            "shallow": grid(pieces=[1, 2, 4, 13, 16, 17, 113], replicates=1),
            "training": [
                grid(depth=[1, 6], steps=100, effort=1, replicates=20),
                grid(depth=6, steps=100, effort=3, replicates=12),
            ],
        },
        "standard": {
            "deep": DEEP,
            "shallow": SHALLOW,
            "training": [
                grid(depth=DEPTHS, steps=3000, effort=1, replicates=64),
                grid(depth=6, steps=3000, effort=3, replicates=64),
            ],
        },
        "paper": {
            "deep": DEEP,
            "shallow": SHALLOW,
            "training": [
                grid(depth=DEPTHS, steps=[3000, 10000], effort=1, replicates=512),
                grid(depth=6, steps=3000, effort=3, replicates=512),
            ],
        },
    },
)
