"""The lectures assume a global minimiser: here training is seen to stop short of a point of its own class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.montecarlo import Estimate, estimate, worst
from dlstats.montecarlo.contrasts import contrast
from dlstats.plotting.curves import draw_points, points, risk_axes
from dlstats.protocol.claim import Claim
from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams

NOISE_SD = 0.5
UNITS = 6
RESTARTS = 4
STEPS = 4000


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """The trained network and the network of its class that is the best segmentation, on the same data."""
    from dlstats.dgp import jump
    from dlstats.training import recipes

    n = factors["n"]
    design = jump.CircularJump(n, NOISE_SD)
    drawn = streams.draw(lambda rng: np.stack(design.sample(rng)), "data", n=n)
    truth, y = drawn[:, 0], drawn[:, 1]
    x = np.repeat(design.x[None, :, None], len(streams), axis=0)
    recipe = recipes.Recipe((UNITS,), 0.01, factors.get("steps", STEPS), restarts=RESTARTS)
    found = recipes.run(recipe, x, y, streams, device, n=n)
    arcs = [jump.best_arc(v) for v in y]
    built = np.stack([_network_of_arc(design.x, v, arc) for v, arc in zip(y, arcs, strict=True)])
    exact = np.stack([jump.arc_fit(v, arc) for v, arc in zip(y, arcs, strict=True)])
    frames = []
    for method, fitted in (("network", found.predict(x)), ("segmentation", built)):
        rows = {"replicate": list(streams.replicates), "method": method, "train_mse": ((fitted - y) ** 2).mean(axis=1)}
        rows |= {"risk": ((fitted - truth) ** 2).mean(axis=1), "status": "ok", "data_digest": found.data_digest}
        if method == "network":
            rows |= {"status": found.status, "start_digest": found.start_digest}
        else:
            rows |= {"start_digest": "", "construction_error": np.abs(built - exact).max(axis=1)}
        frames.append(pd.DataFrame(rows))
    frame = pd.concat(frames, ignore_index=True).sort_values("replicate", kind="stable", ignore_index=True)
    gap = frame["train_mse"].to_numpy().reshape(-1, 2)
    return frame.assign(gap=np.where(frame["method"] == "network", np.repeat(gap[:, 0] - gap[:, 1], 2), np.nan))


def _network_of_arc(x: np.ndarray, y: np.ndarray, arc: tuple[int, int]) -> np.ndarray:
    """The values at the design of a shallow ReLU network with at most 4 units that is the fit of `arc`.

    A step from point i - 1 to point i is relu(n (x - x_{i-1})) - relu(n (x - x_i)), two units; an arc has two steps, or
    one where it begins or ends with the design.
    """
    inside = np.zeros(len(x), dtype=bool)
    inside[arc[0] : arc[1]] = True
    low, high = y[~inside].mean(), y[inside].mean()
    value = np.full(len(x), high if arc[0] == 0 else low)
    for place, height in ((arc[0], high - low), (arc[1], low - high)):
        if 0 < place < len(x):
            ramp = [np.maximum(len(x) * (x - x[i]), 0) for i in (place - 1, place)]
            value = value + height * (ramp[0] - ramp[1])
    return value


MEASURES = (
    Measure("risk", "excess risk"),
    Measure("train_mse", "training error"),
    Measure("gap", "training error above the best segmentation"),
    Measure("construction_error", "construction minus segmentation", "maximum"),
)


def _sizes(evidence: Evidence) -> list[int]:
    return sorted(evidence.rows()["n"].unique().tolist())


def _smallest_gap(evidence: Evidence) -> Estimate:
    rows = evidence.rows(method="network")
    good = rows[rows["status"] == "ok"]
    return estimate("proportion", (good["gap"] > 0).astype(float), failed=len(rows) - len(good))


def _excess_ratio(evidence: Evidence) -> Estimate:
    found = []
    for n in _sizes(evidence):
        pair = [evidence.rows(n=n, method=m).sort_values("replicate")["risk"] for m in ("network", "segmentation")]
        found.append(contrast("mean", *pair, kind="ratio"))
    return worst(found, 3.0, 0.0, "at_least")


def _construction(evidence: Evidence) -> Estimate:
    from dlstats.montecarlo import exact

    return exact(float(evidence.rows(method="segmentation")["construction_error"].max()))


CLAIMS = (
    Claim(
        "RSK8",
        "Training (Adam, 4000 full-batch steps, best of 4 starts, 6 ReLU units) stops above the training error of a "
        "network of the same class, the best segmentation, in at least 95 % of data sets (jump, n = 512 and 2048).",
        "at_least", 0.95, 0.0, _smallest_gap, "certified by an explicit better point of the class", "JSM",
    ),
    Claim(
        "RSK8.excess",
        "The excess risk of the trained networks is more than 3 times that of the segmentation, a "
        "better point of their class, at n = 512 and at n = 2048.",
        "at_least", 3.0, 0.0, _excess_ratio, "measured here", "JSM",
    ),
    Claim(
        "RSK8.construction",
        "The better point is a network of at most 4 units: it equals the segmentation at the design to 10⁻⁹.",
        "bound_above", 0.0, 1e-9, _construction, "short proof",
    ),
)  # fmt: skip


def _draw(evidence: Evidence, figure) -> None:
    left, right = figure.subplots(1, 2)
    for method, label in (("network", "trained, best of 4"), ("segmentation", "better point of the class")):
        draw_points(left, points(evidence, "train_mse", method=method), label, method)
        draw_points(right, points(evidence, method=method), label, method)
    risk_axes(right)
    left.set(xscale="log", xlabel="sample size $n$", ylabel="training error")
    sizes = sorted(evidence.rows()["n"].unique())
    for axes in (left, right):
        axes.set_xticks(sizes, [f"{n:g}" for n in sizes])
        axes.xaxis.minorticks_off()
    left.legend()


FIGURES = (
    Figure(
        "optimisation_gap",
        "Training error (left) and excess risk (right) of trained networks with six ReLU units, and of a network of the "
        "same class that is the best segmentation: no global minimum was found. 95 % Monte Carlo intervals.",
        _draw, "two-column", 2.4,
    ),
)  # fmt: skip

STUDY = Study(
    name="optimisation_gap",
    family="excess_risk",
    title="Training stops short of the class",
    aims="Certify that trained networks are not global minimisers, and show what that costs.",
    mechanisms="The jump of linear_suboptimality: y = f_s + N(0, 0.25) on n equally spaced points.",
    estimands="Training error and excess risk at the design points.",
    methods={
        "network": "6 ReLU units and a linear skip, Adam, OneCycle at 0.01, 4000 full-batch steps, best of 4 starts",
        "segmentation": "the best segmentation into an arc and its complement, as a network with at most 4 units",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="The better point is a certificate, not the global minimum of the class.",
)
