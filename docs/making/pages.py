"""Pages that are made from the package when the site is built: the rooms' exports, and a gallery of the studies."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

import dlstats
from dlstats.pipeline import registry
from dlstats.protocol.origin import Derived
from dlstats.protocol.study import Study
from dlstats.report import families

FOLDER = "generated"
FAMILIES = {
    "approximation": "Approximation",
    "excess_risk": "Excess risk",
    "robust": "Robust and quantile losses",
    "imbalance": "Class imbalance",
    "likelihood": "Likelihood and foundations",
    "complexity": "Complexity",
    "optimisers": "Optimisers",
    "dynamics": "Dynamics of training",
    "monte_carlo": "The suite's own statistics",
}


def sources(package: ModuleType) -> dict[str, str]:
    """Name -> module that defines it, from the imports of a room's stub, or of its `__init__` where it has none."""
    file = Path(str(package.__file__))
    text = (stub if (stub := file.with_suffix(".pyi")).exists() else file).read_text(encoding="utf-8")
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            start = package.__name__ if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            found |= {alias.name: module for alias in node.names}
    return found


def directive(room: str, name: str, given: object, module: str) -> Iterator[str]:
    """The lines that document one export of a room."""
    full = f"dlstats.{room}.{name}"
    if isinstance(given, ModuleType):
        yield from (f"## {name}", "", "```{eval-rst}", f".. automodule:: {full}", "   :members:", "```", "")
    elif inspect.isclass(given):
        yield from ("```{eval-rst}", f".. autoclass:: {full}", "   :members:", "```", "")
    elif inspect.isroutine(given):
        yield from ("```{eval-rst}", f".. autofunction:: {full}", "```", "")
    else:
        text = ModuleAnalyzer.for_module(module).find_attr_docs().get(("", name), [""])
        yield from (
            "```{eval-rst}",
            f".. py:currentmodule:: dlstats.{room}",
            "",
            f".. py:data:: {name}",
            "",
            *(f"   {line}" for line in escaped([*text, *(members(given) if isinstance(given, Mapping) else ())])),
            "```",
            "",
        )


def members(table: Mapping) -> Iterator[str]:
    """The names of a table with the options of each that has any, and with what its docstring says in its first line."""
    for name, given in table.items():
        made = getattr(given, "compute", given)
        options = list(inspect.signature(made).parameters.values())[1:] if hasattr(given, "compute") else []
        told = inspect.getdoc(getattr(made, "func", made)) if inspect.isroutine(getattr(made, "func", made)) else ""
        first = (told or "").partition("\n\n")[0].replace("\n", " ")
        shown = [one.name if one.default is one.empty else f"{one.name}={one.default!r}" for one in options]
        named = f"`{name}`" + (f" ({', '.join(f'`{option}`' for option in shown)})" if shown else "")
        yield f"- {named}{f': {first}' if first else ''}"
    yield ""


def room_page(room: str) -> str:
    """The page of a room: its docstring, functions and classes, then the modules that it exports whole."""
    package = import_module(f"dlstats.{room}")
    where = sources(package)
    lines = [f"# dlstats.{room}", "", "```{eval-rst}", f".. automodule:: dlstats.{room}", "   :no-members:", "```", ""]
    for name in sorted(package.__all__, key=lambda name: _place(getattr(package, name))):
        lines += directive(room, name, getattr(package, name), where[name])
    return "\n".join(lines)


def _place(given: object) -> int:
    """Functions and classes come first, then constants, then modules."""
    return 2 if isinstance(given, ModuleType) else 0 if inspect.isclass(given) or inspect.isroutine(given) else 1


def picture(study: Study, places: Iterable[Path]) -> tuple[Path, str] | None:
    """The first figure of a study that is drawn in one of some folders, and at which size; None where none is."""
    for folder in places:
        for figure in study.figures:
            path = folder / study.name / f"{figure.name}.svg"
            if path.exists():
                made = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["origin"]
                small = ", its smallest size, too small for verdicts" if made["design"] == "smoke" else ""
                return path, f"Picture: design {made['design']}, seed {made['seed']}{small}."
    return None


