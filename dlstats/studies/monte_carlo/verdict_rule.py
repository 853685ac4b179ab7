"""How often does the rule of verdicts say supported, refuted and undecided, when the truth is known?"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.plotting import style
from dlstats.protocol import claim as claims
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import verdict_rates

MARGIN = 0.1
REPLICATES = 200
SHARE, SLACK, BORDER = 0.95, 0.02, 0.93
"""The claim on a share: at least `SHARE`, with `SLACK`; it is false from `BORDER` down."""
SIZE_MARGIN = 0.01
POWER_MARGIN = 0.03


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One verdict a row, on data with a known truth."""
    parts = {"equivalence": _equivalence, "share": _share}
    if factors["part"] not in parts:
        raise ValueError(f"`part` must be one of {', '.join(parts)}, got {factors['part']!r}.")
    verdicts = parts[factors["part"]](factors, streams)
    rows = {"replicate": list(streams.replicates), "method": "rule"}
    return pd.DataFrame(
        rows | {word: [float(v == word) for v in verdicts] for word in ("supported", "refuted", "undecided")}
    )


def _equivalence(factors: dict, streams: Streams) -> list[str]:
    """A claim that the mean is 0 within 0.1, the truth `bias`, replicates normal, the mean with standard error `error`."""
    sd = factors["error"] * np.sqrt(REPLICATES)
    data = factors["bias"] + sd * streams.draw(lambda rng: rng.standard_normal(REPLICATES), "data")
    return [_verdict("equivalence", montecarlo.estimate("mean", x), 0.0, MARGIN) for x in data]


def _share(factors: dict, streams: Streams) -> list[str]:
    """A claim that a share is at least 0.95 within 0.02, the truth `share`."""
    hits = streams.draw(lambda rng: rng.random(factors["size"]), "data") < factors["share"]
    return [_verdict("at_least", montecarlo.estimate("proportion", x), SHARE, SLACK) for x in hits]


def _verdict(kind: str, estimate: Estimate, theory: float, margin: float) -> str:
    return claims.decide(*claims.p_values(kind, estimate, theory, margin))


MEASURES = tuple(
    Measure(word, f"share of verdicts {word}", "proportion") for word in ("supported", "refuted", "undecided")
)


def wrong(evidence: Evidence, part: str, **factors: object) -> Estimate:
    """Share of claims that are false, at the border, and yet supported: the worst cell."""
    found = [e for _, e in _cells(evidence, "supported", part=part, **factors)]
    return montecarlo.worst(found, claims.LEVEL, SIZE_MARGIN, "at_most")


def against_theory(evidence: Evidence, measure: str) -> Estimate:
    """Observed share minus the share of theory, in the cell where they are farthest apart."""
    formula = {"supported": verdict_rates.tost_power, "refuted": verdict_rates.refutation_power}[measure]
    found = []
    for cell, e in _cells(evidence, measure, part="equivalence"):
        expected = formula(cell["bias"], cell["error"], MARGIN, REPLICATES - 1)
        error = max(e.mcse, np.sqrt(expected * (1 - expected) / e.replicates))
        found.append(Estimate(e.value - expected, error, e.replicates, e.failed))
    return montecarlo.worst(found, 0.0, POWER_MARGIN)


def power(evidence: Evidence, bias: float, error: float) -> Estimate:
    """Share supported in one cell."""
    return _cells(evidence, "supported", part="equivalence", bias=bias, error=error)[0][1]


def _cells(evidence: Evidence, measure: str, **factors: object) -> list[tuple[dict, Estimate]]:
    rows = evidence.table(measure=measure, **factors).to_dict("records")
    return [(r, Estimate(r["estimate"], r["mcse"], r["replicates"], r["failed"], law="binomial")) for r in rows]


