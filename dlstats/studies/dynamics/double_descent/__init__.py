"""What happens to the risk when a model has as many parameters as cases, and more?"""

from __future__ import annotations

from functools import partial

import numpy as np

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.origin import Derived, Finding, Stated, Theorem
from dlstats.protocol.readers import log_ratio, proportion, value
from dlstats.protocol.study import Figure, Study, grid
from dlstats.studies.dynamics.double_descent import linear, networks
from dlstats.theory import double_descent as theory

PARAMETERS = [30, 45, 52, 56, 58, 60, 62, 64, 70, 90, 120, 240, 600]
APART = [30, 45, 52, 70, 90, 120, 240, 600]
"""Those at which the risk has a variance: |p − n| is more than 3."""
FEATURES = [10, 50, 100, 140, 150, 160, 200, 400, 1500]
UNITS = [2, 4, 8, 14, 25, 50, 200]
SIZES = [50, 100, 200, 400]
SIZE = partial(networks.parameters, networks.INPUTS)
LABELS_SIZE = networks.parameters(networks.LABEL_INPUTS, *networks.LABEL_WIDTHS)
PILOT = Finding("double_descent, seed 777001")
JSM = ("JSM", "BIOS")

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
        "The ridge of least risk removes the peak: its excess risk is that of the limit at γ = p/n, which rises with p alone "
        "(farthest ratio to that).",
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
        "The best ridge has at most the risk of the minimum norm, at every number of parameters (largest log₁₀ of the ratio).",
        at_most(0.0),
        log_ratio("risk", "ridge", "minimum_norm", statistic="mean", experiment="least_squares", parameters=APART).each(
            "parameters"
        ),
        Derived("double-descent.md#the-best-ridge"),
        JSM,
    ),
    Claim(
        "DYN21.peak",
        "With 150 cases the median risk of random ReLU features is at 150 features at least twenty times what it is at 1,500 "
        "(log₁₀ of the ratio).",
        at_least(float(np.log10(20))),
        value("risk", "log_ratio(median)", experiment="features", features=150, against="features=1500"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN21.over",
        "With 1,500 random features the median risk is below 0.1, less than that of any number of features below that of cases.",
        at_most(0.1),
        value("risk", "median", experiment="features", features=1500, against=""),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN21.under",
        "With at most 140 random features, fewer than cases, the median risk is at least 0.25 (smallest of four).",
        at_least(0.25),
        value("risk", "median", experiment="features", features=[10, 50, 100, 140], against="").each("features"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN19.trained",
        f"Trained networks of one hidden layer have the peak, too: with {SIZE(25)} parameters on {networks.CASES} noisy cases "
        f"the median risk is at least one and a half times that with {SIZE(200):,} (log₁₀ of the ratio).",
        at_least(float(np.log10(1.5))),
        value("risk", "log_ratio(median)", experiment="widths", units=25, against="units=200"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN19.small",
        f"Under this noise the second descent does not reach the first: with {SIZE(200):,} parameters the median risk is at "
        f"least one and a half times that with {SIZE(4)} (log₁₀ of the ratio).",
        at_least(float(np.log10(1.5))),
        value("risk", "log_ratio(median)", experiment="widths", units=200, against="units=4"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN22",
        "An overparameterised network can fit noisy labels, and labels that are noise, perfectly: in at least nine of ten data "
        f"sets it is right on all labels given ({LABELS_SIZE:,} parameters, {networks.LABELLED} cases; smaller proportion of a "
        "fifth flipped and random).",
        at_least(0.9),
        proportion("all_fitted", experiment="labels", method="trained", labels=["flipped", "random"]).each("labels"),
        Stated(
            "JSM",
            "Deep Learning Theory - Basics",
            "can fit noisy data or random noise perfectly but still generalize well",
        ),
        ("BIOS",),
    ),
    Claim(
        "DYN22.true",
        "With true labels it is right in at least nine tenths of new cases.",
        at_least(0.9),
        value("accuracy", experiment="labels", method="trained", labels="true"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN22.flipped",
        "With a fifth of the labels flipped a network that fits them all is right in at most four fifths of new cases, where a "
        "logistic line is in at least seventeen twentieths.",
        at_most(0.8),
        value("accuracy", experiment="labels", method="trained", labels="flipped"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN22.line",
        "With a fifth of the labels flipped logistic regression is right in at least seventeen twentieths of new cases.",
        at_least(0.85),
        value("accuracy", experiment="labels", method="line", labels="flipped"),
        PILOT,
        JSM,
    ),
    Claim(
        "DYN23",
        "Interpolation is benign where many small directions take the noise: with five directions of variance 1, p others that "
        "share another 1, its excess risk is k/n + n/p within {margin} (farthest ratio, n = 50, …, 400).",
        equals(1, 0.25),
        value("risk", "mean", experiment="benign")
        .each("n")
        .over_theory(lambda line: theory.benign_variance(line["n"], linear.SPIKES, linear.directions(line["n"]))),
        Theorem("bartlett2020", "theorem 4"),
        JSM,
        regime="asymptotic",
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots(1, 3)
    methods = linear.LEAST_SQUARES.methods
    for name, described in methods.items():
        table = points(evidence, "risk", "median", "parameters", "least_squares", method=name)
        draw_points(axes[0], table, described.label, style.of(name, described))
    for low, high in ((PARAMETERS[0], linear.CASES - 2), (linear.CASES + 2, PARAMETERS[-1])):
        fine = np.unique(np.geomspace(low, high, 200).astype(int))
        exact = [theory.minimum_norm_risk(linear.CASES, int(p), linear.SIGNAL) for p in fine]
        axes[0].plot(fine, exact, label="exact mean" if low == PARAMETERS[0] else None, **style.method("limit"))
    described = linear.FEATURES.methods["features"]
    table = points(evidence, "risk", "median", "features", "features", against="")
    draw_points(axes[1], table, described.label, style.of("features", described))
    for effort in (1, 3):
        table = points(evidence, "risk", "median", "units", "widths", effort=effort, against="")
        draw_points(axes[2], table, f"trained, effort {effort}", style.nth(effort))
    marked = (
        (axes[0], linear.CASES, "parameters", "least_squares"),
        (axes[1], linear.FEATURE_CASES, "features", "features"),
        (axes[2], networks.CASES / (networks.INPUTS + 2), "units", "widths"),
    )
    for panel, cases, factor, name in marked:
        panel.axvline(cases, color="0.8", linewidth=0.8, zorder=0)
        panel.set(xlabel=evidence.axis(factor, name))
    for panel in axes:
        panel.set(xscale="log", yscale="log")
        panel.legend(fontsize="x-small")
    axes[0].set(xticks=[30, 60, 120, 600], xticklabels=["30", "60", "120", "600"])
    axes[0].minorticks_off()
    axes[0].set_ylabel("median excess risk")


def _design(replicates: int, features: int, trained: int, paired: int, benign: int) -> dict:
    efforts = ((1, trained), (3, paired))
    return {
        "least_squares": grid(parameters=PARAMETERS, replicates=replicates),
        "features": grid(features=FEATURES, replicates=features),
        "widths": [grid(units=UNITS, effort=e, replicates=r) for e, r in efforts],
        "labels": [grid(labels=["true", "flipped", "random"], effort=e, replicates=r) for e, r in efforts],
        "benign": grid(n=SIZES, replicates=benign),
    }


def _small() -> dict:
    return _design(12, 3, 2, 2, 2) | {"benign": grid(n=SIZES[:2], replicates=2)}


def _paper() -> dict:
    small, large = [grid(n=n, replicates=r) for n, r in ((50, 1000), (100, 1000))], grid(n=SIZES[2:], replicates=200)
    return _design(10000, 500, 200, 50, 100) | {"benign": [*small, large]}


STUDY = Study(
    title="Double descent",
    aims="What happens to the risk when a model has as many parameters as cases, and more: for least squares, where it is known "
    "exactly, for random features, and for trained networks?",
    mechanisms=f"Least squares: {linear.CASES} cases from N(0, I_p), |β|² = {linear.SIGNAL:g}, noise variance 1. Random "
    f"features: {linear.FEATURE_CASES} cases in {linear.FEATURE_INPUTS} dimensions, a linear signal, noise "
    f"{linear.FEATURE_NOISE:g}. Networks: {networks.CASES} cases uniform on [−1, 1]⁵, sin(πx₁/2) + x₂x₃, noise "
    f"{networks.NOISE_SD:g}; labels of a half-space in {networks.LABEL_INPUTS} dimensions, true, a fifth flipped, or random.",
    estimands="Excess risk; accuracy on the labels given and on the true labels of new cases.",
    experiments={
        "least_squares": linear.LEAST_SQUARES,
        "features": linear.FEATURES,
        "widths": networks.WIDTHS,
        "labels": networks.LABELS,
        "benign": linear.BENIGN,
    },
    claims=CLAIMS,
    figures=(
        Figure(
            "double_descent",
            "Median excess risk against the size of the model; grey lines: as many parameters as cases. Left: least squares of "
            "minimum norm peaks there and descends again, the best ridge does not peak; dotted: the exact mean. Middle: random "
            "features, of which many do better than any few. Right: trained networks peak, too, at both efforts, and under this "
            "noise the second descent does not reach the first. 95 % Monte Carlo intervals.",
            _draw,
            "two-column",
            2.8,
        ),
    ),
    limits="The networks of one hidden layer are trained without decay or early stopping, which would remove the peak as the "
    "ridge does; one target, one noise level.",
    designs={"smoke": _small(), "standard": _design(1000, 60, 40, 24, 60), "paper": _paper()},
)
