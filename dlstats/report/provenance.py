"""What was run, on what, with what: facts for the title page, for figures and for the checklist."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import pandas as pd
import psutil

import dlstats
from dlstats import processor
from dlstats.machine import gpus
from dlstats.pipeline import origins, store
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Study
from dlstats.report.files import packaged

PACKAGES = "numpy scipy pandas pyarrow torch statsmodels scikit-learn matplotlib snakemake typst".split()


def environment() -> dict:
    """Version, commit, machine, Python and packages of this process."""
    root = Path(dlstats.__file__).resolve().parent.parent
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "--untracked-files=no")
    moment = _git(root, "log", "-1", "--format=%ct")
    versions = {package.name: package.version for package in metadata.distributions()}
    return {
        "version": dlstats.__version__,
        "commit": commit,
        "dirty": bool(changes),
        "timestamp": int(moment) if moment.isdigit() else 0,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor.name(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "threads": os.environ.get("OMP_NUM_THREADS", "1"),
        "gpus": len(gpus.gpus()),
        "determinism": packaged("texts.yaml")["determinism"],
        "packages": {name: versions[name] for name in PACKAGES if name in versions},
    }


def _git(root: Path, *arguments: str) -> str:
    try:
        run = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def record(study: Study, evidence: Evidence, fingerprint: str = "", back_ends: Sequence[str] = ()) -> dict:
    """Cost and failures of a study's raw results: core seconds, seeds, counts by cell and method, reasons.

    `seconds` is the time of a replicate with all its methods and stands on each of their rows. Cells are named
    `experiment/cell`.
    """
    run: dict[str, dict] = {}
    seeds: set[int] = set()
    rows, failed, marked = 0, [], []
    for experiment in evidence.summaries:
        replicates = evidence.replicates(experiment)
        once = replicates.drop_duplicates(["cell", "replicate"])
        for cell, cost in once.groupby("cell", sort=False)["seconds"].agg(["size", "sum"]).to_dict("index").items():
            run[f"{experiment}/{cell}"] = {"replicates": int(cost["size"]), "seconds": round(float(cost["sum"]), 3)}
        seeds |= {int(seed) for seed in replicates["seed"].unique()} if "seed" in replicates else set()
        rows += len(replicates)
        failed += [{**line, "cell": f"{experiment}/{line['cell']}"} for line in failures(replicates)]
        marked += [{**line, "cell": f"{experiment}/{line['cell']}"} for line in noted(replicates)]
    return {
        "study": study.name,
        "fingerprint": fingerprint,
        "back_ends": list(back_ends),
        "core_seconds": round(sum(cell["seconds"] for cell in run.values()), 3),
        "cells": run,
        "seeds": sorted(seeds),
        "rows": rows,
        "failures": failed,
        "noted": marked,
        "machine": {"processor": processor.name(), "cores": os.cpu_count() or 0, "python": platform.python_version()},
    }


def failures(rows: pd.DataFrame) -> list[dict]:
    """Rows that are not `ok`, counted by cell, method, status and reason."""
    return _counted(rows, rows["status"] != "ok", ["cell", "method", "status", "reason"], "failed")


def noted(rows: pd.DataFrame) -> list[dict]:
    """Rows that count and have a reason all the same, such as a network with a dead layer, by cell, method and reason."""
    marked = (rows["status"] == "ok") & (rows["reason"].fillna("") != "")
    return _counted(rows, marked, ["cell", "method", "reason"], "rows")


def _counted(rows: pd.DataFrame, chosen: pd.Series, keys: list[str], name: str) -> list[dict]:
    """Chosen rows counted by some columns, with the number `of` rows of the same cell and method."""
    rows = rows.assign(of=rows.groupby(["cell", "method"])["status"].transform("size"))
    some = rows[chosen].assign(reason=rows["reason"].fillna("")).astype(dict.fromkeys(keys, str))
    return some.groupby([*keys, "of"], sort=False).size().reset_index(name=name)[[*keys, name, "of"]].to_dict("records")


def stale(config: Mapping, results: Path) -> list[str]:
    """Studies with raw results that other code than is there now has computed, where those are kept on purpose."""
    return [study for study in config["studies"] if _is_stale(config, study, results)]


def _is_stale(config: Mapping, study: str, results: Path) -> bool:
    files = {path: made for held in origins.raw(config, study, results).values() for path, made in held.items()}
    try:
        return any(store.read_origin(path).fingerprint != made.fingerprint for path, made in files.items())
    except store.Unusable:
        return False
