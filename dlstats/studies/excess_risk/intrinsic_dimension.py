"""Inputs near a low-dimensional set: the rate follows the intrinsic dimension, not the ambient one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, exact
from dlstats.plotting.curves import beside, points, rate, risk_axes
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory.kernel_smoothing import torus_exponent

NOISE_SD = 0.3
NEW = 200
SHARE = 8
"""Neighbours up to n / SHARE are tried."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Oracle k-nearest neighbours, exact given the inputs, in the ambient space and before it was turned."""
    from dlstats.dgp.closed_curves import ClosedCurves
    from dlstats.methods.regression import oracle_neighbours

    intrinsic, n = factors["intrinsic"], factors["n"]
    design = ClosedCurves(intrinsic, factors["ambient"], NOISE_SD)
    inputs = streams.generators("data", intrinsic=intrinsic, n=n)
    turns = streams.generators("rotation", intrinsic=intrinsic, ambient=factors["ambient"])
    rows = []
    for replicate, rng, turn in zip(streams.replicates, inputs, turns, strict=True):
        angles, new = design.angles(n, rng), design.angles(NEW, rng)
        truth, rotation = (design.regression(angles), design.regression(new)), design.rotation(turn)
        plain = design.embed(angles), design.embed(new)
        turned = plain[0] @ rotation, plain[1] @ rotation
        risk, k = oracle_neighbours(turned[0], truth[0], turned[1], truth[1], NOISE_SD, n // SHARE)
        row = {"replicate": replicate, "method": "nearest_neighbours", "risk": risk, "neighbours": k}
        if n <= 2000:
            flat = oracle_neighbours(plain[0], truth[0], plain[1], truth[1], NOISE_SD, n // SHARE)[0]
            row["rotation_error"] = abs(risk - flat)
        rows.append(row)
    return pd.DataFrame(rows)


MEASURES = (
    Measure("risk", "excess risk"),
    Measure("neighbours", "best number of neighbours"),
    Measure("rotation_error", "risk after rotation minus before", "maximum"),
)


def _slope(evidence: Evidence, intrinsic: int, ambient: int) -> Estimate:
    return rate(evidence, intrinsic=intrinsic, ambient=ambient).slope


def _rotation(evidence: Evidence) -> Estimate:
    return exact(float(np.nanmax(evidence.rows()["rotation_error"])))


KPOTUFE = "Kpotufe 2011; for networks Nakada and Imaizumi 2020; Chen, Jiang, Liao and Zhao 2022"
DESIGNS = ((1, 10), (1, 50), (2, 20), (4, 20))
CLAIMS = (
    *(
        Claim(
            "RSK15" if (intrinsic, ambient) == (2, 20) else f"RSK15.d{intrinsic}_in_{ambient}",
            f"Oracle nearest neighbours on a {intrinsic}-dimensional set in R^{ambient} have slope -4/(4+{intrinsic}) = "
            f"{-torus_exponent(intrinsic, False):.3f}: the intrinsic dimension counts.",
            "equivalence", -torus_exponent(intrinsic, False), 0.05,
            lambda e, i=intrinsic, a=ambient: _slope(e, i, a), KPOTUFE, "JSM",
        )
        for intrinsic, ambient in DESIGNS
    ),
    Claim(
        "RSK15.rotation",
        "A rotation into a larger space changes no prediction of nearest neighbours: risks agree to 10⁻¹².",
        "bound_above", 0.0, 1e-12, _rotation, "rotations keep distances",
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    for i, (intrinsic, ambient) in enumerate(DESIGNS):
        table = points(evidence, intrinsic=intrinsic, ambient=ambient)
        label = f"$d^* = {intrinsic}$ in $R^{{{ambient}}}$"
        axes.errorbar(table["n"], table["estimate"], yerr=1.96 * table["mcse"], label=label, **style.nth(i + 1))
        if (intrinsic, ambient) != (1, 50):
            beside(axes, table["n"], table["estimate"], -torus_exponent(intrinsic, False), style.nth(i + 1)["color"])
    risk_axes(axes)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)


FIGURES = (
    Figure(
        "intrinsic_dimension",
        "Excess risk of oracle nearest neighbours on sets of intrinsic dimension d* in larger spaces; dashed: slope "
        "-4/(4+d*). 95 % Monte Carlo intervals.",
        _draw,
    ),
)  # fmt: skip

STUDY = Study(
    name="intrinsic_dimension",
    family="excess_risk",
    title="Low intrinsic dimension",
    aims="Show that the rate follows the intrinsic dimension whatever the ambient one.",
    mechanisms="Products of closed curves turned at random into R^D, f = d*^(-1/2) Σ sin t_j, noise sd 0.3.",
    estimands="Risk of k-nearest neighbours at the best k, exact given the inputs.",
    methods={"nearest_neighbours": "k-nearest neighbours at the k that is best for the truth (an oracle)"},
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="An oracle chooses k. A trained network on the same kind of inputs is in `rates`.",
)
