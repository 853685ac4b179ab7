"""Designs of regression carry their truth; baselines find it; recipes keep their word."""

import numpy as np
import pytest
import torch

from dlstats import nets
from dlstats.dgp import bauer_kohler, closed_curves, jump, regression
from dlstats.seeds import Streams
from dlstats.training import recipes

DIMENSION = {"additive": 5, "single_index": 10, "hierarchical": 8, "piecewise_smooth": 2}


@pytest.mark.parametrize("name", regression.TARGETS)
@pytest.mark.parametrize("scale", regression.SCALES)
def test_residuals_from_the_truth_have_the_stated_spread(name, scale):
    design = regression.design(name, DIMENSION.get(name, 1), "laplace", 0.3, scale)
    x, y = design.sample(20_000, np.random.default_rng(0))
    z = (y - design.regression(x)) / design.scale(x) / 0.3
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(5 / len(z))  # Var z² = 5 for Laplace noise


@pytest.mark.parametrize("name", ["normal", "uniform", "laplace", "t5"])
def test_noise_has_the_standard_deviation_asked_for(name):
    assert regression.noise_with_sd(name, 0.7).variance == pytest.approx(0.49)


def test_what_is_not_known_is_refused_by_name():
    with pytest.raises(ValueError, match="sinus"):
        regression.design("sinus")
    with pytest.raises(ValueError, match="noise"):
        regression.noise_with_sd("pink", 1.0)
    with pytest.raises(ValueError, match="power of 2"):
        regression.hierarchical(np.zeros((3, 6)))


@pytest.mark.parametrize("smoothness", [0.3, 0.5, 0.8])
def test_increments_of_weierstrass_scale_with_its_exponent(smoothness):
    x = np.random.default_rng(0).random((4000, 1)) * 0.9
    steps = 2.0 ** -np.arange(6, 14)
    spread = [
        ((regression.weierstrass(x + h, smoothness) - regression.weierstrass(x, smoothness)) ** 2).mean() for h in steps
    ]
    slope = np.polyfit(np.log(steps), np.log(spread), 1)[0]
    assert slope == pytest.approx(2 * smoothness, abs=0.06)  # the exact law is self-similar up to the first octaves


def test_single_index_has_the_same_index_variance_in_every_dimension():
    for d in (2, 10, 40):
        x = np.random.default_rng(d).random((50_000, d))
        value = regression.single_index(x)
        angle = 2 * np.sqrt(3 / d) * (2 * x - 1).sum(axis=1)
        np.testing.assert_allclose(value, np.sin(angle))
        assert angle.var() == pytest.approx(4, rel=0.03)  # sd of a variance is at most √(2/50000) of it


@pytest.mark.parametrize("name", bauer_kohler.MODELS)
def test_interquartile_ranges_are_the_published_ones(name):
    model = bauer_kohler.MODELS[name]
    values = model.regression(np.random.default_rng(0).random((200_000, model.d)))
    spread = np.subtract(*np.quantile(values, [0.75, 0.25]))
    assert spread == pytest.approx(model.interquartile_range, rel=0.02)  # published from a simulation of their own


def test_rotated_curves_keep_distances():
    design, rng = closed_curves.ClosedCurves(2, 20), np.random.default_rng(0)
    plain = design.embed(design.angles(30, rng))
    turned = plain @ design.rotation(rng)
    gaps = [np.linalg.norm(v[:, None] - v[None], axis=2) for v in (plain, turned)]
    np.testing.assert_allclose(*gaps, atol=1e-13)
    with pytest.raises(ValueError, match="ambient"):
        closed_curves.ClosedCurves(2, 7)


def test_the_function_on_closed_curves_is_not_linear_in_the_inputs():
    design = closed_curves.ClosedCurves(2, 8)
    steps = 2 * np.pi * np.arange(16) / 16
    angles = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    assert np.abs(design.embed(angles).T @ design.regression(angles)).max() < 1e-12
    assert (design.regression(angles) ** 2).mean() == pytest.approx(0.5)


def test_a_circular_jump_is_half_ones_wherever_it_is():
    design = jump.CircularJump(10, 0.5)
    assert all(design.regression(s).sum() == 5 for s in range(10))


def _data(streams, n=64):
    design = regression.design("sine")
    drawn = [design.sample(n, rng) for rng in streams.generators("data", n=n)]
    return tuple(np.stack(part) for part in zip(*drawn, strict=True))


@pytest.mark.parametrize("start", recipes.STARTS)
def test_a_recipe_keeps_the_restart_with_the_smallest_loss(start):
    streams = Streams(0, "recipe", range(3))
    x, y = _data(streams)
    recipe = recipes.Recipe((8, 6) if start == "hats" else (8,), 0.02, 30, 32, 4, start)
    found = recipes.run(recipe, x, y, streams, "cpu", n=64)
    np.testing.assert_array_equal(found.loss, found.losses.min(axis=1))
    fitted = found.predict(x)
    np.testing.assert_allclose(((fitted - y) ** 2).mean(axis=1), found.loss, rtol=1e-4)
    assert len(set(found.start_digest)) == len(set(found.data_digest)) == 3


def test_the_second_layer_of_a_start_by_hats_is_the_basis_of_a_grid():
    streams = Streams(0, "recipe", range(2))
    x, y = _data(streams)
    found = recipes.run(recipes.Recipe((7, 6, 3), 1e-12, 1, start="hats"), x, y, streams, "cpu", n=64)
    grid, between = torch.linspace(0, 1, 5)[:, None], torch.rand(50, 1, generator=torch.Generator().manual_seed(1))
    named = nets.views(found.net, found.parameters)
    second = nets.Mlp(1, (7,), 6)
    weights = torch.cat([named[f"{part}.{layer}"].flatten(1) for layer in (0, 1) for part in ("weight", "bias")], dim=1)
    at_grid, hats = (nets.apply(second, weights, points).relu()[..., :5] for points in (grid, between))
    torch.testing.assert_close(at_grid, torch.eye(5).expand(2, -1, -1), atol=1e-5, rtol=0)
    torch.testing.assert_close(hats.sum(dim=2), torch.ones(2, 50), atol=1e-5, rtol=0)
    assert (hats > 1e-5).sum(dim=2).max() == 2
    for widths in ((7,), (3, 3), (7, 4)):
        with pytest.raises(ValueError, match="hats"):
            recipes.run(recipes.Recipe(widths, 0.1, 1, start="hats"), x, y, streams, "cpu", n=64)


def test_a_training_begins_at_the_weights_that_are_given():
    streams = Streams(0, "recipe", range(2))
    x, y = _data(streams)
    begun = recipes.run(recipes.Recipe((8,), 0.02, 30, 32), x, y, streams, "cpu", n=64)
    found = recipes.run(recipes.Recipe((8,), 1e-12, 1), x, y, streams, "cpu", n=64, begin=begun.parameters)
    np.testing.assert_allclose(found.predict(x), begun.predict(x), atol=1e-5)


def test_kinks_of_the_start_lie_in_the_unit_interval():
    streams = Streams(0, "recipe", range(2))
    x, y = _data(streams)
    found = recipes.run(recipes.Recipe((9,), 1e-12, 1, start="kinks"), x, y, streams, "cpu", n=64)
    named = nets.views(found.net, found.parameters)
    kinks = -named["bias.0"] / named["weight.0"][:, 0]
    assert torch.all((kinks >= 0) & (kinks <= 1))
    with pytest.raises(ValueError, match="kinks"):
        recipes.run(recipes.Recipe((4, 4), 0.1, 1, start="kinks"), x, y, streams, "cpu", n=64)
