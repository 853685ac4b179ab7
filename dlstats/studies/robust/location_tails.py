"""Heavy tails, asymmetry and gross errors: how fast location is found, what robust losses estimate, when they break."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.robust._claims import scalars
from dlstats.studies.robust._location_claims import ALPHAS, CLAIMS
from dlstats.theory import quantiles, robustness
from dlstats.theory.roots import root

THRESHOLDS = (1.0, 3.0, 10.0, 30.0, 100.0)
TAIL = 2.2
OUTLIER = 1e9
LEVERAGE = 1e4
POINTS = 100
"""Clean points of the regression with one leverage point."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of part `rate`, `bias` (exact), `breakdown` or `leverage`."""
    parts = {"rate": _rate, "bias": _bias, "breakdown": _breakdown, "leverage": _leverage}
    if factors["part"] not in parts:
        raise ValueError(f"`part` must be one of {', '.join(parts)}, got {factors['part']!r}.")
    rows = parts[factors["part"]](factors, streams)
    return pd.DataFrame(rows).sort_values("replicate", kind="stable", ignore_index=True)


def _rate(factors: dict, streams: Streams) -> list[dict]:
    """ROB6: the absolute error of mean, median and Huber's estimator with the median absolute deviation as scale."""
    from dlstats.dgp import noise
    from dlstats.methods import location

    alpha, n = factors["alpha"], factors["n"]
    y = streams.draw(lambda rng: noise.stable_sample(alpha, rng, n), "sample", alpha=alpha, n=n)
    huber, converged = location.reweighted_mean(y, "huber", 1.345 * location.scale(y))
    found = {"mean": y.mean(axis=1), "median": np.median(y, axis=1), "huber": huber}
    rows = []
    for method, value in found.items():
        good = converged if method == "huber" else np.ones(len(y), dtype=bool)
        rows += [
            {"replicate": r, "method": method, "status": "ok" if g else "not_converged", "error": e}
            for r, g, e in zip(streams.replicates, good.tolist(), np.abs(value).tolist(), strict=True)
        ]
    return rows


def _bias(factors: dict, streams: Streams) -> list[dict]:
    """ROB8: what Huber's loss estimates under Lomax and exponential noise, by quadrature of its gradient."""
    rows = {}
    mean = robustness.lomax_mean(TAIL)
    for threshold in THRESHOLDS:
        found = _functional(threshold, lambda x: TAIL * (1 + x) ** (-TAIL - 1), (0.0, mean + 1))
        rows[f"lomax_{threshold:g}"] = found - mean, robustness.lomax_huber(TAIL, threshold) - mean
    rows["exponential_huber"] = (
        _functional(1.345, lambda x: np.exp(-x), (0.0, 2.0)),
        robustness.exponential_huber(1.345),
    )
    rows["exponential_median"] = np.log(2), quantiles.exponential_expectile(0.5) * np.log(2)
    ratio = rows["lomax_100"][0] / robustness.lomax_huber_bias_asymptote(TAIL, 100.0)
    table = scalars(rows)
    table.append({"method": "asymptote_100", "value": ratio})
    return [{"replicate": r, **row} for r in streams.replicates for row in table]


def _functional(threshold: float, density, bracket: tuple[float, float]) -> float:
    """The zero of E ψ(X − m) for a density on (0, ∞), ψ from the loss as trained."""
    from dlstats.losses.robust import huber
    from dlstats.studies.robust import _efficiency_exact as exact

    loss = functools.partial(huber, threshold=threshold)

    def pull(m: float) -> float:
        x, w = exact.rule([c for c in (m - threshold, m + threshold, 10.0, 100.0, 1000.0) if c > 0])
        return float((w * exact.psi_of(loss, x - m) * density(x)).sum())

    return root(pull, *bracket)


def _breakdown(factors: dict, streams: Streams) -> list[dict]:
    """ROB9: the fewest of n points that, moved to 1e9, carry the estimate beyond 1e6."""
    from dlstats.methods import location

    n = factors["n"]
    y = streams.draw(lambda rng: rng.standard_normal(n), "sample", n=n)
    first = {name: np.full(len(y), n + 1) for name in ("mean", "median", "huber")}
    for moved in range(n, 0, -1):
        bad = y.copy()
        bad[:, :moved] = OUTLIER
        scale = np.maximum(location.scale(bad), 1e-6)
        values = {"mean": bad.mean(axis=1), "median": np.median(bad, axis=1)}
        values["huber"] = location.reweighted_mean(bad, "huber", 1.345 * scale)[0]
        for name, value in values.items():
            first[name] = np.where(np.abs(value) > 1e6, moved, first[name])
    return [
        {"replicate": r, "method": name, "fewest": int(first[name][i])}
        for i, r in enumerate(streams.replicates)
        for name in first
    ]


