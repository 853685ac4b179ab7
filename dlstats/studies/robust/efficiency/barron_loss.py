"""Barron's general loss: efficiency at its default scale, the scale for 95 %, and where it is a likelihood."""

from __future__ import annotations

import functools
import math

import numpy as np
import scipy

from dlstats.protocol.claim import at_least, at_most, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Practice, Theorem
from dlstats.protocol.study import Check, Experiment, Figure, Method
from dlstats.studies.frames import tabulated
from dlstats.studies.robust._quadrature import gaps, rule
from dlstats.studies.robust.efficiency.asymptotics import variance
from dlstats.theory import efficiency as theory

LECTURES = ("JSM", "BIOS")
SHAPES = {f"{alpha:g}": f"α = {alpha:g}".replace("-inf", "−∞").replace("-", "−") for alpha in theory.ALPHAS}


def _rows(shape: str) -> list[dict]:
    """What one shape of the loss as trained is at N(0, 1), by quadrature."""
    alpha = float(shape)
    return [{"method": "barron", "efficiency": efficiency(alpha, 1.0), "scale": tuned(alpha)}]


def efficiency(shape: float, scale: float) -> float:
    """Efficiency of Barron's loss as trained at N(0, 1)."""
    from dlstats.losses.barron import barron

    return 1 / variance(functools.partial(barron, alpha=shape, scale=scale), theory.NORMAL, (scale,))


@functools.cache
def tuned(shape: float) -> float:
    """The scale at which it has 95 % efficiency."""
    return scipy.optimize.brentq(lambda c: efficiency(shape, c) - 0.95, 0.05, 50.0, xtol=1e-14)


def _loss(shape: float, residual: float) -> float:
    import torch

    from dlstats.losses.barron import barron

    return float(barron(torch.zeros(1, dtype=torch.float64), torch.full((1,), residual, dtype=torch.float64), shape))


def _tuning() -> dict[str, float]:
    scales = {f"scale at {a:g}": (tuned(a), theory.barron_tuned(a)) for a in theory.ALPHAS}
    defaults = {f"c = 1 at {a:g}": (efficiency(a, 1.0), theory.barron_efficiency(a, 1.0)) for a in theory.ALPHAS}
    return gaps(scales | defaults)


def _literature() -> dict[str, float]:
    published = {"cauchy": (0.0, 2.385), "welsch": (-math.inf, 2.985)}
    return gaps({name: (math.sqrt(2) * tuned(a), constant) for name, (a, constant) in published.items()})


def _least_efficiency(step: float) -> float:
    """Least efficiency over scales at a shape a step beside that above which 95 % is exceeded at every scale."""
    shape = theory.barron_alpha_limit() + step
    return min(efficiency(shape, c) for c in (1e-3, 1e-2, 0.1, 0.3, 1.0))


def _limits() -> dict[str, float]:
    """exp(−ρ) as |x| → ∞, of the loss at 1e200, against exp(−(2 − α)/|α|) for α < 0 and 0 for others."""
    pairs = {}
    for shape in theory.ALPHAS:
        limit = 0.0 if shape >= 0 else math.exp(-1 + (2 / shape if math.isfinite(shape) else 0.0))
        pairs[f"{shape:g}"] = math.exp(-_loss(shape, 1e200)), limit
    return gaps(pairs)


def _partition() -> dict[str, float]:
    """∫ exp(−ρ) of the adaptive loss, and of the loss by quadrature."""
    import torch

    from dlstats.losses.barron import barron, log_partition

    x, w = rule((2.0, 8.0))
    y = torch.as_tensor(x)
    pairs = {}
    for shape in (0.25, 0.5, 1.0, 1.5):
        adaptive = log_partition(torch.tensor([shape], dtype=torch.float64)).exp().item()
        pairs[f"adaptive at {shape:g}"] = adaptive, theory.barron_partition(shape)
    for shape in (0.0, 1.0, 2.0):
        density = torch.exp(-barron(torch.zeros_like(y), y, shape)).numpy()
        pairs[f"integral at {shape:g}"] = 2 * (w * density).sum(), theory.barron_partition(shape)
    return gaps(pairs)


EXPERIMENT = Experiment(
    tabulated(_rows),
    factors={"shape": Factor("shape", str, levels=SHAPES, symbol=r"\alpha")},
    methods={"barron": Method("Barron's loss", "general robust loss of Barron (2019) as it is trained, integrated")},
    measures=(
        Measure("efficiency", "efficiency at scale 1", "exact"),
        Measure("scale", "scale for 95 % efficiency", "exact"),
    ),
    title="Barron's loss by shape",
)

