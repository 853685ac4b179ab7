"""Every profile is valid, what is shown can be pasted, and anything else gives one line; test_malformed.py has which."""

import copy
from pathlib import Path

import pytest
from cases import toy
from hypothesis import given
from hypothesis import strategies as st

from dlstats import project
from dlstats.pipeline import config, grid, yaml12

PROFILES = [project.FOLDER / "config" / f"{name}.yaml" for name in ("every", "smoke", "standard", "paper")]
GOOD = {
    "design": "smoke",
    "seed": 1,
    "studies": ["toy"],
    "overrides": {"toy": {"samples": [{"levels": {"n": [20, 40], "sd": 1.0}, "replicates": 3}]}},
}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_profile_is_valid_and_fits_on_a_screen(profile):
    assert config.load(profile)["studies"]
    assert len(profile.read_text().splitlines()) <= 24


def _changed(path, value):
    changed = copy.deepcopy(GOOD)
    *way, last = path
    place = changed
    for key in way:
        place = place[key]
    place[last] = value
    return changed


@pytest.fixture
def _toy(monkeypatch):
    toy.install(monkeypatch)


@pytest.mark.usefixtures("_toy")
def test_what_is_shown_of_a_study_can_be_pasted_and_gives_the_same_cells():
    for design in ("smoke", "standard"):
        shown = yaml12.read(config.show(toy.config(design), "toy"))
        pasted = config.check({"design": design, "seed": toy.SEED, "studies": ["toy"], **shown})
        assert grid.cells(pasted, "toy") == grid.cells(toy.config(design), "toy")


@pytest.mark.parametrize("text", ["a: [", "\x00", "- 1\n- 2", "just words", "!!python/object/apply:os.system [ls]"])
def test_what_is_no_configuration_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(config.ConfigError, match=r"c\.yaml") as caught:
        config.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system ['touch hacked']", "&a [*a]", "a: &a [1]\nb: *a"])
def test_a_configuration_is_data_and_never_code(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(config.ConfigError):
        config.load(tmp_path / "c.yaml")
    assert not Path("hacked").exists()


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(config.ConfigError, match="cannot be read"):
        config.load(tmp_path / "none.yaml")
    with pytest.raises(
        config.ConfigError, match=r"Profiles are every, paper, smoke, standard\. Did you mean `standard`\?"
    ):
        config.load(tmp_path / "standart.yaml")


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


def _refusal(tree):
    """The line with which a configuration is refused; empty for a valid one."""
    try:
        found = config.check(tree)
    except config.ConfigError as error:
        return str(error) or "no words"
    return "" if grid.jobs(found, found["studies"][0]) else "no jobs"


@pytest.mark.parametrize("path", [path for path in _paths(GOOD) if path], ids=lambda path: ".".join(map(str, path)))
def test_junk_anywhere_is_valid_or_gives_one_line(path, monkeypatch):
    toy.install(monkeypatch)
    for junk in JUNK:
        line = _refusal(_changed(path, copy.deepcopy(junk)))
        assert "\n" not in line
        assert line not in ("no words", "no jobs")


TREES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
)


@given(TREES)
def test_anything_that_yaml_can_hold_gives_one_line(tree):
    with pytest.raises(config.ConfigError) as caught:
        config.check(tree)
    assert "\n" not in str(caught.value)
