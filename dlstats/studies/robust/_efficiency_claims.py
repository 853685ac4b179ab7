"""What the efficiency study claims: ROB1 to ROB5, ROB10, ROB11."""

from __future__ import annotations

from dataclasses import replace

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.robust._claims import estimated, largest, value_of, zero
from dlstats.theory import efficiency as theory

HUBER = "Huber 1964, Annals of Mathematical Statistics 35"
HUBER_RONCHETTI = "Huber and Ronchetti 2009, Robust Statistics"
HOLLAND = "Holland and Welsch 1977, Communications in Statistics A6"
BARRON = "Barron 2019, CVPR"
DERIVED = "derived here, short proof"
FOURTH_MOMENT = ("normal", "t5", "t10", "laplace", "logistic", "contaminated5", "contaminated10", "contaminated20")
"""Laws under which the error of an empirical variance of means is that of an average with finite variance."""


def _worst_difference(prefixes: tuple[str, ...], part: str):
    """Largest difference over the rows of a part whose names begin so."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(part=part)
        rows = rows[rows["method"].str.startswith(prefixes)].set_index("method")
        values = rows["difference"].dropna().abs()
        if values.empty:
            raise LookupError(f"No row of `{part}` begins with {', '.join(prefixes)}.")
        return montecarlo.exact(values.max(), f"worst of {len(values)}: {values.idxmax()}")

    return measure


def _largest_excess(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="minimax")
    return montecarlo.exact(rows.loc[rows["method"].str.startswith("excess"), "value"].max())


def _finite_sample(evidence: Evidence) -> Estimate:
    """n Var / V at n = 400, the worst over laws and estimators; V by theory."""
    rows = evidence.rows(part="location")
    found = []
    for (law, method), group in rows.groupby(["law", "method"], sort=False):
        if method == "mean" and law not in FOURTH_MOMENT:
            continue
        limit = theory.variance(str(method), theory.LAWS[str(law)])
        e = estimated("variance", group, "scaled_error")
        note = f"worst at {law}, {method}"
        found.append(
            replace(
                e, value=e.value / limit, mcse=e.mcse / limit, lower=e.lower / limit, upper=e.upper / limit, note=note
            )
        )
    return montecarlo.worst(found, 1.0, 0.05)


def _anchor(name: str, method: str, words: str, theory_value: float, margin: float, source: str) -> Claim:
    return Claim(name, words, "identity", theory_value, margin, value_of(method, part="tuning"), source)


CLAIMS = (
    zero(
        "ROB1",
        "Efficiencies (E ψ′)² / E ψ² at N(0, 1) of Huber, Tukey, Cauchy, Welsch, Geman–McClure, Andrews, Hampel, log-cosh, "
        "Charbonnier and absolute loss, and the constants that give exactly 85, 90, 95 and 99 %, agree between the "
        "losses as trained and the formulas (largest difference).",
        1e-10,
        largest(part="tuning"),
        HUBER_RONCHETTI,
        "JSM",
    ),
    _anchor(
        "ROB1.huber",
        "huber_0.95",
        "Huber's loss has 95 % efficiency at k = 1.345 (three decimals).",
        1.345,
        5e-4,
        HUBER,
    ),
    _anchor(
        "ROB1.tukey",
        "tukey_0.95",
        "Tukey's loss has 95 % efficiency at c = 4.685 (three decimals).",
        4.685,
        5e-4,
        HOLLAND,
    ),
    _anchor(
        "ROB1.median",
        "absolute_efficiency",
        "The absolute loss has efficiency 2/π at the normal law.",
        theory.barron_small_scale_efficiency(1.0),
        1e-10,
        HUBER_RONCHETTI,
    ),
    zero(
        "ROB2",
        "The scale c at which Barron's loss has 95 % efficiency at N(0, 1), and its efficiency at c = 1, for "
        "α = 1.5, 1, 0.5, 0, −0.5, −1, −2, −4, −8, −∞: the loss as trained agrees with the formula (largest difference).",
        1e-8,
        _worst_difference(("c95", "efficiency"), "barron"),
        f"{BARRON}; table derived here",
        "JSM",
    ),
    Claim(
        "ROB2.c1",
        "At its default scale c = 1 Barron's loss keeps 95 % efficiency for every shape in −∞ ≤ α ≤ 1.5 (least efficiency; "
        "it is that of Welsch's loss, 3√3/8 = 0.6495, at α = −∞).",
        "bound_below",
        0.95,
        0.0,
        value_of("efficiency_-inf", part="barron"),
        f"{BARRON}; derived here",
        "JSM",
    ),
    zero(
        "ROB2.welsch",
        "At α = −∞ and c = 1 the efficiency is 3√3/8 (difference).",
        1e-8,
        _worst_difference(("welsch_closed_form",), "barron"),
        DERIVED,
    ),
    zero(
        "ROB2.literature",
        "√2 c gives the published constants 2.385 (Cauchy) and 2.985 (Welsch), rounded to three decimals (difference).",
        5e-4,
        _worst_difference(("literature",), "barron"),
        HOLLAND,
    ),
    Claim(
        "ROB2.none",
        "Above α = 1.5788 no scale of Barron's loss has an efficiency as low as 95 % (least efficiency over scales at "
        "α = 1.5988).",
        "bound_below",
        0.95,
        0.0,
        value_of("least_efficiency_above", part="barron"),
        DERIVED,
    ),
    Claim(
        "ROB2.some",
        "Below α = 1.5788 some scale has less than 95 % (least efficiency over scales at α = 1.5588).",
        "bound_above",
        0.95,
        0.0,
        value_of("least_efficiency_below", part="barron"),
        DERIVED,
    ),
    zero(
        "ROB3",
        "Asymptotic variances of mean, median, Huber 1.345, Tukey 4.685 and Cauchy 1.68641 under eleven laws agree between "
        "the losses as trained and the formulas (largest difference; infinite on both sides where the mean has no variance).",
        1e-5,
        largest(part="variance"),
        HUBER_RONCHETTI,
    ),
    Claim(
        "ROB3.finite",
        "At n = 400, n times the variance of every estimator is the asymptotic variance under every law, the mean where the "
        "law has four moments (worst ratio).",
        "equivalence",
        1.0,
        0.05,
        _finite_sample,
        HUBER_RONCHETTI,
    ),
    zero(
        "ROB4",
        "Sensitivity curves on 10,000 normal scores equal the influence functions ψ / E ψ′ of Huber 1.345 and Tukey 4.685 at "
        "0.5, 1.345, 5 and 100, and their gross-error sensitivities (largest difference).",
        1e-3,
        largest(part="influence"),
        "Hampel et al. 1986, Robust Statistics, chapter 2",
        "JSM",
    ),
    zero(
        "ROB5",
        "Huber's minimax k(ε) for ε = 0.01, 0.05, 0.1, 0.2 is the (1 − ε/2)-expectile of N(0, 1), and the variance under the "
        "least favourable law is V* = 1 / ((1 − ε)(2Φ(k) − 1)) (largest difference).",
        1e-10,
        _worst_difference(("threshold", "variance"), "minimax"),
        f"{HUBER}; identity with expectiles derived here",
    ),
    Claim(
        "ROB5.saddle",
        "Contamination by N(0, s²), s = 1, 3, 10, 100, never gives Huber's minimax estimator a variance above V* (largest "
        "excess).",
        "bound_above",
        0.0,
        1e-10,
        _largest_excess,
        HUBER,
    ),
    zero(
        "ROB10",
        "Huber's loss is the Moreau envelope min over γ of (r − γ)²/2 + δ|γ| at 81 residuals, by soft thresholding and by "
        "search (largest difference).",
        1e-12,
        largest(part="envelope"),
        "She and Owen 2011, JASA 106",
    ),
    zero(
        "ROB11",
        "The normalising integral of exp(−ρ(x, α, 1)) of Barron's loss is √(2π) at α = 2, 2e K₁(1) at α = 1, π√2 at α = 0, and "
        "the adaptive loss has it at all shapes between (largest difference).",
        1e-10,
        _worst_difference(("partition", "integral"), "partition"),
        BARRON,
        "JSM",
    ),
    Claim(
        "ROB11.negative",
        "Every robust loss of Barron's family is a negative log likelihood: exp(−ρ) vanishes at infinity also for α < 0 "
        "(exp(−ρ) at |x| → ∞ for α = −2, which is e⁻², so that the integral is infinite).",
        "bound_above",
        0.0,
        1e-6,
        value_of("density_at_infinity_-2", part="partition"),
        f"the lectures' recipe applied to {BARRON}",
        "JSM",
    ),
)
