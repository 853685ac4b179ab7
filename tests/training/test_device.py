"""What a GPU does, as far as it can be seen without one; and all of it where there is one."""

import numpy as np
import pytest
import torch

from dlstats import nets, training
from dlstats.losses.regression import squared
from dlstats.training.device import resolve
from dlstats.training.optimisers import OPTIMISERS
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
