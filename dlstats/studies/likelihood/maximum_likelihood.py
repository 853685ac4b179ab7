"""How near is maximum likelihood to the Cramér-Rao bound, and what does the likelihood of another distribution cost?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import by_replicate
from dlstats.theory import information as theory

SIZES = [25, 51, 101, 401, 1601]
SHAPE, RATE, COUNT, SIZE = 2.5, 1.6, 3.0, 2.0
"""Shape of the gamma, rate of the exponential, mean of the counts, and k of the negative binomial distribution."""
DIRECTION, CONCENTRATION = 0.5, 2.0
Estimator = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A distribution, and what is estimated: (method, parameter) -> estimator of rows, truth, Cramér-Rao bound of n Var."""

    label: str
    draw: Callable[[np.random.Generator, int], np.ndarray]
    estimated: dict[tuple[str, str], tuple[Estimator, float, float]]


def _mean(y: np.ndarray) -> np.ndarray:
    return y.mean(axis=1)


def _median(y: np.ndarray) -> np.ndarray:
    return np.median(y, axis=1)


def student_location(y: np.ndarray, df: float = 3.0, steps: int = 60) -> np.ndarray:
    """Maximum likelihood of the location of Student's t, scale 1, by its weighted means from the median: (reps,)."""
    m = np.median(y, axis=1, keepdims=True)
    for _ in range(steps):
        w = 1 / (df + (y - m) ** 2)
        m = (w * y).sum(axis=1, keepdims=True) / w.sum(axis=1, keepdims=True)
    return m[:, 0]


def gamma_shape(y: np.ndarray, steps: int = 30) -> np.ndarray:
    """Maximum likelihood of the shape of a gamma distribution, rate unknown, by Newton's method: (reps,)."""
    s = np.log(y.mean(axis=1)) - np.log(y).mean(axis=1)
    a = (3 - s + np.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s)
    for _ in range(steps):
        a = a - (np.log(a) - scipy.special.digamma(a) - s) / (1 / a - scipy.special.polygamma(1, a))
    return a


def concentration(y: np.ndarray, steps: int = 60) -> np.ndarray:
    """Maximum likelihood of the concentration of a von Mises distribution, by Newton's method: (reps,)."""
    length = np.hypot(np.cos(y).mean(axis=1), np.sin(y).mean(axis=1))
    k = length * (2 - length**2) / (1 - length**2)
    for _ in range(steps):
        ratio = scipy.special.ive(1, k) / scipy.special.ive(0, k)
        k = k - (ratio - length) / (1 - ratio**2 - ratio / k)
    return k


def _direction(y: np.ndarray) -> np.ndarray:
    return np.arctan2(np.sin(y).mean(axis=1), np.cos(y).mean(axis=1))


OWN, NORMAL, LAPLACE, POISSON = "likelihood", "normal", "laplace", "poisson"
_CIRCLE = np.diag(theory.von_mises(CONCENTRATION))
CASES = {
    "normal": Case("normal", lambda g, n: g.standard_normal(n), {
        (OWN, "location"): (_mean, 0.0, 1.0),
        (OWN, "scale"): (lambda y: y.std(axis=1), 1.0, 0.5),
        (LAPLACE, "location"): (_median, 0.0, 1.0),
    }),
    "laplace": Case("Laplace", lambda g, n: g.laplace(size=n), {
        (OWN, "location"): (_median, 0.0, 1.0), (NORMAL, "location"): (_mean, 0.0, 1.0),
    }),
    "t3": Case("Student, 3 degrees", lambda g, n: g.standard_t(3, n), {
        (OWN, "location"): (student_location, 0.0, 1.5), (NORMAL, "location"): (_mean, 0.0, 1.5),
    }),
    "exponential": Case("exponential", lambda g, n: g.exponential(1 / RATE, n), {
        (OWN, "rate"): (lambda y: 1 / _mean(y), RATE, RATE**2),
    }),
    "gamma": Case("gamma", lambda g, n: g.gamma(SHAPE, size=n), {
        (OWN, "shape"): (gamma_shape, SHAPE, theory.gamma_shape_bound(SHAPE)),
    }),
    "von_mises": Case("von Mises", lambda g, n: g.vonmises(DIRECTION, CONCENTRATION, n), {
        (OWN, "location"): (_direction, DIRECTION, 1 / _CIRCLE[0]),
        (OWN, "concentration"): (concentration, CONCENTRATION, 1 / _CIRCLE[1]),
    }),
    "poisson": Case("Poisson", lambda g, n: g.poisson(COUNT, n).astype(float), {(OWN, "rate"): (_mean, COUNT, COUNT)}),
    "negative_binomial": Case(
        "negative binomial", lambda g, n: g.negative_binomial(SIZE, SIZE / (SIZE + COUNT), n).astype(float),
        {(POISSON, "rate"): (_mean, COUNT, COUNT)},
    ),
}  # fmt: skip


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """n times the squared error over the Cramér-Rao bound, for every estimator of a case."""
    case = CASES[condition.case]
    y = streams.draw(lambda rng: case.draw(rng, condition.n), "data", case=condition.case, n=condition.n)
    frames = []
    for (method, parameter), (estimator, truth, bound) in case.estimated.items():
        columns = {"replicate": list(streams.replicates), "method": method, "parameter": parameter}
        frames.append(pd.DataFrame(columns | {"error": condition.n * (estimator(y) - truth) ** 2 / bound}))
    return by_replicate(frames)


