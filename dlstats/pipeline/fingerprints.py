"""The fingerprint of the code behind a result: a digest of the definitions that it reaches, across modules.

A definition is a top-level statement that binds a name. It reaches the names that it reads, in its own module or
through imports; of a module that it takes an attribute of, that attribute; of a module that it uses otherwise, all.
Statements that bind nothing count with any definition of their module, C++ and CUDA sources with any definition of
their folder. Comments, layout, docstrings, annotations and messages do not count (see `syntax` and `words`).

Where the call of a function makes an experiment, of it what decides the rows counts (see `slices`); names of rooms
that are loaded lazily are those of their stub; a function under a decorator that keeps it counts as a statement.

Not seen: modules imported by a computed name or for what they do alone, names bound by `:=` or `match` outside
functions, other packages.
Standard library only, as in `grid`: the Snakefile imports this module.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from dlstats import project
from dlstats.pipeline import sealed
from dlstats.pipeline.modules import Definition, Module
from dlstats.pipeline.reach import NATIVE, Code, Place
from dlstats.pipeline.slices import Slices, split

PACKAGE = Path(__file__).parent.parent
"""Suffixes of the report's files that are no code."""
DESCRIBING = (
    "measures", "contrasts", "slopes", "title", "labels", "description", "claims", "figures", "block", "requires",
    "plug",
)  # fmt: skip
"""Keywords that say what is made of an experiment's rows, or which conditions there are, and change no row."""
ROWS = ("simulate", "streams")
"""Those that decide its rows."""
SUMMARISED = ("measures", "contrasts", "slopes")
HANDED = (("seeds", "Streams"), ("protocol.factor", "Condition"))
"""What every `simulate` is handed, and so reaches without naming it: (module of the package, definition)."""


