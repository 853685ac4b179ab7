"""Variance, efficiency, influence and minimax constants: the losses as trained, integrated, against the formulas."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np
import scipy

from dlstats.protocol.claim import at_most, equals
from dlstats.protocol.origin import Derived, Practice, Theorem
from dlstats.protocol.study import Check
from dlstats.studies.robust._quadrature import gaps, psi_of, rule
from dlstats.theory import efficiency as theory
from dlstats.theory import quantiles, robustness

EFFICIENCIES = (0.85, 0.9, 0.95, 0.99)
TUNED = ("huber", "tukey", "cauchy", "welsch", "geman_mcclure", "andrews")
TABLE = ("absolute", "huber", "tukey", "cauchy")
CONTAMINATIONS = (0.01, 0.05, 0.1, 0.2)
POINTS = (0.5, 1.345, 5.0, 100.0)
SCORES = 10_000


def loss_of(name: str, constant: float) -> Callable:
    """A robust loss with its constant, if it has one."""
    from dlstats.losses.robust import ROBUST

    value = ROBUST[name]
    if name in ("absolute", "log_cosh"):
        return value
    if name == "hampel":
        return functools.partial(value, a=constant, b=2 * constant, c=4 * constant)
    return functools.partial(value, threshold=constant)


def variance(loss: Callable, distribution: theory.Distribution, corners: Sequence[float] = ()) -> float:
    """E ψ² / (E ψ s)² of a loss as trained; s is the score of the distribution."""
    x, w = rule(corners)
    density = np.array([distribution.density(v) for v in x])
    score = np.array([float(distribution.score(v)) for v in x])
    psi = psi_of(loss, x)
    return float((w * psi**2 * density).sum() / (2 * (w * psi * score * density).sum() ** 2))


def efficiency(name: str, constant: float) -> float:
    """Efficiency of a loss as trained at N(0, 1)."""
    return 1 / variance(loss_of(name, constant), theory.NORMAL, _corners(name, constant))


@functools.cache
def _corners(name: str, constant: float) -> tuple[float, ...]:
    return theory.ESTIMATORS[name].corners(constant)


@functools.cache
def tuned(name: str, wanted: float) -> float:
    """The constant at which a loss as trained has the wanted efficiency at N(0, 1)."""
    start = theory.ESTIMATORS[name].constant
    return scipy.optimize.brentq(lambda c: efficiency(name, c) - wanted, start / 8, 8 * start, xtol=1e-14)


def _tuning() -> dict[str, float]:
    pairs = {f"{name} at {wanted:g}": (tuned(name, wanted), theory.tuned(name, wanted))
             for name in TUNED for wanted in EFFICIENCIES}  # fmt: skip
    for name in (*TUNED, "absolute", "log_cosh", "charbonnier", "hampel"):
        pairs[name] = efficiency(name, theory.ESTIMATORS[name].constant), theory.efficiency(name)
    return gaps(pairs | {"huber in closed form": (efficiency("huber", 1.345), theory.huber_efficiency(1.345))})


def _variances() -> dict[str, float]:
    pairs = {}
    for name, distribution in theory.DISTRIBUTIONS.items():
        pairs[f"bound at {name}"] = 1 / theory.information(distribution), _bound(distribution)
        pairs[f"mean at {name}"] = distribution.variance, theory.variance("mean", distribution)
        for loss in TABLE:
            c = theory.ESTIMATORS[loss].constant
            measured = variance(loss_of(loss, c), distribution, _corners(loss, c))
            pairs[f"{loss} at {name}"] = measured, theory.variance(loss, distribution)
    return gaps(pairs)


def _bound(distribution: theory.Distribution) -> float:
    """1/I in closed form where it has one: t (ν + 3)/(ν + 1), normal 1, Laplace 1, logistic 3; else by the rule."""
    if distribution.name.startswith("t"):
        df = float(distribution.name[1:])
        return (df + 3) / (df + 1)
    closed = {"normal": 1.0, "laplace": 1.0, "logistic": 3.0}
    if distribution.name in closed:
        return closed[distribution.name]
    x, w = rule((3.0, 9.0))
    return 1 / (2 * sum(c * distribution.density(v) * distribution.score(v) ** 2 for v, c in zip(x, w, strict=True)))


def _influence() -> dict[str, float]:
    """Sensitivity curves n (T_n − T_{n−1}) on normal scores against influence functions."""
    scores = scipy.stats.norm.ppf((np.arange(SCORES) + 0.5) / SCORES)

    def sensitivity(name: str, c: float, x: float) -> float:
        loss = loss_of(name, c)
        return (SCORES + 1) * (_solve(loss, np.append(scores, x), c) - _solve(loss, scores, c))

    functions = {"huber": (1.345, robustness.huber_influence), "tukey": (4.685, robustness.tukey_influence)}
    pairs = {f"{name} at {x:g}": (sensitivity(name, c, x), function(x, c))
             for name, (c, function) in functions.items() for x in POINTS}  # fmt: skip
    for name, c, peak in (("huber", 1.345, 100.0), ("tukey", 4.685, 4.685 / math.sqrt(5))):
        pairs[f"most of {name}"] = sensitivity(name, c, peak), robustness.gross_error_sensitivity(name, c)
    return gaps(pairs)


def _solve(loss: Callable, y: np.ndarray, reach: float) -> float:
    """The zero of Σ ψ(y − m) near the median."""
    centre = float(np.median(y))
    return scipy.optimize.brentq(
        lambda m: psi_of(loss, y - m).sum(), centre - 0.2 * reach, centre + 0.2 * reach, xtol=1e-14
    )


def _minimax() -> dict[str, float]:
    pairs = {}
    for epsilon in CONTAMINATIONS:
        k = theory.minimax_threshold(epsilon)
        pairs[f"threshold at {epsilon:g}"] = quantiles.normal_expectile(1 - epsilon / 2), k
        measured = variance(loss_of("huber", k), _least_favourable(epsilon, k), (k,))
        pairs[f"variance at {epsilon:g}"] = measured, theory.minimax_variance(epsilon)
    return gaps(pairs)


def _least_favourable(epsilon: float, k: float) -> theory.Distribution:
    """Normal in the middle, exponential tails from k on [Huber 1964, section 5]."""

    def density(x: float) -> float:
        log = -x * x / 2 if x <= k else k * k / 2 - k * x
        return (1 - epsilon) * math.exp(log) / math.sqrt(2 * math.pi)

    return theory.Distribution("least_favourable", density, lambda x: min(x, k), math.nan)


def _saddle() -> dict[str, float]:
    """Variance of the minimax estimator under other contaminations, less V*."""
    excess = {}
    for epsilon in CONTAMINATIONS:
        k, best = theory.minimax_threshold(epsilon), theory.minimax_variance(epsilon)
        for sd in (1.0, 3.0, 10.0, 100.0):
            contaminated = theory.contaminated(epsilon, sd)
            excess[f"{epsilon:g}, sd {sd:g}"] = variance(loss_of("huber", k), contaminated, (k,)) - best
    return excess


def _envelope() -> dict[str, float]:
    """Huber's loss against the least of (r − γ)²/2 + δ|γ|, at the soft threshold and by a search over γ."""
    import torch

    from dlstats.losses.robust import huber

    r = np.linspace(-8, 8, 81)
    grid = np.linspace(-8, 8, 16_001)
    differences = {}
    for threshold in (0.5, 1.345, 3.0):
        trained = huber(torch.zeros(len(r), dtype=torch.float64), torch.as_tensor(r), threshold).numpy()
        closed = robustness.moreau_envelope_huber(r, threshold)
        search = ((r[:, None] - grid) ** 2 / 2 + threshold * np.abs(grid)).min(axis=1)
        differences[f"soft threshold, {threshold:g}"] = np.abs(trained - closed).max()
        # the grid holds no minimiser exactly: its half step 5e-4 costs at most the square of it over two
        differences[f"search, {threshold:g}"] = max(0.0, np.abs(search - trained).max() - (5e-4) ** 2 / 2)
    return differences


