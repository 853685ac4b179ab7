"""Imports go one way, reading a study never loads torch, and study names are unique."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "dlstats"
MODULES = sorted(PACKAGE.rglob("*.py"))
ALLOWED = {
    "theory": {"theory"},
    "core": {"core"},
    "studies": {"studies", "core", "theory", "report.style", "report.simulation_plots"},
    "report": {
        "report",
        "studies.study",
        "theory",
        "core.montecarlo",
        "grid",
        "config",
        "store",
        "cards",
        "fingerprints",
    },
}
FORBIDDEN = {
    "theory": {"torch"},
    "report": {"torch"},
    "grid": {"numpy", "pandas", "torch", "yaml"},
    "fingerprints": {"numpy", "pandas", "torch", "yaml"},
}
"""What each layer may import of the package (figures of a study share the report's style), and must not of others."""


def _name(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _inside(name, allowed):
    return any(name == a or name.startswith(a + ".") or a.startswith(name + ".") for a in allowed)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_imports_only_what_its_layer_may(path):
    layer = _name(path).split(".")[0]
    imported = set(_imports(path))
    own = {name.removeprefix("dlstats.") for name in imported if name.startswith("dlstats.")}
    if layer in ALLOWED:
        assert [name for name in own if not _inside(name, ALLOWED[layer])] == []
    heads = {name.split(".")[0] for name in imported if name}
    assert not heads & FORBIDDEN.get(layer, set())


def test_reading_all_studies_loads_no_torch():
    studies = [_name(p) for p in MODULES if p.parent.parent.name == "studies" and not p.stem.startswith("_")]
    lines = [f"import dlstats.{name}" for name in studies]
    code = "\n".join([*lines, "import sys", "sys.exit('torch' in sys.modules)"])
    assert studies
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_building_the_job_graph_loads_only_the_standard_library_from_the_package():
    code = "import dlstats, dlstats.fingerprints, dlstats.grid, sys\n"
    code += "sys.exit(any(m in sys.modules for m in ('numpy', 'pandas', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_job_forks_before_anything_heavy_is_loaded():
    code = "import dlstats.__main__, dlstats.supervise, sys, threading\n"
    code += "heavy = [m for m in ('numpy', 'pandas', 'torch') if m in sys.modules]\n"
    code += "sys.exit(str(heavy) if heavy or threading.active_count() > 1 else 0)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_study_names_are_unique_and_match_their_files():
    from dlstats.studies import study

    files = [p for p in PACKAGE.glob("studies/*/*.py") if not p.stem.startswith("_")]
    assert len({p.stem for p in files}) == len(files)
    for path in files:
        found = study.load(f"dlstats.{_name(path)}")
        assert (found.name, found.family) == (path.stem, path.parent.name)


def test_every_study_is_in_the_full_profiles():
    from dlstats import config, grid

    files = {(p.parent.name, p.stem) for p in PACKAGE.glob("studies/*/*.py") if not p.stem.startswith("_")}
    for profile in ("every", "standard", "paper"):
        found = grid.families(config.load(PACKAGE.parent / "config" / f"{profile}.yaml"))
        assert {(family, name) for family, names in found.items() for name in names} == files, profile
