"""What narrow networks cannot do: the class of width 1, the maximum principle, floors, and what training reaches."""

from __future__ import annotations

from dlstats.protocol.study import Study, grid
from dlstats.studies.approximation.width_limits.narrow_claims import CHECKS, CLAIMS
from dlstats.studies.approximation.width_limits.narrow_figures import FIGURES
from dlstats.studies.approximation.width_limits.narrow_networks import (
    CLAMPS,
    EXTREMES,
    FLOORS,
    GROWTH,
    PEAK,
    TARGETS,
    TRAINING,
)

TRAINED = ["product", "paraboloid", "cone"]

STUDY = Study(
    title="What narrow networks cannot do",
    aims="Which functions can ReLU networks of width 1 and 2 on the plane not approximate whatever their depth, is the floor "
    "reached by training and ever beaten, and which width suffices?",
    mechanisms="No noise: x₁x₂, x₁² + x₂², |x₁| + |x₂|, the cone (1 − |x|)₊, exp(−2|x|²) and the pyramid (1 − |x₁| − |x₂|)₊ on "
    "[−1, 1]², seen on a grid; random networks with Gaussian weights of variance 2/fan-in and biases of variance 1. A replicate "
    "is one start or one random network.",
    estimands="Smallest L¹ error of width 1; largest error for the pyramid; excess of the range inside over that on the "
    "boundary; growth of the integral over the plane.",
    experiments={
        "clamps": CLAMPS,
        "floors": FLOORS,
        "extremes": EXTREMES,
        "growth": GROWTH,
        "training": TRAINING,
        "peak": PEAK,
    },
    claims=CLAIMS,
    checks=CHECKS,
    figures=FIGURES,
    limits="Three times the steps are run where a finding on training reads. "
    "The failure of width n on ℝⁿ is a statement about the whole space or the largest error. In Lᵖ on a compact set "
    "width max(input dimension, output dimension, 2) suffices (Kim, Min and Park 2024), so width 2 is universal in "
    "Lᵖ([0, 1]²); its coding construction is out of reach of training, and only the way below the floor of width 1 is shown.",
    designs={
        "smoke": {
            "clamps": grid(depth=[2, 4], replicates=50),
            "floors": grid(target=["product", "cone"], replicates=1),
            "extremes": grid(width=[1, 2, 3, 8], depth=4, replicates=50),
            "growth": grid(width=2, depth=3, replicates=50),
            "training": [
                grid(target=["product", "cone"], width=[1, 2], depth=3, steps=50, effort=1, replicates=4),
                grid(target="cone", width=1, depth=3, steps=50, effort=3, replicates=2),
            ],
            "peak": [
                grid(width=[1, 2, 3], depth=[2, 3], steps=50, effort=1, replicates=4),
                grid(width=3, depth=3, steps=50, effort=3, replicates=2),
            ],
        },
        "standard": {
            "clamps": grid(depth=[2, 3, 5, 8], replicates=2000),
            "floors": grid(target=list(TARGETS), replicates=1),
            "extremes": grid(width=[1, 2, 3, 4, 8], depth=4, replicates=2000),
            "growth": grid(width=2, depth=[2, 4], replicates=5000),
            "training": [
                grid(target=TRAINED, width=1, depth=[2, 4], steps=1500, effort=1, replicates=48),
                grid(target=TRAINED, width=2, depth=4, steps=1500, effort=1, replicates=48),
                grid(target=TRAINED, width=1, depth=2, steps=1500, effort=3, replicates=20),
            ],
            "peak": [
                grid(width=[1, 2], depth=[2, 4, 6], steps=1500, effort=1, replicates=24),
                grid(width=[3, 4], depth=4, steps=1500, effort=1, replicates=48),
                grid(width=2, depth=[2, 4, 6], steps=1500, effort=3, replicates=20),
                grid(width=3, depth=4, steps=1500, effort=3, replicates=20),
            ],
        },
        "paper": {
            "clamps": grid(depth=[2, 3, 5, 8], replicates=50000),
            "floors": grid(target=list(TARGETS), replicates=1),
            "extremes": grid(width=[1, 2, 3, 4, 8], depth=4, replicates=50000),
            "growth": grid(width=2, depth=[2, 4], replicates=50000),
            "training": [
                grid(target=TRAINED, width=1, depth=[2, 4, 6], steps=[1500, 5000], effort=1, replicates=512),
                grid(target=TRAINED, width=2, depth=[4, 6], steps=[1500, 5000], effort=1, replicates=512),
                grid(target=TRAINED, width=1, depth=2, steps=1500, effort=3, replicates=128),
            ],
            "peak": [
                grid(width=[1, 2], depth=[2, 4, 6], steps=[1500, 5000], effort=1, replicates=256),
                grid(width=[3, 4], depth=[4, 6], steps=[1500, 5000], effort=1, replicates=512),
                grid(width=2, depth=[2, 4, 6], steps=1500, effort=3, replicates=128),
                grid(width=3, depth=4, steps=1500, effort=3, replicates=128),
            ],
        },
    },
)
