"""Gross errors: how many points break an estimate of location, and what one point of high leverage does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from dlstats.protocol.claim import Claim, at_least, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

OUTLIER = 1e9
LEVERAGE = 1e4
CARRIED = 1e-3
"""A slope below it is that of a line through the bad point."""
FINITE = "finite-sample breakdown point"


def fewest(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The fewest of n points that, moved to 1e9, carry the estimate beyond 1e6."""
    from dlstats.methods import location

    n = condition.n
    y = streams.draw(lambda rng: rng.standard_normal(n), "sample", n=n)
    first = {name: np.full(len(y), n + 1) for name in ("mean", "median", "huber")}
    for moved in range(n, 0, -1):
        bad = y.copy()
        bad[:, :moved] = OUTLIER
        scale = np.maximum(location.scale(bad), 1e-6)
        values = {"mean": bad.mean(axis=1), "median": np.median(bad, axis=1)}
        values["huber"] = location.reweighted_mean(bad, "huber", 1.345 * scale)[0]
        for name, centre in values.items():
            first[name] = np.where(np.abs(centre) > 1e6, moved, first[name])
    return stacked(streams, {method: {"fewest": moved} for method, moved in first.items()})


def slopes(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """y = 2x + N(0, 1) on U(0, 1), one more point at (1e4, 0); slopes of regression M-estimators."""
    import statsmodels.api as sm

    from dlstats.methods.quantile import linear_program

    rows = []
    for r, rng in zip(streams.replicates, streams.generators("regression"), strict=True):
        x = np.append(rng.random(condition.points), LEVERAGE)
        y = np.append(2 * x[:-1] + rng.standard_normal(condition.points), 0.0)
        design = np.column_stack([np.ones_like(x), x])
        slope = {"ols": np.linalg.lstsq(design, y, rcond=None)[0][1]}
        slope["clean"] = np.polyfit(x[:-1], y[:-1], 1)[0]
        slope["absolute"] = linear_program(x, y, 0.5)[1]
        for name, norm in (("huber", sm.robust.norms.HuberT()), ("tukey", sm.robust.norms.TukeyBiweight())):
            slope[name] = sm.RLM(y, design, M=norm).fit(maxiter=200).params[1]
        slope["theil_sen"] = scipy.stats.theilslopes(y, x)[0]
        rows += [
            {"replicate": r, "method": m, "slope": float(b), "carried": float(abs(b) < CARRIED)}
            for m, b in slope.items()
        ]
    return pd.DataFrame(rows)


BREAKDOWN = Experiment(
    fewest,
    factors={"n": Factor("sample size", int, symbol="n", at_least=2)},
    methods={
        "mean": Method("mean", "sample mean"),
        "median": Method("median", "sample median"),
        "huber": Method("Huber", "Huber 1.345 with the median absolute deviation as scale"),
    },
    measures=(Measure("fewest", "fewest points that break the estimate", "exact"),),
    block=1000,
    title="Breakdown of location",
)

REGRESSION = Experiment(
    slopes,
    factors={"points": Factor("clean points", int, at_least=2, default=100)},
    methods={
        "ols": Method("least squares", "least squares"),
        "clean": Method("least squares, clean", "least squares without the bad point", style="oracle"),
        "absolute": Method("absolute", "least absolute deviations by linear programming"),
        "huber": Method("Huber", "Huber 1.345, statsmodels' RLM"),
        "tukey": Method("Tukey", "Tukey 4.685 by iterated weighted least squares from least squares, statsmodels' RLM"),
        "theil_sen": Method("Theil–Sen", "median of the slopes of all pairs of points, which resists the bad point"),
    },
    measures=(
        Measure("slope", "slope", "median"),
        Measure("carried", "proportion of samples with a slope below 0.001", "proportion"),
    ),
    block=1000,
    title="One point of high leverage",
)


BREAKS = (
    ("ROB9", "mean", 1, "The mean of n = 21 breaks with one point at 10⁹", Theorem("donoho1983", FINITE)),
    (
        "ROB9.median",
        "median",
        11,
        "The median of n = 21 withstands 10 points at 10⁹ and breaks with 11",
        Theorem("donoho1983", FINITE),
    ),
    (
        "ROB9.huber",
        "huber",
        11,
        "Huber's estimator with the median absolute deviation as scale withstands 10 of 21 points at 10⁹ and breaks with 11",
        Theorem("huber2009", "section 6.6"),
    ),
)

CLAIMS = (
    *(
        Claim(
            name,
            f"{text} (fewest points that break it, the same in every sample).",
            equals(points),
            value("fewest", "exact", method=method, n=21),
            origin,
            bears_on=("JSM", "BIOS"),
        )
        for name, method, points, text, origin in BREAKS
    ),
    Claim(
        "ROB9.leverage",
        "One gross error in x ruins regression by absolute error and by Huber's loss: with 100 points of slope 2 on "
        "[0, 1] and one at (10⁴, 0), the slope is at most 0.001 in absolute value in at least {theory} of samples (least "
        "proportion of the two).",
        at_least(0.95),
        proportion("carried", method=["absolute", "huber"]).each("method"),
        Derived("m-estimators.md#one-point-of-high-leverage"),
        bears_on=("JSM", "BIOS"),
    ),
)
