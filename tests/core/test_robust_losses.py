import functools
import math

import mpmath
import numpy as np
import pytest
import torch
from scipy import integrate, special
from sklearn.metrics import mean_pinball_loss
from statsmodels.robust import norms

from dlstats.core.losses import barron as barron_module
from dlstats.core.losses import quantile, robust
from dlstats.core.losses.barron import adaptive, barron, log_partition
from dlstats.core.losses.regression import squared

ALPHAS = (
    -math.inf,
    -1e6,
    -8.0,
    -2.0,
    -0.5,
    -1e-9,
    0.0,
    1e-12,
    1e-3,
    0.5,
    1.0,
    1.5,
    2 - 1e-9,
    math.nextafter(2, 0),
    2.0,
)
MONOTONE = {name: loss.value for name, loss in robust.ROBUST.items()} | {
    f"barron_{alpha}": functools.partial(barron, alpha=alpha) for alpha in ALPHAS
}
QUANTILE = {
    f"{name}_{level}": functools.partial(loss, level=level)
    for name, loss in (
        ("pinball", quantile.pinball),
        ("expectile", quantile.expectile),
        ("smooth", quantile.smooth_pinball),
    )
    for level in (0.05, 0.5, 0.9)
}


def flat_squared(prediction, y):
    """The squared loss asks for (reps, n, k)."""
    return squared(prediction.reshape(1, -1, 1), y.reshape(1, -1, 1)).reshape(y.shape)


ALL = MONOTONE | QUANTILE | {"squared": flat_squared}
SIZES = np.concatenate([[0.0], np.logspace(-30, 30, 241)])
RESIDUALS = np.concatenate([-SIZES[::-1], SIZES])
MODEST = np.linspace(-12, 12, 997)


def rho(loss, residuals, dtype=torch.float64):
    y = torch.as_tensor(np.asarray(residuals), dtype=dtype).unsqueeze(-1)
    return loss(torch.zeros_like(y), y).squeeze(-1).numpy()


def psi(loss, residuals, dtype=torch.float64):
    y = torch.as_tensor(np.asarray(residuals), dtype=dtype).unsqueeze(-1)
    prediction = torch.zeros_like(y, requires_grad=True)
    return -torch.autograd.grad(loss(prediction, y).sum(), prediction)[0].squeeze(-1).numpy()


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


@pytest.mark.parametrize("name", ["barron_-inf", "barron_-2.0", "barron_0.0", "barron_1.0"])
def test_barrons_loss_equals_its_named_special_cases(name):
    y = torch.as_tensor(MODEST)
    zero = torch.zeros_like(y)
    c = 1.7
    same = {
        "barron_-inf": robust.welsch(zero, y, math.sqrt(2) * c),
        "barron_-2.0": robust.geman_mcclure(zero, y, 2 * c),
        "barron_0.0": robust.cauchy(zero, y, math.sqrt(2) * c),
        "barron_1.0": robust.charbonnier(zero, y, c),
    }[name]
    found = barron(zero, y, float(name.removeprefix("barron_")), c)
    torch.testing.assert_close(found, same / c**2, rtol=1e-13, atol=0)


def exact_barron(residual, alpha):
    """The textbook formula with 60 digits."""
    with mpmath.workdps(120):
        z, a = mpmath.mpf(float(residual)) ** 2, mpmath.mpf(alpha)
        if alpha == -math.inf:
            return float(-mpmath.expm1(-z / 2))
        if alpha in (0, 2):
            return float(z / 2 if alpha == 2 else mpmath.log1p(z / 2))
        b = abs(a - 2)
        return float(b / a * ((z / b + 1) ** (a / 2) - 1))


@pytest.mark.parametrize("alpha", ALPHAS)
def test_barrons_loss_keeps_its_digits_across_alpha_0_and_2(alpha):
    residuals = np.logspace(-12, 12, 49)
    expected = np.array([exact_barron(r, alpha) for r in residuals])
    loss = functools.partial(barron, alpha=alpha)
    # exp(t) has relative error |t| eps, and |t| <= log(1e24 / 2e-16) = 92 here
    np.testing.assert_allclose(rho(loss, residuals), expected, rtol=92 * 2.3e-16 * 4)
    if abs(alpha) < 10 and alpha <= 1.5:
        rtol = 92 * 1.2e-7 * 4
        np.testing.assert_allclose(rho(loss, np.float32(residuals), torch.float32), expected, rtol=rtol)


