"""The fingerprint of the code behind a result: a digest of the syntax trees that it reaches.

Standard library only, as in `grid`: the Snakefile imports this module.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
ASSETS = (".css", ".js", ".typ", ".bib", ".yaml")
"""Suffixes of the report's files that are no code."""


def fingerprint(module: str, *names: str) -> str:
    """Digest of the code that the top-level `names` of a module stand on.

    Counted are the definitions in the module that `names` reach, and whole every module of the package that
    these import, and so on. Comments, docstrings and layout do not count: they are not in the digest, which
    is taken of the syntax trees. A name that the module does not define stands for its STUDY.
    """
    tree = _syntax_tree(module)
    reached = _reached(tree, names)
    imports = set(itertools.chain.from_iterable(_imports(node, module) for node in reached)) - {module}
    own = "".join(ast.dump(node) for node in reached)
    return hashlib.sha256((own + digest(*imports)).encode()).hexdigest()[:16]


def digest(*modules: str) -> str:
    """Digest of whole modules and of all that they import from the package."""
    found = hashlib.sha256()
    for module in sorted(_closure(set(modules))):
        found.update(module.encode() + ast.dump(_syntax_tree(module)).encode())
    return found.hexdigest()[:16]


def assets_digest() -> str:
    """Digest of the files of the report that are no code: template, page, captions, bibliography."""
    folders = (PACKAGE / "report", PACKAGE.parent / "reports")
    files = [path for folder in folders for path in sorted(folder.glob("*")) if path.suffix in ASSETS]
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()[:16]


def _reached(tree: ast.Module, names: Iterable[str]) -> list[ast.stmt]:
    """The top-level statements that `names` need, in file order."""
    binders: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in _bound(statement):
            binders.setdefault(name, []).append(statement)
    waiting, seen, kept = list(names), set(), set()
    if any(name not in binders for name in names):
        waiting.append("STUDY")
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for statement in binders.get(name, ()):
            kept.add(statement)
            waiting += [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return [statement for statement in tree.body if statement in kept]


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _imports(node: ast.AST, module: str) -> set[str]:
    """The modules of the package that `node` imports."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            found |= {alias.name for alias in part.names if _path(alias.name)}
        elif isinstance(part, ast.ImportFrom) and part.module:
            if part.level:
                raise ValueError(f"Imports inside the package must be absolute, {module} has a relative one.")
            inner = {f"{part.module}.{alias.name}" for alias in part.names}
            found |= {name for name in inner if _path(name)}
            found |= {part.module} if _path(part.module) else set()
    return found


@cache
def _direct_imports(module: str) -> frozenset[str]:
    return frozenset(_imports(_syntax_tree(module), module))


def _closure(modules: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += _direct_imports(module)
    return seen


def _path(module: str) -> Path | None:
    head, *rest = module.split(".")
    if head != PACKAGE.name or not rest:
        return None
    base = PACKAGE.joinpath(*rest)
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


@cache
def _syntax_tree(module: str) -> ast.Module:
    path = _path(module)
    if path is None:
        raise KeyError(f"The package has no module {module}.")
    return _without_docstrings(ast.parse(path.read_text(encoding="utf-8")))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """The tree less every string that stands alone: docstrings of modules, classes, functions and attributes."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [s for s in body if not _is_text(s)] or [ast.Pass()]  # pyright: ignore[reportAttributeAccessIssue]
    return tree


def _is_text(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
