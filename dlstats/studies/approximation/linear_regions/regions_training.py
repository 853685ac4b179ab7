"""Pieces of networks before and after they are trained on the sawtooth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.measures import linear_regions as counter
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.factor import EFFORT, Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Figure, Method
from dlstats.seeds import Streams
from dlstats.studies.approximation.linear_regions._random_networks import BLOCK, WIDTHS, named, widths_of

if TYPE_CHECKING:
    from dlstats.protocol.evidence import Evidence

POINTS, STEPS = 256, 2000


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Pieces of a network before and after it is trained on the sawtooth m^(n)."""
    import torch

    from dlstats import nets, training
    from dlstats.losses.regression import squared

    torch.set_num_threads(1)
    widths = widths_of(condition.widths)
    net = nets.Mlp(1, widths)
    start = nets.initialise(net, streams.generators("start", widths=list(widths)), "torch_default")
    x = (np.arange(POINTS) + 0.5) / POINTS
    y = 1 - np.abs(1 - np.mod(2**condition.compositions * x, 2))
    plan = training.Training(condition.steps * condition.effort, 0.005, schedule=training.schedules.cosine, keep="best")
    fit = training.fit(net, squared, start, x[:, None], y[:, None], plan, device=device)
    columns = {"status": fit.status, "mse": fit.loss.astype(float), "epochs": fit.epochs, "dead_share": fit.dead_share}
    for name, parameters in (("before", start), ("after", fit.parameters)):
        cells = counter.on_line(counter.layers_of(net.shapes, parameters.double().numpy()))
        columns |= {f"pieces_{name}": counter.pieces(cells), f"inside_{name}": counter.pieces(cells, 0, 1)}
    return pd.DataFrame({"replicate": list(streams.replicates), "method": "network", **columns})


EXPERIMENT = Experiment(
    simulate,
    factors={
        "widths": WIDTHS,
        "compositions": Factor("compositions of the tent map", int, symbol="n", at_least=1),
        "steps": Factor("steps of Adam", int, at_least=1),
    }
    | EFFORT,
    methods={
        "network": Method(
            "trained network",
            "ReLU network trained by Adam (full batch, learning rate 0.005, cosine schedule), weights of least training "
            "error kept",
        )
    },
    measures=(
        Measure("pieces_before", "pieces at initialisation"),
        Measure("pieces_after", "pieces after training"),
        Measure("inside_before", "pieces on (0, 1) at initialisation"),
        Measure("inside_after", "pieces on (0, 1) after training"),
        Measure("inside_after", "pieces on (0, 1), after over before", "ratio", options={"other": "inside_before"}),
        Measure("mse", "training error", "median"),
        Measure("epochs", "epochs"),
        Measure("dead_share", "proportion of hidden units without a slope"),
    ),
    block=BLOCK,
)

CLAIMS = (
    Claim(
        "REG7.growth",
        "Training three layers of 16 units on the sawtooth m⁽³⁾ by {steps} steps of Adam at rate 0.005 less than doubles their "
        "mean number of pieces on (0, 1), where the target has 8 (ratio of means, after to before).",
        at_most(2), value("inside_after", "ratio", widths="16-16-16", steps=STEPS),
        Finding("linear_regions, seed 20261120"), ("JSM",), {"steps": STEPS},
    ),
)  # fmt: skip


def _training(evidence: Evidence, figure) -> None:
    """Pieces of trained networks against those at initialisation, one point per network."""
    from dlstats.plotting import style

    rows = evidence.rows("training", effort=1)
    axes = figure.subplots(1, 2)
    for axis, (kind, label) in zip(axes, {"pieces": "on the line", "inside": "on (0, 1)"}.items(), strict=True):
        top = 0
        for index, (widths, group) in enumerate(rows.groupby("widths", sort=False)):
            marks = style.nth(index) | {"linestyle": ""}
            axis.plot(group[f"{kind}_before"], group[f"{kind}_after"], alpha=0.7, label=named(str(widths)), **marks)
            top = max(top, group[[f"{kind}_before", f"{kind}_after"]].to_numpy().max())
        axis.plot([0, top], [0, top], color="0.6", linewidth=0.6, zorder=0)
        axis.set(xlabel=f"pieces {label} at initialisation", ylabel="after training")
    axes[1].axhline(8, **(style.method("truth") | {"linewidth": 0.8}))
    axes[0].legend()


FIGURE = Figure(
    "regions_training",
    "Linear pieces of networks with 48 hidden units before and after training on the sawtooth m⁽³⁾, on the line (left) "
    "and on (0, 1) (right), one point per network. Grey: no change; see whether training takes "
    "networks from there to the 8 pieces of the target (dotted).",
    _training,
    "two-column",
    2.6,
)
