"""What scaling and centring of inputs does to gradient descent: one neuron on pixels between 0 and 255."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import quadratics

PIXELS = np.arange(256.0)
MAPS = {
    "raw": PIXELS,
    "unit": PIXELS / 255,
    "symmetric": (PIXELS - 127.5) / 127.5,
    "tiny": PIXELS / 255 * 1e-3,
}
DIGITS = 1e-6
"""What gradient descent shall leave of the error."""


def moments(x: np.ndarray, inputs: int) -> np.ndarray:
    """Moment matrix of `inputs` independent pixels, uniform on the values x, and a 1 for the bias: half the Hessian."""
    matrix = np.full((inputs + 1, inputs + 1), x.mean() ** 2)
    matrix[-1, :] = matrix[:, -1] = x.mean()
    np.fill_diagonal(matrix, np.append(np.full(inputs, (x**2).mean()), 1.0))
    return matrix


def conditions(inputs: int) -> Iterable[dict]:
    """Condition number, and steps of gradient descent at its best fixed rate until 10⁻⁶ of the error is left."""
    spectra = {method: np.linalg.eigvalsh(moments(x, inputs)) for method, x in MAPS.items()}
    found = {method: spectrum[-1] / spectrum[0] for method, spectrum in spectra.items()}
    steps = {method: quadratics.steps_to(DIGITS, condition) for method, condition in found.items()}
    for method in MAPS:
        relative = steps[method] / steps["symmetric"]
        yield {"method": method, "condition": found[method], "steps": steps[method], "relative": relative}


SCALING = Experiment(
    tabulated(conditions),
    {"inputs": Factor("inputs", int, at_least=1, at_most=1000)},
    {
        "raw": Method("0 to 255", "pixels as they are"),
        "unit": Method("0 to 1", "pixels divided by 255"),
        "symmetric": Method("−1 to 1", "(x − 127.5)/127.5, the map of the lecture"),
        "tiny": Method("0 to 0.001", "pixels divided by 255,000"),
    },
    (
        Measure("condition", "condition number", "exact"),
        Measure("steps", "steps to 10⁻⁶ of the error", "exact"),
        Measure("relative", "steps relative to those on [−1, 1]", "exact"),
    ),
)  # fmt: skip
DESIGN = grid(inputs=[1, 784], replicates=1)


def relative(method: str, inputs: int) -> float:
    """Steps relative to those on [−1, 1], by the closed forms of both condition numbers."""
    steps = [
        quadratics.steps_to(DIGITS, quadratics.uncentred_condition(float(x.mean()), float(x.var()), inputs))
        for x in (MAPS[method], MAPS["symmetric"])
    ]
    return steps[0] / steps[1]


CLAIMS = (
    Claim(
        "OPT3",
        "On pixels from 0 to 255 one linear neuron takes at the best fixed learning rate of gradient descent {raw:,.0f} times "
        "the steps that it takes on pixels scaled to [−1, 1], on values from 0 to 10⁻³ {tiny:,.0f} times (ratio to that, "
        "farther).",
        equals(1.0, 1e-6),
        value("relative", method=["raw", "tiny"], inputs=1)
        .each("method")
        .over_theory(lambda line: relative(line["method"], line["inputs"])),
        Derived("gradient-descent.md#scaled-inputs"),
        bears_on=("TUE",),
        numbers={name: relative(name, 1) for name in ("raw", "tiny")},
    ),
    Claim(
        "OPT3.centred",
        "A range of magnitude 1 is not enough with many inputs: with 784 independent pixels in [0, 1] gradient descent takes "
        "{times:,.0f} times the steps that it takes on [−1, 1] (ratio to that).",
        equals(1.0, 1e-6),
        value("relative", method="unit", inputs=784).over_theory(relative("unit", 784)),
        Derived("gradient-descent.md#scaled-inputs"),
        bears_on=("TUE",),
        numbers={"times": relative("unit", 784)},
    ),
    Claim(
        "OPT3.variance",
        "Centred pixels have the condition number 1/Var, {theory:.5f} on [−1, 1], for 1 input and for 784.",
        equals(quadratics.centred_condition(MAPS["symmetric"]), 1e-9),
        value("condition", method="symmetric").each("inputs"),
        Derived("gradient-descent.md#scaled-inputs"),
        bears_on=("TUE",),
    ),
)


def _closed_forms() -> dict[str, float]:
    """log of the condition numbers from eigenvalues, less those from a 2 × 2 matrix."""
    gaps = {}
    for inputs in (1, 784):
        for name, x in MAPS.items():
            spectrum = np.linalg.eigvalsh(moments(x, inputs))
            closed = quadratics.uncentred_condition(float(x.mean()), float(x.var()), inputs)
            gaps[f"{name}, {inputs}"] = abs(math.log(spectrum[-1] / spectrum[0]) - math.log(closed))
    return gaps


def _steps() -> dict[str, float]:
    """Steps of gradient descent on one linear neuron until the error is 10⁻⁶ of the start, less the closed form rounded up."""
    gaps = {}
    for name in ("unit", "symmetric", "raw"):
        spectrum = np.linalg.eigvalsh(moments(MAPS[name], 1))
        rate, steps, a, b = quadratics.best_rate(spectrum[0], spectrum[-1]), 0, 1.0, 1.0
        low, high = map(float, rate * spectrum)
        while max(abs(a), abs(b)) > DIGITS:
            a, b, steps = a - low * a, b - high * b, steps + 1
        gaps[name] = abs(steps - math.ceil(quadratics.steps_to(DIGITS, spectrum[-1] / spectrum[0])))
    return gaps


CHECKS = (
    Check(
        "OPT3.condition",
        "The condition number of one linear neuron with 1 or 784 independent pixels, from the eigenvalues of its moment matrix, "
        "is that of the closed form, raw, on [0, 1], on [−1, 1] and on [0, 10⁻³] (difference of logarithms).",
        equals(0, 1e-6),
        _closed_forms,
        Derived("gradient-descent.md#scaled-inputs"),
        bears_on=("TUE",),
    ),
    Check(
        "OPT3.steps",
        "Gradient descent at its best fixed learning rate takes as many steps to 10⁻⁶ of the error as the condition number says, "
        "on [−1, 1], on [0, 1] and on raw pixels (difference, of 600,000 steps at most 1).",
        equals(0, 1),
        _steps,
        Derived("gradient-descent.md#scaled-inputs"),
        bears_on=("TUE",),
    ),
)
