"""Largest error against hidden units: Yarotsky's networks, the best shallow ones, and trained deep ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.plotting.curves import interval
from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import proportion
from dlstats.protocol.study import Check, Experiment, Figure, Method
from dlstats.studies.approximation.squaring.square_errors import DEPTHS, PIECES, deep_errors
from dlstats.studies.frames import tabulated
from dlstats.theory import approximation_rates as rates
from dlstats.theory import squaring as theory

if TYPE_CHECKING:
    from dlstats.protocol.evidence import Evidence
    from dlstats.seeds import Streams

GRID = 2**12
"""Steps of the grid on which trained networks are evaluated; it holds the midpoints of up to 2^11 pieces."""
STARTS = 16
"""Random starts of which the best is reported."""
STEPS = 3000
"""Steps of Adam of the finding, which is one on this recipe."""


def _deep(depth: int) -> Iterator[dict]:
    yield {"method": "deep", "units": 3 * depth, "sup_error": deep_errors(depth).max()}


def _shallow(pieces: int) -> Iterator[dict]:
    yield {"method": "shallow", "units": pieces - 1, "sup_error": rates.free_knots_sup(rates.PARABOLA, pieces)}


def train(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Networks of width 3 trained on x^2, and whether they are as accurate as their shape allows."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    torch.set_num_threads(1)
    depth = condition.depth
    net = nets.Mlp(1, (3,) * depth)
    start = nets.initialise(net, streams.generators("start", depth=depth), "he")
    x = (np.arange(256) + 0.5) / 256
    plan = training.Training(condition.steps * condition.effort, 0.01, schedule=training.schedules.cosine, keep="best")
    fit = training.fit(net, squared, start, x[:, None], (x**2)[:, None], plan, device=device)
    grid = np.arange(GRID + 1) / GRID
    gap = training.predict(net, fit.parameters.double(), grid[:, None], device)[..., 0].numpy() - grid**2
    error = np.abs(gap).max(axis=1)
    rows = {"replicate": list(streams.replicates), "method": "trained", "status": fit.status, "sup_error": error}
    rows |= {"train_mse": fit.loss.astype(float), "epochs": fit.epochs, "dead_share": fit.dead_share}
    return pd.DataFrame(rows | {"as_accurate": (error <= theory.sup_error(depth)).astype(float)})


DEPTH = Factor("hidden layers of width 3", int, symbol="m", at_least=0)
EXACT = (Measure("sup_error", "largest error", "exact"), Measure("units", "hidden units", "exact"))

DEEP = Experiment(
    tabulated(_deep),
    factors={"depth": DEPTH},
    methods={"deep": Method("deep", "Yarotsky's network f_m: width 3, m hidden layers", style="exact")},
    measures=EXACT,
)

SHALLOW = Experiment(
    tabulated(_shallow),
    factors={"pieces": Factor("linear pieces", int, symbol="k", at_least=1)},
    methods={
        "shallow": Method(
            "best shallow", "best continuous function with k linear pieces; a network with N units has at most N + 1"
        )
    },
    measures=EXACT,
)

TRAINING = Experiment(
    train,
    factors={"depth": DEPTH, "steps": Factor("steps of Adam", int, at_least=1)} | EFFORT,
    methods={
        "trained": Method(
            f"trained deep, best of {STARTS}",
            "width 3, m layers, trained by Adam (full batch, learning rate 0.01, cosine schedule, He initialisation)",
            style="deep",
        )
    },
    measures=(
        Measure("sup_error", f"largest error, best of {STARTS} starts", "best_of", options={"starts": STARTS}),
        Measure("sup_error", "largest error, median start", "median"),
        Measure("as_accurate", "starts as accurate as the exact network of their shape", "proportion"),
        Measure("train_mse", "training error, median start", "median"),
        Measure("epochs", "epochs"),
        Measure("dead_share", "proportion of hidden units without a slope"),
    ),
)


def units_needed(errors: dict[int, float], accuracy: float) -> int:
    """Fewest units whose error is at most `accuracy`. Raises LookupError when none is."""
    fine = [units for units, error in errors.items() if error <= accuracy]
    if not fine:
        raise LookupError(f"No network reaches the accuracy {accuracy}.")
    return min(fine)


def _tables() -> tuple[dict[int, float], dict[int, float]]:
    """Largest errors by hidden units: of the deep networks, and of the best shallow ones."""
    rows = [row for of, sizes in ((_deep, DEPTHS), (_shallow, PIECES)) for size in sizes for row in of(size)]
    deep, shallow = ({r["units"]: r["sup_error"] for r in rows if r["method"] == m} for m in ("deep", "shallow"))
    return deep, shallow


def _excess_units(accuracy: float) -> int:
    """Units of the deep network minus those of the best shallow one."""
    deep, shallow = _tables()
    return units_needed(deep, accuracy) - units_needed(shallow, accuracy)


def _crossover() -> float:
    """Smallest shallow error, down to the range of both tables, at which the deep network has as many units."""
    deep, shallow = _tables()
    return min(error for units, error in shallow.items() if units_needed(deep, error) >= units)


CLAIMS = (
    Claim(
        "SQR2.success",
        "Of networks of width 3 and 6 hidden layers trained on x² by {steps} steps of Adam at rate 0.01, at most one in "
        "twenty is as accurate as f₆, which has that shape (proportion of random starts).",
        at_most(0.05), proportion("as_accurate", depth=6, steps=STEPS), Finding("squaring, seed 20261120"), ("JSM",),
        {"steps": STEPS},
    ),
)  # fmt: skip

CHECKS = (
    Check(
        "SQR4.fine",
        "At largest error 10⁻⁵ the deep network f_m has 24 hidden units, any shallow one at least 111 (deep minus shallow; "
        "among the numbers of pieces that are searched are 111, 112 and 113).",
        equals(24 - 111), lambda: _excess_units(1e-5), Derived("squaring.md#deep-against-shallow"), ("JSM",),
    ),
    Check(
        "SQR4.crossover",
        "Below a largest error of 2⁻¹¹ ≈ 0.00049 the deep network f_m always has fewer units than any shallow one, but not at "
        "that error (smallest error at which it has not, up to 24 pieces and at ten numbers beyond).",
        equals(theory.crossover(), 1e-9), _crossover, Derived("squaring.md#deep-against-shallow"), ("JSM",),
    ),
)  # fmt: skip


def _errors(evidence: Evidence, experiment: str) -> dict[int, float]:
    """Largest error by hidden units."""
    lines = evidence.table(experiment).pivot(index="cell", columns="measure", values="estimate")
    return dict(zip(lines["units"].astype(int), lines["sup_error"], strict=True))


def _draw(evidence: Evidence, figure) -> None:
    """Largest error against hidden units: deep, deep centred, best shallow, trained deep; the crossover marked."""
    from dlstats.plotting import style

    axis = figure.subplots()
    deep, shallow = (
        np.array([(u, e) for u, e in sorted(_errors(evidence, name).items()) if u]).T for name in ("deep", "shallow")
    )
    axis.plot(*shallow, label="best shallow", **style.method("shallow"))
    axis.plot(*deep, label=r"deep, $f_m$", **style.method("exact"))
    axis.plot(deep[0], deep[1] / 2, label="deep, centred", **(style.nth(3) | {"marker": "", "linestyle": style.LONG}))
    table = evidence.table("training", measure="sup_error", statistic="best_of")
    table = table[table["steps"] == table["steps"].max()]
    error = interval(table["estimate"], table["mcse"], log=True)
    points = style.method("deep") | {"linestyle": ""}
    axis.errorbar(3 * table["depth"], table["estimate"], error, label=TRAINING.label_of("trained"), **points)
    border = theory.crossover()
    axis.axhline(border, color="0.6", linewidth=0.6, zorder=0)
    axis.annotate("crossover", (1, border), (0, 2), textcoords="offset points", color="0.4", fontsize="small")
    axis.set(
        xscale="log", yscale="log", xlabel=evidence.axis("units"), ylabel=evidence.axis("sup_error"), ylim=(1e-8, 0.3)
    )
    axis.legend(loc="lower left")


FIGURE = Figure(
    "squaring_units",
    "Largest error for x² on [0, 1] against the number of hidden units. Diamonds: Yarotsky's networks of width 3; green, "
    "the same with half of the error taken off by the output bias. Circles: the best that any shallow network can do. "
    "Squares: expected best of 16 random starts of trained networks of width 3, with 95 % Monte Carlo intervals. Grey line: "
    "the accuracy 2⁻¹¹ above which depth does not always save units.",
    _draw,
    "one-column",
    3.0,
)
