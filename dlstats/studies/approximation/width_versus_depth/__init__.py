"""Width against depth at equal numbers of parameters: what training finds for targets of several kinds."""

from __future__ import annotations

from dlstats.protocol.study import Study, grid
from dlstats.studies.approximation.width_versus_depth.budget_claims import CLAIMS
from dlstats.studies.approximation.width_versus_depth.budget_figures import FIGURES
from dlstats.studies.approximation.width_versus_depth.equal_budgets import (
    BY_ACTIVATION,
    BY_DEPTH,
    BY_POINTS,
    BY_START,
    TARGETS,
)
from dlstats.studies.approximation.width_versus_depth.initial_signals import SIGNAL

BUDGETS, TREE = [100, 300, 1000], {"target": "tree_4", "budget": 300, "depth": [2, 8]}
POINTS = {"target": "tree_8", "budget": 1000, "points": [1024, 8192], "steps": 1500}

STUDY = Study(
    title="Width against depth at equal numbers of parameters",
    aims="At an equal number of parameters, which depth has the smallest error for which kind of target after training, and "
    "which differences can be told from Monte Carlo error? What do activation and initialisation change?",
    mechanisms="No noise; inputs uniform on [−1, 1]^d, 512 points for d ≤ 2 and 1024 beyond. Sawtooth with 16 edges; "
    "sin(3πx)eˣ; Σ_{k<7} 2^{−k/2} cos(2ᵏπx), Hölder 1/2 down to the scale 1/64; indicator of the disc of radius 0.6; binary "
    "trees of sin(π(u + v + uv)/2) in d = 4 and of sin(π(u + v + uv)/4) in d = 8 (the former cannot be learned there from 1024 "
    "points); exp(−2|x|²) in d = 4. All arms of a replicate share its data.",
    estimands="Geometric mean over replicates of the mean squared error at 2048 fresh points over the variance of the target; "
    "paired ratios of it.",
    experiments={
        "by_depth": BY_DEPTH,
        "by_points": BY_POINTS,
        "by_activation": BY_ACTIVATION,
        "by_start": BY_START,
        "signal": SIGNAL,
    },
    claims=CLAIMS,
    figures=FIGURES,
    limits="One optimiser (Adam, full batch, cosine schedule, rates 0.01 and 0.003, two initialisations each, the best by "
    "training error): the ranking is that of trained networks at this effort, not of what the shapes can represent. With "
    "finitely many points the error in d = 4 and 8 has a part from estimation.",
    designs={
        "smoke": {
            "by_depth": [
                grid(target=["sawtooth", "tree_8"], budget=[100, 150], steps=20, replicates=3),
                grid(target=["smooth", "rough", "jump", "tree_4", "bump"], budget=150, steps=10, replicates=3),
            ],
            "by_points": grid(target="tree_8", budget=100, points=[64, 128], steps=10, replicates=3),
            "by_activation": grid(target="tree_4", budget=300, depth=8, steps=10, replicates=3),
            "by_start": grid(target="tree_4", budget=300, depth=8, steps=10, replicates=3),
            "signal": grid(width=64, depth=8, replicates=100),
        },
        "standard": {
            "by_depth": [grid(target=list(TARGETS), budget=budget, steps=1500, replicates=16) for budget in BUDGETS],
            "by_points": grid(**POINTS, replicates=16),
            "by_activation": grid(**TREE, steps=1000, replicates=16),
            "by_start": grid(**TREE, steps=1000, replicates=16),
            "signal": grid(width=64, depth=8, replicates=8000),
        },
        "paper": {
            "by_depth": [
                grid(target=list(TARGETS), budget=budget, steps=steps, replicates=128)
                for steps in (1500, 100000)
                for budget in BUDGETS
            ],
            "by_points": grid(**POINTS, replicates=64),
            "by_activation": grid(**TREE, steps=[1000, 10000], replicates=128),
            "by_start": grid(**TREE, steps=[1000, 10000], replicates=128),
            "signal": grid(width=64, depth=8, replicates=40000),
        },
    },
)
