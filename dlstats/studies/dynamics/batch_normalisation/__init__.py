"""What does batch normalisation do to gradients at initialisation, and what do skip connections change?"""

from __future__ import annotations

from typing import Any

import numpy as np

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.origin import Derived
from dlstats.protocol.readers import Line, value, worst
from dlstats.protocol.study import Check, Figure, Study, grid
from dlstats.studies.dynamics.batch_normalisation.identities import output_variance, scale_invariance
from dlstats.studies.dynamics.batch_normalisation.networks import METHODS, NETWORKS
from dlstats.theory import propagation as theory

DEPTHS = [4, 16]
JSM, RESIDUAL = ("JSM", "BIOS"), ("JSM", "TUE")


def _backward(line: Line) -> float:
    depth = line["depth"]
    return {
        "residual": 2.0**depth, "scaled": (1 + 1 / depth) ** depth, "normalised_skip": theory.skip_gradient(depth),
    }[line["method"]]  # fmt: skip


def _forward(line: Line) -> float:
    depth = line["depth"]
    return {"residual": 2.0, "scaled": 1 + 1 / depth, "normalised_skip": (1 + depth) ** (1 / depth)}[line["method"]]


SKIPS = ["residual", "scaled", "normalised_skip"]
FULL: dict[str, Any] = {"depth": 16, "layer": 0}
CLAIMS = (
    Claim(
        "DYN9",
        "Batch normalisation makes gradients explode at initialisation: in wide ReLU networks without skips each layer "
        "multiplies their mean square by π/(π − 1) = {theory:.4f} (batch 256, middle half of 16 layers).",
        equals(theory.batch_norm_factor(), 0.03),
        value("growth", method="normalised", batch=256, **FULL),
        Derived("propagation.md#gradients-under-batch-normalisation"),
        JSM,
        regime="asymptotic",
    ),
    Claim(
        "DYN9.plain",
        "ReLU networks without normalisation keep the mean square of the gradient at the initialisation of He (at the input, "
        "relative to the output; the farther of 4 and 16 layers, batch 64).",
        equals(1, 0.1),
        value("backward", method="plain", batch=64, layer=0).each("depth"),
        Derived("propagation.md#mean-squares-through-relu-and-skips"),
        JSM,
    ),
    Claim(
        "DYN9.linear",
        "Without activation batch normalisation multiplies the mean square of gradients by (B − 2)/(B − 3) a layer, so that "
        "small batches explode: {theory} for B = 8 (middle half of 16 layers).",
        equals(theory.batch_norm_factor(8, relu=False), 0.02),
        value("growth", method="linear", batch=8, **FULL),
        Derived("propagation.md#gradients-under-batch-normalisation"),
        JSM,
        regime="asymptotic",
    ),
    Claim(
        "CNV10",
        "With skips the mean square of the gradient grows by 2ᴸ through h + W relu(h), by (1 + 1/L)ᴸ where the branch is scaled "
        "by 1/√L, and by ∏ (1 + 1/(1 + (1 − 1/π)l)), l = 0, …, L − 1, where it is normalised (farthest ratio to that, L = 4 and "
        "16, batch 256 where a batch normalises and 64 else).",
        equals(1, 0.1),
        worst(
            *(
                value("backward", method=methods, batch=batch, layer=0).each("method", "depth").over_theory(_backward)
                for methods, batch in ((SKIPS[:2], 64), (SKIPS[2:], 256))
            )
        ),
        Derived("propagation.md#mean-squares-through-relu-and-skips"),
        RESIDUAL,
        regime="asymptotic",
    ),
    Claim(
        "CNV10.forward",
        "The mean square of the signal grows by 2ᴸ through h + W relu(h), by (1 + 1/L)ᴸ where the branch is scaled by 1/√L, and "
        "by 1 + L where it is normalised (farthest ratio to that of the growth per layer, L = 4 and 16, batch 64).",
        equals(1, 0.02),
        value("signal_growth", method=SKIPS, batch=64, layer=0).each("method", "depth").over_theory(_forward),
        Derived("propagation.md#mean-squares-through-relu-and-skips"),
        RESIDUAL,
        regime="asymptotic",
    ),
)


