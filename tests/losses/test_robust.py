import math

import numpy as np
import pytest
import torch
from cases.robust_losses import ALL, MODEST, MONOTONE, QUANTILE, RESIDUALS, SIZES, psi, rho
from scipy import optimize, special, stats
from sklearn.metrics import mean_pinball_loss
from statsmodels.robust import norms

from dlstats.losses import robust

STATSMODELS = {
    "huber": (norms.HuberT(1.345), 1),
    "tukey": (norms.TukeyBiweight(4.685), 1),
    "hampel": (norms.Hampel(2.0, 4.0, 8.0), 1),
    "andrews": (norms.AndrewWave(1.339), 1),
    "cauchy": (norms.StudentT(2.385, df=1), 1),
    "barron_2.0": (norms.LeastSquares(), 1),
    "squared": (norms.LeastSquares(), 2),
    **{f"expectile_{level}": (norms.MQuantileNorm(level, norms.LeastSquares()), 2) for level in (0.05, 0.5, 0.9)},
}
"""Name -> the norm of statsmodels and how many times it our loss is."""


@pytest.mark.parametrize("name", STATSMODELS)
def test_losses_and_their_derivatives_agree_with_statsmodels_to_1e_12(name):
    norm, times = STATSMODELS[name]
    # an offset of statsmodels' rho at 0 is no part of the loss
    expected = times * (norm.rho(MODEST) - norm.rho(np.zeros(1))[0])
    np.testing.assert_allclose(rho(ALL[name], MODEST), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(psi(ALL[name], MODEST), times * norm.psi(MODEST), rtol=1e-12, atol=1e-12)


def test_losses_agree_with_torch_scipy_and_sklearn_to_1e_12():
    y = torch.as_tensor(MODEST)
    zero = torch.zeros_like(y)
    torchs = torch.nn.functional
    theirs = {
        "huber": (torchs.huber_loss(zero, y, reduction="none", delta=1.345), special.huber(1.345, MODEST)),
        "squared": (torchs.mse_loss(zero, y, reduction="none"), MODEST**2),
        "absolute": (torchs.l1_loss(zero, y, reduction="none"), np.abs(MODEST)),
        "charbonnier": (special.pseudo_huber(1.0, MODEST),),
        "log_cosh": (np.log(np.cosh(MODEST)),),
    }
    for name, references in theirs.items():
        for reference in references:
            np.testing.assert_allclose(rho(ALL[name], MODEST), reference, rtol=1e-12, atol=1e-12, err_msg=name)
    smooth = torchs.smooth_l1_loss(zero, y, reduction="none", beta=1.345)
    torch.testing.assert_close(robust.huber(zero, y) / 1.345, smooth, rtol=1e-12, atol=0)
    for level in (0.05, 0.5, 0.9):
        pointwise = [mean_pinball_loss([v], [0.0], alpha=level) for v in MODEST]
        np.testing.assert_allclose(rho(QUANTILE[f"pinball_{level}"], MODEST), pointwise, rtol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_six_digits_stay_in_float32_and_five_of_barrons_loss_from_alpha_one_half(name):
    sizes = np.logspace(-12, 12, 1201).astype(np.float32)
    residuals = np.concatenate([-sizes[::-1], sizes])
    five = name.startswith("barron_") and float(name.removeprefix("barron_")) >= 0.5
    rtol = 5e-6 if five else 5e-7
    exact = rho(ALL[name], residuals.astype(float))
    found = rho(ALL[name], residuals, torch.float32).astype(float)
    np.testing.assert_allclose(found, exact, rtol=rtol, atol=1e-30)
    slope = psi(ALL[name], residuals.astype(float))
    np.testing.assert_allclose(psi(ALL[name], residuals, torch.float32), slope, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", MONOTONE)
def test_losses_are_even_zero_at_zero_and_nondecreasing_in_the_size_of_the_residual(name):
    value = rho(MONOTONE[name], RESIDUALS)
    np.testing.assert_array_equal(value, value[::-1])
    half = value[len(SIZES) :]
    assert half[0] == 0
    assert (np.diff(half) >= -1e-14 * half[1:]).all()


@pytest.mark.parametrize("name", ALL)
def test_losses_and_their_gradients_are_finite_for_residuals_from_1e_30_to_1e30(name):
    # in float32 where the value itself can be written: it must not grow faster than |r|
    grows = name in ("squared", *(f"expectile_{v}" for v in (0.05, 0.5, 0.9)))
    grows |= name.startswith("barron_") and float(name.removeprefix("barron_")) > 1
    for dtype in (torch.float64,) if grows else (torch.float64, torch.float32):
        y = torch.as_tensor(RESIDUALS, dtype=dtype).unsqueeze(-1)
        prediction = torch.zeros_like(y, requires_grad=True)
        value = ALL[name](prediction, y)
        assert value.isfinite().all()
        (gradient,) = torch.autograd.grad(value.sum(), prediction)
        assert gradient.isfinite().all()


@pytest.mark.parametrize("name", ALL)
def test_gradients_equal_finite_differences(name):
    corners = np.array([-8, -4.685, -4, -2, -1.345, -0.5, 0])
    points = np.linspace(-9, 9, 173) + 0.0123
    points = points[np.abs(np.abs(points)[:, None] + corners).min(axis=1) > 0.01]
    y = torch.as_tensor(points).unsqueeze(-1)
    prediction = torch.zeros_like(y, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f: ALL[name](f, y), prediction, eps=1e-6, atol=1e-6)


CORNERS = np.array([0.0, 1.0, 1.339 * math.pi, 1.345, 2.0, 2.385, 2.985, 3.787, 4.0, 4.685, 8.0])


@pytest.mark.parametrize("name", ALL)
def test_the_gradient_at_a_corner_lies_between_those_beside_it(name):
    points = np.concatenate([-CORNERS, CORNERS])
    here, beside = psi(ALL[name], points), np.stack([psi(ALL[name], points + step) for step in (-1e-9, 1e-9)])
    assert (here >= beside.min(axis=0) - 1e-7).all()
    assert (here <= beside.max(axis=0) + 1e-7).all()


@pytest.mark.parametrize("name", MONOTONE)
def test_curvature_at_zero_is_one(name):
    if name == "absolute":
        return
    small = 1e-7 if name.startswith("barron_") and float(name[7:]) > 1.9 else 1e-5
    if name == f"barron_{math.nextafter(2, 0)}":
        small = 1e-14  # quadratic only for residuals below the root of 2 - alpha
    assert rho(MONOTONE[name], [small])[0] == pytest.approx(small**2 / 2, rel=1e-5)


SAMPLE = np.random.default_rng(1).gamma(1.5, 2.0, 301)
FUNCTIONALS = {
    "absolute": lambda y: np.median(y),
    "huber": lambda y: _zero(lambda m: np.clip(y - m, -1.345, 1.345)),
    "log_cosh": lambda y: _zero(lambda m: np.tanh(y - m)),
    "charbonnier": lambda y: _zero(lambda m: (y - m) / np.sqrt(1 + (y - m) ** 2)),
    "cauchy": lambda y: _zero(lambda m: (y - m) / (2.385**2 + (y - m) ** 2)),
    "welsch": lambda y: _highest(lambda m: stats.norm.pdf(y, m, 2.985 / math.sqrt(2))),
    "geman_mcclure": lambda y: _highest(lambda m: 1 / (1 + ((y - m) / 3.787) ** 2)),
    "tukey": lambda y: _highest(lambda m: np.maximum(1 - ((y - m) / 4.685) ** 2, 0) ** 3),
    "andrews": lambda y: _highest(lambda m: 1 + np.cos(np.minimum(np.abs(y - m) / 1.339, math.pi))),
    "hampel": lambda y: _zero(lambda m: norms.Hampel(2.0, 4.0, 8.0).psi(y - m)),
}
"""What a robust loss elicits, by other means than the loss: of a skewed sample."""


def _zero(score):
    return optimize.brentq(lambda m: float(np.mean(score(m))), 0.5, 5.0, xtol=1e-12)


def _highest(kernel):
    grid = np.linspace(0, 8, 801)
    best = grid[np.argmax([np.mean(kernel(m)) for m in grid])]
    return optimize.minimize_scalar(
        lambda m: -float(np.mean(kernel(m))),
        bounds=(best - 0.02, best + 0.02),
        method="bounded",
        options={"xatol": 1e-9},
    ).x


def _best_constant(loss, y):
    def risk(m):
        return float(rho(loss, y - m).mean())

    grid = np.linspace(y.min(), 8, 801)
    best = grid[np.argmin([risk(m) for m in grid])]
    return optimize.minimize_scalar(
        risk, bounds=(best - 0.02, best + 0.02), method="bounded", options={"xatol": 1e-9}
    ).x


@pytest.mark.parametrize("name", robust.ROBUST)
def test_the_best_constant_is_the_elicited_functional(name):
    # a minimum is found to the root of the rounding of the risk, about 1e-7
    assert _best_constant(robust.ROBUST[name], SAMPLE) == pytest.approx(FUNCTIONALS[name](SAMPLE), abs=1e-6)


@pytest.mark.parametrize("name", robust.ROBUST)
def test_the_best_constant_of_a_symmetric_sample_is_its_centre(name):
    half = np.abs(np.random.default_rng(2).standard_t(3, 150))
    sample = 3.0 + np.concatenate([-half, [0.0], half])
    assert _best_constant(robust.ROBUST[name], sample) == pytest.approx(3.0, abs=1e-6)
