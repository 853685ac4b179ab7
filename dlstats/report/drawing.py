"""What commands ask of the report for one study: its figures and tables, its protocol, its export for a manuscript."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dlstats.pipeline import cells, checks, origins, records, registry, results, store
from dlstats.report import ademp, figures, markdown, provenance, tables
from dlstats.report import export as exports
from dlstats.report import protocol as protocols
from dlstats.report.files import write_json, write_text


def draw(config: Mapping, study: str, folder: Path, reports: Path) -> None:
    """Figures and tables of a study, with a record of where they come from; `folder` holds the results."""
    loaded, evidence = registry.load(study), results.evidence(config, study, folder)
    measured, origin = results.measured(config, study, folder), origins.drawn(config, study, folder)
    raw = {path: made for files in origins.raw(config, study, folder).values() for path, made in files.items()}
    read = [*raw, *origins.summaries(config, study, folder)]
    computed_by = cells.computed_by(raw)
    details = {"fingerprint": computed_by, "inputs": {str(path): store.header(path).content for path in sorted(read)}}
    record = origins.drawn_path(reports, study)
    files = figures.draw(loaded, evidence, record.parent, origin=origin, details=details)
    files += tables.write(loaded, evidence.summaries, measured, reports / "tables" / study)
    records.write(record, provenance.record(loaded, evidence, computed_by, cells.trained_by(raw)), origin, files)


def slides(config: Mapping, study: str, folder: Path, reports: Path) -> list[Path]:
    """Figures of a study for slides, beside those for print in a folder `slides`; `folder` holds the results."""
    out = origins.drawn_path(reports, study).parent / "slides"
    return figures.draw_slides(registry.load(study), results.evidence(config, study, folder), out)


def protocol(config: Mapping, study: str, reports: Path) -> list[Path]:
    """Write the protocol as Markdown to read and JSON to compare with; returns the paths."""
    fixed = protocols.protocol(config, registry.load(study))
    folder = Path(reports) / protocols.FOLDER
    return [
        write_text(folder / f"{study}.md", markdown.document(ademp.document(fixed))),
        write_json(folder / f"{study}.json", {"hash": fixed.hash, "protocol": fixed.data}),
    ]


def export(config: Mapping, study: str, folder: Path, reports: Path, out: Path, **options: Any) -> list[Path]:
    """A folder for a manuscript; `folder` holds the results."""
    ledger, evidence, loaded = (
        results.ledger(config, folder),
        results.evidence(config, study, folder),
        registry.load(study),
    )
    held = results.checks(config, study, folder) if loaded.checks else pd.DataFrame(columns=checks.COLUMNS)
    machine = provenance.environment()
    return exports.write(config, loaded, evidence, ledger, held, reports, out, environment=machine, **options)
