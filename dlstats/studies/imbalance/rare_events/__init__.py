"""Rare events: is the bias of logistic regression what theory says, and do its corrections and redesigns work?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import Reader, value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams, generator
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._limits import at_limit
from dlstats.studies.imbalance.rare_events import label_shift
from dlstats.theory import rare_events as theory

PREVALENCES = (0.1, 0.05, 0.02)
EVENTS = 100
"""Expected events of the frequencies whose log-odds are computed exactly."""
BETA = np.array([-3.0, 1.0])
POPULATION_BETA = np.array([-6.0, 1.0])
COEFFICIENTS = ("intercept", "slope")


def simulate_covariate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Maximum likelihood, King and Zeng's correction and Firth's penalty on one fixed design of n points.

    From every error the first two terms of the expansion are subtracted, whose means are 0 and the first-order bias.
    """
    from dlstats.methods import logistic

    n = condition.n
    design = generator(streams.seed, streams.study, "design", 0, {"n": n}).normal(size=n)
    x = np.column_stack([np.ones(n), design])
    p = 1 / (1 + np.exp(-(x @ BETA)))
    y = streams.draw(lambda rng: (rng.random(n) < p).astype(float), "data", n=n)
    formula = logistic.first_order_bias(x[None], BETA[None])[0]
    linear, quadratic = _expansion(x, y, p)
    plain, firth = logistic.fit(x[None], y), logistic.fit(x[None], y, firth=True)
    fits = {
        "mle": (plain.beta, plain.status),
        "king_zeng": (plain.beta - logistic.first_order_bias(x[None], plain.beta), plain.status),
        "firth": (firth.beta, firth.status),
    }
    columns = {}
    for name, (beta, status) in fits.items():
        ratio = (beta - BETA - linear - quadratic + formula) / formula
        columns[name] = {"status": status, "intercept_ratio": ratio[:, 0], "slope_ratio": ratio[:, 1]}
    return stacked(streams, columns)


