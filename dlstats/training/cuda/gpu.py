"""The GPU that is there, by the driver's library and by NVRTC; memory, streams and the context are those of torch."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from filelock import FileLock

from dlstats import cache
from dlstats.training.contract import Problem
from dlstats.training.cuda import nvrtc
from dlstats.training.cuda.backend import Launch
from dlstats.training.cuda.shape import Shape, net_of
from dlstats.training.cuda.task import Task
from dlstats.training.lanes import layout, losses

KERNELS = ("train", "predict")
_SHARED_BYTES, _PROCESSORS, _DYNAMIC = 97, 16, 8
"""Numbers of the driver: a device's shared memory that one block may ask for and its multiprocessors; a kernel's dynamic
shared memory."""
_FULL = 2
"""The driver's code where memory is full."""


@dataclass(frozen=True)
class Present:
    """A GPU by its number, as `backend.Gpu` describes it."""

    index: int
    architecture: str
    """Such as sm_90."""
    shared_bytes: int
    processors: int

    @property
    def device(self) -> torch.device:
        """As torch has it."""
        return torch.device("cuda", self.index)

    def compiled(self, shape: Shape, problem: Problem) -> Launch:
        """The kernels for a shape, with the activation, loss and optimiser of a problem; compiled once for a machine."""
        functions = _functions(self.index, self.architecture, tuple(macros(shape, problem).items()))

        def launch(name: str, task: Task, blocks: int) -> None:
            function, shared = functions[name], shape.shared_bytes
            call("cuFuncSetAttribute", function, _DYNAMIC, shared)
            argument = (ctypes.c_void_p * 1)(ctypes.addressof(task))
            stream = ctypes.c_void_p(stream_of(self.device))
            call("cuLaunchKernel", function, blocks, 1, 1, shape.crew, 1, 1, shared, stream, argument, None)

        return launch


def find() -> Present:
    """The GPU on which torch works; raises OSError where a library is missing, ValueError where the driver refuses."""
    nvrtc.library()
    index, value = torch.cuda.current_device(), ctypes.c_int()
    device = _device(index)

    def attribute(number: int) -> int:
        call("cuDeviceGetAttribute", ctypes.byref(value), number, device)
        return value.value

    major, minor = torch.cuda.get_device_capability(index)
    return Present(index, f"sm_{major}{minor}", attribute(_SHARED_BYTES), attribute(_PROCESSORS))


def macros(shape: Shape, problem: Problem) -> dict[str, object]:
    """What the compiler is given."""
    net = net_of(problem)
    kinds = {
        "ACTIVATION": layout.ACTIVATIONS.index(net.activation),
        "LOSS": losses.of(problem.loss, problem.y, net.d_out)[0],
        "OPTIMISER": layout.OPTIMISERS.index(problem.training.optimiser),
    }
    return shape.defines | kinds | ({"LANES_DOUBLE": 1} if shape.number_bytes == 8 else {})


@functools.cache
def driver() -> ctypes.CDLL:
    """The library that comes with the kernel's module of the operating system."""
    return ctypes.CDLL("libcuda.so.1")


def call(name: str, *arguments: object) -> None:
    """Call the driver; raises torch's OutOfMemoryError where memory is full, ValueError with the name of what else went wrong."""
    code = getattr(driver(), name)(*arguments)
    if code == _FULL:
        raise torch.cuda.OutOfMemoryError(f"{name}: the GPU's memory is full.")
    if code:
        text = ctypes.c_char_p()
        driver().cuGetErrorName(code, ctypes.byref(text))
        raise ValueError(f"The CUDA driver refuses {name}: {(text.value or b'unknown error').decode()} ({code}).")


def stream_of(device: torch.device) -> int:
    """The stream on which torch queues its work, so that launches and copies come in order."""
    return torch.cuda.current_stream(device).cuda_stream


def _device(index: int) -> ctypes.c_int:
    """The driver's number of a device, whose primary context, that of torch, is made the current one."""
    device, context = ctypes.c_int(), ctypes.c_void_p()
    call("cuInit", 0)
    call("cuDeviceGet", ctypes.byref(device), index)
    call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    call("cuCtxSetCurrent", context)
    return device


@functools.cache
def _functions(index: int, architecture: str, given: tuple[tuple[str, object], ...]) -> dict[str, ctypes.c_void_p]:
    code = machine_code(dict(given), architecture)
    _device(index)
    module, functions = ctypes.c_void_p(), {name: ctypes.c_void_p() for name in KERNELS}
    call("cuModuleLoadData", ctypes.byref(module), code)
    for name, function in functions.items():
        call("cuModuleGetFunction", ctypes.byref(function), module, name.encode())
    return functions


def machine_code(given: Mapping[str, object], architecture: str) -> bytes:
    """From the cache, or compiled and kept there; where there is no cache, compiled."""
    texts = [nvrtc.version(), architecture, repr(sorted(given.items())), repr(nvrtc.sources())]
    stem = f"cuda-{architecture}-{hashlib.sha256(repr(texts).encode()).hexdigest()[:20]}"
    try:
        folder = cache.folder()
    except cache.Unusable:
        return nvrtc.compiled(given, architecture)[0]
    with FileLock(folder / f"{stem}.lock"):
        kept = cache.sound(folder, stem, ".cubin")
        if kept is not None:
            return kept.read_bytes()
        code = nvrtc.compiled(given, architecture)[0]
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{stem}-", suffix=".cubin")
        with os.fdopen(handle, "wb") as file:
            file.write(code)
        Path(temporary).replace(folder / cache.named(stem, Path(temporary)))
        return code
