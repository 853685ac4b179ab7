"""Checks: the value that comes nearest to breaking one decides, and what is not finite fails."""

import dataclasses
import math

import pytest
from cases import toy

from dlstats.pipeline import checks, registry, results
from dlstats.protocol import origin
from dlstats.protocol.claim import at_least, at_most, equals
from dlstats.protocol.study import Check


def _table(expectation, found, slow=True, **more):
    check = Check("TOY9", "A statement.", expectation, lambda: found, origin.Derived("sums"), **more)
    return checks.compute(dataclasses.replace(toy.STUDY, checks=(check,)), slow)


@pytest.mark.parametrize(
    ("expectation", "found", "holds", "at"),
    [
        (equals(2), 2, True, ""),
        (equals(2), 2 + 1e-15, False, ""),
        (equals(0, 0.1), {"a": 0.05, "b": -0.1}, True, "b"),
        (equals(0, 0.1), {"a": 0.05, "b": -0.2, "c": 0.0}, False, "b"),
        (at_most(1), [0.5, 1.0], True, "1"),
        (at_least(1), [0.5, 1.0], False, "0"),
        (at_most(1, 5), math.inf, False, ""),
        (equals(0, 5), [0.0, math.nan], False, "1"),
    ],
)
def test_the_worst_value_decides(expectation, found, holds, at):
    (row,) = _table(expectation, found).to_dict("records")
    assert (row["holds"], row["at"]) == (holds, at)
    assert (row["origin"], row["source"]) == ("derived", "sums")


def test_slow_checks_are_left_out_unless_asked_for():
    check = Check("TOY9", "A statement.", equals(0), lambda: 0, origin.Control(), slow=True)
    study = dataclasses.replace(toy.STUDY, checks=(check,))
    assert len(checks.compute(study, slow=False)) == 0
    assert len(checks.compute(study, slow=True)) == 1


def test_a_check_that_computes_nothing_is_refused():
    with pytest.raises(ValueError, match="TOY9 must compute one number or more"):
        _table(equals(0), [])


def test_a_study_of_checks_alone_has_a_folder_of_summaries_which_the_workflow_asks_for(tmp_path, monkeypatch):
    monkeypatch.setattr(
        registry, "load", lambda study: dataclasses.replace(toy.STUDY, experiments={}, claims=(), designs={})
    )
    results.write_summaries({"design": "smoke"}, "toy", tmp_path)
    assert list((tmp_path / "summary" / "toy").iterdir()) == []
