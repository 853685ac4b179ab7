"""What does each loss for class imbalance estimate? Population minimisers, found numerically and in closed form."""

from __future__ import annotations

from functools import partial

import numpy as np

from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Stated
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.studies.frames import tabulated
from dlstats.studies.imbalance.minimisers import gradient_checks, overlap_checks, pointwise_checks
from dlstats.theory import overlap

PRIOR, GAUSSIANS = 0.1, 2.0
"""Prevalence for which the prior-dependent losses of the map are set, and the distance of the Gaussians for Dice."""


def fitted(probability: float) -> list[dict]:
    """The probability that each loss fits where the true one is `probability`."""
    return [{"method": method, "fitted": float(p[0])} for method, p in maps(np.array([probability])).items()]


def maps(probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """The probabilities that each loss fits where the true ones are `probabilities`, both of shape (points,)."""
    from dlstats.losses import elicitation, imbalance, margins

    counts = (1 - PRIOR, PRIOR)
    losses = {
        "cross_entropy": imbalance.cross_entropy,
        "weighted": partial(imbalance.weighted, weights=imbalance.inverse_frequency(counts)),
        "focal": partial(imbalance.focal, gamma=2.0),
        "alpha_focal": partial(imbalance.focal, gamma=2.0, weights=(0.75, 0.25)),
        "logit_adjusted": partial(imbalance.logit_adjusted, prior=counts),
        "ldam": partial(margins.ldam, margins=margins.ldam_margins(counts)),
        "vector_scaling": partial(margins.vector_scaling, scales=(1.0, 0.5)),
    }
    logits = {m: elicitation.minimise_binary(loss, probabilities) for m, loss in losses.items()}
    squared = overlap.dice_by_root(PRIOR, GAUSSIANS, squared=True)
    dice = {
        "dice": (probabilities > dice_cut()).astype(float),
        "squared_dice": np.minimum(1.0, probabilities / squared),
    }
    return {method: 1 / (1 + np.exp(-z)) for method, z in logits.items()} | dice


def dice_cut() -> float:
    """The probability above which soft Dice with a linear denominator decides for class 1, half of the largest Dice."""
    return overlap.dice_by_root(PRIOR, GAUSSIANS) / 2


MAP = Experiment(
    tabulated(fitted),
    {"probability": Factor("true probability", float, symbol=r"\eta", above=0, below=1)},
    {
        "cross_entropy": Method("cross-entropy", "cross-entropy as it is"),
        "weighted": Method("weighted and logit-adjusted", "cross-entropy with weights inverse to the class frequencies"),
        "focal": Method("focal, γ = 2", "focal loss with gamma 2"),
        "alpha_focal": Method("focal, γ = 2, α = 0.25", "focal loss with weight 0.25 for class 1 and 0.75 for class 0"),
        "logit_adjusted": Method("logit-adjusted", "cross-entropy of logits to which the log prior is added"),
        "ldam": Method("LDAM", "cross-entropy of logits less margins that fall with the class frequency"),
        "vector_scaling": Method("vector scaling", "cross-entropy of logits that are halved for class 1"),
        "dice": Method("Dice, linear", "soft Dice with the denominator Σ p + Σ y", "linear_dice"),
        "squared_dice": Method("Dice, squared", "soft Dice with the denominator Σ p² + Σ y²"),
    },
    (Measure("fitted", "fitted probability", "exact"),),
)  # fmt: skip


def scaled_entropy(scale: float) -> list[dict]:
    """Cross-entropy of the printed batch with all logits multiplied by `scale`."""
    return [{"method": "cross_entropy", "loss": gradient_checks.entropy(scale)}]


SCALING = Experiment(
    tabulated(scaled_entropy),
    {"scale": Factor("factor of the logits", float, above=0)},
    {"cross_entropy": Method("cross-entropy", "mean cross-entropy of a printed batch")},
    (Measure("loss", "cross-entropy", "exact"),),
)

CLAIMS = (
    Claim(
        "IMB19.scaling",
        "Cross-entropy is invariant to scaling, read as of the logits: doubled, those of a batch of four printed in the lecture "
        "have the same loss, {theory:.4f}. (A common factor of unnormalised probabilities is a shift of the logits.)",
        equals(gradient_checks.PRINTED, 1e-8),
        value("loss", scale=2.0),
        Stated(
            "BIOS",
            "Loss Function for Classification Summary",
            "Invariant to scaling and shifting of the predicted probabilities",
        ),
    ),
)


NAMED = {
    "cross_entropy": (0.22, 0.14, "left", "top"),
    "weighted": (0.34, 0.79, "left", "top"),
    "focal": (0.14, 0.49, "left", "bottom"),
    "alpha_focal": (0.72, 0.44, "left", "top"),
    "dice": (0.36, 0.08, "left", "bottom"),
    "squared_dice": (0.29, 0.58, "right", "bottom"),
    "ldam": (0.43, 0.40, "left", "top"),
    "vector_scaling": (0.62, 0.38, "left", "top"),
}
"""Where in its panel a curve is named: a point beside it, and the side of the text that stands there."""
POINTS = 1000


def draw_maps(evidence: Evidence, figure) -> None:
    """The map from the true to the fitted probability of every loss, with what was computed at tenths as markers."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2, sharey=True)
    panels = {left: ("cross_entropy", "weighted", "focal", "alpha_focal")}
    panels |= {right: ("dice", "squared_dice", "ldam", "vector_scaling")}
    dense = (np.arange(POINTS) + 0.5) / POINTS
    curves, cut = maps(dense), dice_cut()
    for axes, methods in panels.items():
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.6, zorder=0)
        axes.set_xlabel(MAP.factors["probability"].axis)
        for name in methods:
            drawn = style.of(name, MAP.methods[name])
            line = evidence.table("map", method=name, probability=lambda p: abs(10 * p - round(10 * p)) < 1e-9)
            # a jump has no ramp: the curve is broken at the cut of Dice
            x, y = (
                np.insert(v, np.searchsorted(dense, cut), np.nan) if name == "dice" else v
                for v in (dense, curves[name])
            )
            axes.plot(x, y, **drawn | {"marker": ""})
            axes.plot(line["probability"], line["estimate"], **drawn | {"linestyle": "", "markersize": 3})
            at, height, side, edge = NAMED[name]
            axes.text(at, height, MAP.label_of(name), color=drawn["color"], fontsize="small", ha=side, va=edge)
    color = style.of("dice", MAP.methods["dice"])["color"]
    right.plot([cut, cut], [0, 1], color=color, linestyle=style.LIMIT, linewidth=0.8)
    for height, face in ((0, color), (1, "white")):
        right.plot([cut], [height], "o", color=color, markerfacecolor=face, zorder=3)
    left.set_ylabel("fitted probability $p^*(\\eta)$")


DENSE = [0.01, 0.03, *(k / 20 for k in range(1, 20)), 0.33, 0.34, 0.99]
"""Probabilities from 0.01 to 0.99, denser beside the cut of Dice."""


def _design(probabilities: list[float]) -> dict:
    return {
        "map": grid(probability=probabilities, replicates=1),
        "scaling": grid(scale=2.0, replicates=1),
    }


STUDY = Study(
    title="What losses for class imbalance estimate",
    aims="Find the population minimiser of every loss numerically and compare it with its closed form.",
    mechanisms="None: expectations over the class given its probability, and two Gaussians with known posterior.",
    estimands="The probability or decision that minimises the expected loss, as a function of the true probability.",
    experiments={"map": MAP, "scaling": SCALING},
    claims=CLAIMS,
    checks=(*pointwise_checks.CHECKS, *overlap_checks.CHECKS, *gradient_checks.CHECKS),
    figures=(
        Figure(
            "imbalance_maps",
            "Map from the true probability to the one that minimises the expected loss. Prior-dependent losses are set for a "
            "prevalence of 0.1; Dice for two Gaussians two standard deviations apart. Grey: calibration. See which losses "
            "bend the probability and which, as Dice with a linear denominator, decide: it jumps from 0 to 1 at half of the "
            "largest Dice (filled circle: its value there, open circle: its limit from above). Exact: population minimisers "
            "without sampling; markers: those of the run, lines: at 1,000 points.",
            draw_maps,
            "two-column",
            2.9,
        ),
    ),
    limits="Populations only: what a network makes of finite data is asked in imbalance_networks and pixelwise_dice.",
    designs={"smoke": _design([0.1, 0.5, 0.9]), "standard": _design(sorted(DENSE))},
)
