"""How often does the rule of verdicts say supported, refuted and undecided, when the truth is known?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol import verdict
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import proportion
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.monte_carlo import _verdict_rates as verdict_rates

MARGIN = 0.1
REPLICATES = 200
PROPORTION, SLACK, BORDER = 0.95, 0.02, 0.93
"""The claim on a proportion: at least `PROPORTION`, with `SLACK`; it is false from `BORDER` down."""
SIZE_MARGIN = 0.01
POWER_MARGIN = 0.03
FORMULAS = {"supported": verdict_rates.tost_power, "refuted": verdict_rates.refutation_power}


def simulate_equivalence(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A claim that the mean is 0 within 0.1, the truth `bias`, replicates normal, their mean with error `error`."""
    sd = condition.error * np.sqrt(REPLICATES)
    data = condition.bias + sd * streams.draw(lambda rng: rng.standard_normal(REPLICATES), "data")
    return _verdicts(streams, "equals", [montecarlo.estimate("mean", x) for x in data], 0.0, MARGIN)


def simulate_proportion(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """A claim that a proportion is at least 0.95 within 0.02, the truth `truth`."""
    hits = streams.draw(lambda rng: rng.random(condition.size), "data") < condition.truth
    estimates = [montecarlo.estimate("proportion", x) for x in hits]
    return _verdicts(streams, "at_least", estimates, PROPORTION, SLACK)


def _verdicts(streams: Streams, relation: str, estimates: list[Estimate], theory: float, margin: float) -> pd.DataFrame:
    verdicts = [verdict.decide(*verdict.p_values(relation, e, theory, margin)) for e in estimates]
    words = ("supported", "refuted", "undecided")
    return stacked(streams, {"rule": {word: [float(v == word) for v in verdicts] for word in words}})


def against_theory(word: str) -> Callable[[Evidence], list[Estimate]]:
    """Observed proportion minus that of theory in every cell, with the larger of the two binomial errors."""

    def read(evidence: Evidence) -> list[Estimate]:
        differences = []
        for line, e in proportion(word, experiment="equivalence").each().pairs(evidence):
            expected = FORMULAS[word](line["bias"], line["error"], MARGIN, REPLICATES - 1)
            error = max(e.mcse, np.sqrt(expected * (1 - expected) / e.replicates))
            differences.append(
                replace(e, value=e.value - expected, mcse=error, lower=np.nan, upper=np.nan, df=np.nan, law="t")
            )
        return differences

    return read


METHODS = {
    "rule": Method(
        "rule",
        "two one-sided tests of level 5 % to support, a two-sided test of level 5 % to refute; exact tails for proportions",
    )
}
MEASURES = tuple(
    Measure(word, f"proportion of verdicts {word}", "proportion") for word in ("supported", "refuted", "undecided")
)
EXPERIMENTS = {
    "equivalence": Experiment(
        simulate_equivalence,
        {
            "bias": Factor("deviation of the truth", float, at_least=0),
            "error": Factor("Monte Carlo standard error", float, above=0),
        },
        METHODS,
        MEASURES,
        block=1000,
    ),
    "proportion": Experiment(
        simulate_proportion,
        {
            "size": Factor("number of replicates", int, symbol="R", at_least=2),
            "truth": Factor("true proportion", float, at_least=0, at_most=1),
        },
        METHODS,
        MEASURES,
        block=1000,
    ),
}
CLAIMS = (
    Claim(
        "MCM2.size",
        f"A claim of equivalence that is false, the truth standing on the margin of {MARGIN}, is supported at most 5 % of "
        "the time whatever the Monte Carlo error (0.02 to 0.1).",
        at_most(verdict.LEVEL, SIZE_MARGIN),
        proportion("supported", experiment="equivalence", bias=MARGIN).each("error"),
        Theorem("schuirmann1987"),
    ),
    Claim(
        "MCM2.size_share",
        f"A claim that a proportion is at least {PROPORTION} within {SLACK} is supported at most 5 % of the time when the "
        f"proportion is {BORDER}.",
        at_most(verdict.LEVEL, SIZE_MARGIN),
        proportion("supported", experiment="proportion", truth=BORDER).each("size"),
        Theorem("clopper1934"),
    ),
    *(
        Claim(
            f"MCM2.{word}",
            f"The proportion of equivalence claims that are {word} is that of the t tests within {{margin}} for every truth "
            "and error.",
            equals(0, POWER_MARGIN),
            against_theory(word),
            Theorem("schuirmann1987"),
        )
        for word in FORMULAS
    ),
    Claim(
        "MCM2.design",
        "A true claim of equivalence whose Monte Carlo error is 0.342 times its margin is supported 80 % of the time.",
        equals(verdict.POWER, POWER_MARGIN),
        proportion("supported", experiment="equivalence", bias=0.0, error=0.0342),
        Derived(),
    ),
)


def draw(evidence: Evidence, figure) -> None:
    """Proportions of verdicts by Monte Carlo error, one line for each truth, with theory."""
    from dlstats.plotting import style

    axes = figure.subplots(1, 2, sharey=True)
    errors = np.geomspace(0.015, 0.11, 60)
    for panel, (word, formula) in zip(axes, FORMULAS.items(), strict=True):
        table = evidence.table("equivalence", measure=word)
        for k, bias in enumerate(sorted(table["bias"].unique())):
            lines = table[table["bias"] == bias]
            look = style.nth(k)
            expected = [formula(bias, e, MARGIN, REPLICATES - 1) for e in errors]
            panel.plot(errors, expected, **look | {"marker": "", "linewidth": 0.8})
            ends = np.stack([lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]])
            points = look | {"linestyle": ""}
            panel.errorbar(lines["error"], lines["estimate"], yerr=ends, label=f"truth {bias:g}", **points)
        panel.axhline(verdict.LEVEL, color="0.6", linewidth=0.6)
        panel.set(
            xlabel=EXPERIMENTS["equivalence"].factors["error"].axis, ylabel=f"proportion {word}", ylim=(-0.03, 1.03)
        )
    axes[0].legend()


def _design(equivalence: int, proportions: int) -> dict:
    errors = [0.02, 0.0342, 0.04, 0.06, 0.1]
    return {
        "equivalence": grid(bias=[0.0, 0.05, 0.1, 0.2], error=errors, replicates=equivalence),
        "proportion": grid(size=[100, 400], truth=[0.93, 0.95, 0.97], replicates=proportions),
    }


STUDY = Study(
    title="Operating characteristics of a verdict",
    aims="To find out how often a verdict is wrong, and what Monte Carlo error it needs.",
    mechanisms="Normal replicates whose mean has a known standard error `error` and deviates by `bias` from a claim with "
    "margin 0.1; zeros and ones with probability `truth` against a claim of at least 0.95 within 0.02.",
    estimands="The probability of each verdict.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    figures=(
        Figure(
            "verdict_rule",
            "How often an equivalence claim with margin 0.1 is supported (left) and refuted (right), by the standard error "
            "of its measurement, when the truth deviates by 0, 0.05, 0.1 (the margin) and 0.2. A true claim is hardly "
            "ever supported once the error is 0.6 of the margin. Lines: theory of the two one-sided t tests; points: the rule "
            "as this package applies it, with Wilson intervals; grey: 5 %.",
            draw,
            "two-column",
            2.6,
        ),
    ),
    limits="One claim alone; the adjustment over a ledger is the matter of the study `multiplicity`.",
    designs={"smoke": _design(100, 50), "standard": _design(10000, 4000), "paper": _design(40000, 20000)},
)
