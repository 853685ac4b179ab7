"""What is declared or measured never changes: dataclasses are frozen, but for the state of a running process."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "dlstats"
STATE = {"training/torch_backend/lbfgs.py", "pipeline/modules.py", "pipeline/syntax.py", "cli/waiting.py"}
"""Modules whose dataclasses hold the state of a computation."""


def _decorators(path):
    """(class, whether it is frozen) of the dataclasses of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for made in getattr(node, "decorator_list", []):
            call = made if isinstance(made, ast.Call) else None
            name = call.func if call else made
            if isinstance(node, ast.ClassDef) and getattr(name, "id", getattr(name, "attr", "")) == "dataclass":
                keywords = {k.arg: ast.literal_eval(k.value) for k in call.keywords} if call else {}
                yield node.name, keywords.get("frozen", False)


def test_dataclasses_are_frozen():
    files = [path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).as_posix() not in STATE]
    made = {(path.name, *pair) for path in files for pair in _decorators(path)}
    assert len(made) > 100
    assert {(file, name) for file, name, frozen in made if not frozen} == set()
