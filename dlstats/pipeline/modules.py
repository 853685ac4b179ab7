"""The definitions of a module: what each binds, its text and what it reads.

A definition is a top-level statement; of an import, one imported name. Standard library only, as in `grid`.
"""

from __future__ import annotations

import ast
import hashlib
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dlstats.pipeline.syntax import Imported, Read, Reader, imports


@dataclass(eq=False)
class Definition:
    """A statement of a module, an imported name of it (without nodes), or expressions that stand for themselves."""

    module: Module
    label: str
    nodes: tuple[ast.AST, ...] = ()

    @cached_property
    def _with_labels(self) -> tuple[Reader, str]:
        return self._read(labels=True)

    @cached_property
    def _without(self) -> tuple[Reader, str]:
        return self._read(labels=False) if self._with_labels[0].labelled else self._with_labels

    def _read(self, labels: bool) -> tuple[Reader, str]:
        reader = Reader(self.module.locals if self.nodes else {}, labels)
        reader.several(self.nodes)
        text = "\0".join([self.module.name, self.label, *reader.text])
        reader.text.clear()
        return reader, hashlib.sha256(text.encode()).hexdigest()

    def reads(self, labels: bool) -> set[Read]:
        """What the definition reads and does not bind itself, with or without its labels."""
        return (self._with_labels if labels else self._without)[0].reads

    def digest(self, labels: bool) -> str:
        """Of the module's name, the label and the text, with or without its labels."""
        return (self._with_labels if labels else self._without)[1]


class Module:
    """A parsed module. `bound` are the definitions of every name, `effects` the statements that may act on others."""

    def __init__(self, name: str, path: Path) -> None:
        """Read it; a folder without `__init__.py` is an empty module."""
        self.name, self.path, self.is_package = name, path, path.is_dir() or path.name == "__init__.py"
        self.source = "" if path.is_dir() else path.read_text(encoding="utf-8")
        self.bound: dict[str, list[tuple[Definition, Imported | None]]] = {}
        self.effects: list[Definition] = []
        for statement in ast.parse(self.source, str(path)).body:
            self._add(statement)

    @cached_property
    def locals(self) -> dict[tuple[str, int], frozenset[str]]:
        """(name, line) of every function -> its local names."""
        scopes: dict[tuple[str, int], frozenset[str]] = {}
        waiting = [symtable.symtable(self.source, str(self.path), "exec")]
        while waiting:
            table = waiting.pop()
            waiting += table.get_children()
            if isinstance(table, symtable.Function):
                scopes[table.get_name(), table.get_lineno()] = frozenset(table.get_locals())
        return scopes

    def _add(self, statement: ast.stmt) -> None:
        bindings, acts = _bindings(statement)
        if "global " in self.source:
            bindings += [(n, None) for node in ast.walk(statement) if isinstance(node, ast.Global) for n in node.names]
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for name, imported in bindings:
                self.bound.setdefault(name, []).append((Definition(self, f"{name} = {imported}"), imported))
            return
        names = dict(bindings)
        if isinstance(statement, ast.Assign | ast.AugAssign):
            # an entry or attribute of what is imported: os.environ["A"] = "b"
            acts = any(imported is not None for name in names for _, imported in self.bound.get(name, ()))
        label = ",".join(f"{name}:{len(self.bound.get(name, ()))}" for name in names)
        definition = Definition(self, label, (statement,))
        for name, imported in bindings:
            self.bound.setdefault(name, []).append((definition, imported))
        if acts:
            self.effects.append(definition)


def _bindings(statement: ast.stmt) -> tuple[list[tuple[str, Imported | None]], bool]:
    """The names that a statement of a module binds, and whether it may act on anything else."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [(statement.name, None)], False
        case ast.Import() | ast.ImportFrom():
            return list(imports(statement)), False
        case ast.Assign(targets=targets):
            return [(name, None) for target in targets for name in _targets(target)], False
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return [(name, None) for name in _targets(target)], False
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return [], False
    inner = [_bindings(part) for part in ast.iter_child_nodes(statement) if isinstance(part, ast.stmt)]
    for handler in getattr(statement, "handlers", ()):
        inner += [_bindings(part) for part in handler.body]
    bindings = [binding for bindings, _ in inner for binding in bindings]
    if isinstance(statement, ast.For):
        bindings += [(name, None) for name in _targets(statement.target)]
    if isinstance(statement, ast.With):
        bindings += [(n, None) for item in statement.items if item.optional_vars for n in _targets(item.optional_vars)]
    return bindings, any(acts for _, acts in inner) or not isinstance(statement, ast.If | ast.Try)


def _targets(target: ast.expr) -> Iterator[str]:
    """Names that an assignment binds, or the name whose attribute or entry it sets."""
    if isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _targets(part)
        return
    while isinstance(target, ast.Attribute | ast.Subscript | ast.Starred):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id
