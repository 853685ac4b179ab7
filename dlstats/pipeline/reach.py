"""What a definition reaches: the definitions of what it reads, across the modules of the package, and so on.

Standard library only, as in `grid`.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from dlstats.pipeline.modules import Definition, Module
from dlstats.pipeline.syntax import Imported

NATIVE = (".cpp", ".h", ".cu", ".cuh")
"""Suffixes of compiled sources."""
PROGRESS = ("training.progress", "pipeline.progress")
"""Modules that only tell how far a run is: they never count."""

Place = tuple[Module, ast.expr, Definition | None]
"""An expression, its module, and the definition whose whole value it is."""
Seen = set[tuple[Module, str, tuple[str, ...]]]


class Code:
    """The modules of a package, and of a folder beside it, as they are when first asked for."""

    def __init__(
        self, package: Path, folder: Path | None = None, labels: bool = True, own: Collection[str] | None = None
    ) -> None:
        """`folder` is that of a study outside the package, `own` the first names in it that count; `labels` count or not."""
        self.package, self.folder, self.labels, self.own = package, folder, labels, own
        self.silent = {f"{package.name}.{name}" for name in PROGRESS}
        self._modules: dict[str, Module | None] = {}
        self._edges: dict[Definition, frozenset[Definition]] = {}
        self._standing: dict[Module, frozenset[Definition]] = {}

    def module(self, name: str) -> Module:
        """A module by its name. Raises LookupError where there is none."""
        module = self._find(name)
        if module is None:
            raise LookupError(f"A module of {self.package.name} or of {self.folder} is required, got {name!r}.")
        return module

    def reach(
        self, roots: Iterable[Definition], hidden: Mapping[Definition, list[Definition]] | None = None
    ) -> set[Definition]:
        """All that is reached from some definitions, these too; for `hidden` ones stands what is given instead."""
        waiting, seen, hidden = list(roots), set(), hidden or {}
        with _uncollected():
            while waiting:
                definition = waiting.pop()
                if definition not in seen:
                    seen.add(definition)
                    waiting += hidden[definition] if definition in hidden else self._reached(definition)
        return seen - hidden.keys()

    def digest(self, roots: Iterable[Definition], hidden: Mapping[Definition, list[Definition]] | None = None) -> str:
        """Of all that is reached, in any order."""
        reached = self.reach(roots, hidden)
        vocabulary = f"{self.package.name}.protocol"
        labels = self.labels or any(d.shows for d in reached if not d.module.name.startswith(vocabulary))
        digests = sorted(definition.digest(labels) for definition in reached)
        return hashlib.sha256("".join(digests).encode()).hexdigest()[:16]

    def bound(self, module: Module, name: str, chain: tuple[str, ...] = ()) -> set[Definition]:
        """The definitions that a name of a module stands for, imports on the way among them."""
        reached: set[Definition] = set()
        self._name(module, name, chain, reached, set())
        return reached

    def whole(self, module: Module) -> set[Definition]:
        """All definitions of a module, and of the modules below a package."""
        reached: set[Definition] = set()
        self._all(module, reached, set())
        return reached

    def value(self, module: Module, node: ast.expr) -> Place:
        """The expression that a name stands for, through imports; the node itself where it is no plain name."""
        definition = None
        for _ in range(20):
            names, root = [], node
            while isinstance(root, ast.Attribute):
                names.insert(0, root.attr)
                root = root.value
            if not isinstance(root, ast.Name):
                break
            reached = [d for d in self.bound(module, root.id, tuple(names)) if d.nodes]
            value = _assigned(reached[0], names[-1] if names else "") if len(reached) == 1 else None
            if value is None:
                break
            definition, node = reached[0], value
            module = definition.module
        return module, node, definition

    def _find(self, name: str) -> Module | None:
        """A module of the package or the folder; None for any other."""
        if name not in self._modules:
            head, *rest = name.split(".")
            outer = self.folder if self.own is None or head in self.own else None
            root = self.package.parent if head == self.package.name else outer
            self._modules[name] = None
            if root is not None and head:
                base = root.joinpath(head, *rest)
                paths = (base / "__init__.py", base.with_name(base.name + ".py"), base)
                path = next((path for path in paths if (path.is_dir() if path is base else path.is_file())), None)
                self._modules[name] = path and _module(name, path, self.package.name, _states(path))
        return self._modules[name]

    def _reached(self, definition: Definition) -> frozenset[Definition]:
        """What a definition reaches in one step, through any number of imports."""
        if definition not in self._edges:
            reached: set[Definition] = set()
            for imported, name, chain in definition.reads(self.labels):
                if imported is None:
                    self._name(definition.module, name, chain, reached, set())
                else:
                    self._import(definition.module, imported, chain, reached, set())
            reached |= self._always(definition.module)
            self._edges[definition] = frozenset(d for d in reached if d.module.name not in self.silent)
        return self._edges[definition]

    def _name(self, module: Module, name: str, chain: tuple[str, ...], reached: set[Definition], seen: Seen) -> None:
        if (module, name, chain) in seen:
            return
        seen.add((module, name, chain))
        for definition, imported in module.bound.get(name, ()):
            reached.add(definition)
            if imported is not None:
                self._import(module, imported, chain, reached, seen)
        for definition, imported in module.bound.get("*", ()) if name not in module.bound else ():
            assert imported is not None
            reached.add(definition)
            self._import(module, Imported(imported.module, name, imported.level), chain, reached, seen)

    def _import(
        self, module: Module, imported: Imported, chain: tuple[str, ...], reached: set[Definition], seen: Seen
    ) -> None:
        """An imported name and the attributes taken of it: the definition that they lead to, or a whole module."""
        at = self._find(module.absolute(imported))
        names = (imported.attribute, *chain) if imported.attribute else chain
        while at is not None and names:
            inner = self._find(f"{at.name}.{names[0]}")
            if names[0] in at.bound and not (at is module and inner is not None):
                self._name(at, names[0], names[1:], reached, seen)
                return
            if inner is None:
                for definition, lazy in at.lazy.get(names[0], ()):
                    reached.add(definition)
                    assert lazy is not None
                    self._import(at, lazy, tuple(names[1:]), reached, seen)
                if names[0] in at.lazy:
                    return
                break
            at, names = inner, names[1:]
        if at is not None:
            self._all(at, reached, seen)

    def _all(self, module: Module, reached: set[Definition], seen: Seen) -> None:
        if (module, "", ()) in seen:
            return
        seen.add((module, "", ()))
        for name, definitions in module.bound.items():
            reached |= {definition for definition, _ in definitions}
            for _, imported in definitions:
                if imported is not None and self._find(f"{module.absolute(imported)}.{imported.attribute}") is None:
                    self._name(module, name, (), reached, seen)
        reached |= self._always(module)
        if module.is_package:
            folder = module.path if module.path.is_dir() else module.path.parent
            for path in sorted(folder.glob("[!_.]*")):
                inner = self._find(f"{module.name}.{path.stem}")
                if inner is not None:
                    self._all(inner, reached, seen)

    def _registered(self, module: Module) -> Iterator[Definition]:
        """Definitions under a decorator of the package or the folder that may keep them elsewhere."""
        for definition, decorators in module.decorated:
            for decorator in decorators:
                root = decorator.func if isinstance(decorator, ast.Call) else decorator
                names = []
                while isinstance(root, ast.Attribute):
                    names.insert(0, root.attr)
                    root = root.value
                if isinstance(root, ast.Name):
                    reached = self.bound(module, root.id, tuple(names))
                    if any(_keeps(node, d.module) for d in reached for node in d.nodes):
                        yield definition

    def _always(self, module: Module) -> frozenset[Definition]:
        """What counts with any definition of a module: its effects, those of the packages above, compiled sources."""
        if module not in self._standing:
            parts = module.name.split(".")
            above = [self._find(".".join(parts[:i])) for i in range(1, len(parts) + 1)]
            effects = {effect for at in above if at is not None for effect in (*at.effects, *self._registered(at))}
            folder = module.path if module.path.is_dir() else module.path.parent
            native = _native(folder)
            self._standing[module] = frozenset(effects | ({Definition(module, native)} if native else set()))
        return self._standing[module]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which would go through every syntax tree again and again."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@cache
def _module(name: str, path: Path, package: str, states: tuple) -> Module:
    """Parsed once for every state of the file and its stub."""
    return Module(name, path, package)


def _states(path: Path) -> tuple[tuple[int, int], ...]:
    several = (path, path.with_suffix(".pyi"))
    return tuple((s.st_mtime_ns, s.st_size) for s in (one.stat() for one in several if one.exists()))


def _keeps(node: ast.AST, module: Module) -> bool:
    """Whether a decorator's definition may keep what it is given: no function, or one that writes to a name of its module."""
    if not isinstance(node, ast.FunctionDef):
        return True
    for part in ast.walk(node):
        match part:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=root))):
                pass
            case ast.Subscript(value=root, ctx=ast.Store()) | ast.Attribute(value=root, ctx=ast.Store()):
                pass
            case _:
                continue
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        local = module.locals.get((node.name, node.lineno), frozenset())
        if isinstance(root, ast.Name) and root.id in module.bound and root.id not in local:
            bound = module.bound[root.id]
            if any(imported is None or imported.module.partition(".")[0] == module.package for _, imported in bound):
                return True
    return any(isinstance(part, ast.Global) for part in ast.walk(node))


def _assigned(definition: Definition, name: str) -> ast.expr | None:
    """The value of an assignment to one name, to `name` if one is given."""
    match definition.nodes:
        case (ast.Assign(targets=[ast.Name(id=target)], value=value),) | (
            ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value),
        ):
            return value if name in ("", target) else None
    return None


def _native(folder: Path) -> str:
    """The compiled sources of a folder without comments and spaces, shortened; empty without any."""
    texts = []
    for path in sorted(path for path in folder.glob("*") if path.suffix in NATIVE):
        text = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        texts.append(path.name + "".join(text.split()))
    return hashlib.sha256("\n".join(texts).encode()).hexdigest() if texts else ""
