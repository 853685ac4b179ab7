"""What noise does to gradient descent: momentum, thresholds, averages, AdaGrad, and escapes from minima."""

from __future__ import annotations

from dlstats.protocol.study import Study, grid
from dlstats.studies.optimisers.sgd_noise import (
    adagrad_noise,
    averaged_sgd,
    escapes,
    least_squares,
    libraries,
    momentum_noise,
    noise_figures,
)

RATES = [0.02, 0.05, 0.08, 0.1, 0.12, 0.125]


def _stationary(rates: list[float], replicates: int) -> list:
    return [
        grid(d=10, batch=1, kappa=1.0, learning_rate=rates, replicates=replicates),
        grid(d=10, batch=4, kappa=1.0, learning_rate=0.2, replicates=replicates),
        grid(d=5, batch=1, kappa=1.0, learning_rate=0.1, replicates=replicates),
        grid(d=10, batch=[1, 4], kappa=10.0, learning_rate=0.2, replicates=replicates),
    ]


def _design(
    sizes: list[int], noise: int, stationary: int, growth: int, averaged: int, adagrad: int, escape: int, tilted: int
) -> dict:
    return {
        "noise": grid(learning_rate=[0.01, 0.1, 0.5], replicates=noise),
        "stationary": _stationary(RATES, stationary),
        "growth": grid(d=10, multiple=[0.9, 1.1], replicates=growth),
        "averaged": grid(n=sizes, kappa=[1.0, 10.0], replicates=averaged),
        "adagrad": grid(learning_rate=0.5, replicates=adagrad),
        "escape": grid(temperature=escapes.TEMPERATURES, replicates=escape),
        "tilted": grid(temperature=[0.1, 0.2], replicates=tilted),
    }


STUDY = Study(
    title="What gradient noise does",
    aims="Which constants do the lectures' remarks on the noise of SGD have: what momentum does to it, how large a learning rate "
    "may be, what averaging costs, whether AdaGrad stops, how long a minimum holds a path, and whether noise finds the better "
    "one?",
    mechanisms="x²/2 and a quadratic of 20 eigenvalues with normal noise; least squares with normal inputs, d = 5 and 10, one "
    "fresh sample or four in every step; double wells (x² − 1)²/4, where a path is watched until it has passed the "
    "top, and (x² − 1)²/4 + x/10, whose first 10,000 steps are left out. AdaGrad runs for 20,000 steps; growth is "
    "watched over 10 steps.",
    estimands="Stationary variances and excess risks, mean numbers of steps until a minimum is left, proportions of time.",
    compared_by="averaged.excess",
    experiments={
        "noise": momentum_noise.NOISE,
        "stationary": least_squares.STATIONARY,
        "growth": least_squares.GROWTH,
        "averaged": averaged_sgd.AVERAGED,
        "adagrad": adagrad_noise.ADAGRAD,
        "escape": escapes.ESCAPE,
        "tilted": escapes.TILTED,
    },
    claims=(
        *momentum_noise.CLAIMS,
        *least_squares.CLAIMS,
        *averaged_sgd.CLAIMS,
        *adagrad_noise.CLAIMS,
        *escapes.CLAIMS,
    ),
    checks=(*momentum_noise.CHECKS, *averaged_sgd.CHECKS, *libraries.CHECKS, *escapes.CHECKS),
    figures=noise_figures.FIGURES,
    limits="Quadratics, normal inputs and one double well: nothing is said of networks. Learning rates are fixed; near the "
    "threshold the tails are so heavy that means are not simulated there. The tuned comparison knows the expected risk.",
    designs={
        # times to escape are skewed: the mean of few is too sure of itself
        "smoke": _design([100, 16000], 12, 3, 100, 3, 2, 200, 2),
        "standard": _design(averaged_sgd.SIZES, 1500, 600, 40_000, 2000, 4000, 8000, 300),
        "paper": _design([*averaged_sgd.SIZES, 64_000], 6000, 3000, 200_000, 5000, 16_000, 40_000, 1000),
    },
)
