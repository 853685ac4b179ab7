"""A study in a file of the user's is one of ours: named, planned, simulated, fingerprinted; what cannot be is refused."""

import re
import shutil
import sys
import types

import pytest

from dlstats import project
from dlstats.cli import parser as command_line
from dlstats.cli import start
from dlstats.pipeline import config, fingerprints, grid, origins, outside, registry, run

STARTER = start.STARTER / "network_or_boosting.py"
SMALL = '''"""A study of the mean."""

import numpy as np
import pandas as pd
import helper_of_mean

from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Method, Study, grid


def simulate(condition, streams, device):
    draws = streams.draw(lambda rng: rng.normal(size=condition.n), "data", n=condition.n)
    rows = [{"replicate": r, "method": "mean", "error": helper_of_mean.middle(x)} for r, x in zip(streams.replicates, draws)]
    return pd.DataFrame(rows)


STUDY = Study(
    title="The mean",
    aims="Try.",
    experiments={
        "samples": Experiment(
            simulate=simulate,
            factors={"n": Factor("sample size", int, at_least=2)},
            methods={"mean": Method("mean", "the mean")},
            measures=[Measure("error", "error")],
        )
    },
    designs={"smoke": grid(n=[4, 8], replicates=3)},
)
'''
HELPER = "def middle(x):\n    return float(x.mean())\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a study and what it imports beside it; what it made known is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outside, "_files", {})
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "small_mean.py").write_text(SMALL)
    (tmp_path / "mine" / "helper_of_mean.py").write_text(HELPER)
    registry.load.cache_clear()
    yield tmp_path
    registry.load.cache_clear()
    for name in ("small_mean", "helper_of_mean", "network_or_boosting", "a_package"):
        sys.modules.pop(name, None)


def _configure(folder, studies):
    path = folder / "c.yaml"
    path.write_text(f"design: smoke\nseed: 1\nstudies: {studies}\n")
    return path


def test_a_file_in_a_configuration_is_a_study(folder):
    settings = config.load(_configure(folder, "[crps, mine/small_mean.py]"))
    assert settings["studies"] == ["crps", "small_mean"]
    assert [cell.id for cell in grid.cells(settings, "small_mean")] == ["n=4", "n=8"]
    assert grid.families(settings)[outside.FAMILY] == ["small_mean"]


def test_files_come_after_all_studies_of_the_suite(folder):
    settings = config.load(_configure(folder, "[./mine/small_mean.py, all]"))
    assert settings["studies"] == [*registry.studies(), "small_mean"]


@pytest.mark.parametrize("word", ["mine/small_mean.py", "smoke:mine/small_mean.py", "every:./mine/small_mean.py"])
def test_a_file_is_a_configuration_of_itself(folder, word):
    if word.startswith("mine"):
        (folder / "config").mkdir()
        (folder / "config" / "standard.yaml").write_text(
            "design: smoke\nseed: 5\nstudies: all\noverrides: {crps: {}}\n"
        )
    settings = config.load(word)
    assert settings["studies"] == ["small_mean"]
    assert settings["seed"] == (5 if word.startswith("mine") else 740)
    assert len(config.files(word)) == 2


def test_its_cells_are_simulated_and_replayed_by_commands_that_name_the_file(folder, capsys):
    cells = ["small_mean.samples", "n=4", "n=8"]
    command = ["simulate", *cells, "--file", "mine/small_mean.py", "--seed", "740", "--replicates", "3"]
    assert command_line.main(command) == 0
    assert origins.raw_path(folder / "results", "small_mean", "samples", "n=8").exists()
    run.remember("every:mine/small_mean.py", folder / "results")
    outside._files.clear()
    assert command_line.main(["replay", "small_mean.samples", "n=8", "2"]) == 0  # by the profile of the last run
    assert "matches to the bit" in capsys.readouterr().out
    assert command_line.main(["list", "cells", "--config", "smoke:mine/small_mean.py"]) == 0
    assert "samples n=4  x3" in capsys.readouterr().out


