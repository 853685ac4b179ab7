"""Which back end serves: the argument, then the environment, then what was measured on this machine."""

import pytest
import torch
from cases.lanes import problem

from dlstats import cache, nets, training
from dlstats.losses.regression import squared
from dlstats.training import backends as choice
from dlstats.training.lanes import build

CPU = torch.device("cpu")
TASK = problem(nets.Mlp(3, (8,)))


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch, tmp_path):
    for precision in build.PRECISIONS:
        build.library(precision)  # from the cache that there is, or it is compiled again
    monkeypatch.delenv("DLSTATS_BACKEND", raising=False)
    monkeypatch.setattr(cache, "location", lambda: tmp_path / "dlstats")
    choice.widest.cache_clear()
    yield
    choice.widest.cache_clear()


def test_unmeasured_lanes_serve_on_the_cpu_and_torch_elsewhere():
    assert choice.serves(TASK, CPU) == "lanes"
    assert choice.serves(TASK, torch.device("cuda")) == "torch"


def test_the_argument_overrules_the_environment_and_it_the_choice(monkeypatch):
    monkeypatch.setenv("DLSTATS_BACKEND", "torch")
    assert choice.serves(TASK, CPU) == "torch"
    assert choice.serves(TASK, CPU, "lanes") == "lanes"


def test_a_measured_machine_gives_wide_layers_to_torch(monkeypatch):
    monkeypatch.setattr(choice, "_ratio", lambda width: 2.0 if width < 256 else 0.9)
    assert choice.measure() == {64: 2.0, 128: 2.0, 256: 0.9, 512: 0.9}
    assert choice.serves(problem(nets.Mlp(3, (255,))), CPU) == "lanes"
    assert choice.serves(problem(nets.Mlp(3, (256,))), CPU) == "torch"
    assert choice.serves(problem(nets.Mlp(3, (256,))), CPU, "lanes") == "lanes"


def test_where_lanes_win_at_every_width_torch_gets_nothing(monkeypatch):
    monkeypatch.setattr(choice, "_ratio", lambda width: 2.0)
    choice.measure()
    assert choice.widest() == float("inf")


@pytest.mark.parametrize("where", ["argument", "environment"])
def test_an_unknown_back_end_is_refused(where, monkeypatch):
    monkeypatch.setenv("DLSTATS_BACKEND", "jax" if where == "environment" else "auto")
    with pytest.raises(ValueError, match="jax"):
        choice.serves(TASK, CPU, "jax" if where == "argument" else "auto")


def test_second_order_methods_stay_with_torch():
    task = problem(nets.Mlp(3, (8,)), optimiser="lbfgs")
    assert choice.serves(task, CPU) == "torch"


def test_a_fit_by_lanes_has_the_bits_of_its_replicates_in_any_part():
    net = nets.Mlp(3, (8,))
    task = problem(net, rows=20, restarts=2, batch_size=16, dtype="float32")

    def fit(rows, owners):
        assert task.generators is not None
        orders = [task.generators[r] for r in owners]
        return training.fit(
            net, squared, task.start[rows], task.x[owners], task.y[owners], task.training, orders, backend="lanes"
        )

    whole, part = fit(range(40), range(20)), fit([14, 15], [7])
    assert torch.equal(whole.parameters[14:16], part.parameters)
