"""What a GPU does, as far as it can be seen without one; and all of it where there is one."""

import numpy as np
import pytest
import torch
from cases.pretended_gpu import pretend

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.training import backends, blocks
from dlstats.training.device import resolve
from dlstats.training.optimisers import OPTIMISERS
from dlstats.training.torch_backend import backend as torch_backend
from dlstats.training.torch_backend import lbfgs
from dlstats.training.torch_backend.backpropagation import Backpropagation
from dlstats.training.torch_backend.cuda_graph import DeviceSteps
from dlstats.training.torch_backend.descent import Descent

REPS, N, D = 5, 30, 3
NET = nets.Mlp(D, (6,), activation="tanh")
CUDA = torch.cuda.is_available()


def generators(seed=0):
    return [np.random.default_rng([seed, r]) for r in range(REPS)]


def data():
    x = np.stack([rng.normal(size=(N, D)) for rng in generators(1)])
    return x, np.sin(x.sum(axis=2, keepdims=True))


def test_a_device_is_resolved_or_refused_clearly():
    assert resolve("cpu").type == "cpu"
    assert resolve("auto").type == ("cuda" if CUDA else "cpu")
    with pytest.raises(ValueError, match="auto, cpu, cuda"):
        resolve("gpu")


@pytest.mark.skipif(CUDA, reason="there is a GPU")
def test_cuda_without_a_gpu_is_a_clear_error():
    with pytest.raises(ValueError, match="no CUDA device"):
        training.fit(NET, squared, nets.initialise(NET, generators()), *data(), training.Training(2), device="cuda")


@pytest.mark.parametrize(
    ("net", "networks", "batch_size", "taken"),
    [
        (nets.Mlp(5, (16, 16, 16)), 50, None, "cpu"),  # few small networks
        (nets.Mlp(5, (16, 16, 16)), 500, None, "cuda"),  # many
        (nets.Mlp(5, (16, 16, 16)), 500, 8, "cpu"),  # many, a few samples a step
        (nets.Mlp(5, (256, 256, 256)), 1, None, "cuda"),  # a wide one
    ],
)
def test_a_gpu_is_taken_by_itself_where_the_networks_are_enough(net, networks, batch_size, taken, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    seen = []
    monkeypatch.setattr(backends, "fits", lambda task, where, backend: seen.append(where.type) or 1 / 0)
    start, x = torch.zeros(networks, net.size), np.zeros((128, 5))
    plan, rngs = training.Training(2, batch_size=batch_size), [np.random.default_rng(0)]
    for device in ("auto", "cpu", "cuda"):
        with pytest.raises(ZeroDivisionError):
            training.fit(net, squared, start, x, x[:, :1], plan, rngs, device=device)
    assert seen == [taken, "cpu", "cuda"]


def test_a_few_predictions_stay_on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    training.predict(NET, torch.zeros(5, NET.size), np.zeros((N, D)))  # torch for the CPU would refuse a GPU
    assert resolve("auto").type == "cuda"


def second_order(optimiser):
    plan = training.Training(40, 0.01, optimiser, tolerance=3e-3, dtype="float64")
    start = nets.initialise(NET, generators(), dtype="float64")
    return training.fit(NET, squared, start, *data(), plan, device="cpu", backend="torch")


@pytest.mark.parametrize("optimiser", ["lbfgs", "levenberg_marquardt"])
def test_trials_after_the_last_that_counts_change_nothing(optimiser, monkeypatch):
    usual = second_order(optimiser)
    asked = []
    monkeypatch.setattr(lbfgs, "asked", lambda trial, running: asked.append(trial) or trial % 64 == 0)
    seldom = second_order(optimiser)
    assert max(asked) == 64 > usual.steps.max()
    assert set(usual.status) == {"ok", "not_converged"}
    for name in ("parameters", "loss", "steps", "status"):
        np.testing.assert_array_equal(getattr(seldom, name), getattr(usual, name))


def test_a_gpu_is_asked_once_in_eight_trials():
    class There(torch.Tensor):
        is_cuda = True

    here, there = torch.ones(1), torch.ones(1).as_subclass(There)
    assert [lbfgs.asked(trial, here) for trial in range(4)] == [True] * 4
    assert [trial for trial in range(20) if lbfgs.asked(trial, there)] == [0, 8, 16]


@pytest.mark.parametrize(
    ("rows", "captured"),
    [(REPS, 1), (2, 2), (1, 1)],  # 5; 2, 2 and 1; five of 1
)
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"batch_size": 7},
        {"keep": "best", "patience": 2},
        {"learning_rate": (0.1, 0.03, 0.01, 0.003, 0.001)},
    ],
    ids=str,
)
def test_blocks_of_equal_shapes_share_a_captured_step(how, rows, captured, monkeypatch):
    plan = training.Training(**{"steps": 12, "learning_rate": 0.05, "dtype": "float64"} | how)
    start = nets.initialise(NET, generators(), dtype="float64")
    monkeypatch.setattr(torch_backend, "REGISTERS", 0)  # no copies of rows, which a GPU does without
    usual = training.fit(NET, squared, start, *data(), plan, generators(3), device="cpu", backend="torch")
    seen = pretend(monkeypatch)
    monkeypatch.setattr(blocks, "size", lambda problem, device: rows)
    again = training.fit(NET, squared, start, *data(), plan, generators(3), device="cpu", backend="torch")
    torch.testing.assert_close(usual.parameters, again.parameters, rtol=1e-10, atol=1e-12)
    for name in ("step", "steps", "status"):
        np.testing.assert_array_equal(getattr(usual, name), getattr(again, name))
    assert seen["captured"] == captured