def _leverage(factors: dict, streams: Streams) -> list[dict]:
    """ROB9: y = 2x + N(0, 1) on U(0, 1), one more point at (1e4, 0); slopes of regression M-estimators."""
    import statsmodels.api as sm

    rows = []
    for r, rng in zip(streams.replicates, streams.generators("regression"), strict=True):
        x = np.append(rng.random(POINTS), LEVERAGE)
        y = np.append(2 * x[:-1] + rng.standard_normal(POINTS), 0.0)
        design = np.column_stack([np.ones_like(x), x])
        slopes = {"ols": np.linalg.lstsq(design, y, rcond=None)[0][1]}
        slopes["clean"] = np.polyfit(x[:-1], y[:-1], 1)[0]
        slopes["absolute"] = quantiles.linear_program(x, y, 0.5)[1]
        for name, norm in (("huber", sm.robust.norms.HuberT()), ("tukey", sm.robust.norms.TukeyBiweight())):
            slopes[name] = sm.RLM(y, design, M=norm).fit(maxiter=200).params[1]
        rows += [{"replicate": r, "method": name, "slope": float(slope)} for name, slope in slopes.items()]
    return rows


def draw_rates(evidence: Evidence, figure) -> None:
    """Median absolute error against n, a panel a method, a line an α, with the theoretical slopes."""
    from dlstats.plotting import style

    table = evidence.table(part="rate", measure="error", statistic="median")
    axes = figure.subplots(1, 3, sharey=True)
    for axis, method in zip(axes, ("mean", "median", "huber"), strict=True):
        for index, alpha in enumerate(ALPHAS):
            rows = table[(table["method"] == method) & (table["alpha"] == alpha)].sort_values("n")
            bars = [rows["estimate"] - rows["lower"], rows["upper"] - rows["estimate"]]
            axis.errorbar(rows["n"], rows["estimate"], yerr=bars, label=f"α = {alpha:g}", **style.nth(index + 1))
            slope = robustness.stable_rate(alpha) if method == "mean" else -0.5
            line = rows["estimate"].iloc[0] * (rows["n"] / rows["n"].iloc[0]) ** slope
            axis.plot(rows["n"], line, color="0.6", linewidth=0.6, zorder=0)
        axis.set(xscale="log", yscale="log", xlabel="sample size $n$", title=NAMES[method])
    axes[0].set_ylabel("median absolute error")
    axes[0].legend(fontsize="x-small")


NAMES = {"mean": "mean", "median": "median", "huber": "Huber, scale estimated"}

FIGURES = (
    Figure(
        "stable_rates",
        "Median absolute error of location estimators under symmetric α-stable noise, with 95 % Monte Carlo intervals. Grey: "
        "the theoretical slopes through the first point, 1/α − 1 for the mean and −1/2 for median and Huber.",
        draw_rates,
        "two-column",
        2.5,
    ),
)

STUDY = Study(
    name="location_tails",
    family="robust",
    title="Heavy tails, asymmetry and gross errors in location and regression",
    aims="Rates of mean, median and Huber's estimator under stable noise; the estimand of Huber's loss under asymmetry; "
    "breakdown of location; leverage in regression.",
    mechanisms="Symmetric α-stable samples (Chambers, Mallows and Stuck 1976); Lomax(2.2) and Exp(1) exactly; normal samples "
    "of 21 with points moved to 10⁹; y = 2x + N(0, 1) with one point at (10⁴, 0).",
    estimands="Slope of log median absolute error on log n; Huber's functional; fewest points that break an estimate; slope.",
    methods={
        "mean": "sample mean",
        "median": "sample median",
        "huber": "Huber 1.345 with the median absolute deviation as scale; in regression statsmodels' RLM",
        "tukey": "Tukey 4.685 by iterated weighted least squares from least squares (statsmodels' RLM)",
        "absolute": "least absolute deviations by linear programming",
        "ols": "least squares",
        "clean": "least squares without the bad point",
    },
    measures=(
        Measure("error", "median absolute error", "median"),
        Measure("value", "value", "exact"),
        Measure("fewest", "fewest points that break", "mean"),
        Measure("slope", "slope", "median"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Regression estimators with a bounded influence in x (MM, least trimmed squares) are not part of the study.",
    block=1000,
)