class Fingerprints:
    """Fingerprints of the code of a package as it is when first asked for.

    `module` is the name of a module, or the path of a study's file outside the package: then its definitions and those of
    the files beside it, or of the package that it is in, count too; of a folder of installed packages only what was
    installed with it.
    """

    def __init__(self, package: Path = PACKAGE) -> None:
        """`package` is the folder of the package."""
        self.package = package
        self._codes: dict[tuple[Path | None, bool], Code] = {}

    def experiments(self, module: str) -> list[str]:
        """The names of a study's experiments; none where they are not written out."""
        code, home = self._open(module, labels=False)
        where, call, _ = _study(code, home)
        return [name for name in _experiments(code, where, call) if name is not None]

    def cells(self, module: str, experiment: str) -> str:
        """What the cells of an experiment are computed by: its `simulate`, or the call that makes the experiment."""
        code, roots = self._cells(module, experiment)
        return code.digest(roots)

    def reached(self, module: str, experiment: str) -> list[str]:
        """The definitions that count in `cells`, as `module:name`."""
        code, roots = self._cells(module, experiment)
        return sorted(f"{d.module.name}:{d.label}" for d in code.reach(roots))

    def trains(self, module: str, experiment: str) -> str:
        """`yes` where its `simulate` reaches what chooses the device of networks, `no` where it does not."""
        code, roots = self._cells(module, experiment)
        device = f"{self.package.name}.training.device"
        return "yes" if any(d.module.name == device for d in code.reach(roots)) else "no"

    def summary(self, module: str, experiment: str) -> str:
        """What its measures, contrasts, slopes and the names of its keys and methods reach."""
        code, home = self._open(module)
        return code.digest(_keywords(code, _experiment(code, home, experiment), SUMMARISED))

    def plug(self, module: str, experiment: str) -> str:
        """What its plug reaches, where it has one of its own; else how the experiment is made."""
        code, home = self._open(module, labels=False)
        place = _experiment(code, home, experiment)
        own = isinstance(place[1], ast.Call) and any(k.arg == "plug" for k in place[1].keywords)
        return code.digest(_keywords(code, place, ("plug",)) if own else self._cells(module, experiment, whole=True)[1])

    def part(self, module: str, keyword: str) -> str:
        """What a keyword of the study reaches, such as `claims`, but not how the experiments simulate.

        Of `experiments` it is what describes them: what their summaries are made by, and all their labels.
        """
        code, home = self._open(module)
        where, call, study = _study(code, home)
        hidden: dict[Definition, list[Definition]] = {}
        for experiment in _experiments(code, where, call).values():
            labelled = ("factors", "keys", "methods") if _is_experiment(experiment[1]) else ("factors", "keys")
            shown = _keywords(code, experiment, (*DESCRIBING, *labelled))
            hidden.setdefault(experiment[2] or study or Definition(where, ""), []).extend(shown)
        roots = [Definition(where, keyword, (k.value,)) for k in call.keywords if k.arg == keyword]
        if keyword == "experiments":
            roots = [definition for shown in hidden.values() for definition in shown]
        return code.digest(roots, hidden)

    def definitions(self, module: str, *names: str) -> str:
        """What top-level names of a module reach; without names, the whole module."""
        code, home = self._open(module)
        for name in names:
            if name not in home.bound:
                raise LookupError(f"{module} must define `{name}`, it defines {', '.join(home.bound)}.")
        roots = set().union(*(code.bound(home, name) for name in names)) if names else code.whole(home)
        return code.digest(roots)

    def _cells(self, module: str, experiment: str, whole: bool = False) -> tuple[Code, list[Definition]]:
        """The code, and what the rows hang on: of a function that makes the experiment its slice, or the `whole`."""
        code, home = self._open(module, labels=False)
        place = where, node, _ = _experiment(code, home, experiment)
        if not isinstance(node, ast.Call):
            return code, [Definition(where, "value", (node,))]
        made = None if whole else _made(code, place)
        if _is_experiment(node):
            first, counted = node.args[:1], [k for k in node.keywords if k.arg in (None, *ROWS)]
        elif made is not None:
            first, counted = node.args, [k for k in node.keywords if k.arg in (None, "factors", *made[1].parameters)]
        else:
            first, counted = [node.func, *node.args], [k for k in node.keywords if k.arg not in DESCRIBING]
        roots = [Definition(where, "simulate", tuple(first))] if first else []
        roots += [Definition(where, str(k.arg), (k.value,)) for k in counted]
        roots += [Definition(made[0], "rows", (made[1].rows,))] if made else []
        return code, roots + self._handed(code)

    def _handed(self, code: Code) -> list[Definition]:
        """The definitions of what a `simulate` is handed, where the package has them."""
        definitions: list[Definition] = []
        for name, definition in HANDED:
            if self.package.joinpath(*name.split(".")).with_suffix(".py").exists():
                definitions += sorted(
                    code.bound(code.module(f"{self.package.name}.{name}"), definition), key=lambda d: d.label
                )
        return definitions

    def _open(self, module: str, labels: bool = True) -> tuple[Code, Module]:
        """The code that a module sees, and the module."""
        folder, path = None, Path(module)
        if module.endswith(".py"):
            path = _stem(path.resolve())
            folder = next(above for above in path.parents if not (above / "__init__.py").exists())
            module = ".".join(path.relative_to(folder).parts)
        elif module.partition(".")[0] != self.package.name:
            spec = importlib.util.find_spec(module)
            folder = _stem(Path(spec.origin)).parents[module.count(".")] if spec and spec.origin else None
        if (folder, labels) not in self._codes:
            own = project.installed_with(folder, module.partition(".")[0]) if folder else None
            self._codes[folder, labels] = Code(self.package, folder, labels, own)
        code = self._codes[folder, labels]
        return code, code.module(module)


def _stem(path: Path) -> Path:
    """What a module is imported by, of its file: a package's folder, or the file without its suffix."""
    return path.parent if path.name == "__init__.py" else path.with_suffix("")


def _study(code: Code, home: Module) -> tuple[Module, ast.Call, Definition | None]:
    where, node, definition = code.value(home, ast.Name("STUDY", ast.Load()))
    if not isinstance(node, ast.Call):
        raise LookupError(f"{home.name} must define STUDY = Study(...), it has no such call.")
    return where, node, definition


