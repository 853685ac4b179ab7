"""What does looking at the results while they come in do to a confidence interval, and what does it cost to be safe?"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from scipy import stats

from dlstats import montecarlo
from dlstats.montecarlo import Estimate, sequences
from dlstats.plotting import style
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.monte_carlo import _replicate_laws as laws

FIRST = 50
"""Replicates before the first look."""
LONGEST = 5000
TIGHTEST = 500
CHECKPOINTS = (100, 200, 500, 1000, 2000, 5000)
TARGET = 0.05
"""Wanted error of the mean in standard deviations; 400 replicates reach it."""
MARGIN = 0.02


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One long run a row and method: did its interval for the mean ever miss, from 50 to 5000 replicates?"""
    law = laws.LAWS[factors["law"]]
    x = streams.draw(lambda rng: law.sample(rng, LONGEST), "data", law=law.name)
    t = np.arange(FIRST, LONGEST + 1)
    mean, sd = (moment[:, FIRST - 1 :] for moment in sequences.running_moments(x))
    error = np.abs(mean - law.mean) / sd
    widths = {
        "peeking": stats.norm.ppf(0.975) / np.sqrt(t),
        "sequence": sequences.boundary(t, TIGHTEST),
    }
    frames = [_rows(name, error > width, streams) for name, width in widths.items()]
    frames.append(_scheduled(x, law, streams))
    return pd.concat(frames).sort_values("replicate", kind="stable", ignore_index=True)


def _rows(method: str, missed: np.ndarray, streams: Streams) -> pd.DataFrame:
    """`missed` at each number of replicates from the first look on -> ever missed until some numbers of replicates."""
    ever = np.logical_or.accumulate(missed, axis=1).astype(float)
    columns = {f"missed_by_{t}": ever[:, t - FIRST] for t in CHECKPOINTS}
    return pd.DataFrame({"replicate": list(streams.replicates), "method": method, **columns})


def _scheduled(x: np.ndarray, law: laws.Law, streams: Streams) -> pd.DataFrame:
    """Stop on the doubling schedule once the error of the mean is small enough, then take the usual 95 % interval."""
    target = TARGET * law.sd
    missed, used = np.empty(len(x)), np.empty(len(x))
    for row, values in enumerate(x):
        for total in montecarlo.schedule(FIRST, LONGEST):
            found = montecarlo.estimate("mean", values[:total])
            if found.mcse <= target:
                break
        missed[row], used[row] = float(not found.lower <= law.mean <= found.upper), total
    return pd.DataFrame(
        {"replicate": list(streams.replicates), "method": "schedule", f"missed_by_{LONGEST}": missed, "used": used}
    )


MEASURES = (
    *(Measure(f"missed_by_{t}", f"ever missed by {t} replicates", "proportion") for t in CHECKPOINTS),
    Measure("used", "replicates used", "mean"),
)


def missed(evidence: Evidence, method: str, theory: float, margin: float, kind: str, law: str | list) -> Estimate:
    """Share of runs whose interval ever missed, in the law that speaks most against the claim."""
    table = evidence.table(measure=f"missed_by_{LONGEST}", method=method, law=law)
    found = [
        Estimate(r["estimate"], r["mcse"], r["replicates"], r["failed"], law="binomial")
        for r in table.to_dict("records")
    ]
    return montecarlo.worst(found, theory, margin, kind)


def width(evidence: Evidence, replicates: int) -> Estimate:
    """Width of the sequence / width of the fixed 95 % interval."""
    evidence.table(method="sequence")
    ratio = sequences.boundary(np.array(float(replicates)), TIGHTEST) * np.sqrt(replicates) / stats.norm.ppf(0.975)
    return montecarlo.exact(float(ratio))


