"""Quantile networks, linear, kernel, forest and boosted quantiles on published designs: who wins where."""

from __future__ import annotations

from dlstats.protocol.study import Study, grid
from dlstats.studies.robust.quantile_benchmark.published_quantiles import EXPERIMENT, MULTIVARIATE, UNIVARIATE
from dlstats.studies.robust.quantile_benchmark.quantile_figures import FIGURES
from dlstats.studies.robust.quantile_benchmark.rivals import CLAIMS


def _design(claimed: int, small: int, more: int) -> list:
    """The sizes for which claims are made, n = 100, and a part of both at three times the steps."""
    return [
        grid(n=512, design=UNIVARIATE, effort=1, replicates=claimed),
        grid(n=1000, design=MULTIVARIATE, effort=1, replicates=claimed),
        grid(n=100, design=MULTIVARIATE, effort=1, replicates=small),
        grid(n=512, design=UNIVARIATE, effort=3, replicates=more),
        grid(n=[100, 1000], design=MULTIVARIATE, effort=3, replicates=more),
    ]


STUDY = Study(
    title="Quantile networks relative to a statistician's quantiles",
    aims="On published designs, level by level: which of networks, lines, kernels, forests and boosting comes nearest to the "
    "true conditional quantile, and what does a head that cannot cross cost or gain?",
    mechanisms="Shen et al.: lines, a wave and an angle with t(1) and t(2) noise of constant or changing scale, d = 1. Padilla "
    "et al.: S1 to S5, d = 2 to 10, Laplace, t(2) and t(3) noise.",
    estimands="Mean over 2000 fresh points of the absolute and squared distance to the true quantile, of the excess pinball "
    "risk and of the distance of conditional coverage from the level; proportion of points with any crossing. Levels 0.05, "
    "0.25, 0.5, 0.75, 0.95.",
    experiments={"designs": EXPERIMENT},
    claims=CLAIMS,
    figures=FIGURES,
    limits="Sizes and steps are set for a budget of minutes; networks of other sizes, trained longer, may do better. The "
    "learning rate, one for all networks and designs, is the best of four by the errors to the truth in a pilot with another "
    "seed, which favours the networks. In heads that cannot cross all increments begin at softplus(0), which puts far outputs "
    "far out: what is found on their free output may be a matter of initialisation. Medians, since means of errors under t(1) "
    "and t(2) noise are ruled by a few fits.",
    designs={
        "smoke": grid(n=512, design="wave_exp_t2", effort=1, replicates=1),
        "standard": _design(32, 12, 12),
        "paper": _design(50, 50, 24),
    },
)
