"""Fits where theory wants the global minimiser."""

from typing import Any

import numpy as np
import pytest
import torch

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.nets import ACTIVATIONS, Mlp
from dlstats.training.torch_backend import lbfgs
from dlstats.training.torch_backend.backpropagation import Backpropagation
from dlstats.training.torch_backend.levenberg_marquardt import Jacobian
from dlstats.training.torch_backend.projection import least_squares

REPS, N, D = 6, 40, 3


def options(optimiser) -> dict[str, Any]:
    return {"optimiser": "lbfgs", "projection": True} if optimiser == "projected" else {"optimiser": optimiser}


def absolute(prediction, y):
    return (prediction - y).abs()


def generators(seed=0):
    return [np.random.default_rng([seed, r]) for r in range(REPS)]


def data(k=1):
    x = np.stack([rng.normal(size=(N, D)) for rng in generators(1)])
    return x, np.sin(x[..., :k] + x.sum(axis=2, keepdims=True))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_jacobian_by_hand_is_that_of_autograd(activation):
    net = Mlp(D, (4, 3), 2, activation, skip=True)
    parameters = nets.initialise(net, generators(), "xavier", "float64")
    x, y = (torch.from_numpy(a) for a in data(2))
    with torch.no_grad():
        inner = Backpropagation(net, squared, parameters, N)
        residual, rows = Jacobian(inner, parameters, N)(x.transpose(1, 2), y)
    for r in range(REPS):

        def outputs(row, x_r=x[r], y_r=y[r]):
            return (nets.apply(net, row[None], x_r)[0] - y_r).T.flatten()

        torch.testing.assert_close(residual[r], outputs(parameters[r]))
        expected = torch.autograd.functional.jacobian(outputs, parameters[r])
        torch.testing.assert_close(rows[r].T, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("optimiser", ["lbfgs", "levenberg_marquardt"])
def test_a_linear_network_reaches_least_squares(optimiser):
    net, (x, y) = Mlp(D, ()), data()
    start = nets.initialise(net, generators(), dtype="float64")
    plan = training.Training(200, optimiser=optimiser, tolerance=1e-7, dtype="float64")
    fit = training.fit(net, squared, start, x, y, plan, device="cpu", backend="torch")
    assert (fit.status == "ok").all()
    # a gradient of 1e-7 at a curvature of at least 0.1 is a distance of 1e-6
    for r in range(REPS):
        features = np.column_stack([x[r], np.ones(N)])
        best = np.linalg.lstsq(features, y[r], rcond=None)[0]
        np.testing.assert_allclose(fit.parameters[r], best[:, 0], atol=1e-6)


@pytest.mark.parametrize("optimiser", ["lbfgs", "levenberg_marquardt", "projected"])
def test_a_network_that_is_in_its_class_is_fitted_exactly(optimiser):
    net, (x, _) = Mlp(D, (3,), 2, "tanh"), data()
    truth = nets.initialise(net, generators(3), "xavier", "float64")
    y = training.predict(net, truth, x).numpy()
    start = truth + 0.1 * nets.initialise(net, generators(4), "xavier", "float64")
    plan = training.Training(1000, tolerance=1e-9, dtype="float64", **options(optimiser))
    fit = training.fit(net, squared, start, x, y, plan, device="cpu", backend="torch")
    assert (fit.loss < 1e-12).all()


@pytest.mark.parametrize("optimiser", ["lbfgs", "levenberg_marquardt", "projected"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_replicate_is_the_replicate_alone(optimiser, activation):
    net, (x, y) = Mlp(D, (4,), 1, activation, skip=True), data()
    x[2] = np.inf
    start = nets.initialise(net, generators(), dtype="float64")
    plan = training.Training(60, dtype="float64", **options(optimiser))
    together = training.fit(net, squared, start, x, y, plan, device="cpu", backend="torch")
    assert list(together.status) == ["ok", "ok", "diverged", "ok", "ok", "ok"]
    for r in (0, 3, 5):
        alone = training.fit(net, squared, start[[r]], x[[r]], y[[r]], plan, device="cpu", backend="torch")
        assert alone.steps[0] == together.steps[r]
        # 60 steps magnify a rounding of 1e-16 by less than 1e6
        torch.testing.assert_close(alone.parameters[0], together.parameters[r], rtol=1e-9, atol=1e-10)


def test_lbfgs_serves_losses_with_kinks():
    net, (x, y) = Mlp(D, ()), data()
    start = nets.initialise(net, generators(), dtype="float64")
    plan = training.Training(400, optimiser="lbfgs", dtype="float64")
    fit = training.fit(net, absolute, start, x, y, plan, device="cpu", backend="torch")
    from statsmodels.regression.quantile_regression import QuantReg

    for r in range(REPS):
        features = np.column_stack([x[r], np.ones(N)])
        best = QuantReg(y[r, :, 0], features).fit(0.5, max_iter=5000, p_tol=1e-10)
        assert fit.loss[r] <= np.abs(best.resid).mean() * (1 + 1e-4)


def test_lbfgs_takes_the_steps_of_a_quadratic_in_as_many_dimensions():
    scales = torch.tensor([[1.0, 10.0, 100.0], [1.0, 1.0, 1.0]], dtype=torch.float64)
    point = torch.ones(2, 3, dtype=torch.float64)
    taken, converged = lbfgs.minimise(
        lambda: ((scales * point**2).sum(1) / 2, scales * point), point, steps=60, tolerance=1e-8
    )
    assert converged.all()
    assert (taken <= 30).all()
    assert (point.abs() <= 1e-8).all()


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
def test_projection_leaves_no_gain_in_the_last_layer(optimiser):
    net, (x, y) = Mlp(D, (4,), 2, skip=True), data(2)
    start = nets.initialise(net, generators(), dtype="float64")
    for keep in ("last", "best"):
        plan = training.Training(20, 0.01, optimiser, keep=keep, projection=True, dtype="float64")
        fit = training.fit(net, squared, start, x, y, plan, device="cpu", backend="torch")
        named = nets.views(net, fit.parameters)
        for r in range(REPS):
            h = np.maximum(x[r] @ named["weight.0"][r].numpy() + named["bias.0"][r].numpy(), 0)
            features = np.column_stack([h, np.ones(N), x[r]])
            residual = y[r] - features @ np.linalg.lstsq(features, y[r], rcond=None)[0]
            np.testing.assert_allclose(fit.loss[r], np.mean(residual**2), rtol=1e-8)


def test_least_squares_survives_dead_and_equal_features():
    rng = torch.Generator().manual_seed(0)
    features = torch.randn(2, 4, 30, dtype=torch.float64, generator=rng)
    features[:, 1], features[:, 2] = 0.0, features[:, 0]
    y = torch.randn(2, 30, 1, dtype=torch.float64, generator=rng)
    rows = torch.cat([features, y.transpose(1, 2)], dim=1)
    residual = y - features.transpose(1, 2) @ least_squares(rows, 1)
    best = torch.linalg.lstsq(features[:, [0, 3]].transpose(1, 2), y).solution
    expected = y - features[:, [0, 3]].transpose(1, 2) @ best
    torch.testing.assert_close(residual.square().mean(1), expected.square().mean(1), rtol=1e-9, atol=0)


@pytest.mark.parametrize(
    "wrong", [{"batch_size": 4}, {"patience": 2, "keep": "best"}, {"weight_decay": 0.1}, {"projection": True}]
)
def test_what_a_second_order_method_cannot_do_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        training.Training(10, optimiser="levenberg_marquardt", **wrong)


def test_exact_methods_refuse_another_loss():
    net, (x, y) = Mlp(D, (4,)), data()
    start = nets.initialise(net, generators())
    for plan in (training.Training(10, optimiser="levenberg_marquardt"), training.Training(10, projection=True)):
        with pytest.raises(ValueError, match="squared"):
            training.fit(net, absolute, start, x, y, plan, device="cpu", backend="torch")