def _experiments(code: Code, where: Module, call: ast.Call) -> dict[str | None, Place]:
    """The experiments by name; all in one, under None, where they are not written out."""
    written = next((k.value for k in call.keywords if k.arg == "experiments"), ast.Dict([], []))
    whole = code.value(where, written)
    experiments: dict[str | None, Place] = {}
    waiting = [whole]
    while waiting:
        module, node, definition = waiting.pop()
        if not isinstance(node, ast.Dict):
            return {None: whole}
        for key, value in zip(node.keys, node.values, strict=True):
            inner_module, inner, own = code.value(module, value)
            place = inner_module, inner, own or definition
            if key is None:
                waiting.append(place)
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                experiments[key.value] = place
            else:
                return {None: whole}
    return experiments


def _experiment(code: Code, home: Module, name: str) -> Place:
    where, call, _ = _study(code, home)
    experiments = _experiments(code, where, call)
    if None in experiments:
        return experiments[None]
    if name not in experiments:
        raise LookupError(f"{home.name} must have the experiment `{name}`, it has {', '.join(map(str, experiments))}.")
    return experiments[name]


def _keywords(code: Code, place: Place, wanted: Iterable[str]) -> list[Definition]:
    """Keywords of the call that makes an experiment, and the names of its keys and methods."""
    where, call, _ = place
    if not isinstance(call, ast.Call):
        return [Definition(where, "value", (call,))]
    definitions = [Definition(where, str(k.arg), (k.value,)) for k in call.keywords if k.arg is None or k.arg in wanted]
    for keyword in call.keywords:
        if keyword.arg in ("keys", "methods"):
            module, value, _ = code.value(where, keyword.value)
            names = tuple(key for key in value.keys if key is not None) if isinstance(value, ast.Dict) else ()
            written = isinstance(value, ast.Dict) and len(names) == len(value.keys)
            definitions.append(Definition(module, keyword.arg, names if written else (value,)))
    made = _made(code, place)
    return [*definitions, Definition(made[0], "shown", (made[1].shown,))] if made else definitions


def _made(code: Code, place: Place) -> tuple[Module, Slices] | None:
    """The slices of the function whose call makes an experiment, and its module."""
    where, call, _ = place
    if not isinstance(call, ast.Call) or _is_experiment(call):
        return None
    chain, node = [], call.func
    while isinstance(node, ast.Attribute):
        chain.insert(0, node.attr)
        node = node.value
    found = [d for d in code.bound(where, node.id, tuple(chain)) if d.nodes] if isinstance(node, ast.Name) else []
    sliced = split(found[0].nodes[0], ROWS) if len(found) == 1 else None
    return (found[0].module, sliced) if sliced else None


def _is_experiment(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    return getattr(called, "attr", getattr(called, "id", None)) == "Experiment"


HERE = Fingerprints()
_known: dict[str, str] = {}


def _remembered(ask: Callable[..., str]) -> Callable[..., str]:
    def answer(*words: str) -> str:
        question = " ".join((ask.__name__, *words))
        if question not in _known:
            _known[question] = ask(*words)
        return _known[question]

    return answer


cells, summary, part = _remembered(HERE.cells), _remembered(HERE.summary), _remembered(HERE.part)
definitions, plug, trains = map(_remembered, (HERE.definitions, HERE.plug, HERE.trains))


def known() -> dict[str, str]:
    """All fingerprints of the package's own code that were asked for in this process, by what was asked."""
    return {question: digest for question, digest in _known.items() if question.split()[1].startswith("dlstats.")}


def know(digests: Mapping[str, str]) -> None:
    """Take over what another process has `known` of the same code."""
    _known.update(digests)


def stamp() -> str:
    """Changes whenever a file of the package is written: a digest of names, sizes and times of writing and of any change."""
    files = sorted(path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".pyi", *NATIVE))
    states = [(str(path), (s := path.stat()).st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino) for path in files]
    return hashlib.sha256(repr(states).encode()).hexdigest()[:16]


def remember(file: Path) -> None:
    """Write what is `known` for a later process with the same code."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
    sealed.write(file, json.dumps([stamp(), known()]))


def recall(file: Path) -> None:
    """Know what another process has remembered, if the file is whole and no file of the package was touched since."""
    text = sealed.read(file)
    if text is not None:
        code, digests = json.loads(text)
        know(digests if code == stamp() else {})
