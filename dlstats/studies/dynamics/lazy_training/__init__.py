"""Do wide networks train as their linearisation does, with a kernel that is known, and when do they not?"""

from __future__ import annotations

from typing import Any

from dlstats.plotting.curves import curves
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.origin import Derived, Finding, Theorem
from dlstats.protocol.readers import Reader, slope, value
from dlstats.protocol.study import Check, Figure, Grid, Study, grid
from dlstats.studies.dynamics.lazy_training.drawing import draw
from dlstats.studies.dynamics.lazy_training.kernels import CASES, INPUTS, KERNELS, by_quadrature
from dlstats.studies.dynamics.lazy_training.networks import LAZY, TRAINING
from dlstats.studies.dynamics.lazy_training.scales import SCALES, UNITS

NARROW, WIDE, FACTORS = LEVELS = [32, 64, 128, 256, 512], [128, 256, 512, 1024, 2048], [4.0, 8.0, 16.0, 32.0, 64.0]
"""Widths at initialisation and in training with two hidden layers, in training with one; scales of the output."""
SMALL = ([8, 16], [8, 16], [1.0, 2.0])
PILOT = Finding("lazy_training, seed 777001")
BOTH = ("JSM", "BIOS")


def _slope(column: str, method: str | list[str], experiment: str = "training", **where: Any) -> Reader:
    reader = slope(column, "rmse", experiment=experiment, method=method, **where)
    return reader.at_least(**{"scale" if experiment == "scales" else "width": 5})


def _falls(name: str, statement: str, power: float, reader: Reader, origin: Derived | Finding) -> Claim:
    """A power of the width or the scale, to within 0.1; a limit where it is proved."""
    regime = "asymptotic" if isinstance(origin, Derived) else "finite sample"
    return Claim(name, statement, equals(power, 0.1), reader, origin, BOTH, regime=regime)


