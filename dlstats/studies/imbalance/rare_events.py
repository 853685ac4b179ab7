"""Rare events: is the bias of logistic regression what theory says, and do its corrections and redesigns work?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams, generator
from dlstats.studies.imbalance._claims import statistic_of, value_of
from dlstats.theory import rare_events as theory

SETTINGS = ((100, 0.1), (200, 0.05), (500, 0.02))
BETA = np.array([-3.0, 1.0])
POPULATION_BETA = np.array([-6.0, 1.0])
PRIOR, DISTANCE, TEST = 0.1, 2.0, 2000
"""Label shift: prior of the test data, distance of the Gaussians, test points; the training prior is 1/2."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Part `intercept` (exact), `covariate`, `case_control` or `label_shift`."""
    return PARTS[factors["part"]](factors, streams)


def _intercept(factors: dict, streams: Streams) -> pd.DataFrame:
    rows = []
    for n, p in SETTINGS:
        first, whole = theory.intercept_bias(n, p), theory.intercept_bias_exact(n, p)
        rows += [{"method": f"exact_{n}", "value": whole}, {"method": f"first_order_{n}", "value": first}]
        rows += [{"method": f"relative_{n}", "value": whole / first - 1}]
    return pd.DataFrame([{"replicate": r, **row} for r in streams.replicates for row in rows])


def _covariate(factors: dict, streams: Streams) -> pd.DataFrame:
    """Maximum likelihood, King and Zeng's correction and Firth's penalty on one fixed design of n points."""
    from dlstats.methods import logistic

    n = factors["n"]
    design = generator(streams.seed, streams.study, "design", 0, {"n": n}).normal(size=n)
    x = np.column_stack([np.ones(n), design])[None]
    p = 1 / (1 + np.exp(-(x[0] @ BETA)))
    y = streams.draw(lambda rng: (rng.random(n) < p).astype(float), "data", n=n)
    formula = logistic.first_order_bias(x, BETA[None])[0]
    plain, firth = logistic.fit(x, y), logistic.fit(x, y, firth=True)
    corrected = plain.beta - logistic.first_order_bias(x, plain.beta)
    found = {
        "mle": (plain.beta, plain.status),
        "king_zeng": (corrected, plain.status),
        "firth": (firth.beta, firth.status),
    }
    frames = []
    for name, (beta, status) in found.items():
        error = beta - BETA
        columns = {"replicate": list(streams.replicates), "method": name, "status": status}
        columns |= {"intercept_error": error[:, 0], "slope_error": error[:, 1]}
        if name == "mle":
            columns |= {"intercept_ratio": error[:, 0] / formula[0], "slope_ratio": error[:, 1] / formula[1]}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames).sort_values("replicate", kind="stable").reset_index(drop=True)


def _case_control(factors: dict, streams: Streams) -> pd.DataFrame:
    """All cases of a population and two controls for each; the intercept corrected by the population's prevalence."""
    from dlstats.methods import logistic

    size, controls = factors["population"], factors["controls"]
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("data", **factors), strict=True):
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


def _label_shift(factors: dict, streams: Streams) -> pd.DataFrame:
    """The test prior by maximum likelihood (what EM converges to) and from the confusion of the trained rule."""
    prior, distance, n = factors["prior"], factors["distance"], factors["n"]

    def draw(rng: np.random.Generator) -> np.ndarray:
        return rng.normal(size=n) + (np.where(rng.random(n) < prior, 0.5, -0.5)) * distance

    x = streams.draw(draw, "data", **factors)
    ratio = np.exp(distance * x)
    lower, upper = np.full((len(x), 1), 1e-9), np.full((len(x), 1), 1 - 1e-9)
    for _ in range(50):
        middle = (lower + upper) / 2
        rising = ((ratio - 1) / (1 + middle * (ratio - 1))).mean(axis=1, keepdims=True) > 0
        lower, upper = np.where(rising, middle, lower), np.where(rising, upper, middle)
    recall = 0.5 * (1 + math.erf(distance / 2 / math.sqrt(2)))
    confusion = ((x > 0).mean(axis=1) - (1 - recall)) / (2 * recall - 1)
    found = {"likelihood": middle[:, 0], "confusion": confusion}
    frames = [
        pd.DataFrame({"replicate": list(streams.replicates), "method": m, "prior_found": v}) for m, v in found.items()
    ]
    return pd.concat(frames).sort_values("replicate", kind="stable").reset_index(drop=True)


PARTS = {"intercept": _intercept, "covariate": _covariate, "case_control": _case_control, "label_shift": _label_shift}


def _variance_difference(evidence: Evidence):
    """Variance of the likelihood estimate minus that of the confusion one, paired by replicate."""
    from dlstats import montecarlo

    squares = []
    for method in ("likelihood", "confusion"):
        values = evidence.rows(part="label_shift", method=method)["prior_found"].to_numpy()
        squares.append((values - values.mean()) ** 2)
    return montecarlo.estimate("mean", squares[0] - squares[1])


KING, PRENTICE = "King and Zeng 2001; Cordeiro and McCullagh 1991", "Prentice and Pyke 1979"
SHIFT = "Saerens, Latinne and Decaestecker 2002; Lipton, Wang and Smola 2018"
BOUND, SPREAD = theory.label_shift_sd(PRIOR, DISTANCE, TEST), theory.confusion_sd(PRIOR, DISTANCE, TEST)
WORDS = "with n = 200 and β = (−3, 1)"


