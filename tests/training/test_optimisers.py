"""Every optimiser and schedule is that of torch, replicate by replicate."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.training.optimisers import OPTIMISERS
from dlstats.training.schedules import SCHEDULES

STEPS, REPS, N, D = 60, 3, 24, 3
OPTIONS: list[dict[str, Any]] = [{}, {"weight_decay": 0.1}, {"momentum": 0.7, "weight_decay": 0.1}]


def generators(reps=REPS, seed=0):
    return [np.random.default_rng([seed, r]) for r in range(reps)]


def data():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(REPS, N, D))
    return torch.from_numpy(x), torch.from_numpy(np.sin(x.sum(axis=2, keepdims=True)))


def solo_optimiser(name, parameters, rate, weight_decay=0.0, momentum=0.0):
    classes = {
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
        "sgd": torch.optim.SGD,
        "adagrad": torch.optim.Adagrad,
        "rmsprop": torch.optim.RMSprop,
    }
    more = {"momentum": momentum} if name in ("sgd", "rmsprop") else {}
    more |= {"eps": 1e-8} if name == "adagrad" else {}
    return classes[name](parameters, lr=rate, weight_decay=weight_decay, **more)


def solo_scheduler(name, optimiser, rate):
    schedulers = torch.optim.lr_scheduler
    return {
        "constant": lambda: schedulers.ConstantLR(optimiser, factor=1.0),
        "linear": lambda: schedulers.LinearLR(optimiser, 1.0, 0.0, STEPS),
        "cosine": lambda: schedulers.CosineAnnealingLR(optimiser, STEPS),
        "onecycle": lambda: schedulers.OneCycleLR(optimiser, rate, STEPS, cycle_momentum=False),
        "step": lambda: schedulers.MultiStepLR(optimiser, [STEPS // 2, STEPS * 3 // 4]),
    }[name]()


def solo(net, row, x, y, optimiser_name, rate, schedule, **options):
    """One network at a time, as anybody would write it."""
    named, layers = nets.views(net, row[None].clone()), []
    for layer, (fan_in, fan_out) in enumerate(zip(net.sizes, net.sizes[1:], strict=False)):
        linear = nn.Linear(fan_in, fan_out, dtype=row.dtype)
        linear.weight.data = named[f"weight.{layer}"][0].T.contiguous()
        linear.bias.data = named[f"bias.{layer}"][0].clone()
        layers += [linear, nn.Tanh()] if layer < len(net.widths) else [linear]
    model = nn.Sequential(*layers)
    optimiser = solo_optimiser(optimiser_name, model.parameters(), rate, **options)
    scheduler = solo_scheduler(schedule, optimiser, rate)
    for _ in range(STEPS):
        optimiser.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimiser.step()
        scheduler.step()
    rows = [(m.weight.T.flatten(), m.bias) for m in model if isinstance(m, nn.Linear)]
    return torch.cat([part for pair in rows for part in pair]).detach()


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_replicate_is_a_solo_run_of_torch(optimiser, schedule):
    net = nets.Mlp(D, (5, 4), 1, "tanh")
    start, (x, y) = nets.initialise(net, generators(), "xavier", "float64"), data()
    for options in OPTIONS if schedule == "constant" else OPTIONS[:1]:
        plan = training.Training(STEPS, 0.01, optimiser, SCHEDULES[schedule], dtype="float64", **options)
        options = options if optimiser in ("sgd", "rmsprop") else {k: v for k, v in options.items() if k != "momentum"}
        fit = training.fit(net, squared, start, x, y, plan, device="cpu", backend="torch")
        for r in range(REPS):
            alone = solo(net, start[r], x[r], y[r], optimiser, 0.01, schedule, **options)
            # 60 steps in float64: rounding of 1e-16 grows by well less than 1e5
            torch.testing.assert_close(fit.parameters[r], alone, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_rate_for_each_replicate_is_its_own(optimiser):
    net = nets.Mlp(D, (5,), 1, "tanh")
    start, (x, y) = nets.initialise(net, generators(), "xavier", "float64"), data()
    rates = (0.001, 0.01, 0.1)
    plan = training.Training(STEPS, rates, optimiser, weight_decay=0.05, dtype="float64")
    fit = training.fit(net, squared, start, x, y, plan, device="cpu", backend="torch")
    for r, rate in enumerate(rates):
        one = training.Training(STEPS, rate, optimiser, weight_decay=0.05, dtype="float64")
        alone = training.fit(
            net, squared, start[r : r + 1], x[r : r + 1], y[r : r + 1], one, device="cpu", backend="torch"
        )
        torch.testing.assert_close(fit.parameters[r], alone.parameters[0], rtol=1e-10, atol=1e-11)
