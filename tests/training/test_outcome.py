"""A fit says when nothing was trained, and when a layer has died; a loss sees its responses before any work."""

import functools
from typing import Any

import numpy as np
import pytest

from dlstats import nets, training
from dlstats.losses import imbalance, overlap, quantile
from dlstats.losses.regression import squared
from dlstats.training import backends, outcome
from dlstats.training.contract import FIRST_ORDER

REPS, N = 6, 30
NET = nets.Mlp(3, (5, 4))


def flat(prediction, y):
    """A loss that is 1 whatever is predicted."""
    return 0 * prediction + 1


def _data(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(REPS, N, 3))
    return x, (x.sum(axis=2, keepdims=True) > 0).astype(float)


def _start(net=NET, seed=1):
    return nets.initialise(net, [np.random.default_rng([seed, r]) for r in range(REPS)])


def _status(net=NET, loss=squared, start=None, y=None, backend="auto", validation=None, **plan):
    x, labels = _data()
    plan = training.Training(**{"steps": 20, "learning_rate": 0.01} | plan)
    begin = _start(net) if start is None else start
    return training.fit(net, loss, begin, x, labels if y is None else y, plan, validation=validation, backend=backend)


@pytest.mark.parametrize("backend", ["lanes", "torch"])
@pytest.mark.parametrize("keep", ["last", "best"])
def test_an_image_without_foreground_trains_nothing_by_dice_and_the_others_are_trained(backend, keep):
    _, y = _data()
    y[[1, 4]] = 0
    fit = _status(loss=overlap.dice, y=y, backend=backend, keep=keep)
    assert fit.loss[[1, 4]].tolist() == [1, 1]
    assert fit.status.tolist() == ["ok", "untrained", "ok", "ok", "untrained", "ok"]
    assert set(_status(loss=imbalance.cross_entropy, y=y, backend=backend, keep=keep).status) == {"ok"}


@pytest.mark.parametrize("optimiser", [*FIRST_ORDER, "lbfgs"])
def test_a_loss_without_a_gradient_trains_nothing_by_any_optimiser(optimiser):
    assert set(_status(loss=flat, optimiser=optimiser).status) == {"untrained"}
    assert set(_status(loss=imbalance.cross_entropy, optimiser=optimiser).status) == {"ok"}


@pytest.mark.parametrize("keep", ["last", "best"])
def test_validation_does_not_hide_a_loss_without_a_gradient(keep):
    fit = _status(loss=flat, validation=_data(), keep=keep)
    assert set(fit.status) == {"untrained"}


def test_weights_that_decay_under_a_loss_without_a_gradient_are_untrained():
    assert set(_status(loss=flat, weight_decay=0.5).status) == {"untrained"}


def test_a_loss_that_never_changed_is_told_whatever_the_gradient():
    assert set(_status(learning_rate=1e-30).status) == {"untrained"}
    uphill = _status(learning_rate=1e5, optimiser="sgd", keep="best", steps=1)  # one step, and that for the worse
    assert (uphill.step == 0).all()
    assert set(uphill.status) == {"untrained"}


def test_a_start_that_validation_prefers_or_that_is_the_optimum_is_no_failure():
    x, y = _data()
    start = _start()
    held = (x, training.predict(NET, start, x).numpy())
    chosen = _status(y=1 - y, start=start, validation=held, keep="best")
    assert (chosen.step == 0).all()
    assert set(chosen.status) == {"ok"}
    line = nets.Mlp(3, ())
    best = _status(line, optimiser="levenberg_marquardt", tolerance=1e-8, dtype="float64", steps=50)
    again = _status(line, start=best.parameters, optimiser="levenberg_marquardt", tolerance=1e-8, dtype="float64")
    assert (again.steps == 0).all()
    assert set(again.status) == {"ok"}


@pytest.mark.parametrize("backend", ["lanes", "torch"])
@pytest.mark.parametrize("layer", [0, 1])
def test_a_network_with_a_dead_layer_is_told_from_the_others(backend, layer):
    start = _start()
    nets.views(NET, start)[f"bias.{layer}"][2] = -1e3
    fit = _status(start=start, backend=backend)
    assert fit.loss[2] != pytest.approx(float((_data()[1][2] ** 2).mean()))  # its last bias was trained
    assert fit.status.tolist() == ["ok", "ok", "dead", "ok", "ok", "ok"]


@pytest.mark.parametrize("name", nets.ACTIVATIONS)
def test_a_layer_is_dead_where_its_activation_is_flat_at_all_samples(name):
    net = nets.Mlp(3, (4,), activation=name)
    start = _start(net)
    nets.views(net, start)["bias.0"][:] = -1e4
    dead = {"relu", "elu", "selu", "softplus", "gelu", "silu", "sigmoid", "tanh"}
    assert set(_status(net, start=start).status) == ({"dead"} if name in dead else {"ok"})
    nets.views(net, start)["bias.0"][:, 0] = 0.1
    assert set(_status(net, start=start).status) == {"ok"}


def test_of_several_networks_the_gravest_status_counts():
    parts = [np.array(["ok", "dead", "ok", "untrained"]), np.array(["ok", "ok", "diverged", "not_converged"])]
    assert outcome.gravest(parts).tolist() == ["ok", "dead", "diverged", "untrained"]


@pytest.mark.parametrize("backend", ["lanes", "torch"])
@pytest.mark.parametrize("where", ["training", "validation"])
@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (imbalance.cross_entropy, 2.0, r"Labels must be between 0 and 1, got from 0 to 2\."),
        (overlap.dice, -1.0, r"Labels must be between 0 and 1, got from -1 to 1\."),
        (functools.partial(quantile.pinball, level=1.5), 0.0, r"`level` must lie strictly between 0 and 1, got 1\.5\."),
        (lambda f, y: f[:, :1], 0.0, r"`loss` must give \(6, 30, 1\) or one number per sample, got \(6, 1, 1\)\."),
        (
            functools.partial(overlap.dice, denominator="hard"),
            0.0,
            r"`loss` must have a gradient in the predictions, got one",
        ),
    ],
)
def test_a_loss_refuses_responses_outside_its_domain_before_any_work(loss, y, message, where, backend, monkeypatch):
    x, labels = _data()
    spoilt = labels.copy()
    spoilt[3, 7] = y
    monkeypatch.setattr(backends, "fits", None)
    given: dict[str, Any] = {"y": spoilt} if where == "training" else {"validation": (x, spoilt)}
    with pytest.raises(ValueError, match=message):
        _status(loss=loss, backend=backend, **given)


@pytest.mark.parametrize("backend", ["lanes", "torch"])
def test_units_without_a_slope_at_any_sample_are_counted(backend):
    start = _start()
    named, (x, y) = nets.views(NET, start), _data()
    for layer in range(2):
        named[f"bias.{layer}"][:] = 20.0
    named["bias.0"][2, :2] = named["bias.1"][4, 1] = -100.0
    fit = training.fit(NET, squared, start, x, y, training.Training(5, 1e-4), backend=backend)
    np.testing.assert_allclose(fit.dead_share * sum(NET.widths), [0, 0, 2, 0, 1, 0], atol=1e-12)


@pytest.mark.parametrize(("batch", "epochs"), [(None, 20), (6, 4)])
def test_epochs_are_passes_through_the_samples(batch, epochs):
    x, y = _data()
    rngs = [np.random.default_rng(row) for row in range(REPS)]
    fit = training.fit(NET, squared, _start(), x, y, training.Training(20, 0.01, batch_size=batch), rngs)
    assert (fit.epochs == epochs).all()
