"""The definitions of a module: what each binds, its text and what it reads.

A definition is a top-level statement; of an import, one imported name. Standard library only, as in `grid`.
"""

from __future__ import annotations

import ast
import hashlib
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dlstats.pipeline import words
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
        reader = Reader(self.module.locals if self.nodes else {}, labels, self.module)
        reader.several(self.nodes)
        text = "\0".join([self.module.name, self.label, *reader.text])
        reader.text.clear()
        return reader, hashlib.sha256(text.encode()).hexdigest()

    def reads(self, labels: bool) -> set[Read]:
        """What the definition reads and does not bind itself, with or without its labels."""
        return (self._with_labels if labels else self._without)[0].reads

    @property
    def shows(self) -> bool:
        """Whether it reads as a value how something is shown, so that labels count with it."""
        return self._without[0].shows

    def digest(self, labels: bool) -> str:
        """Of the module's name, the label and the text, with or without its labels."""
        return (self._with_labels if labels else self._without)[1]


class Module:
    """A parsed module. `bound` are the definitions of every name, `effects` the statements that may act on others."""

    def __init__(self, name: str, path: Path, package: str = "dlstats") -> None:
        """Read it; a folder without `__init__.py` is an empty module. `package` is that of the vocabulary."""
        self.name, self.path, self.is_package = name, path, path.is_dir() or path.name == "__init__.py"
        self.package = package
        self.source = "" if path.is_dir() else path.read_text(encoding="utf-8")
        self.bound: dict[str, list[tuple[Definition, Imported | None]]] = {}
        self.effects: list[Definition] = []
        self.decorated: list[tuple[Definition, list[ast.expr]]] = []
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

    @cached_property
    def lazy(self) -> dict[str, list[tuple[Definition, Imported | None]]]:
        """What the stub beside a package that loads lazily says where its names come from, as `bound`."""
        stub = self.path.with_suffix(".pyi")
        if not self.is_package or "attach_stub" not in self.source or not stub.is_file():
            return {}
        statements = [s for s in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(s, ast.ImportFrom)]
        found: dict[str, list[tuple[Definition, Imported | None]]] = {}
        for name, imported in (pair for statement in statements for pair in imports(statement)):
            found.setdefault(name, []).append((Definition(self, f"{name} = {imported}"), imported))
        return found

    def absolute(self, imported: Imported) -> str:
        """The full name of the module of an import."""
        if not imported.level:
            return imported.module
        parts = self.name.split(".")
        parts = parts[: len(parts) - imported.level + self.is_package]
        return ".".join([*parts, imported.module] if imported.module else parts)

    def of(self, name: str, chain: Sequence[str]) -> str:
        """The full name of an attribute of what a name stands for: imported, defined here, a logger, or built in."""
        pairs = self.bound.get(name, [])
        if not pairs:
            return "" if "*" in self.bound else ".".join([name, *chain])
        if any(imported is None for _, imported in pairs):
            node = pairs[0][0].nodes[0] if len(pairs) == 1 else None
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                return ".".join([self.name, name, *chain])
            return ".".join([words.LOGGER, *chain]) if self._is_logger(node) else ""
        return self.full([imported for _, imported in pairs if imported is not None], chain)

    def full(self, imported: Sequence[Imported], chain: Sequence[str]) -> str:
        """The full name of an attribute of what is imported once; empty where it is imported twice."""
        if len(imported) != 1:
            return ""
        parts = (self.absolute(imported[0]), imported[0].attribute, *chain)
        return ".".join(part for part in parts if part)

    def describes(self, called: str) -> bool:
        """Whether it is a class of this module with fields that say how it is shown."""
        module, _, name = called.rpartition(".")
        nodes = [d.nodes[0] for d, _ in self.bound.get(name, []) if d.nodes] if module == self.name else []
        return len(nodes) == 1 and isinstance(nodes[0], ast.ClassDef) and bool(words.shown(nodes[0]))

    def _is_logger(self, node: ast.AST | None) -> bool:
        called = node.value.func if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) else None
        if not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name):
            return False
        return self.of(called.value.id, [called.attr]) == "logging.getLogger"

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
        decorators = getattr(statement, "decorator_list", [])
        if decorators:
            self.decorated.append((definition, decorators))


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
