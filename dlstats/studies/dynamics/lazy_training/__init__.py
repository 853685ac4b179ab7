"""Do wide networks train as their linearisation does, with a kernel that is known, and when do they not?"""

from __future__ import annotations

from typing import Any

from dlstats.plotting.curves import curves
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.origin import Derived, Finding, Practice, Stated, Theorem
from dlstats.protocol.readers import slope, value
from dlstats.protocol.study import Check, Figure, Grid, Study, grid
from dlstats.studies.dynamics.lazy_training.drawing import draw
from dlstats.studies.dynamics.lazy_training.kernels import CASES, INPUTS, KERNELS, by_quadrature, diagonal
from dlstats.studies.dynamics.lazy_training.networks import LAZY, TRAINING
from dlstats.studies.dynamics.lazy_training.scales import SCALES, UNITS

NARROW, WIDE, FACTORS = LEVELS = [32, 64, 128, 256, 512], [128, 256, 512, 1024, 2048], [4.0, 8.0, 16.0, 32.0, 64.0]
"""Widths at initialisation and in training with two hidden layers, in training with one; scales of the output."""
SMALL = ([8, 16], [8, 16], [1.0, 2.0])
PILOT = Finding("lazy_training, seed 777001")
BOTH = ("JSM", "BIOS")


def _slope(column: str, method: str | list[str], experiment: str = "training", **where: Any):
    return slope(column, "rmse", experiment=experiment, method=method, **where).at_least(width=5)


CLAIMS = (
    Claim(
        "DYN13",
        "The tangent kernel of a random ReLU network with one hidden layer of m units has the closed form of infinite width as "
        f"its mean and an exact variance of order 1/m (farthest ratio of the mean squared distance to that, {CASES} cases, "
        f"m = {NARROW[0]}, …, {NARROW[-1]}).",
        equals(1, 0.1),
        value("ratio", experiment="kernels", depth=1, width=NARROW).each("width"),
        Derived("tangent-kernels.md#one-hidden-layer"),
        BOTH,
    ),
    Claim(
        "DYN13.rate",
        "With two and three hidden layers, too, its distance to the limit falls as m^({theory}) (farther of two slopes).",
        equals(-0.5, 0.1),
        _slope("distance", "relu", "kernels", depth=[2, 3]).each("depth"),
        Theorem("hanin2020", "theorem 1", "The theorem is on the diagonal of the kernel; here all its entries count."),
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN14",
        "In training, the weights of networks with one hidden layer in the tangent scaling move by m^({theory}) of their length "
        "(farther slope of ReLU and tanh).",
        equals(-0.5, 0.1),
        _slope("relative_movement", list(LAZY), depth=1).each("method"),
        Derived("tangent-kernels.md#how-far-weights-move"),
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN14.deep",
        "With two hidden layers they move by m^({theory}) of it, because the length grows as m (farther slope of ReLU and tanh).",
        equals(-1, 0.1),
        _slope("relative_movement", list(LAZY), depth=2).each("method"),
        Derived("tangent-kernels.md#how-far-weights-move"),
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN14.kernel",
        "The tangent kernel of tanh networks with one hidden layer changes in training by m^({theory}) of its size (slope).",
        equals(-1, 0.1),
        _slope("kernel_change", "tanh", depth=1),
        Practice("dyer2020", "section 3"),
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN14.kink",
        "That of ReLU networks changes by m^({theory}): units that switch on or off do not change it in the mean, but they are "
        "√m independent ones (slope).",
        equals(-0.75, 0.1),
        _slope("kernel_change", "relu", depth=1),
        PILOT,
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN15.linear",
        "Predictions of tanh networks in the tangent scaling come close to those of their linearisation at initialisation, "
        "trained alike, at least as fast as m^({theory}) (larger slope of one and of two hidden layers).",
        at_most(-0.5),
        _slope("linearised", "tanh", depth=[1, 2]).each("depth"),
        Theorem("lee2019", "theorem 2.1"),
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN15.faster",
        "With one hidden layer they do so faster than that bound, at least as m^({theory}) (slope).",
        at_most(-0.75),
        _slope("linearised", "tanh", depth=1),
        PILOT,
        BOTH,
    ),
    Claim(
        "DYN15.kernel",
        "The dynamics of wide networks are similar to those of functions in a reproducing kernel Hilbert space: with 2,048 ReLU "
        "units predictions end within a tenth of the responses' root mean square of gradient descent with the limiting kernel "
        "(root mean square).",
        at_most(0.1),
        value("limit", experiment="training", method="relu", depth=1, width=2048),
        Stated(
            "JSM",
            "Training Dynamics Viewpoint",
            "trained via gradient descent (GD) in ℓ_2 -loss, behave similarly to those of functions in reproducing kernel "
            "Hilbert spaces (RKHS)",
        ),
        ("BIOS",),
    ),
    Claim(
        "DYN15.limit",
        "That distance falls as m^({theory}), as slowly as the kernel at initialisation comes to its limit (slope, one hidden "
        "layer of ReLU).",
        equals(-0.5, 0.1),
        _slope("limit", "relu", depth=1),
        PILOT,
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN16",
        f"The scale of the output alone makes training lazy: with α times a tanh network of {UNITS} units, less its initial "
        "values, at 1/α² of the learning rate, predictions come to those of the linearisation as α^({theory}) (slope).",
        equals(-1, 0.1),
        slope("linearised", "rmse", experiment="scales", method="centred").at_least(scale=5),
        Theorem("chizat2019", "theorem 2.2", "The theorem is on gradient flow, and an upper bound."),
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN16.movement",
        "There the weights move by α^({theory}) of their length (slope).",
        equals(-1, 0.1),
        slope("relative_movement", "rmse", experiment="scales", method="centred").at_least(scale=5),
        Theorem("chizat2019", "theorem 2.2", "The theorem is on gradient flow, and an upper bound."),
        BOTH,
        regime="asymptotic",
    ),
    Claim(
        "DYN16.pairs",
        "Where the units begin in pairs that cancel, a usual way to begin at 0, predictions come to those of the linearisation "
        "as α^({theory}), twice as fast (slope).",
        equals(-2, 0.1),
        slope("linearised", "rmse", experiment="scales", method="doubled").at_least(scale=5),
        Derived("tangent-kernels.md#opposite-pairs"),
        BOTH,
        regime="asymptotic",
    ),
)


