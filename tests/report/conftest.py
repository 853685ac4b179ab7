"""A small made-up study with results on disk, as the pipeline leaves them, and texts that try to break out."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.pipeline import cells as pipeline
from dlstats.pipeline import grid, ledger
from dlstats.plotting import style
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Contrast, Evidence, Figure, Measure, Study
from dlstats.report import figures, tables

REPORTS = Path(__file__).resolve().parents[2] / "reports"
HOSTILE = '<script>alert("1")</script> & #set page() $x_i$ \\textbf{50%} `*_~^|'
CONFIG = {
    "seed": 7,
    "studies": {
        "approximation": {
            "toy": {"cells": [{"factors": {"n": [20, 80], "sd": 1.5}, "replicates": 30, "seconds": 0.01}]},
            "absent": {"cells": [{"factors": {"n": [20]}, "replicates": 3, "seconds": 0.01}]},
        }
    },
}
ABOUT = {
    "version": "0.0",
    "commit": "0" * 40,
    "dirty": True,
    "timestamp": 1_700_000_000,
    "python": "3.11",
    "system": "Linux x86_64",
    "processor": "made up",
    "cores": 2,
    "memory_gib": 4.0,
    "threads": "1",
    "packages": {"numpy": "2.0"},
}


def _draw(evidence, figure):
    axes = figure.subplots()
    for method in ("mean", "median"):
        lines = evidence.table(measure="error", statistic="mse", method=method)
        axes.errorbar(lines["n"], lines["estimate"], yerr=lines["mcse"], label=method, **style.method(method))
    axes.set(xlabel="n", ylabel="mean squared error", xscale="log")
    axes.legend()


def _mse(method):
    def measure(evidence):
        line = evidence.table(n=80, method=method, measure="error", statistic="mse").iloc[0]
        counts = {k: int(line[k]) for k in ("replicates", "failed")}
        ends = {k: float(line[k]) for k in ("lower", "upper")}
        return montecarlo.Estimate(float(line["estimate"]), float(line["mcse"]), **counts, **ends)  # pyright: ignore[reportArgumentType]

    return measure


def _absent(evidence):
    return evidence.table(n=10_000)


def claims():
    source = "Tukey 1960 (from memory)"
    law = "The mean of n normals has mean squared error sd^2/n."
    wrong = "The median beats the mean: its error x_i is at most 0.001."
    return (
        Claim("TOY1", law, "equivalence", 1.5**2 / 80, 0.02, _mse("mean"), source, "JSM"),
        Claim("TOY2", wrong, "at_most", 0.001, 0.0, _mse("median"), source, "JSM, BIOS"),
        Claim("TOY3", HOSTILE, "identity", 2.0, 0.0, lambda e: montecarlo.exact(2.0, HOSTILE), "derived here", ""),
        Claim("TOY4.part", "Nothing is known at n = 10000.", "at_least", 1.0, 0.1, _absent, source, "TUE"),
    )  # fmt: skip


def study() -> Study:
    return Study(
        name="toy",
        family="approximation",
        title="Mean and median",
        aims="Which estimates the centre of a normal law better?",
        mechanisms="y_1, ..., y_n ~ N(0, sd^2), n of them.",
        estimands=f"The centre, 0. {HOSTILE}",
        methods={"mean": "the average", "median": f"the middle {HOSTILE}"},
        measures=(
            Measure("error", "estimate", "mse", options={"truth": 0.0}),
            Measure("error", "estimate", "bias", options={"truth": 0.0}),
            Measure("seconds_used", "time", "maximum", unit="s"),
        ),
        contrasts=(Contrast("distance", "mean", "median", "against the median"),),
        simulate=lambda *_: pd.DataFrame(),
        claims=claims(),
        figures=(
            Figure("risk", f"Mean squared error against n, with its error. {HOSTILE}", _draw),
            Figure("never", "What cannot be drawn.", lambda e, f: e.rows(n=3)),
        ),
        limits="One law only.",
    )


def raw() -> pd.DataFrame:
    rng, rows = np.random.default_rng(1), []
    for cell in grid.cells(CONFIG, "toy"):
        factors: dict[str, Any] = dict(cell.factors)
        for replicate in range(cell.replicates):
            y = rng.normal(0, factors["sd"], factors["n"])
            for method, value in (("mean", y.mean()), ("median", np.median(y))):
                bad = replicate == 3 and method == "median"
                rows.append(
                    {"study": "toy", "cell": cell.id, **factors, "seed": 7, "replicate": replicate, "method": method}
                    | {"status": "diverged" if bad else "ok", "reason": HOSTILE if bad else "", "seconds": 0.25}
                    | {"error": float("nan") if bad else value, "seconds_used": 0.1 * replicate}
                    | {"distance": float("nan") if bad else abs(value)}
                )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Site:
    """A project on disk with the toy study finished and another study missing."""

    results: Path
    reports: Path
    study: Study
    raw: pd.DataFrame
    summary: pd.DataFrame
    verdicts: pd.DataFrame

    def load(self, name: str) -> Study:
        if name != "toy":
            raise LookupError(f"There is no study `{name}`.")
        return self.study

    @property
    def words(self) -> dict:
        return {"profile": "test", "about": ABOUT, "load": self.load}


def build_site(folder: Path) -> Site:
    results, reports, toy, rows = folder / "results", folder / "reports", study(), raw()
    reports.mkdir(parents=True)
    for name in ("template.typ", "errata.yaml", "references.bib"):
        shutil.copy(REPORTS / name, reports / name)
    summary = pipeline.summarise(toy, rows)
    verdicts = ledger.verdicts(toy, Evidence(rows, summary), 0.1)
    pipeline.write_csv(summary, results / "summary" / "toy.csv")
    pipeline.write_csv(verdicts, results / "verdicts" / "toy.csv")
    pipeline.write_csv(verdicts, results / "verdicts.csv")
    figures.draw(toy, Evidence(rows, summary), reports / "figures" / "toy", fingerprint="f00", inputs={"a": "b"})
    tables.write(toy, summary, verdicts, reports / "tables" / "toy")
    return Site(results, reports, toy, rows, summary, verdicts)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Site:
    return build_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def config() -> dict:
    return json.loads(json.dumps(CONFIG))