CHECKS = (
    Check(
        "ROB1",
        "Efficiencies (E ψ′)² / E ψ² at N(0, 1) of Huber, Tukey, Cauchy, Welsch, Geman–McClure, Andrews, Hampel, log-cosh, "
        "Charbonnier and absolute loss, and the constants that give exactly 85, 90, 95 and 99 %, agree between the losses "
        "as trained and the formulas (largest difference).",
        equals(0, 1e-10),
        _tuning,
        Theorem("huber2009", "eq. 3.2.12"),
        bears_on=("JSM", "BIOS"),
        slow=True,
    ),
    Check(
        "ROB1.huber",
        "Huber's loss has 95 % efficiency at k = 1.345 (three decimals).",
        equals(1.345, 5e-4),
        lambda: tuned("huber", 0.95),
        Practice("holland1977", "tuning constants"),
    ),
    Check(
        "ROB1.tukey",
        "Tukey's loss has 95 % efficiency at c = 4.685 (three decimals).",
        equals(4.685, 5e-4),
        lambda: tuned("tukey", 0.95),
        Practice("holland1977", "tuning constants"),
    ),
    Check(
        "ROB1.median",
        "The absolute loss has efficiency 2/π at the normal distribution.",
        equals(theory.barron_small_scale_efficiency(1.0), 1e-10),
        lambda: efficiency("absolute", 1.0),
        Theorem("huber2009", "eq. 3.2.12"),
    ),
    Check(
        "ROB3",
        "Asymptotic variances of mean, median, Huber 1.345, Tukey 4.685 and Cauchy 1.68641 under eleven distributions agree "
        "between the losses as trained and the formulas (largest difference; infinite on both sides where the mean has no "
        "variance).",
        equals(0, 1e-5),
        _variances,
        Theorem("huber2009", "eq. 3.2.12"),
        slow=True,
    ),
    Check(
        "ROB4",
        "Sensitivity curves on 10,000 normal scores equal the influence functions ψ / E ψ′ of Huber 1.345 and Tukey 4.685 at "
        "0.5, 1.345, 5 and 100, and their gross-error sensitivities (largest difference).",
        equals(0, 1e-3),
        _influence,
        Theorem("hampel1986", "section 2.3"),
    ),
    Check(
        "ROB5",
        "Huber's minimax k(ε) for ε = 0.01, 0.05, 0.1, 0.2 is the (1 − ε/2)-expectile of N(0, 1), and the variance under the "
        "least favourable distribution is V* = 1 / ((1 − ε)(2Φ(k) − 1)) (largest difference).",
        equals(0, 1e-10),
        _minimax,
        Derived("m-estimators.md#minimax-threshold-as-an-expectile"),
    ),
    Check(
        "ROB5.saddle",
        "Contamination by N(0, s²), s = 1, 3, 10, 100, never gives Huber's minimax estimator a variance above V* (largest "
        "excess).",
        at_most(0, 1e-10),
        _saddle,
        Theorem("huber1964", "section 6"),
    ),
    Check(
        "ROB10",
        "Huber's loss is the Moreau envelope min over γ of (r − γ)²/2 + δ|γ| at 81 residuals, by soft thresholding and by "
        "search (largest difference).",
        equals(0, 1e-12),
        _envelope,
        Derived("m-estimators.md#envelope-of-the-squared-loss"),
    ),
)
