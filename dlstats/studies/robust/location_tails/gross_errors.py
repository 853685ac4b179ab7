"""Gross errors: how many points break an estimate of location, and what one point of high leverage does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim, at_least, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Control, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked

OUTLIER = 1e9
LEVERAGE = 1e4


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
        found = {"ols": np.linalg.lstsq(design, y, rcond=None)[0][1]}
        found["clean"] = np.polyfit(x[:-1], y[:-1], 1)[0]
        found["absolute"] = linear_program(x, y, 0.5)[1]
        for name, norm in (("huber", sm.robust.norms.HuberT()), ("tukey", sm.robust.norms.TukeyBiweight())):
            found[name] = sm.RLM(y, design, M=norm).fit(maxiter=200).params[1]
        rows += [{"replicate": r, "method": m, "slope": float(b), "size": abs(float(b))} for m, b in found.items()]
    return pd.DataFrame(rows)


BREAKDOWN = Experiment(
    fewest,
    factors={"n": Factor("sample size", int, symbol="n", at_least=2)},
    methods={
        "mean": Method("mean", "sample mean"),
        "median": Method("median", "sample median"),
        "huber": Method("Huber", "Huber 1.345 with the median absolute deviation as scale"),
    },
    measures=(
        Measure("fewest", "fewest points that break the estimate, most over samples", "largest"),
        Measure("fewest", "fewest points that break the estimate, least over samples", "smallest"),
    ),
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
    },
    measures=(
        Measure("slope", "slope", "median"),
        Measure("size", "largest absolute value of the slope over samples", "largest"),
    ),
    block=1000,
    title="One point of high leverage",
)


def _best_slope(evidence: Evidence) -> Estimate:
    """The largest slope of any robust method in any replicate: the most that can be said for them."""
    readers = value("size", "largest", method=["absolute", "huber", "tukey"]).each("method")
    return max(readers(evidence), key=lambda estimate: estimate.value)


CLAIMS = (
    Claim(
        "ROB9",
        "The mean of n = 21 breaks with one point at 10⁹ (most points needed over samples).",
        equals(1),
        value("fewest", "largest", method="mean", n=21),
        Theorem("donoho1983"),
        bears_on=("JSM",),
    ),
    Claim(
        "ROB9.median",
        "The median of n = 21 stands 10 points at 10⁹ and breaks with 11 (fewest points needed over samples).",
        equals(11),
        value("fewest", "smallest", method="median", n=21),
        Theorem("donoho1983"),
    ),
    Claim(
        "ROB9.huber",
        "Huber's estimator with the median absolute deviation as scale stands 10 of 21 points at 10⁹ and breaks with 11 "
        "(fewest points needed over samples).",
        equals(11),
        value("fewest", "smallest", method="huber", n=21),
        Theorem("huber2009", "section 6.6"),
    ),
    Claim(
        "ROB9.leverage",
        "Absolute, Huber and Tukey losses protect a regression from one gross error in x as well: with 100 points of slope 2 "
        "and one at (10⁴, 0), some robust slope is at least 1 (largest over 3 losses and all samples).",
        at_least(1.0),
        _best_slope,
        Control(),
        bears_on=("JSM",),
    ),
)
