"""What the engine costs beside the training step itself: `python -m benchmarks.scaling`.

In one process with one thread and for each back end: cost per replicate as replicates grow, memory as they grow,
minibatches against the full batch, and the share of a job that is not training (the part that no step repeats).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.problem import INPUTS, SHAPES, Shape, data

STEPS = 100
BATCHES = (32, 128)


def seconds(shape: Shape, backend: str, steps: int, batch_size: int | None = None, rounds: int = 3) -> float:
    """The best time of a fit."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    torch.set_num_threads(1)
    net = nets.Mlp(INPUTS, shape.sizes[1:-1])
    x, y, start = (torch.from_numpy(part) for part in data(shape, range(shape.replicates)))
    plan, best = training.Training(steps, 1e-3, batch_size=batch_size), float("inf")
    for _ in range(rounds):
        orders = [np.random.default_rng(r) for r in range(shape.replicates)] if batch_size else None
        begin = time.perf_counter()
        training.fit(net, squared, start, x, y, plan, orders, device="cpu", backend=backend)
        best = min(best, time.perf_counter() - begin)
    return best


def replicates(shape: Shape, backend: str, factors: tuple[int, ...] = (1, 2, 4)) -> list[dict]:
    """Microseconds a step and replicate, and the peak of memory beyond the data, each in a process of its own."""
    rows = []
    for factor in factors:
        job = json.dumps([shape.n, shape.width, shape.replicates * factor, backend])
        command = [sys.executable, "-m", "benchmarks.scaling", "--one", job]
        out = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        rows.append({"measure": "replicates", "level": shape.replicates * factor} | out)
    return rows


def one(n: int, width: int, reps: int, backend: str) -> dict[str, float]:
    """In this process: microseconds a step and replicate, and megabytes that the fit added to the peak."""
    seconds(Shape(n, width, 32), backend, 2)
    shape = Shape(n, width, reps)
    data(shape, range(reps))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = seconds(shape, backend, STEPS)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"microseconds": 1e6 * taken / STEPS / reps, "megabytes": (after - before) / 1024}


def minibatches(shape: Shape, backend: str) -> list[dict]:
    """Cost per sample over that of the full batch."""
    full = seconds(shape, backend, STEPS) / STEPS / shape.n
    rows = []
    for batch in BATCHES:
        steps = STEPS * shape.n // batch
        part = seconds(shape, backend, steps, batch) / steps / batch
        rows.append({"measure": "minibatch, cost per sample over full batch", "level": batch, "ratio": part / full})
    return rows


def own_share(shape: Shape, backend: str) -> list[dict]:
    """The part of a fit of 1,000 steps that does not grow with steps."""
    short, long = seconds(shape, backend, STEPS), seconds(shape, backend, 3 * STEPS)
    each = (long - short) / (2 * STEPS)
    fixed = max(0.0, short - STEPS * each)
    return [{"measure": "own share of 1,000 steps", "ratio": fixed / (fixed + 1000 * each)}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", type=json.loads)
    parser.add_argument("--shapes", type=int, nargs="*", default=range(3))
    parser.add_argument("--backends", nargs="*", default=["torch", "lanes"])
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(*options.one)))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for shape in (SHAPES[i] for i in options.shapes):
        for backend in options.backends:
            for part in (own_share, minibatches, replicates):
                rows += [{"shape": str(shape), "backend": backend} | row for row in part(shape, backend)]
    frame = pd.DataFrame(rows)
    frame.to_csv(options.out / "scaling.csv", index=False)
    print(frame.to_string(index=False, float_format="%.3g", na_rep=""))


if __name__ == "__main__":
    main()
