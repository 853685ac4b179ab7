"""What people call: torch.optim and scikit-learn on the samples of the recursions, and minibatches counted out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dlstats.protocol.claim import at_most, equals
from dlstats.protocol.origin import Derived, Practice, Stated
from dlstats.protocol.study import Check
from dlstats.studies.optimisers.sgd_noise import averaged_sgd, least_squares
from dlstats.theory import escape_times
from dlstats.theory import second_moments as theory

if TYPE_CHECKING:
    from torch import optim

STEPS = 300
NUMBERS = np.array([0.0, 1.0, 1.0, 2.0, 3.5, 5.0, 8.0, 13.0])


def torch_path(make: Callable[..., optim.Optimizer], gradient: Callable, noise: np.ndarray, start: float) -> np.ndarray:
    """The path of one parameter under an optimiser of torch, with gradient plus noise."""
    import torch

    x = torch.full((1,), start, dtype=torch.float64)
    optimiser, path = make([x]), []
    for one in noise:
        x.grad = torch.as_tensor(gradient(x.numpy()) + one)
        optimiser.step()
        path.append(x.item())
    return np.array(path)


def _noise(scale: float = 1.0) -> np.ndarray:
    return scale * np.random.default_rng(777001).standard_normal(STEPS)


def torch_gaps() -> dict[str, float]:
    """The largest difference between torch's path and the recursion, by optimiser."""
    from torch import optim

    x = v = y = u = squares = 0.0
    well, heavy, damped, adagrad, paths = -1.0, [], [], [], []
    noise, kick = _noise(), _noise(8.0)
    for step, (one, other) in enumerate(zip(noise, kick, strict=True)):
        v = 0.9 * v - 0.1 * (x + one)
        x += v
        heavy.append(x)
        # m ← bm + (1 − b)g from m = 0, of the lectures; torch does not damp the first gradient
        u = 0.9 * u + (0.1 if step else 1.0) * (y + one)
        y -= 0.1 * u
        damped.append(y)
        gradient = (adagrad[-1] if adagrad else 0.0) + one
        squares += gradient**2
        adagrad.append((adagrad[-1] if adagrad else 0.0) - 0.5 * gradient / (np.sqrt(squares) + 1e-10))
        well = well - 0.05 * (escape_times.slope(well) + other)
        paths.append(well)
    torch = {
        "momentum": torch_path(lambda p: optim.SGD(p, lr=0.1, momentum=0.9), lambda x: x, noise, 0.0),
        "dampening": torch_path(lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.9), lambda x: x, noise, 0.0),
        "AdaGrad": torch_path(lambda p: optim.Adagrad(p, lr=0.5), lambda x: x, noise, 0.0),
        "SGD in the double well": torch_path(lambda p: optim.SGD(p, lr=0.05), escape_times.slope, kick, -1.0),
    }
    return {
        name: float(np.abs(path - ours).max())
        for (name, path), ours in zip(torch.items(), (heavy, damped, adagrad, paths), strict=True)
    }


def sklearn_gaps() -> dict[str, float]:
    """The largest difference between scikit-learn's weights after one pass and the recursion's, last and averaged."""
    rng, d = np.random.default_rng(777001), averaged_sgd.D
    x, noise = rng.standard_normal((STEPS, d)), rng.standard_normal(STEPS)
    truth = np.full((1, d), d**-0.5)
    y, rate = x @ truth[0] + noise, averaged_sgd.rate_of(1.0)
    error, total = -truth, np.zeros((1, d))
    for one, e in zip(x, noise, strict=True):
        error = least_squares.step(error, one[None, None], np.full((1, 1), e), rate)
        total = total + error
    return {
        "last": float(np.abs(averaged_sgd.one_pass(x, y, rate, False) - truth - error).max()),
        "average": float(np.abs(averaged_sgd.one_pass(x, y, rate, True) - truth - total / STEPS).max()),
    }


def enumerated(batch: int) -> float:
    """Variance of the mean over all subsets of that size."""
    return float(
        np.var([NUMBERS[list(chosen)].mean() for chosen in itertools.combinations(range(len(NUMBERS)), batch)])
    )


def subset_gaps() -> dict[str, float]:
    """|variance over all subsets − formula| by size of the subset."""
    size, variance = len(NUMBERS), float(NUMBERS.var())
    return {
        f"B = {batch}": abs(enumerated(batch) - theory.subset_variance(variance, size, batch))
        for batch in range(1, size + 1)
    }


def falling() -> dict[str, float]:
    """The variance at each size over that at the next smaller one."""
    return {f"B = {b}": enumerated(b) / enumerated(b - 1) for b in range(2, len(NUMBERS) + 1)}


def update_costs() -> dict[str, float]:
    """Cases read, and operations counted by torch, per update over those at the least number of cases, less 1."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    from torch.utils.flop_counter import FlopCounterMode

    found: dict[str, tuple[float, float]] = {}
    for size in (64, 640, 6400):
        model, read, updates = torch.nn.Linear(10, 1), 0, 0
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
        data = TensorDataset(torch.ones(size, 10), torch.ones(size, 1))
        with FlopCounterMode(display=False) as counted:
            for x, y in DataLoader(data, batch_size=32, shuffle=True):
                optimiser.zero_grad()
                ((model(x) - y) ** 2).mean().backward()
                optimiser.step()
                read, updates = read + len(x), updates + 1
        found[f"N = {size}"] = read / updates, counted.get_total_flops() / updates
    cases, operations = found["N = 64"]
    return {name: abs(a / cases - 1) + abs(b / operations - 1) for name, (a, b) in found.items()}


CHECKS = (
    Check(
        "OPT8.cost",
        "The update cost of SGD does not depend on the size of the training set: with minibatches of 32 torch reads as many "
        "cases and computes as many operations in an update with 64 training cases as with 640 and 6,400 (largest relative "
        "difference).",
        equals(0),
        update_costs,
        Stated(
            "UNITO",
            "Stochastic Gradient Descent (SGD)",
            "The update cost is constant regardless of the size of the training set",
        ),
        bears_on=("NSTDA",),
    ),
    Check(
        "OPT8",
        "Over all minibatches of B of N = 8 numbers without replacement the mean has the variance S²(N − B)/(B(N − 1)), S² with "
        "divisor N, for every B (largest difference).",
        equals(0, 1e-12),
        subset_gaps,
        Derived("stochastic-gradients.md#minibatches-without-replacement"),
        bears_on=("UNITO", "NSTDA"),
    ),
    Check(
        "OPT8.smaller",
        "The smaller the minibatch of 8 numbers, the larger the variance of its mean (largest ratio of the variance at B to that "
        "at B − 1).",
        at_most(1 - 1e-9),
        falling,
        Stated("TUE", "2.6 Training", "the smaller the batch size, the larger the amount of noise"),
    ),
    Check(
        "OPT7.torch",
        "torch.optim's SGD with momentum, with dampening and without either, and Adagrad follow the recursions of this study on "
        f"the same noise over {STEPS} steps (largest difference).",
        equals(0, 1e-10),
        torch_gaps,
        Practice("paszke2019", "torch.optim"),
        bears_on=("JSM", "BIOS"),
    ),
    Check(
        "OPT10.sklearn",
        f"scikit-learn's SGDRegressor follows the recursion of SGD on least squares on the same {STEPS} samples, its last "
        "weights and their average (largest difference).",
        equals(0, 1e-10),
        sklearn_gaps,
        Practice("pedregosa2011", "SGDRegressor"),
    ),
)
