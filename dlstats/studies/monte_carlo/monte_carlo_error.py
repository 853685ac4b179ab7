"""Is the Monte Carlo error that stands beside every number right? Each statistic against brute force."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import scipy

from dlstats.montecarlo import contrasts, intervals
from dlstats.montecarlo.statistics import evaluate
from dlstats.protocol.claim import Claim, at_least, at_most, equals
from dlstats.protocol.factor import Condition, Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Derived, Finding
from dlstats.protocol.readers import proportion, value
from dlstats.protocol.study import Experiment, Figure, Method, Study, grid
from dlstats.seeds import Streams
from dlstats.studies.frames import stacked
from dlstats.studies.monte_carlo import _mcse_figure
from dlstats.studies.monte_carlo import _mcse_promise as promise
from dlstats.studies.monte_carlo import _replicate_distributions as distributions
from dlstats.studies.monte_carlo._replicate_distributions import DISTRIBUTION, DISTRIBUTIONS, Distribution

MARGIN = 0.1
"""A reported error is right when it is within a tenth of the truth on average."""
STATISTICS = tuple(dict.fromkeys(name for one in DISTRIBUTIONS.values() for name in distributions.truths(one)))
TRAPS = {
    "normal_theory_se": Method(
        "normal-theory error",
        "the standard deviation with the error sd / √(2 (R − 1)), right for normal replicates only",
    ),
    "jackknife_off_centre": Method(
        "off-centre jackknife", "RMSE with a jackknife about the RMSE of divisor R, its terms having divisor R − 1"
    ),
}


def simulate(condition: Condition, streams: Streams, device: str) -> pd.DataFrame:
    """One row per simulated study and statistic: its value, the error it reports, whether the interval covers."""
    distribution, reps = DISTRIBUTIONS[condition.distribution], condition.size
    columns = _columns(distribution, streams, reps)
    truth = distributions.truths(distribution)
    batches = {name: evaluate(name, *columns[name]) for name in columns if name in truth}
    batches |= _contrasts(distribution, columns)
    batches |= _traps(columns["empirical_se"][0], distribution)
    return stacked(streams, {name: _outcome(batch, truth.get(name, np.nan)) for name, batch in batches.items()})


def _columns(distribution: Distribution, streams: Streams, reps: int) -> dict[str, tuple[np.ndarray, dict]]:
    """What each statistic is applied to: (values of shape (studies, reps), options)."""
    key = {"law": distribution.name, "size": reps}
    x, fresh = (streams.draw(lambda rng: distribution.sample(rng, reps), role, **key) for role in ("estimate", "copy"))
    shared = streams.draw(lambda rng: rng.random(reps), "shared", **key) < distributions.SHARED
    se = distribution.sd * np.exp(
        distributions.SPREAD * streams.draw(lambda rng: rng.standard_normal(reps), "se", **key)
    )
    y = np.where(shared, x, fresh)
    lower, upper, truth = x - distributions.Z * se, x + distributions.Z * se, distribution.truth
    held = ((lower <= truth) & (truth <= upper)).astype(float)
    alone = ("mean", "median", "variance", "empirical_se", "coefficient_of_variation", "trimmed_mean", "geometric_mean")
    table = {name: (x, {}) for name in alone}
    table |= {name: (x, {"truth": truth}) for name in ("bias", "relative_bias", "mse", "rmse")}
    table |= {name: (se, {"estimate": x}) for name in ("relative_error_model_se", "se_ratio")}
    table |= {name: (x, {"other": distributions.SCALE * y}) for name in ("ratio", "difference")}
    table |= {name: (x, {"other": y}) for name in ("correlation", "auc")}
    table |= {
        "quantile": (x, {"level": distributions.UPPER}),
        "best_of": (x, {"starts": distributions.STARTS}),
        "model_se": (se, {}),
        "proportion": (held, {}),
        "coverage": (lower, {"upper": upper, "truth": truth}),
        "bias_eliminated_coverage": (x, {"lower": lower, "upper": upper}),
        "rejection_rate": (2 * scipy.special.ndtr(-np.abs(x - truth) / se), {"level": 0.05}),
        "interval_width": (lower, {"upper": upper}),
        "second": (y, {"se": se}),
    }
    return table


def _contrasts(distribution: Distribution, columns: dict) -> dict[str, intervals.Batch]:
    """Paired contrasts of x with the second method."""
    x, (y, extra) = columns["mean"][0], columns["second"]
    half, truth = distributions.Z * extra["se"], {"truth": distribution.truth}
    pair = np.stack([x, y])
    return {
        "difference_of_empirical_se": contrasts.joint(
            "empirical_se", np.stack([x, distributions.SCALE * y]), "difference", {}
        ),
        "ratio_of_rmse": contrasts.joint("rmse", pair, "ratio", truth),
        "difference_of_coverage": contrasts.joint(
            "coverage", pair - half, "difference", {"upper": pair + half} | truth
        ),
    }


def _traps(x: np.ndarray, distribution: Distribution) -> dict[str, intervals.Batch]:
    """Formulas in use that are wrong: normal theory for a standard deviation, a jackknife about the wrong value."""
    reps = x.shape[-1]
    sd = x.std(axis=-1, ddof=1)
    normal = intervals.t_interval(sd, sd / np.sqrt(2 * (reps - 1)), reps - 1)
    centre = x.mean(axis=-1, keepdims=True)
    mean = (reps * centre - x) / (reps - 1)
    variance = ((reps - 1) * sd[:, None] ** 2 - reps / (reps - 1) * (x - centre) ** 2) / (reps - 2)
    without = np.sqrt((mean - distribution.mean) ** 2 + variance)
    rmse = np.sqrt(((x - distribution.mean) ** 2).mean(axis=-1))
    wrong = np.sqrt((reps - 1) / reps * ((without - rmse[:, None]) ** 2).sum(axis=-1))
    return {"normal_theory_se": normal, "jackknife_off_centre": intervals.t_interval(rmse, wrong, reps - 1)}


def _outcome(batch: intervals.Batch, truth: float) -> dict[str, np.ndarray]:
    covered = ((batch.lower <= truth) & (truth <= batch.upper)).astype(float)
    usable = np.isfinite(batch.value) & np.isfinite(batch.mcse)
    return {
        "status": np.where(usable, "ok", "degenerate"),
        "reason": np.where(usable, "", "the statistic or its error does not exist"),
        "value": batch.value,
        "reported": batch.mcse,
        "covered": covered if np.isfinite(truth) else np.full(len(covered), np.nan),
    }


def _method(statistic: str) -> Method:
    return Method(
        statistic.replace("_", " "),
        f"{distributions.NAMES[statistic]} with its Monte Carlo standard error, contrasts paired",
    )


ERRORS = Experiment(
    simulate,
    factors={"distribution": DISTRIBUTION, "size": Factor("number of replicates", int, symbol="R", at_least=2)},
    methods={name: _method(name) for name in STATISTICS} | TRAPS,
    measures=(
        Measure("reported", "mean reported error / true standard deviation", "se_ratio", options={"estimate": "value"}),
        Measure(
            "covered", "coverage of the 95 % interval", "proportion", where={"method": lambda name: name not in TRAPS}
        ),
        Measure("value", "mean of the statistic"),
    ),
    block=2000,
)


def is_promised(line) -> bool:
    """Whether theory promises the error of a line of the summary: statistic, distribution and number of replicates."""
    return line["method"] in STATISTICS and promise.promised(
        line["method"], DISTRIBUTIONS[line["distribution"]], line["size"]
    )


PILOT, SECOND = (Finding(f"monte_carlo_error, seed {seed}") for seed in (20261120, 20261127))
ORDER = ("median", "quantile")
SAME_ERROR = {
    "bias": "mean",
    "relative_bias": "mean",
    "proportion": "coverage",
    "rejection_rate": "coverage",
}
"""Statistics whose error over its true value is that of another one: those others are claimed, and a test compares."""


def _claim(statistic: str) -> Claim:
    others = [distributions.NAMES[name] for name, same in SAME_ERROR.items() if same == statistic]
    likewise = f" (and so for {' and '.join(others)})" if others else ""
    text = f"The Monte Carlo standard error reported for {distributions.NAMES[statistic]}{likewise} is on average "
    errors = value("reported", method=statistic, line=is_promised).each()
    if statistic in ORDER:
        return Claim(
            f"MCM1.{statistic}",
            text + f"at least 0.9 times its true standard deviation where {promise.BEYOND} of the replicates or more lie beyond "
            "it, for distributions without jumps (smallest ratio).",
            at_least(1, MARGIN), errors, SECOND,
        )  # fmt: skip
    text += "within 10 % of its true standard deviation for every distribution and number R of replicates with (b − 1)/(8R) ≤ "
    if statistic in promise.MEANS:
        return Claim(
            f"MCM1.{statistic}",
            text + f"{promise.LOSS:g}, b the kurtosis of what is averaged; the figure shows which.",
            equals(1, MARGIN), errors, Derived("monte-carlo-error.md#error-of-an-error"), regime="asymptotic",
        )  # fmt: skip
    return Claim(
        f"MCM1.{statistic}",
        text + f"{promise.LOSS:g}, b the kurtosis of its influence; the figure shows which.",
        equals(1, MARGIN), errors, SECOND,
    )  # fmt: skip


OF_NORMAL = list(distributions.truths(DISTRIBUTIONS["normal"]))
CLAIMS = (
    *(_claim(statistic) for statistic in STATISTICS if statistic not in SAME_ERROR),
    Claim(
        "MCM1.intervals",
        "The 95 % intervals of all statistics, contrasts included, cover at least 93 % of the time for 200 normal "
        "replicates.",
        at_least(0.95, 0.02), proportion("covered", method=OF_NORMAL, distribution="normal", size=200).each("method"), PILOT,
    ),
    Claim(
        "MCM1.intervals_skewed",
        "The 95 % interval of a variance covers with probability at most {theory} for 20 lognormal replicates, whose fourth "
        "moments 20 replicates do not show.",
        at_most(0.8), proportion("covered", method="variance", distribution="lognormal", size=20), PILOT,
    ),
    Claim(
        "MCM1.normal_theory",
        "For 200 t5 replicates the normal-theory error sd/√(2(R − 1)) of an empirical standard error is at most {theory} of the "
        "true one, as its limit 1/2 says.",
        at_most(0.8), value("reported", method="normal_theory_se", distribution="t5", size=200), PILOT,
    ),
    Claim(
        "MCM1.off_centre",
        "A jackknife of the root mean squared error whose leave-one-out values take the variance with the divisor R − 1, but "
        "which is centred at the value with the divisor R, reports an error √(3/2) = {theory:.2f} times the true one for normal "
        "replicates (R = 20, 50 and 200).",
        equals(promise.off_centre_ratio(DISTRIBUTIONS["normal"]), MARGIN),
        value("reported", method="jackknife_off_centre", distribution="normal", size=[20, 50, 200]).each("size"),
        Derived("monte-carlo-error.md#jackknife-off-centre"), regime="asymptotic",
    ),
)  # fmt: skip


def _design(sizes: list[int], replicates: int) -> dict:
    return {"errors": grid(distribution=list(DISTRIBUTIONS), size=sizes, replicates=replicates)}


STUDY = Study(
    title="Monte Carlo standard errors against brute force",
    aims="To find out whether the standard error reported beside every statistic is right, and where it cannot be.",
    mechanisms="Replicates from a normal, a t5, a lognormal and a skewed discrete distribution (1 + Poisson(1/2)); `size` of "
    "them make one study, and thousands of studies are simulated.",
    estimands="The standard deviation of each statistic over studies, and its population value.",
    experiments={"errors": ERRORS},
    claims=CLAIMS,
    figures=(
        Figure(
            "mcse_ratio",
            "Mean reported Monte Carlo standard error over the true standard deviation, by distribution and number of "
            "replicates R, for some statistics of every kind and for all that miss the band 0.9 to 1.1 against the promise; the "
            "table has the rest. Filled: the kurtosis of the influence is small enough for R, and the point should lie in the "
            "band (for a median and a quantile not to its left); open: it is not. See that means and proportions can be trusted "
            "from few replicates on, and that spreads of heavy-tailed replicates cannot. Below the line formulas in use that are "
            "wrong: normal theory for a standard deviation, and a jackknife about a value with another divisor. With 95 % "
            "intervals.",
            partial(_mcse_figure.draw, is_promised=is_promised, margin=MARGIN),
            "two-column",
            4.4,
        ),
    ),
    limits="Where the influence of a replicate has an infinite or very large fourth moment (everything quadratic at t5 or "
    "lognormal replicates) no error from the replicates alone can be right on average; the table shows by how much.",
    designs={
        "smoke": _design([20, 200], 100),
        "standard": _design([20, 50, 200], 6000),
        "paper": _design([20, 50, 200, 1000], 20000),
    },
)
