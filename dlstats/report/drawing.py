"""What commands ask of the report for one study: its figures and tables, its protocol, its export for a manuscript."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlstats.pipeline import cells, registry, results, store
from dlstats.report import ademp, figures, markdown, provenance, table_files
from dlstats.report import export as exports
from dlstats.report import protocol as protocols
from dlstats.report.files import write_json, write_text


def draw(config: Mapping, study: str, folder: Path, reports: Path) -> None:
    """Figures and tables of a study, with where they come from; `folder` holds the results."""
    loaded = registry.load(study)
    evidence = results.evidence(config, study, folder)
    measured = store.read_table(folder / "measured" / f"{study}.parquet")
    raw = [path for paths in cells.raw_paths(config, study, folder).values() for path in paths]
    files = [*raw, *sorted((folder / "summary" / study).glob("*.parquet"))]
    inputs = {str(path): figures.digest(path) for path in files}
    out = reports / "figures" / study
    figures.draw(loaded, evidence, out, fingerprint=cells.computed_by(raw), inputs=inputs)
    table_files.write(loaded, evidence.summaries, measured, reports / "tables" / study)


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
    ledger = store.read_table(folder / "verdicts.parquet")
    verdicts = ledger[ledger["study"] == study]
    evidence = results.evidence(config, study, folder)
    machine = provenance.environment()
    return exports.write(config, registry.load(study), evidence, verdicts, reports, out, environment=machine, **options)
