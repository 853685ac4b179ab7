"""Quantiles: what the pinball loss elicits, how precisely, its optimality conditions, and what goes wrong with a slip."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
from scipy import stats

from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.robust._claims import scalars
from dlstats.studies.robust._quantiles_claims import CLAIMS, LEVELS
from dlstats.theory import quantiles as theory
from dlstats.theory.roots import root

NODES = 200
STEPS = 2000


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of an exact part (`crps`, `excess`, `expectile`, `descent`), of `order`, of `crossing` or of `drift`."""
    part = factors["part"]
    random = {"order": _order, "crossing": _crossing, "drift": _drift}
    exact = {"crps": crps, "excess": excess, "expectile": expectiles, "descent": descent}
    if part in random:
        rows = random[part](factors, streams)
    elif part in exact:
        rows = [{"replicate": r, **row} for r in streams.replicates for row in exact[part]()]
    else:
        raise ValueError(f"`part` must be one of {', '.join((*random, *exact))}, got {part!r}.")
    return pd.DataFrame(rows).sort_values("replicate", kind="stable", ignore_index=True)


def _loss(name: str):
    """A loss of core as a function of numpy arrays (f, y, level)."""
    import torch

    from dlstats.losses import quantile

    function = {"pinball": quantile.pinball, "expectile": quantile.expectile, "slip": quantile.lectures_pinball}[name]

    def value(f, y, level) -> np.ndarray:
        f, y, level = (torch.as_tensor(v, dtype=torch.float64) for v in np.broadcast_arrays(f, y, level))
        return function(f.reshape(1, -1), y.reshape(1, -1), level.reshape(1, -1)).numpy().ravel()

    return value


def crps() -> list[dict]:
    """ROB12: twice the integral of the pinball loss over levels, by Gauss-Legendre in z = Φ⁻¹(τ), split at y."""
    pinball = _loss("pinball")
    u, w = np.polynomial.legendre.leggauss(NODES)
    rows = {}
    for y in (-3.0, -1.0, 0.0, 0.3, 2.0, 5.0):
        total = 0.0
        for low, high in ((-12.0, y), (y, 12.0)):
            z = low + (high - low) * (u + 1) / 2
            total += (high - low) / 2 * (w * pinball(z, y, stats.norm.cdf(z)) * stats.norm.pdf(z)).sum()
        rows[f"y_{y:g}"] = 2 * total, theory.crps_normal(y)
    return scalars(rows)


def excess() -> list[dict]:
    """ROB13: excess pinball risk at N(0, 1) by quadrature of the loss, over its quadratic φ(q) d²/2."""
    pinball = _loss("pinball")
    u, w = np.polynomial.legendre.leggauss(NODES)
    q = float(stats.norm.ppf(0.9))

    def risk(a: float) -> float:
        pieces = ((-12.0, a), (a, 12.0))
        nodes = [(low + (high - low) * (u + 1) / 2, (high - low) / 2 * w) for low, high in pieces]
        return sum(float((c * pinball(a, z, 0.9) * stats.norm.pdf(z)).sum()) for z, c in nodes)

    rows = {}
    for shift in (0.01, 0.1):
        quadratic = theory.pinball_curvature_normal(0.9, shift)
        exact_ratio = theory.pinball_excess_normal(0.9, shift) / quadratic
        rows[f"ratio_{shift:g}"] = (risk(q + shift) - risk(q)) / quadratic, exact_ratio
    return scalars(rows)


def expectiles() -> list[dict]:
    """ROB14: expectiles of N(0, 1) and Exp(1) from the loss, against closed forms; and the level each sits at."""
    rows = {}
    for law, distribution, closed in (
        ("normal", stats.norm(), theory.normal_expectile),
        ("exponential", stats.expon(), theory.exponential_expectile),
    ):
        for level in LEVELS:
            found = _expectile(distribution, level)
            rows[f"{law}_{level:g}"] = found, closed(level)
            rows[f"{law}_quantile_{level:g}"] = _pinball_minimum(distribution, level), float(distribution.ppf(level))
    table = scalars(rows)
    for row, law in zip(table[::2], [n for n in ("normal", "exponential") for _ in LEVELS], strict=True):
        row["sits_at"] = float((stats.norm if law == "normal" else stats.expon).cdf(row["value"]))
    return table


