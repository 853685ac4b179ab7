"""What does looking at the results while they come in do to a confidence interval, and what does it cost to be safe?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from dlstats import montecarlo
from dlstats.montecarlo import sequences
from dlstats.protocol.claim import Claim, at_least, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import Reader, proportion
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.monte_carlo._replicate_distributions import DISTRIBUTION, DISTRIBUTIONS, Distribution

FIRST = 50
"""Replicates before the first look."""
LONGEST = 5000
TIGHTEST = 500
CHECKPOINTS = (100, 200, 500, 1000, 2000, 5000)
LOOKS = (50, 100, 200, 500, 1000)
"""First looks of the confidence sequence."""
LOOKING = {"method": ["peeking", "sequence"]}
"""The methods that look after every replicate."""
TARGET = 0.05
"""Wanted error of the mean in standard deviations; 400 replicates reach it."""


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One long run per row and method: did its interval for the mean ever miss, from 50 to 5000 replicates?"""
    distribution = DISTRIBUTIONS[condition.distribution]
    x = streams.draw(lambda rng: distribution.sample(rng, LONGEST), "data", law=distribution.name)
    t = np.arange(FIRST, LONGEST + 1)
    mean, sd = (moment[:, FIRST - 1 :] for moment in sequences.running_moments(x))
    error = np.abs(mean - distribution.mean) / sd
    widths = {"peeking": scipy.stats.norm.ppf(0.975) / np.sqrt(t), "sequence": sequences.boundary(t, TIGHTEST)}
    columns = {name: _ever_missed(error > width) for name, width in widths.items()}
    return stacked(streams, columns | {"schedule": _scheduled(x, distribution)})


def _ever_missed(missed: np.ndarray) -> dict[str, np.ndarray]:
    """`missed` at each number of replicates from 50 on -> ever missed by some numbers, and from some first looks on."""
    ever = np.logical_or.accumulate(missed, axis=1).astype(float)
    late = {f"missed_from_{t}": missed[:, t - FIRST :].any(axis=1).astype(float) for t in LOOKS}
    return late | {f"missed_by_{t}": ever[:, t - FIRST] for t in CHECKPOINTS}


def _scheduled(x: np.ndarray, distribution: Distribution) -> dict[str, np.ndarray]:
    """Stop on the doubling schedule once the error of the mean is small enough, then take the usual 95 % interval."""
    target = TARGET * distribution.sd
    missed, used = np.empty(len(x)), np.empty(len(x))
    for row, values in enumerate(x):
        for total in montecarlo.schedule(FIRST, LONGEST):
            estimate = montecarlo.estimate("mean", values[:total])
            if estimate.mcse <= target:
                break
        missed[row], used[row] = float(not estimate.lower <= distribution.mean <= estimate.upper), total
    return {f"missed_by_{LONGEST}": missed, "used": used}


RUNS = Experiment(
    simulate,
    factors={"distribution": DISTRIBUTION},
    methods={
        "peeking": Method("peeking", "mean ± 1.96 s/√t after every replicate"),
        "sequence": Method(
            "confidence sequence",
            f"normal-mixture confidence sequence with estimated standard deviation, tightest after {TIGHTEST} replicates",
        ),
        "schedule": Method(
            "doubling schedule",
            "50, 100, 200, ... replicates until the error is 1/20 of the standard deviation, then the usual interval once",
        ),
    },
    measures=(
        *(
            Measure(
                f"missed_by_{t}", f"ever missed by {t} replicates", "proportion", where={} if t == LONGEST else LOOKING
            )
            for t in CHECKPOINTS
        ),
        *(
            Measure(f"missed_from_{t}", f"ever missed from {t} replicates on", "proportion", where=LOOKING)
            for t in LOOKS
        ),
        Measure("used", "replicates used", where={"method": "schedule"}),
    ),
    block=250,
)


def missed(method: str, *distributions: str) -> Reader:
    """The proportion of runs whose interval ever missed, for each distribution."""
    where = {"method": method, "distribution": list(distributions)}
    return proportion(f"missed_by_{LONGEST}", **where).each("distribution")


