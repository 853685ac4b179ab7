"""Every public function of the designs and of the theory is compared with values computed another way.

What is compared stands in the tables of `cases` or in a test of the room that calls the function by its module
(`theory.sawtooth.pieces` as `sawtooth.pieces`). That such a test would notice a wrong value is tried by giving it one.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from cases import wrong_values
from cases.design_formulas import FUNCTIONS, NOISES

HERE = Path(__file__).parent
TABLES = {f"dgp.{name}" for name in FUNCTIONS} | {f"dgp.noise.{name}" for name in NOISES}


def _called(room: str) -> set[str]:
    """Attributes of the modules of a room that its tests and their tables name."""
    found = set(TABLES)
    for path in [*(HERE / room).glob("*.py"), *(HERE / "cases").glob("*.py")]:
        tree, modules = ast.parse(path.read_text(encoding="utf-8")), {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == f"dlstats.{room}":
                modules |= {name.asname or name.name: name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"dlstats.{room}."):
                found |= {f"{(node.module or '').removeprefix('dlstats.')}.{name.name}" for name in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                found.add(f"{room}.{modules[node.value.id]}.{node.attr}")
    return found


@pytest.mark.parametrize("room", wrong_values.ROOMS)
def test_every_public_function_has_a_second_route(room):
    there = {name for name, *_ in wrong_values.public() if name.startswith(room)}
    assert there
    assert sorted(there - _called(room)) == []


@pytest.mark.slow  # every test of two rooms, again with each function wrong that it calls: 2 minutes
def test_a_wrong_value_is_noticed():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "cases.wrong_values",
        *(str(HERE / room) for room in wrong_values.ROOMS),
    ]
    carried = subprocess.run(command, cwd=HERE.parent, env=None, capture_output=True, text=True, check=False)
    assert f"{wrong_values.MARK} none" in carried.stdout, carried.stdout[-3000:]
