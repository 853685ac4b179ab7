"""One pass of averaged SGD, as scikit-learn runs it, against least squares and against one step of gradient descent."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import ratio, value
from dlstats.protocol.study import Check, Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.optimisers.sgd_noise.least_squares import eigenvalues
from dlstats.theory import second_moments as theory

D = 10
SIZES = [100, 1000, 4000, 16000]
SMALLEST, *_, LARGEST = SIZES


def rate_of(kappa: float) -> float:
    """1/(4 tr H)."""
    return 1 / (4 * float(eigenvalues(D, kappa).sum()))


@functools.cache
def best_rate(n: int, kappa: float) -> float:
    """The learning rate 2^(−k/2) at which the last iterate after n steps has the least expected risk."""
    lam = eigenvalues(D, kappa)
    rates = [2 ** (-k / 2) for k in range(2, 30)]
    stable = [rate for rate in rates if rate < 0.9 * theory.threshold(lam)]
    return min(stable, key=lambda rate: float(lam @ theory.moments(lam, rate, n, np.full(D, 1 / D))[-1]))


def one_pass(x: np.ndarray, y: np.ndarray, rate: float, average: bool) -> np.ndarray:
    """The weights after one pass of scikit-learn's SGDRegressor in the order of the samples, from 0."""
    from sklearn.linear_model import SGDRegressor

    plan: dict[str, Any] = {
        "penalty": None,
        "learning_rate": "constant",
        "eta0": rate,
        "max_iter": 1,
        "tol": None,
        "shuffle": False,
    }
    return np.asarray(SGDRegressor(fit_intercept=False, average=average, **plan).fit(x, y).coef_)


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """n times the excess risk over dσ², of all methods on the same samples; the truth has norm 1 and equal entries."""
    n, lam = condition.n, eigenvalues(D, condition.kappa)
    truth, rate = np.full(D, D**-0.5), rate_of(condition.kappa)
    step, _ = theory.one_step(lam, n, truth**2)
    columns: dict[str, list] = {name: [] for name in METHODS}
    for rng in streams.generators("data", n=n, kappa=condition.kappa):
        x = rng.standard_normal((n, D)) * np.sqrt(lam)
        y = x @ truth + rng.standard_normal(n)
        gram, moment = x.T @ x, x.T @ y
        weights = {
            "averaged": one_pass(x, y, rate, True),
            "last": one_pass(x, y, best_rate(n, condition.kappa), False),
            "ols": np.linalg.solve(gram, moment),
            "descent": step * moment / n,
        }
        for name, w in weights.items():
            columns[name].append(n / D * float(lam @ (w - truth) ** 2))
    return stacked(streams, {name: {"excess": values} for name, values in columns.items()})


METHODS = {
    "averaged": Method(
        "averaged SGD", "SGDRegressor(average=True), one pass at the fixed learning rate 1/(4 tr H)", "lbfgs"
    ),
    "last": Method(
        "SGD, last iterate",
        "SGDRegressor, one pass without averaging at the best fixed learning rate for its n",
        "sgd",
    ),
    "ols": Method("least squares", "the minimiser"),
    "descent": Method(
        "one step of gradient descent",
        "on all samples at the learning rate of least expected risk for its n, from 0",
        "nesterov",
    ),
}
AVERAGED = Experiment(
    simulate,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=100),
        "kappa": Factor("condition number", float, symbol=r"\kappa", at_least=1, at_most=100),
    },
    methods=METHODS,
    measures=(Measure("excess", "n times the excess risk over dσ²"),),
    contrasts=(Contrast("excess", "last", "descent", "ratio", "mean"),),
    block=100,
    streams="averaged",
)


@functools.cache
def finite(method: str, n: int, kappa: float) -> float:
    """The exact mean of `excess` for averaged SGD, and n/(n − d − 1) for least squares."""
    if method == "ols":
        return n / (n - D - 1)
    return n / D * theory.averaged_excess(eigenvalues(D, kappa), rate_of(kappa), n, np.full(D, 1 / D))


