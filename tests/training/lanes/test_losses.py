"""The kernel's own losses and activations against the Python ones, over their whole range."""

import functools

import numpy as np
import pytest
import torch

from dlstats import nets
from dlstats.losses.imbalance import cross_entropy
from dlstats.losses.robust import huber
from dlstats.training.contract import Problem, Training
from dlstats.training.lanes import backend, layout, losses
from dlstats.training.lanes.losses import EXTERNAL, KNOWN

EPS = {"float32": 2.0**-23, "float64": 2.0**-52}
PARAMETERS = {"level": (0.1, 0.5, 0.9), "threshold": (0.3, 1.0, 5.0), "": (None,)}


def grid(dtype):
    """0, then both signs of sizes from the smallest that matter to where squares overflow."""
    top = {"float32": 25, "float64": 200}[dtype]
    sizes = np.concatenate([np.logspace(-20, top, 400), np.linspace(0.01, 12, 400)])
    return torch.as_tensor(np.concatenate([[0.0], sizes, -sizes]), dtype=getattr(torch, dtype))


def by_kernel(loss, f, y):
    """Loss and derivative of every pair: one sample a row, a network that is its bias, one step with momentum."""
    start = torch.stack([torch.zeros_like(f), f], dim=1)
    x, target = torch.zeros(len(f), 1, 1, dtype=f.dtype), y[:, None, None]
    training = Training(
        steps=2, learning_rate=1.0, optimiser="sgd", momentum=0.5, keep="best", dtype=str(f.dtype).split(".")[1]
    )
    laid = layout.lay_out(Problem(nets.Mlp(1, ()), loss, start, x, target, training, (1.0,), None, None))
    assert laid.job.loss != EXTERNAL
    laid.kernel.lanes_pack(laid.job)
    laid.job.begin, laid.job.end = 0, 1
    laid.kernel.lanes_run(laid.job)
    state = laid.owners["state"]
    assert isinstance(state, torch.Tensor)
    state = state.view(-1, 3, 2, laid.lanes)  # group, slot, parameter, lane; slot 2 is the momentum
    return laid.record["score"], state[:, 2, 1].flatten()[: len(f)]


def by_python(loss, f, y):
    f = f[:, None, None].clone().requires_grad_()
    value = loss(f, y[:, None, None])
    (slope,) = torch.autograd.grad(value.sum(), f)
    return value.detach().flatten(), slope.flatten()


def assert_close(found, expected, relative, absolute):
    found, expected = torch.as_tensor(found).double(), torch.as_tensor(expected).double()
    wrong = (found - expected).abs() > relative * expected.abs() + absolute
    assert not (wrong & (found != expected)).any(), (found[wrong][:3], expected[wrong][:3])


@pytest.mark.parametrize("dtype", EPS)
@pytest.mark.parametrize("loss", KNOWN, ids=lambda loss: loss.__name__)
def test_the_kernels_losses_are_the_python_ones(loss, dtype):
    """Value and derivative within a few roundings, from the smallest residual to where squares overflow.

    A slope that falls again is a difference of numbers of order f in autograd, and torch's cross-entropy is one of
    numbers of the size of the logit: there the roundings are those of the numbers.
    """
    f, eps = grid(dtype), EPS[dtype]
    least = torch.full_like(f, 32 * float(np.finfo(dtype).tiny) / eps).double()
    for value in PARAMETERS[KNOWN[loss].parameter]:
        ready = loss if value is None else functools.partial(loss, **{KNOWN[loss].parameter: value})
        for label in (0.0, 1.0) if loss is cross_entropy else (0.0,):
            y = torch.full_like(f, label)
            expected, slope = by_python(ready, f, y)
            found, found_slope = by_kernel(ready, f, y)
            size = 4 * eps * f.abs().clamp(min=1)
            assert_close(found, expected, 32 * eps, size if loss is cross_entropy else least)
            plain = (f.abs() < 0.1) & (loss is not cross_entropy)
            assert_close(found_slope, slope, 32 * eps, torch.where(plain, least, size.clamp(max=400 * eps)))


def test_a_loss_with_what_the_kernel_does_not_know_stays_in_python():
    y = torch.zeros(1, 4, 1)
    known, labels = next(iter(KNOWN)), torch.zeros(1, 4, 1, dtype=torch.int64)
    assert losses.of(known, y, 1)[0] != EXTERNAL
    assert losses.of(known, y, 2)[0] == EXTERNAL
    assert losses.of(known, labels, 1)[0] == EXTERNAL
    assert losses.of(cross_entropy, labels, 1)[0] != EXTERNAL
    assert losses.of(cross_entropy, labels, 3)[0] == EXTERNAL
    assert losses.of(functools.partial(huber, **{"threshold": torch.ones(1)}), y, 1)[0] == EXTERNAL
    assert losses.of(lambda f, y: (f - y).abs(), y, 1)[0] == EXTERNAL


@pytest.mark.parametrize("dtype", EPS)
@pytest.mark.parametrize("activation", layout.ACTIVATIONS)
def test_the_kernels_activations_are_those_of_torch(activation, dtype):
    """Value and derivative of z at one hidden unit, through the loss f (mean) of a net f = activation(z)."""
    z = torch.cat([torch.linspace(-30, 30, 997), torch.logspace(-8, 1, 200), -torch.logspace(-8, 1, 200)])
    z = z.to(getattr(torch, dtype))
    net = nets.Mlp(1, (1,), 1, activation)
    start = torch.zeros(len(z), net.size, dtype=z.dtype)
    named = nets.views(net, start)
    named["bias.0"][:, 0], named["weight.1"][:, 0, 0] = z, 1
    if "slope.0" in named:
        named["slope.0"].fill_(0.25)
    x = torch.zeros(len(z), 1, 1, dtype=z.dtype)
    training = Training(steps=1, learning_rate=1.0, optimiser="sgd", dtype=dtype)
    fit = backend.run(Problem(net, lambda f, y: f - y, start, x, x, training, (1.0,), None, None))
    found = start - fit.parameters
    leaf = start.clone().requires_grad_()
    value = nets.apply(net, leaf, x)
    (expected,) = torch.autograd.grad(value.sum(), leaf)
    least = 64 * EPS[dtype]  # a unit's start of up to 30 is subtracted
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=16 * EPS[dtype], atol=least)
