"""Whatever `summarise` is given, it returns a line for every group and measure or raises ValueError in one line."""

import datetime
import inspect
import math
import types
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlstats import montecarlo

FRAME = pd.DataFrame({"method": ["A", "A", "B"], "b": [0.4, 0.7, 0.6], "word": ["x", "y", "z"], "se": [1.0, 2.0, 3.0]})
TWICE = pd.concat([FRAME, FRAME[["b", "method"]]], axis=1)
LISTS = pd.Series([[1.0], [2.0], [3.0]])
ODD = [
    ([{"b": 1.0}], [("b", "mean")], (), "`frame` must be a DataFrame, got list"),
    (None, [("b", "mean")], (), "`frame` must be a DataFrame, got NoneType"),
    (FRAME, None, (), "`measures` must be a list, got NoneType"),
    (FRAME, "b", (), "`measures` must be a list, got str"),
    (FRAME, ("b", "mean"), (), r"A measure must be .*, got 'b'"),
    (FRAME, [["b", "mean"]], (), r"A measure must be .*, got \['b', 'mean'\]"),
    (FRAME, [("b",)], (), r"A measure must be .*, got \('b',\)"),
    (FRAME, [("b", "bias", 0.5)], (), r"A measure must be .*, got \('b', 'bias', 0\.5\)"),
    (FRAME, [types.SimpleNamespace(column="b", statistic="mean", options=None)], (), "A measure must be"),
    (FRAME, [("b", ["mean"])], (), r"A measure must be .*, got \('b', \['mean'\]\)"),
    (FRAME, [("b", None)], (), r"A measure must be .*, got \('b', None\)"),
    (FRAME, [("b", "men")], (), "no statistic `men`. Did you mean `mean`"),
    (FRAME, [(["b"], "mean")], (), r"A measure must be .*, got \(\['b'\], 'mean'\)"),
    (FRAME, [("b", "bias")], (), "`bias` needs the option `truth`"),
    (FRAME, [("b", "quantile")], (), "`quantile` needs the option `level`"),
    (FRAME, [("b", "bias", {"truth": 0.5, "level": 0.9})], (), "`bias` has no option `level`; its options: `truth`"),
    (FRAME, [("b", "bias", {"truth": None})], (), "`truth` of `bias` must be a column or a number, got NoneType"),
    (
        FRAME,
        [("b", "bias", {"truth": [1.0, 2.0, 3.0]})],
        (),
        "`truth` of `bias` must be a column or a number, got list",
    ),
    (FRAME, [("b", "ratio", {"other": 0.5})], (), "`other` of `ratio` must be a column, got float"),
    (FRAME, [("b", "bias", {"truth": "th"})], (), "no column `th`"),
    (FRAME, [("b", "bias", {"truth": "word"})], (), "The column `word` must hold numbers"),
    (FRAME, [("b", "quantile", {"level": "0.9"})], (), "`level` of `quantile` must be a number, got str"),
    (FRAME, [("b", "quantile", {"level": math.nan})], (), "`level` must lie strictly between 0 and 1, got nan"),
    (FRAME, [("b", "trimmed_mean", {"share": math.nan})], (), r"`share` must lie in \[0, 0\.5\), got nan"),
    (FRAME, [("b", "best_of", {"starts": math.nan})], (), "`starts` must be"),
    (FRAME, [("b", "best_of", {"starts": 1.5})], (), "`starts` must be"),
    (FRAME, [("b", "proportion", {"interval": ["wilson"]})], (), "`interval` of `proportion` must be a word, got list"),
    (FRAME, [("b", "proportion")], (), "A proportion needs replicates that are 0 or 1"),
    (FRAME, [("word", "mean")], (), "The column `word` must hold numbers"),
    (
        FRAME.assign(b=datetime.datetime(2020, 1, 1)),
        [("b", "mean")],
        (),
        "The column `b` must hold numbers, got datetime",
    ),
    (FRAME.assign(b=1j), [("b", "mean")], (), "The column `b` must hold numbers, got complex"),
    (FRAME.assign(b=LISTS), [("b", "mean")], (), "The column `b` must hold numbers, got object"),
    (TWICE, [("b", "mean")], (), "must have the column `b` once, they have it 2 times"),
    (TWICE, [("se", "mean")], "method", "must have the column `method` once"),
    (FRAME, [("b", "mean")], None, "`by` must be a list, got NoneType"),
    (FRAME, [("b", "mean")], 3, "`by` must be a list, got int"),
    (FRAME, [("b", "mean")], ["method", "method"], "`by` must name a column once"),
    (FRAME, [("b", "mean")], [["method"]], "`by` must name columns of the replicates, which lack"),
    (FRAME.assign(measure=1), [("b", "mean")], "measure", "`by` must not name a column of the summary, got measure"),
    (FRAME.assign(method=LISTS), [("b", "mean")], "method", "`by` must name columns of words or numbers"),
]


