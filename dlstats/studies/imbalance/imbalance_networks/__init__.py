"""After the threshold is chosen properly, which losses still differ, and from which n on?"""

from __future__ import annotations

from typing import Any

from dlstats.protocol.study import Study, grid
from dlstats.studies.imbalance.imbalance_networks import guide, long_tail, two_classes


def _design(replicates: int, steps: int, more: int) -> dict:
    """All conditions; `more` steps at n = 50,000."""
    few: dict[str, Any] = {"steps": steps, "replicates": replicates}
    gaussians: dict[str, Any] = {"mechanism": "gaussians"}
    rings: dict[str, Any] = {"mechanism": "rings"}
    return {
        "two_classes": [
            grid(**gaussians, n=[500, 2000, 10000], prevalence=[0.1, 0.02], **few),
            grid(**gaussians, n=2000, prevalence=[0.5, 0.005], **few),
            grid(**gaussians, n=10000, prevalence=0.005, **few),
            grid(**gaussians, n=50000, prevalence=[0.02, 0.005], steps=more, replicates=replicates),
            grid(**rings, n=[2000, 10000], prevalence=[0.1, 0.02], **few),
        ],
        "long_tail": grid(n=[500, 5000], ratio=100, **few),
    }


SMOKE: dict[str, Any] = {"steps": 10, "replicates": 3}
STUDY = Study(
    title="Losses for class imbalance in trained networks",
    aims="See which losses still differ once the threshold is chosen properly, and from which sample size on.",
    mechanisms="Two Gaussians in five dimensions, rings in the plane, five classes with a long tail; class counts fixed.",
    estimands="Balanced error above Bayes, ranking and probability measures, on test points with known posterior.",
    experiments={"two_classes": two_classes.TWO_CLASSES, "long_tail": long_tail.LONG_TAILED},
    claims=(*two_classes.CLAIMS, *long_tail.CLAIMS),
    figures=guide.FIGURES,
    limits="One architecture, Adam with one learning rate for all losses, 256 samples a step; losses of overlap and the "
    "AUC surrogate see one minibatch at a time. Held-out data, half of n and at most 4,000, choose stopping, threshold and "
    "recalibration.",
    designs={
        "smoke": {
            "two_classes": [
                grid(mechanism="gaussians", n=[500, 2000, 10000, 50000], prevalence=0.02, **SMOKE),
                grid(mechanism="gaussians", n=10000, prevalence=0.1, **SMOKE),
                grid(mechanism="rings", n=[2000, 10000], prevalence=0.02, **SMOKE),
            ],
            "long_tail": grid(n=5000, ratio=100, **SMOKE),
        },
        "standard": _design(50, 400, 1000),
        "paper": _design(500, 1000, 2200),
    },
)
