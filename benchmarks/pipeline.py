"""Where the time of a run goes: `python -m benchmarks.pipeline smoke every [--tree OTHER_CHECKOUT]`, on an idle machine.

Every profile runs from nothing in a copy of the checkout, of each checkout in turn. Snakemake's records tell when every job
began and ended, the raw results what their simulation took. Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
RULES = ("simulate", "checks", "summarise", "measure", "judge", "ledger", "draw", "write")


def run(tree: Path, profile: str, cores: int) -> tuple[dict[str, float], pd.DataFrame]:
    """Totals of a run in seconds, and one line per job: rule, start and end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        ignore = shutil.ignore_patterns(
            ".git", ".venv*", ".snakemake", "results", "build", "figures", "tables", "html", "*.pdf"
        )
        shutil.copytree(tree, folder, ignore=ignore)
        command = [sys.executable, "-m", "dlstats", "run", profile, "--cores", str(cores)]
        began, clock = time.time(), time.perf_counter()
        with (folder / "run.log").open("w") as log:
            status = subprocess.run(
                command, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, stdout=log, stderr=subprocess.STDOUT
            )
        wall = time.perf_counter() - clock
        if status.returncode:
            sys.exit(f"{tree}, {profile}: exit status {status.returncode}\n{(folder / 'run.log').read_text()[-2000:]}")
        return _told(folder, began, wall, cores)


def ended(folder: Path, cores: int) -> tuple[dict[str, float], pd.DataFrame]:
    """The same of a run that has ended in a folder, by its last log: it was the only one there, from nothing."""
    log = max(folder.glob(".snakemake/log/*.snakemake.log"))
    began = datetime.strptime(log.name.partition(".")[0], "%Y-%m-%dT%H%M%S").timestamp()
    return _told(folder, began, log.stat().st_mtime - began, cores)


def _told(folder: Path, began: float, wall: float, cores: int) -> tuple[dict[str, float], pd.DataFrame]:
    jobs = _jobs(folder)
    paths = folder.glob("results/raw/**/*.parquet")
    simulated = float(
        sum(
            pd.read_parquet(path, columns=["cell", "replicate", "seconds"]).drop_duplicates()["seconds"].sum()
            for path in paths
        )
    )
    totals = {
        "wall": wall,
        "before the first job": jobs["start"].min() - began,
        "after the last job": began + wall - jobs["end"].max(),
        "simulation (processor)": simulated,
        "wall over simulation per core": wall / (simulated / cores),
    }
    return totals, jobs


def _jobs(folder: Path) -> pd.DataFrame:
    """Every job once, though Snakemake keeps a record for each of its outputs."""
    records = [json.loads(path.read_text()) for path in folder.glob(".snakemake/metadata/*") if path.is_file()]
    lines = [
        (
            one["job_hash"],
            next((rule for rule in RULES if one["rule"].startswith(rule)), one["rule"]),
            one["starttime"],
            one["endtime"],
        )
        for one in records
    ]
    outputs = pd.DataFrame(lines, columns=["job", "rule", "start", "end"])
    return outputs.groupby(["job", "rule"], as_index=False).agg({"start": "min", "end": "max"})


def _table(totals: dict[str, dict[str, float]], jobs: dict[str, pd.DataFrame]) -> str:
    held = {name: (one["end"] - one["start"]).groupby(one["rule"]).agg(["count", "sum"]) for name, one in jobs.items()}
    names = [*totals]
    lines = [f"| seconds | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for key in next(iter(totals.values())):
        lines.append(f"| {key} | {' | '.join(f'{totals[name][key]:.1f}' for name in names)} |")
    for rule in RULES:
        if any(rule in one.index for one in held.values()):
            found = [
                f"{one.loc[rule, 'sum']:.1f} ({one.loc[rule, 'count']:.0f})" if rule in one.index else ""
                for one in held.values()
            ]
            lines.append(f"| held by {rule} (jobs) | {' | '.join(found)} |")
    return "\n".join(lines)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("profiles", nargs="*")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--tree", type=Path, action="append", default=[], help="another checkout, run before this one")
    parser.add_argument("--of", type=Path, help="the folder of a run that has ended, instead of runs")
    options = parser.parse_args()
    if options.of:
        totals, jobs = ended(options.of, options.cores)
        print(_table({"seconds": totals}, {"seconds": jobs}))
        return
    for profile in options.profiles:
        totals, jobs = {}, {}
        for tree in (*options.tree, ROOT):
            label = "this checkout" if tree == ROOT else str(tree)
            totals[label], jobs[label] = run(tree, profile, options.cores)
        print(f"\n{profile}, {options.cores} cores\n\n{_table(totals, jobs)}", flush=True)


if __name__ == "__main__":
    main()
