"""Laws of claims that hold for every number: mirror images, units, margins, order; and what readers read of any summary."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlstats.montecarlo import Estimate
from dlstats.montecarlo import estimate as estimate_of
from dlstats.protocol import origin, readers, verdict
from dlstats.protocol.claim import Claim, equals
from dlstats.protocol.evidence import Evidence

MIRROR = {"equals": "equals", "at_most": "at_least", "at_least": "at_most"}
KINDS = st.sampled_from(list(MIRROR))
VALUES, ERRORS, MARGINS = st.floats(-5, 5), st.floats(0.01, 2), st.floats(0, 2)
ESTIMATES = st.builds(Estimate, VALUES, ERRORS, st.integers(12, 500), looked_at=st.integers(1, 9))


def _moved(estimate, scale, shift):
    return Estimate(
        scale * estimate.value + shift,
        abs(scale) * estimate.mcse,
        estimate.replicates,
        looked_at=estimate.looked_at,
    )


def _close(one, two):
    assert one == pytest.approx(two, rel=1e-6, abs=1e-9)


@given(KINDS, ESTIMATES, VALUES, MARGINS)
def test_a_claim_and_its_mirror_image_have_the_same_p_values(kind, estimate, theory, margin):
    mirrored = verdict.p_values(MIRROR[kind], _moved(estimate, -1, 0), -theory, margin)
    _close(verdict.p_values(kind, estimate, theory, margin), mirrored)


@given(KINDS, ESTIMATES, VALUES, MARGINS, st.floats(0.01, 100), VALUES)
def test_the_unit_and_the_origin_of_a_scale_change_no_p_value(kind, estimate, theory, margin, scale, shift):
    moved = verdict.p_values(kind, _moved(estimate, scale, shift), scale * theory + shift, scale * margin)
    _close(verdict.p_values(kind, estimate, theory, margin), moved)


@given(KINDS, ESTIMATES, VALUES, MARGINS, st.floats(0, 3))
def test_a_wider_margin_and_a_nearer_value_never_speak_more_against_a_claim(kind, estimate, theory, margin, more):
    against, favour = verdict.p_values(kind, estimate, theory, margin)
    wider, eased = verdict.p_values(kind, estimate, theory, margin + more)
    assert wider >= against - 1e-12
    assert eased <= favour + 1e-12
    way = math.copysign(1, estimate.value - theory) if kind == "equals" else {"at_most": 1, "at_least": -1}[kind]
    farther, worse = verdict.p_values(kind, _moved(estimate, 1, way * more), theory, margin)
    assert farther <= against + 1e-12
    assert worse >= favour - 1e-12


@given(KINDS, st.integers(1, 60), st.data(), st.floats(0.05, 0.95), st.floats(0, 0.2))
def test_a_proportion_and_that_of_the_opposite_have_the_same_p_values(kind, replicates, data, theory, margin):
    count = data.draw(st.integers(0, replicates))
    hits = np.repeat([1.0, 0.0], [count, replicates - count])
    one, other = (estimate_of("proportion", values) for values in (hits, 1 - hits))
    assume(all(abs(border - round(border)) > 1e-9 for border in (theory - margin, theory + margin)))
    mirrored = verdict.p_values(MIRROR[kind], other, 1 - theory, margin)
    _close(verdict.p_values(kind, one, theory, margin), mirrored)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9))
def test_a_quoted_number_reads_back(number):
    claim = Claim("A1", "So {number}.", equals(0, 1), lambda _: [], origin.Control(), numbers={"number": number})
    text = claim.statement.removeprefix("So ").removesuffix(".")
    digits, _, power = text.replace("−", "-").partition(" × 10")
    plain = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    value = float(f"{digits}e{plain or 0}")
    assert value == pytest.approx(number, rel=6e-6) if isinstance(number, float) else value == number


LEVELS = {"n": [10, 20, 40], "level": [0.1, 0.5], "method": ["a", "b"], "statistic": ["mean", "median"]}
KEYS = list(LEVELS)


@st.composite
def summaries(draw):
    """Some lines of a summary in any order, each with numbers of its own."""
    grid = pd.MultiIndex.from_product(list(LEVELS.values()), names=KEYS).to_frame(index=False)
    rows = draw(st.permutations(range(len(grid))))[: draw(st.integers(1, len(grid)))]
    table = grid.iloc[rows].reset_index(drop=True)
    known = np.arange(len(table), dtype=float)
    return table.assign(
        cell=[f"n={n}" for n in table["n"]], cells="", against="", measure="risk", note="", reasons="", law="t",
        estimate=1 + known, mcse=0.1 + known, df=5 + known, lower=known, upper=2 + known, lack_of_fit=math.nan,
        replicates=range(20, 20 + len(table)), failed=range(len(table)),
    )  # fmt: skip


CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(levels) | st.lists(st.sampled_from(levels), min_size=1, unique=True)
        for name, levels in LEVELS.items()
        if name != "statistic"
    },
)


def _matching(table, where):
    def meets(line):
        return all(line[k] in v if isinstance(v, list) else line[k] == v for k, v in where.items())

    return [line for line in table.to_dict("records") if meets(line)]


@given(summaries(), CONDITIONS, st.sampled_from(LEVELS["statistic"]))
@settings(max_examples=50)
def test_a_reader_reads_the_lines_that_match_and_no_others(table, where, statistic):
    wanted = _matching(table, where | {"statistic": statistic})
    reader = readers.value("risk", statistic, **where)
    if not wanted:
        with pytest.raises(LookupError):
            reader.each()(Evidence({"one": table}))
        return
    evidence = Evidence({"one": table})
    found = reader.each()(evidence)
    assert [(e.value, e.mcse, e.df, e.lower, e.upper, e.replicates, e.failed) for e in found] == [
        tuple(line[name] for name in ("estimate", "mcse", "df", "lower", "upper", "replicates", "failed"))
        for line in wanted
    ]
    assert {(cell, method) for _, cell, method in evidence.lines} == {(line["cell"], line["method"]) for line in wanted}
    if len(wanted) > 1:
        with pytest.raises(ValueError, match=f"{len(wanted)} lines match"):
            reader(evidence)
    else:
        assert repr(reader(evidence)) == repr(found)  # which holds NaN equal to itself


@given(
    ESTIMATES, st.lists(st.tuples(st.sampled_from(["minus", "over_theory", "times"]), st.floats(0.5, 4)), max_size=4)
)
def test_changes_of_an_estimate_follow_each_other_as_they_are_written(estimate, changes):
    line = {"n": 10, "method": "a", "measure": "risk", "statistic": "mean", "against": "", "cell": "n=10", "cells": ""}
    line |= {"estimate": estimate.value, "mcse": estimate.mcse, "df": 7.0, "lower": estimate.value - 1, "law": "t"}
    line |= {"upper": estimate.value + 2, "replicates": 30, "failed": 1, "note": "", "lack_of_fit": math.nan}
    reader, ends, scale = readers.value("risk", "mean"), [estimate.value - 1, estimate.value, estimate.value + 2], 1.0
    for name, number in changes:
        reader = getattr(reader, name)(number)
        act = {"minus": lambda x, y: x - y, "over_theory": lambda x, y: x / y, "times": lambda x, y: x * y}[name]
        ends, scale = [act(end, number) for end in ends], act(scale, number) if name != "minus" else scale
    (found,) = reader(Evidence({"one": pd.DataFrame([line])}))
    (size,) = reader.size()(Evidence({"one": pd.DataFrame([line])}))
    assert [found.lower, found.value, found.upper] == pytest.approx(ends)
    assert (found.mcse, found.df, found.replicates, found.failed) == (pytest.approx(estimate.mcse * scale), 7.0, 30, 1)
    assert size.value == abs(found.value)
    assert size.lower <= size.value <= size.upper
