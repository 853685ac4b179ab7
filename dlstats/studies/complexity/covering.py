"""Do the bounds on covering numbers hold as the lectures print them, and how many functions do permutations leave?"""

from __future__ import annotations

import itertools
import math

import numpy as np

from dlstats.plotting.curves import points
from dlstats.protocol.claim import Claim, at_least, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Stated
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.studies.frames import tabulated
from dlstats.theory import complexity_discount as theory

LEVELS = (0.7, 1.31, 2.23), (1.0, 1.618, 2.718)
"""Of weights and biases, and of output weights, of a quantised network: no two units are alike by accident."""


def _bound(layers: int, width: int, weight: float, radius: float) -> list[dict]:
    """The logarithm of the printed bound, and less ln 2 where two functions are farther apart: they reach from −R to R."""
    widths = (1, *[width] * layers)
    reach = weight + (width * weight**2 * 2 if layers == 1 else 0.0)
    bound = theory.log_covering(widths, radius, weight) - theory.log_factorials(widths)
    method = "shallow" if layers == 1 else "deep"
    apart = math.log(2) if reach > radius else 0.0
    return [{"method": method, "log_bound": bound, "slack": bound - apart}]


BOUNDS = Experiment(
    tabulated(_bound),
    factors={
        "layers": Factor("hidden layers", int, symbol="L", at_least=1),
        "width": Factor("hidden units per layer", int, symbol="d_1", at_least=1),
        "weight": Factor("largest weight", float, symbol="B", above=0),
        "radius": Factor("radius", float, symbol=r"\varepsilon", above=0),
    },
    methods={
        "shallow": Method("one hidden layer", "the printed bound for one hidden layer"),
        "deep": Method("several hidden layers", "the printed bound for several hidden layers"),
    },
    measures=(
        Measure("log_bound", "log of the printed bound", "exact"),
        Measure("slack", "log of the bound less that of functions of which no ball of the radius covers two", "exact"),
    ),
)
PLACE = "Functional Equivalence can reduce stochastic and optimization errors"
JSM = ("JSM", "BIOS")


def _named(line) -> bool:
    return line["radius"] == 0.0005 or line["width"] > 1000


CLAIMS = (
    Claim(
        "CPX3",
        "For any ε > 0 the bound (16B²(B_x + 1)√d₀ d₁/ε)^S ρ^(S_h)/d₁! for d₁ units, S parameters in [−B, B], S_h of them "
        "hidden, an activation of Lipschitz constant ρ and inputs of dimension d₀ and length at most B_x is at least the "
        "covering number, which is 2 at least where two functions of the class are more than 2ε apart (2 units, B = 0.001, ε "
        "= 0.0005, and 12,000 units, B = 1, ε = 24,000; smaller logarithm of bound over number).",
        at_least(0.0),
        value("slack", experiment="bounds", method="shallow", line=_named).each("weight", "width", "radius"),
        Stated("JSM", PLACE, "Then for any $\\epsilon > 0$, the covering number"),
        ("BIOS",),
    ),
    Claim(
        "CPX3.deep",
        "For any ε > 0 the bound (4(L + 1)(B_x + 1)(2B)^(L + 2) d₀⋯d_L/ε)^S/(d₁!⋯d_L!) for L hidden ReLU layers with "
        "parameters in [−B, B] is at least the covering number, which is 2 at least where two functions of the class are more "
        "than 2ε apart (ten layers of 2 units, B = 0.1, ε = 0.05; logarithm of bound over number).",
        at_least(0.0),
        value("slack", experiment="bounds", method="deep", layers=10),
        Stated("JSM", PLACE, "Then for any $\\epsilon > 0$, the covering number"),
        ("BIOS",),
    ),
)


def functions_counted() -> dict[str, float]:
    """Distinct functions of quantised tanh networks less C(G + d − 1, d), G the configurations of a unit."""
    inner, outer = LEVELS
    x = np.linspace(-1.7, 1.3, 9)
    found = {}
    for units, size, weights in ((2, len(inner), outer), (3, len(inner), outer), (4, 2, outer[:2])):
        each = np.array([a * np.tanh(w * x + b) for w, b, a in itertools.product(inner[:size], inner[:size], weights)])
        chosen = np.array(list(itertools.product(range(len(each)), repeat=units)))
        values = np.round(each[chosen].sum(axis=1), 9)
        found[f"{units} units"] = len(np.unique(values, axis=0)) - math.comb(len(each) + units - 1, units)
    return found


