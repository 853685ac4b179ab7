"""What do the pinball and the expectile loss elicit, and is an expectile the quantile of its level?"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import numpy as np
import scipy

from dlstats.protocol.claim import equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived
from dlstats.protocol.study import Check, Experiment, Figure, Method, Study, grid
from dlstats.studies.frames import tabulated
from dlstats.studies.robust._quadrature import gaps
from dlstats.theory import quantiles as theory

LEVELS = (0.25, 0.5, 0.7, 0.9, 0.95)
NODES = 200
DISTRIBUTIONS = {
    "normal": ("N(0, 1)", scipy.stats.norm(), theory.normal_expectile),
    "exponential": ("Exp(1)", scipy.stats.expon(), theory.exponential_expectile),
}
"""Label, distribution and its expectiles in closed form."""


def _rows(distribution: str) -> Iterator[dict]:
    """Expectiles from the loss, the level of the quantile that each equals, and the distance to the quantile of its level."""
    for level in LEVELS:
        expectile, quantile = (minimiser(loss, distribution, level) for loss in ("expectile", "pinball"))
        row = {"method": "expectile", "level": level, "expectile": expectile, "distance": abs(expectile - quantile)}
        yield row | {"sits_at": float(DISTRIBUTIONS[distribution][1].cdf(expectile))}


@functools.cache
def minimiser(loss: str, distribution: str, level: float) -> float:
    """The minimiser of the expected loss, by a zero of its derivative."""
    bracket = (-5.0, 5.0) if distribution == "normal" else (1e-9, 20.0)
    return scipy.optimize.brentq(_slope(loss, distribution, level), *bracket, xtol=1e-14)


def _slope(name: str, distribution: str, level: float):
    """a -> derivative in a of the expected loss, the loss differentiated as it is trained, the distribution integrated."""
    import torch

    from dlstats.losses import quantile

    loss = {"pinball": quantile.pinball, "expectile": quantile.expectile}[name]
    u, w = np.polynomial.legendre.leggauss(NODES)
    low, high = (-14.0, 14.0) if distribution == "normal" else (0.0, 60.0)
    density = DISTRIBUTIONS[distribution][1].pdf

    def slope(a: float) -> float:
        edges = sorted({low, a, min(a + 6, high), high})
        z = np.concatenate([s + (t - s) * (u + 1) / 2 for s, t in itertools.pairwise(edges)])
        c = np.concatenate([(t - s) / 2 * w for s, t in itertools.pairwise(edges)])
        f = torch.full((len(z), 1), a, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(loss(f, torch.as_tensor(z).unsqueeze(1), level).sum(), f)
        return float((c * gradient.numpy().ravel() * density(z)).sum())

    return slope


def _elicited() -> dict[str, float]:
    pairs = {}
    for (name, (_, distribution, closed)), level in itertools.product(DISTRIBUTIONS.items(), LEVELS):
        pairs[f"expectile of {name} at {level:g}"] = minimiser("expectile", name, level), closed(level)
        pairs[f"quantile of {name} at {level:g}"] = minimiser("pinball", name, level), float(distribution.ppf(level))
    return gaps(pairs)


def draw_expectiles(evidence: Evidence, figure) -> None:
    """Where the expectiles of two distributions sit among their quantiles."""
    from dlstats.plotting import labels, style

    table = evidence.table(measure="sits_at")
    axis = figure.subplots()
    levels = np.linspace(0.01, 0.99, 99)
    for index, (name, (label, distribution, closed)) in enumerate(DISTRIBUTIONS.items()):
        marks = style.nth(index + 1)
        axis.plot(levels, [distribution.cdf(closed(v)) for v in levels], label=label, **marks | {"marker": ""})
        points = table[table["distribution"] == name]
        axis.plot(points["level"], points["estimate"], **marks | {"linestyle": ""})
    axis.plot([0, 1], [0, 1], color="0.7", linewidth=0.6, zorder=0)
    axis.set(xlabel="level of the expectile", ylabel=evidence.axis("sits_at"))
    labels.at_ends(axis)


STUDY = Study(
    title="Expectiles and quantiles",
    aims="Check that the losses elicit quantiles and expectiles, and how far the two are apart at the same level.",
    mechanisms="N(0, 1) and Exp(1) exactly.",
    estimands="Expectiles, and the level of the quantile that equals each.",
    experiments={
        "levels": Experiment(
            tabulated(_rows),
            factors={
                "distribution": Factor(
                    "distribution", str, levels={name: label for name, (label, *_) in DISTRIBUTIONS.items()}
                )
            },
            keys={"level": Factor("level", float, symbol=r"\tau", levels=LEVELS)},
            methods={"expectile": Method("expectile", "minimiser of the expected expectile loss as it is trained")},
            measures=(
                Measure("expectile", "expectile", "exact"),
                Measure("distance", "distance to the quantile of the same level", "exact"),
                Measure("sits_at", "level of the equal quantile", "exact"),
            ),
            streams="quantiles",
        )
    },
    checks=(
        Check(
            "ROB14",
            "The pinball loss elicits the quantiles of N(0, 1) and Exp(1) at levels 0.25, 0.5, 0.7, 0.9, 0.95, the expectile "
            "loss their expectiles (largest difference from closed forms).",
            equals(0, 1e-8),
            _elicited,
            Derived("quantiles.md#what-pinball-and-expectile-loss-elicit"),
        ),
    ),
    figures=(
        Figure(
            "expectile_levels",
            "Level of the quantile that is equal to the expectile of a given level: an expectile is not in general the quantile "
            "of the same level (grey line). Lines: closed forms. Symbols: minimisers of the loss as trained. Exact.",
            draw_expectiles,
        ),
    ),
    limits="Two distributions in one dimension.",
    designs={"smoke": grid(distribution=list(DISTRIBUTIONS), replicates=1)},
)