PILOT = Finding("sequential_stopping, seed 20261120")
CLAIMS = (
    Claim(
        "MCM4.peeking",
        "Looking after every replicate from 50 to 5000 at the usual 95 % interval, a proportion of at least {theory} of all "
        "runs see it miss the mean (normal replicates).",
        at_least(0.45), missed("peeking", "normal"), PILOT,
    ),
    Claim(
        "MCM4.sequence",
        "The normal-mixture confidence sequence with estimated standard deviation, tightest after ten times its first look, "
        "misses at any time from 50 to 5000 in at most 6 % of runs at level 5 % (normal and t5 replicates).",
        at_most(0.05, 0.01), missed("sequence", "normal", "t5"),
        Derived("sequential-inference.md#confidence-sequence-from-a-first-look-on"), regime="asymptotic",
    ),
    Claim(
        "MCM4.sequence_early",
        "From a first look after {first} replicates on, when the standard deviation is known badly, the normal-mixture "
        "confidence sequence of level 5 % misses for lognormal replicates in a proportion of at least {theory} of runs up to "
        "5000.",
        at_least(0.08), missed("sequence", "lognormal"), PILOT, numbers={"first": FIRST},
    ),
    Claim(
        "MCM4.schedule",
        "Stopping on the doubling schedule 50, 100, 200, … once the Monte Carlo error is 1/20 of the standard deviation leaves "
        "the usual 95 % interval of the mean with at most 7 % misses (normal, t5 and Poisson replicates; lognormal ones miss "
        "more often).",
        at_most(0.05, 0.02), missed("schedule", "normal", "t5", "poisson"),
        Derived("sequential-inference.md#stopping-on-a-doubling-schedule"), regime="asymptotic",
    ),
)  # fmt: skip


def draw(evidence: Evidence, figure) -> None:
    """Proportion of runs that have missed by then."""
    from dlstats.plotting import labels, style

    axes = figure.subplots(1, 2, sharey=False)
    for panel, method in zip(axes, ("peeking", "sequence"), strict=True):
        panel.axhline(0.05, **style.method("nominal") | {"linewidth": 0.8})
        for k, name in enumerate(DISTRIBUTIONS):
            at = {"method": method, "distribution": name}
            rows = pd.concat([evidence.table(measure=f"missed_by_{t}", **at) for t in CHECKPOINTS])
            ends = np.stack([rows["estimate"] - rows["lower"], rows["upper"] - rows["estimate"]])
            label = DISTRIBUTION.describe(name)
            x = np.array(CHECKPOINTS) * 1.03 ** (k - 1.5)
            panel.errorbar(x, rows["estimate"], yerr=np.abs(ends), label=label, **style.nth(k))
        panel.set(xscale="log", xlabel="replicates", ylabel="ever missed by then", title=RUNS.label_of(method))
        panel.set_ylim(bottom=0)
    for panel in axes:
        labels.at_ends(panel)


def _design(replicates: int) -> dict:
    return {"runs": grid(distribution=list(DISTRIBUTIONS), replicates=replicates)}


STUDY = Study(
    title="Stopping when the error is small enough",
    aims="To find out what peeking does to an interval, and whether confidence sequences and the stopping schedule keep the "
    "level.",
    mechanisms="Runs of 5000 replicates from a normal, a t5, a lognormal and a skewed discrete distribution.",
    estimands="The probability that an interval ever misses the mean between 50 and 5000 replicates.",
    experiments={"runs": RUNS},
    claims=CLAIMS,
    figures=(
        Figure(
            "sequential_stopping",
            "Proportion of runs in which an interval for the mean has missed it at some number of replicates from 50 on. "
            "Left: the usual 95 % interval, looked at after every replicate, misses more and more often; right: the "
            "confidence sequence, on a scale of its own. Bars are 95 % Wilson intervals; dotted: 5 %.",
            draw,
            "two-column",
            2.6,
        ),
    ),
    limits="The sequence is asymptotic: with skewed replicates it needs a later first look than 50, and has to be tuned to it. "
    "Tuned as here it misses less often the later one looks, whatever the distribution.",
    designs={"smoke": _design(20), "standard": _design(4000), "paper": _design(20000)},
)
