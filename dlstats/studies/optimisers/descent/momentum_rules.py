"""Momentum as one lecture prints it and as it is meant, on a quadratic."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dlstats.protocol.claim import Claim, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import value
from dlstats.protocol.study import Experiment, Figure, Method, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import quadratics, update_rules

MOMENTUM = 0.9
LATE = 400
"""Steps after which the smaller root no longer counts: it is at most the momentum."""
SHOWN = (*range(0, 101, 5),)
RULES = {
    "printed": update_rules.climbing_momentum,
    "meant": update_rules.heavy_ball,
    "descent": lambda rate, momentum: update_rules.gradient_descent(rate),
}


def distances(product: float) -> Iterable[dict]:
    """Distance from the minimum of λw²/2 from w₀ = 1, v₀ = 0 with ηλ = `product`, and the last factor per step."""
    for method, rule in RULES.items():
        path = np.abs(update_rules.descend(rule(1.0, MOMENTUM), lambda w: product * w, np.array(1.0), LATE))
        for t in SHOWN:
            growth = path[LATE] / path[LATE - 1] if t == SHOWN[-1] and method == "printed" else np.nan
            yield {"method": method, "steps": t, "distance": path[t], "growth": growth}


MOMENTUM_RULES = Experiment(
    tabulated(distances),
    {"product": Factor("learning rate times curvature", float, symbol=r"\eta\lambda", above=0, below=4)},
    {
        "printed": Method("printed: θ ← θ − v", f"v ← {MOMENTUM} v − η g, θ ← θ − v", "turned_sign"),
        "meant": Method("meant: θ ← θ + v", f"v ← {MOMENTUM} v − η g, θ ← θ + v", "heavy_ball"),
        "descent": Method("no momentum", "θ ← θ − η g", "gradient_descent"),
    },
    (
        Measure("distance", "distance from the minimum", "exact"),
        Measure(
            "growth", f"factor of the distance in step {LATE}", "exact", where={"method": "printed", "steps": SHOWN[-1]}
        ),
    ),
    keys={"steps": Factor("steps", int)},
)

CLAIMS = (
    Claim(
        "OPT4",
        "Momentum as one lecture prints it, v ← γv − α∇L, θ ← θ − v, climbs: on a quadratic the distance from the minimum "
        f"grows in step {LATE} by the larger root of z² − (1 + γ + αλ)z + γ, which exceeds 1 for every learning rate (ratio to "
        "it, γ = 0.9, αλ from 0.0001 to 0.1, farthest).",
        equals(1.0, 1e-12),
        value("growth", method="printed")
        .each("product")
        .over_theory(lambda line: quadratics.climbing_factor(line["product"], MOMENTUM)),
        Derived("momentum.md#a-turned-sign-climbs"),
        bears_on=("TUE",),
    ),
    Claim(
        "OPT4.meant",
        "Momentum v ← γv − α∇L, θ ← θ + v descends on a quadratic: it is within {theory:g} of the minimum after 100 steps from 1 "
        "(γ = 0.9, αλ = 0.1).",
        at_most(0.01),
        value("distance", method="meant", product=0.1, steps=100),
        Derived("momentum.md#a-turned-sign-climbs"),
        bears_on=("JSM", "BIOS", "TUE"),
    ),
)


def draw(evidence: Evidence, figure) -> None:
    """Distance from the minimum by step, for a large and a small learning rate."""
    from dlstats.plotting import labels, style

    table = evidence.table("momentum", measure="distance")
    products = sorted(table["product"].unique())[-2:]
    for panel, product in zip(np.atleast_1d(figure.subplots(1, len(products), sharey=True)), products, strict=True):
        for name, method in MOMENTUM_RULES.methods.items():
            line = table[(table["product"] == product) & (table["method"] == name)].sort_values("steps")
            panel.plot(line["steps"], line["estimate"], label=method.label, **style.of(name, method))
        panel.set(yscale="log", xlabel=MOMENTUM_RULES.keys["steps"].axis, title=rf"$\eta\lambda$ = {product:g}")
    figure.axes[0].set_ylabel(MOMENTUM_RULES.measures[0].axis)
    labels.at_ends(figure.axes[-1])


FIGURE = Figure(
    "climbing_momentum",
    "Distance from the minimum of a quadratic, from 1, by step. The rule as printed, v ← γv − α∇L, θ ← θ − v, climbs from the "
    "first step on, at every learning rate; with θ ← θ + v it descends. γ = 0.9, ηλ is the "
    "learning rate times the curvature. Exact.",
    draw,
    "two-column",
    2.6,
)


DESIGN = grid(product=[1e-4, 0.01, 0.1], replicates=1)
