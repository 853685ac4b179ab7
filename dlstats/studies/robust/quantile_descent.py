"""What does gradient descent do with the pinball loss, with the lectures' formula for it, and with |x|?"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, Expectation, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Origin, Theorem
from dlstats.protocol.readers import Reader, value
from dlstats.protocol.study import Check, Experiment, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.robust._quadrature import gaps

STEPS = 2000
RATE = 0.1
SAMPLE = 200


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Gradient descent on a constant with the slip and with the pinball loss, 2000 steps on normal data."""
    import torch

    from dlstats.losses import quantile

    y = torch.as_tensor(streams.draw(lambda rng: rng.standard_normal(SAMPLE), "data"))
    columns = {}
    for method, loss in (("slip", quantile.lectures_pinball), ("pinball", quantile.pinball)):
        f = halfway = torch.zeros(len(y), 1, dtype=torch.float64)
        for step in range(STEPS):
            halfway = f.detach() if 2 * step == STEPS else halfway
            f = f.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(loss(f.expand_as(y), y, condition.level).mean(dim=1).sum(), f)
            f = f.detach() - RATE * gradient
        speed = (f.detach() - halfway) / (STEPS // 2)
        columns[method] = {"speed": speed.squeeze(1).numpy(), "position": f.detach().squeeze(1).numpy()}
    return stacked(streams, columns)


@functools.cache
def _path(name: str, rate: float, steps: int) -> tuple[float, ...]:
    """Gradient descent of one parameter towards 0 from 1."""
    import torch

    from dlstats.losses.regression import squared
    from dlstats.losses.robust import absolute

    loss = {"absolute": absolute, "squared": squared}[name]
    f, y = torch.ones(1, 1, 1, dtype=torch.float64), torch.zeros(1, 1, 1, dtype=torch.float64)
    path = [1.0]
    for _ in range(steps):
        f = f.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(f, y).sum(), f)
        f = f.detach() - rate * gradient
        path.append(f.item())
    return tuple(path)


def _ends() -> dict[str, float]:
    last = _path("absolute", 0.3, 60)[-4:]
    return gaps(
        {
            "squared after 50": (_path("squared", 0.1, 50)[-1], 0.8**50),
            "cycle of length 2": (last[3], last[1]),
            "high": (max(last), 0.1),
            "low": (min(last), -0.2),
        }
    )


def _amplitude() -> float:
    return float(np.abs(_path("absolute", 0.3, 60)[-4:]).max())


CORRECTED = Theorem("koenker1978")


def _claim(name: str, words: str, expectation: Expectation, reader: Reader, origin: Origin = CORRECTED) -> Claim:
    return Claim(name, words, expectation, reader, origin, bears_on=("JSM", "BIOS"))


CLAIMS = (
    _claim(
        "ROB18",
        "With the lectures' max(τ e, (1 − τ) e) gradient descent of a constant drifts without end at learning rate times "
        "min(τ, 1 − τ): 0.0500 a step at τ = 0.5 and rate 0.1.",
        equals(0.05, 0.001),
        value("speed", "mean", method="slip", level=0.5),
    ),
    _claim(
        "ROB18.upper",
        "With the lectures' max(τ e, (1 − τ) e) gradient descent drifts 0.0100 a step at τ = 0.9 and rate 0.1.",
        equals(0.01, 0.001),
        value("speed", "mean", method="slip", level=0.9),
    ),
    _claim(
        "ROB18.bounded",
        "The lectures' quantile loss has a minimiser: gradient descent at τ = 0.5 stays within 1 of the median of its data "
        "for 2000 steps (mean position; the correct loss stays).",
        at_most(1.0),
        value("position", "mean", method="slip", level=0.5),
    ),
    Claim(
        "ROB18.correct",
        "With max(τ e, (τ − 1) e) gradient descent at τ = 0.5 stays at the median (mean position after 2000 steps).",
        equals(0.0, 0.05),
        value("position", "mean", method="pinball", level=0.5),
        Theorem("koenker1978"),
    ),
)

CHECKS = (
    Check(
        "ROB19",
        "At rate 0.3 gradient descent on |x| from 1 ends in the 2-cycle (0.1, −0.2), and at rate 0.1 on x² it has "
        "contracted to 0.8⁵⁰ = 1.427 × 10⁻⁵ after 50 steps (largest difference).",
        equals(0, 1e-12),
        _ends,
        Derived(),
        bears_on=("JSM",),
    ),
    Check(
        "ROB19.amplitude",
        "The 2-cycle of gradient descent on |x| stays within the learning rate 0.3 of the minimum.",
        at_most(0.3),
        _amplitude,
        Derived(),
        bears_on=("JSM",),
    ),
)

STUDY = Study(
    title="Gradient descent on quantile losses",
    aims="What does gradient descent do with the correct pinball loss and with the lectures' formula, and where does it end on "
    "a loss with a corner?",
    mechanisms=f"{SAMPLE} draws of N(0, 1); one parameter, {STEPS} steps at learning rate {RATE:g}.",
    estimands="Speed of drift, position after the last step.",
    experiments={
        "drift": Experiment(
            simulate,
            factors={"level": Factor("quantile level", float, symbol=r"\tau", above=0, below=1)},
            methods={
                "pinball": Method("pinball", "gradient descent with max(τ r, (τ − 1) r)"),
                "slip": Method("lectures' formula", "gradient descent with max(τ r, (1 − τ) r)"),
            },
            measures=(
                Measure("speed", "drift per step", "mean"),
                Measure("position", "position after 2000 steps", "mean"),
            ),
            block=2000,
            streams="quantiles",
        )
    },
    claims=CLAIMS,
    checks=CHECKS,
    limits="One parameter and a fixed learning rate.",
    designs={
        "smoke": grid(level=[0.5, 0.9], replicates=3),
        "standard": grid(level=[0.5, 0.9], replicates=100),
        "paper": grid(level=[0.5, 0.9], replicates=400),
    },
)
