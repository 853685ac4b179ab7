"""What does gradient descent do with the pinball loss, with the lectures' formula for it, and with |x|?"""

from __future__ import annotations

import functools

import pandas as pd
import scipy

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Stated
from dlstats.protocol.readers import value
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


CLAIMS = (
    Claim(
        "ROB18",
        "On the quantile loss as the lectures print it, max(τ e, (1 − τ) e), gradient descent of a constant drifts without end: "
        "once above the data it rises at every step by the learning rate times min(τ, 1 − τ) (ratio to that at τ = 0.5 and 0.9, "
        "learning rate 0.1, farther of the two).",
        equals(1.0, 1e-9),
        value("speed", "largest", method="slip")
        .each("level")
        .over_theory(lambda line: RATE * min(t := line["level"], 1 - t)),
        Derived("quantiles.md#drift-on-the-slip"),
        bears_on=("JSM", "BIOS"),
    ),
    Claim(
        "ROB18.bounded",
        "Minimising the quantile loss as printed, max(τ e, (1 − τ) e), finds the target quantile: at τ = 0.5 gradient descent "
        f"from 0 is within {{theory:g}} of 0, the median, after {STEPS} steps (least position over samples of {SAMPLE} from "
        "N(0, 1)).",
        at_most(1.0),
        value("position", "smallest", method="slip", level=0.5),
        Stated(
            "JSM",
            "Outliers-Loss Functions",
            "Quantile Loss: Focuses on specific quantiles … where τ is the target quantile",
        ),
        bears_on=("BIOS",),
    ),
    Claim(
        "ROB18.correct",
        f"With max(τ e, (τ − 1) e) gradient descent at τ = 0.9 is at the quantile, {{theory:.4f}}, after {STEPS} steps from 0, "
        "within {margin}: a step of at most 0.09 and the bias of sample quantiles, at most 0.02 (mean position over samples of "
        f"{SAMPLE} from N(0, 1), learning rate {RATE:g}).",
        equals(float(scipy.stats.norm.ppf(0.9)), 0.11),
        value("position", "mean", method="pinball", level=0.9),
        Derived("quantiles.md#descent-on-the-pinball-loss"),
        bears_on=("JSM", "BIOS"),
    ),
)

CHECKS = (
    Check(
        "ROB19",
        "At a fixed learning rate of 0.3 gradient descent on |x| from 1 ends in the 2-cycle (0.1, −0.2), and at 0.1 on x² it has "
        "contracted to 0.8⁵⁰ = 1.427 × 10⁻⁵ after 50 steps (largest difference).",
        equals(0, 1e-12),
        _ends,
        Derived("quantiles.md#two-cycle-of-the-absolute-value"),
        bears_on=("BIOS",),
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
                Measure("speed", "largest drift per step", "largest"),
                Measure("position", "position after 2000 steps", "mean"),
                Measure("position", "least position after 2000 steps", "smallest"),
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
