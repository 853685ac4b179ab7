"""What the study of quantiles claims: ROB12 to ROB14, ROB18, ROB19, and the linear part of ROB16."""

from __future__ import annotations

from dataclasses import replace

from dlstats import montecarlo
from dlstats.montecarlo import Estimate
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence
from dlstats.studies.robust._claims import estimated, largest, statistic_of, value_of, worst_of, zero
from dlstats.theory import quantiles as theory

LEVELS = (0.25, 0.5, 0.7, 0.9, 0.95)
KOENKER = "Koenker and Bassett 1978, Econometrica 46"
NEWEY = "Newey and Powell 1987, Econometrica 55"
CORRECTED = "max(τ e, (τ − 1) e) is the loss of Koenker and Bassett 1978"


def _scaled_variance(level: float):
    """n Var over τ(1 − τ)/φ(q)²."""

    def measure(evidence: Evidence) -> Estimate:
        rows = evidence.rows(part="order", method=f"level_{level:g}")
        e, limit = estimated("variance", rows, "scaled_error"), theory.sample_quantile_variance(level)
        return replace(e, value=e.value / limit, mcse=e.mcse / limit, lower=e.lower / limit, upper=e.upper / limit)

    return measure


def _largest_shift(evidence: Evidence) -> Estimate:
    """The largest distance between an expectile and the quantile of its level, levels other than the mean's."""
    rows = evidence.rows(part="expectile").set_index("method")["value"]
    gaps = {
        f"{law} {level:g}": abs(rows[f"{law}_{level:g}"] - rows[f"{law}_quantile_{level:g}"])
        for law in ("normal", "exponential")
        for level in LEVELS
        if (law, level) != ("normal", 0.5)
    }
    largest = max(gaps, key=lambda name: gaps[name])
    return montecarlo.exact(gaps[largest], f"largest at {largest}")


CLAIMS = (
    zero(
        "ROB12",
        "The CRPS of N(0, 1) is twice the pinball loss of its quantiles integrated over levels, at six outcomes (largest "
        "difference from the closed form).",
        1e-12,
        largest(part="crps"),
        "Gneiting and Raftery 2007, JASA 102",
    ),
    Claim(
        "ROB13",
        "n times the variance of the sample quantile of N(0, 1) is τ(1 − τ)/φ(q)² at n = 999, τ = 0.1, 0.5, 0.9 (worst ratio).",
        "equivalence",
        1.0,
        0.05,
        worst_of([_scaled_variance(level) for level in (0.1, 0.5, 0.9)], 1.0, 0.05),
        "Serfling 1980, section 2.3.3",
    ),
    zero(
        "ROB13.excess",
        "The excess pinball risk of q + d over φ(q) d²/2 is 0.99573 at d = 0.01 and 0.95784 at d = 0.1, τ = 0.9 (largest "
        "difference from the closed form).",
        1e-5,
        largest(part="excess"),
        "derived here, short proof",
    ),
    zero(
        "ROB14",
        "The losses elicit the quantiles and expectiles of N(0, 1) and Exp(1) at levels 0.25, 0.5, 0.7, 0.9, 0.95 (largest "
        "difference from closed forms).",
        1e-8,
        largest(part="expectile"),
        NEWEY,
        "JSM",
    ),
    Claim(
        "ROB14.contrast",
        "An expectile is the quantile of the same level (largest distance over these laws and levels).",
        "identity",
        0.0,
        0.02,
        _largest_shift,
        f"an over-reading; {NEWEY}",
        "JSM",
    ),
    Claim(
        "ROB16.linear",
        "Linear fits of n = 30 at levels 0.85 and 0.95 seldom cross on [0, 1]: in at most 10 % of samples.",
        "at_most",
        0.1,
        0.0,
        statistic_of("proportion", "crossed", part="crossing", method="linear", n=30),
        "Koenker 2005, Quantile Regression, section 2.5, over-read",
    ),
    Claim(
        "ROB18",
        "With the lectures' max(τ e, (1 − τ) e) gradient descent of a constant drifts for ever at learning rate times "
        "min(τ, 1 − τ): 0.0500 a step at τ = 0.5 and rate 0.1.",
        "equivalence",
        0.05,
        0.001,
        statistic_of("mean", "speed", part="drift", method="slip", level=0.5),
        CORRECTED,
        "JSM, BIOS",
    ),
    Claim(
        "ROB18.upper",
        "With the lectures' max(τ e, (1 − τ) e) gradient descent drifts 0.0100 a step at τ = 0.9 and rate 0.1.",
        "equivalence",
        0.01,
        0.001,
        statistic_of("mean", "speed", part="drift", method="slip", level=0.9),
        CORRECTED,
        "JSM, BIOS",
    ),
    Claim(
        "ROB18.bounded",
        "The lectures' quantile loss has a minimiser: gradient descent at τ = 0.5 stays within 1 of the median of its data "
        "for 2000 steps (mean position; the correct loss stays).",
        "at_most",
        1.0,
        0.0,
        statistic_of("mean", "position", part="drift", method="slip", level=0.5),
        CORRECTED,
        "JSM, BIOS",
    ),
    Claim(
        "ROB18.correct",
        "With max(τ e, (τ − 1) e) gradient descent at τ = 0.5 stays at the median (mean position after 2000 steps).",
        "equivalence",
        0.0,
        0.05,
        statistic_of("mean", "position", part="drift", method="pinball", level=0.5),
        KOENKER,
    ),
    zero(
        "ROB19",
        "At rate 0.3 gradient descent on |x| from 1 ends in the 2-cycle (0.1, −0.2), and at rate 0.1 on x² it has "
        "contracted to 0.8⁵⁰ = 1.427 × 10⁻⁵ after 50 steps (largest difference).",
        1e-12,
        largest(part="descent"),
        "derived here, short proof",
        "JSM",
    ),
    Claim(
        "ROB19.amplitude",
        "The 2-cycle of gradient descent on |x| stays within the learning rate 0.3 of the minimum.",
        "bound_above",
        0.3,
        0.0,
        value_of("amplitude", part="descent"),
        "derived here, short proof",
        "JSM",
    ),
)
