"""What a line of a summary carries: degrees of freedom and law; extremes and medians of logs."""

import math
from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dlstats import montecarlo
from dlstats.montecarlo import summaries
from dlstats.protocol.measure import Measure

MEASURES = (
    Measure("x", "x"),
    Measure("x", "x", "variance"),
    Measure("x", "x", "median"),
    Measure("x", "x", "log10_median"),
    Measure("x", "x", "largest"),
    Measure("x", "x", "smallest"),
    Measure("hit", "hit", "proportion"),
    Measure("same", "same", "exact"),
)


def _frame(reps=30):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"cell": np.repeat(["a", "b"], reps), "x": rng.lognormal(size=2 * reps), "same": 2.0})
    frame["hit"] = (frame["x"] > 1).astype(float)
    frame.loc[3, "x"] = np.nan
    return frame


def _same(one, two):
    """Whether two estimates agree in every field, NaN being equal to NaN."""
    pairs = zip(astuple(one), astuple(two), strict=True)
    return all(a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b)) for a, b in pairs)


def test_a_line_is_the_estimate_of_its_group_with_its_law_and_degrees_of_freedom():
    frame = _frame()
    table = montecarlo.summarise(frame, MEASURES, ["cell"])
    assert list(table.columns) == ["cell", *summaries.COLUMNS]
    assert summaries.COLUMNS[2:7] == ("estimate", "mcse", "df", "lower", "upper")
    assert summaries.COLUMNS[-2:] == ("law", "note")
    for row in table.to_dict("records"):
        line = {str(k): v for k, v in row.items()}
        values = frame.loc[frame["cell"] == line["cell"], line["measure"]]
        wanted = montecarlo.estimate(line["statistic"], values)
        # sums over a matrix and over a vector may be taken in another order
        assert line["estimate"] == pytest.approx(wanted.value, rel=1e-12)
        for name in ("mcse", "df", "lower", "upper"):
            assert line[name] == pytest.approx(getattr(wanted, name), rel=1e-12, nan_ok=True)
        assert (line["replicates"], line["failed"], line["law"]) == (wanted.replicates, wanted.failed, wanted.law)
    laws = dict(zip(table["statistic"], table["law"], strict=True))
    assert {name for name, law in laws.items() if law == "exact"} == {"largest", "smallest", "exact"}
    assert {name for name, law in laws.items() if law == "binomial"} == {"proportion"}


def test_the_interval_of_a_line_is_that_of_its_degrees_of_freedom():
    line = montecarlo.summarise(_frame(), MEASURES[:1], ["cell"]).iloc[0]
    assert line["upper"] - line["estimate"] == pytest.approx(stats.t.ppf(0.975, line["df"]) * line["mcse"])


def test_a_number_without_randomness_has_the_law_exact():
    found = montecarlo.exact(2.0, "as printed")
    assert (found.law, found.mcse, found.note) == ("exact", 0.0, "as printed")
    assert montecarlo.estimate("exact", [2.0, 2.0]).law == "exact"
    with pytest.raises(ValueError, match="`law` must be one of t, binomial, exact"):
        replace(found, law="normal")


@pytest.mark.parametrize(("statistic", "pick"), [("largest", max), ("smallest", min)])
@pytest.mark.parametrize("reps", [1, 2, 40])
def test_an_extreme_is_the_replicate_itself_without_error(statistic, pick, reps):
    x = np.random.default_rng(reps).normal(size=reps)
    found = montecarlo.estimate(statistic, x)
    assert (found.value, found.mcse, found.lower, found.upper) == (pick(x), 0.0, pick(x), pick(x))
    assert (found.law, found.replicates) == ("exact", reps)
    assert math.isnan(found.df)


def test_an_extreme_holds_exactly_if_every_replicate_does():
    x = np.random.default_rng(2).uniform(size=(50, 20))
    held = [montecarlo.estimate("largest", row).value <= 0.95 for row in x]
    assert held == [bool((row <= 0.95).all()) for row in x]


def test_log10_median_is_the_median_of_the_logs():
    x = np.random.default_rng(1).lognormal(size=41)
    found, wanted = montecarlo.estimate("log10_median", x), montecarlo.estimate("median", np.log10(x))
    assert _same(found, wanted)
    assert found.value == pytest.approx(np.log10(np.median(x)))  # 41 is odd: the median is a replicate
    assert found.lower < found.value < found.upper


def test_a_median_of_values_that_are_not_positive_has_no_log():
    assert np.isnan(montecarlo.estimate("log10_median", [1.0, 2.0, 0.0, 3.0]).value)
