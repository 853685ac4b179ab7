"""Lanes and the torch path train the same networks: float64, step by step, every member of every table."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from cases.lanes import distance, problem, user_squared

from dlstats import nets
from dlstats.losses.regression import squared
from dlstats.training import blocks
from dlstats.training.lanes import backend, layout
from dlstats.training.optimisers import OPTIMISERS
from dlstats.training.schedules import SCHEDULES, cosine
from dlstats.training.torch_backend import backend as torch_backend

ONE_STEP = 1e-12
NET = nets.Mlp(3, (7, 5), 2, skip=True)


@pytest.fixture(params=[False, True], ids=["lanes", "wide"])
def kernel(request, monkeypatch):
    monkeypatch.setattr(layout, "wide", lambda net: request.param)
    return request.param


def agree(make, tolerance):
    whole = make()
    one = torch_backend.run(blocks.part(whole, 0, len(whole.start), torch.device("cpu")))
    other = backend.run(make())
    assert distance(one, other) < tolerance
    np.testing.assert_allclose(one.loss, other.loss, rtol=tolerance)
    np.testing.assert_allclose(one.validation_loss, other.validation_loss, rtol=tolerance)
    for name in ("step", "steps", "status"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("loss", [squared, user_squared])
@pytest.mark.parametrize("activation", layout.ACTIVATIONS)
def test_one_step_equals_that_of_torch_for_every_activation(activation, loss, kernel):
    net = nets.Mlp(3, (7, 5), 2, activation, skip=True)
    agree(lambda: problem(net, loss=loss, steps=1, optimiser="sgd"), ONE_STEP)


@pytest.mark.parametrize("loss", [squared, user_squared])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_twenty_minibatch_steps_equal_those_of_torch_for_every_optimiser(optimiser, loss, kernel):
    """Each step may amplify a difference of 1e-16 by a factor of up to about 2; none of these does."""
    changes = {"momentum": 0.5, "weight_decay": 0.1, "steps": 20, "batch_size": 7, "schedule": cosine}
    agree(lambda: problem(NET, rows=11, loss=loss, optimiser=optimiser, **changes), ONE_STEP)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_are_those_of_torch(schedule, kernel):
    agree(lambda: problem(NET, steps=20, schedule=SCHEDULES[schedule]), ONE_STEP)


@pytest.mark.parametrize("loss", [squared, user_squared])
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("checked", [0, 25])
def test_best_weights_and_early_stops_are_those_of_torch(checked, batch_size, loss, kernel):
    changes = {"steps": 150, "keep": "best", "patience": 2, "check_every": 4, "learning_rate": 0.1}
    agree(lambda: problem(NET, rows=9, loss=loss, checked=checked, batch_size=batch_size, **changes), 1e-9)


@pytest.mark.parametrize("loss", [squared, user_squared])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_restarts_shared_data_and_rates_of_their_own(batch_size, loss, kernel):
    rates = tuple(0.01 * (1 + r) for r in range(12))
    agree(lambda: problem(NET, rows=4, restarts=3, loss=loss, batch_size=batch_size, learning_rate=rates), ONE_STEP)
    agree(lambda: problem(NET, rows=10, shared=True, loss=loss, batch_size=batch_size), ONE_STEP)


def test_after_a_thousand_steps_the_difference_is_still_far_below_statistical_error(kernel):
    """Rounding grows with the training's own sensitivity: less than 100 times what a start moved by 1e-15 makes of it."""
    whole = problem(nets.Mlp(3, (7, 5), activation="tanh"), steps=1000, learning_rate=0.005)
    one, other = (torch_backend.run(replace(whole, start=whole.start * (1 + shift))) for shift in (0, 1e-15))
    assert 0 < distance(one, other) < 1e-3
    assert distance(one, backend.run(whole)) < 100 * distance(one, other)


@pytest.mark.parametrize("widths", [(), (1,), (33, 17, 9), (128, 96)])
def test_any_depth_and_width(widths, kernel):
    agree(lambda: problem(nets.Mlp(2, widths, 3), n=50, steps=2), ONE_STEP)
    agree(lambda: problem(nets.Mlp(2, widths, 1, skip=True), n=1, rows=1, steps=2), ONE_STEP)


def test_parts_of_a_problem_change_nothing(monkeypatch, kernel):
    def make():
        return problem(NET, rows=20, restarts=2, batch_size=16, steps=9)

    whole = backend.run(make())
    monkeypatch.setattr(backend, "ROOM", 1)
    monkeypatch.setattr(backend, "SPAN", 100)
    assert torch.equal(whole.parameters, backend.run(make()).parameters)


def test_float32_is_close_to_float64(kernel):
    """Ten steps of Adam at 0.01 move a weight by 0.1 at most; a float32 gradient is right to about 1e-5 of its size."""
    one, other = (backend.run(problem(NET, steps=10, dtype=dtype)) for dtype in ("float32", "float64"))
    assert (one.parameters.double() - other.parameters).abs().max() < 1e-3