CLAIMS = (
    Claim(
        "DYN13",
        "The mean squared distance of the tangent kernel of a random ReLU network with one hidden layer of m units to the "
        "closed form of infinite width is an exact variance over m (farthest ratio of the two, "
        f"{CASES} cases, m = {NARROW[0]}, …, {NARROW[-1]}).",
        equals(1, 0.1),
        value("ratio", experiment="kernels", depth=1, width=NARROW).each("width"),
        Derived("tangent-kernels.md#one-hidden-layer"),
        BOTH,
    ),
    _falls(
        "DYN13.rate",
        "The distance of the tangent kernel of random ReLU networks to its limit falls as m^({theory}) with two and three hidden "
        "layers of m units (farther of two slopes).",
        -0.5,
        _slope("distance", "relu", "kernels", depth=[2, 3]).each("depth"),
        PILOT,
    ),
    _falls(
        "DYN14",
        "After 200 steps, the weights of networks with one hidden layer of m units in the tangent scaling have moved by "
        "m^({theory}) of their length (farther slope of ReLU and tanh).",
        -0.5,
        _slope("relative_movement", list(LAZY), depth=1).each("method"),
        Derived("tangent-kernels.md#how-far-weights-move"),
    ),
    _falls(
        "DYN14.deep",
        "After 200 steps, the weights of networks with two hidden layers of m units in the tangent scaling have moved by "
        "m^({theory}) of their length, which grows as m (farther slope of ReLU and tanh).",
        -1,
        _slope("relative_movement", list(LAZY), depth=2).each("method"),
        Derived("tangent-kernels.md#how-far-weights-move"),
    ),
    _falls(
        "DYN14.kernel",
        "After 200 steps, the tangent kernel of networks with one hidden layer of m tanh units has changed by m^({theory}) of "
        "its size (slope).",
        -1,
        _slope("kernel_change", "tanh", depth=1),
        Derived("tangent-kernels.md#how-the-kernel-of-tanh-changes"),
    ),
    _falls(
        "DYN14.kink",
        "After 200 steps, the tangent kernel of networks with one hidden layer of m ReLU units has changed by m^({theory}) of "
        "its size (slope).",
        -0.75,
        _slope("kernel_change", "relu", depth=1),
        PILOT,
    ),
    Claim(
        "DYN15.linear",
        "After 200 steps, predictions of networks with two hidden layers of m tanh units in the tangent scaling come to those of "
        "their linearisation at initialisation, trained alike, at least as fast as m^({theory}) (slope).",
        at_most(-0.5),
        _slope("linearised", "tanh", depth=2),
        Theorem("lee2019", "theorem 2.1", "The theorem holds with high probability; here the root mean square counts."),
        BOTH,
        regime="asymptotic",
    ),
    _falls(
        "DYN15.faster",
        "After 200 steps, predictions of networks with one hidden layer of m tanh units in the tangent scaling come to those of "
        "their linearisation at initialisation, trained alike, as m^({theory}) (slope).",
        -1,
        _slope("linearised", "tanh", depth=1),
        Derived("tangent-kernels.md#how-the-kernel-of-tanh-changes"),
    ),
    Claim(
        "DYN15.kernel",
        "After 200 steps, predictions of 2,048 ReLU units are within a tenth of the responses' root mean square of gradient "
        "descent with the limiting kernel from the same initial function (root mean square).",
        at_most(0.1),
        value("limit", experiment="training", method="relu", depth=1, width=2048),
        PILOT,
        BOTH,
    ),
    _falls(
        "DYN15.limit",
        "After 200 steps, the distance of predictions of m ReLU units to gradient descent with the limiting kernel from the same "
        "initial function falls as m^({theory}) (slope).",
        -0.5,
        _slope("limit", "relu", depth=1),
        PILOT,
    ),
    _falls(
        "DYN16",
        f"The scale of the output alone makes training lazy: with α times a tanh network of {UNITS} units, less its initial "
        "values, at 1/α² of the learning rate, predictions after 200 steps come to those of the linearisation as α^({theory}) "
        "(slope).",
        -1,
        _slope("linearised", "centred", "scales"),
        Derived("tangent-kernels.md#the-scale-of-the-output"),
    ),
    _falls(
        "DYN16.movement",
        f"With α times a tanh network of {UNITS} units, less its initial values, at 1/α² of the learning rate, the weights have "
        "moved after 200 steps by α^({theory}) of their length (slope).",
        -1,
        _slope("relative_movement", "centred", "scales"),
        Derived("tangent-kernels.md#the-scale-of-the-output"),
    ),
    _falls(
        "DYN16.pairs",
        f"With α times a tanh network of {UNITS} units that begin in pairs that cancel, at 1/α² of the learning rate, "
        "predictions after 200 steps come to those of the linearisation as α^({theory}) (slope).",
        -2,
        _slope("linearised", "doubled", "scales"),
        Derived("tangent-kernels.md#opposite-pairs"),
    ),
)


CHECKS = (
    Check(
        "DYN13.limit",
        "The tangent kernel of infinitely wide ReLU networks has a closed form by arc-cosine kernels (largest difference to "
        "quadrature over pairs of normals, one to three hidden layers).",
        equals(0, 1e-6),
        by_quadrature,
        Derived("tangent-kernels.md#infinite-width"),
        BOTH,
    ),
)


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
            "Against the width m. Left: the tangent kernel at initialisation comes to its limit as 1/√m, with one to three "
            "hidden layers (L). Right: predictions after training come to those of the linearised network faster than to those "
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
    limits="One target without noise, squared error, full batches; widths at which ReLU may still be far from its limit. All is "
    "read after 200 steps and at three times as many; after 200 tanh networks keep about a tenth of the mean square of the "
    "responses. Measured and no claim: the absolute distance that weights move, which the width does not change. Not run: "
    "regression with the limiting kernel to its end, and the limiting kernel of tanh, which has no closed form here.",
    designs={
        "smoke": _design((2, 2), 2, 2, 2, 5, SMALL),
        "standard": _design((400, 60), 32, 12, 16, 200),
        "paper": _design((4000, 1000), 200, 50, 100, 200),
    },
)
