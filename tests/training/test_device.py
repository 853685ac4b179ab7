"""What a GPU does, as far as it can be seen without one; and all of it where there is one."""

import contextlib

import numpy as np
import pytest
import torch

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.training import blocks
from dlstats.training.device import resolve
from dlstats.training.optimisers import OPTIMISERS
from dlstats.training.torch_backend import backend as torch_backend
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


@pytest.mark.skipif(not CUDA, reason="there is no GPU")
@pytest.mark.parametrize("batch_size", [None, 8])
@pytest.mark.parametrize("optimiser", [*OPTIMISERS, "lbfgs", "levenberg_marquardt"])
def test_a_gpu_agrees_with_the_cpu(optimiser, batch_size):
    if batch_size and optimiser not in OPTIMISERS:
        return
    plan = training.Training(100, 0.01, optimiser, batch_size=batch_size, keep="best", dtype="float64")
    start = nets.initialise(NET, generators(), dtype="float64")
    cpu, card = (
        training.fit(NET, squared, start, *data(), plan, generators(2), device=device, backend="torch")
        for device in ("cpu", "cuda")
    )
    # 100 steps in float64 magnify a rounding of 1e-16 by less than 1e8
    np.testing.assert_allclose(card.loss, cpu.loss, rtol=1e-8)


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_captured_step_is_warmed_up_undone_and_replayed(steps, batch_size, monkeypatch):
    """The branch of a GPU on the CPU: streams that do nothing, a graph that takes down a step and does it again."""
    plan = training.Training(steps, 0.05, "adam", keep="best", batch_size=batch_size, dtype="float64")
    start = nets.initialise(NET, generators(), dtype="float64")
    usual = training.fit(NET, squared, start, *data(), plan, generators(3), device="cpu", backend="torch")
    pretend(monkeypatch, fails=False)
    again = training.fit(NET, squared, start, *data(), plan, generators(3), device="cpu", backend="torch")
    torch.testing.assert_close(usual.parameters, again.parameters, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(usual.step, again.step)
    assert pretended["captured"] == 1


def test_a_step_that_cannot_be_captured_is_taken_all_the_same_and_the_stream_is_the_usual_one(monkeypatch):
    plan = training.Training(4, 0.05, "adam", dtype="float64")
    start = nets.initialise(NET, generators(), dtype="float64")
    usual = training.fit(NET, squared, start, *data(), plan, device="cpu", backend="torch")
    pretend(monkeypatch, fails=True)
    again = training.fit(NET, squared, start, *data(), plan, device="cpu", backend="torch")
    torch.testing.assert_close(usual.parameters, again.parameters, rtol=1e-10, atol=1e-12)
    assert pretended["stream"] == "usual"


pretended = {}
"""What the pretended GPU has seen."""


def pretend(monkeypatch, fails):
    """Streams and graphs as torch has them, on the CPU; a capture that `fails` leaves its stream behind, as torch's does."""
    pretended.update(captured=0, stream="usual", taken=None)

    class Stream:
        def wait_stream(self, other):
            pass

    class Graph(torch.cuda.CUDAGraph):
        def __new__(cls):
            return object.__new__(cls)

        def __init__(self):
            pass

        def replay(self):
            pretended["taken"].advance()

    class Capture:
        def __init__(self, graph):
            pass

        def __enter__(self):
            pretended["stream"] = "capture"

        def __exit__(self, *error):
            if not fails:
                pretended["stream"] = "usual"

    advance = DeviceSteps.advance

    def watched(steps):
        if pretended["stream"] != "capture":
            return advance(steps)
        if fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        pretended.update(captured=pretended["captured"] + 1, taken=steps)

    monkeypatch.setattr(DeviceSteps, "advance", watched)
    monkeypatch.setattr(Descent, "_captured", lambda self: True)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: Stream())
    monkeypatch.setattr(torch.cuda, "set_stream", lambda stream: pretended.update(stream="usual"))
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", Capture)


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

    def small(problem):
        tried.append(len(problem.start))
        if len(problem.start) > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return run(problem)

    monkeypatch.setattr(torch_backend, "run", small)
    again = training.fit(
        NET, squared, nets.initialise(NET, generators()), *data(), training.Training(3, 0.1), backend="torch"
    )
    assert tried == [5, 3, 2, 1, 2]
    assert torch.equal(whole.parameters, again.parameters)
