"""Every profile is valid; every mistake gives one line that names the key, the need and what came."""

import copy
from pathlib import Path

import pytest
import yaml

from dlstats.pipeline import config

FOLDER = Path(__file__).parent.parent / "config"
SCHEMA = yaml.safe_load((FOLDER / "schema.yaml").read_text())
GOOD = {
    "seed": 1,
    "studies": {"approximation": {"sawtooth": {"cells": [{"factors": {"n": [1, 2]}, "replicates": 3, "seconds": 1}]}}},
}


@pytest.mark.parametrize("profile", ["smoke", "every", "standard", "paper"])
def test_every_profile_is_valid(profile):
    assert config.load(FOLDER / f"{profile}.yaml")["studies"]


def _changed(path, value):
    changed = copy.deepcopy(GOOD)
    *way, last = path
    place = changed
    for key in way:
        place = place[key]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return changed


STUDY = ("studies", "approximation", "sawtooth")
ENTRY = (*STUDY, "cells", 0)
MISTAKES = [
    (("sead",), 3, "no key `sead`.*Did you mean `seed`"),
    (("seed",), "x", "seed: must be a whole number, got 'x'"),
    (("seed",), -1, "seed: must be at least 0, got -1"),
    (("seed",), KeyError, "must have `seed`"),
    (("device",), "gpu", "device: must be one of `auto`, `cpu` or `cuda`, got 'gpu'"),
    (("failed_share",), 2, "failed_share: must be at most 1, got 2"),
    (("studies",), {}, "studies"),
    (("studies", "aproximation"), {}, "Did you mean `approximation`"),
    (("studies", "approximation", "sawtoth"), {}, "Did you mean `sawtooth`"),
    ((*STUDY, "cels"), [], "Did you mean `cells`"),
    ((*STUDY, "cells"), [], "must have at least 1 entry"),
    ((*ENTRY, "replicates"), -5, "replicates: must be at least 1, got -5"),
    ((*ENTRY, "replicates"), 2.5, "replicates: must be a whole number, got 2.5"),
    ((*ENTRY, "replicates"), KeyError, "must have `replicates`"),
    ((*ENTRY, "seconds"), 0, "seconds: must be greater than 0, got 0"),
    ((*ENTRY, "repliactes"), 3, "Did you mean `replicates`"),
    ((*ENTRY, "factors"), {}, "factors: must have at least 1 key"),
    ((*ENTRY, "factors", "n"), [1, 1], "given once"),
    ((*ENTRY, "factors", "n"), "a/b", "factors.n"),
    ((*ENTRY, "factors", "n"), None, "factors.n"),
    ((*ENTRY, "target"), {"measure": "mse"}, "target: must have `mcse`"),
]


@pytest.mark.parametrize(("path", "value", "message"), MISTAKES)
def test_a_mistake_is_named_in_one_line(path, value, message):
    with pytest.raises(config.ConfigError, match=message) as caught:
        config.check(_changed(path, value), SCHEMA)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a: [", "\x00", "- 1\n- 2", "just words", "!!python/object/apply:os.system [ls]"])
def test_what_is_no_configuration_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(config.ConfigError, match=r"c\.yaml") as caught:
        config.load(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(config.ConfigError, match="cannot be read"):
        config.load(tmp_path / "none.yaml")


def test_every_key_of_the_schema_is_described():
    def undescribed(node, path):
        for name, child in node.get("properties", {}).items():
            if "description" not in child:
                yield f"{path}.{name}"
            yield from undescribed(child, f"{path}.{name}")

    parts = [SCHEMA, *SCHEMA["$defs"].values()]
    assert [name for part in parts for name in undescribed(part, "")] == []