def test_data_that_all_replicates_share_stay_what_they_are(monkeypatch):
    x, y = (part[:1] for part in data())
    before = x.copy(), y.copy()
    pretend(monkeypatch)
    monkeypatch.setattr(blocks, "size", lambda problem, device: 2)
    start = nets.initialise(NET, generators(), dtype="float64")
    training.fit(NET, squared, start, x, y, training.Training(5, dtype="float64"), device="cpu", backend="torch")
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


@pytest.mark.parametrize("rates", [0.01, (0.1, 0.03, 0.01, 0.003, 0.001)])
@pytest.mark.parametrize("keep", ["last", "best"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_steps_that_read_their_numbers_on_the_device_are_those_of_the_host(optimiser, keep, rates):
    plan = training.Training(
        25, rates, optimiser, training.schedules.onecycle, weight_decay=0.01, momentum=0.5, keep=keep, dtype="float64"
    )
    start = nets.initialise(NET, generators(), dtype="float64")
    problem = training.problem(NET, squared, start, *data(), plan, None, None)
    ends = []
    with torch.no_grad():
        for device in (False, True):
            parameters, x = problem.start.clone(), problem.x.transpose(1, 2).contiguous()
            descent = Descent(problem, Backpropagation(NET, squared, parameters, N), parameters, x)
            if device:
                steps = DeviceSteps(descent, descent.x, problem.y)
                for _ in range(plan.steps):
                    steps.advance()
                descent.check(plan.steps)
            else:
                descent.run()
            ends.append([parameters, *([] if descent.record is None else descent.record.tensors())])
    for host, device in zip(*ends, strict=True):
        torch.testing.assert_close(device, host, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_captured_step_is_warmed_up_undone_and_replayed(steps, batch_size, monkeypatch):
    """The branch of a GPU on the CPU: streams that do nothing, a graph that takes down a step and does it again."""
    plan = training.Training(steps, 0.05, "adam", keep="best", batch_size=batch_size, dtype="float64")
    start = nets.initialise(NET, generators(), dtype="float64")
    usual = training.fit(NET, squared, start, *data(), plan, generators(3), device="cpu", backend="torch")
    seen = pretend(monkeypatch)
    again = training.fit(NET, squared, start, *data(), plan, generators(3), device="cpu", backend="torch")
    torch.testing.assert_close(usual.parameters, again.parameters, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(usual.step, again.step)
    assert seen["captured"] == 1


@pytest.mark.parametrize(
    ("how", "begun"),
    [
        ({"fails": True, "version": "2.11.0+cu130"}, 1),  # and the pool of the capture is closed by hand
        ({"fails": True, "version": "2.12.0"}, 1),
        ({"asks": True, "version": "2.11.0"}, 0),
    ],
    ids=str,
)
def test_a_step_that_cannot_be_captured_is_taken_all_the_same_and_stream_and_allocator_are_as_before(
    how, begun, monkeypatch
):
    plan = training.Training(4, 0.05, "adam", dtype="float64")
    start = nets.initialise(NET, generators(), dtype="float64")
    usual = training.fit(NET, squared, start, *data(), plan, device="cpu", backend="torch")
    seen = pretend(monkeypatch, **how)
    again = training.fit(NET, squared, start, *data(), plan, device="cpu", backend="torch")
    torch.testing.assert_close(usual.parameters, again.parameters, rtol=1e-10, atol=1e-12)
    assert (seen["stream"], seen["mode"], seen["open"], seen["begun"]) == ("usual", 0, set(), begun)


def test_full_memory_while_a_step_is_tried_is_no_reason_to_take_it_without_a_graph(monkeypatch):
    seen = pretend(monkeypatch)

    advance = DeviceSteps.advance

    def full(steps):
        if seen["mode"] == "error":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        advance(steps)

    monkeypatch.setattr(DeviceSteps, "advance", full)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    start = nets.initialise(NET, generators(), dtype="float64")
    with pytest.raises(torch.cuda.OutOfMemoryError):
        training.fit(NET, squared, start, *data(), training.Training(2, dtype="float64"), device="cpu", backend="torch")
    assert seen["mode"] == 0


@pytest.mark.parametrize(("dtype", "rows"), [("float32", 2), ("float64", 1)])
def test_a_block_has_half_the_memory_of_a_gpu_in_either_precision_whoever_else_uses_it(dtype, rows, monkeypatch):
    start = nets.initialise(NET, [np.random.default_rng(r) for r in range(4096)], dtype=dtype)
    x = np.zeros((1, N, D))
    problem = training.problem(NET, squared, start, x, x[..., :1], training.Training(3, 0.1, dtype=dtype), None, None)
    sizes = []
    for free in (2**20, 2**30):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device, free=free: (free, 2**22))
        sizes.append(blocks.size(problem, torch.device("cuda")))
    assert sizes[0] == sizes[1]
    each = N * (sum(NET.sizes) + max(NET.sizes)) + 5 * NET.size + N * (D + 1) * 2
    assert sizes[0] <= rows * 2**18 // each < 2 * sizes[0] + 2


def test_a_block_that_does_not_fit_is_halved(monkeypatch):
    whole = training.fit(
        NET, squared, nets.initialise(NET, generators()), *data(), training.Training(3, 0.1), backend="torch"
    )
    run, tried = torch_backend.run, []

    def small(problem, earlier):
        tried.append(len(problem.start))
        if len(problem.start) > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return run(problem, earlier)

    monkeypatch.setattr(torch_backend, "run", small)
    again = training.fit(
        NET, squared, nets.initialise(NET, generators()), *data(), training.Training(3, 0.1), backend="torch"
    )
    assert tried == [5, 3, 2, 1, 2]
    assert torch.equal(whole.parameters, again.parameters)


def test_an_earlier_block_makes_room_for_the_halves_of_one_that_does_not_fit(monkeypatch):
    run, seen = torch_backend.run, []

    def second_fails(problem, earlier):
        seen.append(earlier)
        if len(seen) == 2:
            assert earlier.descent is not None
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        assert len(seen) != 3 or seen[1].descent is None
        return run(problem, earlier)

    monkeypatch.setattr(torch_backend, "run", second_fails)
    monkeypatch.setattr(blocks, "size", lambda problem, device: 2)
    training.fit(NET, squared, nets.initialise(NET, generators()), *data(), training.Training(3), backend="torch")
    assert len(seen) == 5