CHECKS = (
    Check(
        "DYN10",
        "A normalised signal has the variance v/(v + ε), not 1 (largest relative difference of torch's from that).",
        equals(0, 1e-12), output_variance, Derived("propagation.md#what-a-normalisation-does-not-see"), JSM,
    ),
    Check(
        "DYN10.scale",
        "Weights before a normalisation have no scale: three times the weights, the same loss and a third of the gradient, which "
        "is orthogonal to them, so that every gradient step lengthens them by Pythagoras (largest departure, ε → 0).",
        equals(0, 1e-12), scale_invariance, Derived("propagation.md#what-a-normalisation-does-not-see"), JSM,
    ),
)  # fmt: skip


def _limit(name: str, layer: np.ndarray, depth: int, batch: int) -> np.ndarray:
    """Mean square of the gradient at a layer of wide networks, relative to the output; weights of variance 2/n."""
    above = depth - layer
    if name == "normalised":
        return theory.batch_norm_factor() ** (depth - np.maximum(layer, 1))
    if name == "linear":
        inside = (layer > 0) & (layer < depth)
        return np.where(layer > 0, 1, 2) * theory.batch_norm_factor(batch, False) ** above * (1 - inside / batch)
    if name == "normalised_skip":
        return np.array([theory.skip_gradient(depth) / theory.skip_gradient(int(one)) for one in layer])
    return {"plain": 1.0, "residual": 2.0, "scaled": 1 + 1 / depth}[name] ** above


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    panels = figure.subplots(1, 2, sharex=True)
    sides = (("without skips", ["plain", "normalised", "linear"]), ("with skips", SKIPS))
    for axes, (title, methods) in zip(panels, sides, strict=True):
        for name in methods:
            marks = style.of(name, METHODS[name])
            table = points(evidence, "backward", "mean", "layer", depth=16, batch=64, method=name)
            draw_points(axes, table, METHODS[name].label, marks | {"linestyle": "none"})
            line = _limit(name, table["at"].to_numpy(), 16, 64)
            axes.plot(table["at"], line, **(style.method("limit") | {"color": marks["color"]}))
        axes.set(xlabel=evidence.axis("layer"), yscale="log", title=title)
        axes.legend(fontsize="x-small")
    panels[0].set_ylabel(evidence.axis("backward"))


def _design(width: int, replicates: int, large: int) -> list:
    return [
        grid(depth=DEPTHS, width=width, batch=64, replicates=replicates),
        grid(depth=16, width=width, batch=8, replicates=replicates),
        grid(depth=DEPTHS, width=width, batch=256, replicates=large),
    ]


STUDY = Study(
    title="Batch normalisation at initialisation",
    aims="What does batch normalisation do to gradients at initialisation, and what do skip connections change?",
    mechanisms="Networks of L layers of n units with random weights, inputs from N(0, I) and a final gradient from N(0, I), all "
    "independent; the same weights for all networks of a replicate.",
    estimands="Mean squares of signal and gradient by layer; growth per layer, the gradient's in the middle half.",
    experiments={"networks": NETWORKS},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "gradients",
            "Mean square of the gradient by layer, from the output of 16 layers (right) back to the input (left), relative to "
            "the output. Left: without skips a plain network keeps it; batch normalisation multiplies it by a factor a layer. "
            "Right: a plain skip doubles it a layer; a scaled branch bounds its growth, a normalised one keeps it to a power of "
            "the depth. Dotted: the limits in wide networks, with ReLU after batch normalisation for large batches, which 64 "
            "cases exceed; without activation the factor drifts at this width. Batch 64; 95 % Monte Carlo intervals.",
            _draw,
            "two-column",
        ),
    ),
    limits="Initialisation only, one width; training moves the statistics, and learned scales are 1 here. Without activation "
    "the limit needs a width far above the depth times the batch: at batches of 64 and more the factor drifts with the layer.",
    designs={"smoke": _design(32, 2, 2), "standard": _design(512, 100, 24), "paper": _design(1024, 400, 100)},
)
