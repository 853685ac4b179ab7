"""Modules of torch behind the training contract: they train as an `Mlp` does, and a replicate alone as among others."""

import numpy as np
import pytest
import torch
from torch import nn

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.nets import Mlp, Wrapped


class Attention(nn.Module):
    """One head over the three coordinates as a sequence of scalars."""

    def __init__(self):
        super().__init__()
        self.embed, self.out = nn.Linear(1, 12), nn.Linear(4, 1)

    def forward(self, x):
        query, key, value = self.embed(x[..., None]).split(4, dim=-1)
        weights = (query @ key.transpose(-1, -2) / 2).softmax(-1)
        return self.out((weights @ value).mean(-2))


MODULES = {
    "dense": nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 1)),
    "convolution": nn.Sequential(
        nn.Unflatten(1, (1, 3)), nn.Conv1d(1, 4, 2), nn.Tanh(), nn.AvgPool1d(2), nn.Flatten(), nn.Linear(4, 1)
    ),
    "layer norm": nn.Sequential(nn.Linear(3, 6), nn.LayerNorm(6), nn.GELU(), nn.Linear(6, 1)),
    "batch norm": nn.Sequential(
        nn.Linear(3, 6), nn.BatchNorm1d(6, track_running_stats=False), nn.ReLU(), nn.Linear(6, 1)
    ),
    "attention": Attention(),
}


def data(net, reps, n=24):
    rng = np.random.default_rng(3)
    start = torch.from_numpy(0.4 * rng.standard_normal((reps, net.size)))
    x, noise = rng.standard_normal((reps, n, 3)), rng.standard_normal((reps, n, 1))
    return start, x, np.sin(x[..., :1]) + 0.1 * noise


def fitted(net, start, x, y, plan, rows=slice(None), **how):
    generators = [np.random.default_rng(r) for r in range(len(start))[rows]] if plan.batch_size else None
    return training.fit(net, squared, start[rows], x[rows], y[rows], plan, generators, device="cpu", **how)


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "lbfgs"])
def test_a_module_trains_as_the_same_mlp(optimiser):
    plain, module = Mlp(3, (5,)), Wrapped(MODULES["dense"], 3)
    start, x, y = data(module, 3)
    parts = nets.views(module, start)
    moved = [parts["0.weight"].transpose(1, 2), parts["0.bias"], parts["2.weight"].transpose(1, 2), parts["2.bias"]]
    same = torch.cat([part.flatten(1) for part in moved], dim=1)
    plan = training.Training(12, 0.05, optimiser, dtype="float64", batch_size=None if optimiser == "lbfgs" else 8)
    one, other = fitted(module, start, x, y, plan), fitted(plain, same, x, y, plan, backend="torch")
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-9)
    assert (one.loss < 0.9 * ((nets.apply(module, start, torch.from_numpy(x)).numpy() - y) ** 2).mean((1, 2))).all()
    predictions = [training.predict(n, f.parameters, x, "cpu") for n, f in ((module, one), (plain, other))]
    torch.testing.assert_close(*predictions, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MODULES)
def test_a_replicate_alone_is_what_it_is_in_a_batch(name, dtype):
    net = Wrapped(MODULES[name], 3)
    start, x, y = data(net, 5)
    plan = training.Training(20, 0.02, "sgd", batch_size=16, keep="best", dtype=dtype)
    together = fitted(net, start, x, y, plan)
    assert together.status.tolist() == ["ok"] * 5
    for rows in (slice(3, 4), slice(1, 3)):
        alone = fitted(net, start, x, y, plan, rows)
        error = 20 * torch.finfo(alone.parameters.dtype).eps  # one rounding of numbers of about 1 in every step
        torch.testing.assert_close(alone.parameters, together.parameters[rows], rtol=error, atol=error)
        np.testing.assert_allclose(alone.loss, together.loss[rows], rtol=20 * error)


def test_units_of_a_module_are_not_known_to_be_dead_and_a_still_start_is_untrained():
    net = Wrapped(MODULES["dense"], 3)
    start, x, y = data(net, 2)
    fit = fitted(net, torch.stack([torch.zeros_like(start[0]), start[1]]), x, 0 * y, training.Training(3, 0.1, "sgd"))
    assert fit.status.tolist() == ["untrained", "ok"]
    assert np.isnan(fit.dead_share).all()


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.ReLU(), "must have parameters, got ReLU"),
        (nn.Linear(3, 2), r"must map \(2, 3\) to \(2, 1\), got \(2, 2\)"),
    ],
)
def test_what_is_no_network_is_refused(module, message):
    with pytest.raises(ValueError, match=message):
        Wrapped(module, 3)


def test_what_cannot_serve_a_module_says_so():
    net = Wrapped(MODULES["dense"], 3)
    start, x, y = data(net, 2)
    with pytest.raises(ValueError, match="lanes do not know modules of torch"):
        fitted(net, start, x, y, training.Training(2), backend="lanes")
    for plan in (training.Training(2, projection=True), training.Training(2, optimiser="levenberg_marquardt")):
        with pytest.raises(ValueError, match="are for an `Mlp`"):
            fitted(net, start, x, y, plan)
    random = Wrapped(nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1)), 3)
    start, x, y = data(random, 2)
    with pytest.raises(RuntimeError, match="randomness"):
        fitted(random, start, x, y, training.Training(2))
