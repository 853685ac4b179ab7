"""The prior of unlabelled data: by maximum likelihood, and from the confusion of a trained rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Practice
from dlstats.protocol.readers import difference, value
from dlstats.protocol.study import Experiment, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.imbalance._limits import at_limit
from dlstats.theory import rare_events as theory

PRIOR, DISTANCE, LABELLED = 0.1, 2, 500
"""Prior of the unlabelled data, distance of the Gaussians, labelled points at prior 1/2."""


def simulate_label_shift(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The test prior by maximum likelihood (what EM converges to) and from the confusion of the trained rule.

    With the densities known, and with a logistic regression of labelled points whose confusion is that of training.
    """
    from dlstats.methods import logistic

    prior, distance, n = condition.prior, condition.distance, condition.n

    def draw(rng: np.random.Generator) -> np.ndarray:
        return rng.normal(size=n) + (np.where(rng.random(n) < prior, 0.5, -0.5)) * distance

    x = streams.draw(draw, "data", part="label_shift", **condition)
    up = np.repeat([1.0, 0.0], LABELLED // 2)
    seen = streams.draw(lambda rng: rng.normal(size=LABELLED) + (up - 0.5) * distance, "labelled", distance=distance)
    fit = logistic.fit(np.stack([np.ones_like(seen), seen], axis=2), np.broadcast_to(up, seen.shape))
    cut, logit = -fit.beta[:, :1] / fit.beta[:, 1:], fit.beta[:, :1] + fit.beta[:, 1:] * x
    recall, alarm = ((seen > cut)[:, up == label].mean(axis=1) for label in (1, 0))
    priors = {
        "likelihood": _likeliest(distance * x),
        "trained_likelihood": _likeliest(logit),
        "trained_confusion": ((x > cut).mean(axis=1) - alarm) / (recall - alarm),
    }
    return stacked(
        streams,
        {
            name: {"status": fit.status, "prior_estimate": p, "squared_error": (p - prior) ** 2}
            for name, p in priors.items()
        },
    )


def _likeliest(log_ratio: np.ndarray) -> np.ndarray:
    """The prior of largest likelihood for log ratios of the densities (reps, n), by bisection of the score."""
    ratio = np.exp(log_ratio)
    lower, upper = np.full((len(ratio), 1), 1e-9), np.full((len(ratio), 1), 1 - 1e-9)
    for _ in range(40):
        middle = (lower + upper) / 2
        rising = ((ratio - 1) / (1 + middle * (ratio - 1))).mean(axis=1, keepdims=True) > 0
        lower, upper = np.where(rising, middle, lower), np.where(rising, upper, middle)
    return ((lower + upper) / 2)[:, 0]


LABEL_SHIFT = Experiment(
    simulate=simulate_label_shift,
    factors={
        "prior": Factor("prior of the test data", float, symbol=r"\pi", above=0, below=1),
        "distance": Factor("distance of the means", int, symbol="D", above=0, at_most=20),
        "n": Factor("test points", int, symbol="n", at_least=1),
    },
    methods={
        "likelihood": Method("likelihood, densities known", "the prior of largest likelihood, densities known", "likelihood"),
        "trained_likelihood": Method("likelihood (EM)", "the prior of largest likelihood by a trained logistic regression"),
        "trained_confusion": Method("confusion matrix", "the rate of positive decisions, corrected by training's confusion"),
    },
    measures=(
        Measure("prior_estimate", "estimated prior"),
        Measure("prior_estimate", "estimated prior", "empirical_se"),
        Measure("squared_error", "squared error of the prior"),
    ),
    contrasts=(Contrast("squared_error", "trained_likelihood", "trained_confusion", "difference", "mean"),),
    block=1000,
)  # fmt: skip
SHIFT = Derived("rare-events.md#prior-under-label-shift")
CLAIMS = (
    Claim(
        "IMB17",
        "Under label shift, with known densities N(±1, 1), the prior of largest likelihood has a mean that tends to the true "
        "prior, {theory}.",
        equals(PRIOR, 0.001), at_limit(value("prior_estimate", "mean", method="likelihood"), "n"), SHIFT, regime="asymptotic",
    ),
    Claim(
        "IMB17.efficient",
        "Under label shift, with known densities N(±1, 1), the standard deviation of the prior of largest likelihood over the "
        "Cramér-Rao bound tends to {theory}.",
        equals(1, 0.05),
        at_limit(
            value("prior_estimate", "empirical_se", method="likelihood").over_theory(
                lambda line: theory.label_shift_sd(line["prior"], line["distance"], line["n"])
            ),
            "n",
        ),
        SHIFT, regime="asymptotic",
    ),
    Claim(
        "IMB17.order",
        "Under label shift from prior 0.5 to 0.1 the EM estimate of the prior is more accurate than that from the confusion "
        "matrix: difference of mean squared errors, 2,000 unlabelled points, logistic regression of 500 labelled ones.",
        at_most(0), difference("squared_error", "trained_likelihood", "trained_confusion", n=2000),
        Practice("saerens2002", "abstract"),
    ),
)  # fmt: skip
