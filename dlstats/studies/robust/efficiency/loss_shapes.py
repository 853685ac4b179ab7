"""The shapes of the losses side by side: ρ, its derivative ψ and the weight ψ(r)/r of a residual, by group."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np

from dlstats.theory import efficiency as theory

LEVEL = 0.8
"""Level of the asymmetric losses."""
WIDTH = 0.5
"""Width h of the smooth quantile loss; wide enough to be seen."""
ALPHAS = (2.0, 1.0, 0.0, -2.0, -math.inf)
"""Shapes of Barron's loss, at scale 1."""
REACH = 5.0

Psi = Callable[[float], float]


def _of(name: str) -> Psi:
    """ψ of an estimator of theory at its constant, continued as an odd function."""
    chosen = theory.ESTIMATORS[name]
    return lambda r: math.copysign(chosen.psi(abs(r), chosen.constant), r) if r else 0.0


def _barron(alpha: float) -> Psi:
    return lambda r: theory.barron_psi(r, 1.0, alpha)


def _below(r: float) -> float:
    return 1.0 if r < 0 else 0.0


SHAPES: dict[str, dict[str, Psi]] = {
    "convex": {
        "squared": _of("mean"),
        "absolute": _of("absolute"),
        "Huber": _of("huber"),
        "log-cosh": _of("log_cosh"),
        "Charbonnier": _of("charbonnier"),
    },
    "redescending": {
        "Cauchy": _of("cauchy"),
        "Tukey": _of("tukey"),
        "Hampel": _of("hampel"),
        "Andrews": _of("andrews"),
        "Geman–McClure": _of("geman_mcclure"),
        "Welsch": _of("welsch"),
    },
    "Barron, c = 1": {
        **{f"α = {alpha:g}".replace("-", "−"): _barron(alpha) for alpha in ALPHAS[:-1]},
        "α = −∞": _barron(-math.inf),
    },
    f"level {LEVEL:g}": {
        "quantile": lambda r: LEVEL - _below(r),
        "smooth quantile": lambda r: LEVEL - 1 / (1 + math.exp(r / WIDTH)),
        "expectile": lambda r: 2 * abs(LEVEL - _below(r)) * r,
    },
}
"""Group -> label -> ψ. The squared loss is r²/2 here, the expectile loss |τ − 1{r < 0}| r²."""


@functools.cache
def curves(group: str, label: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """r, ρ(r), ψ(r) and ψ(r)/r; ρ is the integral of ψ from 0."""
    r = np.linspace(-REACH, REACH, 2001)
    psi = np.array([SHAPES[group][label](float(v)) for v in r])
    steps = np.concatenate([[0.0], np.cumsum((psi[1:] + psi[:-1]) / 2 * np.diff(r))])
    weight = np.divide(psi, r, out=np.full_like(r, np.nan), where=np.abs(r) > 1e-9)
    return r, steps - steps[len(r) // 2], psi, weight


def draw(evidence, figure) -> None:
    """One row per group of losses; left ρ, middle ψ, right the weight."""
    from dlstats.plotting import style

    rows = figure.subplots(len(SHAPES), 3, sharex=True)
    titles = (r"loss $\rho(r)$", r"derivative $\psi(r)$", r"weight $\psi(r)/r$")
    for row, (group, members) in zip(rows, SHAPES.items(), strict=True):
        for index, label in enumerate(members):
            r, *three = curves(group, label)
            marks = (style.method(label) if style.registered(label) else style.nth(index)) | {
                "markevery": (40 + 45 * index, 400),
                "markersize": 3,
            }
            for axis, values in zip(row, three, strict=True):
                axis.plot(r, values, label=label, **marks)
        for axis, limits in zip(row, ((-0.1, 6), (-2.8, 2.8), (-0.05, 2.1)), strict=True):
            axis.set(ylim=limits, xlim=(-REACH, REACH))
        row[0].set_ylabel(group)
        row[2].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="x-small")
    for axis, title in zip(rows[0], titles, strict=True):
        axis.set_title(title)
    for axis in rows[-1]:
        axis.set_xlabel("residual $r$")
