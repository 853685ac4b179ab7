"""Logit adjustment or class weights: which is more efficient, and what do weights do on separable data?"""

from __future__ import annotations

import math
from typing import Any

from dlstats.protocol.study import Figure, Study, grid
from dlstats.studies.imbalance.weighting import efficiency, separable

SIZES = {2000: 1000, 5000: 4000, 10000: 1000, 20000: 1000, 50000: 2500}
"""Sample size -> replicates of the standard design."""


def _design(more: float, paths: int) -> dict:
    two: dict[str, Any] = {"prior": efficiency.PRIOR, "distance": efficiency.DISTANCE}
    sizes = [grid(n=n, **two, replicates=math.ceil(more * replicates)) for n, replicates in SIZES.items()]
    return {"efficiency": sizes, "separable": grid(replicates=paths)}


STUDY = Study(
    title="Logit adjustment against class weights",
    aims="Compare the efficiency of logit adjustment and class weights; see what either does on separable data.",
    mechanisms="Two Gaussians N(±D/2, 1) with a rare class, labels drawn; and separable points in the plane.",
    estimands="Slope and threshold of the balanced rule, its balanced error; boundary and margins of the ridge path.",
    compared_by="efficiency.balanced_error",
    experiments={"efficiency": efficiency.EFFICIENCY, "separable": separable.SEPARABLE},
    claims=(*efficiency.CLAIMS, *separable.CLAIMS),
    checks=efficiency.CHECKS,
    figures=(
        Figure(
            "imbalance_separable",
            "Separable data, ridge path from large to small penalty. Left: weights and offsets move the boundary less and "
            "less. Right: a multiplicative margin keeps its effect, a weight "
            "loses it. Bars: 95 % Monte Carlo intervals over data sets.",
            separable.draw_path,
            "two-column",
            2.6,
        ),
    ),
    limits="Linear logits; the ridge path stands for the end of training, which gradient descent reaches in logarithmic time.",
    designs={"smoke": _design(0.004, 3), "standard": _design(1, 20), "paper": _design(5, 100)},
)  # fmt: skip
