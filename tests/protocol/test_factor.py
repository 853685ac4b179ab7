"""A factor admits what it declares and refuses the rest in one line."""

import pytest

from dlstats.protocol.factor import Factor, condition, written

FACTORS = {
    "n": Factor("sample size", int, symbol="n", at_least=20),
    "noise_sd": Factor("noise standard deviation", float, above=0, unit="mm"),
    "target": Factor("target", str, levels={"smooth": "smooth target", "jump": "jump"}),
    "paired": Factor("paired", bool, default=False),
    "widths": Factor("widths", str, matches=r"\d+(-\d+)*", default="8"),
}
GOOD = {"n": 20, "noise_sd": 1, "target": "smooth"}


def test_levels_are_typed_and_read_by_attribute():
    found = condition(FACTORS, GOOD, "toy.risk")
    assert (found.n, found.noise_sd, found.target, found.paired) == (20, 1.0, "smooth", False)
    assert isinstance(found.noise_sd, float)
    assert dict(found) == {"n": 20, "noise_sd": 1.0, "target": "smooth"}
    with pytest.raises(AttributeError, match=r"no factor `width`; it has n, noise_sd, target, paired, widths"):
        _ = found.width


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 19}, "`n` must be at least 20, got 19"),
        ({"n": 20.0}, "`n` must be a whole number, got 20.0"),
        ({"n": 2**63}, f"`n` must lie within 2^63, got {2**63}."),
        ({"n": 10**8 + 1}, "`n` must be at most 100,000,000, as its factor states no `at_most`, got 100000001."),
        ({"noise_sd": 2**53}, f"`noise_sd` must lie within 2^53 when it is written as a whole number, got {2**53}."),
        ({"noise_sd": "9" * 500}, "`noise_sd` must be a number, got '99999"),
        ({"widths": "8-x"}, r"`widths` must match \d+(-\d+)*, got '8-x'."),
        ({"n": True}, "`n` must be a whole number, got True"),
        ({"noise_sd": 0.0}, "`noise_sd` must be above 0, got 0.0"),
        ({"noise_sd": float("nan")}, "`noise_sd` must be a number, got nan"),
        ({"noise_sd": float("inf")}, "`noise_sd` must be a number, got inf"),
        ({"noise_sd": "1"}, "`noise_sd` must be a number, got '1'"),
        ({"target": "smoth"}, "Did you mean `smooth`?"),
        ({"paired": 1}, "`paired` must be true or false, got 1"),
        ({"nn": 3}, "has no factor `nn`; its factors are `n`"),
    ],
)
def test_what_is_not_admitted_is_refused_with_the_need_and_what_came(change, words):
    with pytest.raises(ValueError, match=r"toy\.risk") as caught:
        condition(FACTORS, GOOD | change, "toy.risk")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_there_is_one_zero():
    assert str(condition({"x": Factor("x")}, {"x": -0.0}, "toy").x) == "0.0"


def test_a_factor_without_a_default_must_be_given():
    with pytest.raises(ValueError, match=r"needs the factor `n`, `noise_sd`, got `target`"):
        condition(FACTORS, {"target": "smooth"}, "toy.risk")


def test_labels_reach_levels_and_axes():
    assert FACTORS["target"].describe("smooth") == "smooth target"
    assert FACTORS["noise_sd"].describe(4.0) == "4"
    assert FACTORS["noise_sd"].axis == "noise standard deviation (mm)"
    assert FACTORS["n"].axis == "sample size $n$"
    assert (written(True), written(0.5), written("a")) == ("true", "0.5", "a")
