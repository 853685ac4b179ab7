"""The exact parts of the efficiency study: the losses of core, differentiated, against the formulas of theory.

Every part gives rows: method, value (from the losses as they are trained), reference (theory), difference.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from scipy import stats

from dlstats.studies.robust._claims import scalars
from dlstats.theory import efficiency as theory
from dlstats.theory import robustness
from dlstats.theory.roots import root

NODES = 240
"""Gauss-Legendre nodes on each piece between corners."""
LEVELS = (0.85, 0.9, 0.95, 0.99)
TUNED = ("huber", "tukey", "cauchy", "welsch", "geman_mcclure", "andrews")
TABLE = ("absolute", "huber", "tukey", "cauchy")
SHARES = (0.01, 0.05, 0.1, 0.2)
POINTS = (0.5, 1.345, 5.0, 100.0)
SCORES = 10_000


def loss_of(name: str, constant: float) -> Callable:
    """The loss of core with its constant, if it has one."""
    from dlstats.losses.robust import ROBUST

    value = ROBUST[name].value
    if name in ("absolute", "log_cosh"):
        return value
    if name == "hampel":
        return functools.partial(value, a=constant, b=2 * constant, c=4 * constant)
    return functools.partial(value, threshold=constant)


def psi_of(loss: Callable, x: np.ndarray) -> np.ndarray:
    """ψ(x), the derivative of the loss in the residual, by automatic differentiation."""
    import torch

    y = torch.as_tensor(x, dtype=torch.float64)
    prediction = torch.zeros_like(y, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(prediction, y).sum(), prediction)
    return -gradient.numpy()


def rule(corners: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on (0, ∞): Gauss-Legendre between the corners, the rest by x = a + u/(1 − u)."""
    u, w = np.polynomial.legendre.leggauss(NODES)
    u, w = (u + 1) / 2, w / 2
    edges = [0.0, *sorted({*corners, 1.0})]
    pieces = [(a + (b - a) * u, (b - a) * w) for a, b in pairwise(edges)]
    pieces.append((edges[-1] + u / (1 - u), w / (1 - u) ** 2))
    nodes, weights = zip(*pieces, strict=True)
    return np.concatenate(nodes), np.concatenate(weights)


def variance(loss: Callable, law: theory.Law, corners: Sequence[float] = ()) -> float:
    """E ψ² / (E ψ s)² of a loss of core."""
    x, w = rule(corners)
    density = np.array([law.density(v) for v in x])
    score = np.array([float(law.score(v)) for v in x])
    psi = psi_of(loss, x)
    return float((w * psi**2 * density).sum() / (2 * (w * psi * score * density).sum() ** 2))


@functools.cache
def _corners(name: str, constant: float) -> tuple[float, ...]:
    return theory.ESTIMATORS[name].corners(constant)


def tuned(name: str, wanted: float) -> float:
    """The constant at which a loss of core has the wanted efficiency at N(0, 1)."""
    start = theory.ESTIMATORS[name].constant
    find = lambda c: 1 / variance(loss_of(name, c), theory.NORMAL, _corners(name, c)) - wanted  # noqa: E731
    return root(find, start / 8, 8 * start)


def tuning() -> list[dict]:
    """ROB1: constants for given efficiencies, and the efficiency of the textbook constants."""
    rows = {f"{n}_{level:g}": (tuned(n, level), theory.tuned(n, level)) for n in TUNED for level in LEVELS}
    for name in (*TUNED, "absolute", "log_cosh", "charbonnier", "hampel"):
        c = theory.ESTIMATORS[name].constant
        measured = 1 / variance(loss_of(name, c), theory.NORMAL, _corners(name, c))
        rows[f"{name}_efficiency"] = measured, theory.efficiency(name)
    huber = 1 / variance(loss_of("huber", 1.345), theory.NORMAL, (1.345,))
    rows["huber_closed_form"] = huber, theory.huber_efficiency(1.345)
    return scalars(rows)


