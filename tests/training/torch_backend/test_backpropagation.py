import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlstats import nets
from dlstats.losses.regression import squared
from dlstats.nets import ACTIVATIONS, Mlp
from dlstats.training.torch_backend.backpropagation import Backpropagation, mean_loss


def crossed(prediction, y):
    """A loss of a user: several outputs to one number per sample, with a response of another length."""
    return (prediction.exp().sum(2, keepdim=True) - y[..., :1]).abs() * y[..., 1:].exp()


def compared(net, loss, k, reps, n, seed=0):
    g = torch.Generator().manual_seed(seed)
    parameters = torch.randn(reps, net.size, dtype=torch.float64, generator=g) * 0.5
    x = torch.randn(reps, net.d_in, n, dtype=torch.float64, generator=g)
    y = torch.randn(reps, n, k, dtype=torch.float64, generator=g)
    leaf = parameters.clone().requires_grad_()
    expected = mean_loss(net, loss, leaf, x, y)
    expected.sum().backward()
    by_hand = Backpropagation(net, loss, parameters, n)
    with torch.no_grad():
        by_hand(x, y, with_loss=True)
        by_hand(x, y, with_loss=True)
    torch.testing.assert_close(by_hand.losses, expected.detach(), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(by_hand.gradient, leaf.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("skip", [False, True])
def test_gradient_by_hand_is_that_of_autograd(activation, skip):
    compared(Mlp(3, (5, 4, 6), 1, activation, skip), squared, 1, reps=4, n=21)
    compared(Mlp(3, (5, 4), 3, activation, skip), squared, 3, reps=4, n=21)
    compared(Mlp(3, (5,), 3, activation, skip), crossed, 2, reps=2, n=21)


@settings(max_examples=40, deadline=None)
@given(
    widths=st.lists(st.integers(1, 9), max_size=4),
    d_in=st.integers(1, 6),
    d_out=st.integers(1, 4),
    reps=st.integers(1, 5),
    n=st.integers(1, 30),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    skip=st.booleans(),
)
def test_gradient_is_right_for_any_architecture(widths, d_in, d_out, reps, n, activation, skip):
    compared(Mlp(d_in, tuple(widths), d_out, activation, skip), squared, d_out, reps, n)


def test_a_loss_that_broadcasts_is_refused():
    net = Mlp(2, (3,))
    parameters = nets.initialise(net, [np.random.default_rng(r) for r in range(5)])
    x, y = torch.ones(5, 2, 5), torch.ones(5, 5, 1)
    with pytest.raises(ValueError, match="one number per sample"):
        Backpropagation(net, lambda f, y: (f - y.squeeze(2)) ** 2, parameters, 5)(x, y)
