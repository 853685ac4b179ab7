"""Whatever valid configuration of the toy is written: it comes back from a file as it was, and is planned as it says."""

from __future__ import annotations

import math

import pytest
import yaml
from cases import malformed, toy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlstats.pipeline import config, grid, yaml12

WORDS = st.text("abcdefghijklmnopqrstuvwxyz_-+.0123456789", min_size=1, max_size=8)
"""Levels of a factor without a list, names that YAML takes for numbers, dates and truth values among them."""
VALUES = {
    "n": st.integers(2, 10**6),
    "sd": st.floats(1e-3, 1e3) | st.integers(1, 9),
    "noise": st.sampled_from(["normal", "None", "NA"]),
    "tag": WORDS,
    "paired": st.booleans(),
}


def _levels(values):
    return values | st.lists(values, min_size=1, max_size=3, unique_by=lambda value: (type(value) is bool, value))


TARGET = st.fixed_dictionaries(
    {"measure": st.sampled_from(["loss", "error"]), "mcse": st.floats(1e-3, 9), "at_most": st.just(99)}
)
ENTRY = st.fixed_dictionaries(
    {
        "levels": st.fixed_dictionaries({name: _levels(values) for name, values in VALUES.items()}),
        "replicates": st.integers(1, 99),
    },
    optional={"target": TARGET},
)
CONFIGURATIONS = st.fixed_dictionaries(
    {
        "design": st.sampled_from(["smoke", "standard", "paper"]),
        "seed": st.integers(0, 2**63 - 1),
        "studies": st.sampled_from(["all", ["toy"], ["all"]]),
        "overrides": st.fixed_dictionaries({"toy": st.fixed_dictionaries({"samples": st.lists(ENTRY, min_size=1, max_size=1)})}),
    },
    optional={
        "device": st.sampled_from(["auto", "cpu", "cuda"]),
        "failed_share": st.floats(0, 1),
        "job_limit": st.floats(1, 1e5) | st.integers(1, 10**5),
    },
)  # fmt: skip


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    toy.install(monkeypatch, malformed.STUDY)


def _each(value):
    return value if isinstance(value, list) else [value]


@given(CONFIGURATIONS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_planned_and_what_is_shown_gives_the_same(tmp_path, written):
    path = tmp_path / "c.yaml"
    path.write_text(yaml12.write(written), encoding="utf-8")
    found = config.load(path)
    assert {name: found[name] for name in ("design", "seed")} == {name: written[name] for name in ("design", "seed")}
    for name, default in {"device": "auto", "failed_share": 0.1, "job_limit": 7200}.items():
        assert found[name] == written.get(name, default)
    cells = grid.cells(found, "toy")
    (entry,) = written["overrides"]["toy"]["samples"]
    assert len({cell.id for cell in cells}) == len(cells) == math.prod(len(_each(v)) for v in entry["levels"].values())
    for name, values in entry["levels"].items():
        assert {dict(cell.levels)[name] for cell in cells} == set(_each(values))
    target = tuple(entry["target"][name] for name in ("measure", "mcse", "at_most")) if "target" in entry else None
    assert {(cell.replicates, cell.target) for cell in cells} == {(entry["replicates"], target)}
    assert [cell.id for job in grid.jobs(found, "toy") for cell in job.cells] == [cell.id for cell in cells]
    shown = yaml12.read(config.show(found, "toy"))
    again = config.check({"design": written["design"], "seed": written["seed"], "studies": ["toy"], **shown})
    assert grid.cells(again, "toy") == cells


def _places(node, way=()):
    if isinstance(node, dict):
        for key, child in node.items():
            yield (*way, key)
            yield from _places(child, (*way, key))
    if isinstance(node, list):
        for place, child in enumerate(node):
            yield from _places(child, (*way, place))


@given(
    CONFIGURATIONS, st.data(), WORDS.filter(lambda word: word not in ("limits", "device", "failed_share", "job_limit"))
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_key_that_is_not_known_is_named_wherever_it_stands(written, data, word):
    way = data.draw(st.sampled_from(list(_places(written))))
    node = written
    for key in way[:-1]:
        node = node[key]
    if not isinstance(node, dict) or word in node or word == "target":
        return
    node[word] = 1
    with pytest.raises(config.ConfigError) as caught:
        config.check(written)
    line = str(caught.value)
    assert f"`{word}`" in line or f".{word}:" in line or line.startswith(f"{word}:"), line
    assert "\n" not in line


@given(CONFIGURATIONS)
@settings(max_examples=20)
def test_yaml_of_another_library_reads_the_same(written):
    assert yaml12.read(yaml12.write(written)) == written
    quoted = yaml.dump(written, default_style='"', allow_unicode=True)
    assert yaml.safe_load(quoted) == written
