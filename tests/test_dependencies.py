"""What the package imports is declared in pyproject.toml, and what is declared is imported."""

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PROGRAMS = {"snakemake"}
"""Run, and not imported."""
WHERE_INSTALLED = {"jax"}
"""What `dlstats doctor --gpu` races with where it is there, and nothing needs."""


def _imported() -> set[str]:
    """Distributions of the modules that the package imports, inside functions as well."""
    modules = set()
    for path in (ROOT / "dlstats").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(str(node.module).split(".")[0])
    known = packages_distributions()
    foreign = modules - sys.stdlib_module_names - {"dlstats"}
    return {known.get(module, [module])[0].lower().replace("_", "-") for module in foreign}


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def test_every_import_is_declared_and_every_declaration_imported():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = _names([*project["dependencies"], *extras["workflow"], *extras["export"]])
    assert _imported() - WHERE_INSTALLED == declared - PROGRAMS


def test_no_pinned_package_needs_a_newer_python_than_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=") + ".0"
    newer = []
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").split():
        try:
            needed = metadata(line.partition("==")[0])["Requires-Python"]
        except PackageNotFoundError:  # of another platform
            continue
        if needed and not SpecifierSet(needed).contains(oldest):
            newer.append(f"{line} needs Python {needed}")
    assert not newer


def test_every_declaration_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [requirement for several in project["optional-dependencies"].values() for requirement in several]
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert _names([*project["dependencies"], *extras]) <= {name.lower().replace("_", "-") for name in pinned}