def barron() -> list[dict]:
    """ROB2: c for 95 % efficiency, and the efficiency at c = 1, of every shape; the shape beyond which none exists."""
    from dlstats.losses.barron import barron as loss

    def at(alpha: float, c: float) -> float:
        return 1 / variance(functools.partial(loss, alpha=alpha, scale=c), theory.NORMAL, (c,))

    rows = {}
    for alpha in theory.ALPHAS:
        c = root(lambda c, a=alpha: at(a, c) - 0.95, 0.05, 50.0)
        rows[f"c95_{alpha:g}"] = c, theory.barron_tuned(alpha)
        rows[f"efficiency_{alpha:g}"] = at(alpha, 1.0), theory.barron_efficiency(alpha, 1.0)
    rows["welsch_closed_form"] = at(-math.inf, 1.0), theory.welsch_efficiency(1.0)
    rows["literature_cauchy"] = math.sqrt(2) * rows["c95_0"][0], 2.385
    rows["literature_welsch"] = math.sqrt(2) * rows["c95_-inf"][0], 2.985
    limit = theory.barron_alpha_limit()
    rows["alpha_limit"] = limit, limit
    for step in (-0.02, 0.02):
        least = min(at(limit + step, c) for c in (1e-3, 1e-2, 0.1, 0.3, 1.0))
        rows[f"least_efficiency_{'above' if step > 0 else 'below'}"] = least, math.nan
    return scalars(rows)


def variances() -> list[dict]:
    """ROB3: asymptotic variances of the mean, median, Huber, Tukey and Cauchy estimators under eleven laws."""
    rows = {}
    for law in theory.LAWS.values():
        rows[f"{law.name}_bound"] = 1 / theory.information(law), _bound(law)
        for name in TABLE:
            c = theory.ESTIMATORS[name].constant
            measured = variance(loss_of(name, c), law, _corners(name, c))
            rows[f"{law.name}_{name}"] = measured, theory.variance(name, law)
        rows[f"{law.name}_mean"] = law.variance, theory.variance("mean", law)
    return scalars(rows)


def _bound(law: theory.Law) -> float:
    """1/I in closed form where it has one: t (ν + 3)/(ν + 1), normal 1, Laplace 1, logistic 3; else by the rule."""
    if law.name.startswith("t"):
        df = float(law.name[1:])
        return (df + 3) / (df + 1)
    closed = {"normal": 1.0, "laplace": 1.0, "logistic": 3.0}
    if law.name in closed:
        return closed[law.name]
    x, w = rule((3.0, 9.0))
    return 1 / (2 * sum(w_ * law.density(v) * law.score(v) ** 2 for v, w_ in zip(x, w, strict=True)))


def influence() -> list[dict]:
    """ROB4: sensitivity curves n (T_n − T_{n−1}) on normal scores against influence functions."""
    scores = stats.norm.ppf((np.arange(SCORES) + 0.5) / SCORES)
    rows = {}
    for name, c, function in (
        ("huber", 1.345, robustness.huber_influence),
        ("tukey", 4.685, robustness.tukey_influence),
    ):
        for x in POINTS:
            moved = solve(loss_of(name, c), np.append(scores, x), c) - solve(loss_of(name, c), scores, c)
            rows[f"{name}_{x:g}"] = (SCORES + 1) * moved, function(x, c)
    rows["huber_sensitivity"] = rows["huber_100"][0], robustness.gross_error_sensitivity("huber", 1.345)
    peak = 4.685 / math.sqrt(5)
    moved = solve(loss_of("tukey", 4.685), np.append(scores, peak), 4.685)
    rows["tukey_sensitivity"] = (SCORES + 1) * moved, robustness.gross_error_sensitivity("tukey", 4.685)
    return scalars(rows)


def solve(loss: Callable, y: np.ndarray, reach: float) -> float:
    """The zero of Σ ψ(y − m) near the median."""
    centre = float(np.median(y))
    return root(lambda m: psi_of(loss, y - m).sum(), centre - 0.2 * reach, centre + 0.2 * reach)


