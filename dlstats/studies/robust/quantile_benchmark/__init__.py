"""Quantile networks, linear, kernel, forest and boosted quantiles on published designs: who wins where."""

from __future__ import annotations

from dlstats.protocol.study import Study, grid
from dlstats.studies.robust.quantile_benchmark.published_quantiles import DESIGNS, EXPERIMENT, SAMPLE
from dlstats.studies.robust.quantile_benchmark.quantile_figures import FIGURES
from dlstats.studies.robust.quantile_benchmark.rivals import CLAIMS


def _design(replicates: int, more: int) -> list:
    """The nine designs, and a part of the replicates at three times the steps."""
    return [
        grid(n=SAMPLE, design=list(DESIGNS), effort=effort, replicates=count)
        for effort, count in ((1, replicates), (3, more))
    ]


STUDY = Study(
    title="Quantile networks relative to a statistician's quantiles",
    aims="On published designs, level by level: which of networks, lines, kernels, forests and boosting comes nearest to the "
    "true conditional quantile, and what does a head that cannot cross cost or gain?",
    mechanisms="Shen et al.: lines, a wave and an angle with t(1) and t(2) noise of constant or changing scale, d = 1. Padilla "
    "et al.: S1 to S5, d = 2 to 10, Laplace, t(2) and t(3) noise.",
    estimands="Mean over 1000 fresh points of the absolute and squared distance to the true quantile, of the excess pinball "
    "risk and of the distance of conditional coverage from the level; proportion of points with any crossing. Levels 0.05, "
    "0.5, 0.95.",
    compared_by="l1",
    experiments={"designs": EXPERIMENT},
    claims=CLAIMS,
    figures=FIGURES,
    limits="One sample size. Directions of claims were seen in a pilot with other steps and narrower grids of rivals, and with "
    "larger samples of S1 to S5; designs differ in who is nearer, which the figure shows and a mean does not. Networks of"
    " two layers of 32 with one learning rate, steps one of four; wider ones may do better. All methods are tuned on the "
    "same held-out fifth and then fitted to all data. On S3, where the noise is small against the function, forest and "
    "boosting choose an end of their grids. Medians, since means of errors under t(1) and t(2) noise are ruled by a few "
    "fits.",
    designs={
        "smoke": grid(n=512, design="wave_exp_t2", effort=1, replicates=1),
        "standard": _design(32, 8),
        "paper": _design(200, 48),
    },
)