def symmetries() -> dict[str, float]:
    """Largest change of a ReLU network's outputs when hidden units are permuted, or rescaled by positive factors."""
    import torch

    generator = torch.Generator().manual_seed(0)
    first, bias, last, x = (
        torch.randn(*s, generator=generator, dtype=torch.float64) for s in ((16, 3), (16,), (16,), (50, 3))
    )
    order, scale = (
        torch.randperm(16, generator=generator),
        torch.rand(16, generator=generator, dtype=torch.float64) + 0.5,
    )

    def outputs(w: torch.Tensor, b: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        return torch.relu(x @ w.T + b) @ a

    plain = outputs(first, bias, last)
    changed = {
        "permuted": outputs(first[order], bias[order], last[order]),
        "rescaled": outputs(first * scale[:, None], bias * scale, last / scale),
    }
    return {name: float((values - plain).abs().max()) for name, values in changed.items()}


def slacks() -> dict[str, float]:
    """Logarithm of the printed bound less that of a grid's size, by case, over widths, layers, B >= 1 and ε <= B."""
    found = {}
    shapes = [(d, (width,) * layers) for d in (1, 10) for width in (1, 3, 128) for layers in (1, 2, 5)]
    for (inputs, hidden), bound, share in itertools.product(shapes, (1.0, 2.0, 10.0), (1.0, 0.1, 1e-3)):
        widths, radius = (inputs, *hidden), share * bound
        printed = theory.log_covering(widths, radius, bound) - theory.log_factorials(widths)
        found[f"{widths}, B = {bound:g}, ε = {radius:g}"] = printed - theory.log_grid(widths, radius, bound)
    return found


CHECKS = (
    Check(
        "CPX3.holds",
        "For ReLU, B ≥ 1 and ε ≤ B the bounds (16B²(B_x + 1)√d₀ d₁/ε)^S/d₁! and (4(L + 1)(B_x + 1)(2B)^(L + 2) "
        "d₀⋯d_L/ε)^S/(d₁!⋯d_L!) are true: so many functions on a grid of parameters come within ε of every network (1 to 5 "
        "layers of 1 to 128 units; least logarithm of bound over number).",
        at_least(0), slacks, Derived("complexity.md#covering-numbers-as-they-hold"), JSM,
    ),
    Check(
        "CPX5",
        "Networks of d tanh units whose weights take a few values each are as many functions as there are multisets of units, "
        "C(G + d − 1, d) with G configurations of a unit, not G^d: 378 of 729, 3,654 of 19,683, 330 of 4,096 (largest "
        "difference).",
        equals(0), functions_counted, Derived("complexity.md#functions-and-parameters"), JSM,
    ),
    Check(
        "CPX6",
        "Permuting hidden units, and rescaling those of a ReLU network by positive factors, changes no output (16 units; largest "
        "change).",
        equals(0, 1e-12), symmetries, Derived("complexity.md#functions-and-parameters"), JSM,
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import labels, style

    axes = figure.subplots()
    lines = evidence.table("bounds", measure="log_bound", method="shallow", width=2, layers=1)
    for number, weight in enumerate(sorted(lines["weight"].unique())):
        table = points(evidence, "log_bound", "exact", "radius", "bounds", method="shallow", weight=weight, width=2)
        axes.plot(table["at"] / weight, table["estimate"], label=f"$B = {weight:g}$", **style.nth(number))
    axes.axhline(math.log(2), **style.method("limit"))
    axes.set(xscale="log", xlabel=r"$\varepsilon / B$", ylabel=evidence.axis("log_bound", "bounds"))
    labels.at_ends(axes)


WEIGHTS = [0.001, 0.1, 1.0]


def _design() -> dict:
    swept = [grid(layers=1, width=2, weight=b, radius=[b / 10, b / 5, b / 2], replicates=1) for b in WEIGHTS]
    wide = grid(layers=1, width=12_000, weight=1.0, radius=24_000.0, replicates=1)
    deep = grid(layers=10, width=2, weight=0.1, radius=0.05, replicates=1)
    return {"bounds": [*swept, wide, deep]}


STUDY = Study(
    title="Covering numbers with the factorial discount",
    aims="Are the bounds on covering numbers, divided by the permutations of the units, true as they are printed, and how much "
    "smaller is a class of functions than that of its parameters?",
    mechanisms="The bounds themselves; quantised networks, all of them.",
    estimands="The logarithm of the bound, and of the bound over a number of functions that are apart.",
    experiments={"bounds": BOUNDS},
    claims=CLAIMS,
    checks=CHECKS,
    figures=(
        Figure(
            "covering_bounds",
            "Logarithm of the printed bound for one hidden layer of two units, whose weights are at most B, by radius. Dotted: "
            "ln 2, below which the bound is too small wherever two functions of the class are more than 2ε apart, as the "
            "constants ±B are for all radii shown. With small weights it is. Exact.",
            _draw,
        ),
    ),
    limits="The theorems as the lecture prints them, which takes them from a paper that may ask more of B and ε. They are "
    "proved for B of at least 1 and ε of at most B, and can fail elsewhere. Packings are not searched for: those that a "
    "search finds lie far below the bounds, where they contradict none.",
    designs={"smoke": _design()},
)
