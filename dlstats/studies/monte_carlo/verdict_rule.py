"""How often is the rule of verdicts wrong as the studies use it: medians, log ratios of medians, the worst of many?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.montecarlo import contrasts
from dlstats.montecarlo.intervals import Batch
from dlstats.montecarlo.statistics import evaluate
from dlstats.protocol import verdict
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import proportion, worst
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.monte_carlo import _risks as risks

MARGIN = 0.01
MANY = 20
"""Estimates of which the worst is taken."""


def medians(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A claim on one median that stands on its border, and one on the worst of 20."""
    x = risks.draw(streams, condition.risk, (MANY, condition.size))
    against, favour = risks.tails(evaluate("log10_median", x, {}), risks.log_median(condition.risk))
    paid = np.minimum(1, MANY * against.min(axis=1))
    return stacked(streams, {
        "one": _verdicts(against[:, 0], favour[:, 0]), "worst": _verdicts(paid, favour.max(axis=1)),
    })  # fmt: skip


def log_ratios(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A claim on the log ratio of the medians of two methods that share half of their variance and are equally good."""
    shape = (condition.size,)
    shared = streams.draw(lambda rng: rng.standard_normal(shape), "shared", size=condition.size)
    pair = [risks.draw(streams, condition.risk, shape, role, shared) for role in ("first", "second")]
    batches = [contrasts.joint("median", x, "log_ratio", {}) for x in np.stack(pair, axis=1)]
    whole = Batch(*(np.array([float(np.asarray(b[part])) for b in batches]) for part in range(5)))
    return stacked(streams, {"log_ratio": _verdicts(*risks.tails(whole, 0.0))})


def _verdicts(against: np.ndarray, favour: np.ndarray) -> dict[str, np.ndarray]:
    """Whether Holm-free verdicts at level 5 % are wrong; a claim on its border is both true and false by a hair."""
    return {"refuted": (against < verdict.LEVEL).astype(float), "supported": (favour < verdict.LEVEL).astype(float)}


FACTORS = {"risk": risks.RISK, "size": risks.SIZE}
MEASURES = tuple(Measure(word, f"proportion wrongly {word}", "proportion") for word in ("refuted", "supported"))
MEDIANS = Experiment(
    medians,
    title="medians on their border",
    factors=FACTORS,
    methods={
        "one": Method("one median", "log₁₀ of a median, error by Maritz and Jarrett, t tests of level 5 %"),
        "worst": Method(f"worst of {MANY}", "likewise; refuted by the smallest p-value times their number"),
    },
    measures=MEASURES,
    block=500,
)
LOG_RATIOS = Experiment(
    log_ratios,
    title="log ratios of medians on their border",
    factors=FACTORS,
    methods={
        "log_ratio": Method(
            "log ratio of medians", "paired, error by the bootstrap of replicates, t tests of level 5 %"
        )
    },
    measures=MEASURES,
    block=100,
)
PILOT = Finding("verdict_rule, seed 20261120")
SAID = "12, 16, 32 and 50 replicates, log risks normal, skewed, or a fifth of the runs failing with ten times the risk"


def _both(method: str, experiment: str):
    """Proportions wrongly refuted and wrongly supported, in every cell."""
    columns = ("refuted", "supported") if method != "worst" else ("refuted",)
    return worst(*(proportion(c, method=method, experiment=experiment).each("risk", "size") for c in columns))


CLAIMS = (
    Claim(
        "MCM2.median",
        f"A one-sided claim on a median that stands on its border is refuted, and supported, at most 6 % of the time at level "
        f"5 % ({SAID}).",
        at_most(verdict.LEVEL, MARGIN), _both("one", "medians"), PILOT,
    ),
    Claim(
        "MCM2.log_ratio",
        f"A one-sided claim on the log ratio of the medians of two methods that share data and are equally good is refuted, and "
        f"supported, at most 6 % of the time at level 5 % ({SAID}).",
        at_most(verdict.LEVEL, MARGIN), _both("log_ratio", "log_ratios"), PILOT,
    ),
    Claim(
        "MCM2.worst",
        f"A claim that {MANY} medians obey, all on their border, is refuted at most 6 % of the time at level 5 % by the worst of "
        f"them ({SAID}).",
        at_most(verdict.LEVEL, MARGIN), _both("worst", "medians"), PILOT,
    ),
)  # fmt: skip


def draw(evidence: Evidence, figure) -> None:
    """Proportions of wrong verdicts by number of replicates."""
    from dlstats.plotting import style

    panels = {"one": "medians", "log_ratio": "log_ratios", "worst": "medians"}
    axes = figure.subplots(1, 3, sharey=True)
    for axis, (method, experiment) in zip(axes, panels.items(), strict=True):
        axis.axhline(verdict.LEVEL, **style.method("nominal") | {"linewidth": 0.8})
        for k, (risk, label) in enumerate(risks.RISKS.items()):
            lines = evidence.table(experiment, method=method, measure="refuted", risk=risk).sort_values("size")
            bars = np.abs(np.stack([lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]]))
            axis.errorbar(lines["size"] * 1.04 ** (k - 1), lines["estimate"], bars, label=label, **style.nth(k))
        axis.set(xscale="log", xlabel=risks.SIZE.axis)
        axis.set_title(MEDIANS.methods[method].label if experiment == "medians" else LOG_RATIOS.methods[method].label)
        axis.set_xticks(sizes := sorted(lines["size"].unique()), [str(size) for size in sizes])
        axis.minorticks_off()
    axes[0].set_ylabel("wrongly refuted")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def _design(closed: int, drawn: int, sizes: list[int]) -> dict:
    levels = {"risk": list(risks.RISKS), "size": sizes}
    return {"medians": grid(**levels, replicates=closed), "log_ratios": grid(**levels, replicates=drawn)}


STUDY = Study(
    title="Wrong verdicts of the rule as it is used",
    aims="To find out how often a verdict is wrong for the statistics, numbers of replicates and worst-of sizes of the studies.",
    mechanisms="Risks of trained networks: lognormal, chi-squared with one degree of freedom, and a fifth of the runs with ten "
    "times the risk; 12 to 50 replicates; claims whose truth stands on the border.",
    estimands="The probability that a claim on its border is refuted, and that it is supported.",
    experiments={"medians": MEDIANS, "log_ratios": LOG_RATIOS},
    claims=CLAIMS,
    figures=(
        Figure(
            "verdict_rule",
            "How often a claim on a median (left), on the log ratio of two medians (middle) and on the worst of 20 medians "
            "(right) is refuted when its truth stands on the border, by number of replicates and distribution of the risk, "
            "with 95 % Wilson intervals; dotted: 5 %. Few replicates make the rule cautious.",
            draw,
            "two-column",
            2.8,
        ),
    ),
    limits="One claim alone; the adjustment over a ledger is the matter of the study `multiplicity`. Power for normal "
    "replicates, where t tests are exact, is computed and tested, not simulated here.",
    designs={
        "smoke": _design(50, 20, [12, 50]),
        "standard": _design(4000, 1000, risks.SIZES),
        "paper": _design(40000, 20000, risks.SIZES),
    },
)
