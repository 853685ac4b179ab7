"""What the driver is called with, by a pretended one whose launches run in the emulator; the machine code is kept."""

import ctypes
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from cases.cuda_emulator import KERNELS, SMALL, assert_same, run, task_of

from dlstats import cache
from dlstats.training.cuda import backend, nvrtc, trial
from dlstats.training.cuda import gpu as driver
from dlstats.training.lanes import backend as lanes

ATTRIBUTES = {driver._SHARED_BYTES: 166912, driver._PROCESSORS: 108}


class Pretended:
    """libcuda: every function as a method that gives 0, or a code that was asked for."""

    def __init__(self, emulated):
        self.emulated, self.loaded, self.shared, self.fails, self.shape = emulated, [], {}, None, None

    def __getattr__(self, name):
        known = {"cuDeviceGetAttribute": self.attribute, "cuModuleLoadData": self.load, "cuLaunchKernel": self.launch}
        known |= {"cuModuleGetFunction": self.function, "cuFuncSetAttribute": self.set, "cuGetErrorName": self.name}
        return lambda *arguments: 700 if name == self.fails else known.get(name, lambda *rest: None)(*arguments) or 0

    def name(self, code, text):
        ctypes.cast(text, ctypes.POINTER(ctypes.c_char_p))[0] = b"CUDA_ERROR_ILLEGAL_ADDRESS"

    def attribute(self, value, number, device):
        ctypes.cast(value, ctypes.POINTER(ctypes.c_int))[0] = ATTRIBUTES[number]

    def load(self, module, code):
        self.loaded.append(code)

    def function(self, function, module, name):
        ctypes.cast(function, ctypes.POINTER(ctypes.c_void_p))[0] = 1 + KERNELS.index(name.decode())

    def set(self, function, what, value):
        assert what == driver._DYNAMIC
        self.shared[function.value] = value

    def launch(self, function, x, y, z, crew, b, c, shared, stream, arguments, extra):
        assert (y, z, b, c, extra) == (1, 1, 1, 1, None)
        assert stream.value == 77
        assert self.shared[function.value] == shared
        task = backend.Task.from_address(arguments[0])
        self.emulated.run(self.shape, KERNELS[function.value - 1], task, x)


@pytest.fixture
def libcuda(emulated, monkeypatch, tmp_path):
    """A GPU as torch, the driver and NVRTC describe it, and none of them there."""
    pretended = Pretended(emulated)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(driver, "driver", lambda: pretended)
    monkeypatch.setattr(driver, "stream_of", lambda device: 77)
    monkeypatch.setattr(driver.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(driver.torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(driver.torch.cuda, "get_device_capability", lambda index: (8, 6))
    monkeypatch.setattr(driver.Present, "device", emulated.device)
    monkeypatch.setattr(nvrtc, "library", lambda: None)
    monkeypatch.setattr(nvrtc, "version", lambda: "13.0")
    monkeypatch.setattr(nvrtc, "compiled", lambda given, architecture: (repr((given, architecture)).encode(), ""))
    for cached in (driver._functions, trial.found):
        cached.cache_clear()
    yield pretended
    for cached in (driver._functions, trial.found):
        cached.cache_clear()


def test_a_gpu_trains_by_the_driver(libcuda, laid):
    laid(crew=32, tile=32)
    found = trial.found()
    assert isinstance(found, driver.Present)
    assert found == driver.Present(0, "sm_86", 166912, 108)
    task = task_of(replace(SMALL, activation="gelu"), dtype="float32", batch_size=13, keep="best", checked=40)
    libcuda.shape = backend.shape_of(task, found.shared_bytes)
    assert_same(run(task, found), lanes.run(task))
    assert len(libcuda.loaded) == 1
    assert b"'ACTIVATION': 6" in libcuda.loaded[0]
    assert b"sm_86" in libcuda.loaded[0]


def test_machine_code_is_compiled_once_and_again_where_it_was_damaged(libcuda, monkeypatch):
    compiled = []
    monkeypatch.setattr(nvrtc, "compiled", lambda given, architecture: (compiled.append(given) or b"code", ""))
    for given in ({"CREW": 32}, {"CREW": 32}, {"CREW": 64}):
        assert driver.machine_code(given, "sm_90") == b"code"
    assert compiled == [{"CREW": 32}, {"CREW": 64}]
    for path in cache.location().glob("*.cubin"):
        path.write_bytes(b"core")
    assert driver.machine_code({"CREW": 32}, "sm_90") == b"code"
    assert len(compiled) == 3


def test_full_memory_is_told_as_torch_tells_it(monkeypatch):
    monkeypatch.setattr(driver, "driver", lambda: SimpleNamespace(cuModuleLoadData=lambda: 2))
    with pytest.raises(torch.cuda.OutOfMemoryError, match=r"cuModuleLoadData: the GPU's memory is full\."):
        driver.call("cuModuleLoadData")


def test_what_the_driver_refuses_is_one_line(libcuda):
    libcuda.fails = "cuDeviceGetAttribute"
    assert trial.found() == (
        "the CUDA kernel cannot be compiled or launched: "
        "The CUDA driver refuses cuDeviceGetAttribute: CUDA_ERROR_ILLEGAL_ADDRESS (700)."
    )
