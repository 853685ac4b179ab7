"""The sawtooth's smoke cells through Slurm and locally: are the files identical? `make cluster`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent / "faults")]
from cases.project import copy_project
from kills import compare, outputs  # pyright: ignore[reportMissingImports]


def run(folder: Path, profile: str, *words: str) -> float:
    """Seconds that the workflow takes in `folder` with a profile of workflows/profiles."""
    command = [sys.executable, "-m", "snakemake", "--config", "profile=tiny"]
    command += ["--workflow-profile", f"workflows/profiles/{profile}", *words]
    packages = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    began = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, env=os.environ | {"PYTHONPATH": packages})
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in")
    options = parser.parse_args()
    local, cluster = options.folder / "local", options.folder / "cluster"
    for folder in (local, cluster):
        copy_project(folder, studies=["sawtooth"])
    seconds = {"local": run(local, "default", "--cores", "2"), "cluster": run(cluster, "slurm")}
    verdict = compare(cluster, outputs(local))
    print(f"local {seconds['local']:.0f} s, Slurm {seconds['cluster']:.0f} s; files: {verdict}")
    return int(verdict != "identical")


if __name__ == "__main__":
    sys.exit(main())
