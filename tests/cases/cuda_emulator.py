"""A GPU that is none: the kernel's source compiled for the CPU, a block of threads as fibers."""

import ctypes
import hashlib
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from cases.lanes import problem
from dlstats import nets
from dlstats.training.cuda import backend, nvrtc
from dlstats.training.lanes import build

HERE = Path(__file__).parent
KERNELS = ("train", "predict")
UP, DOWN, RANDOM = range(3)
CHOICES = {
    "ACTIVATION": "((int)at.job.activation)",
    "LOSS": "((int)at.job.loss)",
    "OPTIMISER": "((int)task.job.optimiser)",
}
"""On the GPU constants; here the job's, so that one library serves all."""

SMALL = nets.Mlp(3, (9, 6), 2, skip=True)
"""Widths that no tile divides."""
FIELDS = ("parameters", "loss", "validation_loss", "step", "steps", "status")


def task_of(net, **changes):
    """Three replicates, samples in two blocks of lanes, a few steps, unless said otherwise."""
    return problem(net, **{"rows": 3, "n": 50, "steps": 7, "momentum": 0.5, "weight_decay": 0.01} | changes)


def differences(one, other):
    """The fields in which two fits differ in a bit, NaNs and their signs apart."""

    def same(name):
        first, second = (np.asarray(getattr(fit, name)) for fit in (one, other))
        if first.dtype.kind != "f":
            return np.array_equal(first, second)
        nan = np.isnan(first)
        return np.array_equal(first, second, equal_nan=True) and (np.signbit(first) == np.signbit(second))[~nan].all()

    return [name for name in FIELDS if not same(name)]


def assert_same(one, other):
    """Two fits have the same bits."""
    assert differences(one, other) == []


@dataclass
class Emulated:
    """With the interface of a GPU; `order` is that of its threads between barriers, `omitted` a barrier that is left out."""

    folder: Path
    order: int = RANDOM
    omitted: int = -1
    shared_bytes: int = 232448
    processors: int = 132
    launches: list = field(default_factory=list)

    @property
    def device(self):
        """Its memory is main memory."""
        return torch.device("cpu")

    def compiled(self, shape, problem):
        """The kernels for a shape, of any activation, loss and optimiser."""
        library = ctypes.CDLL(str(self.library(shape.defines, shape.number_bytes)))
        assert library.task_bytes() == ctypes.sizeof(backend.Task)

        def launch(name, task, blocks):
            self.launches.append((name, task.job.begin, task.job.end))
            memory = ctypes.c_size_t(shape.shared_bytes)
            pointer = ctypes.byref(task)
            library.emulate(KERNELS.index(name), pointer, blocks, shape.crew, memory, self.order, self.omitted)

        return launch

    def barriers(self, task):
        """How many places of the source are barriers."""
        shape = backend.shape_of(task, self.shared_bytes)
        return ctypes.CDLL(str(self.library(shape.defines, shape.number_bytes))).barriers()

    def library(self, defines, number_bytes):
        """The file of the kernels, compiled once in a folder."""
        macros = [f"-D{name}={value}" for name, value in (defines | CHOICES).items()]
        macros += build.PRECISIONS["float64" if number_bytes == 8 else "float32"]
        path = self.folder / f"{hashlib.sha256(' '.join(macros).encode()).hexdigest()[:16]}.so"
        if not path.exists():
            self.folder.mkdir(exist_ok=True)
            plain = [flag for flag in build.FLAGS if flag != "-O3"]
            folders = [f"-I{folder}" for folder in (HERE, nvrtc.SOURCE, build.SOURCE)]
            command = [build.find_compiler(), *plain, "-O1", "-march=native", *folders, *macros]
            subprocess.run(
                [*command, str(HERE / "cuda_emulator.cpp"), "-o", str(path)], check=True, capture_output=True
            )
        return path
