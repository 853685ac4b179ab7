"""Whatever is written into a configuration, it is valid or gives one line; nothing is run and nothing crashes."""

import copy
import random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dlstats.pipeline import config, grid

SCHEMA = yaml.safe_load(config.SCHEMA.read_text())
STANDARD = yaml.safe_load((config.SCHEMA.parent / "standard.yaml").read_text())
JUNK = [
    None,
    -1,
    0,
    1.5,
    "x",
    "",
    "a b",
    "../x",
    [],
    [None],
    {},
    {"x": 1},
    True,
    float("nan"),
    float("inf"),
    10**30,
    "$(ls)",
]


def _paths(node, way=()):
    yield way
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield from _paths(child, (*way, key))


PATHS = [path for path in _paths(STANDARD) if path]


def _place(tree, path):
    for key in path[:-1]:
        tree = tree[key]
    return tree, path[-1]


def _checked(changed):
    """None when valid, else the one line."""
    try:
        config.check(changed, SCHEMA)
    except config.ConfigError as error:
        line = str(error)
        if not line or "\n" in line:
            pytest.fail(f"the message must be one line, got {line!r}")
        return line
    for studies in grid.families(changed).values():
        for study in studies:
            assert grid.jobs(changed, study)
    return None


@given(st.sampled_from(PATHS), st.sampled_from(JUNK))
def test_junk_anywhere_is_valid_or_gives_one_line(path, junk):
    changed = copy.deepcopy(STANDARD)
    place, key = _place(changed, path)
    place[key] = copy.deepcopy(junk)
    _checked(changed)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_anything_that_yaml_can_hold_gives_one_line(tree):
    assert _checked(tree)


def _misspelt(word, rng):
    place = rng.randrange(len(word))
    return word[:place] + rng.choice("aeiou_") + word[place + 1 :]


def _mistakes():
    """100 mistakes a hand would make: misspelt, missing and doubled keys, wrong types and impossible numbers."""
    rng = random.Random(0)
    keys = [path for path in PATHS if isinstance(path[-1], str) and "factors" not in path[:-1]]
    for number in range(100):
        changed = copy.deepcopy(STANDARD)
        path = rng.choice(keys)
        place, key = _place(changed, path)
        where = ".".join(map(str, path))
        kind = ("misspelt", "text for a number", "negative", "list for a value")[number % 4]
        if kind == "misspelt":
            wrong = _misspelt(key, rng)
            while wrong in place or wrong == key:
                wrong = _misspelt(key, rng)
            place[wrong] = place.pop(key)
            says = [f"has no key `{wrong}`", f"Did you mean `{key}`?"]
        elif kind == "text for a number":
            place[key], says = "many", [f"{where}: must be ", "got 'many'"]
        elif kind == "negative":
            place[key], says = -3, [f"{where}: must be ", "got -3"]
        else:
            place[key], says = [[place[key]]], [where, ": must be ", "got [["]
        yield pytest.param(changed, says, id=f"{number}-{kind.replace(' ', '-')}-{'.'.join(map(str, path))}")


@pytest.mark.parametrize(("changed", "says"), list(_mistakes()))
def test_a_mistake_of_the_hand_is_refused_by_name_with_what_was_needed_and_what_came(changed, says):
    line = _checked(changed)
    assert [words for words in says if words not in line] == []


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system ['touch hacked']", "&a [*a]", "a: &a [1]\nb: *a"])
def test_a_configuration_is_data_and_never_code(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(config.ConfigError):
        config.load(tmp_path / "c.yaml")
    assert not (tmp_path / "hacked").exists()
