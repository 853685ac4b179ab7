"""Claims and figure of `monte_carlo_error`."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.figure import Figure as Canvas

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.plotting import style
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure
from dlstats.studies.monte_carlo import _mcse_promise as promise
from dlstats.studies.monte_carlo import _replicate_laws as laws

MARGIN = 0.1
"""A reported error is right when it is within a tenth of the truth on average."""
COVERAGE_MARGIN = 0.02

STATISTICS = tuple(dict.fromkeys(name for law in laws.LAWS.values() for name in laws.truths(law)))

SOURCE = "Morris, White and Crowther 2019; Efron and Stein 1981"


def _lines(evidence: Evidence, measure: str, method: str, **factors: object) -> list[tuple[str, int, Estimate]]:
    """(law, size, estimate) of every cell."""
    table = evidence.table(measure=measure, method=method, **factors)
    rows = table.to_dict("records")
    law = "binomial" if measure == "covered" else "t"
    return [
        (
            r["law"],
            r["size"],
            Estimate(r["estimate"], r["mcse"], r["replicates"], r["failed"], r["lower"], r["upper"], law=law),
        )
        for r in rows
    ]


def error_ratio(evidence: Evidence, statistic: str) -> Estimate:
    """Of all cells in which theory promises the error, the one that speaks most against it."""
    lines = _lines(evidence, "reported", statistic)
    kept = [e for law, size, e in lines if promise.promised(statistic, laws.LAWS[law], size)]
    if not kept:
        raise LookupError(f"theory promises the error of {statistic} in no cell")
    return montecarlo.worst(kept, 1.0, MARGIN)


def interval_coverage(evidence: Evidence, size: int) -> Estimate:
    """The statistic whose 95 % interval covers least often, normal replicates."""
    found = []
    for statistic in STATISTICS:
        if statistic in laws.truths(laws.LAWS["normal"]):
            found += [e for *_, e in _lines(evidence, "covered", statistic, law="normal", size=size)]
    return montecarlo.worst(found, 0.95, COVERAGE_MARGIN, "at_least")


def trap(evidence: Evidence, method: str, law: str, size: int) -> Estimate:
    """Mean reported error / true standard deviation of a formula that is wrong."""
    return _lines(evidence, "reported", method, law=law, size=size)[0][2]


def _claim_of(statistic: str) -> Claim:
    return Claim(
        f"MCM1.{statistic}",
        f"The Monte Carlo standard error reported for the {statistic.replace('_', ' ')} is on average within 10 % of "
        f"its true "
        "standard deviation for every law and number of replicates where its influence has kurtosis b with "
        f"(b − 1)/(8R) ≤ {promise.LOSS:g}.",
        "equivalence",
        1.0,
        MARGIN,
        functools.partial(error_ratio, statistic=statistic),
        SOURCE,
    )


CLAIMS = (
    *(_claim_of(statistic) for statistic in STATISTICS),
    Claim(
        "MCM1.intervals",
        "The 95 % intervals of all statistics, contrasts included, cover at least 93 % of the time for 200 normal "
        "replicates.",
        "at_least",
        0.95,
        COVERAGE_MARGIN,
        functools.partial(interval_coverage, size=200),
        SOURCE,
    ),
    Claim(
        "MCM1.normal_theory",
        "At t5 replicates (R = 200) the normal-theory error sd/√(2(R − 1)) of an empirical standard error is at most "
        "0.8 "
        "of the truth (its limit is 1/2).",
        "at_most",
        0.8,
        0.0,
        functools.partial(trap, method="normal_theory_se", law="t5", size=200),
        "derived here from Var(s) ≈ (κ − 1)σ²/(4R)",
    ),
    *(
        Claim(
            f"MCM1.off_centre_{size}",
            f"A jackknife of the RMSE about a value with the other divisor is √(3/2) = 1.22 times too large for "
            f"{size} normal "
            "replicates, and so at every number of replicates.",
            "equivalence",
            promise.wrong_centre_share(laws.LAWS["normal"]),
            MARGIN,
            functools.partial(trap, method="jackknife_off_centre", law="normal", size=size),
            "derived here",
        )
        for size in (20, 200)
    ),
)


def draw(evidence: Evidence, figure: Canvas) -> None:
    """Mean reported error / true standard deviation for every statistic, a panel for each law."""
    table = evidence.table(measure="reported")
    names = [*STATISTICS, "normal_theory_se", "jackknife_off_centre"]
    axes = figure.subplots(1, len(laws.LAWS), sharey=True)
    places = {name: -i for i, name in enumerate(names)}
    for panel, law in zip(axes, laws.LAWS, strict=True):
        lines = table[table["law"] == law]
        panel.axvspan(1 - MARGIN, 1 + MARGIN, color="0.92", linewidth=0)
        for k, size in enumerate(sorted(lines["size"].unique())):
            here = lines[(lines["size"] == size) & lines["method"].isin(names)]
            look = style.nth(k) | {"linestyle": "", "markersize": 3}
            y = here["method"].map(places) + 0.22 * (1 - k)
            promised = np.array(
                [m in STATISTICS and promise.promised(m, laws.LAWS[law], int(size)) for m in here["method"]]
            )
            panel.errorbar(
                here["estimate"], y, xerr=1.96 * here["mcse"], elinewidth=0.6, capsize=0, **look | {"marker": ""}
            )
            panel.plot(here["estimate"][promised], y[promised], label=f"R = {size}", **look)
            panel.plot(here["estimate"][~promised], y[~promised], **look | {"markerfacecolor": "white"})
        panel.set(title=law, xlim=(0, 1.4), ylim=(-len(names), 1))
        panel.set_yticks(list(places.values()), [name.replace("_", " ") for name in places])
    figure.supxlabel("mean reported error / true standard deviation", fontsize="medium")
    axes[0].legend(loc="lower left")


FIGURES = (
    Figure(
        "mcse_ratio",
        "Mean reported Monte Carlo standard error over the true standard deviation, by law and number of replicates "
        "R; bars are "
        "95 % intervals, the band is 0.9 to 1.1. Filled: theory promises the error, because the kurtosis of the "
        "influence is small enough for R; open: it does not. The last two rows are formulas in use that are wrong: "
        "normal "
        "theory for a standard deviation, and a jackknife about a value with another divisor.",
        draw,
        "two-column",
        6.4,
    ),
)