ESTIMATES = Experiment(
    simulate,
    factors={
        "case": Factor("distribution of the data", str, {name: case.label for name, case in CASES.items()}),
        "n": Factor("sample size", int, symbol="n", at_least=5),
    },
    keys={"parameter": Factor("parameter", str)},
    methods={
        OWN: Method("its own likelihood", "maximum likelihood of the distribution that the data have"),
        NORMAL: Method("normal likelihood", "the mean, as squared error gives it"),
        LAPLACE: Method("Laplace likelihood", "the median, as absolute error gives it"),
        POISSON: Method("Poisson likelihood", "the mean of counts, with the variance that a Poisson distribution has"),
    },
    measures=(Measure("error", "n times mean squared error over the reference variance"),),
    block=500,
)

MIDDLE = SIZES[-2]
EXACT = {
    ("normal", "location"): lambda n: 1.0,
    ("normal", "scale"): theory.normal_scale_error,
    ("exponential", "rate"): theory.exponential_rate_error,
    ("poisson", "rate"): lambda n: 1.0,
}
"""n times the mean squared error over the bound, exactly, of what has a closed form."""
BOTH = ("JSM", "BIOS")


def _cost(name: str, text: str, expected: float, margin: float, origin, case: str, method: str) -> Claim:
    measured = value("error", n=MIDDLE, case=case, method=method)
    return Claim(f"LIK4.{name}", text, equals(expected, margin), measured, origin, BOTH)