@pytest.mark.parametrize("limit", [0.0, 2.0])
def test_barrons_loss_is_smooth_in_alpha_at_its_removable_singularities(limit):
    residuals = np.linspace(0, 20, 50)
    at = rho(functools.partial(barron, alpha=limit), residuals)
    for step in (1e-4, 1e-6, 1e-8):
        near = rho(functools.partial(barron, alpha=limit - step), residuals)
        slope = np.abs(near - at) / step
        # the derivative in alpha is at most about z (1 + log z) (1 - log b) on this range
        assert (slope <= (1 + residuals**2) * (2 + np.log1p(residuals**2) - math.log(step))).all()


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


@pytest.mark.parametrize("alpha", ALPHAS)
def test_barrons_loss_is_scale_equivariant_and_bounded_for_negative_alpha(alpha):
    y = torch.as_tensor(MODEST)
    zero = torch.zeros_like(y)
    torch.testing.assert_close(barron(zero, 3.0 * y, alpha, 3.0), barron(zero, y, alpha, 1.0), rtol=1e-13, atol=0)
    if alpha < -1e-3:
        bound = 1.0 if alpha == -math.inf else (alpha - 2) / alpha
        assert rho(functools.partial(barron, alpha=alpha), RESIDUALS).max() <= bound * (1 + 1e-15)


def test_barrons_loss_refuses_alpha_above_two():
    with pytest.raises(ValueError, match="alpha"):
        barron(torch.zeros(1), torch.zeros(1), alpha=2.5)


def partition(alpha):
    """The integral of exp(−rho), in log |x|."""
    b = 2 - alpha
    return (
        2
        * integrate.quad(
            lambda u: math.exp(u - b / alpha * math.expm1(alpha / 2 * np.logaddexp(0, 2 * u - math.log(b)))),
            -40,
            300,
            limit=500,
        )[0]
    )


@pytest.mark.parametrize("alpha", [0.001, 0.1, 0.5, 1.0, 1.5, 1.999])
def test_the_partition_function_of_the_adaptive_loss_is_the_integral_of_the_density(alpha):
    found = log_partition(torch.tensor([alpha], dtype=torch.float64))
    assert math.exp(found.item()) == pytest.approx(partition(alpha), rel=2e-8)
    assert torch.autograd.gradcheck(log_partition, torch.tensor([alpha], dtype=torch.float64, requires_grad=True))
    single = log_partition(torch.tensor([alpha]))
    assert single.item() == pytest.approx(found.item(), abs=1e-3)


def test_the_adaptive_loss_learns_light_tails_as_alpha_2_and_heavy_tails_as_alpha_near_0():
    rng = np.random.default_rng(0)
    found = {}
    for name, sample in {"normal": rng.standard_normal(1000), "cauchy": rng.standard_cauchy(1000)}.items():
        y = torch.as_tensor(sample)[None, :, None]
        parameters = torch.zeros(1, 1, 3, dtype=torch.float64, requires_grad=True)
        optimiser = torch.optim.Adam([parameters], lr=0.2)
        for _ in range(200):
            optimiser.zero_grad()
            adaptive(parameters.expand(1, 1000, 3), y).mean().backward()
            optimiser.step()
        low, high = barron_module.ALPHA_RANGE
        location, shape, log_scale = parameters.detach().flatten()
        found[name] = location.item(), (low + (high - low) * torch.sigmoid(shape)).item(), log_scale.exp().item()
    # location within 4 standard errors 1.42 / sqrt(1000); the ends of the range are the laws themselves
    assert abs(found["normal"][0]) < 4 / math.sqrt(1000)
    assert abs(found["cauchy"][0]) < 4 * math.sqrt(2 / 1000)
    assert found["normal"][1] > 1.8
    assert found["cauchy"][1] < 0.2


