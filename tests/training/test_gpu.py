"""What a fit on a GPU owes: on a GPU where there is one (`-m gpu`), and everywhere on pretended streams and graphs."""

import numpy as np
import pytest
import torch
from cases.pretended_gpu import pretend

from dlstats import nets, training
from dlstats.losses import imbalance
from dlstats.losses.regression import squared
from dlstats.seeds import Streams
from dlstats.training import blocks
from dlstats.training.optimisers import OPTIMISERS
from dlstats.training.schedules import SCHEDULES
from dlstats.training.torch_backend import rows

REPS, N, D = 6, 30, 3
NET = nets.Mlp(D, (6, 5), activation="tanh", skip=True)
CLOSE = 1e-8
"""Relative: 30 steps in float64 magnify a rounding of 1e-16 by less than 1e8."""


@pytest.fixture(params=["pretended", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request, monkeypatch):
    """The device that is asked for."""
    if request.param == "cuda":
        if not torch.cuda.is_available():
            pytest.skip("there is no GPU")
        return "cuda"
    pretend(monkeypatch)
    return "cpu"


def streams(role):
    return Streams(777001, "gpu", range(REPS)).generators(role)


def data(shift=0.0):
    x = np.stack([rng.normal(size=(N, D)) for rng in streams("data")]) + shift
    return x, np.sin(x.sum(axis=2, keepdims=True))


def fitted(device, y=None, net=NET, loss=squared, validation=None, restarts=1, **changes):
    plan = training.Training(**{"steps": 30, "learning_rate": 0.02, "dtype": "float64"} | changes)
    start = nets.initialise(net, streams("start"), dtype=plan.dtype, restarts=restarts)
    x, own = data()
    orders = streams("minibatches") if plan.batch_size else None
    return training.fit(
        net, loss, start, x, own if y is None else y, plan, orders, validation, device=device, backend="torch"
    )


def both(monkeypatch, device, **how):
    """The fit on the device, then that of the CPU without a graph."""
    other = fitted(device, **how)
    monkeypatch.undo()
    return other, fitted("cpu", **how)


def agree(one, other):
    np.testing.assert_allclose(one.parameters, other.parameters, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(one.loss, other.loss, rtol=CLOSE)
    for name in ("step", "steps", "status"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_agrees_with_the_cpu(optimiser, batch_size, device, monkeypatch):
    agree(*both(monkeypatch, device, optimiser=optimiser, batch_size=batch_size, momentum=0.5, keep="best"))


@pytest.mark.parametrize("optimiser", ["lbfgs", "levenberg_marquardt"])
def test_every_second_order_method_agrees_with_the_cpu(optimiser, device, monkeypatch):
    other, usual = both(monkeypatch, device, optimiser=optimiser, steps=15)
    np.testing.assert_allclose(other.loss, usual.loss, rtol=CLOSE)
    np.testing.assert_array_equal(other.steps, usual.steps)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_agrees_with_the_cpu(schedule, device, monkeypatch):
    agree(*both(monkeypatch, device, schedule=SCHEDULES[schedule]))


@pytest.mark.parametrize("steps", [1, 2])
def test_few_steps_agree_with_the_cpu(steps, device, monkeypatch):
    agree(*both(monkeypatch, device, steps=steps, keep="best"))


def test_rates_of_their_own_agree_with_the_cpu(device, monkeypatch):
    agree(*both(monkeypatch, device, learning_rate=tuple(0.001 * 2**r for r in range(REPS))))


def test_restarts_agree_with_the_cpu(device, monkeypatch):
    other, usual = both(monkeypatch, device, restarts=3)
    assert len(other.loss) == 3 * REPS
    agree(other, usual)


def test_a_projected_layer_agrees_with_the_cpu(device, monkeypatch):
    agree(*both(monkeypatch, device, projection=True))


def test_validation_and_patience_agree_with_the_cpu(device, monkeypatch):
    x, y = data(shift=0.3)
    how = {"keep": "best", "patience": 2, "check_every": 3, "steps": 200, "learning_rate": 0.1}
    other, usual = both(monkeypatch, device, validation=(x, -y), **how)
    assert (other.steps < 200).any()
    agree(other, usual)
    np.testing.assert_allclose(other.validation_loss, usual.validation_loss, rtol=CLOSE)


def test_labels_agree_with_the_cpu(device, monkeypatch):
    labels = torch.as_tensor((data()[1] > 0).astype(np.int64))
    agree(*both(monkeypatch, device, y=labels, loss=imbalance.cross_entropy, batch_size=7))


def test_float32_is_close_to_float64(device):
    """Ten steps of Adam at 0.01 move a weight by 0.1 at most; a float32 gradient is right to about 1e-5 of its size."""
    short, long = (fitted(device, steps=10, learning_rate=0.01, dtype=dtype) for dtype in ("float32", "float64"))
    assert short.parameters.dtype == torch.float32
    assert (short.parameters.double() - long.parameters).abs().max() < 1e-3


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_run_again_has_the_same_bits(dtype, batch_size, device):
    one, again = (fitted(device, dtype=dtype, batch_size=batch_size, keep="best") for _ in range(2))
    assert torch.equal(one.parameters, again.parameters)
    np.testing.assert_array_equal(one.loss, again.loss)


@pytest.mark.parametrize("how", [{}, {"batch_size": 7}, {"keep": "best", "restarts": 2}, {"projection": True}], ids=str)
def test_blocks_of_another_size_agree(how, device, monkeypatch):
    whole = fitted(device, **how)
    for size in (2, 4):
        monkeypatch.setattr(blocks, "size", lambda problem, device, size=size: size)
        agree(fitted(device, **how), whole)


@pytest.mark.parametrize(
    "how",
    [
        *({"optimiser": name, "momentum": 0.5, "weight_decay": 0.01} for name in OPTIMISERS),
        {"optimiser": "lbfgs", "steps": 15},
        {"optimiser": "levenberg_marquardt", "steps": 15},
        {"keep": "best", "restarts": 2, "batch_size": 7},
        {"projection": True},
    ],
    ids=str,
)
def test_what_lies_between_rows_changes_nothing(how, device, monkeypatch):
    fits = []
    for spacing in (lambda start: start.shape[1], lambda start: start.shape[1] + 3):
        monkeypatch.setattr(rows, "spacing", spacing)
        monkeypatch.setattr(blocks, "size", lambda problem, device: 2)
        fits.append(fitted(device, **how))
    agree(*fits)


def test_a_loss_that_asks_the_host_is_stepped_without_a_graph(device, monkeypatch):
    def asking(prediction, y):
        assert prediction.detach().isfinite().all().item()
        return squared(prediction, y)

    if device == "cpu":
        pretend(monkeypatch, asks=True)
    agree(*both(monkeypatch, device, loss=asking))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_training_goes_on_after_a_loss_that_asks_the_host(monkeypatch):
    fitted("cuda", loss=lambda f, y: squared(f, y) * float(f.detach().isfinite().all()))
    agree(*both(monkeypatch, "cuda"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_training_goes_on_after_a_capture_that_failed(monkeypatch):
    def asking(prediction, y):
        if torch.cuda.is_current_stream_capturing():
            prediction.sum().item()
        return squared(prediction, y)

    fitted("cuda", loss=asking)
    torch.cuda.empty_cache()  # refused by an allocator that thinks itself in a capture
    agree(*both(monkeypatch, "cuda"))


def test_predictions_agree_with_the_cpu(device):
    weights = nets.initialise(NET, streams("start"), dtype="float64")
    other, usual = (training.predict(NET, weights, data()[0], device=where) for where in (device, "cpu"))
    np.testing.assert_allclose(other, usual, rtol=1e-12, atol=1e-12)
