"""The speed of this machine relative to the one on which the costs were measured.

`dlstats doctor --measure` times some reference work for half a minute and stores the ratio, which scales what
`dlstats plan` and `snakemake --dry-run` expect. Standard library only until something is measured.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from dlstats import cache

REFERENCE = {"training": 0.225, "arithmetic": 0.32}
"""Seconds that the reference work took there, one core of a 2-core AMD EPYC (Zen 5, AVX-512)."""
ROUNDS = 20
FILE = "speed.json"


def factor() -> float:
    """Seconds here for a second of stated cost; 1 as long as nothing was measured."""
    stored = cache.read(FILE).get("factor")
    return float(stored) if isinstance(stored, int | float) and 0 < stored < math.inf else 1.0


def measure(work: dict[str, Callable[[], object]] | None = None) -> float:
    """Time the reference work, best of some rounds, and store the geometric mean of its ratios to the reference."""
    ratios = {name: _best(run) / REFERENCE[name] for name, run in (work or _work()).items()}
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    cache.write(FILE, {"factor": mean, "ratios": ratios})
    return mean


def _best(run: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def _work() -> dict[str, Callable[[], object]]:
    """Networks like those of the studies, and the sorting, drawing and small fits of the others."""
    import numpy as np
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    torch.set_num_threads(1)
    net = nets.Mlp(5, (32, 32))
    generators = [np.random.default_rng(row) for row in range(32)]
    x = np.stack([rng.normal(size=(512, 5)) for rng in generators])
    start = nets.initialise(net, generators)
    plan = training.Training(1000, 0.01, batch_size=128)

    def networks() -> object:
        return training.fit(net, squared, start, x, np.sin(x[..., :1]), plan, generators, device="cpu")

    def arithmetic() -> None:
        rng = np.random.default_rng(0)
        for _ in range(400):
            a = rng.normal(size=(300, 20))
            np.linalg.lstsq(a, np.sort(a.sum(axis=1)), rcond=None)
            np.exp(rng.standard_normal(50_000)).sum()
        sum(i * i for i in range(2_000_000))

    return {"training": networks, "arithmetic": arithmetic}
