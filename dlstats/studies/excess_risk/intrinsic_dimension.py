"""Inputs on a low-dimensional set: the rate of nearest neighbours follows the intrinsic dimension, not the ambient one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.plotting.curves import beside, curve, draw_points, points, risk_axes
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import last_slope, value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import tabulated
from dlstats.theory import nearest_neighbours as theory

NOISE_SD, NEW = 0.3, 200
DESIGNS = ((1, 10), (1, 50), (2, 20), (4, 20))
"""Intrinsic and ambient dimensions of the check."""
FACTORS = {
    "intrinsic": Factor("intrinsic dimension", int, symbol="d^*", at_least=1),
    "n": Factor("sample size", int, symbol="n", at_least=16, at_most=10**15),
}


def _exact(intrinsic: int, n: int) -> list[dict]:
    k = theory.best_neighbours(n, intrinsic, NOISE_SD)
    risk = theory.expected_risk(n, k, intrinsic, NOISE_SD)
    return [{"method": "nearest_neighbours", "risk": risk, "neighbours": k}]


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """k-nearest neighbours at the k that is best on average; the risk is exact given the inputs, no noise is drawn."""
    from dlstats.dgp.closed_curves import ClosedCurves

    intrinsic, n = condition.intrinsic, condition.n
    design, k = ClosedCurves(intrinsic, 4 * intrinsic, NOISE_SD), theory.best_neighbours(n, intrinsic, NOISE_SD)
    expected = theory.expected_risk(n, k, intrinsic, NOISE_SD)
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("data", intrinsic=intrinsic, n=n), strict=True):
        angles = design.angles(n, rng), design.angles(NEW, rng)
        risk = _risk(design, *angles, k)
        rows.append({"replicate": replicate, "method": "nearest_neighbours", "risk": risk, "ratio": risk / expected})
    return pd.DataFrame(rows)


def _risk(design, angles: np.ndarray, new: np.ndarray, k: int, turn: np.ndarray | None = None) -> float:
    """Mean over the new angles of the squared bias given the inputs, and the variance; `turn` embeds in a larger space."""
    from scipy import spatial

    x, at = (design.embed(a) if turn is None else design.embed(a) @ turn for a in (angles, new))
    near = np.reshape(spatial.KDTree(x).query(at, k)[1], (len(at), k))
    bias = design.regression(angles)[near].mean(axis=1) - design.regression(new)
    return float((bias**2).mean()) + design.noise_sd**2 / k


def _rotation_errors() -> dict[str, float]:
    """|Risk after the rotation into the larger space - risk before| on 3 data sets of 1000 for every design."""
    from dlstats.dgp.closed_curves import ClosedCurves

    rng, errors = np.random.default_rng(740), {}
    for intrinsic, ambient in DESIGNS:
        design = ClosedCurves(intrinsic, ambient, NOISE_SD)
        for data_set in range(3):
            angles, new = design.angles(1000, rng), design.angles(NEW, rng)
            risks = [_risk(design, angles, new, 20, turn) for turn in (design.rotation(rng), None)]
            errors[f"{intrinsic} in {ambient}, data set {data_set}"] = abs(risks[0] - risks[1])
    return errors


METHODS = {"nearest_neighbours": Method("nearest neighbours", "k-nearest neighbours at the k that is best on average")}
EXPERIMENTS = {
    "exact": Experiment(
        simulate=tabulated(_exact),
        factors=FACTORS,
        methods=METHODS,
        measures=(Measure("risk", "excess risk", "exact"), Measure("neighbours", "best number of neighbours", "exact")),
        slopes=(Slope("risk", statistic="exact"),),
    ),
    "neighbours": Experiment(
        simulate=simulate,
        factors=FACTORS,
        methods=METHODS,
        measures=(Measure("risk", "excess risk"), Measure("ratio", "risk over its exact expectation")),
    ),
}
PROOF = Derived("nearest-neighbours.md#nearest-neighbours-on-closed-curves")
CLAIMS = (
    Claim(
        "RSK15",
        "On a product of d* closed curves in any larger space nearest neighbours at the best k have an expected risk of slope "
        "−4/(4+d*) for a smooth function of the position, d* = 1, 2, 4: between n = 10¹⁰ and 10¹² the farthest deviates by "
        "at most {margin}.",
        at_most(0.0, 0.01),
        last_slope("risk", "exact", experiment="exact")
        .at_least(n=5)
        .minus(lambda line: -theory.exponent(int(line["intrinsic"])))
        .size(),
        PROOF,
        regime="asymptotic",
    ),
    Claim(
        "RSK15.exact",
        "Nearest neighbours on a product of d* closed curves have the mean risk that quadrature gives, including the noise "
        "variance, to within 3 % for d* = 1, 2, 4 and n = 1000, 4000, 16000.",
        equals(1.0, 0.03),
        value("ratio", experiment="neighbours").each("intrinsic", "n"),
        PROOF,
    ),
)
CHECKS = (
    Check(
        "RSK15.rotation",
        "A rotation into a larger space changes no prediction of nearest neighbours: risks agree to 10⁻¹².",
        at_most(0.0, 1e-12),
        _rotation_errors,
        Derived("risk-decomposition.md#rotations-and-nearest-neighbours"),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import labels, style

    axes = figure.subplots()
    for i, intrinsic in enumerate(
        sorted(evidence.table("exact", measure="risk", statistic="exact")["intrinsic"].unique())
    ):
        marks = style.nth(i + 1)
        n, risk = curve(evidence, experiment="exact", intrinsic=intrinsic)
        axes.plot(n, risk, label=f"$d^* = {intrinsic}$", **(marks | {"marker": ""}))
        beside(axes, n, risk, -theory.exponent(int(intrinsic)), marks["color"])
        table = points(evidence, experiment="neighbours", intrinsic=intrinsic)
        draw_points(axes, table, "", marks | {"linestyle": ""})
    risk_axes(axes, evidence)
    labels.at_ends(axes)


LARGE, SMALL = [10**4, 10**6, 10**8, 10**10, 10**12], [1000, 4000, 16000]
STUDY = Study(
    title="Low intrinsic dimension",
    aims="Show that the rate of nearest neighbours follows the intrinsic dimension whatever the ambient one.",
    mechanisms="Products of d* closed curves, uniform angles t_j, f = d*^(−1/2) Σ sin 3t_j, which is not linear in the inputs, "
    "noise sd 0.3.",
    estimands="Expected risk of k-nearest neighbours at the k that is best on average.",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "intrinsic_dimension",
            "Excess risk of nearest neighbours on sets of intrinsic dimension d*: exact (lines) and simulated (points with 95 % "
            "Monte Carlo intervals); dashed: slope −4/(4+d*), which the curves approach only beyond n = 10⁶.",
            _draw,
        ),
    ),
    limits="An oracle chooses k, and the inputs lie on the set without noise. A trained network on the same kind of inputs is "
    "in `rates`.",
    designs={
        "smoke": {
            "exact": grid(intrinsic=[1, 2, 4], n=LARGE, replicates=1),
            "neighbours": grid(intrinsic=[1, 2, 4], n=[200, 400], replicates=3),
        },
        "standard": {
            "exact": grid(intrinsic=[1, 2, 4], n=LARGE, replicates=1),
            "neighbours": grid(intrinsic=[1, 2, 4], n=SMALL, replicates=200),
        },
        "paper": {
            "exact": grid(intrinsic=[1, 2, 4], n=LARGE, replicates=1),
            "neighbours": grid(intrinsic=[1, 2, 4], n=SMALL, replicates=800),
        },
    },
)
