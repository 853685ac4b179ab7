"""Every design against its formula, written anew from the paper for one point, and its sample against its truth.

`tests/test_second_routes.py` asks that none is left out.
"""

import importlib
import math
from collections.abc import Callable, Mapping
from statistics import NormalDist

import mpmath
import numpy as np
import pytest
from cases.design_formulas import DESIGNS, FUNCTIONS, LINE, NOISES, PUBLISHED, SCALED

from dlstats.dgp import (
    bauer_kohler,
    donoho_johnstone,
    friedman,
    noise,
    quantile_designs,
    regression,
)

LEVELS = (0.01, 0.2, 0.5, 0.77, 0.99)
DRAWS = 20_000


def _points(d: int, n: int = 200) -> np.ndarray:
    return np.random.default_rng(d).random((n, d))


def _function(name: str) -> Callable:
    module, _, member = name.partition(".")
    if name == "friedman.Friedman":
        return friedman.Friedman().regression
    found = getattr(importlib.import_module(f"dlstats.dgp.{module}"), member)
    return (lambda x: found(x[..., 0])) if module == "donoho_johnstone" else found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_the_inputs_is_its_formula(name):
    d, formula = FUNCTIONS[name]
    x = _points(d)
    found = _function(name)(x)
    np.testing.assert_allclose(found, [formula(*map(float, point)) for point in x], rtol=1e-10, atol=1e-10)
    stacked = _function(name)(x.reshape(2, 5, 20, d))
    np.testing.assert_allclose(stacked.ravel(), found, rtol=1e-12)


@pytest.mark.parametrize("name", NOISES)
def test_quantiles_and_moments_of_a_noise_are_those_of_its_formula(name):
    make, quantile, mean, variance = NOISES[name]
    found = make()
    wanted = [quantile(p) for p in LEVELS]
    np.testing.assert_allclose([float(found.quantile(p)) for p in LEVELS], wanted, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose([found.mean, found.variance], [mean, variance], rtol=1e-12)
    assert found.median == pytest.approx(quantile(0.5), abs=1e-9)


@pytest.mark.parametrize("alpha", [0.7, 1, 1.5, 2])
def test_stable_draws_have_their_quantiles(alpha):
    """Normal with variance 2 and Cauchy, else the inversion of the characteristic function."""

    def below(t: float) -> float:
        inverted = mpmath.quad(lambda u: mpmath.sin(u * t) / u * mpmath.exp(-(u**alpha)), [0, 1, 4, 16, 64])
        return 0.5 + float(inverted) / math.pi  # pyright: ignore

    x = noise.stable_sample(alpha, np.random.default_rng(3), DRAWS)
    for t in (-2.0, 0.4, 1.5):
        p = {1: 0.5 + math.atan(t) / math.pi, 2: NormalDist(0, math.sqrt(2)).cdf(t)}.get(alpha) or below(t)
        assert abs((x <= t).mean() - p) < 4 * math.sqrt(p * (1 - p) / DRAWS)


@pytest.mark.parametrize("name", DESIGNS)
def test_conditional_quantiles_of_a_published_design_are_those_of_the_paper(name):
    design, (d, f, s, quantile) = quantile_designs.DESIGNS[name], DESIGNS[name]
    x = _points(d, 30)
    assert (design.name, design.d, design.inputs(4, np.random.default_rng(0)).shape) == (name, d, (4, d))
    for level in (0.05, 0.3, 0.9):
        q = quantile(level)
        wanted = [f(*map(float, u)) + s(*map(float, u)) * q for u in x]
        np.testing.assert_allclose(design.quantile(x, level), wanted, rtol=1e-8)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("noise_sd", [0.05, 0.2])
def test_the_noise_of_an_interaction_model_is_normal_in_units_of_its_published_range(name, noise_sd):
    design, (d, spread) = bauer_kohler.design(name, noise_sd), PUBLISHED[name]
    x, y = design.sample(DRAWS, np.random.default_rng(4))
    assert x.shape == (DRAWS, d)
    formula = FUNCTIONS[f"bauer_kohler.{name}"][1]
    z = (y[:500] - [formula(*map(float, u)) for u in x[:500]]) / (noise_sd * spread)
    assert abs((z**2).mean() - 1) < 4 * math.sqrt(2 / 500)
    for level in (0.1, 0.5, 0.9):
        assert abs((y <= design.quantile(x, level)).mean() - level) < 4 * math.sqrt(level * (1 - level) / DRAWS)
    high = design.quantile(x[:9], 0.9) - design.quantile(x[:9], 0.5)
    np.testing.assert_allclose(high, 1.2815515655446004 * noise_sd * spread, rtol=1e-9)


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("scale", regression.SCALES)
def test_quantiles_of_a_regression_are_those_of_its_formula(name, scale):
    design, x = regression.design("additive", 3, name, 0.3, scale), _points(3, 20)
    s = 1.0 if scale == "constant" else 0.5 + x[:, 0]
    f = np.array([FUNCTIONS["regression.additive"][1](*u) for u in x.tolist()])
    for level in LEVELS:
        np.testing.assert_allclose(design.quantile(x, level), f + s * SCALED[name](level), rtol=1e-8)
    np.testing.assert_allclose(design.mean(x), f, rtol=1e-10)


def _same_function(table: Mapping, functions: Mapping) -> bool:
    """Does every member of a table give the values of the function written down for it?"""
    for name, module in functions.items():
        d, formula = FUNCTIONS[f"{module}.{name}"]
        x = _points(d, 20)
        np.testing.assert_allclose(table[name](x), [formula(*u) for u in x.tolist()], rtol=1e-10, atol=1e-10)
    return set(table) == set(functions)


def test_tables_hold_the_functions_that_they_name():
    own = dict.fromkeys(
        ("sine", "weierstrass", "additive", "single_index", "hierarchical", "piecewise_smooth", "step"), "regression"
    )
    assert _same_function(regression.TARGETS, own | dict.fromkeys(LINE, "donoho_johnstone"))
    univariate = dict.fromkeys(("linear", "wave", "angle", "exponential"), "quantile_designs")
    assert _same_function(quantile_designs.FUNCTIONS, univariate)
    line = {name: (lambda x, f=f: f(x[..., 0])) for name, f in donoho_johnstone.DONOHO_JOHNSTONE.items()}
    assert _same_function(line, dict.fromkeys(LINE, "donoho_johnstone"))
    models = {name: model.regression for name, model in bauer_kohler.MODELS.items()}
    assert _same_function(models, dict.fromkeys(PUBLISHED, "bauer_kohler"))
    for name, (d, spread) in PUBLISHED.items():
        assert (bauer_kohler.MODELS[name].d, bauer_kohler.MODELS[name].interquartile_range) == (d, spread)
    x = _points(2, 20)
    np.testing.assert_allclose(regression.SCALES["constant"](x), 1)
    np.testing.assert_allclose(regression.SCALES["growing"](x), 0.5 + x[:, 0])


def test_every_member_of_a_table_has_its_formula():
    assert {f"NOISES[{name}]" for name in noise.NOISES} <= set(NOISES)
    assert set(quantile_designs.DESIGNS) == set(DESIGNS)
    assert set(bauer_kohler.MODELS) == set(PUBLISHED)
