"""What the methods cost that networks are compared with: `python -m benchmarks.baselines`.

Processor seconds of one fit with its tuning and 1000 predictions, the median of some data sets, by sample size; and of a
network on the single-index target, whose fits share a kernel, per replicate of a block of 16.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
import torch

from dlstats.dgp import regression
from dlstats.methods.regression import Baseline, KernelRidge, LocalLinear, SmoothingSpline
from dlstats.seeds import Streams
from dlstats.training import recipes

SIZES = (200, 800, 3200)
BASELINES = [baseline() for baseline in Baseline.__subclasses__()]
ONE_INPUT = (LocalLinear, SmoothingSpline)
REPLICATES = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="data sets of a baseline")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = {method.label: [seconds(method, n, options.rounds) for n in SIZES] for method in BASELINES}
    rows["network"] = [network(n) for n in SIZES]
    frame = pd.DataFrame(rows, index=[f"n = {n}" for n in SIZES]).T
    print(frame.to_string(float_format="%.2g"))


def seconds(method: Baseline, n: int, rounds: int) -> float:
    """Median processor seconds; n squared numbers are not asked for beyond n = 800."""
    if isinstance(method, LocalLinear | KernelRidge) and n > 800:
        return float("nan")
    d = 1 if isinstance(method, ONE_INPUT) else 10
    process = regression.design("sine" if d == 1 else "single_index", d)
    rngs = [np.random.default_rng([3, r]) for r in range(rounds)]
    return float(np.median([_timed(method, *process.sample(n, g), process.inputs(1000, g), g) for g in rngs]))


def _timed(method: Baseline, *data) -> float:
    begin = time.process_time()
    method(*data)
    return time.process_time() - begin


def network(n: int) -> float:
    """Processor seconds per replicate: 3 n^(1/5) units, 3000 steps of 300, two starts."""
    process = regression.design("single_index", 10)
    streams = Streams(3, "baselines", list(range(REPLICATES)))
    x, y = (
        np.stack(part) for part in zip(*(process.sample(n, g) for g in streams.generators("data", n=n)), strict=True)
    )
    recipe = recipes.Recipe((round(3 * n**0.2),), 0.02, 3000, 300, 2)
    begin = time.process_time()
    recipes.run(recipe, x, y, streams, "cpu", n=n)
    return (time.process_time() - begin) / REPLICATES


if __name__ == "__main__":
    main()
