"""What the methods cost that networks are compared with: `python -m benchmarks.baselines`.

Processor seconds of one fit with its tuning and 1000 predictions, the median of some data sets, by sample size; and of the
network of the study `rates` on its composed target, whose fits share a kernel, per replicate of a block of 16.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
import torch

from dlstats.dgp import regression
from dlstats.methods.regression import BASELINES
from dlstats.nets import scaling
from dlstats.seeds import Streams
from dlstats.training import recipes

SIZES = (200, 800, 3200)
ONE_INPUT = ("local_linear", "smoothing_spline")
REPLICATES = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="data sets of a baseline")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = {name: [baseline(name, n, options.rounds) for n in SIZES] for name in BASELINES}
    rows["network"] = [network(n) for n in SIZES]
    frame = pd.DataFrame(rows, index=[f"n = {n}" for n in SIZES]).T
    print(frame.to_string(float_format="%.2g"))


def baseline(name: str, n: int, rounds: int) -> float:
    """Median processor seconds; n squared numbers are not asked for beyond n = 800."""
    if name in ("local_linear", "kernel_ridge") and n > 800:
        return float("nan")
    d = 1 if name in ONE_INPUT else 10
    process = regression.design("sine" if d == 1 else "single_index", d)
    rngs = [np.random.default_rng([3, r]) for r in range(rounds)]
    return float(np.median([BASELINES[name](*process.sample(n, g), process.inputs(1000, g), g).seconds for g in rngs]))


def network(n: int) -> float:
    """Processor seconds a replicate: 3 n^(1/5) units, 3000 steps of 300, two starts."""
    process = regression.design("single_index", 10)
    streams = Streams(3, "baselines", list(range(REPLICATES)))
    x, y = (
        np.stack(part) for part in zip(*(process.sample(n, g) for g in streams.generators("data", n=n)), strict=True)
    )
    shape = scaling.shape("spline_3_short", n, 10)
    begin = time.process_time()
    recipes.run(recipes.Recipe(shape.widths, 0.02, shape.steps, 300, 2), x, y, streams, "cpu", n=n)
    return (time.process_time() - begin) / REPLICATES


if __name__ == "__main__":
    main()
