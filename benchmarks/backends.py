"""What lanes save in the studies: `python -m benchmarks.backends`.

Of every study the costliest cell of a profile is simulated for a few replicates by each back end, in one process with
one thread and alternately; the ratio scales the study's stated cost. Printed are ratios by study and times by family.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import pandas as pd
import torch

from dlstats.pipeline import cells as pipeline
from dlstats.pipeline import config, grid, registry, store

NAMES = ("lanes", "torch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config/standard.yaml"))
    parser.add_argument("--replicates", type=int, default=16)
    parser.add_argument("--studies", nargs="*", help="only these")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    settings, rows = config.load(options.config), []
    for family, names in grid.families(settings).items():
        for name in names:
            if options.studies and name not in options.studies:
                continue
            if not grid.cells(settings, name):
                continue
            rows.append({"family": family, "study": name} | measure(settings, name, options.replicates))
            print("{study:<24}{cost:>8.0f} s  torch over lanes {ratio:.2f}".format(**rows[-1]), flush=True)
    frame = pd.DataFrame(rows).assign(torch=lambda f: f["cost"] * f["ratio"])
    frame.to_csv(options.out / "backends.csv", index=False)
    print(frame.groupby("family", sort=False)[["cost", "torch"]].sum().to_string(float_format="%.0f"))


def measure(settings: dict, name: str, most: int) -> dict[str, float]:
    """Stated cost of a study in core seconds, and seconds of torch over those of lanes at its costliest cell."""
    cells = grid.cells(settings, name)
    cell = max(cells, key=lambda c: c.cost)
    experiment = registry.load(name).experiments[cell.experiment]
    block = range(min(most, cell.replicates))
    origin = store.Origin(name, cell.experiment, cell.id, int(settings["seed"]), "")
    seconds = {}
    for backend in NAMES:
        os.environ["DLSTATS_BACKEND"] = backend
        begin = time.perf_counter()
        pipeline.simulate_block(experiment, origin, block, "cpu")
        seconds[backend] = time.perf_counter() - begin
    return {"cost": sum(c.cost for c in cells), "ratio": seconds["torch"] / seconds["lanes"]}


if __name__ == "__main__":
    main()
