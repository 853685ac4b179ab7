"""The figures of a site: each with its files, a thumbnail, the numbers behind it, the code of its study, and how to cite it."""

from __future__ import annotations

import functools
import inspect
import io
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path

from PIL import Image

from dlstats.pipeline import grid, registry
from dlstats.protocol.study import Figure, Study
from dlstats.report import escape
from dlstats.report.files import write_bytes
from dlstats.report.material import Material
from dlstats.report.text import Text, prose

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
    copied: tuple[tuple[Path, str], ...]
    """What is copied into the site, and where to."""

    @property
    def text(self) -> Text:
        """The caption with its maths set."""
        return prose(self.caption)

    @property
    def message(self) -> str:
        """The first sentence of the caption."""
        return re.split(r"(?<=[.!?]) (?=[A-Z])", self.caption)[0]

    @property
    def alt(self) -> str:
        """What the picture says to who cannot see it."""
        return self.caption


def cards(material: Material, reports: Path) -> dict[str, Card]:
    """The drawn figures of finished studies, by key, in the order of the studies."""
    families = {study: family for family, names in grid.families(material.config).items() for study in names}
    found = {}
    for name in material.finished:
        for entry in material.figures.get(name, ()):
            if entry["drawn"]:
                card = _card(material, material.studies[name], families[name], entry, reports)
                found[card.key] = card
    return found


def _card(material: Material, study: Study, family: str, entry: Mapping, reports: Path) -> Card:
    name, drawn = str(entry["figure"]), Path(str(entry["file"]))
    figure = next(f for f in study.figures if f.name == name)
    files = {path.name: path for path in sorted(drawn.parent.glob(f"{name}.*")) if path.suffix[1:] in FORMATS}
    tables = {inner: reports / "tables" / study.name / f"{inner}.csv" for inner in _experiments(entry)}
    copied = [(path, f"figures/{study.name}/{path.name}") for path in files.values()]
    copied += [(path, f"data/{study.name}/{path.name}") for path in tables.values() if path.is_file()]
    code = _code(study, figure)
    if code:
        copied.append((code, f"code/{study.name}/{code.name}.txt"))
    with Image.open(drawn.with_suffix(".png")) as image:
        dots = image.info.get("dpi", (300, 300))[0]
        size = (round(image.width / dots * 96), round(image.height / dots * 96))
    return Card(
        key=f"fig-{study.name}-{name}",
        study=study.name,
        family=family,
        title=study.title,
        caption=str(entry["caption"]),
        bibtex=bibtex(study, name, material),
        files={kind: f"figures/{study.name}/{name}.{kind}" for kind in FORMATS if f"{name}.{kind}" in files},
        data={inner: f"data/{study.name}/{path.name}" for inner, path in tables.items() if path.is_file()},
        code=copied[-1][1] if code else "",
        thumbnail=f"thumbnails/{study.name}-{name}.png",
        size=size,
        copied=tuple(copied),
    )


def _experiments(entry: Mapping) -> list[str]:
    return list(dict.fromkeys(str(cell).partition("/")[0] for cell in entry.get("cells", ())))


def _code(study: Study, figure: Figure) -> Path | None:
    """The file that draws the figure; the study's own where a function of the package does."""
    own = _module(study)
    path = inspect.getsourcefile(_unwrapped(figure.draw))
    drawing = Path(path) if path else None
    return drawing if drawing and (own is None or drawing.is_relative_to(own.parent)) else own


def _module(study: Study) -> Path | None:
    try:
        module = registry.module(study.name)
        if module.endswith(".py"):
            return Path(module)
        spec = util.find_spec(module)
    except (LookupError, ImportError):
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _unwrapped(draw: Callable) -> Callable:
    return _unwrapped(draw.func) if isinstance(draw, functools.partial) else inspect.unwrap(draw)


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
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{dlstats-{study.name}-{figure},\n{body}\n}}"


def write(found: Mapping[str, Card], folder: Path) -> list[Path]:
    """Copy the files of the figures into the folder of a site and draw their thumbnails; returns the paths."""
    paths = []
    for source, where in dict.fromkeys(pair for card in found.values() for pair in card.copied):
        target = folder / where
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        paths.append(target)
    for card in found.values():
        png = next(source for source, _ in card.copied if source.suffix == ".png")
        paths.append(write_bytes(folder / card.thumbnail, thumbnail(png)))
    return paths


def thumbnail(path: Path) -> bytes:
    """A small copy of an image, as PNG of few colours."""
    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.quantize(COLORS).save(out, "PNG", optimize=True)
    return out.getvalue()
