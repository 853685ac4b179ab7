"""The figures of a site: each with its files, a thumbnail, the numbers behind it, the code of its study, and how to cite it."""

from __future__ import annotations

import functools
import inspect
import io
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from dlstats.pipeline import registry
from dlstats.protocol.study import Figure, Study
from dlstats.report import bibliography, escape
from dlstats.report.files import write_bytes
from dlstats.report.material import Material

FORMATS = ("svg", "pdf", "png")
THUMBNAIL = 480
"""Pixels of a thumbnail's width."""
COLORS = 48
"""Colours of a thumbnail, which is an image of few."""


@dataclass(frozen=True)
class Card:
    """A figure as the site shows it; the paths lead from the folder of the site."""

    key: str
    study: str
    family: str
    title: str
    """The study's."""
    caption: str
    bibtex: str
    files: Mapping[str, str]
    """By format."""
    data: Mapping[str, str]
    """Tables by the experiment whose numbers are drawn."""
    code: str
    thumbnail: str
    size: tuple[int, int]
    """Width and height in pixels of the screen, 96 to the inch."""
    copied: Mapping[str, Path]
    """What is copied into the site, by where to."""

    @property
    def message(self) -> str:
        """The first sentence of the caption."""
        return re.split(r"(?<=[.!?]) (?=[A-Z])", self.caption)[0]


def cards(material: Material, reports: Path) -> dict[str, Card]:
    """The drawn figures of finished studies, by key, in the order of the studies."""
    shown = ((material.studies[n], entry) for n in material.finished for entry in material.figures.get(n, ()))
    made = (_card(material, study, entry, reports) for study, entry in shown if entry["drawn"])
    return {card.key: card for card in made}


def _card(material: Material, study: Study, entry: Mapping, reports: Path) -> Card:
    name, drawn = str(entry["figure"]), Path(str(entry["file"]))
    experiments = dict.fromkeys(str(cell).partition("/")[0] for cell in entry.get("cells", ()))
    tables = {inner: reports / "tables" / study.name / f"{inner}.csv" for inner in experiments}
    code = _code(study, next(figure for figure in study.figures if figure.name == name))
    files = {kind: f"figures/{study.name}/{name}.{kind}" for kind in FORMATS}
    data = {inner: f"data/{study.name}/{inner}.csv" for inner, path in tables.items() if path.is_file()}
    shown = f"code/{study.name}/{code.name}.txt"
    copied = {where: drawn.with_suffix(f".{kind}") for kind, where in files.items()}
    copied |= {where: tables[inner] for inner, where in data.items()} | {shown: code}
    with Image.open(drawn.with_suffix(".png")) as image:
        dots = image.info.get("dpi", (300, 300))[0]
        size = (round(image.width / dots * 96), round(image.height / dots * 96))
    return Card(
        key=f"fig-{study.name}-{name}",
        study=study.name,
        family=study.family,
        title=study.title,
        caption=str(entry["caption"]),
        bibtex=bibtex(study, name, material),
        files=files,
        data=data,
        code=shown,
        thumbnail=f"thumbnails/{study.name}-{name}.png",
        size=size,
        copied=copied,
    )


def _code(study: Study, figure: Figure) -> Path:
    """The file that draws the figure; the study's own where a function of the package does."""
    own = registry.file(study.name)
    draw: Any = figure.draw
    while isinstance(draw, functools.partial):
        draw = draw.func
    drawing = Path(inspect.getsourcefile(inspect.unwrap(draw)) or own)
    return drawing if drawing.is_relative_to(own.parent) or not own.is_file() else own


def bibtex(study: Study, figure: str, material: Material) -> str:
    """An entry of a bibliography that names a figure and what it was made from."""
    environment = material.environment
    made = f"Figure {figure} of the study {study.name}, profile {material.profile}, root seed {material.config['seed']}"
    made += f", commit {str(environment['commit'])[:12]}" if environment["commit"] else ""
    fields = {
        "author": "{The dlstats authors}",
        "title": f"{{{escape.latex(study.title)}}}",
        "note": escape.latex(made),
        "howpublished": f"dlstats, version {environment['version']}",
    }
    return bibliography.written("misc", f"dlstats-{study.name}-{figure}", fields)


def write(found: Mapping[str, Card], folder: Path) -> list[Path]:
    """Copy the files of the figures into the folder of a site and draw their thumbnails; returns the paths."""
    copied = {folder / where: source for card in found.values() for where, source in card.copied.items()}
    for target, source in copied.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    small = [write_bytes(folder / card.thumbnail, thumbnail(card.copied[card.files["png"]])) for card in found.values()]
    return [*copied, *small]


def thumbnail(path: Path) -> bytes:
    """A small copy of an image, as PNG of few colours."""
    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.quantize(COLORS).save(out, "PNG", optimize=True)
    return out.getvalue()
