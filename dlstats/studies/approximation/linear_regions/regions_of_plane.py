"""Activation regions of the plane in random networks: how many, and a picture of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dlstats.measures import linear_regions as counter
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.factor import Condition
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Figure
from dlstats.seeds import Streams
from dlstats.studies.approximation.linear_regions._random_networks import (
    BLOCK,
    EQUAL_UNITS,
    RANDOM,
    WIDTHS,
    draw,
    named,
    widths_of,
)
from dlstats.theory import linear_regions as theory

if TYPE_CHECKING:
    from dlstats.protocol.evidence import Evidence

WINDOW = 2.0
"""Half the side of the square that is drawn."""
SHALLOW = theory.shallow_regions(32, 2)


def count(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """Activation regions of random networks in the plane."""
    polygons = counter.in_plane(draw(streams, 2, widths_of(condition.widths)))
    regions = counter.regions_per_network(polygons)
    return pd.DataFrame({"replicate": list(streams.replicates), "method": "network", "regions": regions})


def depict(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The polygons of networks in a square, as text, for the figure."""
    polygons = counter.in_plane(draw(streams, 2, widths_of(condition.widths)), WINDOW)
    corners = [[] for _ in streams.replicates]
    for owner, vertices, sides in zip(polygons.replicate, polygons.vertices, polygons.sides, strict=True):
        corners[owner].append(np.round(vertices[:sides], 3).tolist())
    columns = {"regions": [len(c) for c in corners], "polygons": [json.dumps(c) for c in corners]}
    return pd.DataFrame({"replicate": list(streams.replicates), "method": "network", **columns})


def _excess_of_one_layer(units: int, networks: int = 50) -> list[int]:
    """Regions of the plane of Gaussian networks with one hidden layer beyond 1 + N + N(N-1)/2."""
    rng = np.random.default_rng(units)
    layer = (rng.normal(size=(networks, units, 2)), rng.normal(size=(networks, units)))
    output = (np.ones((networks, 1, units)), np.zeros((networks, 1)))
    regions = counter.regions_per_network(counter.in_plane([layer, output]))
    return (regions - theory.shallow_regions(units, 2)).tolist()


PLANE = Experiment(
    count,
    factors={"widths": WIDTHS},
    methods=RANDOM,
    measures=(Measure("regions", "activation regions of the plane"),),
    block=BLOCK,
)

PICTURE = Experiment(
    depict,
    factors={"widths": WIDTHS},
    methods=RANDOM,
    measures=(Measure("regions", "activation regions in a square"),),
    block=BLOCK,
)

CHECKS = (
    Check(
        "REG6",
        "One hidden layer of N generic units cuts the plane into exactly 1 + N + N(N−1)/2 regions (largest difference, "
        "N = 30, 32).",
        equals(0), lambda: [*_excess_of_one_layer(30), *_excess_of_one_layer(32)],
        Derived("linear-regions.md#regions-of-the-plane"), ("JSM",),
    ),
)  # fmt: skip

PILOT = Finding("linear_regions, seed 20261120")
OVER_THEORY = (
    value("regions", experiment="plane", widths=lambda widths: len(widths_of(widths)) > 1)
    .each("widths")
    .over_theory(lambda line: theory.expected_regions_plane(widths_of(line["widths"])))
)
CLAIMS = (
    Claim(
        "REG4",
        "A network of several layers with independent Gaussian weights and biases has on average at least as many activation "
        "regions of the plane as the closed form 1 + zeros of a line + crossings of pairs of neurons (smallest ratio over the "
        "shapes, up to {margin}).",
        at_least(1, 0.05), OVER_THEORY, Derived("linear-regions.md#regions-of-the-plane"), ("JSM",),
    ),
    Claim(
        "REG4.loops",
        "A network of several layers with independent Gaussian weights and biases has on average at most {theory} times the "
        "activation regions of the plane of the closed form 1 + zeros of a line + crossings of pairs of neurons, which leaves "
        "out closed curves that no other curve crosses (largest ratio over the shapes).",
        at_most(1.05), OVER_THEORY, PILOT, ("JSM",),
    ),
    Claim(
        "REG4.depth",
        "With 32 hidden units and Gaussian weights and biases, eight layers of 4 have on average less than half of the "
        "{shallow} activation regions of the plane of one layer.",
        at_most(SHALLOW / 2), value("regions", experiment="plane", widths=EQUAL_UNITS[-1]), PILOT, ("JSM",),
        {"shallow": SHALLOW},
    ),
)  # fmt: skip


def _regions(evidence: Evidence, figure) -> None:
    """The polygons of one random network of each architecture; colours only tell neighbours apart."""
    from matplotlib.collections import PolyCollection

    from dlstats.plotting import style

    rows = evidence.rows("picture").drop_duplicates("widths")
    axes = figure.subplots(1, len(rows), squeeze=False)[0]
    palette = [style.COLORS[name] for name in ("blue", "vermillion", "green", "purple", "orange", "sky")]
    for axis, row in zip(axes, rows.to_dict("records"), strict=True):
        polygons = [np.array(corners) for corners in json.loads(row["polygons"])]
        middle = [round(1e3 * float(p.mean(axis=0) @ (1, 7.3))) for p in polygons]
        colors = [palette[key % len(palette)] for key in middle]
        axis.add_collection(PolyCollection(polygons, facecolors=colors, alpha=0.45, linewidths=0))
        axis.add_collection(PolyCollection(polygons, facecolors="none", edgecolors="0.15", linewidths=0.3))
        axis.set(xlim=(-WINDOW, WINDOW), ylim=(-WINDOW, WINDOW), aspect="equal", xticks=(-2, 0, 2), yticks=(-2, 0, 2))
        axis.set(title=f"{named(row['widths'])}: {int(row['regions'])}", xlabel="$x_1$")
    axes[0].set_ylabel("$x_2$")


FIGURE = Figure(
    "regions_in_plane",
    "Activation regions in the square |x₁|, |x₂| ≤ 2 of one random network of each shape, 32 hidden units in all, with "
    "the number of regions seen there. Colours only tell neighbours apart. Deeper networks bend the lines of later "
    "layers; they do not have more regions.",
    _regions,
    "two-column",
    2.6,
)
