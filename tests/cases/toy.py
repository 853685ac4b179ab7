"""A small study of the mean and the median, for the tests of the pipeline."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.pipeline import fingerprints, registry
from dlstats.protocol import origin, readers
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Contrast, Measure, Slope, SlopeContrast
from dlstats.protocol.study import Check, Experiment, Method, Study, grid

CELLS = ("n=20,sd=1.0", "n=40,sd=1.0", "n=80,sd=1.0")
SEED = 7


def simulate(condition, streams, device):
    """Mean and median of normal samples; a replicate with an outlier in front diverges."""
    draws = streams.draw(lambda rng: rng.normal(0, condition.sd, condition.n), "data", n=condition.n, sd=condition.sd)
    rows = []
    for replicate, x in zip(streams.replicates, draws, strict=True):
        status = "diverged" if abs(x[0]) > 2.5 else "ok"
        for method, value in (("mean", x.mean()), ("median", np.median(x))):
            error = {"error": float(value), "loss": float(value) ** 2}
            rows.append({"replicate": replicate, "method": method, "status": status, **error})
    return pd.DataFrame(rows)


SAMPLES = Experiment(
    simulate=simulate,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=2),
        "sd": Factor("standard deviation", float, above=0),
    },
    methods={"mean": Method("mean", "the sample mean"), "median": Method("median", "the sample median")},
    measures=[
        Measure("error", "error", "mse", options={"truth": 0.0}),
        Measure("loss", "squared error"),
        Measure("error", "error", "mean"),
    ],
    contrasts=[Contrast("loss", "median", "mean", "ratio", "mean")],
    slopes=[Slope("loss"), SlopeContrast("loss", "median", "mean")],
    block=16,
)
STUDY = Study(
    title="Mean against median",
    aims="Which is nearer?",
    mechanisms="Normal samples.",
    estimands="The squared error.",
    experiments={"samples": SAMPLES},
    claims=(
        Claim("TOY1", "The mean has mean squared error {theory} at n = 20.", equals(0.05, 0.02),
              readers.value("loss", "mean", method="mean", n=20), origin.Theorem("stone1982", "theorem 1")),
        Claim("TOY2", "The median has at most the error of the mean.", at_most(1.0),
              readers.ratio("loss", "median", "mean").each("n"), origin.Finding()),
        Claim("TOY3", "The error of the mean falls like 1/n.", equals(-1.0, 0.5),
              readers.slope("loss", method="mean"), origin.Derived(), bears_on=("JSM",)),
    ),
    checks=(Check("TOY4", "One and one are two.", equals(2), lambda: 1 + 1, origin.Derived()),),
    limits="A toy.",
    designs={
        "smoke": grid(n=[20, 40, 80], sd=1.0, replicates=30),
        "standard": [grid(n=[20, 40], sd=[1.0, 2.0], replicates=100), grid(n=80, sd=1.0, replicates=50)],
    },
)  # fmt: skip


def install(monkeypatch, study: Study = STUDY) -> None:
    """Put the toy in the place of all studies."""
    monkeypatch.setattr(registry, "studies", lambda: {"toy": "dlstats.studies.toys.toy"})
    monkeypatch.setattr(registry, "load", lambda name: _known(name, study))
    for part in ("cells", "summary", "part"):
        monkeypatch.setattr(fingerprints, part, lambda module, name: "code")
    monkeypatch.setattr(fingerprints, "trains", lambda module, name: "no")


def _known(name: str, study: Study) -> Study:
    registry.module(name)
    return study.named(name, "toys")


def config(design: str = "smoke") -> dict:
    """A configuration that holds the toy."""
    return {"design": design, "seed": SEED, "studies": ["toy"], "overrides": {}, "failed_share": 0.1, "device": "cpu"}
