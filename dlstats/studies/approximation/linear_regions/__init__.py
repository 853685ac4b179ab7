"""Linear regions of ReLU networks: exact counts, what is expected at random, what is possible, what training does."""

from __future__ import annotations

from dlstats.protocol.study import Study, grid
from dlstats.studies.approximation.linear_regions import (
    most_pieces,
    regions_by_depth,
    regions_of_line,
    regions_of_plane,
    regions_training,
)
from dlstats.studies.approximation.linear_regions._random_networks import DISTRIBUTIONS, EQUAL_UNITS, LINES

SHAPES = ["2-2", "3-3", "4-4", "2-2-2", "3-3-3"]
WIDTH_16 = ["16", "16-16-16-16", "-".join(["16"] * 8)]
OTHERS = [d for d in DISTRIBUTIONS if d != "gaussian"]
UNITS_32 = ["32", *EQUAL_UNITS]


def _line(*replicates: int) -> list:
    small, others, equal, sixteen = replicates
    return [
        grid(widths=LINES, distribution="gaussian", replicates=small),
        grid(widths="3-4-3", distribution=OTHERS, replicates=others),
        grid(widths=UNITS_32, distribution="gaussian", replicates=equal),
        grid(widths=WIDTH_16, distribution="gaussian", replicates=sixteen),
    ]


def _plane(*replicates: int) -> list:
    shapes = (["30", "32"], SHAPES, "6-6", "16-16", "8-8-8-8", "4-4-4-4-4-4-4-4")
    return [grid(widths=widths, replicates=r) for widths, r in zip(shapes, replicates, strict=True)]


PICTURE = grid(widths=["32", "16-16", "8-8-8-8"], replicates=1)

STUDY = Study(
    title="Linear regions: possible, expected, trained",
    aims="How many linear regions does a ReLU network have: at worst, on average at random initialisation, and after "
    "training; and does depth multiply them?",
    mechanisms="Random networks with independent weights and biases (Gaussian with variance 2/fan-in and 1; uniform as in "
    "torch; Student with 3 degrees of freedom; Laplace; Gaussian without biases and with the constant bias 1), networks that "
    "fold, climbs to many pieces, and networks trained on the sawtooth m⁽³⁾ at 256 points. A replicate is one network.",
    estimands="Mean number of zeros of the neurons and of kinks of the output on a line, mean number of activation regions "
    "of the plane, distribution of the positions of the zeros, largest number of pieces of a climb.",
    experiments={
        "climb": most_pieces.EXPERIMENT,
        "line": regions_of_line.LINE,
        "breakpoints": regions_of_line.BREAKPOINTS,
        "plane": regions_of_plane.PLANE,
        "picture": regions_of_plane.PICTURE,
        "training": regions_training.EXPERIMENT,
    },
    claims=(*most_pieces.CLAIMS, *regions_of_line.CLAIMS, *regions_of_plane.CLAIMS, *regions_training.CLAIMS),
    checks=(*most_pieces.CHECKS, *regions_of_plane.CHECKS),
    figures=(regions_of_plane.FIGURE, regions_by_depth.FIGURE, regions_training.FIGURE),
    limits="Activation regions are counted in a square of half side 10⁶, with a relative tolerance of 10⁻¹²; regions that lie "
    "outside altogether are missed. The closed form for the plane leaves out closed curves that no other curve crosses.",
    designs={
        "smoke": {
            "climb": grid(widths="2-2", replicates=8),
            "line": [
                grid(widths="3-4-3", distribution=list(DISTRIBUTIONS), replicates=100),
                grid(widths=["16", "16-16", "16-16-16-16", "32", "8-8-8-8"], distribution="gaussian", replicates=50),
            ],
            "breakpoints": grid(width=[8, 12, 16, 24, 32], depth=2, replicates=20),
            "plane": grid(widths=["32", "2-2", "3-3-3", "16-16", "8-8-8-8"], replicates=10),
            "picture": grid(widths=["32", "8-8-8-8"], replicates=1),
            "training": [
                grid(widths=["24", "8-8-8"], compositions=3, steps=100, effort=1, replicates=8),
                grid(widths="8-8-8", compositions=3, steps=100, effort=3, replicates=4),
            ],
        },
        "standard": {
            "climb": grid(widths=SHAPES, replicates=64),
            "line": _line(15000, 15000, 8000, 2000),
            "breakpoints": grid(width=[16, 32, 64, 128, 256], depth=4, replicates=128),
            "plane": _plane(50, 3000, 1500, 300, 1000, 4000),
            "picture": PICTURE,
            "training": [
                grid(widths=["48", "16-16-16"], compositions=3, steps=2000, effort=1, replicates=64),
                grid(widths="16-16-16", compositions=3, steps=2000, effort=3, replicates=24),
            ],
        },
        "paper": {
            "climb": grid(widths=SHAPES, replicates=1000),
            "line": _line(200000, 200000, 100000, 20000),
            "breakpoints": grid(width=[16, 32, 64, 128, 256], depth=4, replicates=2000),
            "plane": _plane(50, 100000, 50000, 5000, 20000, 100000),
            "picture": PICTURE,
            "training": [
                grid(widths=["48", "16-16-16"], compositions=3, steps=[2000, 10000], effort=1, replicates=1000),
                grid(widths="16-16-16", compositions=3, steps=2000, effort=3, replicates=200),
            ],
        },
    },
)
