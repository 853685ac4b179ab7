"""Does the interval of a slope cover the true one, from 10 to 200 replicates a size, and is the test of fit honest?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from dlstats import montecarlo
from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding, Practice
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams

SIZES = tuple(2**k for k in range(5, 11))
SLOPE = -1.0
FLOOR = 1e-4
"""What is added to the measure when the line is to be wrong: a tenth of the value at the largest size."""
DRAWS = 399
BENT_FROM = 50
"""Replicates at each size from which the test of fit is tried on a line with a floor."""
COVERAGE_MARGIN = 0.02
LEVEL = 0.05


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One study per row and method: gamma replicates with mean 1/n and coefficient of variation `cv`."""
    cv, reps = condition.cv, condition.size
    shape = 1 / cv**2
    noise = streams.draw(lambda rng: rng.gamma(shape, 1 / shape, (len(SIZES), reps)), "data", cv=cv, size=reps)
    means = np.array(SIZES, dtype=float)[:, None] ** SLOPE
    rows = []
    for replicate, one in zip(streams.replicates, means * noise, strict=True):
        rate = montecarlo.rate(SIZES, one, draws=DRAWS)
        plain = montecarlo.rate_of(SIZES, rate.values, rate.mcses, reps)
        half = scipy.stats.norm.ppf(1 - LEVEL / 2) * plain.slope.mcse
        bent = montecarlo.rate(SIZES, one + FLOOR, draws=2) if reps >= BENT_FROM else None
        normal = (plain.slope.value - half, plain.slope.value + half)
        rows.append(_row(replicate, "normal", plain, normal, None))
        rows.append(_row(replicate, "package", rate, (rate.slope.lower, rate.slope.upper), bent))
    return pd.DataFrame(rows)


def _row(replicate: int, method: str, rate: montecarlo.Rate, ends: tuple, bent: montecarlo.Rate | None) -> dict:
    chi_squared = float(scipy.stats.chi2.sf(rate.q, len(SIZES) - 2))
    return {
        "replicate": replicate,
        "method": method,
        "slope": rate.slope.value,
        "reported": rate.slope.mcse,
        "covered": float(ends[0] <= SLOPE <= ends[1]),
        "width": ends[1] - ends[0],
        "lack_of_fit": rate.slope.lack_of_fit if method == "package" else chi_squared,
        "lack_of_fit_bent": np.nan if bent is None else bent.slope.lack_of_fit,
    }


SLOPES = Experiment(
    simulate,
    factors={
        "cv": Factor("coefficient of variation", float, at_least=0.001, at_most=10),
        "size": Factor("replicates at each size", int, symbol="R", at_least=2),
    },
    methods={
        "package": Method(
            "this package",
            "weighted least squares; percentile-t of the replicate bootstrap below 100 replicates, t with Satterthwaite's "
            "degrees of freedom from 100; Cochran's Q against Johansen's distribution",
        ),
        "normal": Method(
            "textbook", "weighted least squares with normal quantiles; Cochran's Q against the chi-squared distribution"
        ),
    },
    measures=(
        Measure("covered", "coverage of the 95 % interval", "proportion"),
        Measure("reported", "mean reported error / true standard deviation", "se_ratio", options={"estimate": "slope"}),
        Measure("slope", "bias of the slope", "bias", options={"truth": SLOPE}),
        Measure("width", "width of the 95 % interval"),
        Measure("lack_of_fit", "false alarms of the test of fit", "rejection_rate"),
        Measure(
            "lack_of_fit_bent",
            "detections of a floor",
            "rejection_rate",
            where={"method": "package", "size": lambda size: size >= BENT_FROM},
        ),
    ),
    block=500,
)


PILOT = Finding("slope_intervals, seed 20261120")


def _coverage(size: int) -> Claim:
    return Claim(
        f"MCM1.slope_{size}",
        f"The 95 % interval of the slope of log mean risk on log n covers the true slope at least 93 % of the time with "
        f"{size} gamma replicates at each of six doubling sizes (coefficient of variation 0.5 and 1).",
        at_least(0.95, COVERAGE_MARGIN), proportion("covered", method="package", size=size).each("cv"),
        Practice("efron1993", "chapter 12, the bootstrap-t") if size < montecarlo.ENOUGH else PILOT,
    )  # fmt: skip