def card(study: Study, image: str, drawn: str) -> list[str]:
    """A study: its picture and how that was drawn, aims, claims, proofs, and the command that runs it."""
    proofs = dict.fromkeys(
        one.origin.proof.partition("#")[0]
        for one in (*study.claims, *study.checks)
        if isinstance(one.origin, Derived) and ".md" in one.origin.proof
    )
    links = ", ".join(f"[{name.removesuffix('.md')}](../proofs/{name})" for name in proofs)
    counts = f"Claims: {len(study.claims)}; checks: {len(study.checks)}" + (f"; proofs: {links}" if links else "")
    name = image.partition("/")[2].removeprefix(f"{study.name}-").removesuffix(".svg")
    captions = [plain(figure.caption) for figure in study.figures if figure.name == name]
    head = [f":::{{grid-item-card}} {escape(study.title)}"]
    head += [f":img-top: {image}", f":img-alt: {captions[0]}"] if image else []
    told = [escape(study.aims), counts, *([drawn] if drawn else []), f"`dlstats run every {study.name}`"]
    return [*head, "", *(line for text in told for line in (text, "")), ":::", ""]


def comparison(table: families.Comparison) -> list[str]:
    """A family's table of words, with its caption."""
    rows = [table.columns, ["---"] * len(table.columns), *table.rows]
    return ["", escape(table.caption), "", *("| " + " | ".join(map(escape, row)) + " |" for row in rows), ""]


def plain(text: str) -> str:
    """A caption as an alternative text: one line, formulas without their dollars."""
    return " ".join(text.replace("$", "").split())


def escape(text: str) -> str:
    """Words of a study as Markdown: no asterisk, underscore or bracket of theirs is markup; formulas stay."""
    parts = re.split(r"(\$[^$]+\$|`[^`]+`)", " ".join(text.split()))
    return "".join(part if i % 2 else re.sub(r"([*_\[\]<|])", r"\\\1", part) for i, part in enumerate(parts))


def gallery(root: Path, folder: Path) -> str:
    """All studies, family by family; pictures are those of the report or else those of `make docs`, copied to `folder`."""
    reports = root / "reports"
    places = [reports / "figures", root / "build" / "gallery" / "reports" / "figures"]
    lines = [(Path(__file__).with_name("gallery.md")).read_text(encoding="utf-8")]
    asked = families.load(reports / families.FILE)
    for family, title in FAMILIES.items():
        lines += ["", f"## {title}", "", "::::{grid} 1 2 2 2", ":gutter: 3", ""]
        for name in (name for name in registry.studies() if registry.family(name) == family):
            study = registry.load(name)
            path, drawn = picture(study, places) or (None, "")
            image = f"{folder.name}/{name}-{path.name}" if path else ""
            if path:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder.parent / image)
            lines += card(study, image, drawn)
        lines.append("::::")
        lines += [line for question in asked.get(family, ()) if question.table for line in comparison(question.table)]
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Write a page if it has changed, so that Sphinx reads again only what it must."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def generate(app: Sphinx) -> None:
    """Write all generated pages."""
    folder = Path(app.srcdir) / FOLDER
    rooms = dir(dlstats)
    for room in rooms:
        write(folder / "api" / f"{room}.md", room_page(room))
    write(folder / "gallery.md", gallery(Path(app.srcdir).parent, folder / "figures"))


def escaped(lines: list[str]) -> list[str]:
    """A docstring as reStructuredText: outside examples and code, marks that would be markup are characters."""
    out, example = [], False
    for line in lines:
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        parts = [line] if example else re.split(r"(`[^`]*`)", line)
        out.append("".join(part if example or i % 2 else _plain(part) for i, part in enumerate(parts)))
    return out


def _plain(text: str) -> str:
    return re.sub(r"(\\|\*|\||_(?=\W|$))", r"\\\1", text)


def docstring(app: Sphinx, what: str, name: str, given: object, options: object, lines: list[str]) -> None:
    """Hand Sphinx a docstring with its marks escaped."""
    lines[:] = escaped(lines)


def signature(
    app: Sphinx, what: str, name: str, given: object, options: object, shown: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """A signature in which what has no written form, such as a field's factory, is an ellipsis."""
    return re.sub(r"<[^<>]*>", "...", shown) if shown else shown, returned


def values(app: Sphinx, doctree: nodes.document) -> None:
    """Take away the values of constants that have no written form, such as functions."""
    for node in list(doctree.findall(addnodes.desc_annotation)):
        if re.search(r"<.*>", node.astext()):
            node.parent.remove(node)


def contents(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the proofs into the site's table of contents; their own table is one for readers of the repository, too."""
    if name == "proofs/README":
        source[0] += "\n\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"


def setup(app: Sphinx) -> dict:
    """Register what makes pages and what reads docstrings."""
    app.connect("builder-inited", generate)
    app.connect("autodoc-process-signature", signature)
    app.connect("doctree-read", values)
    app.connect("source-read", contents)
    app.connect("autodoc-process-docstring", docstring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
