"""What do the losses of the likelihood recipe inform about, elicit, and equal?"""

from __future__ import annotations

import math

import numpy as np

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.origin import Derived, Stated, Theorem
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Study, grid
from dlstats.studies.likelihood.information import identities, recipe, scores, softmax
from dlstats.theory import information as theory

BOTH = ("JSM", "BIOS")
ODD = 25_601
"""Observations whose median has its variance compared with the limit."""
CHANGES = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]


def _gaps(von_mises: bool) -> dict[str, float]:
    pairs = {name: both for name, both in scores.pairs().items() if (name == "von Mises") is von_mises}
    return {name: float(np.abs(a - b).max() / np.abs(b).max()) for name, (a, b) in pairs.items()}


def _null() -> dict[str, float]:
    matrices = {
        "categorical": theory.categorical(scores.LOGITS),
        "Plackett-Luce": scores.plackett_luce(scores.UTILITIES),
    }
    return {name: float(np.abs(m.sum(1)).max()) for name, m in matrices.items()}


def medians_rate() -> dict[str, float]:
    """|factor − 2| by which the distance of n Var from its limit falls from n ≈ `ODD`/2 to `ODD`."""
    limits = {
        "normal": (theory.normal_median_variance, math.pi / 2),
        "Cauchy": (theory.cauchy_median_variance, math.pi**2 / 4),
    }
    half = ODD // 2 + 1
    return {name: abs((f(half) - limit) / (f(ODD) - limit) - 2) for name, (f, limit) in limits.items()}


CLAIMS = (
    Claim(
        "FND6",
        "When no logit changes by more than a, softmax moves by at most tanh(a/2), no more than a/2, in total variation: a small "
        "change of the logits makes a small change of the probabilities (largest ratio to the bound over all sign patterns).",
        at_most(1.0, 1e-9),
        value("distance", "largest", experiment="softmax")
        .each("change", "classes", "method")
        .over_theory(softmax.bound),
        Derived("likelihood.md#softmax-moves-little"),
        bears_on=("BIOS",),
    ),
)

