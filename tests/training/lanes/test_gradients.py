"""Gradients of the kernel against autograd and finite differences, over architectures that nobody chose."""

import pytest
import torch
from cases.lanes import problem, user_squared
from hypothesis import given, settings
from hypothesis import strategies as st

from dlstats import nets
from dlstats.losses.regression import squared
from dlstats.training.lanes import backend, layout

SHAPES = {
    "d_in": st.integers(1, 9),
    "widths": st.lists(st.integers(1, 40), max_size=4),
    "d_out": st.integers(1, 9),
    "skip": st.booleans(),
}
SMOOTH = [name for name in layout.ACTIVATIONS if name not in ("relu", "leaky_relu", "prelu", "selu")]


def architectures(activations):
    return st.fixed_dictionaries(SHAPES | {"activation": st.sampled_from(activations)})


def network(shape):
    return nets.Mlp(**shape | {"widths": tuple(shape["widths"])})


def gradient_of(task):
    """One step of gradient descent of rate 1 moves by the gradient."""
    return task.start - backend.run(task).parameters


def mean_loss(task, parameters):
    return task.loss(nets.apply(task.net, parameters, task.x), task.y).mean(dim=(1, 2))


@pytest.mark.parametrize("wide", [False, True], ids=["lanes", "wide"])
@pytest.mark.parametrize("loss", [squared, user_squared])
@given(shape=architectures(layout.ACTIVATIONS), rows=st.integers(1, 19), n=st.integers(1, 120))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_gradients_are_those_of_autograd(wide, loss, shape, rows, n):
    before, layout.wide = layout.wide, lambda net: wide
    try:
        task = problem(network(shape), rows=rows, n=n, loss=loss, steps=1, optimiser="sgd", learning_rate=1.0)
        found = gradient_of(task)
    finally:
        layout.wide = before
    leaf = task.start.clone().requires_grad_()
    (expected,) = torch.autograd.grad(mean_loss(task, leaf).sum(), leaf)
    size = 1 + expected.abs().max() + task.start.abs().max()
    assert (found - expected).abs().max() < 1e-12 * size


@given(shape=architectures(SMOOTH), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_gradients_are_those_of_finite_differences(shape, seed):
    """Central differences with step h err by h² f'''/6 + eps f / h: 1e-6 at h = 1e-5 for derivatives of order 1."""
    task = problem(network(shape), rows=3, n=11, steps=1, optimiser="sgd", learning_rate=1.0)
    towards = torch.randn(task.start.shape, dtype=task.start.dtype, generator=torch.Generator().manual_seed(seed))
    towards = towards / towards.norm(dim=1, keepdim=True)
    ahead, behind = (mean_loss(task, task.start + h * towards) for h in (1e-5, -1e-5))
    along = (gradient_of(task) * towards).sum(dim=1)
    assert ((ahead - behind) / 2e-5 - along).abs().max() < 1e-6 * (1 + along.abs().max())
