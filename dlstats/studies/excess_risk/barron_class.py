"""Random features approximate a Gaussian at the rate 1/m in every dimension, with a known constant."""

from __future__ import annotations

import pandas as pd

from dlstats.plotting.curves import beside, draw_points, points, risk_axes
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Figure, Grid, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.theory import barron


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Squared error of the mean of `units` random cosines, in closed form given their frequencies."""
    d, units = condition.dimension, condition.units
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("features", dimension=d), strict=True):
        error = barron.squared_error(rng.standard_normal((units, d)))
        ratio = error * units / barron.feature_variance(d)
        rows.append({"replicate": replicate, "method": "random_features", "error": error, "ratio": ratio})
    return pd.DataFrame(rows)


APPROXIMATION = Experiment(
    simulate=simulate,
    factors={
        "dimension": Factor("dimension", int, symbol="d", at_least=1),
        "units": Factor("units", int, symbol="m", at_least=1),
    },
    methods={"random_features": Method("random features", "the mean of m cosines with random frequencies")},
    measures=(Measure("error", "squared error"), Measure("ratio", "m times squared error over its exact mean")),
)

CLAIMS = (
    Claim(
        "RSK16",
        "The mean of m cosines with N(0, I_d) frequencies approximates exp(-|x|²/2) in L2(N(0, I_d)) with expected "
        "squared error [(1 + 5^(-d/2))/2 - 3^(-d/2)]/m, whatever d: within 5 % for d = 1 and 5, m = 8, 32 and 128.",
        equals(1.0, 0.05),
        value("ratio").each("dimension", "units"),
        Derived("random-features.md#mean-of-random-cosines"),
    ),
)


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    axes = figure.subplots()
    dimensions = sorted(evidence.table(measure="error")["dimension"].unique())
    tables = [points(evidence, "error", over="units", dimension=d) for d in dimensions]
    for i, (d, table) in enumerate(zip(dimensions, tables, strict=True)):
        draw_points(axes, table, f"$d = {d}$", style.nth(i + 1))
    beside(axes, tables[-1]["at"], tables[-1]["estimate"], -1.0)
    risk_axes(axes)
    axes.set(xlabel="units $m$", ylabel="squared error")
    axes.legend()


def _grids(replicates: int) -> list[Grid]:
    units = [8, 32, 128]
    return [
        grid(dimension=1, units=units, replicates=4 * replicates),
        grid(dimension=5, units=units, replicates=replicates),
    ]


STUDY = Study(
    title="Dimension-free approximation of a Barron function",
    aims="Show the rate 1/m of random features with its constant.",
    mechanisms="f(x) = exp(-|x|²/2), x ~ N(0, I_d); frequencies N(0, I_d).",
    estimands="‖f - f_m‖² in L2(N(0, I_d)), in closed form given the frequencies.",
    experiments={"approximation": APPROXIMATION},
    claims=CLAIMS,
    figures=(
        Figure(
            "barron_class",
            "Squared L2 error of the mean of m random cosines for a Gaussian target in d dimensions, with 95 % Monte Carlo "
            "intervals: the curves run parallel to the dashed line of slope -1 whatever d.",
            _draw,
        ),
    ),
    limits="Approximation only, no data; Barron's bound on the risk of a fitted network is not tested. In higher dimensions the "
    "function is so small in this norm that zero approximates it better than 128 cosines: no rate is shown there.",
    designs={
        "smoke": grid(dimension=[1, 5], units=[8, 32], replicates=20),
        "standard": _grids(3000),
        "paper": _grids(12000),
    },
)
