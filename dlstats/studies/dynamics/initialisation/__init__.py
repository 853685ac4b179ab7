"""Which initialisations keep the mean squares of signals and gradients, with which activation, and how exactly?"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim, at_least, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.origin import Derived, Stated
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Figure, Study, grid
from dlstats.studies.dynamics.initialisation import edge
from dlstats.studies.dynamics.initialisation.identities import CHECKS, JSM
from dlstats.studies.dynamics.initialisation.products import ENDS, EXPONENTS, FACTORS
from dlstats.studies.dynamics.initialisation.signals import METHODS, MOMENTS, SIGNALS, VARIANTS, exact
from dlstats.theory import propagation as theory

DEPTH = 10
LAYERS = [1, 2, 5, 10]
EDGE_DEPTH, NUMBERS = 30, 1000
BASIC = tuple(name for name in METHODS if name.removeprefix("he_") not in VARIANTS and name != "unscaled_relu")
RANDOM = [*(name for name in BASIC if name != "orthogonal_linear"), "unscaled_relu"]
"""Those that keep lengths in the mean alone, not exactly."""
GROWING = ["prelu", "half_elu", "elu", "softplus"]
SHRINKING = [name for name in VARIANTS if name not in GROWING]
"""Variants of ReLU by what the recursion does at He's initialisation."""
HERE: dict[str, Any] = {"experiment": "signals", "depth": DEPTH}
PARTS: dict[str, Any] = {"experiment": "moments"}
CLAIMS = (
    Claim(
        "DYN3",
        "With independent weights the mean square of the signal obeys the recursion of wide networks: with ReLU He's "
        "initialisation keeps it, LeCun's and Xavier's halve it, N(0, 1) multiplies it by n/2 (farthest ratio to it; these four, "
        "Xavier's with tanh and sigmoid, LeCun's with SELU; layers 1, 2, 5 and 10).",
        equals(1, 0.15),
        value("forward", method=RANDOM, layer=LAYERS, **HERE)
        .each("method", "layer")
        .over_theory(lambda line: exact(line, "forward")),
        Derived("propagation.md#signals-and-gradients-of-wide-networks"),
        JSM,
        regime="asymptotic",
    ),
    Claim(
        "DYN3.backward",
        "With independent weights the mean square of the gradient obeys the recursion of wide networks (farthest ratio to it; "
        "He's, LeCun's, Xavier's and N(0, 1) with ReLU, Xavier's with tanh and sigmoid, LeCun's with SELU; layers 0, 1, 5, 9).",
        equals(1, 0.15),
        value("backward", method=RANDOM, layer=[0, 1, 5, 9], **HERE)
        .each("method", "layer")
        .over_theory(lambda line: exact(line, "backward")),
        Derived("propagation.md#signals-and-gradients-of-wide-networks"),
        JSM,
        regime="asymptotic",
    ),
    *(
        Claim(
            f"DYN3.{name}",
            f"At He's initialisation the mean square of the {side} obeys the recursion of wide networks with {those} (farthest "
            f"ratio to it; layers {', '.join(map(str, layers))}).",
            equals(1, 0.15),
            value(column, method=[f"he_{one}" for one in methods], layer=layers, **HERE)
            .each("method", "layer")
            .over_theory(partial(exact, side=column)),
            Derived("propagation.md#signals-and-gradients-of-wide-networks"),
            JSM,
            regime="asymptotic",
        )
        for name, column, side, methods, those, layers in (
            ("growing", "forward", "signal", GROWING, "leaky ReLU, ELU and softplus", LAYERS),
            ("shrinking", "forward", "signal", SHRINKING, "swish and GELU", LAYERS),
            ("variants_backward", "backward", "gradient", VARIANTS, "the lectures' variants of ReLU", [0, 1, 5, 9]),
        )
    ),
    Claim(
        "DYN7",
        f"In tanh networks of {EDGE_DEPTH} layers with biases of variance {edge.BIAS:g} gradients vanish with weights of "
        "variance {ordered:g}/n, keep their mean square at the edge of chaos, {critical:.4f}/n, and explode with {chaotic:g}/n "
        "(farthest ratio of a layer's factor to χ).",
        equals(1, 0.03),
        value("growth", experiment="edge").each("method").over_theory(edge.factor),
        Derived("propagation.md#signals-and-gradients-of-wide-networks"),
        numbers=edge.WEIGHTS,
        regime="asymptotic",
    ),
    Claim(
        "FND10",
        "In a randomly initialised ReLU network half of the units are active (farthest proportion, He's initialisation, layers "
        "1 to 5).",
        equals(0.5, 0.05),
        value("active", method="he_relu", layer=[1, 2, 3, 4, 5], **HERE).each("layer"),
        Stated(
            "UNITO",
            "Activation functions",
            "in a randomly initialized network, only about 50% of hidden units are activated",
        ),
    ),
    Claim(
        "DYN1",
        "With He's initialisation q = |h_L|²/|h_0|² has the mean square (1 + 5/n)ᴸ at every width (farthest ratio "
        "to that, three sizes).",
        equals(1, 0.1),
        value("square", method="relu", width=[16, 32], **PARTS)
        .each("depth", "width")
        .over_theory(lambda line: theory.second_moment(line["width"], line["depth"], True)),
        Derived("propagation.md#moments-at-every-width"),
        JSM,
    ),
    Claim(
        "DYN1.dead",
        "For one input a layer of n ReLU units without biases dies with probability 2⁻ⁿ: of networks with four layers of four "
        "units 1 − (1 − 2⁻⁴)⁴ = {theory:.4f} give no signal.",
        equals(theory.dead_probability(4, 4), 0.01),
        value("dead", method="relu", width=4, depth=4, **PARTS),
        Derived("propagation.md#moments-at-every-width"),
        JSM,
    ),
    Claim(
        "DYN2",
        "Without activation, with weights from N(0, 1/n), q = |h_L|²/|h_0|² has the mean square (1 + 2/n)ᴸ "
        "(farthest ratio to that, three sizes).",
        equals(1, 0.1),
        value("square", method="linear", width=[16, 32], **PARTS)
        .each("depth", "width")
        .over_theory(lambda line: theory.second_moment(line["width"], line["depth"], False)),
        Derived("propagation.md#moments-at-every-width"),
        JSM,
    ),
    Claim(
        "DYN2.top",
        "The largest singular value of a product of L matrices of 16 × 16 entries N(0, 1/16) "
        "changes as exp({theory:.4f} L) (exponent).",
        equals(theory.exponents(16)[0], 0.01),
        value("top", experiment="exponents"),
        Derived("propagation.md#exponents-of-products"),
        regime="asymptotic",
    ),
    Claim(
        "DYN2.bottom",
        "The smallest singular value of a product of L matrices of 16 × 16 entries N(0, 1/16) falls as exp({theory:.3f} L), so "
        "that its condition number explodes (exponent).",
        equals(theory.exponents(16)[-1], 0.05),
        value("bottom", experiment="exponents"),
        Derived("propagation.md#exponents-of-products"),
        regime="asymptotic",
    ),
    Claim(
        "SEQ2",
        f"Factors whose mean is above 1 can have products that vanish: of products of {NUMBERS:,} independent factors uniform on "
        f"[{ENDS[0]:g}, {ENDS[1]:g}], of mean {sum(ENDS) / 2:g}, at least {{theory}} are below 1 (proportion).",
        at_least(0.99),
        proportion("below", experiment="factors"),
        Derived("propagation.md#products-of-factors"),
        ("TUE",),
    ),
)


