import re

import numpy as np
import pytest
import scipy.stats
import torch

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.training import blocks
from dlstats.training import minibatches as orders


def generators(reps, seed=0):
    return [np.random.default_rng([seed, r]) for r in range(reps)]


def data(reps, n=40, d=3):
    draws = [rng.normal(size=(n, d + 1)) for rng in generators(reps, 7)]
    x = np.stack(draws)[..., :d]
    return x, np.sin(x.sum(axis=2, keepdims=True)) + 0.1 * np.stack(draws)[..., d:]


def test_training_lowers_the_loss_of_every_replicate():
    net = nets.Mlp(3, (8, 8))
    x, y = data(5)
    start = nets.initialise(net, generators(5))
    before = np.mean((training.predict(net, start, x).numpy() - y) ** 2, axis=(1, 2))
    fit = training.fit(
        net, squared, start, x, y, training.Training(steps=100, learning_rate=0.01), device="cpu", backend="torch"
    )
    assert (fit.status == "ok").all()
    assert (fit.loss < before).all()


def test_the_loss_reported_is_that_of_the_weights_returned():
    net = nets.Mlp(3, (8,), skip=True)
    x, y = data(4)
    for keep in ("last", "best"):
        plan = training.Training(steps=30, learning_rate=0.05, batch_size=16, keep=keep, dtype="float64")
        start = nets.initialise(net, generators(4), dtype="float64")
        fit = training.fit(net, squared, start, x, y, plan, generators(4, 1), device="cpu", backend="torch")
        again = np.mean((training.predict(net, fit.parameters, x).numpy() - y) ** 2, axis=(1, 2))
        np.testing.assert_allclose(fit.loss, again, rtol=1e-12)


def test_restarts_are_rows_and_the_best_is_kept():
    net = nets.Mlp(3, (8,))
    x, y = data(4)
    start = nets.initialise(net, generators(4), restarts=3)
    assert torch.equal(start[::3], nets.initialise(net, generators(4)))
    fit = training.fit(
        net, squared, start, x, y, training.Training(steps=20, learning_rate=0.05), device="cpu", backend="torch"
    )
    best = training.best_of(fit, 3)
    np.testing.assert_array_equal(best.loss, fit.loss.reshape(4, 3).min(axis=1))


def test_shared_data_equal_copied_data():
    net = nets.Mlp(3, (8,))
    x, y = data(1)
    start = nets.initialise(net, generators(6))
    plan = training.Training(steps=20, learning_rate=0.05)
    shared = training.fit(net, squared, start, x[0], y[0], plan, device="cpu", backend="torch")
    copied = training.fit(
        net, squared, start, np.repeat(x, 6, 0), np.repeat(y, 6, 0), plan, device="cpu", backend="torch"
    )
    np.testing.assert_allclose(shared.loss, copied.loss, rtol=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"learning_rate": -1.0},
        {"learning_rate": ()},
        {"optimiser": "lion"},
        {"batch_size": 0},
        {"weight_decay": -0.1},
        {"momentum": 1.0},
        {"betas": (0.9, 1.0)},
        {"eps": 0.0},
        {"keep": "first"},
        {"check_every": 0},
        {"patience": 3},
        {"tolerance": -1.0},
        {"dtype": "half"},
    ],
)
def test_a_training_that_cannot_be_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        training.Training(**({"steps": 10, "learning_rate": 0.1} | wrong))


def test_a_schedule_is_a_function_and_no_name():
    plan = training.Training(10)
    object.__setattr__(plan, "schedule", "cosine")  # past the types that tests check
    with pytest.raises(ValueError, match=r"`schedule` must be a function of step and steps.*got 'cosine'"):
        plan.__post_init__()


WRONG_CALLS = {
    "x": lambda call: call | {"x": call["x"][:, :, 1:]},
    "responses": lambda call: call | {"y": call["y"][:, :-1]},
    "one response a sample": lambda call: call | {"y": call["y"][..., 0]},
    "multiple of the 4": lambda call: call | {"start": call["start"][:3]},
    "columns": lambda call: call | {"start": call["start"][:, 1:]},
    "learning_rate": lambda call: call | {"training": training.Training(3, (0.1, 0.2))},
    "batch_size": lambda call: call | {"training": training.Training(3, batch_size=99)},
    "generators": lambda call: call | {"training": training.Training(3, batch_size=9)},
    "validation x": lambda call: call | {"validation": (call["x"][0, 0], call["y"])},
    "no samples": lambda call: call | {"x": call["x"][:, :0], "y": call["y"][:, :0]},
}