def _expansion(x: np.ndarray, y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The linear and the quadratic term of the error of maximum likelihood, both (reps, 2)."""
    w = p * (1 - p)
    inverse = np.linalg.inv((x.T * w) @ x)
    linear = _times(_times(y - p, x), inverse)
    quadratic = _times(linear, x.T) ** 2 * (w * (1 - 2 * p))
    return linear, -0.5 * _times(_times(quadratic, x), inverse)


def _times(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a b row by row: a product of matrices would round a replicate by how many are beside it."""
    return (a[:, :, None] * b).sum(axis=1)


def simulate_case_control(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """All cases of a population and some controls for each; the intercept corrected by the population's prevalence."""
    from dlstats.methods import logistic

    size, controls, rows = condition.population, condition.controls, []
    generators = streams.generators("data", part="case_control", **condition)
    for replicate, rng in zip(streams.replicates, generators, strict=True):
        x = rng.normal(size=size)
        case = rng.random(size) < 1 / (1 + np.exp(-(POPULATION_BETA[0] + POPULATION_BETA[1] * x)))
        cases, pool = x[case], x[~case]
        chosen = rng.choice(pool, size=controls * len(cases), replace=False)
        sample = np.concatenate([cases, chosen])
        y = (np.arange(len(sample)) < len(cases)).astype(float)
        fit = logistic.fit(np.column_stack([np.ones(len(sample)), sample])[None], y[None])
        shift = theory.case_control_offset(len(cases) / size, 1 / (1 + controls))
        row = {"replicate": replicate, "method": "case_control", "status": fit.status[0], "slope": fit.beta[0, 1]}
        rows.append(row | {"intercept": fit.beta[0, 0], "corrected_intercept": fit.beta[0, 0] - shift})
    return pd.DataFrame(rows)


COVARIATE = Experiment(
    simulate=simulate_covariate,
    factors={"n": Factor("sample size", int, symbol="n", at_least=3)},
    methods={
        "mle": Method("maximum likelihood", "logistic regression as it is"),
        "king_zeng": Method("King–Zeng", "maximum likelihood less its first-order bias at the estimate", "king_zeng"),
        "firth": Method("Firth", "the likelihood times the root of the determinant of the information", "firth"),
    },
    measures=tuple(Measure(f"{what}_ratio", f"bias of the {what} / first order") for what in COEFFICIENTS),
    block=1000,
)
CASE_CONTROL = Experiment(
    simulate=simulate_case_control,
    factors={
        # 41 cases are expected of 10,000 points: there is no case, or are not enough controls, once in 10^14 samples
        "population": Factor("points of the population", int, at_least=10_000),
        "controls": Factor("controls per case", int, at_least=1, at_most=100),
    },
    methods={"case_control": Method("case-control sampling", "logistic regression on all cases and some controls for each")},
    measures=(Measure("slope", "slope"), Measure("corrected_intercept", "corrected intercept")),
    block=1000,
)  # fmt: skip
JSM = ("JSM",)
BIAS = Derived("rare-events.md#bias-of-logistic-regression")
SAMPLING = Derived("rare-events.md#case-control-sampling")
CORRECTED = {"king_zeng": "King and Zeng's correction", "firth": "Firth's penalty"}
UNBIASED = "the bias of the {what} of logistic regression over its first-order bias tends to {theory} as n grows (β = (−3, 1))."


def _limit(
    name: str, statement: str, expected: float, margin: float, reader: Reader, over: str, origin: Derived, **numbers
):
    return Claim(
        name, statement, equals(expected, margin), at_limit(reader, over), origin, JSM, numbers, "asymptotic"
    )  # fmt: skip


CLAIMS = (
    *(
        _limit(
            f"IMB15.{what}", f"By maximum likelihood {UNBIASED}", 1, 0.05,
            value(f"{what}_ratio", method="mle"), "n", BIAS, what=what,
        )
        for what in COEFFICIENTS
    ),
    *(
        _limit(
            f"IMB15.{method}_{what}", f"With {text} {UNBIASED}", 0, 0.05,
            value(f"{what}_ratio", method=method), "n", BIAS, what=what,
        )
        for method, text in CORRECTED.items()
        for what in COEFFICIENTS
    ),
    _limit(
        "IMB16", "With all cases and two controls for each, the slope of logistic regression tends to its value in the "
        "population, {theory}.",
        1, 0.03, value("slope"), "population", SAMPLING,
    ),
    _limit(
        "IMB16.intercept",
        "With all cases and two controls for each, the intercept less ln((1 − τ)/τ · ȳ/(1 − ȳ)), with τ the proportion of "
        "cases in the population and ȳ that in the sample, tends to its value in the population, {theory}.",
        -6, 0.03, value("corrected_intercept"), "population", SAMPLING,
    ),
)  # fmt: skip


def remainders() -> dict[str, float]:
    """Exact bias of the log-odds of a frequency, less the first order, over the second order, less 1; by prevalence."""
    gaps = {}
    for p in PREVALENCES:
        n = round(EVENTS / p)
        relative = theory.intercept_bias_exact(n, p) / theory.intercept_bias(n, p) - 1
        gaps[str(p)] = relative * n * p * (1 - p) / (5 / 6 - p * (1 - p)) - 1
    return gaps


CHECKS = (
    Check(
        "IMB15",
        "The log-odds of a frequency are biased by (p − 1/2)/(npq), and relative to that by (5/6 − pq)/(npq) more, q = 1 − p: "
        "relative difference of the second term from the exact bias, given that the estimate exists, with "
        f"{EVENTS} expected events and p = 0.1, 0.05 and 0.02.",
        equals(0, 0.05), remainders, Derived("rare-events.md#log-odds-of-a-frequency"), JSM,
    ),
)  # fmt: skip


def draw_bias(evidence: Evidence, figure) -> None:
    """Bias over its first order by method, and the distribution of the estimates of the prior."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    for name, method in COVARIATE.methods.items():
        for what, line in zip(COEFFICIENTS, style.LINES[:2], strict=True):
            table = evidence.table("covariate", measure=f"{what}_ratio", statistic="mean", method=name).sort_values("n")
            drawn = style.of(name, method) | {"linestyle": line}
            left.errorbar(
                table["n"],
                table["estimate"],
                yerr=interval(table["estimate"], table["mcse"]),
                label=f"{method.label}, {what}",
                **drawn,
            )
    left.set(xscale="log", xlabel=evidence.axis("n", "covariate"), ylabel="bias / first-order bias")
    left.set_xticks(sizes := sorted(table["n"].unique()), [f"{n:g}" for n in sizes])
    left.minorticks_off()
    left.legend(fontsize="x-small")
    for name, method in label_shift.LABEL_SHIFT.methods.items():
        rows = evidence.rows("label_shift", method=name)
        values = np.sort(rows.loc[rows["n"] == 2000, "prior_estimate"])
        drawn = style.of(name, method) | {"marker": ""}
        right.plot(values, np.arange(1, len(values) + 1) / len(values), label=method.label, **drawn)
    right.axvline(label_shift.PRIOR, color="0.7", linewidth=0.6)
    right.set(xlabel=evidence.axis("prior_estimate", "label_shift"), ylabel="distribution function")
    right.legend(fontsize="x-small")


SIZES = {200: 4000, 400: 1000, 800: 1000, 1600: 500, 3200: 1000}
POPULATIONS = (12500, 25000, 50000, 100000, 200000)
UNLABELLED = {250: 1000, 500: 1000, 1000: 1000, 2000: 2000, 4000: 2500}
"""Size -> replicates of the standard design; every population has 200."""


def _design(more: float) -> dict:
    def several(replicates: int) -> int:
        return math.ceil(more * replicates)

    two: dict[str, Any] = {"prior": label_shift.PRIOR, "distance": label_shift.DISTANCE}
    return {
        "covariate": [grid(n=n, replicates=several(r)) for n, r in SIZES.items()],
        "case_control": grid(population=list(POPULATIONS), controls=2, replicates=several(200)),
        "label_shift": [grid(**two, n=n, replicates=several(r)) for n, r in UNLABELLED.items()],
    }


STUDY = Study(
    title="Logistic regression of rare events",
    aims="Check the small-sample bias of logistic regression, its corrections, case-control sampling and label shift.",
    mechanisms="Bernoulli responses of a logistic model, one fixed design; a large population; two Gaussians.",
    estimands="Bias of intercept and slope; the prior of unlabelled test data.",
    compared_by="label_shift.squared_error",
    experiments={"covariate": COVARIATE, "case_control": CASE_CONTROL, "label_shift": label_shift.LABEL_SHIFT},
    claims=(*CLAIMS, *label_shift.CLAIMS),
    checks=CHECKS,
    figures=(
        Figure(
            "imbalance_rare_events",
            "Left: bias of logistic regression over its first-order value; the corrections leave none of that order. Right: "
            "estimates of the prior from 2,000 unlabelled points; grey: the truth. The steeper a curve, the better the estimate. "
            "Bars: 95 % intervals.",
            draw_bias,
            "two-column",
            2.6,
        ),
    ),
    limits="The bias given that the estimate exists; one design of each size is drawn and kept. Linear logits throughout.",
    designs={"smoke": _design(0.01), "standard": _design(1), "paper": _design(5)},
)
