"""Imports go one way and in no circle, reading a study never loads torch."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "dlstats"
ROOMS = ("cli", "report", "pipeline", "machine", "studies", "training", "plotting", "theory", "protocol")
"""From the top down: a room imports itself, what stands below it, and the ground."""
GROUND = ("montecarlo", "dgp", "losses", "nets", "methods", "measures", "seeds", "processor", "cache", "project")
"""Each stands alone."""
FORBIDDEN = {
    "theory": {"torch"},
    "report": {"torch"},
    "pipeline.grid": {"torch", "yaml"},
    "pipeline.fingerprints": {"numpy", "pandas", "torch", "yaml"},
}
"""What a module must not load."""


def _name(path: Path) -> str:
    """`montecarlo.rates`; the empty word for the package itself."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


MODULES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
STUDIES = [n for n, path in MODULES.items() if n.startswith("studies.") and "._" not in n and path.stem != "__init__"]


def _words(path: Path) -> set[str]:
    """Everything that a module imports, under TYPE_CHECKING and inside functions as well."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {word for word in members if word.removeprefix("dlstats.") in MODULES}
            found |= modules | ({str(node.module)} if members - modules else set())
    return found


def _imported(name: str) -> set[str]:
    """The modules of the package that a module imports."""
    words = {w.removeprefix("dlstats").lstrip(".") for w in _words(MODULES[name]) if w.split(".")[0] == "dlstats"}
    return (words & set(MODULES)) - {name}


def _room(name: str) -> str:
    return name.split(".")[0]


@pytest.mark.parametrize("name", [n for n in MODULES if n not in ("", "__main__")])
def test_a_module_imports_only_what_stands_below_it(name):
    room, rooms = _room(name), {_room(other) for other in _imported(name)} - {""}  # the package itself is a version
    below = {room} if room in GROUND else {*ROOMS[ROOMS.index(room) :], *GROUND}
    assert rooms <= below


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: _imported(name) - {""} for name in MODULES}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(MODULES)  # raises CycleError


@pytest.mark.parametrize(("name", "others"), FORBIDDEN.items())
def test_a_light_module_loads_nothing_heavy(name, others):
    modules = [n for n in MODULES if n == name or n.startswith(f"{name}.")]
    assert modules
    for module in modules:
        assert not {word.split(".")[0] for word in _words(MODULES[module])} & others, module


def test_reading_all_studies_loads_no_torch():
    code = "\n".join(
        [*(f"import dlstats.{name}" for name in STUDIES), "import sys", "sys.exit('torch' in sys.modules)"]
    )
    assert STUDIES
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_building_the_job_graph_loads_no_torch():
    code = "from dlstats.pipeline import config, grid\nimport sys\n"
    code += "settings = config.load('config/every.yaml')\n"
    code += "[grid.jobs(settings, study) for study in settings['studies']]\nsys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_job_forks_before_anything_heavy_is_loaded():
    code = "import dlstats.cli.parser, dlstats.pipeline.supervise, sys, threading\n"
    code += "heavy = [m for m in ('numpy', 'pandas', 'torch') if m in sys.modules]\n"
    code += "sys.exit(str(heavy) if heavy or threading.active_count() > 1 else 0)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_study_names_are_unique():
    files = [*PACKAGE.glob("studies/*/*.py"), *(path.parent for path in PACKAGE.glob("studies/*/*/__init__.py"))]
    names = [path.stem for path in files if not path.stem.startswith("_")]
    assert len(set(names)) == len(names)
