"""Kill a run again and again at random moments, resume it, and compare with an undisturbed run: `make faults`.

Targets take turns: a job, Snakemake alone, the whole process group (as when the power goes). Every kill is SIGKILL.
Compared are the rows of raw results (by their checksum) and of checks, both without their seconds, and the bytes of
summaries, verdicts, ledger, tables and figures. Prints a table and writes it; exit status 1 when a file is lost,
doubled or differs.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))
from cases.project import copy_project

from dlstats.pipeline import store

TARGETS = ("job", "snakemake", "group")
JOBS = {"simulate", "checks", "summarise", "measure", "ledger", "draw", "write"}
START, LEAST = 3.0, 4.0
"""Seconds until a run has its jobs going; and of work left below which a trial is not killed again."""


def start(folder: Path) -> subprocess.Popen:
    """A run of the workflow in a process group of its own."""
    command = [sys.executable, "-m", "dlstats", "run", "tiny", "--cores", "2"]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    log = (folder / "run.log").open("ab")
    return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True, env=environment)


def kill(run: subprocess.Popen, target: str) -> str:
    """SIGKILL what `target` names, the whole group where there is no such process; returns what was hit."""
    if run.poll() is not None:
        return "already over"
    if target == "group":
        os.killpg(run.pid, signal.SIGKILL)
        return "group"
    children = psutil.Process(run.pid).children(recursive=True)
    wanted = JOBS if target == "job" else {"snakemake"}
    hit = [p for p in children if wanted & set(_words(p))]
    if not hit:
        os.killpg(run.pid, signal.SIGKILL)
        return "group"
    hit[0].kill()
    return target


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def outputs(folder: Path) -> dict[str, str]:
    """Digest of every final file."""
    found = {}
    for path in sorted(folder.glob("results/raw/**/*.parquet")):
        found[str(path.relative_to(folder))] = store.checksum(store.read(path))
    for path in sorted(folder.glob("results/checks/*.parquet")):
        found[str(path.relative_to(folder))] = pd.read_parquet(path).drop(columns="seconds").to_csv()
    patterns = ("results/summary/*/*", "results/measured/*", "results/verdicts.csv", "reports/tables/**/*")
    for pattern in (*patterns, "reports/figures/**/*.pdf"):
        for path in sorted(p for p in folder.glob(pattern) if p.is_file()):
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def compare(folder: Path, clean: dict[str, str]) -> str:
    """`identical`, or what is lost, differs or is left over."""
    now = outputs(folder)
    lost, extra = clean.keys() - now.keys(), now.keys() - clean.keys()
    other = [name for name in clean if name in now and now[name] != clean[name]]
    left = [str(p) for p in folder.glob("results/**/.*-*") if p.is_file()]
    parts = [f"lost {sorted(lost)}"] * bool(lost) + [f"extra {sorted(extra)}"] * bool(extra)
    parts += [f"differs {other}"] * bool(other) + [f"left over {left}"] * bool(left)
    return "; ".join(parts) or "identical"


def trial(folder: Path, kills: int, length: float, rng: random.Random, clean: dict[str, str]) -> list[dict]:
    """Kill a fresh run up to `kills` times, resuming after each, let the last one end, and compare.

    Moments are uniform over what is left of the work, so that kills fall early and late alike.
    """
    rows: list[dict] = []
    left = length
    while len(rows) < kills and left > LEAST:
        wait = rng.uniform(0.5, left)
        run = start(folder)
        time.sleep(wait)
        hit = kill(run, TARGETS[len(rows) % len(TARGETS)])
        if hit not in TARGETS:
            run.wait(timeout=600)
            break
        # a run that lost its job ends by itself; one that lost Snakemake too
        run.wait(timeout=600)
        orphans = _orphans(folder)
        rows.append({"kill": len(rows) + 1, "after_s": round(wait, 1), "hit": hit, "orphans": orphans})
        left -= max(0.0, wait - START)
    status = start(folder).wait(timeout=600)
    verdict = compare(folder, clean)
    return [row | {"exit_of_resume": status, "files": verdict} for row in rows]


def _orphans(folder: Path, patience: float = 10.0) -> int:
    """Jobs that still work in the folder after a while: one that is only starting sees late that its parent is gone."""
    until = time.monotonic() + patience
    while True:
        found = [p for p in psutil.process_iter() if "simulate" in _words(p) and str(folder) in " ".join(_env(p))]
        if not found or time.monotonic() > until:
            return len(found)
        time.sleep(0.5)


def _env(process: psutil.Process) -> list[str]:
    try:
        return list(process.environ().values())
    except psutil.Error:
        return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--per-run", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder to work in")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    options.folder.mkdir(parents=True, exist_ok=True)
    undisturbed = options.folder / "undisturbed"
    copy_project(undisturbed, studies=["sawtooth"])
    began = time.monotonic()
    if start(undisturbed).wait():
        print((undisturbed / "run.log").read_text()[-3000:])
        return 1
    length = time.monotonic() - began
    clean = outputs(undisturbed)
    print(f"undisturbed: {length:.0f} s, {len(clean)} files", flush=True)
    rows: list[dict] = []
    for number in itertools.count():
        wanted = min(options.per_run, options.kills - len(rows))
        if not wanted:
            break
        folder = options.folder / f"trial{number}"
        copy_project(folder, studies=["sawtooth"])
        found = trial(folder, wanted, length, rng, clean)
        rows += [{"trial": number} | row for row in found]
        print(pd.DataFrame(found).to_string(index=False) if found else "no kill hit", flush=True)
    table = pd.DataFrame(rows)
    table.to_csv(options.folder / "kills.csv", index=False)
    bad = table[(table["files"] != "identical") | (table["exit_of_resume"] != 0) | (table["orphans"] > 0)]
    print(f"{len(table)} kills, {len(bad)} with something lost, doubled, different or left running")
    return int(len(bad) > 0)


if __name__ == "__main__":
    sys.exit(main())
