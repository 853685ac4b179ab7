"""Is the Monte Carlo error that stands beside every number right? Each statistic against brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from dlstats.montecarlo import contrasts, intervals
from dlstats.montecarlo.statistics import STATISTICS, evaluate
from dlstats.protocol.study import Measure, Study
from dlstats.seeds import Streams
from dlstats.studies.monte_carlo import _monte_carlo_error_report as report
from dlstats.studies.monte_carlo import _replicate_laws as laws


def simulate(factors: dict, streams: Streams, device: str) -> pd.DataFrame:
    """One row per simulated study and statistic: its value, the error that it reports, whether the interval holds."""
    law, reps = laws.LAWS[factors["law"]], factors["size"]
    columns = _columns(law, streams, reps)
    truth = laws.truths(law)
    batches = {name: evaluate(name.split("@")[0], *columns[name]) for name in columns if name in truth}
    batches |= _contrasts(law, columns)
    batches |= _traps(columns["empirical_se"][0], law)
    return pd.concat(
        [_rows(name, batch, truth.get(name, np.nan), streams) for name, batch in batches.items()]
    ).sort_values("replicate", kind="stable", ignore_index=True)


def _columns(law: laws.Law, streams: Streams, reps: int) -> dict[str, tuple[np.ndarray, dict]]:
    """What each statistic is applied to: (values of shape (studies, reps), options)."""
    key = {"law": law.name, "size": reps}
    x, fresh = (streams.draw(lambda rng: law.sample(rng, reps), role, **key) for role in ("estimate", "copy"))
    shared = streams.draw(lambda rng: rng.random(reps), "shared", **key) < laws.SHARED
    se = law.sd * np.exp(laws.SPREAD * streams.draw(lambda rng: rng.standard_normal(reps), "se", **key))
    y = np.where(shared, x, fresh)
    lower, upper, truth = x - laws.Z * se, x + laws.Z * se, law.truth
    held = ((lower <= truth) & (truth <= upper)).astype(float)
    alone = ("mean", "median", "variance", "empirical_se", "coefficient_of_variation", "trimmed_mean", "geometric_mean")
    found = {name: (x, {}) for name in alone}
    found |= {name: (x, {"truth": truth}) for name in ("bias", "relative_bias", "mse", "rmse")}
    found |= {name: (se, {"estimate": x}) for name in ("relative_error_model_se", "se_ratio")}
    found |= {name: (x, {"other": laws.SCALE * y}) for name in ("ratio", "difference")}
    found |= {name: (x, {"other": y}) for name in ("correlation", "auc")}
    found |= {
        "quantile": (x, {"level": laws.UPPER}),
        "best_of": (x, {"starts": laws.STARTS}),
        "model_se": (se, {}),
        "proportion": (held, {}),
        "coverage": (lower, {"upper": upper, "truth": truth}),
        "bias_eliminated_coverage": (x, {"lower": lower, "upper": upper}),
        "rejection_rate": (2 * special.ndtr(-np.abs(x - truth) / se), {"level": 0.05}),
        "interval_width": (lower, {"upper": upper}),
        "second@": (y, {"se": se}),
    }
    return found


def _contrasts(law: laws.Law, columns: dict) -> dict[str, intervals.Batch]:
    """Paired contrasts of x with the second method."""
    x, (y, extra) = columns["mean"][0], columns["second@"]
    half, truth = laws.Z * extra["se"], {"truth": law.truth}
    pair = np.stack([x, y])
    return {
        "difference_of_empirical_se": contrasts.joint("empirical_se", np.stack([x, laws.SCALE * y]), "difference", {}),
        "ratio_of_rmse": contrasts.joint("rmse", pair, "ratio", truth),
        "difference_of_coverage": contrasts.joint(
            "coverage", pair - half, "difference", {"upper": pair + half} | truth
        ),
    }


def _traps(x: np.ndarray, law: laws.Law) -> dict[str, intervals.Batch]:
    """Formulas in use that are wrong: normal theory for a standard deviation, a jackknife about the wrong value."""
    reps = x.shape[-1]
    sd = x.std(axis=-1, ddof=1)
    normal = intervals.t_interval(sd, sd / np.sqrt(2 * (reps - 1)), reps - 1)
    about = x.mean(axis=-1, keepdims=True)
    mean = (reps * about - x) / (reps - 1)
    variance = ((reps - 1) * sd[:, None] ** 2 - reps / (reps - 1) * (x - about) ** 2) / (reps - 2)
    without = np.sqrt((mean - law.mean) ** 2 + variance)
    rmse = np.sqrt(((x - law.mean) ** 2).mean(axis=-1))
    wrong = np.sqrt((reps - 1) / reps * ((without - rmse[:, None]) ** 2).sum(axis=-1))
    return {"normal_theory_se": normal, "jackknife_off_centre": intervals.t_interval(rmse, wrong, reps - 1)}


def _rows(name: str, batch: intervals.Batch, truth: float, streams: Streams) -> pd.DataFrame:
    covered = ((batch.lower <= truth) & (truth <= batch.upper)).astype(float)
    usable = np.isfinite(batch.value) & np.isfinite(batch.mcse)
    return pd.DataFrame(
        {
            "replicate": list(streams.replicates),
            "method": name,
            "status": np.where(usable, "ok", "degenerate"),
            "reason": np.where(usable, "", "the statistic or its error does not exist"),
            "value": batch.value,
            "reported": batch.mcse,
            "covered": covered if np.isfinite(truth) else np.nan,
        }
    )


MEASURES = (
    Measure("reported", "mean reported error / true standard deviation", "se_ratio", options={"estimate": "value"}),
    Measure("covered", "coverage of the 95 % interval", "proportion"),
    Measure("value", "mean of the statistic", "mean"),
)

STUDY = Study(
    name="monte_carlo_error",
    family="monte_carlo",
    title="Monte Carlo standard errors against brute force",
    aims="To find out whether the standard error reported beside every statistic is right, and where it cannot be.",
    mechanisms="Replicates from a normal, a t5, a lognormal and a skewed discrete law (1 + Poisson(1/2)); `size` of "
    "them "
    "make one study, and thousands of studies are simulated.",
    estimands="The standard deviation of each statistic over studies, and its population value.",
    methods={
        **{name: "the statistic of that name with its standard error" for name in STATISTICS},
        "difference*": "paired difference of the statistic of two methods that share data",
        "ratio*": "paired ratio of the statistic of two methods that share data",
        "normal_theory_se": "the standard deviation with the error sd / sqrt(2 (R - 1)), right for normal replicates "
        "only",
        "jackknife_off_centre": "RMSE with a jackknife about the RMSE of divisor R, its terms having divisor R - 1",
    },
    measures=MEASURES,
    simulate=simulate,
    claims=report.CLAIMS,
    figures=report.FIGURES,
    limits="Where the influence of a replicate has an infinite or very large fourth moment (everything quadratic at "
    "t5 or "
    "lognormal replicates) no error from the replicates alone can be right on average; the table shows by how much.",
    block=2000,
)
