"""Laws of the studies of excess risk: scaling rules have their exponents, rows of methods are stacked by replicate."""

import numpy as np
import pytest

from dlstats.pipeline import registry
from dlstats.seeds import Streams
from dlstats.studies import frames
from dlstats.studies.excess_risk import _scaling as scaling

RULES = (
    scaling.Spline(6, 4000),
    scaling.Isotropic(1, 4000),
    scaling.Fixed((16, 16), 8000),
    scaling.Decay(64, 0.1, 4000),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_a_rule_gives_a_shape_that_grows_with_the_sample(rule):
    small, large = (rule(n, 2, 2.0) for n in (100, 10_000))
    assert np.prod(large.widths, dtype=float) >= np.prod(small.widths, dtype=float)
    assert large.weight_decay <= small.weight_decay
    assert small.steps >= 1


def test_rules_have_their_exponents():
    assert scaling.Spline(6, 1)(10**5, 1, 2.0).widths == (60,)
    assert scaling.Isotropic(1, 1)(10**4, 4, 2.0).widths == (100,)
    assert scaling.Decay(64, 0.1, 1)(10**5, 1, 2.0).weight_decay == pytest.approx(1e-5)


def test_rows_of_methods_are_stacked_by_replicate_and_are_ok_unless_they_say_otherwise():
    streams = Streams(0, "stacked", [3, 4])
    rows = {"a": {"risk": [1.0, 2.0], "status": ["ok", "diverged"]}, "b": {"risk": [3.0, 4.0]}}
    frame = frames.stacked(streams, rows)
    assert frame["replicate"].tolist() == [3, 3, 4, 4]
    assert frame["method"].tolist() == ["a", "b", "a", "b"]
    assert frame["risk"].tolist() == [1.0, 3.0, 2.0, 4.0]
    assert frame["status"].tolist() == ["ok", "ok", "diverged", "ok"]


def test_every_claim_from_one_to_twenty_is_there_but_the_sixteenth_which_is_uat9():
    studies = [registry.load(name) for name in registry.studies() if registry.family(name) == "excess_risk"]
    heads = {one.id.split(".")[0] for study in studies for one in (*study.claims, *study.checks)}
    assert {f"RSK{i}" for i in range(1, 21)} - heads == {"RSK16"}
