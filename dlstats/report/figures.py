"""The figures of a study: drawn from its evidence, written as PDF, PNG and SVG with where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from dlstats.plotting import style
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure, Study
from dlstats.report import provenance
from dlstats.report.files import write_json

FORMATS = ("pdf", "png", "svg")

_METADATA = {
    # without dates and versions, so that the same evidence gives the same bytes
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": "dlstats", "Producer": None},
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


def draw(
    study: Study,
    evidence: Evidence,
    folder: Path,
    *,
    fingerprint: str = "",
    inputs: Mapping[str, str] | None = None,
    face: str = "serif",
    width: str | None = None,
) -> list[Path]:
    """Draw every figure of a study into `folder`: `<name>.pdf`, `.png`, `.svg` and `<name>.json`, its provenance.

    A figure that finds no evidence yet (LookupError) leaves only its provenance, with the reason. `width` overrides
    the figure's own. `study.json` says what the raw results cost and what failed. Returns the paths written.
    """
    written = [write_json(Path(folder) / provenance.RECORD, provenance.record(study, evidence, fingerprint))]
    origin: dict[str, object] = {"study": study.name, "command": f"dlstats draw {study.name}"}
    origin |= {"fingerprint": fingerprint, "inputs": dict(sorted((inputs or {}).items()))}
    for figure in study.figures:
        fresh = Evidence(evidence.summaries, evidence.replicates)
        written += _draw_one(figure, fresh, Path(folder), origin, face, width or figure.width)
    return written


def _draw_one(figure: Figure, evidence: Evidence, folder: Path, origin: Mapping, face: str, width: str) -> list[Path]:
    paths = [folder / f"{figure.name}.{suffix}" for suffix in FORMATS]
    reason = ""
    with style.journal(face):
        canvas = style.new_figure(width, figure.height)
        try:
            figure.draw(evidence, canvas)
            for path in paths:
                canvas.savefig(path, metadata=_METADATA[path.suffix[1:]])
        except LookupError as error:
            reason = str(error).strip("'\"") or type(error).__name__
    if reason:
        for path in paths:
            path.unlink(missing_ok=True)
    drawn = [] if reason else paths
    origin = {**origin, "figure": figure.name, "caption": figure.caption, "width": width}
    origin["cells"] = [f"{experiment}/{cell}" for experiment, cell in evidence.used]
    origin |= {"drawn": not reason, "reason": reason, "files": {path.name: digest(path) for path in drawn}}
    return [*drawn, write_json(folder / f"{figure.name}.json", origin)]


def digest(path: Path) -> str:
    """Short SHA-256 of a file, as provenance states it."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
