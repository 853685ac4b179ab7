"""What happens to the risk when a model has as many parameters as cases, and more?"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.origin import Derived, Finding, Stated, Theorem
from dlstats.protocol.reader import Line
from dlstats.protocol.readers import log_ratio, proportion, value, worst
from dlstats.protocol.study import Figure, Study, grid
from dlstats.studies.dynamics.double_descent import drawing, features, linear, networks
from dlstats.theory import double_descent as theory

PARAMETERS = [30, 45, 52, 56, 58, 60, 62, 64, 70, 90, 120, 240, 600]
APART = [30, 45, 52, 70, 90, 120, 240, 600]
"""Those at which the risk has a variance: |p − n| is more than 3."""
SELECTED = [p for p in features.SELECTED if abs(p - linear.CASES) >= 8]
FEATURES = [10, 50, 100, 140, 150, 160, 200, 400, 1500]
UNITS = [2, 4, 8, 14, 18, 25, 35, 50, 200]
SIZES = [40, 60, 80, 110, 155]
SIZE = partial(networks.parameters, networks.INPUTS)
LABELS_SIZE = networks.parameters(networks.LABEL_INPUTS, *networks.LABEL_WIDTHS)
PILOT = Finding("double_descent, seed 777001")
JSM = ("JSM", "BIOS")
RELU: dict[str, Any] = {"experiment": "relu", "method": "minimum_norm"}
FEWER = [f"parameters={p}" for p in features.SELECTED[:-1]]


def _selected(line: Line) -> float:
    return theory.selected_risk(linear.CASES, line["parameters"], features.TOTAL, linear.SIGNAL, line["noise_sd"] ** 2)


CLAIMS = (
    Claim(
        "DYN19",
        "With p inputs from N(0, I) and 60 cases the excess risk of least squares of minimum norm is σ²p/(n − p − 1) for "
        "fewer inputs than cases, and r²(1 − n/p) + σ²n/(p − n − 1) for more (farthest ratio to that, |p − n| ≥ 8).",
        equals(1, 0.1),
        value("risk", "mean", experiment="least_squares", method="minimum_norm", parameters=APART)
        .each("parameters")
        .over_theory(lambda line: theory.minimum_norm_risk(linear.CASES, line["parameters"], linear.SIGNAL)),
        Derived("double-descent.md#least-squares-of-minimum-norm"),
        JSM,
    ),
    Claim(
        "DYN20",
        "The best ridge has no peak: its excess risk is that of the limit at γ = p/n, which increases with p (farthest ratio to "
        "that, p = 30 to 600 inputs, 60 cases).",
        equals(1, 0.05),
        value("risk", "mean", experiment="least_squares", method="ridge", parameters=APART)
        .each("parameters")
        .over_theory(lambda line: theory.ridge_risk_limit(linear.CASES, line["parameters"], linear.SIGNAL)),
        Theorem("dobriban2018", "theorem 2.1"),
        JSM,
        regime="asymptotic",
    ),
    Claim(
        "DYN20.better",
        "The best ridge has at most the risk of least squares of minimum norm, at every number of parameters (largest log₁₀ of "
        "the ratio).",
        at_most(0.0),
        log_ratio("risk", "ridge", "minimum_norm", statistic="mean", experiment="least_squares", parameters=APART).each(
            "parameters"
        ),
        Derived("double-descent.md#the-best-ridge"),
        JSM,
    ),
    Claim(
        "DYN21",
        f"With p of {features.TOTAL} inputs, drawn at random, least squares of minimum norm has the excess risk of p inputs "
        "whose noise has the variance σ² + r²(1 − p/D), and r²(1 − p/D) more (farthest ratio to that, σ = 0.5 and 2, "
        "|p − n| ≥ 8).",
        equals(1, 0.1),
        value("risk", "mean", experiment="inputs", method="minimum_norm", parameters=SELECTED, against="")
        .each("parameters", "noise_sd")
        .over_theory(_selected),
        Derived("double-descent.md#inputs-drawn-at-random"),
        JSM,
    ),
    Claim(
        "DYN21.ridge",
        f"With the best ridge more inputs of {features.TOTAL}, drawn at random, have less risk: there is one descent (largest "
        "log₁₀ of the ratio of neighbours, σ = 0.5 and 2).",
        at_most(0.0),
        value("risk", "log_ratio(mean)", experiment="inputs", method="ridge", against=FEWER).each(
            "parameters", "noise_sd"
        ),
        Derived("double-descent.md#inputs-drawn-at-random"),
        JSM,
    ),
    Claim(
        "DYN21.peak",
        "With 150 cases the median risk of random ReLU features peaks at 150: it is at least twenty times what it is at 50 and "
        "at 1,500 features (smallest log₁₀ of the ratio, σ = 0.1 and 0.5).",
        at_least(float(np.log10(20))),
        value("risk", "log_ratio(median)", features=150, against=["features=50", "features=1500"], **RELU).each(
            "against", "noise_sd"
        ),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN21.flat",
        "With a ridge that leaving one out has chosen, the median risk of random ReLU features does not peak: it falls from 50 "
        "to 150 and to 1,500 features, 150 cases (larger log₁₀ of the ratio, σ = 0.1 and 0.5).",
        at_most(0.0),
        worst(
            *(
                value("risk", "log_ratio(median)", experiment="relu", method="ridge", features=to, against=before).each(
                    "noise_sd"
                )
                for to, before in ((150, "features=50"), (1500, "features=150"))
            )
        ),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN21.over",
        "With 1,500 random ReLU features, 150 cases and noise of standard deviation 0.1 the median risk is below {theory}.",
        at_most(0.1),
        value("risk", "median", features=1500, noise_sd=0.1, against="", **RELU),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN21.under",
        "With at most 140 random ReLU features, fewer than cases, and noise of standard deviation 0.1 the median risk is at "
        "least {theory} (smallest of four).",
        at_least(0.25),
        value("risk", "median", features=[10, 50, 100, 140], noise_sd=0.1, against="", **RELU).each("features"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN19.trained",
        f"Trained networks of one hidden layer have a peak: with {SIZE(25)} parameters on {networks.CASES} noisy cases the "
        f"median risk is at least one and a half times that with {SIZE(8)}, and that with {SIZE(200):,} (smaller log₁₀ of the "
        "ratio).",
        at_least(float(np.log10(1.5))),
        value("risk", "log_ratio(median)", experiment="widths", units=25, against=["units=8", "units=200"]).each(
            "against"
        ),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN19.small",
        f"On data with noise of standard deviation {networks.NOISE_SD:g} a small network does better than the largest: with "
        f"{SIZE(200):,} parameters the median risk is at least one and a half times that with {SIZE(4)} (log₁₀ of the ratio).",
        at_least(float(np.log10(1.5))),
        value("risk", "log_ratio(median)", experiment="widths", units=200, against="units=4"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN22",
        "An overparameterised network can fit noisy labels, and labels that are noise, perfectly, here by Adam on all cases: in "
        f"at least nine of ten data sets it is right on all labels given ({LABELS_SIZE:,} parameters, {networks.LABELLED} "
        "cases; smaller proportion of a fifth flipped and random).",
        at_least(0.9),
        proportion("all_fitted", experiment="labels", method="trained", labels=["flipped", "random"]).each("labels"),
        Stated(
            "JSM",
            "Statistical Theory of Deep Learning",
            "can fit noisy data or random noise perfectly",
        ),
        ("BIOS",),
    ),
    Claim(
        "DYN22.true",
        f"A network of {LABELS_SIZE:,} parameters that fits {networks.LABELLED} true labels is right in at least nine tenths of "
        "new cases.",
        at_least(0.9),
        value("accuracy", experiment="labels", method="trained", labels="true"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN22.flipped",
        f"With a fifth of {networks.LABELLED} labels flipped a network of {LABELS_SIZE:,} parameters is right in at most four "
        "fifths of new cases.",
        at_most(0.8),
        value("accuracy", experiment="labels", method="trained", labels="flipped"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN22.line",
        f"With a fifth of {networks.LABELLED} labels flipped logistic regression is right in at least seventeen twentieths of "
        "new cases.",
        at_least(0.85),
        value("accuracy", experiment="labels", method="line", labels="flipped"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN23",
        "Interpolation is benign where many small directions take the noise: with k = 5 directions of variance 1 and p − k "
        "that share another 1, its excess risk is near k/(n − k − 1) + (n − k)/(p − n), to first order k/n + n/p (farthest "
        "ratio, mean over the noise, n = 40, …, 155, p = n²/2).",
        equals(1, 0.05),
        value("risk", "mean", experiment="benign")
        .each("n")
        .over_theory(lambda line: theory.benign_risk(line["n"], linear.SPIKES, linear.directions(line["n"]))),
        Derived("double-descent.md#benign-interpolation"),
        JSM,
        regime="asymptotic",
    ),
)


def _design(replicates: int, relu: int, trained: int, paired: int, benign: int) -> dict:
    efforts = ((1, trained), (3, paired))
    return {
        "least_squares": grid(parameters=PARAMETERS, replicates=replicates),
        "inputs": grid(parameters=features.SELECTED, noise_sd=features.SELECTED_NOISES, replicates=replicates),
        "relu": grid(features=FEATURES, noise_sd=features.RELU_NOISES, replicates=relu),
        "widths": [grid(units=UNITS, effort=e, replicates=r) for e, r in efforts],
        "labels": [grid(labels=["true", "flipped", "random"], effort=e, replicates=r) for e, r in efforts],
        "benign": grid(n=SIZES, replicates=benign),
    }


def _small() -> dict:
    return _design(12, 3, 2, 2, 2) | {"benign": grid(n=SIZES[:2], replicates=2)}


def _paper() -> dict:
    small, large = grid(n=SIZES[:3], replicates=1000), grid(n=SIZES[3:], replicates=200)
    return _design(10000, 500, 200, 50, 100) | {"benign": [small, large]}


STUDY = Study(
    title="Double descent",
    aims="What happens to the risk when a model has as many parameters as cases, and more: for least squares, where it is known "
    "exactly, for random features, and for trained networks?",
    mechanisms=f"Least squares: {linear.CASES} cases from N(0, I_p), |β|² = {linear.SIGNAL:g}, noise variance 1; or p of "
    f"{features.TOTAL} such inputs, drawn at random, noise 0.5 or 2. Random ReLU features: {features.RELU_CASES} cases in "
    f"{features.RELU_INPUTS} dimensions, a linear signal, noise 0.1 or 0.5. Networks: {networks.CASES} cases "
    f"uniform on [−1, 1]⁵, sin(πx₁/2) + x₂x₃, noise {networks.NOISE_SD:g}; labels of a half-space in "
    f"{networks.LABEL_INPUTS} dimensions, true, a fifth flipped, or random.",
    estimands="Excess risk; accuracy on the labels given and on the true labels of new cases.",
    experiments={
        "least_squares": linear.LEAST_SQUARES,
        "inputs": features.INPUTS,
        "relu": features.RELU,
        "widths": networks.WIDTHS,
        "labels": networks.LABELS,
        "benign": linear.BENIGN,
    },
    claims=CLAIMS,
    figures=(
        Figure(
            "double_descent",
            "Excess risk against the size of the model. Left: least squares of minimum norm peaks where parameters are as many "
            "as cases (grey) and descends again, the best ridge does not peak; means, dashes medians where the mean has no "
            "variance; dotted: exact means, and the limit of the ridge. Right: trained networks peak where they begin to fit all "
            "cases, at nearly twice as many parameters (grey: as many), at both efforts; medians. With this noise the second "
            "descent does not reach the first. 95 % Monte Carlo intervals.",
            drawing.draw_sizes,
            "two-column",
            2.8,
        ),
        Figure(
            "random_features",
            "Excess risk against the number of random features, as many as cases at the grey line; hollow: the larger noise. "
            f"Left: p of {features.TOTAL} inputs; dotted: exact means of minimum norm; the best ridge has one descent; means, "
            "dashes medians where the mean has no variance. Right: ReLU features, of which there is no exact risk at finite "
            "size; medians; leaving one out has chosen the ridge. 95 % Monte Carlo intervals.",
            drawing.draw_features,
            "two-column",
            2.8,
        ),
    ),
    limits="The networks of one hidden layer are trained without decay or early stopping, which would remove the peak as the "
    "ridge does; one target, one noise level. ReLU features have no exact risk at finite size (Mei and Montanari 2022 give the "
    "limit); inputs drawn at random have. That the risk of minimum norm is least at 2√(r²/σ²) − 1 and γ = 2 follows from the "
    "exact risk and is no claim of its own.",
    designs={"smoke": _small(), "standard": _design(1000, 60, 40, 24, 60), "paper": _paper()},
)
