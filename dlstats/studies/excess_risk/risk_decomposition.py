"""Approximation, estimation and optimisation measured apart, beside the lectures' three-term bound."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, estimate, exact, worst
from dlstats.montecarlo.contrasts import contrast
from dlstats.plotting.curves import draw_points, points
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import linear_splines as splines
from dlstats.theory import risk_decomposition as theory

NOISE_SD = 0.3
RESTARTS, STEPS, LEARNING_RATE = 8, 2500, 0.05
GRID = np.linspace(0, 1, 2001)
DIFFERENCE_N, DIFFERENCE_SD = 400, 0.5


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """Rows of `sieve` and `difference` (Monte Carlo), `bound` (exact) or `split` (trained)."""
    part = factors["part"]
    if part == "sieve":
        return _sieve(factors["n"], factors["features"], factors["approximation"], factors["noise_sd"], streams)
    if part == "difference":
        return _difference(factors["approximation"], streams)
    if part == "bound":
        return _bound(streams)
    if part == "split":
        return _split(factors["n"], factors["units"], factors.get("steps", STEPS), streams, device)
    raise ValueError(f"`part` must be one of sieve, difference, bound, split, got {part!r}.")


def _sieve(n: int, features: int, approximation: float, noise_sd: float, streams: Streams) -> pd.DataFrame:
    """Least squares on the first features, the rest omitted; the true coefficients are 0 without loss."""
    rows = []
    for replicate, rng in zip(streams.replicates, streams.generators("data", n=n, features=features), strict=True):
        x = rng.standard_normal((n, features))
        y = approximation * rng.standard_normal(n) + noise_sd * rng.standard_normal(n)
        fitted = np.linalg.lstsq(x, y, rcond=None)[0]
        rows.append({"replicate": replicate, "method": "least_squares", "risk": approximation**2 + fitted @ fitted})
    predicted = theory.sieve_excess(n, features, approximation, noise_sd)
    return pd.DataFrame(rows).assign(relative=lambda frame: frame["risk"] / predicted)


def _difference(approximation: float, streams: Streams) -> pd.DataFrame:
    """R_n(f*) - R_n(f0) for f* - f0 = a √2 sin 2πx."""
    rows = []
    sd = theory.loss_difference_sd(DIFFERENCE_N, DIFFERENCE_SD, approximation)
    for replicate, rng in zip(streams.replicates, streams.generators("difference"), strict=True):
        gap = approximation * np.sqrt(2) * np.sin(2 * np.pi * rng.random(DIFFERENCE_N))
        noise = DIFFERENCE_SD * rng.standard_normal(DIFFERENCE_N)
        value = float(((noise - gap) ** 2 - noise**2).mean())
        rows.append({"replicate": replicate, "method": "loss_difference", "relative_sd": value / sd})
    return pd.DataFrame(rows)


def _bound(streams: Streams) -> pd.DataFrame:
    """The largest ratio of the three-term to the two-term bound over a grid."""
    ratio = max(
        theory.three_terms(n, complexity, a) / theory.two_terms(n, complexity, a)
        for n in np.geomspace(10, 1e9, 60)
        for complexity in np.geomspace(1, 1e6, 40)
        for a in np.geomspace(1e-6, 1e3, 90)
    )
    return pd.DataFrame({"replicate": r, "method": "bound", "bound_ratio": ratio} for r in streams.replicates)


def _split(n: int, units: int, steps: int, streams: Streams, device: str) -> pd.DataFrame:
    """Trained networks, best of 8 and single, and least squares at the best fixed kinks, on the same data."""
    from dlstats.dgp.regression import design
    from dlstats.training import recipes

    drawn = streams.draw(lambda rng: np.stack([v.ravel() for v in design("sine").sample(n, rng)]), "data", n=n)
    x, y = drawn[:, 0], drawn[:, 1]
    recipe = recipes.Recipe((units,), LEARNING_RATE, steps, restarts=RESTARTS, start="kinks")
    found = recipes.run(recipe, x[..., None], y, streams, device, n=n)
    knots = splines.free_knots(units + 1)
    fixed = [np.linalg.lstsq(splines.hats(a, knots), b, rcond=None)[0] for a, b in zip(x, y, strict=True)]
    fixed_loss = np.array([((b - splines.hats(a, knots) @ c) ** 2).mean() for a, b, c in zip(x, y, fixed, strict=True)])
    truth, approximation = splines.target(GRID), splines.squared_error(knots)
    fits = {"network": found.predict(GRID[:, None]), "fixed_kinks": np.stack(fixed) @ splines.hats(GRID, knots).T}
    frames = []
    for method, fitted in fits.items():
        risk = ((fitted - truth) ** 2).mean(axis=1)
        rows = {"replicate": list(streams.replicates), "method": method, "risk": risk, "status": found.status}
        rows |= {"data_digest": found.data_digest, "start_digest": found.start_digest, "approximation": approximation}
        rows["estimation"] = risk - approximation
        rows["estimation_share"] = rows["estimation"] / theory.degrees_of_freedom_cost(n, units, NOISE_SD)
        if method == "network":
            rows["gap"] = found.losses.mean(axis=1) - found.loss
            rows["certified_gap"] = found.loss - np.minimum(found.loss, fixed_loss)
        frames.append(pd.DataFrame(rows))
    return pd.concat(frames, ignore_index=True).sort_values("replicate", kind="stable", ignore_index=True)


MEASURES = (
    Measure("risk", "excess risk"),
    Measure("relative", "risk over its exact mean"),
    Measure("relative_sd", "standard deviation over theory", "empirical_se"),
    Measure("bound_ratio", "three-term over two-term bound", "exact"),
    Measure("approximation", "squared approximation error", "exact"),
    Measure("estimation", "excess risk above approximation"),
    Measure("estimation_share", "estimation error over 2(m+1)σ²/n"),
    Measure("gap", "training loss of one start above the best of 8"),
    Measure("certified_gap", "best training loss above a known point of the class"),
)


def _sieve_mean(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="sieve")
    return worst([estimate("mean", cell["relative"]) for _, cell in rows.groupby("cell", sort=False)], 1.0, 0.05)


def _difference_sd(evidence: Evidence) -> Estimate:
    rows = evidence.rows(part="difference")
    cells = rows.groupby("cell", sort=False)
    return worst([estimate("empirical_se", cell["relative_sd"]) for _, cell in cells], 1.0, 0.02)


def _by_width(evidence: Evidence, column: str) -> dict[int, pd.Series]:
    rows = evidence.rows(part="split", method="network")
    rows = rows.assign(**{column: rows[column].where(rows["status"] == "ok")})
    widths = sorted(rows["units"].astype(int).unique().tolist())
    return {m: rows[rows["units"] == m].set_index("replicate")[column] for m in widths}


def _gap_falls(evidence: Evidence) -> Estimate:
    gaps = list(_by_width(evidence, "gap").values())
    steps = [contrast("mean", after, before) for before, after in pairwise(gaps)]
    return worst(steps, 0.0, 0.0, "at_most")


def _share(evidence: Evidence, wide: bool) -> Estimate:
    shares = _by_width(evidence, "estimation_share")
    return worst([estimate("mean", v) for m, v in shares.items() if (m >= 18) == wide], 1.0, 0.0, "at_most")


CLAIMS = (
    Claim(
        "RSK9",
        "Least squares on N of the Gaussian features, the rest of variance a² omitted, has expected excess risk "
        "a² + (σ² + a²)N/(n - N - 1) exactly; no term a/√n. Within 5 % in four designs.",
        "equivalence", 1.0, 0.05, _sieve_mean, "inverse Wishart mean; derived here", "JSM",
    ),
    Claim(
        "RSK10",
        "The middle term of the lectures' bound C/n + a/√n + a² is redundant: the sum never exceeds 3/2 (C/n + a²) for "
        "C >= 1.",
        "bound_above", 1.0, 1e-12, lambda e: exact(float(e.rows(part="bound")["bound_ratio"].max())),
        "inequality of the means; derived here", "JSM",
    ),
    Claim(
        "RSK10.origin",
        "a/√n is the standard deviation of R_n(f*) - R_n(f0), √((4σ²a² + a⁴/2)/n) for f* - f0 = a√2 sin 2πx: within 2 % "
        "for a = 0.05, 0.2, 0.8.",
        "equivalence", 1.0, 0.02, _difference_sd, "derived here", "JSM",
    ),
    Claim(
        "RSK19",
        "The optimisation gap of one start (training loss above the best of 8) falls with every step in width, m = 3 to "
        "40 (sin 4πx, n = 400, σ = 0.3).",
        "at_most", 0.0, 0.0, _gap_falls, "measured here", "JSM",
    ),
    Claim(
        "RSK19.wide",
        "For m >= 18 the excess risk above the approximation error is at most 2(m+1)σ²/n.",
        "at_most", 1.0, 0.0, lambda e: _share(e, True), "a count of degrees of freedom, not a theorem", "JSM",
    ),
    Claim(
        "RSK19.narrow",
        "For m <= 12 the excess risk above the approximation error is at most 2(m+1)σ²/n.",
        "at_most", 1.0, 0.0, lambda e: _share(e, False), "a count of degrees of freedom, not a theorem", "JSM",
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2)
    network = {"part": "split", "method": "network", "size": "units"}
    draw_points(left, points(evidence, "risk", **network), "excess risk, best of 8", "network")
    fixed = points(evidence, "risk", part="split", method="fixed_kinks", size="units")
    draw_points(left, fixed, "least squares, best fixed kinks", "spline")
    table = points(evidence, "approximation", statistic="exact", **network)
    n, units, a2 = float(evidence.rows(part="split")["n"].iloc[0]), table["n"].to_numpy(), table["estimate"].to_numpy()
    cost = np.array([theory.degrees_of_freedom_cost(n, m, NOISE_SD) for m in units])
    left.plot(units, a2, label="approximation $a^2$", **style.method("exact"))
    left.plot(units, cost, label="complexity $2(m+1)\\sigma^2/n$", **(style.method("theory") | {"linestyle": ":"}))
    left.plot(units, a2 + np.sqrt(a2 / n) + cost, label="three-term bound", **style.method("bound"))
    draw_points(right, points(evidence, "gap", **network), "one start above best of 8", "adam")
    draw_points(right, points(evidence, "certified_gap", **network), "best of 8 above a known point", "network")
    left.set(xscale="log", yscale="log", xlabel="units $m$", ylabel="squared error")
    right.set(xscale="log", yscale="log", xlabel="units $m$", ylabel="gap in training loss")
    for axes in (left, right):
        axes.set_xticks(units, [f"{m:g}" for m in units])
        axes.minorticks_off()
        axes.legend(fontsize=6.5)


FIGURES = (
    Figure(
        "risk_decomposition",
        "Left: excess risk of trained shallow networks against width, with what it is made of and the lectures' "
        "three-term bound without constants. Right: how far training stops above the best of 8 starts, and that best "
        "above least squares at the best fixed kinks. n = 400, 95 % Monte Carlo intervals.",
        _draw, "two-column", 2.8,
    ),
)  # fmt: skip

STUDY = Study(
    name="risk_decomposition",
    family="excess_risk",
    title="Approximation, estimation and optimisation apart",
    aims="Measure the three parts of the risk of a trained network; compute the lectures' bound where it can be.",
    mechanisms="Gaussian features with an omitted part; y = sin 4πx + N(0, 0.09), x ~ U(0, 1).",
    estimands="Excess risk; squared approximation error of the class; training loss above certified points of the class.",
    methods={
        "least_squares": "least squares on the first features",
        "network": "shallow ReLU network with a linear skip, Adam, OneCycle at 0.05, 2500 full-batch steps, best of 8",
        "fixed_kinks": "least squares with the kinks of the best approximation: no optimisation error, an oracle",
        "loss_difference": "empirical risk of the best in class minus that of the truth",
        "bound": "the lectures' bound over the one without the middle term",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="For narrow networks the best of 8 starts still contains optimisation error: estimation is not identified.",
    block=256,
)
