"""Efficiency, influence and minimax robustness of the losses, exactly, and the estimators they give at n = 400."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from dlstats.protocol.study import Evidence, Figure, Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.robust import _efficiency_exact, _shapes
from dlstats.studies.robust._efficiency_claims import CLAIMS
from dlstats.theory import efficiency as theory

SAMPLE = 400


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One row a check of an exact part, or the location estimators of every replicate for part `location`."""
    part = factors["part"]
    if part == "location":
        return _location(factors["law"], streams)
    if part not in _efficiency_exact.PARTS:
        raise ValueError(f"`part` must be one of {', '.join((*_efficiency_exact.PARTS, 'location'))}, got {part!r}.")
    rows = _efficiency_exact.PARTS[part]()
    return pd.DataFrame([{"replicate": r, **row} for r in streams.replicates for row in rows])


def _location(law: str, streams: Streams) -> pd.DataFrame:
    """ROB3.finite: √n times the error of every estimator on samples of n = 400."""
    from dlstats.methods import location

    sample = _sampler(law)
    y = streams.draw(lambda rng: sample(rng, SAMPLE), "sample", law=law)
    found = {"mean": (y.mean(axis=1), None), "absolute": (np.median(y, axis=1), None)}
    for name in ("huber", "tukey", "cauchy"):
        found[name] = location.reweighted_mean(y, name, theory.ESTIMATORS[name].constant)
    parts = []
    for method, (value, converged) in found.items():
        status = "ok" if converged is None else np.where(converged, "ok", "not_converged")
        rows = {"replicate": streams.replicates, "method": method, "status": status}
        parts.append(pd.DataFrame(rows | {"scaled_error": math.sqrt(SAMPLE) * value}))
    return pd.concat(parts).sort_values("replicate", kind="stable", ignore_index=True)


def _sampler(law: str):
    from dlstats.dgp import noise

    if law == "normal":
        return noise.normal().sample
    if law.startswith("t"):
        return noise.student(float(law[1:])).sample
    if law.startswith("contaminated"):
        return noise.contaminated(float(law.removeprefix("contaminated")) / 100, 3.0).sample
    return {"laplace": noise.laplace, "logistic": noise.logistic}[law]().sample


def draw_barron(evidence: Evidence, figure) -> None:
    """Efficiency at N(0, 1) of Barron's loss against its scale, a line a shape, with the constants for 95 %."""
    from dlstats.plotting import style

    rows = evidence.rows(part="barron").set_index("method")["value"]
    axis = figure.subplots()
    scales = np.geomspace(0.1, 10, 60)
    for index, alpha in enumerate((1.8, 1.5, 1.0, 0.0, -2.0, -math.inf)):
        label = "α = −∞" if alpha == -math.inf else f"α = {alpha:g}".replace("-", "−")
        look = style.nth(index)
        values = [theory.barron_efficiency(alpha, c) for c in scales]
        axis.plot(scales, values, label=label, color=look["color"], linestyle=look["linestyle"])
        if f"c95_{alpha:g}" in rows:
            axis.plot(rows[f"c95_{alpha:g}"], 0.95, color=look["color"], marker=look["marker"], linestyle="")
    axis.axhline(0.95, color="0.6", linewidth=0.6, zorder=0)
    axis.set(xscale="log", xlabel="scale $c$", ylabel="efficiency at the normal law", ylim=(0, 1.02))
    axis.legend(loc="lower right", fontsize="x-small")


FIGURES = (
    Figure(
        "robust_shapes",
        "Loss, derivative and weight of a residual, for all losses of regression. Convex and redescending losses at their "
        "constants for 95 % efficiency under normal errors (log-cosh, Charbonnier and Hampel at their customary ones), Barron's "
        "loss at scale 1, asymmetric losses at level 0.8 (smooth quantile with width 0.5). Convex losses keep a pull on far "
        "residuals; bounded ones let go of them, which is also why gradients from a bad start may vanish. Exact.",
        _shapes.draw,
        "two-column",
        6.4,
    ),
    Figure(
        "barron_tuning",
        "Efficiency of Barron's loss under standard normal errors against its scale. Symbols: the scale for 95 % efficiency. "
        "For shapes above α = 1.5788 every scale exceeds 95 %. Exact.",
        draw_barron,
    ),
)

STUDY = Study(
    name="efficiency",
    family="robust",
    title="What robustness costs under normal errors and what it buys elsewhere",
    aims="Tables of asymptotic variance, efficiency, influence and minimax constants of robust losses as they are trained, "
    "and whether estimators at n = 400 have the asymptotic variance.",
    mechanisms="Location with known scale: normal, t with 1, 2, 3, 5 and 10 degrees of freedom, Laplace, logistic, and "
    "normal contaminated by 5, 10 and 20 % of N(0, 9).",
    estimands="Asymptotic variance V = E ψ² / (E ψ′)², efficiency 1 / (I V), sensitivity curves, Huber's minimax k; n times "
    "the variance of the estimators at n = 400.",
    methods={
        "mean": "sample mean",
        "absolute": "sample median",
        "huber": "Huber, k = 1.345",
        "tukey": "Tukey's biweight, c = 4.685, iterated from the median",
        "cauchy": "Barron's loss of shape 0 (Cauchy), scale 1.68641, iterated from the median",
    },
    measures=(
        Measure("value", "value from the losses", "exact"),
        Measure("reference", "value from theory", "exact"),
        Measure("scaled_error", "n times the variance", "variance"),
    ),
    simulate=simulate,
    claims=CLAIMS,
    figures=FIGURES,
    limits="The scale is known throughout; an estimated scale changes efficiency and influence of redescending losses.",
    block=4000,
)
