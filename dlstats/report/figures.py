"""The figures of a study: drawn from its evidence, written as PDF, PNG and SVG with where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.figure

from dlstats.pipeline import records
from dlstats.plotting import slides, style
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure, Study

FORMATS = ("pdf", "png", "svg")

_METADATA = {
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": "dlstats", "Producer": None},
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


def draw(
    study: Study,
    evidence: Evidence,
    folder: Path,
    *,
    origin: Mapping[str, object] | None = None,
    details: Mapping[str, object] | None = None,
    face: str = "serif",
    width: str | None = None,
    formats: Sequence[str] = FORMATS,
) -> list[Path]:
    """Draw every figure of a study into `folder`, in all formats or some, with `<name>.json`, its record.

    `origin` is what the evidence was made from, `details` what else the records are to say. A figure that finds no evidence
    yet (LookupError) leaves only its record, with the reason. `width` overrides the figure's own. Returns the paths
    written.
    """
    written: list[Path] = []
    for figure in study.figures:
        fresh = Evidence(evidence.summaries, evidence.replicates, experiments=study.experiments)
        files, record = _draw_one(figure, fresh, Path(folder), face, width or figure.width, formats)
        record = {"study": study.name, "command": f"dlstats draw {study.name}", **(details or {}), **record}
        written += [*files, records.write(Path(folder) / f"{figure.name}.json", record, origin or {}, files)]
    return written


def draw_slides(study: Study, evidence: Evidence, folder: Path) -> list[Path]:
    """Draw every figure of a study into `folder` for a slide: 16:9, sans serif, at least 18 pt, as PDF and PNG.

    A figure without evidence is left out. Returns the paths written.
    """
    written: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    for figure in study.figures:
        with slides.slide():
            canvas = slides.new_slide()
            try:
                _draw(figure, Evidence(evidence.summaries, evidence.replicates, experiments=study.experiments), canvas)
            except LookupError:
                continue
            slides.enlarge(canvas)
            written += [save(canvas, folder / f"{figure.name}.{suffix}") for suffix in ("pdf", "png")]
    return written


def save(canvas: matplotlib.figure.Figure, path: Path) -> Path:
    """Write a figure in the format of its suffix, without dates and versions: equal figures give equal bytes.

    It is laid out by the first that is written, and the same in all others.
    """
    canvas.savefig(path, metadata=_METADATA[path.suffix[1:]])
    canvas.set_layout_engine("none")
    return path


def _draw(figure: Figure, evidence: Evidence, canvas: matplotlib.figure.Figure) -> None:
    """Draw a figure. Raises LookupError where it finds no evidence, or none that is finite, which many axes refuse."""
    try:
        figure.draw(evidence, canvas)
    except ValueError:
        if not evidence.void:
            raise
    if evidence.void:
        raise LookupError("no number that it reads is finite, since every replicate failed")


def _draw_one(
    figure: Figure, evidence: Evidence, folder: Path, face: str, width: str, formats: Sequence[str]
) -> tuple[list[Path], dict]:
    """The files of a figure, and what its record says."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{figure.name}.{suffix}" for suffix in formats]
    reason = ""
    with style.journal(face):
        canvas = style.new_figure(width, figure.height)
        try:
            _draw(figure, evidence, canvas)
            for path in paths:
                save(canvas, path)
        except LookupError as error:
            reason = str(error).strip("'\"") or type(error).__name__
    if reason:
        for path in paths:
            path.unlink(missing_ok=True)
    record: dict[str, object] = {"figure": figure.name, "caption": figure.caption, "width": width}
    record["cells"] = [f"{experiment}/{cell}" for experiment, cell in evidence.used]
    return [] if reason else paths, record | {"drawn": not reason, "reason": reason}
