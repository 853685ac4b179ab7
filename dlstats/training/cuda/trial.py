"""Whether a GPU may train here: it is found, and in a trial on small networks it gives the bits of lanes, once for a machine.

Nobody has seen the kernel on a GPU yet: until a trial agrees bit for bit, torch trains.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from dlstats import cache, nets
from dlstats.losses.regression import squared
from dlstats.training import schedules
from dlstats.training.contract import Problem, Training, differing
from dlstats.training.cuda import backend, gpu, nvrtc
from dlstats.training.cuda.backend import Gpu
from dlstats.training.cuda.gpu import Present
from dlstats.training.lanes import backend as lanes

ROWS, SAMPLES, CHECKED = 5, 150, 40
"""Networks of a trial, and samples: several tiles, and of neither a tile nor a block a multiple."""
WIDEST = 128
"""Units of which no three layers fit into a block."""
PATIENCE = 120
"""Seconds for which a trial is waited for."""
TRIALS = (
    (
        nets.Mlp(3, (9, 6), 2, "tanh", skip=True),
        Training(30, 0.05, batch_size=13, keep="best", schedule=schedules.cosine, check_every=4),
    ),
    (nets.Mlp(5, (16, 32), 1), Training(30, 0.01, "adamw", weight_decay=0.01)),
    (nets.Mlp(2, (8,), 5, "prelu"), Training(30, 0.05, "rmsprop", momentum=0.5, dtype="float64")),
)


@functools.cache
def found() -> Present | str:
    """The GPU, or why there is none to be used, in one line."""
    if not torch.cuda.is_available():
        return "torch sees no GPU"
    try:
        return gpu.find()
    except (OSError, RuntimeError, ValueError) as error:
        return f"the CUDA kernel cannot be compiled or launched: {str(error).splitlines()[0]}"


@functools.cache
def failure(present: Present) -> str | None:
    """What a trial found wrong, in one line; None where all bits are those of lanes, which is kept for the machine.

    Another process makes the trial: after a wrong access to memory nothing works on a GPU in the same process.
    """
    made_from = repr(
        (present, torch.cuda.get_device_name(present.index), torch.__version__, nvrtc.version(), _sources())
    )
    file = f"trial-{hashlib.sha256(made_from.encode()).hexdigest()[:20]}.json"
    if cache.read(file).get("bits") == "of lanes":
        return None
    reason = _elsewhere([sys.executable, "-c", f"from {__name__} import main; main()"])
    if reason is None:
        with contextlib.suppress(cache.Unusable, OSError):
            cache.write(file, {"bits": "of lanes"})
    return reason


def main() -> None:
    """Make the trial on the GPU that is there, and print what it found wrong as JSON."""
    present = found()
    print(json.dumps(present if isinstance(present, str) else compare(present)))


def _elsewhere(command: Sequence[str]) -> str | None:
    """What a process prints as JSON in its last line, or how it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE)
        if done.returncode:
            raise ValueError(done.returncode)
        return json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return f"a trial of the CUDA kernel took more than {PATIENCE} s"
    except (ValueError, IndexError):
        said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        return f"a trial of the CUDA kernel ended with exit status {done.returncode}: {said}"


def compare(present: Gpu) -> str | None:
    """Train by the kernel and by lanes, in this process: what differs, in one line; None where no bit does."""
    for net, training in (*TRIALS, *_widest(present)):
        task = _problem(net, training)
        reason = lanes.obstacle(task)
        if reason is not None:
            return f"the CUDA kernel cannot be tried against lanes: {reason}"
        try:
            other = differing(backend.train(task, present, 0, ROWS), lanes.run(task))
        except (RuntimeError, ValueError) as error:
            return f"a trial of the CUDA kernel failed: {str(error).splitlines()[0]}"
        if other:
            return f"a trial of the CUDA kernel differs from lanes in {', '.join(other)}"
    return None


def _widest(present: Gpu) -> Iterator[tuple[nets.Mlp, Training]]:
    """The widest network of three equal layers that fits into a block, with moments where a block has no room for them."""
    training = Training(10, 0.01)
    for width in range(WIDEST, 8, -4):
        if backend.obstacle(_problem(net := nets.Mlp(5, (width,) * 3), training), present) is None:
            yield net, training
            return


def _sources() -> list[str]:
    """Every file that has a say in what is trained here."""
    folder = Path(__file__).parents[1]
    kinds = {".py", ".h", ".cpp", ".cu"}
    return [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.suffix in kinds]


def _problem(net: nets.Mlp, training: Training) -> Problem:
    generators = [np.random.Generator(np.random.Philox(row)) for row in range(ROWS)]
    dtype = getattr(torch, training.dtype)
    x, checked_x = (
        torch.from_numpy(np.stack([rng.normal(size=(n, net.d_in)) for rng in generators])).to(dtype)
        for n in (SAMPLES, CHECKED)
    )
    y, checked_y = (part.sum(dim=2, keepdim=True).sin() + torch.arange(net.d_out) for part in (x, checked_x))
    start = nets.initialise(net, generators, dtype=training.dtype)
    batched = training.batch_size is not None
    validation = (checked_x, checked_y) if batched else None
    return Problem(net, squared, start, x, y, training, (0.05,), generators if batched else None, validation)