def test_its_fingerprint_covers_what_stands_beside_it_and_no_docstring(folder):
    name = outside.add("mine/small_mean.py")

    def now():
        return fingerprints.Fingerprints().cells(registry.module(name), "samples")

    before = now()
    (folder / "mine" / "small_mean.py").write_text(SMALL.replace("A study of the mean.", "A study of means."))
    assert now() == before
    (folder / "mine" / "helper_of_mean.py").write_text(HELPER.replace("x.mean()", "x.mean() * 2"))
    assert now() != before


def test_a_package_announces_its_studies(folder, monkeypatch):
    package = folder / "a_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text(HELPER)
    study = SMALL.replace("import helper_of_mean", "from a_package import helper as helper_of_mean")
    (package / "small_mean.py").write_text(study)
    monkeypatch.syspath_prepend(str(folder))
    announced = types.SimpleNamespace(name="their_mean", value="a_package.small_mean")
    monkeypatch.setattr(outside, "entry_points", lambda group: [announced] if group == "dlstats.studies" else [])
    outside.installed.cache_clear()
    try:
        settings = config.load(_configure(folder, "[their_mean]"))
        assert [cell.id for cell in grid.cells(settings, "their_mean")] == ["n=4", "n=8"]
        before = fingerprints.Fingerprints().cells(registry.module("their_mean"), "samples")
        (package / "helper.py").write_text(HELPER.replace("x.mean()", "x.mean() * 2"))
        assert fingerprints.Fingerprints().cells(registry.module("their_mean"), "samples") != before
    finally:
        outside.installed.cache_clear()
        for name in [name for name in sys.modules if name.startswith("a_package")]:
            del sys.modules[name]


