"""What a release consists of agrees: version, citation, changelog, archive's metadata, conda recipe, wheel and sdist."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import dlstats

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CONDA = {"torch": "pytorch", "matplotlib": "matplotlib-base", "typst": "typst-py"}
"""Names on conda-forge and bioconda that are not those on PyPI."""


def test_the_citation_is_that_of_the_version_and_its_date_that_of_the_changelog():
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"{dlstats.__version__} ({CITATION['date-released']})" == next(h for h in headings if h != "Unreleased")
    assert CITATION["version"] == dlstats.__version__


def test_the_archive_is_told_what_the_citation_says():
    zenodo = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
    for theirs, ours in {"title": "title", "version": "version", "license": "license", "upload_type": "type"}.items():
        assert zenodo[theirs] == CITATION[ours]
    assert [creator["name"] for creator in zenodo["creators"]] == [author["name"] for author in CITATION["authors"]]
    assert PROJECT["license"] == CITATION["license"]


def _conda(requirement: str) -> str:
    one = Requirement(requirement)
    return f"{CONDA.get(one.name, one.name)} {one.specifier}"


def test_the_conda_recipe_requires_what_the_project_requires():
    recipe = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text(encoding="utf-8"))
    assert recipe["context"]["version"] == dlstats.__version__
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    python = f"python {PROJECT['requires-python']}"
    assert recipe["requirements"]["host"] == [python, "pip", *map(_conda, build)]
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["workflow"]]
    assert recipe["requirements"]["run"] == [python, *map(_conda, wanted)]
    assert recipe["build"]["python"]["entry_points"] == [f"{k} = {v}" for k, v in PROJECT["scripts"].items()]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(sdist, wheel), the wheel built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    _hatchling(ROOT, "sdist", folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    _hatchling(folder / sdist.name.removesuffix(".tar.gz"), "wheel", folder)
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


def _hatchling(source: Path, target: str, folder: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


def test_the_wheel_has_all_of_the_package_and_no_more(built):
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    package = {f.relative_to(ROOT).as_posix() for f in (ROOT / "dlstats").rglob("*") if f.is_file()}
    package = {name for name in package if "__pycache__" not in name}
    forced = {name for name in names if name.startswith("dlstats/project/")}
    assert names - forced == package
    assert {"dlstats/project/Snakefile", "dlstats/project/config/standard.yaml"} <= forced


def test_the_wheel_runs_a_study_and_writes_its_report_in_an_empty_folder(built, tmp_path):
    with zipfile.ZipFile(built[1]) as wheel:
        wheel.extractall(tmp_path / "site")
    (tmp_path / "empty").mkdir()

    def say(*words: str) -> str:
        command = [sys.executable, "-c", "import sys; from dlstats.cli.parser import main; sys.exit(main())", *words]
        place = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
        ran = subprocess.run(command, cwd=tmp_path / "empty", env=place, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    assert say("--version").strip() == f"dlstats {dlstats.__version__}"
    assert "sawtooth" in say("list", "--config", "every")
    say("init")
    assert "network_or_boosting" in say("plan")
    say("run", "smoke", "--cores", "2")
    html = (tmp_path / "empty" / "reports" / "html" / "studies" / "network_or_boosting.html").read_text(
        encoding="utf-8"
    )
    assert "<svg" in html or "<img" in html
    assert (tmp_path / "empty" / "reports" / "dlstats.pdf").read_bytes().startswith(b"%PDF")
