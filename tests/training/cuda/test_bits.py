"""The GPU's kernel, compiled for the CPU and run by an emulator of a block of threads, has the bits of lanes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from cases.cuda_emulator import SMALL, assert_same, run, task_of

from dlstats import nets
from dlstats.losses.imbalance import cross_entropy
from dlstats.training import schedules
from dlstats.training.contract import joined
from dlstats.training.cuda import backend
from dlstats.training.lanes import backend as lanes
from dlstats.training.lanes import layout
from dlstats.training.lanes.losses import KNOWN

ONE = nets.Mlp(3, (8, 4), 1, "tanh")


def check(task, gpu):
    """Train by both; what was recorded of the checks is the same, and the fit, which is returned."""
    one, other = backend.trained(task, gpu), lanes.trained(task)
    for name, record in other.record.items():
        np.testing.assert_array_equal(one.record[name].cpu().numpy(), record, err_msg=name)
    fit = backend.fit_of(one)
    assert_same(fit, lanes.fit_of(other))
    return fit


@pytest.fixture(params=["float32", "float64"])
def dtype(request, laid):
    """Either precision; in double precision one library serves all activations."""
    laid(crew=32, tile=32, **({"derivatives": True, "trained": True} if request.param == "float64" else {}))
    return request.param


@pytest.mark.parametrize("activation", layout.ACTIVATIONS)
def test_every_activation(activation, dtype, gpu):
    task = task_of(replace(SMALL, activation=activation), dtype=dtype, keep="best", learning_rate=0.1)
    assert (check(task, gpu).status == "ok").all()


@pytest.mark.parametrize("batch_size", [None, 13])
@pytest.mark.parametrize("optimiser", layout.OPTIMISERS)
def test_every_optimiser(optimiser, batch_size, dtype, gpu):
    check(task_of(replace(SMALL, activation="prelu"), dtype=dtype, optimiser=optimiser, batch_size=batch_size), gpu)


@pytest.mark.parametrize("loss", KNOWN, ids=lambda loss: loss.__name__)
def test_every_loss(loss, dtype, gpu):
    check(task_of(ONE, dtype=dtype, loss=loss, keep="best", check_every=2, batch_size=19, checked=40), gpu)


OPTIONS = {
    "restarts": {"restarts": 3},
    "restarts that share their minibatches": {"restarts": 3, "batch_size": 13},
    "shared data": {"shared": True},
    "rates": {"learning_rate": (0.1, 0.01, 1.0)},
    "schedule": {"schedule": schedules.onecycle},
    "validation": {"keep": "best", "checked": 40},
    "checks now and then": {"keep": "best", "check_every": 3},
    "patience": {"keep": "best", "patience": 2, "steps": 60, "learning_rate": 0.3},
    "patience on validation data": {"keep": "best", "patience": 1, "steps": 90, "checked": 40, "batch_size": 13},
    "minibatches of all samples": {"batch_size": 50},
    "moments that fade": {"steps": 400, "learning_rate": 0.3, "n": 5},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option(name, gpu, laid):
    laid(crew=32, tile=32)
    task = task_of(replace(SMALL, activation="relu"), dtype="float32", **OPTIONS[name])
    assert (check(task, gpu).steps < task.training.steps).any() == (task.training.patience is not None)


def test_a_diverging_replicate_stops_alone(gpu, laid):
    laid(crew=32, tile=32)
    rates = (0.01, 1e30, 0.01)
    for keep in ("last", "best"):
        task = task_of(SMALL, dtype="float32", optimiser="sgd", learning_rate=rates, keep=keep, steps=20)
        assert check(task, gpu).status.tolist() == ["ok", "diverged", "ok"]


SHAPES = {
    "as the back end lays it out, several tiles": (nets.Mlp(3, (33, 33), 2, "gelu"), {}),
    "two tiles a thread, no skip": (nets.Mlp(5, (32, 16), 1), {"tile": 64, "crew": 32, "far": True}),
    "no hidden layer": (nets.Mlp(3, (), 5, skip=True), {}),
    "as wide as lanes take alone": (nets.Mlp(2, (90,), 5, "prelu"), {}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape(name, gpu, laid):
    net, changes = SHAPES[name]
    laid(**changes)
    check(task_of(net, n=150, steps=3, dtype="float32", keep="best"), gpu)


def test_a_launch_of_three_steps_is_three_launches(emulated, laid, monkeypatch):
    laid(crew=32, tile=32)
    for changes in ({"batch_size": 13}, {"keep": "best", "checked": 40}):
        task = task_of(replace(SMALL, activation="prelu"), dtype="float32", steps=8, **changes)
        with monkeypatch.context() as patch:
            whole = run(task, emulated)
            work = 3 * task.net.size * 3 * (task.training.batch_size or 50)
            patch.setattr(backend, "WORK", int(3.9 * work))  # a check of 40 samples is less than a third of a step
            emulated.launches.clear()
            assert_same(whole, run(task, emulated))
        assert [(begin, end) for name, begin, end in emulated.launches if name == "train"] == [(0, 3), (3, 6), (6, 8)]


def test_parts_have_the_bits_of_the_whole(emulated, laid):
    laid(crew=32, tile=32)
    task = task_of(
        SMALL, dtype="float32", restarts=2, batch_size=13, learning_rate=tuple(0.01 * r for r in range(1, 7))
    )
    halves = joined([backend.train(task, emulated, begin, begin + 3) for begin in (0, 3)])
    assert_same(run(task, emulated), halves)


def test_what_is_trained_is_not_what_it_began_with(gpu, laid):
    laid(crew=32, tile=32)
    task = task_of(ONE, dtype="float32", loss=cross_entropy)
    assert not torch.equal(run(task, gpu).parameters, task.start)
