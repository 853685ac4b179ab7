"""The digits of a number follow from its Monte Carlo standard error."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlstats.report.digits import NOISE, Shown, exact, show

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-12)
ERRORS = st.floats(1e-9, 1e6)


def _parse(shown: Shown) -> tuple[float, float]:
    return float(shown.value) * 10.0**shown.exponent, float(shown.mcse) * 10.0**shown.exponent


@pytest.mark.parametrize(
    ("value", "mcse", "text"),
    [
        (0.89234, 0.0321, "0.892 (0.032)"),
        (0.89234, 0.0996, "0.89 (0.10)"),
        (1234.5, 56.7, "1234 (57)"),
        (1.2e-7, 3e-8, "1.20 (0.30) × 10⁻⁷"),
        (-0.0001, 0.01, "0.000 (0.010)"),
        (-2.5, 0.1, "−2.50 (0.10)"),
        (5, 0, "5"),
        (1 / 3, 0, "0.333333"),
        (0.999999999, 0, "1.00000"),
        (0.1, 1e-18, "0.1"),
        (2.5, math.nan, "2.50 (?)"),
        (math.nan, 1, "–"),
        (-math.inf, 0, "−∞"),
    ],
)
def test_known_numbers(value, mcse, text):
    assert show(value, mcse).text == text


@given(NUMBERS, ERRORS)
@settings(max_examples=300, deadline=None)
def test_the_error_has_two_digits_and_the_value_ends_at_its_place(value, mcse):
    if mcse <= NOISE * abs(value):
        return
    shown = show(value, mcse)
    digits = shown.mcse.replace(".", "").lstrip("0")
    # 9.96 rounds up to 10.0, which has a third digit; large errors without a point end in a nought instead
    assert 1 <= len(digits.rstrip("0")) <= 2
    assert len(shown.value.partition(".")[2]) == len(shown.mcse.partition(".")[2])


@given(NUMBERS, ERRORS)
@settings(max_examples=300, deadline=None)
def test_what_is_printed_is_within_half_a_unit_of_the_last_place(value, mcse):
    if mcse <= NOISE * abs(value):
        return
    got_value, got_mcse = _parse(show(value, mcse))
    # two significant digits of the mcse: half a unit of the second is at most 5 % of it
    assert abs(got_mcse - mcse) <= 0.0501 * mcse
    assert abs(got_value - value) <= 0.0501 * mcse + 1e-15 * abs(value)


@given(NUMBERS)
@settings(max_examples=200, deadline=None)
def test_siunitx_and_text_have_the_same_digits(value):
    shown = show(value, 0.01)
    assert re.findall(r"\d+", shown.siunitx.partition("e")[0]) == re.findall(r"\d+", shown.text.partition(" ×")[0])


def test_whole_exact_numbers_are_written_out():
    assert [exact(x).text for x in (0, 8, -3, 1024, 1e12)] == ["0", "8", "−3", "1024", "1 × 10¹²"]
