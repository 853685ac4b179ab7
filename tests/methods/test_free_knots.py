"""Free knots: the search is regression, it finds kinks that are there, and its fit is a network of as many units."""

import numpy as np
import pytest
import torch

from dlstats import nets
from dlstats.methods import free_knots

SIZES = range(9)


def _sample(n: int = 60, seed: int = 1):
    rng = np.random.default_rng(seed)
    x = rng.random(n)
    return x, np.sin(6 * x) + 0.2 * rng.standard_normal(n), free_knots.inner_quantiles(x, 12)


def test_one_knot_is_the_best_of_all_candidates():
    for seed in range(5):
        x, y, candidates = _sample(seed=seed)
        losses = [free_knots.least_squares(x, y, candidates[[k]])[1] for k in range(12)]
        assert free_knots.selections(x, y, candidates, 1, SIZES)[1] == [int(np.argmin(losses))]


def test_replacement_lowers_the_loss_of_knots_that_entered_one_by_one():
    x, y, candidates = _sample(200)
    losses = [
        free_knots.least_squares(x, y, candidates[free_knots.selections(x, y, candidates, 3, sizes)[3]])[1]
        for sizes in ((), SIZES)
    ]
    assert losses[1] < losses[0]


def test_sweeping_in_and_out_leaves_the_products_as_they_were_and_in_between_they_are_those_of_residuals():
    x, y, candidates = _sample()
    table = free_knots._Table(x, y, candidates)
    before = table.products.copy()
    table.sweep(3)
    table.sweep(7)
    residual = free_knots.least_squares(x, y, candidates[[3, 7]])[1] * len(y)
    assert table.products[-1, -1] == pytest.approx(residual, rel=1e-9)
    table.unsweep(3)
    table.unsweep(7)
    np.testing.assert_allclose(table.products, before, rtol=1e-6, atol=1e-9)


def test_kinks_of_a_piecewise_linear_function_are_found():
    x = np.linspace(0, 1, 401)
    y = np.interp(x, [0, 0.25, 0.5, 0.75, 1], [0, 1, -0.5, 0.5, 0])
    candidates = np.arange(1, 40) / 40
    chosen = free_knots.selections(x, y, candidates, 8, SIZES)
    assert candidates[chosen[3]].tolist() == [0.25, 0.5, 0.75]
    assert free_knots.least_squares(x, y, candidates[chosen[3]])[1] < 1e-20


def test_the_fit_is_a_network_of_as_many_units():
    x, y, candidates = _sample()
    knots, net = candidates[[2, 5, 9]], nets.Mlp(1, (3,), 1, skip=True)
    units = np.maximum(x[:, None] - knots, 0)
    design = np.hstack([np.ones((len(x), 1)), x[:, None], units])
    outer = np.linalg.lstsq(design, y, rcond=None)[0]
    parameters = torch.zeros(1, net.size, dtype=torch.float64)
    named = nets.views(net, parameters)
    named["weight.0"][0, 0], named["bias.0"][0] = 1.0, torch.from_numpy(-knots)
    named["weight.1"][0, :, 0], named["bias.1"][0, 0], named["skip"][0, 0, 0] = torch.from_numpy(outer[2:]), *outer[:2]
    values = nets.apply(net, parameters, torch.from_numpy(x[None, :, None]))[0, :, 0].numpy()
    fitted, loss = free_knots.least_squares(x, y, knots)
    np.testing.assert_allclose(fitted, values, atol=1e-9)
    assert loss == pytest.approx(float(((y - values) ** 2).mean()))


def test_more_inputs_are_refused():
    x = np.zeros((20, 2))
    with pytest.raises(ValueError, match="one input, got 2"):
        list(free_knots.FreeKnots().predictions(x, x[:, 0], x, [1], 0))
