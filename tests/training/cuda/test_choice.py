"""When the CUDA kernel trains, on a pretended GPU; that a GPU which differs from lanes never does."""

import sys
from dataclasses import replace

import pytest
import torch
from cases.cuda_emulator import SMALL, assert_same, task_of
from cases.lanes import user_squared

from dlstats import nets
from dlstats.training import backends
from dlstats.training.contract import joined
from dlstats.training.cuda import backend, gpu, trial
from dlstats.training.lanes import backend as lanes

CUDA = torch.device("cuda")


@pytest.fixture
def present(emulated, monkeypatch):
    """The pretended GPU is found, with three multiprocessors; trials are not made."""
    there = replace(emulated, processors=3)
    monkeypatch.delenv("DLSTATS_BACKEND", raising=False)
    monkeypatch.setattr(trial, "found", lambda: there)
    monkeypatch.setattr(trial, "failure", lambda present: None)
    backends.say.cache_clear()
    return there


def task(rows=3, net=SMALL, **changes):
    return task_of(net, rows=rows, dtype="float32", **changes)


def test_it_is_chosen_where_every_multiprocessor_has_a_network(present, monkeypatch):
    assert backends.serves(task(3), CUDA) == "cuda"
    assert backends.serves(task(2), CUDA) == "torch"
    assert backends.serves(task(2), CUDA, "cuda") == "cuda"
    assert backends.serves(task(3), torch.device("cpu")) == "lanes"
    monkeypatch.setenv("DLSTATS_BACKEND", "cuda")
    assert backends.serves(task(2), CUDA) == "cuda"


REFUSED = {
    "does not know the loss": {"loss": user_squared},
    "does not know the optimiser 'lbfgs'": {"optimiser": "lbfgs", "weight_decay": 0.0},
    "does not fit the last layer exactly": {"projection": True},
    "does not fit into the 227 KB of shared memory of a block": {"net": nets.Mlp(3, (200, 200))},
    "does not know modules of torch": {},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_it_cannot_train_goes_to_torch_with_a_reason(reason, present, caplog):
    asked = task(**REFUSED[reason])
    if "modules" in reason:
        asked = replace(asked, net=nets.Wrapped(torch.nn.Linear(3, 1), 3))
    assert backends.serves(asked, CUDA) == "torch"
    assert reason in caplog.text
    with pytest.raises(ValueError, match=f"`backend` = 'cuda' cannot serve here: .*{reason}"):
        backends.serves(asked, CUDA, "cuda")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_why():
    with pytest.raises(ValueError, match="cannot serve here: the device is cpu, not cuda"):
        backends.serves(task(), torch.device("cpu"), "cuda")
    with pytest.raises(ValueError, match="cannot serve here: torch sees no GPU"):
        backends.serves(task(), CUDA, "cuda")


def test_a_fit_by_it_is_that_of_lanes(present):
    asked = task(4, batch_size=13, keep="best")
    with backends.watching() as served:
        assert_same(joined(list(backends.fits(asked, CUDA))), lanes.run(asked))
    assert served == {"cuda"}


def test_what_compiler_or_driver_refuse_goes_to_torch(present, monkeypatch, caplog):
    def refuse(shape, problem):
        raise ValueError("NVRTC cannot compile the kernel.\nand more")

    monkeypatch.setattr(present, "compiled", refuse)
    assert backends.serves(task(), CUDA) == "torch"
    with pytest.raises(ValueError, match="cannot serve here: NVRTC cannot compile the kernel\\."):
        backends.serves(task(), CUDA, "cuda")


def test_a_block_that_does_not_fit_is_halved(present, monkeypatch):
    asked, tried, train = task(5, batch_size=13), [], backend.train

    def small(problem, gpu, begin, end):
        tried.append(end - begin)
        if end - begin > 2:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return train(problem, gpu, begin, end)

    monkeypatch.setattr(backend, "train", small)
    assert_same(joined(list(backends.fits(asked, CUDA))), lanes.run(asked))
    assert tried == [5, 3, 2, 1, 2]


def test_a_gpu_is_tried_against_lanes(emulated):
    assert trial.compare(emulated) is None
    assert str(trial.compare(replace(emulated, omitted=3))).startswith(
        "a trial of the CUDA kernel differs from lanes in parameters"
    )


def test_a_gpu_that_differs_never_trains(present, monkeypatch):
    monkeypatch.setattr(trial, "failure", lambda gpu: "a trial of the CUDA kernel differs from lanes in step")
    with pytest.raises(ValueError, match="a trial of the CUDA kernel differs from lanes"):
        backends.serves(task(), CUDA, "cuda")
    assert backends.serves(task(), CUDA) == "torch"


def test_a_trial_that_fails_is_one_line(emulated, monkeypatch):
    def refuse(shape, problem):
        raise ValueError("The CUDA driver refuses cuModuleLoadData: CUDA_ERROR_INVALID_PTX (218).\nand more")

    refused = replace(emulated)
    monkeypatch.setattr(refused, "compiled", refuse)
    assert trial.compare(refused) == (
        "a trial of the CUDA kernel failed: The CUDA driver refuses cuModuleLoadData: CUDA_ERROR_INVALID_PTX (218)."
    )


PROCESSES = {
    "print('a warning'); print('null')": None,
    "print('\"differs\"')": "differs",
    "print('null', flush=True); import os; os.abort()": "a trial of the CUDA kernel ended with exit status -6: nothing was said",
    "import os; os.abort()": "a trial of the CUDA kernel ended with exit status -6: nothing was said",
    "raise SystemExit('no memory')": "a trial of the CUDA kernel ended with exit status 1: no memory",
    "import time; time.sleep(60)": "a trial of the CUDA kernel took more than 0.5 s",
}


@pytest.mark.parametrize("code", PROCESSES)
def test_a_trial_that_ends_its_process_is_one_line(code, monkeypatch):
    monkeypatch.setattr(trial, "PATIENCE", 0.5 if "sleep" in code else 60)
    assert trial._elsewhere([sys.executable, "-S", "-c", code]) == PROCESSES[code]


def test_a_trial_that_succeeded_is_kept_for_the_machine_and_another_is_not(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(trial.torch.cuda, "get_device_name", lambda index: "a GPU")
    monkeypatch.setattr(trial.nvrtc, "version", lambda: "13.0")
    asked, answers = [], ["differs", None, None]
    monkeypatch.setattr(trial, "_elsewhere", lambda command: asked.append(command) or answers[len(asked) - 1])
    one, other = (gpu.Present(0, "sm_90", 232448, processors) for processors in (132, 114))
    found = []
    for present in (one, one, one, other):
        trial.failure.cache_clear()
        found.append(trial.failure(present))
    trial.failure.cache_clear()
    assert found == ["differs", None, None, None]
    assert len(asked) == 3


def test_the_emulator_has_the_interface_of_a_gpu(emulated):
    assert isinstance(emulated, backend.Gpu)
