"""What a piece of syntax says, without the words that change no number, and which names from outside it reads.

Standard library only, as in `grid`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dlstats.pipeline import words

UNREAD = frozenset(("annotation", "returns", "type_comment", "type_params", "kind", "ctx"))
"""Fields of syntax that change no number."""
QUIET = (ast.Expr, ast.Pass, ast.AnnAssign)
"""Kinds of statements that may say nothing."""
FIELD_KINDS = frozenset(("ClassVar", "InitVar", "KW_ONLY"))
"""Annotations that decide what a dataclass does with a field."""


@dataclass(frozen=True)
class Imported:
    """What a name is imported from: a module, or an attribute of it; `level` dots stand before a relative one."""

    module: str
    attribute: str = ""
    level: int = 0

    def __str__(self) -> str:
        """As in the import statement."""
        origin = "." * self.level + self.module
        return f"{self.attribute} of {origin}" if self.attribute else origin


Read = tuple[Imported | None, str, tuple[str, ...]]
"""A name of the module (None) or one imported inside the definition, with the attributes that are taken of it."""


def imports(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """The names that an import binds, and to what."""
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            yield alias.asname or alias.name, Imported(statement.module or "", alias.name, statement.level)
        elif alias.asname:
            yield alias.asname, Imported(alias.name)
        else:
            head = alias.name.split(".")[0]
            yield head, Imported(head)


class Names(Protocol):
    """What a module knows of names: where they come from."""

    package: str
    """The package whose vocabulary is meant."""

    def of(self, name: str, chain: Sequence[str]) -> str:
        """The full name of an attribute of what a name of the module stands for; empty where it cannot be told."""
        ...

    def full(self, imported: Sequence[Imported], chain: Sequence[str]) -> str:
        """The same of what is imported, by one import."""
        ...

    def describes(self, called: str) -> bool:
        """Whether it is a class of the module that says how it is shown."""
        ...


@dataclass
class _Scope:
    """A function, lambda, comprehension or class body (which binds nothing for what stands inside it)."""

    names: frozenset[str]
    is_class: bool = False
    imports: dict[str, list[Imported]] = field(default_factory=dict)
    uses: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


class Reader:
    """Walks syntax once: collects its text and what it reads, with the scopes of Python."""

    def __init__(
        self, local_names: dict[tuple[str, int], frozenset[str]], labels: bool = True, names: Names | None = None
    ) -> None:
        """`labels` count or not; `labelled` says whether there were any, `shows` whether any are read as values."""
        self.locals, self.labels, self.names = local_names, labels, names
        self.labelled = self.shows = False
        self.text: list[str] = []
        self.reads: set[Read] = set()
        self.scopes: list[_Scope] = []

    def visit(self, node: ast.AST) -> None:
        """One node, by what its kind needs."""
        kind = type(node).__name__
        special = getattr(self, "_" + kind, None)
        if special is None:
            self.plain(node)
        else:
            self.text.append(kind)
            special(node)

    def plain(self, node: ast.AST) -> None:
        """A node with all its fields that count."""
        self.text.append(type(node).__name__ + "(")
        for name in node._fields:
            value = getattr(node, name, None)
            if name in UNREAD or value is None or value == []:
                continue
            self.text.append(name)
            if isinstance(value, ast.AST):
                self.visit(value)
            else:
                self.several(value if isinstance(value, list) else [value])
        self.text.append(")")

    def several(self, values: Iterable[object]) -> None:
        """Nodes, and what else stands in the fields of a node."""
        self.text.append("[")
        for value in values:
            if not isinstance(value, ast.AST):
                self.text.append(repr(value))
            elif type(value) not in QUIET or not self._says_nothing(value):
                self.visit(value)
        self.text.append("]")

    def _says_nothing(self, node: ast.AST) -> bool:
        if isinstance(node, ast.AnnAssign):
            return node.value is None and not self._in_class
        return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and words.is_text(node.value))

    @property
    def _in_class(self) -> bool:
        return bool(self.scopes) and self.scopes[-1].is_class

    def _inside(self, scope: _Scope, values: Iterable[object]) -> None:
        self.scopes.append(scope)
        self.several(values)
        self.scopes.pop()
        for name, chain in scope.uses:
            self.reads |= {(imported, name, chain) for imported in scope.imports.get(name, ())}

    def _look_up(self, name: str, chain: tuple[str, ...] = ()) -> None:
        for scope in reversed(self.scopes):
            if name in scope.names:
                scope.uses.append((name, chain))
                return
        self.reads.add((None, name, chain))

    def _Constant(self, node: ast.Constant) -> None:
        self.shows = self.shows or node.value in words.SHOWN if isinstance(node.value, str) else self.shows
        self.text.append(repr(node.value))

    def _Name(self, node: ast.Name) -> None:
        self.text.append(node.id)
        if self.scopes or isinstance(node.ctx, ast.Load):
            self._look_up(node.id)

    def _Attribute(self, node: ast.Attribute) -> None:
        names, inner = [node.attr], node.value
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        self.text.append(".".join(names))
        self.shows = self.shows or not words.SHOWN.isdisjoint(names)
        if isinstance(inner, ast.Name):
            self.text.append(inner.id)
            self._look_up(inner.id, tuple(reversed(names)))
        else:
            self.several([inner])

    def _Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.plain(node)
        for name, imported in imports(node) if self.scopes else ():
            if self._in_class:
                self.reads.add((imported, name, ()))
            else:
                self.scopes[-1].imports.setdefault(name, []).append(imported)

    _ImportFrom = _Import

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.text.append(node.name)
        self.several(node.decorator_list)
        self._signature(node.args)
        self._inside(_Scope(self.locals[node.name, node.lineno]), node.body)

    _AsyncFunctionDef = _FunctionDef

    def _Lambda(self, node: ast.Lambda) -> None:
        inner = [part.target.id for part in ast.walk(node.body) if isinstance(part, ast.NamedExpr)]
        self._inside(_Scope(frozenset([*self._signature(node.args), *inner])), [node.body])

    def _signature(self, arguments: ast.arguments) -> list[str]:
        """The names of the parameters; their defaults belong to the scope outside."""
        a = arguments
        kinds = (a.posonlyargs, a.args, [a.vararg], a.kwonlyargs, [a.kwarg])
        names = [[part.arg for part in kind if part is not None] for kind in kinds]
        self.text += [" ".join(kind) for kind in names]
        self.several(a.defaults)
        self.several(a.kw_defaults)
        return [name for kind in names for name in kind]

    def _ClassDef(self, node: ast.ClassDef) -> None:
        self.text.append(node.name)
        self.several([*node.bases, *node.keywords, *node.decorator_list])
        hidden = words.shown(node)
        self.labelled = self.labelled or bool(hidden)
        if hidden and not self.labels:
            self.text += [name for name, _ in hidden]
        dropped = [] if self.labels else [statement for _, statement in hidden]
        self._inside(_Scope(frozenset(), is_class=True), [s for s in node.body if s not in dropped])

    def _comprehended(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        first, *rest = node.generators
        self.several([first.iter])
        targets = [name for part in node.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)]
        ends = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        parts = [x for g in rest for x in (g.is_async, g.target, g.iter, len(g.ifs), *g.ifs)]
        scope = _Scope(frozenset(name.id for name in targets if isinstance(name.ctx, ast.Store)))
        self._inside(scope, [first.is_async, first.target, len(first.ifs), *first.ifs, *parts, *ends])

    _ListComp = _SetComp = _GeneratorExp = _DictComp = _comprehended

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if not self._in_class and node.value is not None:
            self.text[-1:] = []
            return self.visit(ast.Assign([node.target], node.value))
        names = {getattr(n, "id", getattr(n, "attr", None)) for n in ast.walk(node.annotation)}
        return self.several([*sorted(FIELD_KINDS & names), node.target, node.value])

    def _Raise(self, node: ast.Raise) -> None:
        exception = node.exc
        self._told(exception) if isinstance(exception, ast.Call) else self.several([exception])
        self.several([node.cause])

    def _Assert(self, node: ast.Assert) -> None:
        self.several([node.test])

    def _Call(self, node: ast.Call) -> None:
        called, names = self._called(node.func), self.names
        if called and names is not None and words.tells(called, names.package):
            return self._told(node)
        labels = words.labels(called, node, names.package, names.describes(called)) if called and names else frozenset()
        self.labelled = self.labelled or bool(labels)
        if labels and not self.labels:
            self._told(node, labels)
        elif getattr(node.func, "attr", getattr(node.func, "id", None)) in words.WHOLE:
            self._told(node, frozenset())
        else:
            self.plain(node)

    def _called(self, node: ast.expr) -> str:
        """The full name of what is called, through imports; empty where it cannot be told."""
        chain: list[str] = []
        while isinstance(node, ast.Attribute):
            chain.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or self.names is None:
            return ""
        for scope in reversed(self.scopes):
            if node.id in scope.names:
                return self.names.full(scope.imports.get(node.id, []), chain)
        return self.names.of(node.id, chain)

    def _told(self, node: ast.Call, labels: frozenset[str] | None = None) -> None:
        """A call without its words: all strings, or those that stand for `labels`."""
        self.several([node.func])
        some = labels is None or words.PLACED in labels
        self.several(self._levels(part, labels) for part in node.args if not (some and words.is_text(part)))
        told = [k for k in node.keywords if words.is_text(k.value) and (labels is None or k.arg in labels)]
        self.several(self._levels(part, labels) for part in node.keywords if part not in told)

    def _levels(self, part: ast.expr | ast.keyword, labels: frozenset[str] | None) -> ast.AST:
        """Of levels with a label each, in the vocabulary, the levels."""
        value = part.value if isinstance(part, ast.keyword) else part
        if not labels or words.PLACED not in labels or not isinstance(value, ast.Dict) or None in value.keys:
            return part
        levels = ast.Tuple([key for key in value.keys if key is not None], ast.Load())
        return ast.keyword(part.arg, levels) if isinstance(part, ast.keyword) else levels
