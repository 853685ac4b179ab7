"""Location under α-stable noise: the rate of the mean, of the median and of Huber's estimator."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlstats.dgp import noise
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.origin import Derived, Theorem
from dlstats.protocol.readers import slope, value
from dlstats.protocol.study import Experiment, Figure, Method
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.theory import robustness

ALPHAS = (1, 1.2, 1.5, 1.8)


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """The absolute error of mean, median and Huber's estimator with the median absolute deviation as scale."""
    from dlstats.methods import location

    # the random streams tell 1 from 1.0
    alpha = int(condition.alpha) if condition.alpha.is_integer() else condition.alpha
    n = condition.n
    y = streams.draw(lambda rng: noise.stable_sample(alpha, rng, n), "sample", alpha=alpha, n=n)
    huber, converged = location.reweighted_mean(y, "huber", 1.345 * location.scale(y))
    columns = {"mean": {"error": np.abs(y.mean(axis=1))}, "median": {"error": np.abs(np.median(y, axis=1))}}
    columns["huber"] = {"error": np.abs(huber), "status": np.where(converged, "ok", "not_converged")}
    return stacked(streams, columns)


EXPERIMENT = Experiment(
    simulate,
    factors={
        "alpha": Factor("stability index", float, symbol=r"\alpha", above=0, at_most=2),
        "n": Factor("sample size", int, symbol="n", at_least=2),
    },
    methods={
        "mean": Method("mean", "sample mean"),
        "median": Method("median", "sample median"),
        "huber": Method("Huber, scale estimated", "Huber 1.345 with the median absolute deviation as scale"),
    },
    measures=(Measure("error", "median absolute error", "median"),),
    slopes=(Slope("error", "n", "median"),),
    block=1000,
    title="α-stable samples",
)


STABLE = Derived("m-estimators.md#mean-of-stable-variables")


def _of_mean(alpha: float) -> Claim:
    return Claim(
        f"ROB6.mean_{round(10 * alpha)}",
        f"The median absolute error of the mean of n symmetric {alpha:g}-stable variables scales as n^(1/α − 1), {{theory:.4f}}, "
        "n = 50 to 3200.",
        equals(robustness.stable_rate(alpha), 0.03),
        slope("error", "median", method="mean", alpha=alpha),
        STABLE,
    )


CLAIMS = (
    *(_of_mean(alpha) for alpha in ALPHAS[1:]),
    Claim(
        "ROB6.median",
        "The median absolute error of the median falls like n^(−1/2) under α-stable noise, α = 1, 1.2, 1.5, 1.8, n = 50 to 3200 "
        "(farthest slope).",
        equals(-0.5, 0.03),
        slope("error", "median", method="median").each("alpha").at_least(alpha=4, n=5),
        Theorem("serfling1980", "section 2.3.3"),
        regime="asymptotic",
    ),
    Claim(
        "ROB6.huber",
        "The median absolute error of Huber's estimator with the median absolute deviation as scale falls like n^(−1/2) under "
        "α-stable noise, α = 1, 1.2, 1.5, 1.8, n = 50 to 3200 (farthest slope).",
        equals(-0.5, 0.03),
        slope("error", "median", method="huber").each("alpha").at_least(alpha=4, n=5),
        Theorem("huber2009", "section 6.5"),
        regime="asymptotic",
    ),
    Claim(
        "ROB6.cauchy",
        "The median of |mean of n Cauchy variables| is 1 for every n from 50 to 800 (farthest n): averaging does nothing.",
        equals(1.0, 0.05),
        value("error", "median", method="mean", alpha=1.0, n=lambda n: n <= 800).each("n").at_least(n=5),
        STABLE,
    ),
)


def draw(evidence: Evidence, figure) -> None:
    """Median absolute error against n, one panel per method, one line per α, with the theoretical slopes."""
    from dlstats.plotting import labels, style

    table = evidence.table("stable", measure="error", statistic="median")
    axes = figure.subplots(1, 3, sharey=True)
    for axis, (name, method) in zip(axes, EXPERIMENT.methods.items(), strict=True):
        for index, alpha in enumerate(ALPHAS):
            lines = table[(table["method"] == name) & (table["alpha"] == alpha)].sort_values("n")
            n, error = lines["n"].astype(float), lines["estimate"]
            bars = [error - lines["lower"], lines["upper"] - error]
            axis.errorbar(n, error, yerr=bars, label=f"α = {alpha:g}", **style.nth(index + 1))
            rate = robustness.stable_rate(alpha) if name == "mean" else -0.5
            axis.plot(n, error.iloc[0] * (n / n.iloc[0]) ** rate, linewidth=0.8, zorder=0, **style.method("theory"))
        axis.set(xscale="log", yscale="log", xlabel=evidence.axis("n"), title=method.label)
    axes[0].set_ylabel(evidence.axis("error", "stable"))
    labels.at_ends(axes[0])


FIGURE = Figure(
    "stable_rates",
    "Median absolute error of location estimators under symmetric α-stable noise, with 95 % Monte Carlo intervals: averaging "
    "gains nothing at α = 1, median and Huber keep their rate. Dashed: the theoretical slopes through the first point, 1/α − 1 "
    "for the mean and −1/2 for median and Huber.",
    draw,
    "two-column",
    2.5,
)
