"""Random features approximate a Gaussian at the rate 1/m in every dimension, with a known constant."""

from __future__ import annotations

import pandas as pd

from dlstats.montecarlo import Estimate, estimate, worst
from dlstats.plotting.curves import beside, points, rate, risk_axes
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import barron


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Squared error of the mean of `units` random cosines, in closed form given their frequencies."""
    d, units = factors["dimension"], factors["units"]
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("features", dimension=d), strict=True):
        error = barron.squared_error(rng.standard_normal((units, d)))
        ratio = error * units / barron.feature_variance(d)
        rows.append({"replicate": replicate, "method": "random_features", "error": error, "ratio": ratio})
    return pd.DataFrame(rows)


MEASURES = (Measure("error", "squared error"), Measure("ratio", "m times squared error over its exact mean"))


def _constant(evidence: Evidence) -> Estimate:
    rows = evidence.rows()
    return worst([estimate("mean", cell["ratio"]) for _, cell in rows.groupby("cell", sort=False)], 1.0, 0.05)


def _slope(evidence: Evidence) -> Estimate:
    dimensions = sorted(evidence.rows()["dimension"].unique().tolist())
    return worst([rate(evidence, "error", size="units", dimension=d).slope for d in dimensions], -1.0, 0.05)


CLAIMS = (
    Claim(
        "RSK16",
        "The mean of m cosines with N(0, I_d) frequencies approximates exp(-|x|²/2) in L2(N(0, I_d)) with expected "
        "squared error [(1 + 5^(-d/2))/2 - 3^(-d/2)]/m: within 5 % for d = 1, 5, 20 and every m.",
        "equivalence", 1.0, 0.05, _constant, "Barron 1993; the constant is elementary", "JSM",
    ),
    Claim(
        "RSK16.slope",
        "The squared error of m random cosines for exp(-|x|²/2) has slope -1 in m in every dimension: no curse of dimension.",
        "equivalence", -1.0, 0.05, _slope, "Barron 1993; Maurey", "JSM",
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    for i, d in enumerate(sorted(evidence.rows()["dimension"].unique().tolist())):
        table = points(evidence, "error", size="units", dimension=d)
        bars = 1.96 * table["mcse"]
        axes.errorbar(table["n"], table["estimate"], yerr=bars, label=f"$d = {d}$", **style.nth(i + 1))
    beside(axes, table["n"], table["estimate"], -1.0)
    risk_axes(axes)
    axes.set(xlabel="units $m$", ylabel="squared error")
    axes.legend()


FIGURES = (
    Figure(
        "barron_class",
        "Squared L2 error of the mean of m random cosines for a Gaussian target in d dimensions, with 95 % Monte Carlo "
        "intervals; dashed: slope -1.",
        _draw,
    ),
)  # fmt: skip

STUDY = Study(
    name="barron_class",
    family="excess_risk",
    title="Dimension-free approximation of a Barron function",
    aims="Show the rate 1/m without a curse of dimension, with its constant.",
    mechanisms="f(x) = exp(-|x|²/2), x ~ N(0, I_d); frequencies N(0, I_d).",
    estimands="‖f - f_m‖² in L2(N(0, I_d)), in closed form given the frequencies.",
    methods={"random_features": "the mean of m cosines with random frequencies, equal weights"},
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Approximation only, no data; Barron's bound on the risk of a fitted network is not tested.",
)