@pytest.mark.parametrize("word", WRONG_CALLS)
def test_a_call_that_cannot_be_is_refused_by_name(word):
    net = nets.Mlp(3, (4,))
    x, y = data(4)
    call = {"net": net, "loss": squared, "start": nets.initialise(net, generators(4)), "x": x, "y": y}
    call |= {"training": training.Training(3), "device": "cpu", "backend": "torch"}
    with pytest.raises(ValueError, match=word):
        training.fit(**WRONG_CALLS[word](call))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_block_size_changes_no_result(monkeypatch, dtype):
    net = nets.Mlp(3, (8, 8))
    x, y = data(7)
    start = nets.initialise(net, generators(7), dtype=dtype, restarts=3)
    plan = training.Training(40, 0.01, batch_size=16, keep="best", check_every=3, dtype=dtype)
    fits = []
    for room in (2**30, 1):
        monkeypatch.setitem(blocks.ROOM, "cpu", room)
        fits.append(training.fit(net, squared, start, x, y, plan, generators(7, 1), device="cpu", backend="torch"))
    torch.testing.assert_close(fits[0].parameters, fits[1].parameters)
    np.testing.assert_array_equal(fits[0].step, fits[1].step)


def test_a_fit_leaves_its_generators_as_they_were():
    net = nets.Mlp(3, (8,))
    x, y = data(4)
    orders, start = generators(4, 1), nets.initialise(net, generators(4))
    plan = training.Training(20, 0.01, batch_size=16)
    first, again = (
        training.fit(net, squared, start, x, y, plan, orders, device="cpu", backend="torch") for _ in range(2)
    )
    assert torch.equal(first.parameters, again.parameters)


def test_every_sample_is_seen_once_an_epoch():
    x = torch.arange(10.0).reshape(1, 10, 1).expand(3, -1, -1)
    found = orders.batches(x, -x, 4, generators(3))
    seen = [next(found) for _ in range(5)]
    inputs = torch.cat([part[:, 0] for part, _ in seen], dim=1)
    responses = torch.cat([part[..., 0] for _, part in seen], dim=1)
    assert torch.equal(inputs, -responses)
    for epoch in inputs.split(10, dim=1):
        assert torch.equal(epoch.sort(dim=1).values, x[..., 0])
    assert not torch.equal(inputs[0], inputs[1])


def test_the_weights_kept_are_the_best_seen():
    net = nets.Mlp(3, (8,))
    x, y = data(4)
    start = nets.initialise(net, generators(4), dtype="float64")
    losses = []
    for steps in range(1, 30):
        plan = training.Training(steps, 0.5, dtype="float64")
        losses.append(training.fit(net, squared, start, x, y, plan, device="cpu", backend="torch").loss)
    plan = training.Training(29, 0.5, keep="best", dtype="float64")
    best = training.fit(net, squared, start, x, y, plan, device="cpu", backend="torch")
    np.testing.assert_allclose(best.loss, np.min(losses, axis=0), rtol=1e-9)
    np.testing.assert_array_equal(best.step, np.argmin(losses, axis=0) + 1)


def test_a_replicate_stops_when_patience_is_out():
    net = nets.Mlp(3, (8,))
    x, y = data(4)
    start = nets.initialise(net, generators(4))
    plan = training.Training(500, 0.1, keep="best", patience=4, check_every=2)
    fit = training.fit(net, squared, start, x, y, plan, validation=(x, -y), device="cpu", backend="torch")
    np.testing.assert_array_equal(fit.steps - fit.step, 8)


@pytest.mark.parametrize("n", [1, 2, 7, 32, 1000, orders.AT_ONCE + 1])
def test_permutations_are_the_same_however_many_are_drawn_at_once(n):
    whole = orders.permutations(n, 6, generators(2))
    one, two = generators(2)
    parts = [orders.permutations(n, epochs, [one, two]) for epochs in (1, 3, 2)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    np.testing.assert_array_equal(np.sort(whole.reshape(2, 6, n), axis=2), np.broadcast_to(np.arange(n), (2, 6, n)))


def test_every_permutation_is_as_likely():
    drawn = orders.permutations(4, 24 * 500, generators(1)).reshape(-1, 4)
    counts = np.unique(drawn @ [1, 4, 16, 64], return_counts=True)[1]
    assert len(counts) == 24
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (lambda f: f, "`loss` must take prediction and y"),
        (lambda f, y: (f - y).detach().numpy(), "`loss` must return a tensor, got ndarray"),
        (lambda f, y: (f - y).detach(), "`loss` must have a gradient"),
    ],
)
def test_what_is_no_loss_is_refused_in_a_line(loss, said):
    net = nets.Mlp(2, (3,))
    start = nets.initialise(net, [np.random.default_rng(0)])
    with pytest.raises((ValueError, TypeError), match=re.escape(said)):
        training.fit(net, loss, start, np.zeros((1, 5, 2)), np.zeros((1, 5, 1)), training.Training(1, 0.1))


def test_a_shape_is_refused_as_the_user_gave_it():
    how = training.Specification(nets.Mlp(2, (3,)), training.Training(1, 0.1))
    with pytest.raises(ValueError, match=re.escape("must be (reps, 20, k), got (2, 20);")):
        training.train(np.zeros((2, 20, 2)), np.zeros((2, 20)), how, device="cpu")
