"""Kill a run again and again at random moments, resume it, and compare with an undisturbed run: `make faults`.

Every kind of kill comes in turn: a job, the process that waits or a fork of it, Snakemake alone, the `dlstats run` in
front, the whole process group (as when the power goes or Ctrl-C is pressed), each by SIGKILL, SIGTERM and SIGINT. In every
second trial the replicates grow in steps while it is killed. Compared are the rows of raw results and of checks, both
without their seconds, and the bytes of summaries, verdicts, ledger, tables and figures; where replicates grew, the ledger
knows how often they were looked at, and claims are left out. Prints a table and writes it; exit status 1 when a file is
lost, doubled or differs, or a process is left running.
"""

from __future__ import annotations

import argparse
import contextlib
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
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent))
from cases.project import copy_project

from dlstats.cli import waiting
from dlstats.pipeline import config, grid, store

STUDY = "sawtooth"
TARGETS = ("job", "waiting", "snakemake", "front", "group")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
KINDS = list(itertools.product(TARGETS, SIGNALS))
STEPS = (0.1, 0.4, 1.0)
"""Proportions of the replicates that are asked for one after the other where they grow."""
LOOKED = ("results/measured/", "results/verdicts", f"reports/tables/{STUDY}/claims", "reports/tables/ledger")
"""Files that say how often replicates were looked at, or follow from it."""
JOBS = {"simulate", "checks", "summarise", "measure", "ledger", "draw", "write"}
WAITING = {waiting.__name__}
"""A word of the process that waits for jobs, and of its forks, which carry them out."""
START, LEAST = 3.0, 4.0
"""Seconds until a run has its jobs going; and of work left below which a trial is not killed again."""
HANGS = 20
"""A run that takes so many times as long as the undisturbed one hangs, on a machine however slow."""


def start(folder: Path) -> subprocess.Popen:
    """A run of the workflow in a process group of its own, which hears SIGINT though a shell may have it ignored."""
    command = [sys.executable, "-m", "dlstats", "run", "tiny", "--cores", "2"]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    log = (folder / "run.log").open("ab")
    return subprocess.Popen(
        command, cwd=folder, stdout=log, stderr=log, start_new_session=True, env=environment, preexec_fn=_hear
    )


def _hear() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kill(run: subprocess.Popen, target: str, number: signal.Signals, rng: random.Random) -> str:
    """Send the signal to what `target` names, as soon as there is such a process; returns what was hit."""
    wanted = {"job": JOBS, "waiting": WAITING, "snakemake": {"snakemake"}}.get(target)
    while run.poll() is None:
        if target == "group":
            os.killpg(run.pid, number)
            return target
        family = psutil.Process(run.pid).children(recursive=True) if wanted else [psutil.Process(run.pid)]
        family = [p for p in family if wanted is None or wanted & set(_words(p))]
        with contextlib.suppress(psutil.NoSuchProcess):
            if family:
                rng.choice(family).send_signal(number)
                return target
        time.sleep(0.05)
    return "already over"


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def outputs(folder: Path) -> dict[str, str]:
    """Digest of every final file."""
    found = {}
    for pattern in ("results/raw/**/*.parquet", "results/checks/*.parquet"):
        for path in sorted(folder.glob(pattern)):
            found[str(path.relative_to(folder))] = store.header(path).content
    patterns = ("results/summary/*/*", "results/measured/*", "results/verdicts.*", "reports/tables/**/*")
    for pattern in (*patterns, "reports/figures/**/*.pdf"):
        for path in sorted(p for p in folder.glob(pattern) if p.is_file()):
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def compare(folder: Path, clean: dict[str, str], grown: bool = False) -> str:
    """`identical`, or what is lost, differs or is left over."""
    now = outputs(folder)
    lost, extra = clean.keys() - now.keys(), now.keys() - clean.keys()
    other = [name for name in clean if name in now and now[name] != clean[name]]
    other = [name for name in other if not (grown and name.startswith(LOOKED))]
    left = [str(p) for part in ("results", "reports") for p in (folder / part).rglob(f"*{store.PART}")]
    parts = [f"lost {sorted(lost)}"] * bool(lost) + [f"extra {sorted(extra)}"] * bool(extra)
    parts += [f"differs {other}"] * bool(other) + [f"left over {left}"] * bool(left)
    return "; ".join(parts) or "identical"


