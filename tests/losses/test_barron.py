"""Barron's general loss and its adaptive form."""

import functools
import math

import mpmath
import numpy as np
import pytest
import torch
from cases.robust_losses import ALPHAS, MODEST, RESIDUALS, rho
from scipy import integrate

from dlstats.losses import barron as barron_module
from dlstats.losses import robust
from dlstats.losses.barron import adaptive, barron, log_partition


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
        if abs(alpha) == math.inf:
            return float(mpmath.sign(a) * mpmath.expm1(mpmath.sign(a) * z / 2))
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


@pytest.mark.parametrize("alpha", ALPHAS)
def test_barrons_loss_is_scale_equivariant_and_bounded_for_negative_alpha(alpha):
    y = torch.as_tensor(MODEST)
    zero = torch.zeros_like(y)
    torch.testing.assert_close(barron(zero, 3.0 * y, alpha, 3.0), barron(zero, y, alpha, 1.0), rtol=1e-13, atol=0)
    if alpha < -1e-3:
        bound = 1.0 if alpha == -math.inf else (alpha - 2) / alpha
        assert rho(functools.partial(barron, alpha=alpha), RESIDUALS).max() <= bound * (1 + 1e-15)


ABOVE = (math.nextafter(2, 3), 2 + 1e-9, 2.5, 3.0, 4.0, 30.0, math.inf)


@pytest.mark.parametrize("alpha", ABOVE)
def test_barrons_loss_keeps_its_digits_above_alpha_2_up_to_infinity(alpha):
    residuals = np.concatenate([np.logspace(-12, 1, 40), [20.0, 30.0]])
    expected = np.array([exact_barron(r, alpha) for r in residuals])
    np.testing.assert_allclose(rho(functools.partial(barron, alpha=alpha), residuals), expected, rtol=500 * 2.3e-16 * 4)


def test_barrons_loss_above_alpha_2_is_as_in_print_and_grows_with_alpha():
    assert barron(torch.zeros(1).double(), 9 * torch.ones(1).double(), 4.0, 2.0).item() == pytest.approx(
        61.3828125, rel=1e-15
    )
    at = torch.zeros(1).double(), torch.full((1,), 3.0).double()
    values = [barron(*at, alpha).item() for alpha in (1.0, 2.0, *ABOVE)]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(math.expm1(4.5), rel=1e-14)
    assert barron(*at, 1e9).item() == pytest.approx(values[-1], rel=1e-7)
    z = torch.linspace(-5, 5, 21).double().requires_grad_()
    for alpha in ABOVE:
        assert torch.autograd.gradcheck(lambda v, alpha=alpha: barron(v, torch.zeros_like(v), alpha), z)


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
