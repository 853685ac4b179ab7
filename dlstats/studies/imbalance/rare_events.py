"""Rare events: is the bias of logistic regression what theory says, and do its corrections and redesigns work?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Theorem
from dlstats.protocol.readers import difference, value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams, generator
from dlstats.studies.frames import stacked
from dlstats.theory import rare_events as theory

SETTINGS = ((100, 0.1), (200, 0.05), (500, 0.02))
BETA = np.array([-3.0, 1.0])
POPULATION_BETA = np.array([-6.0, 1.0])
PRIOR, DISTANCE, TEST = 0.1, 2, 2000
"""Label shift: prior of the test data, distance of the Gaussians, test points; the training prior is 1/2."""


def simulate_covariate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Maximum likelihood, King and Zeng's correction and Firth's penalty on one fixed design of n points."""
    from dlstats.methods import logistic

    n = condition.n
    design = generator(streams.seed, streams.study, "design", 0, {"n": n}).normal(size=n)
    x = np.column_stack([np.ones(n), design])[None]
    p = 1 / (1 + np.exp(-(x[0] @ BETA)))
    y = streams.draw(lambda rng: (rng.random(n) < p).astype(float), "data", n=n)
    formula = logistic.first_order_bias(x, BETA[None])[0]
    plain, firth = logistic.fit(x, y), logistic.fit(x, y, firth=True)
    fits = {
        "mle": (plain.beta, plain.status),
        "king_zeng": (plain.beta - logistic.first_order_bias(x, plain.beta), plain.status),
        "firth": (firth.beta, firth.status),
    }
    columns = {}
    for name, (beta, status) in fits.items():
        error = beta - BETA
        columns[name] = {"status": status, "intercept_error": error[:, 0], "slope_error": error[:, 1]}
    ratios = {f"{what}_ratio": columns["mle"][f"{what}_error"] / formula[k] for k, what in enumerate(COEFFICIENTS)}
    columns["mle"] |= ratios
    return stacked(streams, columns)


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


