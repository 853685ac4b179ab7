"""A replicate has the same bits alone and in any company: any position, any number of threads, groups and parts."""

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch
from cases.lanes import generators, problem, user_squared

from dlstats import nets
from dlstats.training.lanes import backend, layout
from dlstats.training.lanes.losses import KNOWN
from dlstats.training.optimisers import OPTIMISERS

NET = nets.Mlp(3, (9, 6), 1, "silu", skip=True)


@pytest.fixture(params=[False, True], ids=["lanes", "wide"])
def kernel(request, monkeypatch):
    monkeypatch.setattr(layout, "wide", lambda net: request.param)


def rows_of(whole, rows):
    """The same problem with some of its rows, in any order."""
    picked = replace(whole, start=whole.start[rows], x=whole.x[rows], y=whole.y[rows])
    if whole.generators is not None:
        fresh = generators(64)
        picked = replace(picked, generators=[fresh[r] for r in rows])
    return picked


def check(**changes):
    def make():
        return problem(NET, rows=64, n=50, dtype="float32", **changes)

    whole = backend.run(make())
    for rows in ([5], [63, 5], list(range(16)), list(range(63, -1, -1))):
        part = backend.run(rows_of(make(), rows))
        assert torch.equal(part.parameters, whole.parameters[rows])
        for name in ("loss", "step", "steps", "status"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[rows])


@pytest.mark.parametrize("batch_size", [None, 13])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser(optimiser, batch_size, kernel):
    check(optimiser=optimiser, batch_size=batch_size, momentum=0.5, steps=7)


@pytest.mark.parametrize("loss", [*KNOWN, user_squared], ids=lambda loss: loss.__name__)
def test_every_loss(loss, kernel):
    check(loss=loss, batch_size=13, steps=5, keep="best", check_every=2)


def test_early_stops(kernel):
    check(steps=60, keep="best", patience=2, learning_rate=0.1)


def test_any_number_of_threads(kernel, monkeypatch):
    one = backend.run(problem(NET, rows=64, batch_size=13, steps=20))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    assert torch.equal(one.parameters, backend.run(problem(NET, rows=64, batch_size=13, steps=20)).parameters)


def test_a_diverging_replicate_is_reported_and_the_others_are_untouched(kernel):
    def make(rates, keep):
        return problem(nets.Mlp(3, (8,)), rows=20, optimiser="sgd", steps=60, learning_rate=rates, keep=keep)

    for keep in ("last", "best"):
        calm = backend.run(make((0.01,) * 20, keep))
        wild = backend.run(make((0.01,) * 7 + (1e6,) + (0.01,) * 12, keep))
        assert wild.status.tolist() == ["ok"] * 7 + ["diverged"] + ["ok"] * 12
        others = [r for r in range(20) if r != 7]
        assert torch.equal(calm.parameters[others], wild.parameters[others])
        assert (calm.status == "ok").all()


def test_a_partial_of_a_known_loss_is_the_kernels(kernel):
    huber = next(loss for loss in KNOWN if loss.__name__ == "huber")
    check(loss=functools.partial(huber, threshold=0.2), steps=4)