def _slope(name: str, distribution, level: float):
    """a -> derivative in a of the expected loss, the loss differentiated by core, the law integrated."""
    import torch

    from dlstats.losses import quantile

    function = {"pinball": quantile.pinball, "expectile": quantile.expectile}[name]
    u, w = np.polynomial.legendre.leggauss(NODES)
    low, high = (-14.0, 14.0) if distribution.support()[0] < 0 else (0.0, 60.0)

    def value(a: float) -> float:
        edges = sorted({low, a, min(a + 6, high), high})
        z = np.concatenate([s + (t - s) * (u + 1) / 2 for s, t in itertools.pairwise(edges)])
        c = np.concatenate([(t - s) / 2 * w for s, t in itertools.pairwise(edges)])
        f = torch.full((len(z), 1), a, dtype=torch.float64, requires_grad=True)
        loss = function(f, torch.as_tensor(z).unsqueeze(1), level).sum()
        (gradient,) = torch.autograd.grad(loss, f)
        return float((c * gradient.numpy().ravel() * distribution.pdf(z)).sum())

    return value


def _expectile(distribution, level: float) -> float:
    return root(_slope("expectile", distribution, level), *_bracket(distribution))


def _pinball_minimum(distribution, level: float) -> float:
    return root(_slope("pinball", distribution, level), *_bracket(distribution))


def _bracket(distribution) -> tuple[float, float]:
    return (-5.0, 5.0) if distribution.support()[0] < 0 else (1e-9, 20.0)


def _order(factors: dict, streams: Streams) -> list[dict]:
    """ROB13: √n times the error of the sample quantile, which minimises the mean pinball loss."""
    n = factors["n"]
    y = np.sort(streams.draw(lambda rng: rng.standard_normal(n), "sample", n=n), axis=1)
    rows = []
    for level in (0.1, 0.5, 0.9):
        error = math.sqrt(n) * (y[:, math.ceil(n * level) - 1] - stats.norm.ppf(level))
        rows += [
            {"replicate": r, "method": f"level_{level:g}", "scaled_error": e}
            for r, e in zip(streams.replicates, error.tolist(), strict=True)
        ]
    return rows


def _crossing(factors: dict, streams: Streams) -> list[dict]:
    """ROB16: do linear fits at 0.85 and 0.95 cross on [0, 1]? Data of the design `sine_normal`, by linear programming."""
    from dlstats.dgp.quantile_designs import DESIGNS

    n = factors["n"]
    rows = []
    for r, rng in zip(streams.replicates, streams.generators("data", n=n), strict=True):
        x, y = DESIGNS["sine_normal"].sample(n, rng)
        low, high = (theory.linear_program(x[:, 0], y, level) for level in (0.85, 0.95))
        gap = high - low
        crossed = min(gap[0], gap.sum()) < -1e-9
        rows.append({"replicate": r, "method": "linear", "crossed": float(crossed)})
    return rows


