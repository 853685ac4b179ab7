"""Does a trained network learn features that no kernel has, and which scaling lets it?"""

from __future__ import annotations

import numpy as np

from dlstats.plotting.curves import draw_method, draw_points, log_axes, points
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import log_ratio, value
from dlstats.protocol.study import Figure, Study, grid
from dlstats.studies.dynamics.feature_learning import parity, scaling

DIMENSIONS, SIZES = [15, 30, 60], [60, 120, 240, 480, 960]
WIDTHS = [64, 128, 256, 512, 1024]
PILOT = Finding("feature_learning, seed 777001")
FEATURES, SCALES = ("JSM", "TUE"), ("JSM", "BIOS")

AFTER = f"{scaling.STEPS} steps, which leave {100 * scaling.left():.0f} % of the mean square of the responses"


def below(line) -> bool:
    """Whether a kernel has fewer cases than there are products of two inputs."""
    return line["n"] < line["dimension"] * (line["dimension"] - 1) / 2


def eightfold(line) -> bool:
    """Whether there are eight cases for each input."""
    return line["n"] == 8 * line["dimension"]


CLAIMS = (
    Claim(
        "DYN18.floor",
        "On a product of two of d coordinates of the cube, ridge regression from n cases with a kernel of the inner product has "
        "a mean excess risk of at least 1 − 2n/(d(d − 1)), whatever the kernel: here the tangent one, and the square, which is "
        "regression on all products (smallest difference to that, n below d(d − 1)/2).",
        at_least(0.0),
        value("risk", "mean", experiment="parity", method=["kernel", "left_out"], line=below)
        .each("method", "dimension", "n")
        .minus(lambda line: parity.floor(line["n"], line["dimension"])),
        Derived("feature-learning.md#what-no-kernel-of-the-inner-product-can-learn"),
        FEATURES,
    ),
    Claim(
        "DYN18",
        "From 8d noisy cases a trained network of 64 units has a median excess risk of at most {theory} of the variance of the "
        "target, a product of two of d coordinates of the cube, for d = 15, 30 and 60 (largest).",
        at_most(0.2),
        value("risk", "median", experiment="parity", method="decay", against="", line=eightfold).each("dimension"),
        PILOT,
        FEATURES,
    ),
    *(
        Claim(
            name,
            "From 8d cases, d = 30 or 60, the median risk of the trained network on a product of two inputs is at most a third "
            f"of that of {rival}, with the best ridge in hindsight (larger log₁₀ of the ratio).",
            at_most(float(np.log10(1 / 3))),
            log_ratio("risk", "decay", method, experiment="parity", dimension=DIMENSIONS[1:], line=eightfold).each(
                "dimension"
            ),
            PILOT,
            FEATURES,
        )
        for name, method, rival in (
            ("DYN18.kernel", "best", "the tangent kernel"),
            ("DYN18.products", "quadratic", "ridge regression on all products of two inputs"),
        )
    ),
    Claim(
        "DYN18.decay",
        f"Weight decay matters to a trained network on a product of two inputs: without it, one of {len(parity.RATES)} rates "
        f"chosen against one of {len(parity.RATES) * len(parity.DECAYS)} pairs of rate and decay, the median risk is at least "
        "three times as large, from 8d cases, d = 30 or 60 (smaller log₁₀ of the ratio).",
        at_least(float(np.log10(3))),
        log_ratio("risk", "plain", "decay", experiment="parity", dimension=DIMENSIONS[1:], line=eightfold).each(
            "dimension"
        ),
        PILOT,
        FEATURES,
    ),
    Claim(
        "DYN18.lasso",
        "Of a sparse form a sparse method knows more: from 8d cases, d = 30 or 60, the median risk of the lasso on all products "
        "of two inputs is at most a third of that of the trained network (larger log₁₀ of the ratio).",
        at_most(float(np.log10(1 / 3))),
        log_ratio("risk", "lasso", "decay", experiment="parity", dimension=DIMENSIONS[1:], line=eightfold).each(
            "dimension"
        ),
        PILOT,
        FEATURES,
    ),
    Claim(
        "DYN17",
        f"Under mean-field scaling, after {AFTER}, the mean squared distance of a network of m units to its limit "
        "is the variance of the influence of one unit's start on the prediction, over m (farthest ratio to that, "
        f"m = {WIDTHS[0]}, …, {WIDTHS[-1]:,}).",
        equals(1, 0.15),
        value("error", "mean", experiment="scaling")
        .each("units")
        .times(lambda line: line["units"] / scaling.fluctuation()),
        Derived("feature-learning.md#distance-to-the-mean-field-limit"),
        SCALES,
        regime="asymptotic",
    ),
    Claim(
        "DYN17.moves",
        f"Under mean-field scaling the inner weights move as far at every width: after {AFTER}, their mean relative "
        "squared displacement is that of the limit (farthest ratio to that).",
        equals(1, 0.05),
        value("displacement", "mean", experiment="scaling", method="mean_field")
        .each("units")
        .over_theory(lambda line: scaling.limit()[1]),
        Derived("feature-learning.md#distance-to-the-mean-field-limit"),
        SCALES,
        regime="asymptotic",
    ),
    Claim(
        "DYN17.lazy",
        f"Under the scaling 1/√m the inner weights move by 1/√m: after {scaling.STEPS} steps their mean relative squared "
        "displacement is a constant over m, that of descent in the kernel of the limit (farthest ratio to that, "
        f"m = {WIDTHS[0]}, …, {WIDTHS[-1]:,}).",
        equals(1, 0.15),
        value("displacement", "mean", experiment="scaling", method="lazy")
        .each("units")
        .times(lambda line: line["units"] / scaling.lazy_displacement()),
        Derived("feature-learning.md#displacement-under-lazy-scaling"),
        SCALES,
        regime="asymptotic",
    ),
)