CHECKS = (
    Check(
        "DYN13.limit",
        "The tangent kernel of infinitely wide ReLU networks has a closed form by arc-cosine kernels (largest difference to "
        "quadrature over pairs of normals, one to three hidden layers).",
        equals(0, 1e-6), by_quadrature, Derived("tangent-kernels.md#infinite-width"), BOTH,
    ),
    Check(
        "DYN13.diagonal",
        "On its diagonal it is (L + 1)|x|²/d with L hidden layers (largest difference, L = 1, 2, 5).",
        equals(0, 1e-6), diagonal, Derived("tangent-kernels.md#infinite-width"), BOTH,
    ),
)  # fmt: skip


def _design(
    kernels: tuple[int, int],
    replicates: int,
    thrice: int,
    deep: int,
    steps: int,
    levels: tuple[list, ...] = LEVELS,
) -> dict[str, list[Grid]]:
    narrow, wide, factors = levels
    efforts = ((1, replicates, deep), (3, thrice, thrice))
    return {
        "kernels": [
            grid(depth=1, width=narrow, replicates=kernels[0]),
            grid(depth=[2, 3], width=narrow, replicates=kernels[1]),
        ],
        "training": [
            grid(depth=depth, width=those, steps=steps, effort=effort, replicates=count)
            for effort, shallow, deeper in efforts
            for depth, those, count in ((1, wide, shallow), (2, narrow, deeper))
        ],
        "scales": [grid(scale=factors, steps=steps, effort=e, replicates=r) for e, r, _ in efforts],
    }


STUDY = Study(
    title="Lazy training",
    aims="Do wide networks train as their linearisation does, with a kernel that is known, and does it need the width?",
    mechanisms=f"Networks without biases, all weights N(0, 1), scaled in the function; {CASES} cases uniform on the sphere of "
    f"radius √d in d = {INPUTS} dimensions, responses (x₁ + x₂x₃)/2 without noise; gradient descent on the mean squared error, "
    "all cases, rate 1/(L + 1) with L hidden layers. Cases are the same at every width.",
    estimands="Distances of tangent kernels, predictions and weights, at new points where they are predictions; slopes on width.",
    experiments={"kernels": KERNELS, "training": TRAINING, "scales": SCALES},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "lazy_training",
            "Against the width m. Left: the tangent kernel at initialisation comes to its limit as 1/√m, with any number L of "
            "hidden layers. Right: predictions after training come to those of the linearised network faster than to those "
            "of gradient descent with the limiting kernel. Dashed: slopes, with numbers. 95 % Monte Carlo intervals.",
            draw,
            "two-column",
            2.8,
        ),
        curves(
            "linearised",
            "scale",
            name="output_scale",
            statistic="rmse",
            experiment="scales",
            methods=SCALES.methods,
            caption="Distance of predictions to those of the linearised network against the scale α of the output, at fixed "
            "width: as 1/α where the initial function is subtracted, as 1/α² where units begin in opposite pairs. 95 % Monte "
            "Carlo intervals.",
        ),
    ),
    limits="One target without noise, squared error, full batches; widths at which ReLU may still be far from its limit.",
    designs={
        "smoke": _design((2, 2), 2, 2, 2, 5, SMALL),
        "standard": _design((400, 60), 32, 12, 16, 200),
        "paper": _design((4000, 1000), 200, 50, 100, 200),
    },
)