def ask(folder: Path, proportion: float) -> None:
    """Let the configuration ask for a proportion of the design's replicates."""
    path = folder / "config" / "tiny.yaml"
    settings = yaml.safe_load(path.read_text())
    settings.pop("overrides", None)
    path.write_text(yaml.safe_dump(settings))
    if proportion < 1:
        grids = grid.design(config.load(path), STUDY)
        entries = {
            name: [
                {"levels": dict(one.levels), "replicates": max(1, round(one.replicates * proportion))}
                for one in several
            ]
            for name, several in grids.items()
        }
        path.write_text(yaml.safe_dump(settings | {"overrides": {STUDY: entries}}))


def trial(
    folder: Path, kinds: list, length: float, rng: random.Random, clean: dict[str, str], grow: bool
) -> list[dict]:
    """Kill a fresh run in each way, resuming after each, let the last one end, and compare.

    Moments are uniform over what is left of the work, so that kills fall early and late alike.
    """
    rows: list[dict] = []
    left = length
    for target, number in kinds:
        if left <= LEAST:
            break
        proportion = STEPS[min(len(rows), len(STEPS) - 1)] if grow else 1.0
        ask(folder, proportion)
        wait = rng.uniform(0.5, left)
        run = start(folder)
        time.sleep(wait)
        hit = kill(run, target, number, rng)
        # a run that lost its job ends by itself; one that lost Snakemake too
        ended = _end(run, length)
        if hit not in TARGETS:
            if proportion < 1:
                continue
            break
        about = {"kill": len(rows) + 1, "after_s": round(wait, 1), "hit": hit, "signal": number.name}
        rows.append(about | {"replicates": f"{100 * proportion:.0f} %", "orphans": _orphans(folder), "ended": ended})
        left -= max(0.0, wait - START) if proportion == 1 else 0.0
    ask(folder, 1.0)
    status = _end(start(folder), length)
    verdict = compare(folder, clean, grow)
    return [row | {"exit_of_resume": status, "files": verdict} for row in rows]


def _end(run: subprocess.Popen, length: float) -> int | str:
    """The exit status of a run, or that it hangs; then its group is killed."""
    try:
        return run.wait(timeout=HANGS * length)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        return f"hangs after {HANGS * length:.0f} s"


def _orphans(folder: Path, patience: float = 10.0) -> int:
    """Jobs that still work in the folder after a while: one that is only starting sees late that its parent is gone."""
    until = time.monotonic() + patience
    while True:
        found = [
            p for p in psutil.process_iter() if (JOBS | WAITING) & set(_words(p)) and str(folder) in " ".join(_env(p))
        ]
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
    copy_project(undisturbed, studies=[STUDY])
    began = time.monotonic()
    if start(undisturbed).wait():
        print((undisturbed / "run.log").read_text()[-3000:])
        return 1
    length = time.monotonic() - began
    clean = outputs(undisturbed)
    print(f"undisturbed: {length:.0f} s, {len(clean)} files", flush=True)
    rows: list[dict] = []
    waiting = [kind for _ in range(-(-options.kills // len(KINDS))) for kind in rng.sample(KINDS, len(KINDS))]
    waiting = waiting[: options.kills]
    for number in itertools.count():
        if not waiting:
            break
        folder = options.folder / f"trial{number}"
        copy_project(folder, studies=[STUDY])
        found = trial(folder, waiting[: options.per_run], length, rng, clean, grow=number % 2 == 1)
        del waiting[: len(found)]
        rows += [{"trial": number} | row for row in found]
        pd.DataFrame(rows).to_csv(options.folder / "kills.csv", index=False)
        print(pd.DataFrame(found).to_string(index=False) if found else "no kill hit", flush=True)
    table = pd.DataFrame(rows)
    hangs = table["ended"].map(lambda ended: isinstance(ended, str))
    bad = table[(table["files"] != "identical") | (table["exit_of_resume"] != 0) | (table["orphans"] > 0) | hangs]
    print(f"{len(table)} kills, {len(bad)} with something lost, doubled, different or left running")
    return int(len(bad) > 0)


if __name__ == "__main__":
    sys.exit(main())
