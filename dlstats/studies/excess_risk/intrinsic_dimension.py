"""Inputs near a low-dimensional set: the rate follows the intrinsic dimension, not the ambient one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.plotting.curves import beside, draw_points, points, risk_axes
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import slope
from dlstats.protocol.study import Check, Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.theory.kernel_smoothing import torus_exponent

NOISE_SD = 0.3
NEW = 200
PART = 8
"""Neighbours up to n / PART are tried."""
DESIGNS = ((1, 10), (1, 50), (2, 20), (4, 20))


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Oracle k-nearest neighbours in the ambient space, exact given the inputs."""
    from dlstats.dgp.closed_curves import ClosedCurves

    intrinsic, ambient, n = condition.intrinsic, condition.ambient, condition.n
    design = ClosedCurves(intrinsic, ambient, NOISE_SD)
    inputs = streams.generators("data", intrinsic=intrinsic, n=n)
    turns = streams.generators("rotation", intrinsic=intrinsic, ambient=ambient)
    rows = []
    for replicate, rng, turn in zip(streams.replicates, inputs, turns, strict=True):
        angles = design.angles(n, rng), design.angles(NEW, rng)
        risk, k = _risk(design, angles, design.rotation(turn))
        rows.append({"replicate": replicate, "method": "nearest_neighbours", "risk": risk, "neighbours": k})
    return pd.DataFrame(rows)


def _risk(design, angles: tuple[np.ndarray, np.ndarray], rotation: np.ndarray | None) -> tuple[float, int]:
    """Risk and number of neighbours at the angles of the sample and of the new points."""
    from dlstats.methods.regression import oracle_neighbours

    (x, new), (truth, value) = ([each(a) for a in angles] for each in (design.embed, design.regression))
    if rotation is not None:
        x, new = x @ rotation, new @ rotation
    return oracle_neighbours(x, truth, new, value, NOISE_SD, len(x) // PART)


def _rotation_errors() -> dict[str, float]:
    """|Risk after the rotation into the larger space - risk before| on 3 data sets of 1000 for every design."""
    from dlstats.dgp.closed_curves import ClosedCurves

    rng, errors = np.random.default_rng(740), {}
    for intrinsic, ambient in DESIGNS:
        design = ClosedCurves(intrinsic, ambient, NOISE_SD)
        for k in range(3):
            angles = design.angles(1000, rng), design.angles(NEW, rng)
            risks = [_risk(design, angles, rotation)[0] for rotation in (design.rotation(rng), None)]
            errors[f"{intrinsic} in {ambient}, data set {k}"] = abs(risks[0] - risks[1])
    return errors


NEIGHBOURS = Experiment(
    simulate=simulate,
    factors={
        "intrinsic": Factor("intrinsic dimension", int, symbol="d^*", at_least=1),
        "ambient": Factor("ambient dimension", int, symbol="D", at_least=4),
        "n": Factor("sample size", int, symbol="n", at_least=PART),
    },
    methods={
        "nearest_neighbours": Method(
            "nearest neighbours", "k-nearest neighbours at the k that is best for the truth (an oracle)"
        )
    },
    measures=(Measure("risk", "excess risk"), Measure("neighbours", "best number of neighbours")),
    slopes=(Slope("risk"),),
)


def _claim(intrinsic: int, ambient: int) -> Claim:
    exponent = torus_exponent(intrinsic, False)
    return Claim(
        "RSK15" if (intrinsic, ambient) == (2, 20) else f"RSK15.d{intrinsic}_in_{ambient}",
        f"Oracle nearest neighbours on a {intrinsic}-dimensional set in R^{ambient} have slope -4/(4+{intrinsic}) = "
        f"{-exponent:.3f}: the intrinsic dimension counts.",
        equals(-exponent, 0.05),
        slope("risk", intrinsic=intrinsic, ambient=ambient),
        Theorem("kpotufe2011"),
        bears_on=("JSM",),
    )


CHECKS = (
    Check(
        "RSK15.rotation",
        "A rotation into a larger space changes no prediction of nearest neighbours: risks agree to 10⁻¹².",
        at_most(0.0, 1e-12),
        _rotation_errors,
        Derived(),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    for i, (intrinsic, ambient) in enumerate(DESIGNS):
        table, look = points(evidence, intrinsic=intrinsic, ambient=ambient), style.nth(i + 1)
        draw_points(axes, table, f"$d^* = {intrinsic}$ in $R^{{{ambient}}}$", look)
        if (intrinsic, ambient) != (1, 50):
            beside(axes, table["at"], table["estimate"], -torus_exponent(intrinsic, False), look["color"])
    risk_axes(axes)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)


def _grids(line: list[int], surface: list[int], replicates: int) -> list[Grid]:
    return [
        grid(intrinsic=1, ambient=[10, 50], n=line, replicates=replicates),
        grid(intrinsic=[2, 4], ambient=20, n=surface, replicates=replicates),
    ]


LINE, SURFACE = [1000, 2000, 4000, 8000, 16000], [1000, 4000, 16000, 64000]
STUDY = Study(
    title="Low intrinsic dimension",
    aims="Show that the rate follows the intrinsic dimension whatever the ambient one.",
    mechanisms="Products of closed curves turned at random into R^D, f = d*^(-1/2) Σ sin t_j, noise sd 0.3.",
    estimands="Risk of k-nearest neighbours at the best k, exact given the inputs.",
    experiments={"neighbours": NEIGHBOURS},
    claims=tuple(_claim(*design) for design in DESIGNS),
    checks=CHECKS,
    figures=(
        Figure(
            "intrinsic_dimension",
            "Excess risk of oracle nearest neighbours on sets of intrinsic dimension d* in larger spaces, 95 % Monte Carlo "
            "intervals; dashed: slope -4/(4+d*). The two sets of dimension 1 lie on each other.",
            _draw,
        ),
    ),
    limits="An oracle chooses k. A trained network on the same kind of inputs is in `rates`.",
    designs={
        "smoke": _grids([200, 400], [200, 400], 3),
        "standard": _grids(LINE, SURFACE, 50),
        "paper": _grids(LINE, SURFACE, 200),
    },
)