def _bias(name: str, what: str, column: str, method: str, value: float, margin: float, statement: str) -> Claim:
    measure = statistic_of("mean", column, method, part="covariate")
    return Claim(f"IMB15.{name}", statement.format(what=what), "equivalence", value, margin, measure, KING, "JSM")


CLAIMS = (
    *(
        Claim(
            "IMB15" if n == 100 else f"IMB15.intercept_{n}",
            f"The log-odds of a frequency (n = {n}, p = {p}) are biased by (p − 1/2)/(n p (1 − p)): relative difference of "
            "the exact bias, given that the estimate exists.",
            "identity", 0, 0.2, value_of(f"relative_{n}", part="intercept"), "McCullagh and Nelder 1989", "JSM",
        )
        for n, p in SETTINGS
    ),
    *(
        _bias(f"{what}", what, f"{what}_ratio", "mle", 1, 0.2,
              f"The bias of the {{what}} by maximum likelihood {WORDS} is what the first-order formula says: their ratio is 1.")
        for what in ("intercept", "slope")
    ),
    *(
        _bias(f"{method}_{what}", what, f"{what}_error", method, 0, 0.02, f"{words} leaves no bias of the {{what}}, {WORDS}.")
        for method, words in (("king_zeng", "King and Zeng's correction"), ("firth", "Firth's penalty"))
        for what in ("intercept", "slope")
    ),
    Claim(
        "IMB16", "Sampling by case status leaves the slope of logistic regression at 1.", "equivalence", 1, 0.05,
        statistic_of("mean", "slope", "case_control", part="case_control"), PRENTICE, "JSM",
    ),
    Claim(
        "IMB16.intercept",
        "The intercept of case-control sampling is right after subtracting ln((1 − τ)/τ · ȳ/(1 − ȳ)): −6.",
        "equivalence", -6, 0.05, statistic_of("mean", "corrected_intercept", "case_control", part="case_control"),
        PRENTICE, "JSM",
    ),
    Claim(
        "IMB17", "Under label shift from prior 0.5 to 0.1 maximum likelihood (EM) finds the prior 0.1.",
        "equivalence", 0.1, 0.005, statistic_of("mean", "prior_found", "likelihood", part="label_shift"), SHIFT,
    ),
    Claim(
        "IMB17.efficient",
        f"The prior found by EM has as standard deviation the Cramér-Rao bound {BOUND:.6f}: their ratio lies in [0.9, 1.12].",
        "equivalence", 1.01, 0.11,
        statistic_of("empirical_se", "prior_found", "likelihood", 1 / BOUND, part="label_shift"), SHIFT,
    ),
    Claim(
        "IMB17.confusion",
        f"The estimate from the confusion matrix (BBSE) has standard deviation {SPREAD:.6f}.",
        "equivalence", SPREAD, 0.05 * SPREAD,
        statistic_of("empirical_se", "prior_found", "confusion", part="label_shift"), SHIFT,
    ),
    Claim(
        "IMB17.order", "Maximum likelihood has the smaller variance of the two.", "at_most", 0, 0, _variance_difference, SHIFT
    ),
)  # fmt: skip


def draw_bias(evidence: Evidence, figure) -> None:
    """Bias of the coefficients by method, and the law of the two estimates of the prior."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    for index, column in enumerate(("intercept_error", "slope_error")):
        table = evidence.table(part="covariate", measure=column, statistic="mean").set_index("method").loc[list(BIASED)]
        place = np.arange(len(table)) + 0.12 * (2 * index - 1)
        look = style.nth(index) | {"linestyle": ""}
        left.errorbar(place, table["estimate"], yerr=2 * table["mcse"], label=column.split("_")[0], **look)
    left.axhline(0, color="0.7", linewidth=0.6)
    left.set_xticks(range(len(BIASED)), [METHODS[m] for m in BIASED])
    left.set_ylabel("bias")
    left.legend()
    rows = evidence.rows(part="label_shift")
    for index, name in enumerate(("likelihood", "confusion")):
        values = np.sort(rows[rows["method"] == name]["prior_found"])
        look = style.nth(index) | {"marker": ""}
        right.plot(values, np.arange(1, len(values) + 1) / len(values), label=METHODS[name], **look)
    right.axvline(PRIOR, color="0.7", linewidth=0.6)
    right.set_xlabel("prior found")
    right.set_ylabel("distribution function")
    right.legend()


METHODS = {
    "mle": "maximum likelihood",
    "king_zeng": "King–Zeng",
    "firth": "Firth",
    "case_control": "case-control sampling",
    "likelihood": "likelihood (EM)",
    "confusion": "confusion matrix (BBSE)",
}
BIASED = ("mle", "king_zeng", "firth")

STUDY = Study(
    name="rare_events",
    family="imbalance",
    title="Logistic regression of rare events",
    aims="Check the small-sample bias of logistic regression, its corrections, case-control sampling and label shift.",
    mechanisms="Bernoulli responses of a logistic model, one fixed design; a large population; two Gaussians.",
    estimands="Bias of intercept and slope; the prior of unlabelled test data.",
    methods=METHODS,
    measures=(
        *(Measure(f"{what}_error", f"bias of the {what}") for what in ("intercept", "slope")),
        *(Measure(f"{what}_ratio", f"bias of the {what} / formula") for what in ("intercept", "slope")),
        Measure("slope", "slope"),
        Measure("corrected_intercept", "corrected intercept"),
        Measure("prior_found", "prior found"),
        Measure("prior_found", "prior found", "empirical_se"),
        Measure("value", "value of the check", "exact"),
    ),
    simulate=simulate,
    claims=CLAIMS,
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
    block=1000,
)