def _draw_risk(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    methods = parity.PARITY.methods
    panels = figure.subplots(1, len(DIMENSIONS), sharex=True, sharey=True)
    for axes, dimension in zip(panels, DIMENSIONS, strict=True):
        for name in ("best", "quadratic", "plain", "decay", "lasso"):
            table = points(evidence, "risk", "mean", "n", "parity", method=name, against="", dimension=dimension)
            draw_method(axes, table, name, methods)
        axes.set(xlabel=evidence.axis("n", "parity"), title=f"{dimension} inputs")
    log_axes(panels[0])
    for axes, dimension in zip(panels, DIMENSIONS, strict=True):
        n = np.linspace(SIZES[0], min(SIZES[-1], dimension * (dimension - 1) / 2), 200)[:-1]
        axes.plot(n, [parity.floor(one, dimension) for one in n], label="floor of kernels", **style.method("floor"))
    panels[0].set(ylabel="mean excess risk", ylim=(5e-4, 2))
    panels[-1].legend(fontsize="x-small", loc="lower left")


def _draw_scaling(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    m = np.array([WIDTHS[0], WIDTHS[-1]], float)
    for number, (column, label, steps) in enumerate(
        (("start", "before training", 0), ("error", "after", scaling.STEPS))
    ):
        draw_points(left, points(evidence, column, "mean", "units", "scaling"), label, style.nth(number))
        left.plot(m, scaling.fluctuation(steps) / m, label="" if number else "theory, over m", **style.method("theory"))
    for name, described in scaling.SCALING.methods.items():
        table = points(evidence, "displacement", "mean", "units", "scaling", method=name)
        draw_points(right, table, described.label, style.of(name, described))
    right.plot(m, scaling.lazy_displacement() / m, label="limits", **style.method("limit"))
    right.plot(m, np.full(2, scaling.limit()[1]), **style.method("limit"))
    left.set_ylabel("squared distance to the limit")
    right.set_ylabel("relative squared displacement")
    for axes in (left, right):
        log_axes(axes)
        axes.set(xlabel=evidence.axis("units", "scaling"))
        axes.legend(fontsize="x-small")


def _design(trained: int, paired: int, scaled: int) -> dict:
    return {
        "parity": [
            *(grid(dimension=d, n=[n for n in SIZES if n >= 4 * d], effort=1, replicates=trained) for d in DIMENSIONS),
            *(grid(dimension=d, n=8 * d, effort=3, replicates=paired) for d in DIMENSIONS),
        ],
        "scaling": grid(units=WIDTHS, replicates=scaled),
    }


def _small() -> dict:
    return {
        "parity": [
            grid(dimension=DIMENSIONS, n=120, effort=1, replicates=2),
            grid(dimension=DIMENSIONS[0], n=120, effort=3, replicates=2),
        ],
        "scaling": grid(units=WIDTHS[:2], replicates=12),
    }


STUDY = Study(
    title="Feature learning",
    aims="Does a trained network find the few inputs that matter where no kernel of the inner product can, what makes it do "
    "so, and how do its weights move under the scalings of theory?",
    mechanisms=f"Parity: x uniform on {{−1, 1}}^d, y = x₁x₂ + noise of standard deviation {parity.NOISE_SD:g}, "
    f"{parity.NEW:,} new cases. Scaling: sin(πu) at {scaling.POINTS} points of [−1, 1], tanh units of the inputs (u, 1), outer "
    f"weights ± {scaling.AMPLITUDE:g}, inner weights uniform on the unit circle, {scaling.STEPS} steps of gradient descent.",
    estimands="Excess risk; squared distance to the limit of infinite width; relative squared displacement of the inner weights.",
    experiments={"parity": parity.PARITY, "scaling": scaling.SCALING},
    claims=CLAIMS,
    figures=(
        Figure(
            "feature_learning",
            "Mean excess risk on a product of two inputs, whose variance is 1, by sample size. Dotted: the floor of all kernels "
            "of the inner product. Ridges have the least error on the new cases; networks choose rate and decay on a fifth of "
            "their cases, the lasso on all products its penalty. 95 % Monte Carlo intervals.",
            _draw_risk,
            "two-column",
            2.8,
        ),
        Figure(
            "mean_field",
            "Left: the squared distance of a network of mean-field scaling to its limit falls as 1/m before training and after "
            "it, with the constants of theory. Right: its weights move as far at every width; under the scaling 1/√m the squared "
            "displacement falls as 1/m. 95 % Monte Carlo intervals.",
            _draw_scaling,
            "two-column",
            2.8,
        ),
    ),
    limits="One target, one noise level, one width of the network. The kernel x₁x₂z₁z₂, which is none of the inner product, "
    "learns the target from a few cases: it knows the two inputs. The distance to the mean-field limit is that after "
    f"{AFTER}: the quadrature over starts resolves its constant to one in ten thousand there; after ten times as many steps, "
    "which leave a fiftieth, it does not.",
    designs={
        "smoke": _small(),
        "standard": _design(15, 10, 1000),
        "paper": _design(100, 24, 10000),
    },
)
