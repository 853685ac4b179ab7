"""Replicates that do not vary decide nothing: of every statistic, contrast and slope, in the summary and in the ledger."""

import itertools

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.montecarlo import STATISTICS
from dlstats.montecarlo.contrasts import EXTREMES
from dlstats.pipeline import ledger, summaries
from dlstats.protocol import origin, verdict
from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import KINDS, Contrast, LevelContrast, Measure, Slope, SlopeContrast
from dlstats.protocol.reader import Reader
from dlstats.protocol.study import Experiment, Method, Study

REPS, SIZES = 12, (10, 20, 40)
OPTIONS = {
    "quantile": {"level": 0.3}, "best_of": {"starts": 2}, "coverage": {"upper": "more", "truth": 0.35},
    "bias_eliminated_coverage": {"lower": "less", "upper": "more"},
    **{name: {"truth": 0.05} for name in ("bias", "relative_bias", "mse", "rmse")},
    **{name: {"estimate": "more"} for name in ("relative_error_model_se", "se_ratio")},
    **{name: {"other": "more"} for name in ("ratio", "difference", "correlation", "auc")}, "interval_width": {"upper": "more"},
}  # fmt: skip
COUNTS = [name for name, statistic in STATISTICS.items() if statistic.law == "binomial"]
"""Proportions have an error though every replicate is a success: that of the binomial distribution."""
EVERY = [name for name, statistic in STATISTICS.items() if statistic.law == "exact"]
"""What is said of these very replicates, and of nothing beyond them."""


def _table(statistic, values):
    """The summary of an experiment with everything that can be declared of a statistic."""
    options = OPTIONS.get(statistic, {})
    plain = not any(isinstance(value, str) for value in options.values())
    contrasts = [Contrast("x", "a", "b", kind, statistic, options=options) for kind in KINDS if plain]
    contrasts += [LevelContrast("x", "n", 10, 20, kind, statistic, options=options) for kind in KINDS if plain]
    sloped = plain and statistic not in EXTREMES
    slopes = [Slope("x", statistic=statistic, options=options)] if sloped and plain else []
    slopes += [SlopeContrast("x", "a", "b", statistic=statistic)] if sloped and not options else []
    rows = [
        {
            "study": "toy",
            "cell": f"n={n}",
            "n": n,
            "method": method,
            "replicate": r,
            "status": "ok",
            "reason": "",
            "x": x,
        }
        for n, method in itertools.product(SIZES, "ab")
        for r, x in enumerate(np.broadcast_to(values(n, method), REPS))
    ]
    raw = pd.DataFrame(rows).assign(less=lambda f: f["x"] / 2, more=lambda f: 2 * f["x"])
    held = Experiment(
        lambda *_: raw, {"n": Factor("n", int)}, {m: Method(m, m) for m in "ab"},
        (Measure("x", "x", statistic, options=options),), contrasts=contrasts, slopes=slopes,
    )  # fmt: skip
    return held, raw, summaries.summarise(held, raw)


def _verdicts(held, raw, table):
    """A claim on one line of every kind, which any error at all would decide."""
    lines = table[np.isfinite(table["estimate"])].drop_duplicates(["statistic", "against"])
    claims = []
    for k, line in enumerate(lines.to_dict("records")):
        one = {name: line[name] for name in ("measure", "statistic", "method", "against") if line[name]}
        reader = Reader({**one, **({} if pd.isna(line["n"]) else {"n": line["n"]})}, ("*",))
        claims.append(Claim(f"A{k}", "A.", at_most(line["estimate"] + 1e6), reader, origin.Practice("a"), replicates=2))
    study = Study("Toy", "", {"toys": held}, claims=tuple(claims), name="toy", family="approximation")
    made = ledger.combine([ledger.measure(study, Evidence({"toys": table}, {"toys": raw}), 0.1)])
    return made[(lines["law"] == "t").to_numpy()], made[(lines["law"] != "t").to_numpy()]


def _constant(n, method):
    """Another value at every size and of every method, and the same for all replicates up to the last digit."""
    return np.array([0.3, 0.1 + 0.2] * (REPS // 2)) * {"a": 1, "b": 3}[method] / n


@pytest.mark.parametrize("statistic", [name for name in STATISTICS if name not in COUNTS])
@pytest.mark.filterwarnings("ignore:divide by zero|invalid value")
def test_equal_replicates_have_no_error_no_p_value_and_no_verdict(statistic):
    values = _constant if statistic != "exact" else lambda n, method: {"a": 0.3, "b": 0.9}[method] / n
    held, raw, table = _table(statistic, values)
    random = table[table["law"] == "t"]
    assert np.isnan(random[["mcse", "lower", "upper"]]).all(axis=None)
    still, exact = _verdicts(held, raw, table)
    assert len(still) >= 1
    assert still[["p_against", "p_for"]].isna().all(axis=None)
    assert set(still["verdict"]) == {verdict.UNDECIDED}
    assert set(still["reason"]) == {verdict.NO_VARIATION}
    assert (len(exact) > 0) == (statistic in EVERY)
    assert set(exact["verdict"]) <= {verdict.SUPPORTED}


@pytest.mark.parametrize("statistic", ["mean", "mse", "median", "geometric_mean", "quantile"])
def test_the_same_claims_are_decided_where_replicates_vary(statistic):
    rng = np.random.default_rng(1)
    still, _ = _verdicts(*_table(statistic, lambda n, method: rng.gamma(5, size=REPS) / n))
    assert set(still["verdict"]) == {verdict.SUPPORTED}


@pytest.mark.parametrize("statistic", COUNTS)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_proportion_without_variation_is_uncertain_as_its_distribution_says(statistic, value):
    options = {"coverage": {"upper": np.full(20, 2.0), "truth": 1 - value}, "rejection_rate": {"level": 0.5}}.get(
        statistic, {}
    )
    column = np.full(20, 1 - value if statistic == "rejection_rate" else 1.5 - 2 * value if options else value)
    found = montecarlo.estimate(statistic, column, **options)
    assert found.upper - found.lower > 0.1
    side, bound = ("at_most", found.value + 0.1) if found.value < 0.5 else ("at_least", found.value - 0.1)
    assert verdict.p_values(side, found, bound, 0.0)[1] == pytest.approx(0.9**20)


@pytest.mark.parametrize("statistic", EXTREMES)
def test_there_is_no_slope_through_what_has_no_error(statistic):
    for declare in (lambda: Slope("x", statistic=statistic), lambda: SlopeContrast("x", "a", "b", statistic=statistic)):
        with pytest.raises(ValueError, match=f"must have an error or be `exact`, got '{statistic}'"):
            declare()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "statistic", sorted(name for name, o in OPTIONS.items() if "more" in o.values() and name not in COUNTS)
)
def test_equal_replicates_of_two_columns_have_no_error_in_a_contrast(statistic, kind):
    first, second = pd.Series([0.1] * REPS), pd.Series([0.3] * REPS)
    options = {k: (2 * first, 5 * second) if k != "lower" else (first / 2, second / 2) for k in OPTIONS[statistic]}
    with np.errstate(divide="ignore", invalid="ignore"):
        found = montecarlo.paired(first, second, kind, statistic, **options)
    assert np.isnan([found.mcse, found.lower, found.upper]).all()
    assert np.isnan(verdict.p_values("at_most", found, 1e6, 0.0)).all()
