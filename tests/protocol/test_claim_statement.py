"""A claim owns its numbers, and no claim stands without an origin."""

import pytest

from dlstats.montecarlo import exact
from dlstats.protocol import origin
from dlstats.protocol.claim import Claim, at_least, at_most, equals


def claim(statement, expectation=None, **more):
    return Claim(
        "TOY1", statement, expectation or at_most(0.5, 0.1), lambda evidence: exact(0), origin.Control(), **more
    )


def test_a_statement_quotes_the_numbers_of_its_expectation():
    found = claim("At most {theory} up to {margin}, n = {n}, 1{x > 0}, {share:.0%}.", numbers={"n": 20, "share": 0.5})
    assert found.statement == "At most 0.5 up to 0.1, n = 20, 1{x > 0}, 50%."


@pytest.mark.parametrize(
    ("given", "spec", "printed"),
    [
        (-1 / 6, ":.4f", "−0.1667"),
        (2.9e-5, ":.2g", "2.9 × 10⁻⁵"),
        (-1e-12, "", "−1 × 10⁻¹²"),
        (3e20, ":.0e", "3 × 10²⁰"),
        (-6, "", "−6"),
        (10000, ":,", "10,000"),
        ("1e-5", "", "1e-5"),
    ],
)
def test_a_quoted_number_has_a_minus_sign_and_a_power_of_ten(given, spec, printed):
    assert claim(f"So {{number{spec}}}.", numbers={"number": given}).statement == f"So {printed}."


def test_a_number_that_is_not_given_is_refused():
    with pytest.raises(ValueError, match=r"TOY1 may quote `theory`, `margin` .*, got `levels`"):
        claim("For all {levels}.")


@pytest.mark.parametrize("make", [equals, at_most, at_least])
def test_a_margin_is_never_negative(make):
    with pytest.raises(ValueError, match="`margin` must be 0 or more and finite, got -1"):
        make(0, -1)


def test_a_claim_needs_an_expectation_and_an_origin():
    with pytest.raises(ValueError, match="must expect `equals`, `at_most` or `at_least`, got float"):
        Claim("TOY1", "Nothing.", 0.5, lambda evidence: exact(0), origin.Control())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must have an origin .*Theorem.* got str"):
        Claim("TOY1", "Nothing.", equals(0), lambda evidence: exact(0), "a paper")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "record"),
    [
        (origin.Theorem("stone1982", "theorem 1"), {"kind": "theorem", "cite": "stone1982", "place": "theorem 1"}),
        (origin.Derived("ranking"), {"kind": "derived", "proof": "ranking"}),
        (origin.Stated("JSM", "Depth", "depth is better than width"),
         {"kind": "stated", "lecture": "JSM", "place": "Depth", "quote": "depth is better than width"}),
        (origin.Practice("king2001"), {"kind": "practice", "cite": "king2001"}),
        (origin.Finding(), {"kind": "finding"}),
        (origin.Control(), {"kind": "control"}),
    ],
)  # fmt: skip
def test_an_origin_is_recorded_with_what_it_has(given, record):
    assert origin.record(given) == record