CLAIMS = (
    Claim(
        "MCM2.size",
        "A claim of equivalence that is false, the truth standing on the margin of 0.1, is supported at most 5 % of "
        "the time "
        "whatever the Monte Carlo error (0.02 to 0.1).",
        "at_most",
        claims.LEVEL,
        SIZE_MARGIN,
        functools.partial(wrong, part="equivalence", bias=MARGIN),
        "Schuirmann 1987",
    ),
    Claim(
        "MCM2.size_share",
        "A claim that a share is at least 0.95 within 0.02 is supported at most 5 % of the time when the share is "
        "0.93.",
        "at_most",
        claims.LEVEL,
        SIZE_MARGIN,
        functools.partial(wrong, part="share", share=BORDER),
        "Clopper and Pearson 1934",
    ),
    *(
        Claim(
            f"MCM2.{measure}",
            f"The share of equivalence claims that are {measure} is that of the t tests within 0.03 for every truth "
            f"and error.",
            "equivalence",
            0.0,
            POWER_MARGIN,
            functools.partial(against_theory, measure=measure),
            "Schuirmann 1987",
        )
        for measure in ("supported", "refuted")
    ),
    Claim(
        "MCM2.design",
        "A true claim of equivalence whose Monte Carlo error is 0.342 times its margin is supported 80 % of the time.",
        "equivalence",
        claims.POWER,
        POWER_MARGIN,
        functools.partial(power, bias=0.0, error=0.0342),
        "derived here: 2Φ(1/0.342 − 1.645) − 1 = 0.80",
    ),
)


def draw(evidence: Evidence, figure: Canvas) -> None:
    """Shares of verdicts by Monte Carlo error, one line for each truth, with theory."""
    axes = figure.subplots(1, 2, sharey=True)
    errors = np.geomspace(0.015, 0.11, 60)
    formulas = {"supported": verdict_rates.tost_power, "refuted": verdict_rates.refutation_power}
    for panel, (measure, formula) in zip(axes, formulas.items(), strict=True):
        table = evidence.table(measure=measure, part="equivalence")
        for k, (bias, lines) in enumerate(table.groupby("bias", sort=True)):
            look = style.nth(k)
            expected = [formula(bias, e, MARGIN, REPLICATES - 1) for e in errors]  # pyright: ignore[reportArgumentType]
            panel.plot(errors, expected, **look | {"marker": "", "linewidth": 0.8})
            ends = np.stack([lines["estimate"] - lines["lower"], lines["upper"] - lines["estimate"]])
            panel.errorbar(
                lines["error"], lines["estimate"], yerr=ends, label=f"truth {bias:g}", **look | {"linestyle": ""}
            )
        panel.axhline(claims.LEVEL, color="0.6", linewidth=0.6)
        panel.set(xlabel="Monte Carlo standard error", ylabel=f"share {measure}", ylim=(-0.03, 1.03))
    axes[0].legend()


FIGURES = (
    Figure(
        "verdict_rule",
        "How often an equivalence claim with margin 0.1 is supported (left) and refuted (right), by the standard "
        "error of its "
        "measurement, when the truth deviates by 0, 0.05, 0.1 (the margin) and 0.2. Lines: theory of the two "
        "one-sided t tests; "
        "points: the rule as this package applies it, with Wilson intervals; grey: 5 %.",
        draw,
        "two-column",
        2.6,
    ),
)

STUDY = Study(
    name="verdict_rule",
    family="monte_carlo",
    title="Operating characteristics of a verdict",
    aims="To find out how often a verdict is wrong, and what Monte Carlo error it needs.",
    mechanisms="Normal replicates whose mean has a known standard error `error` and deviates by `bias` from a claim "
    "with margin 0.1 "
    "(`part` equivalence); zeros and ones with probability `share` against a claim of at least 0.95 within 0.02 "
    "(`part` share).",
    estimands="The probability of each verdict.",
    methods={
        "rule": "two one-sided tests of level 5 % to support, a two-sided test of level 5 % to refute; exact tails "
        "for shares"
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="One claim alone; the adjustment over a ledger is the matter of the study `multiplicity`.",
    block=1000,
)