CHECKS = (
    Check(
        "LIK1",
        "The Fisher information of eleven distributions, all of the recipe but mixtures and von Mises, is that of the closed "
        "forms: products of the scores of torch.distributions, integrated or summed (largest relative difference).",
        equals(0, 1e-12), lambda: _gaps(von_mises=False), Theorem("lehmann1998", "sections 2.5 and 2.6"), BOTH,
    ),
    Check(
        "LIK1.von_mises",
        "The Fisher information of von Mises distributions is that of the closed form, to the 2 × 10⁻⁹ to which torch evaluates "
        "Bessel functions (relative difference).",
        equals(0, 1e-8), lambda: _gaps(von_mises=True), Theorem("lehmann1998", "sections 2.5 and 2.6"), BOTH,
    ),
    Check(
        "LIK1.null",
        "The logits of a categorical distribution and the utilities of Plackett and Luce are identified up to a constant only: "
        "their information matrices map (1, …, 1) to 0 (largest entry).",
        equals(0, 1e-12), _null, Derived("likelihood.md#a-direction-without-information"), BOTH,
    ),
    Check(
        "LIK3",
        "The median of Laplace data reaches the bound 1 for n Var at the rate 1/√n only: √n (n Var − 1) tends to 2√(2/π) = 1.596 "
        f"(by the density of the middle one of {ODD:,}).",
        equals(2 * math.sqrt(2 / math.pi), 0.01),
        lambda: math.sqrt(ODD) * (theory.laplace_median_variance(ODD) - 1),
        Derived("likelihood.md#the-median-of-laplace-data"), BOTH,
    ),
    Check(
        "LIK3.medians",
        "n Var of the median of normal and of Cauchy data comes to its limits π/2 and π²/4 at the rate 1/n, where that of "
        f"Laplace data comes to its own at 1/√n: when n doubles to {ODD:,} both distances are halved (by the density of the "
        "middle one; factor, difference from 2).",
        equals(0, 0.01), medians_rate, Derived("likelihood.md#other-medians"), BOTH,
    ),
    Check(
        "LIK5",
        "Squared error elicits the mean, absolute error the median, the pinball loss the quantile and its square the expectile "
        "(losses as trained, minimised under the exponential distribution; τ = 0.9; largest difference).",
        equals(0, 1e-9), identities.elicited, Theorem("gneiting2011", "section 3"), BOTH,
    ),
    Check(
        "LIK6.modes",
        "The squared error of predicting the mode is that of the mean for symmetric distributions, 1 + 1/a times it for gamma "
        "distributions with shape a, 1/(1 − p) times for p < 1/2, and larger for every skewed one of the recipe (eight "
        "distributions of torch, integrated or summed, against closed forms; largest difference).",
        equals(0, 1e-9), recipe.cost_gaps, Derived("likelihood.md#mode-against-mean"), BOTH,
    ),
    Check(
        "LIK5.loss",
        "The loss of the recipe is least at the truth, where its mean is the entropy of the distribution: integrated, against "
        "torch's (seven distributions; largest difference).",
        equals(0, 1e-9), recipe.entropy_gaps, Theorem("cover2006", "theorem 8.6.1"), BOTH,
    ),
    Check(
        "LIK6.ends",
        "The losses of a beta distribution are infinite at y = 0 and y = 1, which the recipe counts to its domain: +∞ with both "
        "shapes 2, −∞ with both 1/2 (of four values, those that are infinite).",
        equals(4, 0), identities.infinite_ends, Derived("likelihood.md#ends-of-the-beta-distribution"), BOTH,
    ),
    Check(
        "LIK7",
        "Up to a factor and a constant the normal likelihood is squared error, Laplace's absolute error, Student's the Cauchy "
        "loss and Barron's at α = 0; log-softmax with the likelihood is cross-entropy, and binary cross-entropy that of two "
        "classes with the logits (0, z) (largest difference).",
        equals(0, 1e-12), identities.same_losses, Derived("likelihood.md#one-loss-by-two-names"), BOTH,
    ),
    Check(
        "LIK8",
        "reduction='mean' does not return the Kullback-Leibler divergence: it returns that over the number of classes, 5 "
        "(tensors of the lecture; ratio).",
        equals(1 / 5, 1e-12), identities.kl_share,
        Stated("BIOS", "nn.KLDivLoss in PyTorch", "doesn't return the true KL divergence value"), (),
    ),
    Check(
        "FND7",
        "For fixed targets the Kullback-Leibler divergence trains a classifier exactly as cross-entropy does: the gradients in "
        "the logits are the same (tensors of the lecture; largest difference).",
        equals(0, 1e-15), identities.kl_gradient, Derived("likelihood.md#divergence-and-cross-entropy"), ("BIOS",),
    ),
    Check(
        "FND6.attained",
        "Two classes with the logits (0, −a) attain tanh(a/2): the bound on what softmax moves cannot be improved (a = 0.1, 0.5 "
        "and 2; largest difference).",
        equals(0, 1e-12), softmax.attained, Derived("likelihood.md#softmax-moves-little"), ("BIOS",),
    ),
    Check(
        "FND6.lipschitz",
        "softmax moves in Euclidean norm by at most half of what the logits move: the largest spectral norm of its Jacobian that "
        "a search finds with 2, 3 and 10 classes is 1/2 (farthest from it).",
        equals(0.5, 1e-4), softmax.steepest, Derived("likelihood.md#softmax-in-euclidean-norm"), ("BIOS",),
    ),
    Check(
        "FND14",
        "A differential entropy can be negative, as no entropy of a discrete distribution is: N(0, 0.1²) has "
        "ln(0.1 √(2πe)) = −0.8836.",
        equals(math.log(0.1 * math.sqrt(2 * math.pi * math.e)), 1e-12), identities.normal_entropy,
        Theorem("cover2006", "example 8.1.2"), ("BIOS",),
    ),
)  # fmt: skip


def _design(replicates: int) -> dict:
    return {"recipe": grid(distribution=list(recipe.LISTED), replicates=1)} | {
        "softmax": grid(change=CHANGES, classes=[2, softmax.MOST], replicates=replicates)
    }


STUDY = Study(
    title="Losses from likelihoods",
    aims="What does a loss of the likelihood recipe inform about, what does it elicit, which losses are one, and how far does "
    "softmax move?",
    mechanisms="None for the losses: distributions at stated parameters. For softmax N(0, 1) logits, and changes of at most a.",
    estimands="Fisher information, elicited functionals; total variation between softmax before and after.",
    experiments={"softmax": softmax.SOFTMAX, "recipe": recipe.RECIPE},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(softmax.FIGURE,),
    limits="Information at one value of the parameters each; mixtures of normal distributions have no closed form.",
    designs={"smoke": _design(20), "standard": _design(400), "paper": _design(2000)},
)
