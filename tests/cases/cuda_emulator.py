"""A GPU that is none: the kernel's source compiled for the CPU, a block of threads as fibers."""

import ctypes
import hashlib
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import torch
from filelock import FileLock

from cases.lanes import problem
from dlstats import nets
from dlstats.training.contract import differing
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


def task_of(net, **changes):
    """Three replicates, samples in two blocks of lanes, a few steps, unless said otherwise."""
    return problem(net, **{"rows": 3, "n": 50, "steps": 7, "momentum": 0.5, "weight_decay": 0.01} | changes)


def run(task, gpu):
    """The whole of a problem, on a GPU."""
    return backend.train(task, gpu, 0, len(task.start))


def assert_same(one, other):
    """Two fits have the same bits."""
    assert differing(one, other) == []


@dataclass(eq=False)
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
        self.library(shape)

        def launch(name, task, blocks):
            self.run(shape, name, task, blocks)

        return launch

    def run(self, shape, name, task, blocks):
        """One launch."""
        self.launch(self.library(shape), shape, name, task, blocks)

    def launch(self, library, shape, name, task, blocks):
        """One launch of a library's kernel."""
        self.launches.append((name, task.job.begin, task.job.end))
        memory, pointer = ctypes.c_size_t(shape.shared_bytes), ctypes.byref(task)
        kernel = KERNELS.index(name)
        library.emulate(kernel, pointer, blocks, shape.crew, memory, self.order, self.omitted)

    def barriers(self, task):
        """How many places of the source are barriers."""
        return self.library(backend.shape_of(task, self.shared_bytes)).barriers()

    def library(self, shape):
        """The kernels of a shape, compiled once in a folder."""
        precision = build.PRECISIONS["float64" if shape.number_bytes == 8 else "float32"]
        return self.made([*(f"-D{name}={value}" for name, value in (shape.defines | CHOICES).items()), *precision])

    def made(self, flags):
        """A library by the flags of the compiler, compiled once in a folder."""
        path = self.folder / f"{hashlib.sha256(' '.join(flags).encode()).hexdigest()[:16]}.so"
        self.folder.mkdir(exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            self.compile(path, flags)
        loaded = ctypes.CDLL(str(path))
        assert loaded.task_bytes() == ctypes.sizeof(backend.Task)
        return loaded

    def compile(self, path, flags):
        """Where it is not there: one process does, others of the same tests wait."""
        if not path.exists():
            plain = [flag for flag in build.FLAGS if flag != "-O3"]
            folders = [f"-I{folder}" for folder in (HERE, nvrtc.SOURCE, build.SOURCE)]
            command = [build.find_compiler(), *plain, "-O1", "-march=native", *folders, *flags]
            subprocess.run(
                [*command, str(HERE / "cuda_emulator.cpp"), "-o", str(path)], check=True, capture_output=True
            )
