"""Gradient descent on (ab − 1)²/2: a whole curve of minima, of which large learning rates reach the flat ones only."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import log_ratio, value
from dlstats.protocol.study import Check, Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

STEPS, CLOSE = 20_000, 1e-8
OUTER = 3.0
"""Starts lie within a² + b² < 3/η."""
FACTOR = math.log10(1.25)


def step(a: np.ndarray, b: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """One step of gradient descent on (ab − 1)²/2."""
    residual = a * b - 1
    return a - rate * residual * b, b - rate * residual * a


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """a² + b² after 20,000 steps from uniform starts within and beyond 2/η, and where gradient flow would end."""
    rate = condition.learning_rate
    uniform = streams.draw(lambda rng: rng.uniform(size=2), "start")
    angle, columns = 2 * np.pi * uniform[:, 1], {}
    for name, (least, most) in {"within": (0.0, 2.0), "beyond": (2.0, OUTER)}.items():
        radius = np.sqrt((least + (most - least) * uniform[:, 0]) / rate)
        a, b = radius * np.cos(angle), radius * np.sin(angle)
        flow = np.sqrt((a * a - b * b) ** 2 + 4)
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(STEPS):
                a, b = step(a, b, rate)
            there = np.abs(a * b - 1) < CLOSE
        sharpness = np.where(there, a * a + b * b, np.nan)
        status = {"status": np.where(there, "ok", "diverged"), "reason": np.where(there, "", "no minimum was reached")}
        columns[name] = {"sharpness": sharpness, "edge": rate * sharpness / 2, **status}
        columns[f"{name}_flow"] = {"sharpness": flow, "edge": rate * flow / 2, "status": "ok", "reason": ""}
    return stacked(streams, columns)


EXPERIMENT = Experiment(
    simulate,
    factors={"learning_rate": Factor("learning rate", float, symbol=r"\eta", at_least=0.01, at_most=0.5)},
    methods={
        "within": Method(
            "gradient descent from within 2/η", "uniform starts with a² + b² < 2/η, 20,000 steps", "gradient_descent"
        ),
        "beyond": Method(
            "gradient descent from beyond 2/η", "uniform starts with 2/η < a² + b² < 3/η, 20,000 steps", "adam"
        ),
        "within_flow": Method(
            "gradient flow from within 2/η", "the end of gradient flow, √((a² − b²)² + 4)", "nesterov"
        ),
        "beyond_flow": Method("gradient flow from beyond 2/η", "likewise from the other starts", "lbfgs"),
    },
    measures=(
        Measure("sharpness", "sharpness a² + b²", "geometric mean"),
        Measure("edge", "sharpness over 2/η", "largest"),
    ),
    contrasts=tuple(
        Contrast("sharpness", name, f"{name}_flow", "log_ratio", "geometric_mean") for name in ("within", "beyond")
    ),
    block=5000,
)


def balance_gaps() -> dict[str, float]:
    """Along paths of torch.optim.SGD, |a² − b²| against the product of 1 − η²(ab − 1)², and the path against `step`."""
    import torch

    gaps = {}
    for rate, start in ((0.05, (4.0, 1.0)), (0.2, (2.5, 2.0)), (0.45, (1.5, -1.0))):
        pair = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimiser, (a, b) = torch.optim.SGD([pair], lr=rate), map(np.array, start)
        left, worst, apart = start[0] ** 2 - start[1] ** 2, 0.0, 0.0
        for _ in range(200):
            optimiser.zero_grad()
            loss = (pair[0] * pair[1] - 1) ** 2 / 2
            left *= 1 - 2 * rate**2 * loss.item()
            loss.backward()
            optimiser.step()
            a, b = step(a, b, rate)
            x, y = pair.detach().numpy()
            worst = max(worst, abs(x * x - y * y - left))
            apart = max(apart, abs(x - a), abs(y - b))
        gaps |= {f"balance, η = {rate:g}": float(worst), f"torch, η = {rate:g}": float(apart)}
    return gaps


RATES = [0.05, 0.1, 0.2, 0.25]
CLAIMS = (
    Claim(
        "OPT16",
        "Where gradient descent with learning rate η reaches a minimum of (ab − 1)²/2, its sharpness a² + b² is at most 2/η "
        "(largest sharpness over 2/η, starts with a² + b² up to 3/η, η from 0.05 to 0.25).",
        at_most(1.0),
        value("edge", "largest", method=["within", "beyond"]).each("method", "learning_rate"),
        Derived("implicit-bias.md#minima-of-a-product"),
        ("JSM", "BIOS"),
    ),
    Claim(
        "OPT16.flatter",
        "From starts with a² + b² from 2/η to 3/η gradient descent on (ab − 1)²/2 ends in minima of at most 1/1.25 of the "
        "sharpness, the largest eigenvalue of the Hessian a² + b², at which gradient flow ends from there (log₁₀ of the ratio of "
        "geometric means; η from 0.05 to 0.25).",
        at_most(-FACTOR),
        log_ratio("sharpness", "beyond", "beyond_flow", "geometric_mean", learning_rate=RATES).each("learning_rate"),
        Finding("implicit_bias, seed 777001"),
        ("JSM", "BIOS"),
    ),
)
CHECKS = (
    Check(
        "OPT16.balance",
        "A step of torch.optim.SGD on (ab − 1)²/2 multiplies a² − b² by 1 − η²(ab − 1)², so that gradient flow keeps it and "
        "large steps shrink it (largest difference along three paths of 200 steps, and to the recursion of this study).",
        equals(0, 1e-10),
        balance_gaps,
        Derived("implicit-bias.md#minima-of-a-product"),
    ),
)