def test_the_shared_adaptive_loss_is_the_adaptive_one_at_the_mean_shape_and_scale():
    rng = np.random.default_rng(4)
    prediction, y = torch.as_tensor(rng.normal(size=(3, 40, 3))), torch.as_tensor(rng.normal(size=(3, 40, 1)))
    means = prediction[..., 1:].mean(dim=1, keepdim=True).expand(-1, 40, -1)
    expected = adaptive(torch.cat([prediction[..., :1], means], dim=-1), y)
    torch.testing.assert_close(barron_module.adaptive_shared(prediction, y), expected, rtol=1e-12, atol=1e-12)
    alone = barron_module.adaptive_shared(prediction[1:2], y[1:2])
    torch.testing.assert_close(barron_module.adaptive_shared(prediction, y)[1:2], alone, rtol=0, atol=0)
    alpha, log_scale = barron_module.shape_and_log_scale(prediction)
    size = (y - prediction[..., :1]) / log_scale.exp()
    for row, a in enumerate(alpha.flatten().tolist()):
        fixed = barron(torch.zeros_like(size[row]), size[row], a)
        parts = log_scale[row] + math.log(partition(a))
        torch.testing.assert_close(fixed + parts, expected[row], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("loss", [adaptive, barron_module.adaptive_shared])
def test_gradients_of_the_adaptive_losses_equal_finite_differences_and_stay_finite(loss):
    rng = np.random.default_rng(5)
    prediction, y = torch.as_tensor(rng.normal(size=(2, 7, 3)) * 3), torch.as_tensor(rng.normal(size=(2, 7, 1)))
    assert torch.autograd.gradcheck(lambda f: loss(f, y), prediction.requires_grad_(), eps=1e-6, atol=1e-6)
    for dtype in (torch.float32, torch.float64):
        far = torch.as_tensor(RESIDUALS, dtype=dtype).reshape(1, -1, 1)
        start = torch.zeros(1, len(RESIDUALS), 3, dtype=dtype, requires_grad=True)
        value = loss(start, far)
        (gradient,) = torch.autograd.grad(value.sum(), start)
        assert value.isfinite().all()
        assert gradient.isfinite().all()


@pytest.mark.parametrize("level", [0.05, 0.25, 0.5, 0.9])
def test_the_best_constant_of_the_pinball_loss_is_a_sample_quantile(level):
    y = np.random.default_rng(1).standard_normal(101)
    candidates = torch.as_tensor(np.sort(y)).unsqueeze(-1)
    risk = quantile.pinball(candidates.expand(-1, 101), torch.as_tensor(y).expand(101, -1), level).mean(dim=1)
    below = int(risk.argmin()) + 1
    assert below - 1 <= 101 * level <= below


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9])
def test_the_smooth_quantile_loss_lies_above_the_pinball_loss_by_at_most_h_log_2(level):
    for width in (1e-3, 0.1, 2.0):
        gap = rho(functools.partial(quantile.smooth_pinball, level=level, width=width), MODEST)
        gap = gap - rho(functools.partial(quantile.pinball, level=level), MODEST)
        assert (gap >= -1e-14).all()
        assert (gap <= width * math.log(2) * (1 + 1e-12)).all()


def test_several_levels_at_once_equal_one_level_at_a_time():
    rng = np.random.default_rng(2)
    prediction, y = torch.as_tensor(rng.normal(size=(3, 5, 4))), torch.as_tensor(rng.normal(size=(3, 5, 1)))
    levels = torch.tensor([0.1, 0.4, 0.5, 0.9], dtype=torch.float64)
    for loss in (quantile.pinball, quantile.expectile, quantile.smooth_pinball):
        together = loss(prediction, y, levels)
        for j, level in enumerate(levels.tolist()):
            torch.testing.assert_close(together[..., j : j + 1], loss(prediction[..., j : j + 1], y, level))


@pytest.mark.parametrize("free", [0, 3, 6])
def test_the_head_never_crosses_and_leaves_its_free_output(free):
    raw = torch.as_tensor(np.random.default_rng(3).normal(size=(4, 50, 7)) * 10)
    ordered = quantile.in_order(raw, free)
    assert (ordered.diff(dim=-1) >= 0).all()
    assert torch.equal(ordered[..., free], raw[..., free])
    # every increasing vector can be reached
    gaps = ordered.diff(dim=-1)
    back = torch.cat([gaps[..., :free], ordered[..., free : free + 1], gaps[..., free:]], dim=-1)
    inverse = torch.where(torch.arange(7) == free, back, back + torch.log(-torch.expm1(-back.clamp(min=1e-12))))
    torch.testing.assert_close(quantile.in_order(inverse, free), ordered, rtol=1e-7, atol=1e-7)
