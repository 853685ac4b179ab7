"""Does the interval of a rate hold the true slope, from 10 to 200 replicates a size, and is the test of fit honest?"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from scipy import stats

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.plotting import style
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams

SIZES = tuple(2**k for k in range(5, 11))
SLOPE = -1.0
FLOOR = 1e-4
"""What is added to the measure when the line is to be wrong: a tenth of the value at the largest size."""
DRAWS = 399
COVERAGE_MARGIN = 0.02
LEVEL = 0.05


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One simulated study a row and method: gamma replicates with mean 1/n and coefficient of variation `cv`."""
    cv, reps = factors["cv"], factors["size"]
    shape = 1 / cv**2
    noise = streams.draw(lambda rng: rng.gamma(shape, 1 / shape, (len(SIZES), reps)), "data", cv=cv, size=reps)
    means = np.array(SIZES, dtype=float)[:, None] ** SLOPE
    rows = []
    for replicate, one in zip(streams.replicates, means * noise, strict=True):
        rate = montecarlo.rate(SIZES, one, draws=DRAWS)
        plain = montecarlo.rate_of(SIZES, rate.values, rate.mcses, reps)
        half = stats.norm.ppf(1 - LEVEL / 2) * plain.slope.mcse
        bent = montecarlo.rate(SIZES, one + FLOOR, draws=2) if reps >= montecarlo.ENOUGH else None
        normal = (plain.slope.value - half, plain.slope.value + half)
        rows.append(_row(replicate, "normal", plain, normal, None))
        rows.append(_row(replicate, "layer", rate, (rate.slope.lower, rate.slope.upper), bent))
    return pd.DataFrame(rows)


def _row(replicate: int, method: str, rate: montecarlo.Rate, ends: tuple, bent: montecarlo.Rate | None) -> dict:
    return {
        "replicate": replicate,
        "method": method,
        "slope": rate.slope.value,
        "reported": rate.slope.mcse,
        "covered": float(ends[0] <= SLOPE <= ends[1]),
        "width": ends[1] - ends[0],
        "lack_of_fit": rate.slope.lack_of_fit if method == "layer" else float(stats.chi2.sf(rate.q, len(SIZES) - 2)),
        "lack_of_fit_bent": np.nan if bent is None else bent.slope.lack_of_fit,
    }


MEASURES = (
    Measure("covered", "coverage of the 95 % interval", "proportion"),
    Measure("reported", "mean reported error / true standard deviation", "se_ratio", options={"estimate": "slope"}),
    Measure("slope", "bias of the slope", "bias", options={"truth": SLOPE}),
    Measure("width", "width of the 95 % interval", "mean"),
    Measure("lack_of_fit", "false alarms of the test of fit", "rejection_rate"),
    Measure("lack_of_fit_bent", "detections of a floor", "rejection_rate"),
)


def share(evidence: Evidence, measure: str, method: str, kind: str, theory: float, **factors: object) -> Estimate:
    """The cell that speaks most against a claim on a share."""
    rows = evidence.table(measure=measure, method=method, **factors).to_dict("records")
    found = [Estimate(r["estimate"], r["mcse"], r["replicates"], r["failed"], law="binomial") for r in rows]
    return montecarlo.worst(found, theory, COVERAGE_MARGIN, kind)


def _coverage_claim(size: int) -> Claim:
    return Claim(
        f"MCM1.slope_{size}",
        f"The 95 % interval of the slope of log mean risk on log n covers the true slope at least 93 % of the time "
        f"with {size} "
        "gamma replicates at each of six doubling sizes (coefficient of variation 0.5 and 1).",
        "at_least",
        0.95,
        COVERAGE_MARGIN,
        functools.partial(share, measure="covered", method="layer", kind="at_least", theory=0.95, size=size),
        "Efron and Tibshirani 1993, chapter 12",
    )


CLAIMS = (
    *(_coverage_claim(size) for size in (10, 20, 50, 200)),
    Claim(
        "MCM1.slope_normal",
        "With 10 replicates at each size the normal interval of a weighted least-squares slope covers less than 93 % "
        "(coefficient of variation 0.5).",
        "at_most",
        0.93,
        0.0,
        functools.partial(share, measure="covered", method="normal", kind="at_most", theory=0.93, size=10, cv=0.5),
        "derived here",
    ),
    Claim(
        "MCM1.lack_of_fit",
        "Cochran's Q with the law that allows for estimated weights rejects a true straight line at most 7 % of the "
        "time at "
        "level 5 %, for 20 replicates and more (coefficient of variation 0.5).",
        "at_most",
        0.05,
        COVERAGE_MARGIN,
        functools.partial(
            share, measure="lack_of_fit", method="layer", kind="at_most", theory=0.05, size=[20, 50, 200], cv=0.5
        ),
        "Johansen 1980",
    ),
)


def draw(evidence: Evidence, figure: Canvas) -> None:
    """Coverage and false alarms by number of replicates."""
    axes = figure.subplots(1, 2)
    panels = (
        ("covered", "coverage of the 95 % interval", 0.95),
        ("lack_of_fit", "false alarms of the test of fit", 0.05),
    )
    for panel, (measure, label, level) in zip(axes, panels, strict=True):
        panel.axhline(level, **style.method("theory") | {"linewidth": 0.8})
        table = evidence.table(measure=measure)
        for k, ((method, cv), lines) in enumerate(table.groupby(["method", "cv"], sort=True)):
            lines = lines.sort_values("size")
            ends = np.stack([lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]])
            panel.errorbar(
                lines["size"] * 1.04 ** (k - 1.5),
                lines["estimate"],
                yerr=ends,
                label=f"{method}, cv {cv:g}",
                **style.nth(k),
            )
        panel.set(xscale="log", xlabel="replicates at each size", ylabel=label)
        ticks = sorted(table["size"].unique())
        panel.set_xticks(ticks, [str(t) for t in ticks])
        panel.minorticks_off()
    axes[0].legend()


FIGURES = (
    Figure(
        "slope_intervals",
        "Left: coverage of 95 % intervals for a slope by number of replicates, gamma replicates with coefficient of "
        "variation cv. Right: how often the test of fit rejects a true line at level 5 %. `layer` is the interval "
        "and the "
        "test that this package prints (percentile-t below 50 replicates, Johansen's law), `normal` the textbook ones. "
        "Bars are Wilson intervals.",
        draw,
        "two-column",
        2.6,
    ),
)

STUDY = Study(
    name="slope_intervals",
    family="monte_carlo",
    title="Intervals and tests of fit for rates",
    aims="To find out how many replicates a verdict on a rate needs before its interval can be trusted.",
    mechanisms="Replicates of a risk at n = 32, 64, ..., 1024 with mean 1/n, gamma with coefficient of variation `cv`.",
    estimands="The slope -1 of log mean risk on log n.",
    methods={
        "layer": "weighted least squares; percentile-t of the replicate bootstrap below 50 replicates, t with "
        "Satterthwaite's degrees of freedom from 50; Cochran's Q against Johansen's law",
        "normal": "weighted least squares with normal quantiles; Cochran's Q against chi-squared",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Sizes are independent here; nested data sets use the paired form, which is tested but not part of this "
    "study.",
    block=500,
)
