"""A small made-up study with results on disk, as the pipeline leaves them, and texts that try to break out."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.pipeline import ledger, origins, store
from dlstats.pipeline import results as files
from dlstats.plotting import style
from dlstats.protocol import origin, readers
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study
from dlstats.protocol.study import grid as levels
from dlstats.report import drawing

REPORTS = Path(__file__).resolve().parents[2] / "reports"
HOSTILE = '<script>alert("1")</script> & #set page() $x_i$ \\textbf{50%} `*_~^|'
CONFIG = {
    "design": "smoke",
    "seed": 7,
    "studies": ["toy", "absent"],
    "overrides": {},
    "failed_share": 0.1,
    "device": "cpu",
}
ENVIRONMENT = {
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


def _absent(evidence):
    return readers.value("error", "mse", n=10_000)(evidence)


def claims():
    law = "The mean of n normals has mean squared error sd^2/n."
    wrong = "The median beats the mean: its error x_i is at most 0.001."
    source = origin.Theorem("huber1964", "section 1")
    mean, median = (readers.value("error", "mse", method=name, n=80) for name in ("mean", "median"))
    return (
        Claim("TOY1", law, equals(1.5**2 / 80, 0.02), mean, source, ("JSM",)),
        Claim("TOY2", wrong, at_most(0.001), median, source, ("JSM", "BIOS")),
        Claim("TOY3", HOSTILE, equals(2.0), lambda e: montecarlo.exact(2.0, HOSTILE), origin.Derived(HOSTILE)),
        Claim("TOY4.part", "Nothing is known at n = 10000.", at_least(1.0, 0.1), _absent, origin.Finding(), ("TUE",)),
    )  # fmt: skip


SAMPLES = Experiment(
    simulate=lambda *_: pd.DataFrame(),
    factors={"n": Factor("sample size", int), "sd": Factor("standard deviation", float)},
    methods={"mean": Method("mean", "the average"), "median": Method("median", f"the middle {HOSTILE}")},
    measures=(
        Measure("error", "estimate", "mse", options={"truth": 0.0}),
        Measure("error", "estimate", "bias", options={"truth": 0.0}),
        Measure("seconds_used", "time", "maximum", unit="s"),
        Measure("distance", "distance", "median"),
    ),
    contrasts=(Contrast("distance", "mean", "median"),),
)


def study() -> Study:
    return Study(
        name="toy",
        family="approximation",
        title="Mean and median",
        aims="Which estimates the centre of a normal distribution better?",
        mechanisms="y_1, ..., y_n ~ N(0, sd^2), n of them.",
        estimands=f"The centre, 0. {HOSTILE}",
        experiments={"samples": SAMPLES},
        claims=claims(),
        checks=(Check("TOY5", f"One is one. {HOSTILE}", equals(1), lambda: 1, origin.Derived()),),
        figures=(
            Figure("risk", f"Mean squared error against n, with its error. {HOSTILE}", _draw),
            Figure("never", "What cannot be drawn.", lambda e, f: e.rows(n=3)),
        ),
        limits="One distribution only.",
        designs={"smoke": levels(n=[20, 80], sd=1.5, replicates=30)},
    )


def raw() -> pd.DataFrame:
    rng, rows = np.random.default_rng(1), []
    for n in (20, 80):
        for replicate in range(30):
            y = rng.normal(0, 1.5, n)
            for method, value in (("mean", y.mean()), ("median", np.median(y))):
                bad = replicate == 3 and method == "median"
                about = {"study": "toy", "experiment": "samples", "cell": f"n={n},sd=1.5", "n": n, "sd": 1.5, "seed": 7}
                rows.append(
                    about
                    | {"replicate": replicate, "method": method}
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
    checks: pd.DataFrame
    evidence: Evidence

    def load(self, name: str) -> Study:
        if name != "toy":
            raise LookupError(f"There is no study `{name}`.")
        return self.study

    @property
    def arguments(self) -> dict:
        return {"profile": "test", "environment": ENVIRONMENT, "load": self.load}


def build_site(folder: Path) -> Site:
    results, reports, toy, rows = folder / "results", folder / "reports", study(), raw()
    reports.mkdir(parents=True)
    for name in ("template.typ", "errata.yaml", "references.bib"):
        shutil.copy(REPORTS / name, reports / name)
    for path, made in origins.raw(CONFIG, "toy", results)["samples"].items():
        store.write(path, rows[rows["cell"] == made.cell].reset_index(drop=True), made)
    files.write_summaries(CONFIG, "toy", results)
    files.write_measured(CONFIG, "toy", results)
    files.write_checks("toy", False, results)
    drawing.draw(CONFIG, "toy", results, reports)
    summary = files.summaries(CONFIG, "toy", results)["samples"]
    verdicts = ledger.combine([files.measured(CONFIG, "toy", results)])
    held = files.checks(CONFIG, "toy", results)
    return Site(results, reports, toy, rows, summary, verdicts, held, Evidence({"samples": summary}, {"samples": rows}))


def absent() -> Study:
    return dataclasses.replace(
        study(), name="absent", claims=(), checks=(), designs={"smoke": levels(n=20, sd=1.5, replicates=3)}
    )