def minimax() -> list[dict]:
    """ROB5: Huber's k(ε); the variance at the least favourable law is V*, at other contaminations it is less."""
    from dlstats.theory import quantiles

    rows = {}
    for share in SHARES:
        k, best = theory.minimax_threshold(share), theory.minimax_variance(share)
        rows[f"threshold_{share:g}"] = quantiles.normal_expectile(1 - share / 2), k
        rows[f"variance_{share:g}"] = variance(loss_of("huber", k), _least_favourable(share, k), (k,)), best
        others = [variance(loss_of("huber", k), theory.contaminated(share, sd), (k,)) for sd in (1.0, 3.0, 10.0, 100.0)]
        rows[f"excess_{share:g}"] = max(others) - best, math.nan
    return scalars(rows)


def _least_favourable(share: float, k: float) -> theory.Law:
    """Normal in the middle, exponential tails from k on [Huber 1964, section 5]."""

    def density(x: float) -> float:
        log = -x * x / 2 if x <= k else k * k / 2 - k * x
        return (1 - share) * math.exp(log) / math.sqrt(2 * math.pi)

    return theory.Law("least_favourable", density, lambda x: min(x, k), math.nan)


def envelope() -> list[dict]:
    """ROB10: Huber's loss against the least of (r − γ)²/2 + δ|γ|, at the soft threshold and by a search over γ."""
    import torch

    from dlstats.losses.robust import huber

    r = np.linspace(-8, 8, 81)
    rows = {}
    for threshold in (0.5, 1.345, 3.0):
        y = torch.as_tensor(r)
        ours = huber(torch.zeros_like(y), y, threshold).numpy()
        closed = robustness.moreau_envelope_huber(r, threshold)
        grid = np.linspace(-8, 8, 16_001)
        search = ((r[:, None] - grid) ** 2 / 2 + threshold * np.abs(grid)).min(axis=1)
        rows[f"soft_threshold_{threshold:g}"] = np.abs(ours - closed).max(), 0.0
        # the grid holds no minimiser exactly: its half step 5e-4 costs at most the square of it over two
        rows[f"search_{threshold:g}"] = max(0.0, np.abs(search - ours).max() - (5e-4) ** 2 / 2), 0.0
    return scalars(rows)


def partition() -> list[dict]:
    """ROB11: ∫ exp(−ρ) for Barron's loss; for α < 0 the integral over [−T, T] grows without bound, like 2T exp(−sup ρ)."""
    import torch

    from dlstats.losses.barron import barron as loss
    from dlstats.losses.barron import log_partition

    rows = {}
    for alpha in (0.25, 0.5, 1.0, 1.5):
        found = log_partition(torch.tensor([alpha], dtype=torch.float64)).exp().item()
        rows[f"partition_{alpha:g}"] = found, theory.barron_partition(alpha)
    x, w = rule((2.0, 8.0))
    y = torch.as_tensor(x)
    for alpha in (0.0, 1.0, 2.0):
        density = torch.exp(-loss(torch.zeros_like(y), y, alpha)).numpy()
        rows[f"integral_{alpha:g}"] = 2 * (w * density).sum(), theory.barron_partition(alpha)
    for alpha in (-0.5, -2.0, -math.inf):
        far = torch.full((1,), 1e200, dtype=torch.float64)
        bound = 1.0 if alpha == -math.inf else (alpha - 2) / alpha
        rows[f"density_at_infinity_{alpha:g}"] = torch.exp(-loss(torch.zeros(1), far, alpha)).item(), math.exp(-bound)
    return scalars(rows)


PARTS: dict[str, Callable[[], list[dict]]] = {
    "tuning": tuning,
    "barron": barron,
    "variance": variances,
    "influence": influence,
    "minimax": minimax,
    "envelope": envelope,
    "partition": partition,
}
"""Part -> its rows; ROB1, ROB2, ROB3, ROB4, ROB5, ROB10, ROB11."""
