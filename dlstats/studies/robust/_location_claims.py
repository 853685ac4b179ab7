"""What the study of heavy tails in location claims: ROB6, ROB8, ROB9."""

from __future__ import annotations

from dlstats.montecarlo import Estimate, exact
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.robust._claims import largest, slope_over, statistic_of, value_of, worst_of, zero
from dlstats.theory import robustness

ALPHAS = (1, 1.2, 1.5, 1.8)
SIZES = (50, 100, 200, 400, 800, 1600, 3200)


def _best_slope(evidence: Evidence) -> Estimate:
    """The largest slope of any robust method in any replicate: the most that can be said for them."""
    rows = evidence.rows(part="leverage", method=["absolute", "huber", "tukey"])
    return exact(rows["slope"].abs().max(), f"largest of {len(rows)}")


def _fewest(method: str, side: str):
    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(part="breakdown", method=method)["fewest"]
        return exact(rows.max() if side == "max" else rows.min(), f"{side} of {len(rows)} samples")

    return measure


def _rate_claim(name: str, method: str, alpha: float, words: str) -> Claim:
    slope = robustness.stable_rate(alpha) if method == "mean" else -0.5
    measure = slope_over("n", "error", "median", part="rate", method=method, alpha=alpha)
    return Claim(name, words, "equivalence", slope, 0.03, measure, "Nolan 2020, Univariate Stable Distributions; CLT")


STABLE = tuple(
    _rate_claim(
        f"ROB6.mean_{round(10 * alpha)}",
        "mean",
        alpha,
        f"The median absolute error of the mean of n symmetric {alpha:g}-stable variables scales as n^(1/α − 1), "
        f"n = 50 to 3200.",
    )
    for alpha in ALPHAS
)


def _worst_root_n(method: str):
    readers = [slope_over("n", "error", "median", part="rate", method=method, alpha=alpha) for alpha in ALPHAS]
    return worst_of(readers, -0.5, 0.03)


CLAIMS = (
    *STABLE,
    Claim(
        "ROB6.median",
        "The median keeps the rate n^(−1/2) under α-stable noise, α = 1, 1.2, 1.5, 1.8 (worst slope).",
        "equivalence",
        -0.5,
        0.03,
        _worst_root_n("median"),
        "Serfling 1980, section 2.3.3",
    ),
    Claim(
        "ROB6.huber",
        "Huber's estimator with the median absolute deviation as scale keeps the rate n^(−1/2) under α-stable noise, α = 1, "
        "1.2, 1.5, 1.8 (worst slope).",
        "equivalence",
        -0.5,
        0.03,
        _worst_root_n("huber"),
        "Huber and Ronchetti 2009, chapter 6",
    ),
    Claim(
        "ROB6.cauchy",
        "The median of |mean of n Cauchy variables| is 1 for every n from 50 to 800 (worst n): averaging does nothing.",
        "equivalence",
        1.0,
        0.05,
        worst_of(
            [statistic_of("median", "error", part="rate", method="mean", alpha=1, n=n) for n in SIZES if n <= 800],
            1.0,
            0.05,
        ),
        "exact; the Cauchy law is 1-stable",
    ),
    zero(
        "ROB8",
        "Minus the mean, Huber's loss estimates −0.26921, −0.13000, −0.04315, −0.01311, −0.00325 under Lomax(2.2) noise at "
        "τ = 1, 3, 10, 30, 100, and 0.89337 at τ = 1.345 under Exp(1): the loss as trained against the closed form "
        "(largest difference).",
        1e-4,
        largest(part="bias"),
        "derived here, short proof",
        "JSM",
    ),
    Claim(
        "ROB8.asymptote",
        "The bias of Huber's loss under Lomax(a) noise is −(1 + μ + τ)^(1−a)/(a − 1) as τ → ∞ (ratio at τ = 100, a = 2.2).",
        "identity",
        1.0,
        0.02,
        value_of("asymptote_100", part="bias"),
        "derived here, short proof",
    ),
    Claim(
        "ROB8.target",
        "Huber's loss estimates the mean, also under asymmetric noise (its functional at τ = 1.345 under Exp(1), whose mean "
        "is 1).",
        "identity",
        1.0,
        0.02,
        value_of("exponential_huber", part="bias"),
        "the lectures' advice read without its condition of symmetry",
        "JSM",
    ),
    Claim(
        "ROB9",
        "The mean of n = 21 breaks with one point at 10⁹ (most points needed over samples).",
        "identity",
        1.0,
        0.0,
        _fewest("mean", "max"),
        "Donoho and Huber 1983",
        "JSM",
    ),
    Claim(
        "ROB9.median",
        "The median of n = 21 stands 10 points at 10⁹ and breaks with 11 (fewest points needed over samples).",
        "identity",
        11.0,
        0.0,
        _fewest("median", "min"),
        "Donoho and Huber 1983",
    ),
    Claim(
        "ROB9.huber",
        "Huber's estimator with the median absolute deviation as scale stands 10 of 21 points at 10⁹ and breaks with 11 "
        "(fewest points needed over samples).",
        "identity",
        11.0,
        0.0,
        _fewest("huber", "min"),
        "Huber and Ronchetti 2009, section 6.6",
    ),
    Claim(
        "ROB9.leverage",
        "Absolute, Huber and Tukey losses protect a regression from one gross error in x as well: with 100 points of slope 2 "
        "and one at (10⁴, 0), some robust slope is at least 1 (largest over 3 losses and all samples).",
        "bound_below",
        1.0,
        0.0,
        _best_slope,
        "the lectures' advice `outliers: use Huber or MAE` read without its condition on x",
        "JSM",
    ),
)