CLAIMS = (
    Claim(
        "MCM4.peeking",
        "Looking after every replicate from 50 to 5000 at the usual 95 % interval, at least half of all runs see it "
        "miss the mean "
        "(normal replicates).",
        "at_least",
        0.3,
        0.0,
        functools.partial(missed, method="peeking", theory=0.3, margin=0.0, kind="at_least", law="normal"),
        "Robbins 1970",
    ),
    Claim(
        "MCM4.sequence",
        "The normal-mixture confidence sequence with estimated standard deviation misses at any time from 50 to 5000 "
        "in at most 5 % "
        "of runs (normal and t5 replicates).",
        "at_most",
        0.05,
        0.01,
        functools.partial(missed, method="sequence", theory=0.05, margin=0.01, kind="at_most", law=["normal", "t5"]),
        "Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024",
    ),
    Claim(
        "MCM4.sequence_skewed",
        "The normal-mixture confidence sequence with estimated standard deviation misses at any time from 50 to 5000 in at "
        "most 5 % of runs also for lognormal replicates, whose standard deviation is known badly after 50.",
        "at_most",
        0.05,
        0.01,
        functools.partial(missed, method="sequence", theory=0.05, margin=0.01, kind="at_most", law="lognormal"),
        "asymptotic theory only: Waudby-Smith et al. 2024",
    ),
    Claim(
        "MCM4.schedule",
        "Stopping on the doubling schedule when the Monte Carlo error is small enough leaves the usual 95 % interval "
        "with at most "
        "7 % misses (normal, t5 and Poisson replicates).",
        "at_most",
        0.05,
        MARGIN,
        functools.partial(
            missed, method="schedule", theory=0.05, margin=MARGIN, kind="at_most", law=["normal", "t5", "poisson"]
        ),
        "Chow and Robbins 1965",
    ),
    *(
        Claim(
            f"MCM4.width_{t}",
            f"After {t} replicates the sequence tuned to {TIGHTEST} is {value} times as wide as the interval for a "
            f"fixed number.",
            "identity",
            value,
            0.005,
            functools.partial(width, replicates=t),
            "derived here from the boundary",
        )
        for t, value in ((500, 1.55), (5000, 1.66))
    ),
)


def draw(evidence: Evidence, figure: Canvas) -> None:
    """Share of runs that have missed by then."""
    axes = figure.subplots(1, 2, sharey=False)
    for panel, method in zip(axes, ("peeking", "sequence"), strict=True):
        panel.axhline(0.05, **style.method("theory") | {"linewidth": 0.8})
        for k, law in enumerate(laws.LAWS):
            rows = [evidence.table(measure=f"missed_by_{t}", method=method, law=law).iloc[0] for t in CHECKPOINTS]
            value = np.array([r["estimate"] for r in rows])
            ends = np.abs(np.array([[r["lower"], r["upper"]] for r in rows]).T - value)
            panel.errorbar(np.array(CHECKPOINTS) * 1.03 ** (k - 1.5), value, yerr=ends, label=law, **style.nth(k))
        panel.set(xscale="log", xlabel="replicates", ylabel="ever missed by then", title=method)
        panel.set_ylim(bottom=0)
    axes[0].legend()


FIGURES = (
    Figure(
        "sequential_stopping",
        "Share of runs in which an interval for the mean has missed it at some number of replicates from 50 on. "
        "Left: the usual 95 % "
        "interval, looked at after every replicate; right: the confidence sequence. Bars are Wilson intervals; "
        "dashed: 5 %.",
        draw,
        "two-column",
        2.6,
    ),
)

STUDY = Study(
    name="sequential_stopping",
    family="monte_carlo",
    title="Stopping when the error is small enough",
    aims="To find out what peeking does to an interval, and whether confidence sequences and the stopping schedule "
    "keep the level.",
    mechanisms="Runs of 5000 replicates from a normal, a t5, a lognormal and a skewed discrete law.",
    estimands="The probability that an interval ever misses the mean between 50 and 5000 replicates.",
    methods={
        "peeking": "mean ± 1.96 s/√t after every replicate",
        "sequence": "normal-mixture confidence sequence with estimated standard deviation, tightest after 500 "
        "replicates",
        "schedule": "50, 100, 200, ... replicates until the error is 1/20 of the standard deviation, then the usual "
        "interval once",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="The sequence is asymptotic: with skewed replicates it needs a later first look than 50.",
    block=250,
)
