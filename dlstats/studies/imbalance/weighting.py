"""Logit adjustment or class weights: which is more efficient, and what do weights do on separable data?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Contrast, Measure
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import difference, value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import minimisers
from dlstats.theory import weighting as theory

PRIOR, DISTANCE = 0.02, 2
"""Prevalence and distance of the two Gaussians."""
PENALTIES = 10.0 ** -np.concatenate([np.arange(13.0), np.arange(16.0, 201.0, 4.0)])
SHOWN = (3, 6, 9, 12, 60, 200)
"""Minus the decimal logarithms of the penalties at which the ridge path is reported."""
ARMS = {"unweighted": (1.0,), "weight": (10.0, 100.0), "offset": (2.0,), "scale": (0.5, 0.25)}
"""What class 1 gets on separable data, and how much of it."""


def _gaussians(rng: np.random.Generator, n: int, prior: float, distance: float) -> tuple[np.ndarray, np.ndarray]:
    y = (rng.random(n) < prior).astype(float)
    x = rng.normal(size=n) + (y - 0.5) * distance
    return np.column_stack([np.ones(n), x]), y


def _log_odds(y: np.ndarray) -> np.ndarray:
    return np.log(y.sum(axis=-1) / (1 - y).sum(axis=-1))


def simulate_efficiency(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Linear logits on two Gaussians: fitted as they are, shifted by the log-odds of the classes, or weighted."""
    from dlstats.methods import logistic

    prior, distance = condition.prior, condition.distance
    generators = streams.generators("data", part="efficiency", **condition)
    draws = [_gaussians(rng, condition.n, prior, distance) for rng in generators]
    x, y = (np.stack(parts) for parts in zip(*draws, strict=True))
    positive = y.mean(axis=1, keepdims=True)
    weight = np.where(y == 1, 0.5 / positive, 0.5 / (1 - positive))
    truth = np.array([math.log(prior / (1 - prior)), distance])
    plain = logistic.fit(x, y, start=truth)
    balanced = logistic.fit(x, y, weight, start=truth * [0, 1])
    fits = {
        "cross_entropy": (plain, plain.beta[:, 0]),
        "logit_adjusted": (plain, plain.beta[:, 0] - _log_odds(y)),
        "weighted": (balanced, balanced.beta[:, 0]),
    }
    columns = {}
    for name, (fit, intercept) in fits.items():
        cut = -intercept / fit.beta[:, 1]
        error = (stats.norm.cdf(cut - distance / 2) + stats.norm.sf(cut + distance / 2)) / 2
        columns[name] = {"status": fit.status, "slope": fit.beta[:, 1], "threshold": cut, "balanced_error": error}
        columns[name]["excess"] = error - stats.norm.cdf(-distance / 2)
    return stacked(streams, columns)


EFFICIENCY = Experiment(
    simulate=simulate_efficiency,
    factors={
        "n": Factor("sample size", int, symbol="n", at_least=2),
        "prior": Factor("prevalence", float, symbol=r"\pi", above=0, below=1),
        "distance": Factor("distance of the means", int, symbol="D", above=0),
    },
    methods={
        "cross_entropy": Method("cross-entropy cut at 1/2", "maximum likelihood, class 1 where its probability exceeds 1/2"),
        "logit_adjusted": Method("logit adjustment", "maximum likelihood, its intercept less the log-odds of the classes"),
        "weighted": Method("inverse-frequency weights", "cross-entropy with weights inverse to the class frequencies"),
    },
    measures=(
        Measure("slope", "slope", "variance"),
        Measure("threshold", "threshold", "variance"),
        Measure("balanced_error", "balanced error"),
        Measure("excess", "excess balanced error"),
    ),
    contrasts=(Contrast("excess", "logit_adjusted", "weighted", "difference", "mean"),),
)  # fmt: skip