@pytest.mark.parametrize("recorded", [True, False])
def test_of_installed_packages_only_what_was_installed_with_the_study_counts(folder, monkeypatch, recorded):
    """`pip install` puts a study among all other packages, which are not its own; some systems keep no RECORD."""
    study = SMALL.replace("import helper_of_mean", "import large\nfrom a_package import helper_of_mean\nimport along")
    study = study.replace("helper_of_mean.middle(x)", "helper_of_mean.middle(x) + along.NOTHING + large.NOTHING")
    files = {"a_package/small_mean.py": study, "a_package/helper_of_mean.py": HELPER, "along.py": "NOTHING = 0\n"}
    for path, text in {
        **files,
        "large.py": "NOTHING = 0\n",
        "a-1.dist-info/METADATA": "",
        "l-1.dist-info/METADATA": "",
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    if recorded:
        (folder / "a-1.dist-info" / "RECORD").write_text("".join(f"{path},,\n" for path in files))
        (folder / "l-1.dist-info" / "RECORD").write_text("large.py,,\n")
    monkeypatch.syspath_prepend(str(folder))
    reached = fingerprints.Fingerprints().reached("a_package.small_mean", "samples")
    names = {name.partition(":")[0] for name in reached if not name.startswith("dlstats")}
    assert names == {"a_package.small_mean", "a_package.helper_of_mean", *(["along"] if recorded else [])}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("mine/none.py", "studies: there is no file 'mine/none.py', which must hold a study"),
        ('"./a\\0.py"', "studies: there is no file './a.x00.py'"),
        (f"./{'a' * 5000}.py", r"studies: there is no file './aaa\S+', which must hold a study"),
        ("mine/crps.py", "there is already a study or a family `crps`"),
        ("mine/robust.py", "there is already a study or a family `robust`"),
        *((f"mine/{rule}.py", f"`{rule}` is one of the workflow") for rule in ("report", "all", "write", "further")),
        ("mine/Bad-Name.py", "must have a name of lower-case letters, digits and underscores"),
        ("mine/decimal.py", "must not have the name of a module, which `decimal` is"),
        ("other/small_mean.py", "it shares `small_mean` with"),
        ("mine/broken.py", r"mine/broken\.py:2: SyntaxError"),
        ("mine/empty.py", r"mine/empty\.py: must define STUDY"),
        ("mine/deep.py", r"mine/helper_of_deep\.py:2: ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_a_study_is_refused_in_one_line_that_names_it(folder, word, message):
    (folder / "other").mkdir()
    for name in ("mine/robust.py", "mine/report.py", "mine/all.py", "mine/write.py", "mine/further.py"):
        (folder / name).write_text(SMALL)
    for name in ("mine/crps.py", "mine/Bad-Name.py", "mine/decimal.py", "other/small_mean.py"):
        (folder / name).write_text(SMALL)
    (folder / "mine" / "broken.py").write_text("\nSTUDY = [\n")
    (folder / "mine" / "empty.py").write_text("\n")
    (folder / "mine" / "deep.py").write_text("import helper_of_deep\n")
    (folder / "mine" / "helper_of_deep.py").write_text("\n1 / 0\n")
    first = "mine/small_mean.py, " if word.startswith("other") else ""
    with pytest.raises(ValueError, match=message) as caught:
        config.load(_configure(folder, f"[{first}{word}]"))
    assert "\n" not in str(caught.value)


def test_a_study_in_a_folder_is_one_as_well(folder):
    package = folder / "network_or_boosting"
    package.mkdir()
    shutil.copyfile(STARTER, package / "__init__.py")
    settings = config.load(_configure(folder, "[./network_or_boosting/]"))
    assert settings["studies"] == ["network_or_boosting"]
    assert registry.file("network_or_boosting") == package / "__init__.py"


ENTRY = "@misc{stein1956, author = {Stein, Charles}, title = {Inadmissibility}, year = {1956}}\n"


@pytest.mark.parametrize(
    ("cited", "message"),
    [
        ("grinsztajn2022", ""),
        ("stein1956", ""),
        ("grinsztajn2021", "got `grinsztajn2021`. Did you mean `grinsztajn2022`?"),
        ("stein1965", "got `stein1965`. Did you mean `stein1956`?"),
    ],
)
def test_a_key_that_no_file_of_sources_has_is_refused_with_the_nearest(folder, cited, message):
    (folder / "mine" / "references.bib").write_text(ENTRY)
    claim = f"claims=[Claim('MEAN1', 'It is near.', at_most(1.0), value('error', 'mean'), Practice('{cited}'))],\n"
    imports = (
        "from dlstats.protocol.claim import Claim, at_most\nfrom dlstats.protocol.origin import Practice\n"
        "from dlstats.protocol.readers import value\n"
    )
    text = SMALL.replace("import numpy", f"{imports}import numpy").replace("    designs=", f"    {claim}    designs=")
    (folder / "mine" / "small_mean.py").write_text(text)
    path = _configure(folder, "[./mine/small_mean.py]")
    if not message:
        assert config.load(path)["studies"] == ["small_mean"]
        return
    with pytest.raises(registry.StudyError) as caught:
        config.load(path)
    assert str(caught.value).startswith("mine/small_mean.py: `MEAN1` must cite a key of ")
    assert str(caught.value).endswith(message)
    assert "\n" not in str(caught.value)


def test_no_study_bears_the_name_of_a_rule():
    rules = {
        name
        for path in (project.FOLDER / "workflows").glob("*.smk")
        for name in re.findall(r"^rule (\w+):", path.read_text(), re.M)
    }
    assert rules
    assert rules <= outside.RULES
    assert outside.FAMILY in outside.RULES


def test_the_lock_of_another_user_is_said_in_one_line_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(run, "FileLock", refused)
    with (
        pytest.raises(ValueError, match=r"dlstats\.lock must be yours to write, .* copy `results/`"),
        run._alone(run.Path("dlstats.lock")),
    ):
        pass