def simulate_label_shift(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The test prior by maximum likelihood (what EM converges to) and from the confusion of the trained rule."""
    prior, distance, n = condition.prior, condition.distance, condition.n

    def draw(rng: np.random.Generator) -> np.ndarray:
        return rng.normal(size=n) + (np.where(rng.random(n) < prior, 0.5, -0.5)) * distance

    x = streams.draw(draw, "data", part="label_shift", **condition)
    ratio = np.exp(distance * x)
    lower, upper = np.full((len(x), 1), 1e-9), np.full((len(x), 1), 1 - 1e-9)
    for _ in range(50):
        middle = (lower + upper) / 2
        rising = ((ratio - 1) / (1 + middle * (ratio - 1))).mean(axis=1, keepdims=True) > 0
        lower, upper = np.where(rising, middle, lower), np.where(rising, upper, middle)
    recall = 0.5 * (1 + math.erf(distance / 2 / math.sqrt(2)))
    confusion = ((x > 0).mean(axis=1) - (1 - recall)) / (2 * recall - 1)
    return stacked(streams, {"likelihood": {"prior_found": middle[:, 0]}, "confusion": {"prior_found": confusion}})


COEFFICIENTS = ("intercept", "slope")
COVARIATE = Experiment(
    simulate=simulate_covariate,
    factors={"n": Factor("sample size", int, symbol="n", at_least=3)},
    methods={
        "mle": Method("maximum likelihood", "logistic regression as it is"),
        "king_zeng": Method("King–Zeng", "maximum likelihood less its first-order bias at the estimate", "king_zeng"),
        "firth": Method("Firth", "the likelihood times the root of the determinant of the information", "firth"),
    },
    measures=(
        *(Measure(f"{what}_error", f"bias of the {what}") for what in COEFFICIENTS),
        *(Measure(f"{what}_ratio", f"bias of the {what} / formula") for what in COEFFICIENTS),
    ),
    block=1000,
)
CASE_CONTROL = Experiment(
    simulate=simulate_case_control,
    factors={
        "population": Factor("points of the population", int, at_least=1),
        "controls": Factor("controls per case", int, at_least=1),
    },
    methods={"case_control": Method("case-control sampling", "logistic regression on all cases and some controls for each")},
    measures=(Measure("slope", "slope"), Measure("corrected_intercept", "corrected intercept")),
    block=1000,
)  # fmt: skip
LABEL_SHIFT = Experiment(
    simulate=simulate_label_shift,
    factors={
        "prior": Factor("prior of the test data", float, symbol=r"\pi", above=0, below=1),
        "distance": Factor("distance of the means", int, symbol="D", above=0),
        "n": Factor("test points", int, symbol="n", at_least=1),
    },
    methods={
        "likelihood": Method("likelihood (EM)", "the prior that maximises the likelihood of the test inputs"),
        "confusion": Method("confusion matrix (BBSE)", "the rate of positive decisions, corrected by recall and false alarms"),
    },
    measures=(Measure("prior_found", "prior found"), Measure("prior_found", "prior found", "empirical_se")),
    contrasts=(Contrast("prior_found", "likelihood", "confusion", "difference", "variance"),),
    block=1000,
)  # fmt: skip

JSM = ("JSM",)
KING, PRENTICE, SHIFT = Theorem("king2001"), Theorem("prentice1979"), Theorem("saerens2002")
BOUND, SPREAD = theory.label_shift_sd(PRIOR, DISTANCE, TEST), theory.confusion_sd(PRIOR, DISTANCE, TEST)
WORDS = "with n = 200 and β = (−3, 1)"
CLAIMS = (
    *(
        Claim(
            f"IMB15.{what}",
            f"The bias of the {what} by maximum likelihood {WORDS} is what the first-order formula says: their ratio is "
            "{theory}.",
            equals(1, 0.2), value(f"{what}_ratio", method="mle"), KING, JSM,
        )
        for what in COEFFICIENTS
    ),
    *(
        Claim(
            f"IMB15.{method}_{what}", f"{words} leaves no bias of the {what}, {WORDS}.",
            equals(0, 0.02), value(f"{what}_error", method=method), KING, JSM,
        )
        for method, words in (("king_zeng", "King and Zeng's correction"), ("firth", "Firth's penalty"))
        for what in COEFFICIENTS
    ),
    Claim(
        "IMB16", "Sampling by case status leaves the slope of logistic regression at {theory}.",
        equals(1, 0.05), value("slope"), PRENTICE, JSM,
    ),
    Claim(
        "IMB16.intercept",
        "The intercept of case-control sampling is right after subtracting ln((1 − τ)/τ · ȳ/(1 − ȳ)): −6.",
        equals(-6, 0.05), value("corrected_intercept"), PRENTICE, JSM,
    ),
    Claim(
        "IMB17", "Under label shift from prior 0.5 to 0.1 maximum likelihood (EM) finds the prior {theory}.",
        equals(0.1, 0.005), value("prior_found", "mean", method="likelihood"), SHIFT,
    ),
    Claim(
        "IMB17.efficient",
        f"The prior found by EM has as standard deviation the Cramér-Rao bound {BOUND:.6f}: their ratio lies in [0.9, 1.12].",
        equals(1.01, 0.11), value("prior_found", "empirical_se", method="likelihood").over_theory(BOUND), SHIFT,
    ),
    Claim(
        "IMB17.confusion", "The estimate from the confusion matrix (BBSE) has standard deviation {theory:.6f}.",
        equals(SPREAD, 0.05 * SPREAD), value("prior_found", "empirical_se", method="confusion"), Theorem("lipton2018"),
    ),
    Claim(
        "IMB17.order", "Maximum likelihood has the smaller variance of the two.",
        at_most(0), difference("prior_found", "likelihood", "confusion", "variance"), SHIFT,
    ),
)  # fmt: skip


def relative_bias(n: int, p: float) -> float:
    """Exact bias of the log-odds of a frequency over the first-order formula, less 1."""
    return theory.intercept_bias_exact(n, p) / theory.intercept_bias(n, p) - 1


CHECKS = tuple(
    Check(
        "IMB15" if n == 100 else f"IMB15.intercept_{n}",
        f"The log-odds of a frequency (n = {n}, p = {p}) are biased by (p − 1/2)/(n p (1 − p)): relative difference of "
        "the exact bias, given that the estimate exists.",
        equals(0, 0.2),
        lambda n=n, p=p: relative_bias(n, p),
        Theorem("mccullagh1989"),
        JSM,
    )
    for n, p in SETTINGS
)


def draw_bias(evidence: Evidence, figure) -> None:
    """Bias of the coefficients by method, and the distribution of the two estimates of the prior."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    methods = COVARIATE.methods
    for index, what in enumerate(COEFFICIENTS):
        table = evidence.table("covariate", measure=f"{what}_error", statistic="mean").set_index("method")
        table = table.loc[list(methods)]
        place = np.arange(len(table)) + 0.12 * (2 * index - 1)
        look = style.nth(index) | {"linestyle": ""}
        left.errorbar(place, table["estimate"], yerr=2 * table["mcse"], label=what, **look)
    left.axhline(0, color="0.7", linewidth=0.6)
    left.set_xticks(range(len(methods)), [method.label for method in methods.values()])
    left.set_ylabel("bias")
    left.legend()
    for index, (name, method) in enumerate(LABEL_SHIFT.methods.items()):
        values = np.sort(evidence.rows("label_shift", method=name)["prior_found"])
        look = style.nth(index) | {"marker": ""}
        right.plot(values, np.arange(1, len(values) + 1) / len(values), label=method.label, **look)
    right.axvline(PRIOR, color="0.7", linewidth=0.6)
    right.set(xlabel="prior found", ylabel="distribution function")
    right.legend()


def _design(covariate: int, population: int, case_control: int, label_shift: int) -> dict:
    return {
        "covariate": grid(n=200, replicates=covariate),
        "case_control": grid(population=population, controls=2, replicates=case_control),
        "label_shift": grid(prior=PRIOR, distance=DISTANCE, n=TEST, replicates=label_shift),
    }


STUDY = Study(
    title="Logistic regression of rare events",
    aims="Check the small-sample bias of logistic regression, its corrections, case-control sampling and label shift.",
    mechanisms="Bernoulli responses of a logistic model, one fixed design; a large population; two Gaussians.",
    estimands="Bias of intercept and slope; the prior of unlabelled test data.",
    experiments={"covariate": COVARIATE, "case_control": CASE_CONTROL, "label_shift": LABEL_SHIFT},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "imbalance_rare_events",
            "Left: bias of logistic regression with 200 points and about 20 events. Right: two estimates of the prior of "
            "2,000 unlabelled points; the grey line is the truth. Bars: two Monte Carlo standard errors.",
            draw_bias,
            "two-column",
            2.6,
        ),
    ),
    limits="The bias given that the estimate exists; one design is drawn and kept.",
    designs={
        "smoke": _design(200, 20000, 4, 50),
        "standard": _design(20000, 200000, 200, 5000),
        "paper": _design(100000, 200000, 2000, 20000),
    },
)