def simulate_separable(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Twenty points per class, at least 1 from the line that parts them; ridge paths of every arm."""
    generators = streams.generators("data", part="separable")
    rows = [
        row | {"replicate": r} for r, rng in zip(streams.replicates, generators, strict=True) for row in _paths(rng)
    ]
    return pd.DataFrame(rows)


def _paths(rng: np.random.Generator) -> list[dict]:
    """One row per arm and penalty, of one data set."""
    from dlstats.methods import logistic

    sign = np.repeat([1.0, -1.0], 20)
    x = np.column_stack([sign * (1 + rng.exponential(1, 40)), rng.normal(size=40)])
    one, up, normal = np.ones(40), sign > 0, theory.hard_margin(x, sign)[0]
    log_ratio = {"weight": math.log, "offset": float}
    plain, rows = np.empty(0), []
    for arm, sizes in ARMS.items():
        for size in sizes:
            given = [np.where(up, size if arm == part else 1.0, one) for part in ("weight", "scale")]
            offset = np.where(up, size if arm == "offset" else 0.0, 0.0)
            path = logistic.ridge_path(x, sign, PENALTIES, given[0], given[1], offset)
            plain = path if arm == "unweighted" else plain
            ratio = log_ratio[arm](size) if arm in log_ratio else math.nan
            for digits in SHOWN:
                at = int(np.flatnonzero(np.isclose(np.log10(PENALTIES), -digits))[0])
                row = _line(x, sign, path[at], plain[at], normal, ratio)
                row["margin_gap"] = abs(row["margin_ratio"] - 1 / size) if arm == "scale" else math.nan
                rows.append({"method": arm, "size": size, "digits": digits} | row)
    return rows


def _line(x, sign, theta, plain, normal, log_ratio: float) -> dict[str, float]:
    """Shift of the boundary against the unweighted fit, also over theory; margins' ratio; angle to the hard margin."""
    norm = float(np.linalg.norm(theta[:2]))
    shift = float(theta[2] / norm - plain[2] / np.linalg.norm(plain[:2]))
    cosine = float(theta[:2] @ normal / (norm * np.linalg.norm(normal)))
    margin = sign * (x @ theta[:2] + theta[2])
    ratio = math.nan if math.isnan(log_ratio) else shift / theory.boundary_shift(log_ratio, norm)
    line = {"shift": shift, "norm": norm, "angle": math.acos(min(1.0, cosine)), "shift_gap": abs(ratio - 1)}
    return line | {"margin_ratio": float(margin[sign > 0].min() / margin[sign < 0].min())}


SEPARABLE = Experiment(
    simulate=simulate_separable,
    factors={},
    keys={
        "size": Factor("weight, offset or factor of the margin of class 1", float),
        "digits": Factor(r"$-\log_{10}$ of the ridge penalty", int),
    },
    methods={
        "unweighted": Method("ridge path", "logistic regression with a ridge penalty", "cross_entropy"),
        "weight": Method("weight", "the loss of class 1 multiplied", "weighted"),
        "offset": Method("offset", "a constant subtracted from the logit of class 1 in the loss", "logit_adjusted"),
        "scale": Method("scale", "the margin of class 1 multiplied by a factor below 1 in the loss", "ldam"),
    },
    measures=(
        Measure("shift", "shift of the boundary"),
        Measure("margin_ratio", "margin of class 1 / class 0"),
        Measure("shift_gap", "largest relative difference of the shift from theory", "largest"),
        Measure("margin_gap", "largest difference of the margins' ratio from theory", "largest"),
        Measure("angle", "largest angle to the hard margin", "largest", "radians"),
    ),
)  # fmt: skip


def shifted_fits() -> list[float]:
    """Largest difference of the fit of the logit-adjusted loss from the shifted maximum likelihood fit, 20 data sets."""
    from dlstats.methods import logistic

    rng, gaps = np.random.default_rng(5), []
    for _ in range(20):
        x, y = _gaussians(rng, 5000, PRIOR, DISTANCE)
        odds = float(_log_odds(y))
        plain, adjusted = (logistic.fit(x[None], y[None], offset=offset).beta[0] for offset in (0.0, odds))
        gaps.append(float(np.abs(adjusted - (plain - [odds, 0])).max()))
    return gaps


JSM = ("JSM",)
SETTING = f"for N(±1, 1) with prior {PRIOR}"
SLOPES = {weighted: float(theory.asymptotic_variance(PRIOR, DISTANCE, weighted)[1, 1]) for weighted in (False, True)}
CUTS = {weighted: theory.threshold_variance(PRIOR, DISTANCE, weighted) for weighted in (False, True)}
ERM = minimisers.gaussian_rule(minimisers.gaussian_threshold(PRIOR, DISTANCE), PRIOR, DISTANCE)["balanced_error"]


def _variance(name: str, words: str, column: str, method: str, n: int, expected: float) -> Claim:
    statement = f"{words}, {SETTING}: n times its variance at n = {n} is {{theory:.5g}}, its asymptotic value."
    measure = value(column, "variance", method=method, n=n).times(n)
    return Claim(name, statement, equals(expected, 0.1 * expected), measure, Derived(), JSM)


def _excess(name: str, words: str, method: str, weighted: bool) -> Claim:
    expected = theory.excess_balanced_error(DISTANCE, CUTS[weighted] / 5000)
    statement = (
        f"{words} expected excess balanced error (D/4) φ(D/2) Var(threshold) = {{theory:.4g}} at n = 5000, {SETTING}."
    )
    return Claim(
        name, statement, equals(expected, 0.1 * expected), value("excess", method=method, n=5000), Derived(), JSM
    )


def _separable(digits: int) -> tuple[Claim, ...]:
    """The claims on the ridge path at penalty 10^−digits."""
    name, where = ("IMB13", "at penalty 10⁻¹²") if digits == 12 else ("IMB13.limit", "at penalty 10⁻²⁰⁰")
    at: dict[str, Any] = {"digits": digits}
    return (
        Claim(
            name,
            "On separable data weights of ratio 10 and 100, or an offset of 2, move the boundary of the ridge path by "
            f"ln(ratio)/(2‖w‖): largest relative difference {where}.",
            at_most(0, 0.02), value("shift_gap", method=["weight", "offset"], **at).each("method", "size"), Derived(), JSM,
        ),
        Claim(
            f"{name}.direction",
            f"Whatever the weights, the direction tends to that of the hard margin: largest angle {where}, radians.",
            at_most(0, 0.02), value("angle", method=["unweighted", "weight"], **at).each("method", "size"),
            Theorem("rosset2004"), JSM,
        ),
        *(
            Claim(
                f"{name}.scale_{scale}",
                f"Multiplying the margin of class 1 by {scale} does not vanish: the margins' ratio tends to {1 / scale:g}; "
                f"largest difference {where}.",
                at_most(0, 0.1 / scale), value("margin_gap", method="scale", size=scale, **at), Theorem("kini2021"), JSM,
            )
            for scale in ARMS["scale"]
        ),
    )  # fmt: skip


CLAIMS = (
    _variance("IMB6", "Slope of logit adjustment", "slope", "logit_adjusted", 5000, SLOPES[False]),
    _variance("IMB6.weighted_5000", "Slope of weighted cross-entropy", "slope", "weighted", 5000, SLOPES[True]),
    _variance("IMB6.weighted_50000", "Slope of weighted cross-entropy", "slope", "weighted", 50000, SLOPES[True]),
    _variance("IMB6.threshold", "Threshold of logit adjustment", "threshold", "logit_adjusted", 5000, CUTS[False]),
    _variance("IMB6.threshold_weighted", "Threshold of class weights", "threshold", "weighted", 5000, CUTS[True]),
    _excess("IMB6.excess", "Logit adjustment has", "logit_adjusted", False),
    _excess("IMB6.excess_weighted", "Class weights have", "weighted", True),
    Claim(
        "IMB6.order",
        f"Logit adjustment has a smaller balanced error than class weights at n = 5000, {SETTING}.",
        at_most(0), difference("excess", "logit_adjusted", "weighted", n=5000), Derived(), JSM,
    ),
    Claim(
        "IMB6.unadjusted",
        f"Cross-entropy cut at 1/2 has balanced error {{theory:.4f}}, {SETTING}.",
        equals(ERM, 0.05 * ERM), value("balanced_error", method="cross_entropy", n=5000), Derived(), JSM,
    ),
    *(claim for digits in (12, 200) for claim in _separable(digits)),
)  # fmt: skip


def draw_path(evidence: Evidence, figure) -> None:
    """Shift of the boundary and ratio of the margins along the ridge path, mean over data sets with their error."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    shown = {left: ("shift", ("weight", 10.0), ("weight", 100.0), ("offset", 2.0))}
    shown |= {right: ("margin_ratio", ("scale", 0.5), ("scale", 0.25), ("weight", 100.0))}
    for axes, (column, *arms) in shown.items():
        for index, (arm, size) in enumerate(arms):
            table = evidence.table("separable", measure=column, statistic="mean", method=arm, size=size)
            label = f"{SEPARABLE.label_of(arm)} {size:g}"
            look = style.nth(index + (column != "shift") * 3)
            axes.errorbar(table["digits"], table["estimate"], yerr=2 * table["mcse"], label=label, **look)
        axes.set(xscale="log", xlabel=SEPARABLE.keys["digits"].label)
        axes.set_xticks(SHOWN, [str(d) for d in SHOWN])
        axes.minorticks_off()
        axes.legend()
    left.set(ylabel="shift of the boundary", ylim=(0, None))
    right.set_ylabel("margin of class 1 / class 0")


def _design(small: int, large: int, paths: int) -> dict:
    two: dict[str, Any] = {"prior": PRIOR, "distance": DISTANCE}
    grids = [grid(n=5000, **two, replicates=small), grid(n=50000, **two, replicates=large)]
    return {"efficiency": grids, "separable": grid(replicates=paths)}


STUDY = Study(
    title="Logit adjustment against class weights",
    aims="Compare the efficiency of logit adjustment and class weights; see what either does on separable data.",
    mechanisms="Two Gaussians N(±D/2, 1) with a rare class, labels drawn; and separable points in the plane.",
    estimands="Slope and threshold of the balanced rule, its balanced error; boundary and margins of the ridge path.",
    experiments={"efficiency": EFFICIENCY, "separable": SEPARABLE},
    claims=CLAIMS,
    checks=(
        Check(
            "IMB5.fit",
            "With a free intercept the fit of the logit-adjusted loss is the maximum likelihood fit with its intercept shifted.",
            equals(0, 1e-9), shifted_fits, Theorem("menon2021"), JSM,
        ),
    ),
    figures=(
        Figure(
            "imbalance_separable",
            "Separable data, ridge path from large to small penalty. Left: weights and offsets move the boundary less and "
            "less. Right: a multiplicative margin keeps its effect. Bars: two Monte Carlo standard errors over data sets.",
            draw_path,
            "two-column",
            2.6,
        ),
    ),
    limits="Linear logits; the ridge path stands for the end of training, which gradient descent reaches in logarithmic time.",
    designs={"smoke": _design(20, 4, 3), "standard": _design(10000, 2000, 20), "paper": _design(50000, 10000, 100)},
)  # fmt: skip