CLAIMS = (
    Claim(
        "LIK2",
        "n times the mean squared error of maximum likelihood tends to the Cramér-Rao bound (location of Student's t, shape of "
        "the gamma, direction and concentration of von Mises distributions; farthest ratio of four at the largest of five n).",
        equals(1, 0.08),
        value("error", method=OWN, case=["t3", "gamma", "von_mises"])
        .each("case", "parameter")
        .at_largest("n")
        .at_least(n=5),
        Theorem("lehmann1998", "theorems 6.3.10 and 6.5.1", "the theorems give the limit of the law; that second moments "
        "converge with it is not in them"),
        bears_on=BOTH,
        regime="asymptotic",
    ),
    Claim(
        "LIK2.exact",
        f"For n from {SIZES[0]} on maximum likelihood has the mean squared error of its exact formula, which is at most "
        f"{{most:.2f}} times the Cramér-Rao bound (location and scale of the normal, rates of exponential and Poisson "
        "distributions; error over the formula, farthest of all n).",
        equals(1, 0.05),
        value("error", method=OWN, case=["normal", "exponential", "poisson"])
        .each("case", "parameter", "n")
        .over_theory(lambda line: EXACT[line["case"], line["parameter"]](line["n"])),
        Derived("likelihood.md#exact-errors"),
        BOTH,
        {"most": max(error(SIZES[0]) for error in EXACT.values())},
    ),
    Claim(
        "LIK3.simulated",
        f"At n = {MIDDLE} the median of Laplace data, although it is their maximum-likelihood estimator, still has "
        f"{{theory:.3f}} times the bound.",
        equals(theory.laplace_median_variance(MIDDLE), 0.04),
        value("error", method=OWN, case="laplace", n=MIDDLE),
        Derived("likelihood.md#the-median-of-laplace-data"),
        bears_on=BOTH,
    ),
    _cost(
        "laplace", "Squared error on Laplace data costs a factor of {theory:g} in variance against the bound.", 2, 0.25,
        Derived("likelihood.md#the-cost-of-another-likelihood"), case="laplace", method=NORMAL,
    ),
    _cost(
        "normal", f"Absolute error on normal data costs a factor of {{theory:.4f}} in variance against the bound at n = "
        f"{MIDDLE}, near its limit π/2.", theory.normal_median_variance(MIDDLE), 0.1,
        Derived("likelihood.md#other-medians"), case="normal", method=LAPLACE,
    ),
    _cost(
        "student", "Squared error on data of Student's t with 3 degrees of freedom costs a factor of {theory:g} in variance.", 2,
        0.3, Derived("likelihood.md#the-cost-of-another-likelihood"), case="t3", method=NORMAL,
    ),
    _cost(
        "counts", "For overdispersed counts (negative binomial, mean 3, k = 2) the variance of the mean is {theory:g} times what "
        "a Poisson likelihood says.", 1 + COUNT / SIZE, 0.3,
        Derived("likelihood.md#the-cost-of-another-likelihood"), case="negative_binomial", method=POISSON,
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots(1, 2, sharey=True)
    other = [(name, method, parameter) for name, case in CASES.items() for method, parameter in case.estimated]
    chosen = [[one for one in other if one[1] == OWN], [one for one in other if one[1] in (NORMAL, LAPLACE)]]
    for panel, lines, title in zip(axes, chosen, ("own likelihood", "another likelihood"), strict=True):
        for number, (name, method, parameter) in enumerate(lines):
            table = points(evidence, "error", over="n", case=name, method=method, parameter=parameter)
            if method == OWN:
                label = f"{CASES[name].label}, {parameter}"
            else:
                label = f"{CASES[name].label}: {ESTIMATES.label_of(method)}"
            draw_points(panel, table, label, style.nth(number), log=False)
        panel.axhline(1, **style.method("limit"))
        panel.set(
            xscale="log", xticks=SIZES, xticklabels=[str(n) for n in SIZES], xlabel=evidence.axis("n"), title=title
        )
        panel.minorticks_off()
    axes[0].legend(fontsize="x-small")
    axes[1].legend(fontsize="x-small", loc="lower left", bbox_to_anchor=(0, 0.13))
    axes[0].set_ylabel("$n$ × error / bound")


def _design(replicates: int) -> dict:
    others = [name for name in CASES if name != "laplace"]
    return {
        "estimates": [
            grid(case=others, n=SIZES, replicates=replicates),
            grid(case="laplace", n=SIZES, replicates=3 * replicates),
        ]
    }


STUDY = Study(
    title="Maximum likelihood against the Cramér-Rao bound",
    aims="Does the recipe of maximum likelihood give the most precise estimates at usual sample sizes, and what does it cost to "
    "take the likelihood of another distribution?",
    mechanisms="Independent draws of one distribution: normal, Laplace, Student with 3 degrees of freedom, exponential, gamma, "
    "von Mises, Poisson, negative binomial.",
    estimands="n times the mean squared error of an estimator over the Cramér-Rao bound; for overdispersed counts over the "
    "variance that a Poisson likelihood says.",
    experiments={"estimates": ESTIMATES},
    claims=CLAIMS,
    figures=(
        Figure(
            "likelihood_bounds",
            "n times the mean squared error over the Cramér-Rao bound (dotted). Left: maximum likelihood comes to the bound, the "
            "median of Laplace data most slowly. Right: the likelihood of another distribution stays above it at every n shown. "
            "95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            3.0,
        ),
    ),
    limits="One parameter at a time and no covariates: a bound for a network's parameters is no bound for its predictions. The "
    "squared error of a mean of Student's t with 3 degrees has no variance, so that its Monte Carlo error is too small, by about "
    "a tenth at n = 401.",
    designs={"smoke": _design(20), "standard": _design(10000), "paper": _design(40000)},
)