def _draw(evidence: Evidence, figure, methods: tuple[str, ...], columns: int = 2) -> None:
    from dlstats.plotting import style

    panels = figure.subplots(1, 2, sharex=True)
    for axes, side in zip(panels, ("forward", "backward"), strict=True):
        for name in methods:
            marks = style.of(name, METHODS[name])
            table = points(evidence, side, "mean", "layer", "signals", method=name)
            draw_points(axes, table, METHODS[name].label, marks | {"linestyle": "none"})
            lines = [dict(line) for line in table.to_dict("records")]
            theirs = style.method("limit") | {"color": marks["color"]}
            axes.plot(table["at"], np.array([exact(line, side) for line in lines]), **theirs)
        axes.set(xlabel=evidence.axis("layer", "signals"), ylabel=evidence.axis(side, "signals"), yscale="log")
    panels[0].legend(fontsize="x-small", ncols=columns)


def _design(width: int, signals: int, moments: int, exponents: int, edges: tuple[int, int], factors: int) -> dict:
    sizes = ((3, 16), (2, 16), (6, 32), (4, 4))
    return {
        "signals": grid(depth=DEPTH, width=width, replicates=signals),
        "moments": [grid(depth=L, width=n, replicates=moments) for L, n in sizes],
        "exponents": grid(depth=200, width=16, replicates=exponents),
        "edge": grid(depth=EDGE_DEPTH, width=edges[0], replicates=edges[1]),
        "factors": grid(depth=NUMBERS, replicates=factors),
    }


STUDY = Study(
    title="Initialisation",
    aims="Which initialisations keep the mean squares of signals and gradients, with which activation, and how exactly?",
    mechanisms="Networks without biases, h ← φ(h) W, one input and one final gradient with entries N(0, 1); about the edge of "
    "chaos with biases, from the fixed point on.",
    estimands="Mean squares by layer; growth of gradients about the edge of chaos; first and second moments of |h_L|²/|h_0|²; "
    "exponents of products of matrices; products of numbers below 1.",
    experiments={"signals": SIGNALS, "moments": MOMENTS, "edge": edge.EDGE, "exponents": EXPONENTS, "factors": FACTORS},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "layers",
            "Mean squares of the signal by layer from the input on (left) and of the gradient from the output back (right). He's "
            "initialisation keeps both with ReLU and orthogonal weights do without activation; LeCun's and Xavier's halve both "
            "with ReLU; tanh forgets slowly, the gradient of a sigmoid network vanishes, that of SELU grows. Dotted: the "
            "recursion of wide networks. 95 % Monte Carlo intervals.",
            partial(_draw, methods=BASIC),
            "two-column",
            2.8,
        ),
        Figure(
            "activations",
            "Mean squares of the signal by layer from the input on (left) and of the gradient from the output back (right) at "
            "He's initialisation, with ReLU, for which it is made, and with the lectures' variants: signals grow with leaky "
            "ReLU, ELU and softplus and shrink with swish and GELU; gradients through softplus shrink, too. Dotted: the "
            "recursion of wide networks, which GELU and the faster swishes are above in the mean. 95 % Monte Carlo intervals.",
            partial(_draw, methods=("he_relu", *(f"he_{name}" for name in VARIANTS)), columns=1),
            "two-column",
            2.8,
        ),
    ),
    limits="Square layers, and biases about the edge of chaos alone; weights from N(0, 1), which explode, are not in the "
    "figure. Trained slopes (PReLU) and learned gates of swish stand at their starting values. Where signals shrink, as with "
    "GELU and swish, a few networks whose signal has stayed large carry the mean, and the recursion needs widths far above "
    "the depth.",
    designs={
        "smoke": _design(16, 2, 2, 2, (16, 2), 2),
        "standard": _design(256, 600, 200, 200, (400, 100), 1000),
        "paper": _design(512, 2000, 2000, 2000, (1000, 200), 10_000),
    },
)
