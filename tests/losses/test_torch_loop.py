"""Every loss in an ordinary training loop of torch, in the shapes of its users: one small step lowers the loss."""

import inspect
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from cases.loss_options import HELPERS, OPTIONS, OUTPUTS

from dlstats import losses, nets, training

NAMES = [*sorted({name for name in dir(losses) if name not in HELPERS}), "barron.barron"]


def _function(name):
    room, _, inner = name.partition(".")
    return getattr(getattr(losses, room), inner) if inner else getattr(losses, name)


def _loss(name):
    return partial(_function(name), **OPTIONS[name]) if name in OPTIONS else _function(name)


SHAPES = {"one problem": (40,), "a column": (40, 1), "a replicate": (1, 40, 1)}
"""Of y: one number per sample, a column, replicates of columns."""
SEVERAL = {
    "cross_entropy": {},
    "weighted": {"weights": (0.5, 1.0, 4.0)},
    "expected_cost": {"costs": ((0.0, 1.0, 2.0), (1.0, 0.0, 1.0), (4.0, 2.0, 0.0))},
    "focal": {"gamma": 2.0},
    "logit_adjusted": {"prior": (0.7, 0.2, 0.1)},
    "balanced_softmax": {"counts": (7, 2, 1)},
    "ldam": {"margins": (0.1, 0.2, 0.5)},
    "vector_scaling": {"scales": (1.0, 0.8, 0.5)},
}
"""Losses of several classes, with their options for three."""


REGRESSION = ("squared", "pinball", "expectile", "smooth_pinball", "barron.barron", *losses.ROBUST)


class Scores(torch.nn.Module):
    """A linear model whose outputs have the shape that goes with y."""

    def __init__(self, outputs, shape):
        super().__init__()
        self.linear, self.shape = torch.nn.Linear(3, outputs), shape

    def forward(self, x):
        scores = self.linear(x)
        return scores.reshape(self.shape if scores.shape[-1] == 1 else (*self.shape[:-2], *scores.shape))


def _data(outputs, shape, classes=2):
    """Inputs, the classes of an easy problem in a shape, and a model with weights drawn by a generator of its own."""
    generator = torch.Generator().manual_seed(777001)
    x = torch.randn(40, 3, generator=generator)
    y = torch.bucketize(x[:, 0].contiguous(), torch.tensor([0.3, 1.0])[: classes - 1]).float().reshape(shape)
    model = Scores(outputs, shape)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return x, y, model


def _lowered_by_one_step(loss, x, y, model):
    """Whether a step of gradient descent lowers the mean loss by less than twice what the gradient promises."""
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3)
    before = loss(model(x), y).mean()
    before.backward()
    steepness = sum(float(p.grad.square().sum()) for p in model.parameters() if p.grad is not None)
    assert np.isfinite(steepness)
    assert steepness > 0
    optimiser.step()
    fallen = float((before - loss(model(x), y).mean()).detach())
    return 0 < fallen < 2 * 1e-3 * steepness


def _bare(name):
    """A loss as its users have it, whose shapes nothing but itself checks."""
    return inspect.unwrap(_function(name)) if name in REGRESSION else _loss(name)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_one_step_of_an_ordinary_training_loop_lowers_it(name, shape):
    assert _lowered_by_one_step(_loss(name), *_data(OUTPUTS.get(name, 1), shape))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", SEVERAL)
def test_one_step_lowers_it_for_three_classes(name, shape):
    x, y, model = _data(3, shape, classes=3)
    assert _lowered_by_one_step(partial(getattr(losses, name), **SEVERAL[name]), x, y.long(), model)


@pytest.mark.parametrize("name", [*NAMES, *(f"{name} of three" for name in SEVERAL)])
def test_one_problem_has_the_losses_of_a_replicate_to_the_bit_in_the_shape_of_y(name):
    name, _, several = name.partition(" ")
    loss = partial(getattr(losses, name), **SEVERAL[name]) if several else _loss(name)
    outputs = 3 if several else OUTPUTS.get(name, 1)
    x, y, model = _data(outputs, SHAPES["a replicate"], classes=3 if several else 2)
    scores = model(x)
    wanted = loss(scores, y)
    assert wanted.shape == y.shape
    for shape in list(SHAPES.values())[:2]:
        found = loss(scores.reshape(shape) if outputs == 1 else scores[0], y.reshape(shape))
        assert found.shape == shape
        assert torch.equal(found.flatten(), wanted.flatten())


@pytest.mark.parametrize("classes", [2, 3])
def test_cross_entropies_are_those_of_torch(classes):
    x, y, model = _data(1 if classes == 2 else 3, SHAPES["one problem"], classes)
    scores, weights = model(x), torch.tensor([0.5, 2.0, 4.0][:classes])
    if classes == 2:
        wanted = F.binary_cross_entropy_with_logits(scores, y, reduction="none")
        assert torch.equal(losses.cross_entropy(scores, y > 0), wanted)
    else:
        wanted = F.cross_entropy(scores, y.long(), reduction="none")
    assert torch.allclose(losses.cross_entropy(scores, y.long()), wanted, rtol=1e-6)
    weighted = losses.weighted(scores, y.long(), weights=weights.tolist())
    assert torch.allclose(weighted, weights[y.long()] * wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("predicted", "given"),
    [((5,), (5, 1)), ((5, 3), (1, 3)), ((2, 5, 1), (5, 1)), ((5, 1), (1,)), ((5,), ()), ((2, 5, 3), (2, 5))],
)
@pytest.mark.parametrize("name", NAMES)
def test_shapes_that_torch_would_broadcast_are_refused_in_one_line(name, predicted, given):
    with pytest.raises(ValueError, match="must be of shape") as error:
        _bare(name)(torch.zeros(predicted), torch.ones(given))
    assert "\n" not in str(error.value)
    assert f"got {given}" in str(error.value)


@pytest.mark.parametrize("name", REGRESSION)
def test_a_regression_of_a_column_on_a_row_is_refused(name):
    with pytest.raises(ValueError, match=r"`y` must be of shape \(5, 1\) for predictions \(5, 1\), got \(5,\)\."):
        _bare(name)(torch.zeros(5, 1), torch.ones(5))


def test_a_replicate_is_trained_alone_as_among_others_and_says_when_it_fails():
    rng = np.random.default_rng(777001)
    x = rng.normal(size=(3, 20, 2))
    y = x[..., :1] - x[..., 1:]
    how = training.Specification(nets.Mlp(2, (4,)), training.Training(steps=20, batch_size=5), restarts=2)
    fitted = training.train(x, y, how, device="cpu")
    alone = training.train(x[:1], y[:1], how, device="cpu")
    assert torch.equal(fitted.parameters[:1], alone.parameters)
    assert torch.equal(fitted.predictions, fitted.predict(x))
    errors = ((fitted.predictions.double() - torch.as_tensor(y)) ** 2).mean(dim=(1, 2)).numpy()
    assert np.allclose(fitted.loss, errors, rtol=1e-5)
    y[1] = 1e30
    broken = training.train(x, y, how, device="cpu")
    assert broken.status.tolist() == ["ok", "diverged", "ok"]
    with pytest.raises(ValueError, match=r"`x` must be \(reps, n, 2\), got \(20, 2\)"):
        training.train(x[0], y[0], how)
