"""YAML 1.2: what is written comes back in its type, and words that 1.1 would turn into numbers stay words."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlstats.pipeline import yaml12

CORE = {
    "0100": 100,
    "0o17": 15,
    "0x1F": 31,
    "+12": 12,
    "1e-3": 0.001,
    "1E3": 1000.0,
    "1.": 1.0,
    ".5": 0.5,
    "-.INF": -math.inf,
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
}
WORDS = [
    "no",
    "yes",
    "on",
    "y",
    "None",
    "NA",
    "nan",
    "2:00",
    "1_000",
    "0b11",
    "2026-01-01",
    "<<",
    "=",
    "tRUE",
    "1e",
    "0x",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from([*CORE, *WORDS])
    | st.text()
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=8
)


@pytest.mark.parametrize(("text", "value"), CORE.items())
def test_plain_scalars_are_those_of_the_core_schema(text, value):
    found = yaml12.read(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", WORDS)
def test_what_is_no_number_is_a_word(text):
    assert yaml12.read(f"a: {text}") == {"a": text}


@given(TREES)
@example({"\x85": None, " ": "a\u2028b", "\u2029": ["\x85"]})
def test_what_is_written_comes_back_in_its_type(tree):
    back = yaml12.read(yaml12.write(tree))
    assert repr(back) == repr(tree)


@pytest.mark.parametrize("text", ["{k: 1, b: 2, k: 3}", "k: 1\nb: 2\nk: 1", "a:\n  k: 1\n  k:\n", "- {'k': 1, k: 1}"])
def test_a_key_given_twice_is_refused_wherever_it_stands(text):
    with pytest.raises(yaml12.NotYaml, match=r"line \d: the key 'k' must be given once"):
        yaml12.read(text)


def test_a_file_is_named(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"a: \xff")
    with pytest.raises(yaml12.NotYaml, match=r"a\.yaml: is not YAML: 'utf-8' codec"):
        yaml12.load(tmp_path / "a.yaml")
