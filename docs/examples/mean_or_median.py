"""Is the median a better guess of the centre of a distribution than the mean?"""

import math

import numpy as np
import pandas as pd

from dlstats.plotting.curves import curves
from dlstats.protocol import (
    Claim,
    Contrast,
    Derived,
    Experiment,
    Factor,
    Finding,
    Measure,
    Method,
    Study,
    at_most,
    equals,
    grid,
)
from dlstats.protocol.readers import ratio

METHODS = {
    "mean": Method("mean", "arithmetic mean"),
    "median": Method("median", "middle observation"),
}
EFFICIENCY = Derived("The median has variance 1 / (4 n f(m)²) in the limit, and f(0)² = 1 / (2π) for N(0, 1).")


def simulate(condition, streams, device):
    """Squared errors of both estimators on the same samples, one row per replicate and method."""
    draw = np.random.Generator.standard_normal if condition.noise == "normal" else np.random.Generator.laplace
    y = streams.draw(lambda rng: draw(rng, size=condition.n), "sample", n=condition.n, noise=condition.noise)
    errors = {"mean": y.mean(axis=1) ** 2, "median": np.median(y, axis=1) ** 2}
    rows = [pd.DataFrame({"replicate": streams.replicates, "method": m, "risk": e}) for m, e in errors.items()]
    return pd.concat(rows)


STUDY = Study(
    title="Mean or median",
    aims="When is the median of a sample nearer to the centre of its distribution than the mean?",
    mechanisms="Samples of n from the normal or the Laplace distribution, centred at 0.",
    estimands="The centre, 0; mean squared error.",
    experiments={
        "centre": Experiment(
            simulate,
            factors={
                "n": Factor("sample size", int, symbol="n", at_least=1),
                "noise": Factor("noise distribution", str, ("normal", "laplace")),
            },
            methods=METHODS,
            measures=[Measure("risk", "mean squared error")],
            contrasts=[Contrast("risk", "median", "mean", "ratio", "mean")],
            block=2000,
        )
    },
    claims=[
        Claim(
            "MED1",
            "On normal samples of 401 the mean squared error of the median is π/2 times that of the mean, within {margin}.",
            equals(math.pi / 2, 0.1),
            ratio("risk", "median", "mean", n=401, noise="normal"),
            EFFICIENCY,
            regime="asymptotic",
        ),
        Claim(
            "MED1.five",
            "On normal samples of 5 the mean squared error of the median is π/2 times that of the mean, within {margin}.",
            equals(math.pi / 2, 0.1),
            ratio("risk", "median", "mean", n=5, noise="normal"),
            EFFICIENCY,
            regime="asymptotic",
        ),
        Claim(
            "MED2",
            "On Laplace samples the median has at most the mean squared error of the mean, whatever the sample size.",
            at_most(1.0),
            ratio("risk", "median", "mean", noise="laplace").each("n"),
            Finding(),
        ),
    ],
    figures=[
        curves("risk", methods=METHODS, ylabel="mean squared error", caption="Mean squared error against sample size.")
    ],
    designs={
        "smoke": grid(n=[5, 401], noise=["normal", "laplace"], replicates=100),
        "standard": grid(n=[5, 21, 101, 401], noise=["normal", "laplace"], replicates=10_000),
    },
    limits="Two distributions, both symmetric.",
)