def to_ols(kappa: float) -> float:
    """The exact ratio of mean excess risks on the most samples: averaged SGD over least squares."""
    return finite("averaged", LARGEST, kappa) / finite("ols", LARGEST, kappa)


def one_pass_to_one_step(n: int, kappa: float) -> float:
    """The exact ratio of mean excess risks: the last iterate of SGD over one step of gradient descent, at their best rates."""
    lam, start = eigenvalues(D, kappa), np.full(D, 1 / D)
    return float(lam @ theory.moments(lam, best_rate(n, kappa), n, start)[-1]) / theory.one_step(lam, n, start)[1]


PROOF = Derived("stochastic-gradients.md#averaged-iterates")
CLAIMS = (
    Claim(
        "OPT10",
        "One pass of averaged SGD at the fixed learning rate 1/(4 tr H) (scikit-learn's SGDRegressor) has the excess risk that "
        "the second moments of its path give, and least squares dσ²/(n − d − 1), at n = 100, 1000, 4000 and 16000 and condition "
        "numbers 1 and 10 (d = 10; ratio, farthest). At n = 16000 that of SGD is "
        f"{to_ols(1.0):.3f} and {to_ols(10.0):.3f} times that of least squares at condition numbers 1 and 10.",
        equals(1.0, 0.06),
        value("excess", experiment="averaged", method=["averaged", "ols"])
        .each("method", "n", "kappa")
        .over_theory(lambda line: finite(line["method"], line["n"], line["kappa"])),
        PROOF,
        ("JSM", "BIOS", "NSTDA"),
    ),
    Claim(
        "OPT10.slow",
        "After as many gradients as one step of gradient descent takes on all n samples, SGD has {many:.4f} times its mean "
        "excess risk at n = 16000, but {few:.2f} times at n = 100, for a truth of length 1 with equal entries, noise of "
        "variance 1 and the start 0 (last iterate, both at their best fixed learning rates for the n, SGD's to a factor √2, "
        "condition number 10, d = 10; ratio to that, farther).",
        equals(1.0, 0.1),
        ratio("excess", "last", "descent", n=[SMALLEST, LARGEST], kappa=10.0)
        .each("n")
        .over_theory(lambda line: one_pass_to_one_step(line["n"], line["kappa"])),
        Derived("stochastic-gradients.md#one-step-on-all-samples"),
        ("JSM", "BIOS"),
        {"many": one_pass_to_one_step(LARGEST, 10.0), "few": one_pass_to_one_step(SMALLEST, 10.0)},
    ),
)


def _approach() -> dict[str, float]:
    """n times the distance of the exact value from its limit, over the same at the first of five sizes, less 1, by κ and n."""
    gaps = {}
    for kappa in (1.0, 10.0):
        limit = theory.averaged_constant(eigenvalues(D, kappa), rate_of(kappa))
        distance = {n: n * (finite("averaged", n, kappa) - limit) for n in (4000 * 2**k for k in range(5))}
        gaps |= {f"κ = {kappa:g}, n = {n:,}": abs(d / distance[4000] - 1) for n, d in distance.items()}
    return gaps


CHECKS = (
    Check(
        "OPT10.limit",
        "n times the excess risk of one pass of averaged SGD over dσ² tends to 1 + (1 + 1/d)φ/(1 − φ), "
        f"{theory.averaged_constant(np.ones(D), rate_of(1.0)):.4f} and "
        f"{theory.averaged_constant(eigenvalues(D, 10.0), rate_of(10.0)):.4f} at condition numbers 1 and 10, d = 10 and "
        "η = 1/(4 tr H), and its distance from that falls as 1/n but "
        "for what is geometric in n (n times it over that at n = 4000, less 1, five sizes to 64,000).",
        equals(0, 1e-6),
        _approach,
        PROOF,
        ("JSM", "BIOS"),
    ),
)
