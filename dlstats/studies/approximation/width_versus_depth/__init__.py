"""Width against depth at equal numbers of parameters: what training finds for targets of several kinds."""

from __future__ import annotations

from typing import Any

from dlstats.protocol.study import Grid, Study, grid
from dlstats.studies.approximation.width_versus_depth.budget_claims import BUDGET, CLAIMS, FEW, FEWEST, MANY, STEPS
from dlstats.studies.approximation.width_versus_depth.budget_figures import FIGURES
from dlstats.studies.approximation.width_versus_depth.equal_budgets import BY_ACTIVATION, BY_DEPTH, BY_START
from dlstats.studies.approximation.width_versus_depth.initial_signals import SIGNAL
from dlstats.studies.approximation.width_versus_depth.targets import TARGETS


def _design(budgets: list[int], steps: list[int], replicates: int, paired: int, signals: int) -> dict:
    """Everything at efforts 1 and 3, the tree in d = 8 at 9, too."""
    efforts: list[dict[str, Any]] = [{"effort": 1, "replicates": replicates}, {"effort": 3, "replicates": paired}]
    sizes: dict[str, Any] = {"points": [FEW, MANY], "steps": steps}
    one: dict[str, Any] = {"target": "tree_4", "budget": 300, "depth": 8, "points": FEW, "steps": steps}
    single = [grid(**one, effort=1, replicates=max(replicates, 66)), grid(**one, effort=3, replicates=paired)]
    by_depth: list[Grid] = [grid(target=list(TARGETS), budget=b, **sizes, **e) for b in budgets for e in efforts]
    return {
        "by_depth": [
            *by_depth,
            grid(target="tree_8", budget=max(budgets), points=MANY, steps=steps, effort=9, replicates=paired),
        ],
        "by_activation": single,
        "by_start": single,
        "signal": grid(width=64, depth=8, replicates=signals),
    }


def _small() -> dict:
    few: dict[str, Any] = {"points": [64, 128], "steps": 10, "replicates": 3}
    one: dict[str, Any] = {"target": "tree_4", "budget": 300, "depth": 8, "points": 128, "steps": 10, "replicates": 3}
    return {
        "by_depth": [grid(target=list(TARGETS), budget=100, effort=e, **few) for e in (1, 3)],
        "by_activation": [grid(**one, effort=e) for e in (1, 3)],
        "by_start": [grid(**one, effort=e) for e in (1, 3)],
        "signal": grid(width=64, depth=8, replicates=100),
    }


STUDY = Study(
    title="Width against depth at equal numbers of parameters",
    aims="At an equal number of parameters, which depth has the smallest error for which kind of target after training, and "
    "which depths are as good? How much of that is estimation from few points, and how much the effort of training? What do "
    "activation and initialisation change?",
    mechanisms="No noise; inputs uniform on [−1, 1]^d, 1,024 points, of which a network learns more than they tell of the "
    "target, or 16,384, where training and test errors agree. Sawtooth with 16 edges; Σ_{k<7} 2^{−k/2} cos(2ᵏπx), Hölder 1/2 "
    "down to the scale 1/64; indicator of the disc of radius 0.6; binary trees of sin(π(u + v + uv)/2) in d = 4 and of "
    "sin(π(u + v + uv)/4) in d = 8; exp(−2|x|²) in d = 4. All arms of a replicate share its data.",
    estimands="Geometric mean over replicates of the mean squared error at 2048 fresh points over the variance of the target; "
    "paired log ratios of it. Two depths are tied where the interval of the log ratio lies below log 1.25.",
    compared_by="by_depth.test_error",
    experiments={"by_depth": BY_DEPTH, "by_activation": BY_ACTIVATION, "by_start": BY_START, "signal": SIGNAL},
    claims=CLAIMS,
    figures=FIGURES,
    limits="Adam on minibatches of 128 with a cosine schedule, the same steps for few and for many points, so that the two "
    "columns differ in their data alone: the ranking is that of trained networks at an effort, not of what the shapes can "
    "represent. Every shape of the comparison holds the sawtooth exactly (16 kinks, or 4 folds): its training error is the "
    "distance from a known point of the class.",
    designs={
        "smoke": _small(),
        "standard": _design([FEWEST, BUDGET], [STEPS], 18, 12, 4000),
        "paper": _design([FEWEST, 300, BUDGET], [STEPS, 10 * STEPS], 64, 24, 40000),
    },
)
