"""Does a shallow ReLU network trained by Adam reach n^(-4/5) when its width follows a rule?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, estimate, worst
from dlstats.nets import scaling
from dlstats.plotting.curves import beside, draw_points, points, rate, risk_axes
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.theory import linear_splines as splines
from dlstats.theory import risk_decomposition as theory

SMOOTHNESS = 2.0
LEARNING_RATE, BATCH, RESTARTS = 0.05, 400, 3
GRID = np.linspace(0, 1, 1001)
BASELINE_LIMIT = {"local_linear": 800, "kernel_ridge": 800}
"""Largest n of the baselines that need n² numbers or more."""


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """The network whose width follows `rule`; for spline_6 with normal noise also the baselines, on the same data."""
    from dlstats.dgp.regression import design
    from dlstats.training import recipes

    n, noise, noise_sd = factors["n"], factors["noise"], factors["noise_sd"]
    process = design("sine", noise=noise, noise_sd=noise_sd)
    about = {"n": n, "noise": noise, "noise_sd": noise_sd}
    drawn = streams.draw(lambda rng: np.stack([v.ravel() for v in process.sample(n, rng)]), "data", **about)
    x, y = drawn[:, 0, :, None], drawn[:, 1]
    shape = scaling.shape(factors["rule"], n, 1, SMOOTHNESS)
    start = "kinks" if len(shape.widths) == 1 else "he"
    rate_ = LEARNING_RATE if len(shape.widths) == 1 else LEARNING_RATE / 10
    steps = factors.get("steps", shape.steps)
    recipe = recipes.Recipe(shape.widths, rate_, steps, BATCH, RESTARTS, start, shape.weight_decay)
    found = recipes.run(recipe, x, y, streams, device, **about)
    truth = splines.target(GRID)
    risk = ((found.predict(GRID[:, None]) - truth) ** 2).mean(axis=1)
    gap = found.losses.mean(axis=1) - found.loss
    rows = {"replicate": list(streams.replicates), "method": "network", "risk": risk, "gap": gap} | found.columns
    predicted = splines.uniform_constant() / (shape.widths[0] + 1) ** 4
    predicted += theory.degrees_of_freedom_cost(n, shape.widths[0], noise_sd)
    frames = [pd.DataFrame(rows | {"relative": risk / predicted})]
    if factors["rule"] == "spline_6" and noise == "normal":
        frames += _baselines(x, y, truth, streams, n)
    frame = pd.concat(frames, ignore_index=True).sort_values("replicate", kind="stable", ignore_index=True)
    return frame.fillna({"status": "ok", "data_digest": "", "start_digest": ""})


def _baselines(x: np.ndarray, y: np.ndarray, truth: np.ndarray, streams: Streams, n: int) -> list[pd.DataFrame]:
    from dlstats.methods.regression import BASELINES

    frames = []
    for name in ("smoothing_spline", "local_linear", "kernel_ridge", "nearest_neighbours"):
        if n > BASELINE_LIMIT.get(name, n):
            continue
        rngs = streams.generators("baseline", n=n)
        found = [BASELINES[name](a, b, GRID[:, None], rng) for a, b, rng in zip(x, y, rngs, strict=True)]
        risk = [float(((p.value - truth) ** 2).mean()) for p in found]
        frames.append(pd.DataFrame({"replicate": list(streams.replicates), "method": name, "risk": risk}))
    return frames


MEASURES = (
    Measure("risk", "excess risk"),
    Measure("risk", "excess risk", "median"),
    Measure("relative", "risk over C/(m+1)⁴ + 2(m+1)σ²/n"),
    Measure("gap", "training loss of one start above the best of 3"),
    Measure("train_loss", "training loss"),
)
MAIN: dict[str, Any] = {"rule": "spline_6", "noise": "normal", "noise_sd": 0.3}


def _slope(evidence: Evidence, **changes: Any) -> Estimate:
    return rate(evidence, method="network", **(MAIN | changes)).slope


def _constant(evidence: Evidence, rule: str, kind: str) -> Estimate:
    rows = evidence.rows(method="network", **(MAIN | {"rule": rule}))
    rows = rows[rows["status"] == "ok"]
    margin = 0.3 if kind == "equivalence" else 0.0
    return worst([estimate("mean", cell["relative"]) for _, cell in rows.groupby("n")], 1.0, margin, kind)


COUNT = "a count of degrees of freedom, not a theorem"
SIEVE = "linear-spline sieve with m ~ n^(1/5), exact in minimax_rates"
CLAIMS = (
    Claim(
        "RSK12",
        "A shallow ReLU network of 6 n^(1/5) units, trained by Adam and kept best of 3 starts, has excess risk of slope "
        "-4/5 on sin 4πx (n = 200 to 6400, σ = 0.3).",
        "equivalence", -0.8, 0.1, _slope, SIEVE, "JSM",
    ),
    Claim(
        "RSK12.median",
        "The median of its risk has slope -4/5 as well: the rate is not made by outliers.",
        "equivalence", -0.8, 0.1,
        lambda e: rate(e, statistic="median", method="network", **MAIN).slope, SIEVE, "JSM",
    ),
    Claim(
        "RSK12.constant",
        "With 4 n^(1/5) units the mean risk is C/(m+1)⁴ + 2(m+1)σ²/n, C = 17.317, to within 30 % at every n.",
        "equivalence", 1.0, 0.3, lambda e: _constant(e, "spline_4", "equivalence"), COUNT, "JSM",
    ),
    Claim(
        "RSK12.bound",
        "With 6 n^(1/5) units the mean risk is at most that number at every n.",
        "at_most", 1.0, 0.0, lambda e: _constant(e, "spline_6", "at_most"), COUNT, "JSM",
    ),
    Claim(
        "RSK12.noise",
        "The slope is -4/5 also with Laplace noise of the same variance.",
        "equivalence", -0.8, 0.1, lambda e: _slope(e, noise="laplace"), SIEVE, "JSM",
    ),
)  # fmt: skip

LABELS = {
    "network": "network, $6 n^{1/5}$ units",
    "smoothing_spline": "smoothing spline",
    "local_linear": "local linear",
    "kernel_ridge": "kernel ridge",
    "nearest_neighbours": "nearest neighbours",
}
STYLES = {"smoothing_spline": "spline", "local_linear": "forest", "kernel_ridge": "wavelet"}


def _draw(evidence: Evidence, figure) -> None:
    from dlstats.plotting import style

    left, right = figure.subplots(1, 2, sharey=True)
    for method, label in LABELS.items():
        table = points(evidence, method=method, **MAIN)
        draw_points(left, table, label, STYLES.get(method, method))
    table = points(evidence, method="network", **MAIN)
    beside(left, table["n"], table["estimate"], -0.8)
    rules = sorted(evidence.rows(method="network", noise="normal", noise_sd=0.3)["rule"].unique())
    for i, rule in enumerate(rules):
        table = points(evidence, method="network", **(MAIN | {"rule": rule}))
        bars = 1.96 * table["mcse"]
        name = scaling.RULES[rule].source.split(",")[0].replace("n^(1/(2b+1))", "$n^{1/5}$")
        right.errorbar(table["n"], table["estimate"], yerr=bars, label=name, **style.nth(i))
    risk_axes(left, "methods")
    risk_axes(right, "scaling rules")
    right.set_ylabel("")
    left.legend(fontsize=6.5)
    right.legend(fontsize=6.5)


FIGURES = (
    Figure(
        "shallow_rate",
        "Excess risk on sin 4πx against sample size. Left: network and baselines, each tuned by its own rule; dashed: "
        "slope -4/5. Right: the network under other scaling rules, the theory's among them. 95 % Monte Carlo intervals.",
        _draw, "two-column", 2.9,
    ),
)  # fmt: skip

STUDY = Study(
    name="shallow_rate",
    family="excess_risk",
    title="The rate of a trained shallow network",
    aims="Measure the slope of a trained network where theory gives n^(-4/5), beside baselines and other scaling rules.",
    mechanisms="y = sin 4πx + noise, x ~ U(0, 1), noise of standard deviation 0.3, normal or Laplace.",
    estimands="Integrated squared error on a grid of 1001 points.",
    methods={
        "network": "ReLU network with a linear skip, Adam, OneCycle at 0.05, 4000 steps, minibatches of 400, best of 3",
        "smoothing_spline": "penalised cubic spline, penalty by generalised cross-validation",
        "local_linear": "bandwidth by leave-one-out",
        "kernel_ridge": "Gaussian kernel, bandwidth and penalty by generalised cross-validation",
        "nearest_neighbours": "k by leave-one-out",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="The rule 6 n^(1/5) makes variance dominate: it tests that degrees of freedom follow the width, less the "
    "approximation. Settings were chosen on other seeds.",
)
