import math

import numpy as np
import pytest
import torch
from torch import nn

from dlstats import nets
from dlstats.nets import ACTIVATIONS, INITIALISATIONS, Mlp

TORCH = {
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(),
    "prelu": nn.PReLU(dtype=torch.float64),
    "elu": nn.ELU(),
    "selu": nn.SELU(),
    "softplus": nn.Softplus(),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
}


def generators(reps, seed=0):
    return [np.random.default_rng([seed, r]) for r in range(reps)]


def test_every_activation_has_a_reference():
    assert set(TORCH) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_by_hand_equals_torch_and_its_derivative_autograd(name):
    activation = ACTIVATIONS[name]
    z = torch.linspace(-30, 30, 2001, dtype=torch.float64)[None, None].requires_grad_()
    slope = () if activation.slope is None else (torch.full((1, 1, 1), activation.slope, dtype=torch.float64),)
    expected = TORCH[name](z)
    (derivative,) = torch.autograd.grad(expected.sum(), z)
    torch.testing.assert_close(activation.value(z, *slope), expected, rtol=1e-12, atol=1e-15)
    with torch.no_grad():
        out = torch.empty_like(z) if activation.keeps_input else z.clone()
        activation.forward(z if activation.keeps_input else out, out, *slope)
        torch.testing.assert_close(out, expected.detach(), rtol=1e-12, atol=1e-15)
        back = torch.full_like(z, 1.0)
        activation.backward(back, z if activation.keeps_input else out, back, *slope)
    torch.testing.assert_close(back, derivative, rtol=1e-12, atol=1e-13)


def as_torch(net, row):
    """One replicate as a torch.nn.Sequential (without the skip)."""
    named, layers = nets.views(net, row), []
    for layer, (fan_in, fan_out) in enumerate(zip(net.sizes, net.sizes[1:], strict=False)):
        linear = nn.Linear(fan_in, fan_out, dtype=row.dtype)
        linear.weight.data, linear.bias.data = named[f"weight.{layer}"][0].T, named[f"bias.{layer}"][0]
        layers += [linear, TORCH[net.activation]] if layer < len(net.widths) else [linear]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("widths", [(), (1,), (4, 3)])
def test_every_replicate_is_the_network_of_torch(name, widths):
    net = Mlp(3, widths, 2, name, skip=True)
    parameters = nets.initialise(net, generators(4), "torch_default", "float64")
    x = torch.randn(4, 7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    out = nets.apply(net, parameters, x)
    for r in range(4):
        expected = as_torch(net, parameters[r : r + 1])(x[r]) + x[r] @ nets.views(net, parameters)["skip"][r]
        torch.testing.assert_close(out[r], expected, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(
        nets.apply(net, parameters, x[0])[2], nets.apply(net, parameters, x[:1].expand(4, -1, -1))[2]
    )


def test_views_partition_the_row_and_write_into_it():
    net = Mlp(3, (4, 2), 2, "prelu", skip=True)
    parameters = torch.zeros(5, net.size)
    for view in nets.views(net, parameters).values():
        view += 1
    assert (parameters == 1).all()
    with pytest.raises(ValueError, match=f"{net.size} columns"):
        nets.views(net, parameters[:, 1:])


@pytest.mark.parametrize("scheme", INITIALISATIONS)
def test_a_start_is_that_of_its_generator_alone(scheme):
    net = Mlp(3, (8, 8), 1, "prelu", skip=True)
    together = nets.initialise(net, generators(5), scheme, "float64", restarts=2)
    for r in range(5):
        assert torch.equal(
            together[2 * r : 2 * r + 2], nets.initialise(net, generators(5)[r : r + 1], scheme, "float64", 2)
        )
        assert torch.equal(
            together[2 * r : 2 * r + 1], nets.initialise(net, generators(5)[r : r + 1], scheme, "float64")
        )
    assert torch.equal(nets.initialise(net, generators(5), scheme, restarts=2), together.float())


def expected_sd(scheme, fan_in, fan_out):
    return {
        "zero": 0.0,
        "normal": 0.01,
        "xavier": math.sqrt(2 / (fan_in + fan_out)),
        "he": math.sqrt(2 / fan_in),
        "lecun": math.sqrt(1 / fan_in),
        "orthogonal": math.sqrt(1 / max(fan_in, fan_out)),
        "torch_default": math.sqrt(1 / (3 * fan_in)),
    }[scheme]


@pytest.mark.parametrize("scheme", INITIALISATIONS)
def test_the_spread_of_weights_is_that_of_the_scheme(scheme):
    rng = np.random.default_rng(3)
    for fan_in, fan_out in ((200, 50), (50, 200)):
        weight, bias = INITIALISATIONS[scheme](rng, fan_in, fan_out)
        assert weight.shape == (fan_in, fan_out)
        assert bias.shape == (fan_out,)
        sd = expected_sd(scheme, fan_in, fan_out)
        # the sd of m normal draws is within 4 standard errors, sd / sqrt(2 m), of the true one; uniform spreads less
        assert abs(weight.std() - sd) <= 4 * sd / math.sqrt(2 * weight.size)
        assert (bias == 0).all() == (scheme != "torch_default")
    if scheme == "orthogonal":
        np.testing.assert_allclose(weight @ weight.T, np.eye(50), atol=1e-12)


@pytest.mark.parametrize("wrong", [{"d_in": 0}, {"widths": (3, 0)}, {"activation": "swish"}])
def test_a_network_that_cannot_be_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Mlp(**({"d_in": 2, "widths": (3,)} | wrong))
