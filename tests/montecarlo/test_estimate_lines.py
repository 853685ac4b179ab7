"""An estimate as a line of a summary, and back."""

import math
from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import pytest

from dlstats import montecarlo
from dlstats.montecarlo import summaries

X = np.random.default_rng(0).lognormal(size=30)
SAMPLES = {"mean": X, "median": X, "largest": X, "proportion": X > 1, "exact": np.full(30, 2.0), "maximum": X}


def _same(one, two):
    """Whether two estimates agree in every field, NaN being equal to NaN."""
    pairs = zip(astuple(one), astuple(two), strict=True)
    return all(a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b)) for a, b in pairs)


@pytest.mark.parametrize("statistic", SAMPLES)
def test_an_estimate_is_read_back_from_its_line(statistic):
    one = montecarlo.estimate(statistic, SAMPLES[statistic], failed=2)
    assert _same(montecarlo.Estimate.of_line(one.line()), one)
    assert set(one.line()) >= set(summaries.COLUMNS) - {"measure", "statistic"}


def test_lack_of_fit_and_note_are_kept_and_may_be_absent():
    slope = montecarlo.slope((10, 20, 40), np.random.default_rng(3).lognormal(size=(3, 60)))
    noted = replace(slope, note="local slopes 1, 2")
    assert _same(montecarlo.Estimate.of_line(noted.line()), noted)
    short = {k: v for k, v in noted.line().items() if k not in ("lack_of_fit", "note")}
    assert _same(montecarlo.Estimate.of_line(short), replace(noted, lack_of_fit=math.nan, note=""))


def test_a_line_survives_a_table_on_disk(tmp_path):
    wanted = [montecarlo.exact(1.5), montecarlo.estimate("mean", [1.0, 2.0, 4.0])]
    pd.DataFrame([e.line() for e in wanted]).to_csv(tmp_path / "lines.csv", index=False)
    lines = pd.read_csv(tmp_path / "lines.csv").to_dict("records")
    for line, e in zip(lines, wanted, strict=True):
        assert _same(montecarlo.Estimate.of_line({str(k): v for k, v in line.items()}), e)