def _drift(factors: dict, streams: Streams) -> list[dict]:
    """ROB18: gradient descent on a constant with the slip and with the pinball loss, 2000 steps on normal data."""
    import torch

    from dlstats.losses import quantile

    level, rate, n = factors["level"], 0.1, 200
    y = torch.as_tensor(streams.draw(lambda rng: rng.standard_normal(n), "data"))
    rows = []
    for method, loss in (("slip", quantile.lectures_pinball), ("pinball", quantile.pinball)):
        f = halfway = torch.zeros(len(y), 1, dtype=torch.float64)
        for step in range(STEPS):
            halfway = f.detach() if 2 * step == STEPS else halfway
            f = f.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(loss(f.expand_as(y), y, level).mean(dim=1).sum(), f)
            f = f.detach() - rate * gradient
        speed = ((f.detach() - halfway) / (STEPS // 2)).squeeze(1).tolist()
        position = f.detach().squeeze(1).tolist()
        rows += [
            {"replicate": r, "method": method, "speed": s, "position": p}
            for r, s, p in zip(streams.replicates, speed, position, strict=True)
        ]
    return rows


def descent() -> list[dict]:
    """ROB19: gradient descent of one parameter towards 0 from 1: |x| at rate 0.3, x² at rate 0.1."""
    import torch

    from dlstats.losses.regression import squared
    from dlstats.losses.robust import absolute

    paths = {}
    for name, loss, rate, steps in (("absolute", absolute, 0.3, 60), ("squared", squared, 0.1, 50)):
        f, y = torch.ones(1, 1, 1, dtype=torch.float64), torch.zeros(1, 1, 1, dtype=torch.float64)
        path = [1.0]
        for _ in range(steps):
            f = f.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(loss(f, y).sum(), f)
            f = f.detach() - rate * gradient
            path.append(f.item())
        paths[name] = path
    last = paths["absolute"][-4:]
    rows = {
        "squared_after_50": (paths["squared"][-1], 0.8**50),
        "cycle_length_2": (last[3] - last[1], 0.0),
        "cycle_high": (max(last), 0.1),
        "cycle_low": (min(last), -0.2),
    }
    return [*scalars(rows), {"method": "amplitude", "value": max(abs(v) for v in last)}]


def draw_expectiles(evidence: Evidence, figure) -> None:
    """Where the expectiles of two laws sit among their quantiles."""
    from dlstats.plotting import style

    evidence.rows(part="expectile")
    axis = figure.subplots()
    levels = np.linspace(0.01, 0.99, 99)
    for index, (law, distribution, closed) in enumerate(
        (("N(0, 1)", stats.norm, theory.normal_expectile), ("Exp(1)", stats.expon, theory.exponential_expectile))
    ):
        look = style.nth(index + 1) | {"marker": ""}
        axis.plot(levels, [distribution.cdf(closed(v)) for v in levels], label=law, **look)
    axis.plot([0, 1], [0, 1], color="0.7", linewidth=0.6, zorder=0)
    axis.set(xlabel="level of the expectile", ylabel="level of the equal quantile")
    axis.legend()


FIGURES = (
    Figure(
        "expectile_levels",
        "Level of the quantile that is equal to the expectile of a given level: expectiles are no quantiles (grey line). Exact.",
        draw_expectiles,
        "one-column",
        2.6,
    ),
)

STUDY = Study(
    name="quantiles",
    family="robust",
    title="Quantile and expectile losses",
    aims="Check the identities of the pinball loss, the precision of sample quantiles, the contrast with expectiles, and "
    "what gradient descent does with the correct loss and with the lectures' formula.",
    mechanisms="N(0, 1) and Exp(1) exactly; normal samples of n = 999; linear fits to sin 4πx + (0.2 + 0.3x) N(0, 1), n = 30.",
    estimands="CRPS, excess risk, quantiles, expectiles, n times the variance of a sample quantile, share of crossings, speed "
    "of drift.",
    methods={
        "level_*": "sample quantile of that level",
        "linear": "linear quantile regression by linear programming",
        "pinball": "gradient descent with max(τ r, (τ − 1) r)",
        "slip": "gradient descent with max(τ r, (1 − τ) r)",
    },
    measures=(
        Measure("value", "value from the losses", "exact"),
        Measure("reference", "value from theory", "exact"),
        Measure("sits_at", "level of the equal quantile", "exact"),
        Measure("scaled_error", "n times the variance", "variance"),
        Measure("crossed", "share of fits that cross", "proportion"),
        Measure("speed", "drift a step", "mean"),
        Measure("position", "position after 2000 steps", "mean"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="One-dimensional checks; networks are asked in deep_quantile.",
    block=2000,
)
