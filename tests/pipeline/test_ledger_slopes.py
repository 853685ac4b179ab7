"""The ledger on slopes: without a straight line that fits, the last two local slopes are judged."""

import numpy as np
import pandas as pd
import pytest

from dlstats.pipeline import ledger, summaries
from dlstats.protocol import origin, readers
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure, Slope
from dlstats.protocol.study import Experiment, Method, Study


def _curve(sizes, level):
    """A study of a measure that falls as 1 / n down to a floor, with its slope on log n."""
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame({"study": "toy", "cell": f"n={n}", "n": n, "method": "a", "replicate": range(400), "status": "ok",
                      "reason": "", "x": rng.gamma(400, 1 / 400, 400) * (1 / n + level)})
        for n in sizes
    ]  # fmt: skip
    raw = pd.concat(parts, ignore_index=True)
    held = Experiment(lambda *_: raw, {"n": Factor("n", int)}, {"a": Method("a", "a")}, (Measure("x", "x"),),
                      slopes=(Slope("x", "n"),))  # fmt: skip
    return held, Evidence({"toys": summaries.summarise(held, raw)}, {"toys": raw})


@pytest.mark.parametrize(
    ("who", "regime", "level", "word"),
    [
        (origin.Theorem("a"), "asymptotic", 0.002, "not reached"),
        (origin.Theorem("a"), "finite sample", 0.002, "undecided"),
        (origin.Practice("a"), "asymptotic", 0.002, "undecided"),
        (origin.Theorem("a"), "asymptotic", 0.0, "supported"),
    ],
)
def test_a_slope_that_does_not_fit_has_no_verdict_of_its_own(who, regime, level, word):
    held, evidence = _curve((10, 20, 40, 80, 160), level)
    claim = Claim("A1", "a", equals(-1.0, 0.05), readers.slope("x"), who, regime=regime)
    study = Study("Toy", "", {"toys": held}, claims=(claim,), name="toy", family="approximation")
    row = ledger.combine([ledger.measure(study, evidence, 0.1)]).iloc[0]
    assert (row["lack_of_fit"] < 0.01) == (level > 0)
    assert row["verdict"] == word
    assert row["reason"] == ("the model does not fit" if word == "undecided" else "")
    assert level == 0 or "local slopes" in row["note"]


def test_the_last_two_local_slopes_stand_in_for_a_line_that_does_not_fit():
    held, evidence = _curve((10, 20, 40, 2000, 4000, 8000), 0.0)
    rows = evidence.replicates("toys").copy()
    rows.loc[rows["n"] <= 40, "x"] *= 3
    claim = Claim("A1", "a", equals(-1.0, 0.05), readers.slope("x"), origin.Theorem("a"), regime="asymptotic")
    study = Study("Toy", "", {"toys": held}, claims=(claim,), name="toy", family="approximation")
    row = ledger.combine([ledger.measure(study, Evidence({"toys": summaries.summarise(held, rows)}), 0.1)]).iloc[0]
    assert row["lack_of_fit"] < 1e-6
    assert abs(row["estimate"] + 1) > 0.05
    assert row["verdict"] == "supported"
