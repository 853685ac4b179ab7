"""Logit adjustment or class weights: which is more efficient, and what do weights do on separable data?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.imbalance._settings import OFFSET, SCALES, WEIGHTS
from dlstats.studies.imbalance._weighting_claims import CLAIMS
from dlstats.theory import weighting as theory

PENALTIES = 10.0 ** -np.concatenate([np.arange(13.0), np.arange(16.0, 201.0, 4.0)])
SHOWN = (3, 6, 9, 12, 60, 200)
"""Minus the decimal logarithms of the penalties at which the ridge path is reported."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Fits on two Gaussians (part `efficiency`), the identity of shift and offset (`shift`), or a ridge path."""
    if factors["part"] == "separable":
        parts = zip(streams.replicates, _data(streams, factors), strict=True)
        return pd.concat([_separable(r, rng) for r, rng in parts], ignore_index=True)
    n, prior, distance = factors["n"], factors["prior"], factors["distance"]
    draws = [_gaussians(rng, n, prior, distance) for rng in _data(streams, factors)]
    x, y = (np.stack(parts) for parts in zip(*draws, strict=True))
    if factors["part"] == "shift":
        return _shift(x, y, streams)
    return _efficiency(x, y, prior, distance, streams)


def _data(streams: Streams, factors: dict) -> list[np.random.Generator]:
    return streams.generators("data", **factors)


def _gaussians(rng: np.random.Generator, n: int, prior: float, distance: float) -> tuple[np.ndarray, np.ndarray]:
    y = (rng.random(n) < prior).astype(float)
    x = rng.normal(size=n) + (y - 0.5) * distance
    return np.column_stack([np.ones(n), x]), y


def _log_odds(y: np.ndarray) -> np.ndarray:
    return np.log(y.sum(axis=1) / (1 - y).sum(axis=1))


def _efficiency(x: np.ndarray, y: np.ndarray, prior: float, distance: float, streams: Streams) -> pd.DataFrame:
    from dlstats.methods import logistic

    share = y.mean(axis=1, keepdims=True)
    weight = np.where(y == 1, 0.5 / share, 0.5 / (1 - share))
    truth = np.array([math.log(prior / (1 - prior)), distance])
    plain = logistic.fit(x, y, start=truth)
    balanced = logistic.fit(x, y, weight, start=truth * [0, 1])
    fits = {
        "cross_entropy": (plain, plain.beta[:, 0]),
        "logit_adjusted": (plain, plain.beta[:, 0] - _log_odds(y)),
        "weighted": (balanced, balanced.beta[:, 0]),
    }
    best = stats.norm.cdf(-distance / 2)
    frames = []
    for name, (fit, intercept) in fits.items():
        cut = -intercept / fit.beta[:, 1]
        error = (stats.norm.cdf(cut - distance / 2) + stats.norm.sf(cut + distance / 2)) / 2
        columns = {"replicate": list(streams.replicates), "method": name, "status": fit.status}
        columns |= {"slope": fit.beta[:, 1], "threshold": cut, "balanced_error": error, "excess": error - best}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames).sort_values("replicate", kind="stable").reset_index(drop=True)


def _shift(x: np.ndarray, y: np.ndarray, streams: Streams) -> pd.DataFrame:
    """The logit-adjusted loss fitted as such, against the maximum likelihood fit with its intercept shifted."""
    from dlstats.methods import logistic

    rows = []
    for r, features, labels in zip(streams.replicates, x, y, strict=True):
        odds = float(_log_odds(labels[None])[0])
        plain = logistic.fit(features[None], labels[None]).beta[0]
        adjusted = logistic.fit(features[None], labels[None], offset=odds).beta[0]
        gap = np.abs(adjusted - (plain - [odds, 0])).max()
        rows.append({"replicate": r, "method": "logit_adjusted", "shift_gap": float(gap)})
    return pd.DataFrame(rows)