CLAIMS = (
    *(_coverage(size) for size in (10, 20, 50, 100, 200)),
    Claim(
        "MCM1.slope_normal",
        "With 10 replicates at each size the normal interval of a weighted least-squares slope covers less than 93 % "
        "(coefficient of variation 0.5).",
        at_most(0.93), proportion("covered", method="normal", size=10, cv=0.5), PILOT,
    ),
    Claim(
        "MCM1.lack_of_fit",
        "Cochran's Q with the distribution that allows for estimated weights rejects a true straight line at most 7 % of "
        "the time at level 5 %, for 20 replicates and more (coefficient of variation 0.5).",
        at_most(LEVEL, COVERAGE_MARGIN),
        value("lack_of_fit", method="package", size=[20, 50, 100, 200], cv=0.5).each("size"),
        Practice("johansen1980"),
    ),
    Claim(
        "MCM1.lack_of_fit.cv_1",
        "Cochran's Q with the distribution that allows for estimated weights rejects a true straight line at most 10 % of the "
        "time at level 5 %, for 20 replicates and more, when the coefficient of variation is 1.",
        at_most(LEVEL, 0.05), value("lack_of_fit", method="package", size=[20, 50, 100, 200], cv=1.0).each("size"), PILOT,
    ),
)  # fmt: skip


def draw(evidence: Evidence, figure) -> None:
    """Coverage and false alarms by number of replicates."""
    from dlstats.plotting import style

    panels = {
        "covered": ("coverage of the 95 % interval", 0.95),
        "lack_of_fit": ("false alarms of the test of fit", 0.05),
    }
    axes = figure.subplots(1, 2)
    for panel, (measure, (label, level)) in zip(axes, panels.items(), strict=True):
        panel.axhline(level, **style.method("nominal") | {"linewidth": 0.8})
        table = evidence.table(measure=measure)
        for k, ((method, cv), lines) in enumerate(table.groupby(["method", "cv"], sort=True)):
            lines = lines.sort_values("size")
            ends = np.stack([lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]])
            name = f"{SLOPES.label_of(str(method))}, CV {cv:g}"
            x = lines["size"] * 1.04 ** (k - 1.5)
            panel.errorbar(x, lines["estimate"], yerr=ends, label=name, **style.nth(k))
        panel.set(xscale="log", xlabel=SLOPES.factors["size"].axis, ylabel=label)
        ticks = sorted(table["size"].unique())
        panel.set_xticks(ticks, [str(t) for t in ticks])
        panel.minorticks_off()
    axes[0].legend()


def _design(replicates: int) -> dict:
    return {"slopes": grid(cv=[0.5, 1.0], size=[10, 20, 50, 100, 200], replicates=replicates)}


STUDY = Study(
    title="Intervals and tests of fit for rates",
    aims="To find out how many replicates a verdict on a rate needs before its interval can be trusted.",
    mechanisms="Replicates of a risk at n = 32, 64, ..., 1024 with mean 1/n, gamma with coefficient of variation `cv`.",
    estimands="The slope −1 of log mean risk on log n.",
    experiments={"slopes": SLOPES},
    claims=CLAIMS,
    figures=(
        Figure(
            "slope_intervals",
            "Left: coverage of 95 % intervals for a slope by number of replicates, gamma replicates with coefficient of "
            "variation CV. Right: how often the test of fit rejects a true line at level 5 %. The interval and the test of "
            "this package (percentile-t below 100 replicates, Johansen's distribution) are nearer to the dotted nominal "
            "levels than the textbook ones where replicates are few. Bars are 95 % Wilson intervals.",
            draw,
            "two-column",
            2.6,
        ),
    ),
    limits="Sizes are independent here; nested data sets use the paired form, which is tested but not part of this study.",
    designs={"smoke": _design(20), "standard": _design(4000), "paper": _design(10000)},
)
