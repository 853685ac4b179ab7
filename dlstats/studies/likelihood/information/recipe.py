"""The recipe's distributions one by one: loss at the truth, what its loss elicits, prediction by mode against mean, domain."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method
from dlstats.studies.frames import tabulated
from dlstats.studies.likelihood.information import scores

GAMMA_SHAPE, BETA, RATE, COUNT, SUCCESS = 2.5, (1.5, 2.5), 1.6, 3.5, 0.3
MIXTURE = (0.7, (0.0, 4.0), (1.0, 1.0))
"""Weight of the first part, means, standard deviations."""


@dataclass(frozen=True)
class Listed:
    """A distribution of the recipe's table with a scalar outcome.

    `cost` is the squared error of predicting the mode over that of predicting the mean, in closed form.
    """

    label: str
    domain: str
    elicits: str
    make: Callable[[Any], Any]
    """torch.distributions -> the distribution."""
    rule: Callable[[], tuple[np.ndarray, np.ndarray]]
    cost: float


def _ones() -> tuple[np.ndarray, np.ndarray]:
    return np.arange(2.0), np.ones(2)


def _double(*numbers: float) -> list:
    import torch

    return [torch.tensor(number, dtype=torch.float64) for number in numbers]


def _mixture(d: Any) -> Any:
    import torch

    weight, means, sds = MIXTURE
    parts = d.Categorical(torch.tensor([weight, 1 - weight], dtype=torch.float64))
    return d.MixtureSameFamily(parts, d.Normal(*(torch.tensor(one, dtype=torch.float64) for one in (means, sds))))


def _skewed(mean: float, mode: float, variance: float) -> float:
    return 1 + (mean - mode) ** 2 / variance


_A, _B = BETA
_MIXED = (1 - MIXTURE[0]) * MIXTURE[1][1]
LISTED = {
    "normal": Listed("normal", "ℝ", "mean", lambda d: d.Normal(*_double(0.4, 1.7)), scores.real_line, 1.0),
    "laplace": Listed("Laplace", "ℝ", "median", lambda d: d.Laplace(*_double(0.0, 1.3)), scores.both_halves, 1.0),
    "student": Listed(
        "Student, 3 degrees", "ℝ", "location", lambda d: d.StudentT(*_double(3.0, 0.0, 1.5)), scores.real_line, 1.0
    ),
    "mixture": Listed(
        "mixture of two normals", "ℝ", "the distribution", _mixture, scores.real_line,
        _skewed(_MIXED, 0.0, 1 + MIXTURE[0] * (1 - MIXTURE[0]) * MIXTURE[1][1] ** 2),
    ),
    "exponential": Listed("exponential", "y > 0", "mean", lambda d: d.Exponential(*_double(RATE)), scores.half_line, 2.0),
    "gamma": Listed(
        "gamma", "y > 0", "mean and mean logarithm", lambda d: d.Gamma(*_double(GAMMA_SHAPE, 1.4)), scores.half_line,
        1 + 1 / GAMMA_SHAPE,
    ),
    "beta": Listed(
        "beta", "0 < y < 1", "means of ln y and ln(1 − y)", lambda d: d.Beta(*_double(_A, _B)), scores.unit_interval,
        _skewed(_A / (_A + _B), (_A - 1) / (_A + _B - 2), _A * _B / ((_A + _B) ** 2 * (_A + _B + 1))),
    ),
    "von_mises": Listed(
        "von Mises", "−π < y ≤ π", "mean direction", lambda d: d.VonMises(*_double(0.0, 2.0)), scores.circle, 1.0
    ),
    "bernoulli": Listed("Bernoulli", "0, 1", "mean", lambda d: d.Bernoulli(*_double(SUCCESS)), _ones, 1 / (1 - SUCCESS)),
    "poisson": Listed(
        "Poisson", "0, 1, 2, …", "mean", lambda d: d.Poisson(*_double(COUNT)), scores.counts,
        _skewed(COUNT, math.floor(COUNT), COUNT),
    ),
}  # fmt: skip


@cache
def integrated(name: str) -> dict[str, float]:
    """Mean, mode, loss at the truth, and the squared error of the mode over that of the mean, by torch and a rule."""
    import torch
    from torch import distributions as d

    law = LISTED[name].make(d)
    nodes, weights = LISTED[name].rule()
    y = torch.as_tensor(nodes)
    log_density = law.log_prob(y).detach().numpy()
    mass = weights * np.exp(log_density)
    used = mass > 0
    mean = float(mass[used] @ nodes[used])
    mode = float(law.mode) if name != "mixture" else _mode(law)
    errors = [float(mass[used] @ (nodes[used] - at) ** 2) for at in (mode, mean)]
    return {
        "mean": mean,
        "mode": mode,
        "loss": -float(mass[used] @ log_density[used]),
        "cost": errors[0] / errors[1],
    }


def _mode(law: Any) -> float:
    """The mode near 0 of the mixture by a search."""
    import scipy
    import torch

    found = scipy.optimize.minimize_scalar(
        lambda at: -float(law.log_prob(torch.tensor(at, dtype=torch.float64))), (-1, 0, 1)
    )
    return float(found.x)


def _rows(distribution: str) -> list[dict]:
    return [{"method": "integrated", **integrated(distribution)}]


RECIPE = Experiment(
    tabulated(_rows),
    factors={
        "distribution": Factor(
            "distribution",
            str,
            {name: f"{one.label} ({one.domain}; elicits {one.elicits})" for name, one in LISTED.items()},
        )
    },
    methods={"integrated": Method("integrated", "torch.distributions, integrated or summed over the domain")},
    measures=(
        Measure("mean", "mean", "exact"),
        Measure("mode", "mode", "exact"),
        Measure("loss", "expected loss at the truth", "exact"),
        Measure("cost", "squared error of the mode over that of the mean", "exact"),
    ),
)


def cost_gaps() -> dict[str, float]:
    """|cost of the mode integrated − closed form|.

    Left out are the mixture, whose mode is near 0 and not at it, and von Mises, whose directions have no squared error.
    """
    exact = {name: one.cost for name, one in LISTED.items() if name not in ("mixture", "von_mises")}
    return {name: abs(integrated(name)["cost"] - cost) for name, cost in exact.items()}


def entropy_gaps() -> dict[str, float]:
    """|expected loss at the truth − torch's entropy| of the distributions for which torch has one."""
    from torch import distributions as d

    names = ("normal", "laplace", "student", "exponential", "gamma", "beta", "bernoulli")
    return {name: abs(integrated(name)["loss"] - float(LISTED[name].make(d).entropy())) for name in names}
