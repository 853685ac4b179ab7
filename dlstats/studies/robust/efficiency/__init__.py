"""Efficiency, influence and minimax robustness of the losses, exactly, and the estimators they give at n = 25 to 401."""

from __future__ import annotations

from dlstats.protocol.study import Figure, Grid, Study, grid
from dlstats.studies.robust.efficiency import asymptotics, barron_loss, location_samples, loss_shapes
from dlstats.studies.robust.efficiency.location_samples import SIZES

SHAPES = grid(shape=list(barron_loss.SHAPES), replicates=1)
DISTRIBUTIONS = list(location_samples.DISTRIBUTIONS)


def _samples(replicates: int) -> list[Grid]:
    """A twelfth of the replicates at the smaller sizes, which are shown and not judged."""
    return [
        grid(distribution=DISTRIBUTIONS, n=SIZES[-1], replicates=replicates),
        grid(distribution=DISTRIBUTIONS, n=SIZES[:-1], replicates=replicates // 12),
    ]


STUDY = Study(
    title="What robustness costs under normal errors and what it buys elsewhere",
    aims="Tables of asymptotic variance, efficiency, influence and minimax constants of robust losses as they are trained, "
    "and whether the variance of estimators tends to the asymptotic one.",
    mechanisms="Location with known scale: normal, t with 1, 2, 3, 5 and 10 degrees of freedom, Laplace, logistic, and "
    "normal contaminated by 5, 10 and 20 % of N(0, 9).",
    estimands="Asymptotic variance V = E ψ² / (E ψ′)², efficiency 1 / (I V), sensitivity curves, Huber's minimax k; n times "
    "the variance of the estimators at n = 25 to 401.",
    compared_by="location.scaled_error",
    experiments={"location": location_samples.EXPERIMENT, "barron": barron_loss.EXPERIMENT},
    claims=location_samples.CLAIMS,
    checks=(*asymptotics.CHECKS, *barron_loss.CHECKS),
    figures=(
        Figure(
            "robust_shapes",
            "Loss, derivative and weight of a residual, for all losses of regression. Convex and redescending losses at their "
            "constants for 95 % efficiency under normal errors (log-cosh, Charbonnier and Hampel at their customary ones), "
            "Barron's loss at scale 1, asymmetric losses at level 0.8 (smooth quantile with width 0.5). Convex losses keep a "
            "pull on far residuals; bounded ones let go of them, which is also why gradients from a bad initialisation may "
            "vanish. Exact.",
            loss_shapes.draw,
            "two-column",
            6.4,
        ),
        barron_loss.FIGURE,
    ),
    limits="The scale is known throughout; an estimated scale changes efficiency and influence of redescending losses.",
    designs={
        "smoke": {"location": grid(distribution=["normal", "t1"], n=SIZES, replicates=200), "barron": SHAPES},
        "standard": {"location": _samples(24000), "barron": SHAPES},
        "paper": {"location": _samples(80000), "barron": SHAPES},
    },
)
