import numpy as np
import pytest
import torch

from dlstats.core import nets, train
from dlstats.core.losses.regression import squared


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
    before = np.mean((train.predict(net, start, x).numpy() - y) ** 2, axis=(1, 2))
    fit = train.fit(net, squared, start, x, y, train.Training(steps=100, learning_rate=0.01), device="cpu")
    assert (fit.status == "ok").all()
    assert (fit.loss < before).all()


def test_the_loss_reported_is_that_of_the_weights_returned():
    net = nets.Mlp(3, (8,), skip=True)
    x, y = data(4)
    for keep in ("last", "best"):
        training = train.Training(steps=30, learning_rate=0.05, batch_size=16, keep=keep, dtype="float64")
        start = nets.initialise(net, generators(4), dtype="float64")
        fit = train.fit(net, squared, start, x, y, training, generators(4, 1), device="cpu")
        again = np.mean((train.predict(net, fit.parameters, x).numpy() - y) ** 2, axis=(1, 2))
        np.testing.assert_allclose(fit.loss, again, rtol=1e-12)


def test_restarts_are_rows_and_the_best_is_kept():
    net = nets.Mlp(3, (8,))
    x, y = data(4)
    start = nets.initialise(net, generators(4), restarts=3)
    assert torch.equal(start[::3], nets.initialise(net, generators(4)))
    fit = train.fit(net, squared, start, x, y, train.Training(steps=20, learning_rate=0.05), device="cpu")
    best = train.best_of(fit, 3)
    np.testing.assert_array_equal(best.loss, fit.loss.reshape(4, 3).min(axis=1))


def test_shared_data_equal_copied_data():
    net = nets.Mlp(3, (8,))
    x, y = data(1)
    start = nets.initialise(net, generators(6))
    training = train.Training(steps=20, learning_rate=0.05)
    shared = train.fit(net, squared, start, x[0], y[0], training, device="cpu")
    copied = train.fit(net, squared, start, np.repeat(x, 6, 0), np.repeat(y, 6, 0), training, device="cpu")
    np.testing.assert_allclose(shared.loss, copied.loss, rtol=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"learning_rate": -1.0}, {"optimiser": "lion"}, {"patience": 3}, {"dtype": "half"}],
)
def test_a_training_that_cannot_be_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        train.Training(**({"steps": 10, "learning_rate": 0.1} | wrong))
