"""What is claimed of trained networks at two jumps, and of what is set beside them: RSK7."""

from __future__ import annotations

from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.origin import Finding
from dlstats.protocol.reader import Reader
from dlstats.protocol.readers import value
from dlstats.studies.excess_risk.linear_suboptimality.estimators import (
    ARC,
    EPOCHS,
    JUMP,
    JUMPS,
    MIDDLE,
    OTHER_ARC,
    WIDTH,
)

PILOT, PLACES = (Finding(f"linear_suboptimality, seed {seed}") for seed in (20261127, 777001))
RECIPE = (
    f"a ReLU network of three layers of {WIDTH} (linear skip connection, {EPOCHS} epochs of Adam on OneCycle, best of 3 random "
    "starts, learning rate on a held-out fifth)"
)


def _ratio(method: str, n: tuple[int, ...] = (4096, 8192), jump: float = JUMP, arc: float = ARC) -> Reader:
    """The mean risk of a method over the floor at every n."""
    experiment = "network" if method == "network" else "rivals"
    return value("relative", "mean", experiment=experiment, method=method, n=list(n), jump=jump, arc=arc).each("n")


TRAINED_CLAIMS = (
    Claim(
        "RSK7",
        f"At jumps of 2σ {RECIPE} has less than 1/1.25 of the smallest mean risk that a linear estimator can have on average, "
        "at n = 4096 and 8192.",
        at_most(0.8),
        _ratio("network"),
        PILOT,
    ),
    Claim(
        "RSK7.crossover",
        f"At jumps of 2σ {RECIPE} has a larger mean risk than the best linear estimator at n = 256.",
        at_least(1.0),
        _ratio("network", n=(256,)),
        PILOT,
    ),
    *(
        Claim(
            f"RSK7.jump_{jump:g}",
            f"At jumps of {'' if jump == 1 else f'{jump:g}'}σ, too, {RECIPE} has less than 1/1.25 of the smallest mean risk "
            f"that a linear estimator can have on average, at n = {MIDDLE}.",
            at_most(0.8),
            _ratio("network", n=(MIDDLE,), jump=jump),
            PLACES,
        )
        for jump in JUMPS
    ),
    Claim(
        "RSK7.linear",
        "At jumps of 2σ kernel ridge regression with the covariance of the target as kernel, its penalty chosen on a held-out "
        "fifth, has at most 1.25 times the smallest mean risk of linear estimators at n = 4096 and 8192; floor and kernel both "
        "know that the arc is half the circle.",
        at_most(1.25),
        _ratio("kernel_ridge"),
        PILOT,
    ),
    Claim(
        "RSK7.wavelets",
        f"For the indicator of {OTHER_ARC} of a circle, whose symmetries help no basis, hard thresholding of the Haar "
        "coefficients of all shifts has at jumps of 2σ less than half of the smallest mean risk of linear estimators, n = 4096 "
        "and 8192.",
        at_most(0.5),
        _ratio("haar", arc=OTHER_ARC),
        PLACES,
    ),
    Claim(
        "RSK7.tree",
        f"For the indicator of {OTHER_ARC} of a circle a regression tree, its leaves chosen on a held-out fifth, has at jumps of "
        "2σ less than half of the smallest mean risk of linear estimators, in the mean, too, n = 4096 and 8192.",
        at_most(0.5),
        _ratio("tree", arc=OTHER_ARC),
        PLACES,
    ),
)