CHECKS = (
    Check(
        "ROB2",
        "The scale c at which Barron's loss has 95 % efficiency at N(0, 1), and its efficiency at c = 1, for "
        "α = 1.5, 1, 0.5, 0, −0.5, −1, −2, −4, −8, −∞: the loss as trained agrees with the formula (largest difference).",
        equals(0, 1e-8),
        _tuning,
        Theorem("huber2009", "eq. 3.2.12"),
        bears_on=LECTURES,
    ),
    Check(
        "ROB2.welsch",
        "At scale c = 1 Barron's loss of shape α = −∞ (Welsch's) has the efficiency 3√3/8, 0.6495, at N(0, 1) (difference).",
        equals(0, 1e-8),
        lambda: abs(efficiency(-math.inf, 1.0) - theory.welsch_efficiency(1.0)),
        Derived("m-estimators.md#efficiency-of-the-welsch-loss"),
        bears_on=LECTURES,
    ),
    Check(
        "ROB2.literature",
        "√2 times the scale at which Barron's loss has 95 % efficiency is the published constant 2.385 at α = 0 (Cauchy) and "
        "2.985 at α = −∞ (Welsch), rounded to three decimals (difference).",
        equals(0, 5e-4),
        _literature,
        Practice("holland1977", "tuning constants"),
    ),
    Check(
        "ROB2.none",
        "For 1.5788 < α ≤ 2 no scale of Barron's loss has an efficiency as low as 95 % at N(0, 1) (least efficiency over scales "
        "at α = 1.5988).",
        at_least(0.95),
        lambda: _least_efficiency(0.02),
        Derived("m-estimators.md#small-scales-of-the-barron-loss"),
    ),
    Check(
        "ROB2.some",
        "For 1/2 < α < 1.5788 some scale of Barron's loss has less than 95 % efficiency at N(0, 1) (least efficiency over scales "
        "at α = 1.5588).",
        at_most(0.95),
        lambda: _least_efficiency(-0.02),
        Derived("m-estimators.md#small-scales-of-the-barron-loss"),
    ),
    Check(
        "ROB11",
        "The normalising integral of exp(−ρ(x, α, 1)) of Barron's loss is √(2π) at α = 2, 2e K₁(1) at α = 1, π√2 at α = 0, and "
        "the adaptive loss has it at all shapes between (largest difference).",
        equals(0, 1e-10),
        _partition,
        Theorem("barron2019", "eq. 17"),
        bears_on=LECTURES,
    ),
    Check(
        "ROB11.negative",
        "Barron's loss is a negative log-likelihood for α ≥ 0 only: as |x| → ∞, exp(−ρ) tends to exp(−(2 − α)/|α|) for "
        "α < 0, so that its integral is infinite, and to 0 for others (largest difference, ten shapes).",
        equals(0, 1e-12),
        _limits,
        Derived("m-estimators.md#densities-of-the-barron-loss"),
        bears_on=LECTURES,
    ),
)


def draw_tuning(evidence: Evidence, figure) -> None:
    """Efficiency at N(0, 1) of Barron's loss against its scale, one line per shape, with the scales for 95 %."""
    from dlstats.plotting import style

    tuned = evidence.table("barron", measure="scale").set_index("shape")["estimate"]
    axis = figure.subplots()
    scales = np.geomspace(0.1, 10, 60)
    for index, shape in enumerate(("1.8", "1.5", "1", "0", "-2", "-inf")):
        values = [theory.barron_efficiency(float(shape), c) for c in scales]
        marks = style.nth(index)
        label = SHAPES.get(shape, f"α = {shape}")
        axis.plot(scales, values, label=label, color=marks["color"], linestyle=marks["linestyle"])
        if shape in tuned:
            axis.plot(tuned[shape], 0.95, color=marks["color"], marker=marks["marker"], linestyle="")
    axis.axhline(0.95, color="0.6", linewidth=0.6, zorder=0)
    axis.set(xscale="log", xlabel="scale $c$", ylabel="efficiency at the normal distribution", ylim=(0, 1.02))
    axis.legend(loc="lower right", fontsize="x-small")


FIGURE = Figure(
    "barron_tuning",
    "Efficiency of Barron's loss under standard normal errors against its scale. Symbols: the scale for 95 % efficiency, from "
    "the loss as trained. For shapes from α = 1.5788 to 2 every scale exceeds 95 %. The smaller α, the larger the "
    "scale that keeps efficiency. Exact.",
    draw_tuning,
)