COLUMN = "se"
NEEDED = (
    {"quantile": {"level": 0.5}, "best_of": {"starts": 2}, "interval_width": {"upper": COLUMN}}
    | {"bias_eliminated_coverage": {"lower": "b", "upper": COLUMN}}
    | {name: {"truth": 0.5} for name in ("bias", "relative_bias", "mse", "rmse")}
    | {name: {"estimate": COLUMN} for name in ("relative_error_model_se", "se_ratio")}
    | {name: {"other": COLUMN} for name in ("ratio", "difference", "correlation", "auc")}
)
"""Options without which there is no such statistic."""
summarise = inspect.unwrap(montecarlo.summarise)
"""As its users have it: no type is checked but by itself."""


@pytest.mark.parametrize(("frame", "measures", "by", "message"), ODD)
def test_what_is_no_input_is_refused_in_one_line(frame, measures, by, message):
    with pytest.raises(ValueError, match=message) as error:
        summarise(frame, measures, by)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", montecarlo.STATISTICS)
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_short_or_empty_frame_has_its_lines(name, rows):
    frame = pd.DataFrame({"b": [0.0, 1.0], "se": [1.0, 0.0]}).iloc[:rows]
    measure = (("b" if name != "exact" else "se"), name, NEEDED.get(name, {}))
    if rows == 2 and name == "exact":
        with pytest.raises(ValueError, match="all the same"):
            summarise(frame, [measure])
        return
    table = summarise(frame, [measure])
    assert len(table) == (rows > 0)
    assert (table["replicates"] == rows).all()


VALUES: Any = st.one_of(
    st.floats(),
    st.integers(-3, 3),
    st.booleans(),
    st.none(),
    st.text("ab", max_size=2),
    st.sampled_from([pd.NA, pd.NaT, 1j, np.inf]),
)
COLUMNS = st.sampled_from(["method", "b", "se", "status", "other", "measure"])
NUMBERS = st.one_of(st.floats(), st.floats(0, 1), st.sampled_from([1.0, 2.0, 9.0, None, 1j]))
OPTIONS = st.dictionaries(
    st.sampled_from(["truth", "level", "upper", "other", "interval", "starts"]), NUMBERS | COLUMNS, max_size=2
)


@st.composite
def frames(draw):
    """Up to 6 rows of columns of numbers, words, booleans, missing values or a mixture of them."""
    rows = draw(st.integers(0, 6))
    kinds = st.sampled_from(
        [st.floats(-5, 5), st.floats(), st.booleans(), st.integers(0, 1), st.text("ab", max_size=1), VALUES]
    )
    named = draw(st.lists(COLUMNS, unique=True, max_size=5))
    return pd.DataFrame({name: pd.Series(draw(st.lists(draw(kinds), min_size=rows, max_size=rows)), dtype=object).infer_objects()
                         for name in named})  # fmt: skip


@given(frames(), COLUMNS, st.sampled_from(list(montecarlo.STATISTICS)), OPTIONS, st.lists(COLUMNS, max_size=2))
@settings(max_examples=300, deadline=None)
def test_any_frame_gives_a_line_for_each_group_or_an_error_of_one_line(frame, column, statistic, options, by):
    measures = [(column, statistic, NEEDED.get(statistic, {}) | options), ("b", "smallest")]
    found: Any = None
    try:
        found = summarise(frame, measures, by)
    except ValueError as error:
        lines = str(error).splitlines()
    else:
        lines = []
        groups = len(frame.drop_duplicates(by)) if by else min(len(frame), 1)
        assert len(found) == 2 * groups
        assert found["replicates"].sum() + found["failed"].sum() == 2 * len(frame)
    assert len(lines) == (found is None)