def _separable(replicate: int, rng: np.random.Generator) -> pd.DataFrame:
    """Twenty points a class, at least 1 from the line that parts them; weights, offsets and scales for class 1."""
    from dlstats.methods import logistic

    sign = np.repeat([1.0, -1.0], 20)
    x = np.column_stack([sign * (1 + rng.exponential(1, 40)), rng.normal(size=40)])
    one, normal = np.ones(40), theory.hard_margin(x, sign)[0]

    def path(weight: float = 1.0, scale: float = 1.0, offset: float = 0.0) -> np.ndarray:
        up = sign > 0
        parts = (np.where(up, weight, one), np.where(up, scale, one), np.where(up, offset, 0.0))
        return logistic.ridge_path(x, sign, PENALTIES, *parts)

    plain = path()
    found = {"unweighted": (plain, math.nan)}
    found |= {f"weight_{w}": (path(weight=w), math.log(w)) for w in WEIGHTS}
    found |= {"offset": (path(offset=OFFSET), OFFSET)} | {f"scale_{s}": (path(scale=s), math.nan) for s in SCALES}
    rows = []
    for name, (thetas, log_ratio) in found.items():
        row = {"replicate": replicate, "method": name}
        for digits in SHOWN:
            at = int(np.flatnonzero(np.isclose(np.log10(PENALTIES), -digits))[0])
            row |= {f"{k}_{digits}": v for k, v in _line(x, sign, thetas[at], plain[at], normal, log_ratio).items()}
        rows.append(row)
    return pd.DataFrame(rows)


def _line(x, sign, theta, plain, normal, log_ratio: float) -> dict[str, float]:
    """Shift of the boundary against the unweighted fit, also over its law; margins' ratio; angle to the hard margin."""
    norm = float(np.linalg.norm(theta[:2]))
    shift = float(theta[2] / norm - plain[2] / np.linalg.norm(plain[:2]))
    cosine = float(theta[:2] @ normal / (norm * np.linalg.norm(normal)))
    margin = sign * (x @ theta[:2] + theta[2])
    found = {"shift": shift, "norm": norm, "angle": math.acos(min(1.0, cosine))}
    if not math.isnan(log_ratio):
        found["law_ratio"] = shift / theory.boundary_shift(log_ratio, norm)
    return found | {"margin_ratio": float(margin[sign > 0].min() / margin[sign < 0].min())}


def draw_path(evidence: Evidence, figure) -> None:
    """Shift of the boundary and ratio of the margins along the ridge path, mean over data sets with their spread."""
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    rows = evidence.rows(part="separable")
    for axes, column, methods in (
        (left, "shift", [f"weight_{w}" for w in WEIGHTS] + ["offset"]),
        (right, "margin_ratio", [f"scale_{s}" for s in SCALES] + ["weight_100"]),
    ):
        for index, name in enumerate(methods):
            values = rows.loc[rows["method"] == name, [f"{column}_{d}" for d in SHOWN]].to_numpy(float)
            look = style.nth(index + (column != "shift") * 3)
            error = 2 * values.std(axis=0, ddof=1) / np.sqrt(len(values))
            axes.errorbar(SHOWN, values.mean(axis=0), yerr=error, label=METHODS[name], **look)
        axes.set_xscale("log")
        axes.set_xticks(SHOWN, [str(d) for d in SHOWN])
        axes.minorticks_off()
        axes.set_xlabel("$-\\log_{10}$ of the ridge penalty")
        axes.legend()
    left.set_ylabel("shift of the boundary")
    left.set_ylim(bottom=0)
    right.set_ylabel("margin of class 1 / class 0")


METHODS = {
    "cross_entropy": "cross-entropy cut at 1/2",
    "logit_adjusted": "logit adjustment",
    "weighted": "inverse-frequency weights",
    "unweighted": "ridge path",
    "weight_10": "weight 10",
    "weight_100": "weight 100",
    "offset": "offset 2",
    "scale_0.5": "scale 1/2",
    "scale_0.25": "scale 1/4",
}

STUDY = Study(
    name="weighting",
    family="imbalance",
    title="Logit adjustment against class weights",
    aims="Compare the efficiency of logit adjustment and class weights; see what either does on separable data.",
    mechanisms="Two Gaussians N(±D/2, 1) with a rare class, labels drawn; and separable points in the plane.",
    estimands="Slope and threshold of the balanced rule, its balanced error; boundary and margins of the ridge path.",
    methods=METHODS,
    measures=(
        Measure("slope", "slope", "variance"),
        Measure("threshold", "threshold", "variance"),
        Measure("balanced_error", "balanced error"),
        Measure("excess", "excess balanced error"),
        Measure("shift_gap", "difference of the two fits", "maximum"),
        *(Measure(f"{c}_{d}", f"{c} at penalty 1e-{d}") for d in SHOWN for c in ("shift", "angle", "margin_ratio")),
    ),
    simulate=simulate,
    claims=CLAIMS,
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
)
