"""After the threshold is chosen properly, which losses still differ, and from which n on?"""

from __future__ import annotations

from typing import Any

from dlstats.protocol.study import Grid, Study, grid
from dlstats.studies.imbalance.imbalance_networks import guide, long_tail, network_claims, two_classes

STEPS = {500: 400, 2000: 400, 10000: 600}
"""Sample size -> steps at most at effort 1: the held-out fifth stops a network before."""
HARD: dict[str, Any] = {"mechanism": list(two_classes.MECHANISMS), "prevalence": network_claims.PREVALENCE}


def _design(replicates: int, paired: int, times: int) -> dict:
    """Every mechanism at every n, at effort 1 with `replicates`, and at effort 3 with `paired` of them."""
    efforts: list[dict[str, Any]] = [{"effort": 1, "replicates": replicates}, {"effort": 3, "replicates": paired}]
    cells: list[Grid] = [grid(**HARD, n=n, steps=times * steps, **e) for n, steps in STEPS.items() for e in efforts]
    return {"two_classes": cells, "long_tail": [grid(n=5000, ratio=100, steps=400 * times, **e) for e in efforts]}


def _small() -> dict:
    efforts: list[dict[str, Any]] = [{"steps": 10, "effort": effort, "replicates": 3} for effort in (1, 3)]
    sizes: dict[str, Any] = HARD | {"n": [500, 2000]}
    return {
        "two_classes": [grid(**sizes, **e) for e in efforts],
        "long_tail": [grid(n=5000, ratio=100, **e) for e in efforts],
    }


STUDY = Study(
    title="Losses for class imbalance in trained networks",
    aims="See which losses still differ once the threshold is chosen properly, from which sample size on, and whether more "
    "training changes it: where the log-odds are linear, and where a network is needed.",
    mechanisms="Two Gaussians in five dimensions, for which a line is the correct model; rings and two moons in the plane, for "
    "which none is; five classes with a long tail. Class counts are fixed, a fifth of every class is held out.",
    estimands="Balanced error above Bayes, what ranking and F1 lack of the truth, log loss above the smallest, on test points "
    "with known posterior; log₁₀ of ratios to cross-entropy, equal within log 1.25.",
    compared_by="two_classes.excess_tuned",
    experiments={"two_classes": two_classes.TWO_CLASSES, "long_tail": long_tail.LONG_TAILED},
    claims=network_claims.CLAIMS,
    figures=guide.FIGURES,
    limits="Two hidden layers of 16 units, Adam, 256 samples a step; losses of overlap and the AUC surrogate see one minibatch "
    "at a time. The rate (0.03, 0.01 or 0.003) and the step at which a network stops are those of the smallest held-out value "
    "of its own loss, from one initialisation for every rate and effort; networks, line and kernel are fitted to four fifths "
    "and not again to all, thresholds and recalibration come from the fifth, which has 2, 8 or 40 points of the rare class. In a "
    "pilot (seed 777001; rings and Gaussians, n = 500 and 2,000) networks of three losses, trained again on all data, had mean "
    "excess balanced errors at the best cut that were to those of cross-entropy 0.86 to 1.10 times as large as before. "
    "The class vectors of LDAM are orthonormal and fixed, where its authors train them. Cells with as many inputs share "
    "initialisations: the error of an average adds those of one mechanism as if they were one, and takes mechanisms as "
    "independent.",
    designs={"smoke": _small(), "standard": _design(48, 12, 1), "paper": _design(200, 24, 3)},
)
