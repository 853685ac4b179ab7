"""Every loss in an ordinary training loop of torch: the gradient flows, and one small step lowers the loss."""

from functools import partial

import numpy as np
import pytest
import torch

from dlstats import losses, nets, training

HELPERS = {"ROBUST", "in_order", "effective_number_weights", "inverse_frequency", "ldam_margins"}
"""Names of the room that are no losses."""
OPTIONS = {
    "weighted": {"weights": (0.5, 4.0)},
    "expected_cost": {"costs": ((0.0, 1.0), (5.0, 0.0))},
    "focal": {"gamma": 2.0},
    "logit_adjusted": {"prior": (0.9, 0.1)},
    "balanced_softmax": {"counts": (90, 10)},
    "ldam": {"margins": (0.2, 0.5)},
    "vector_scaling": {"scales": (1.0, 0.5), "offsets": (-1.0, 1.0)},
    "tversky": {"false_positive": 0.3, "false_negative": 0.7},
}
OUTPUTS = {"adaptive": 3, "adaptive_shared": 3}
NAMES = [*sorted({name for name in dir(losses) if name not in HELPERS} - {"barron"}), "barron.barron"]


def _loss(name):
    room, _, inner = name.partition(".")
    loss = getattr(getattr(losses, room), inner) if inner else getattr(losses, name)
    return partial(loss, **OPTIONS[name]) if name in OPTIONS else loss


@pytest.mark.parametrize("name", NAMES)
def test_one_step_of_an_ordinary_training_loop_lowers_it(name):
    generator = torch.Generator().manual_seed(777001)
    x = torch.randn(1, 40, 3, generator=generator)
    y = (x[..., :1] > 0.3).float()
    model = torch.nn.Linear(3, OUTPUTS.get(name, 1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    optimiser, loss = torch.optim.SGD(model.parameters(), lr=1e-3), _loss(name)
    before = loss(model(x), y).mean()
    before.backward()
    steepness = sum(float(p.grad.square().sum()) for p in model.parameters() if p.grad is not None)
    assert np.isfinite(steepness)
    assert steepness > 0
    optimiser.step()
    fallen = float((before - loss(model(x), y).mean()).detach())
    assert 0 < fallen < 2 * 1e-3 * steepness


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
