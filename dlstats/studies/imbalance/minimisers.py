"""What does each loss for unequal classes estimate? Population minimisers, found numerically and in closed form."""

from __future__ import annotations

import pandas as pd

from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.imbalance import _minimisers_exact
from dlstats.studies.imbalance._minimisers_claims import CLAIMS


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One row a check (`value`), or for part `map` one row a loss (`fitted`) at a true probability."""
    part = factors["part"]
    column = "fitted" if part == "map" else "value"
    values = _minimisers_exact.fitted_map(factors["probability"]) if part == "map" else _minimisers_exact.PARTS[part]()
    rows = [{"replicate": r, "method": m, column: float(v)} for r in streams.replicates for m, v in values.items()]
    return pd.DataFrame(rows)


def draw_maps(evidence: Evidence, figure) -> None:
    """The map from the true to the fitted probability of every loss."""
    from dlstats.plotting import style

    rows = evidence.rows(part="map")
    left, right = figure.subplots(1, 2, sharey=True)
    panels = {left: ("cross_entropy", "weighted", "focal", "alpha_focal"), right: PANEL}
    for axes, methods in panels.items():
        for index, name in enumerate(methods):
            line = rows[rows["method"] == name].sort_values(by=["probability"])
            look = style.nth(index) | {"marker": ""}
            axes.plot(line["probability"], line["fitted"], label=LABELS[name], **look)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.6, zorder=0)
        axes.set_xlabel("true probability $\\eta$")
        axes.legend(fontsize="x-small")
    left.set_ylabel("fitted probability $p^*(\\eta)$")


PANEL = ("dice", "squared_dice", "ldam", "vector_scaling")
LABELS = {
    "cross_entropy": "cross-entropy",
    "weighted": "weighted and logit-adjusted",
    "focal": "focal, γ = 2",
    "alpha_focal": "focal, γ = 2, α = 0.25",
    "dice": "Dice, linear",
    "squared_dice": "Dice, squared",
    "ldam": "LDAM",
    "vector_scaling": "vector scaling",
}

FIGURES = (
    Figure(
        "imbalance_maps",
        "Map from the true probability to the one that minimises the expected loss. Prior-dependent losses are set for a "
        "prevalence of 0.1; Dice for two Gaussians two standard deviations apart. Grey: calibration. "
        "Exact: population minimisers without sampling.",
        draw_maps,
        "two-column",
        2.9,
    ),
)

STUDY = Study(
    name="minimisers",
    family="imbalance",
    title="What losses for unequal classes estimate",
    aims="Find the population minimiser of every loss numerically and compare it with its closed form.",
    mechanisms="None: expectations over the class given its probability, and two Gaussians with known posterior.",
    estimands="The probability or decision that minimises the expected loss, as a function of the true probability.",
    methods=LABELS,
    measures=(
        Measure("fitted", "fitted probability", "exact"),
        Measure("value", "value of the check", "exact"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="Populations only: what a network makes of finite data is asked in imbalance_networks and segmentation_dice.",
)
