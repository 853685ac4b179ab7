"""The report, from whatever is finished: one document as PDF, and a site."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlstats.pipeline import origins, records
from dlstats.report import document, ledger, site, table_files, typst
from dlstats.report.files import write_bytes
from dlstats.report.material import collect


def write(
    config: Mapping, results: Path, reports: Path, *, out: Path | None = None, **options: Any
) -> tuple[Path, Path]:
    """Write `dlstats.pdf` and the site `html/` into `out` (`reports` if not given); returns the PDF and the site's first page.

    Beside them, in `tables`, the whole ledger as `ledger.csv`, `.tex` and `.md`. `options` are those of
    `material.collect`, which reads the results and the tracked files in `reports`.
    """
    out = Path(out or reports)
    material = collect(config, Path(results), Path(reports), **options)
    made = document.build(material)
    grid = ledger.grid(material.verdicts, "The ledger: theory, measurement and verdict.", "ledger")
    tables = table_files.write_all([grid], {"ledger": material.verdicts}, out / "tables")
    printed = write_bytes(out / "dlstats.pdf", typst.pdf(made, Path(reports)))
    pages = site.write(material, Path(reports), out / "html")
    record = {"profile": material.profile, "unfinished": dict(material.unfinished)}
    records.write(origins.report_path(out), record, material.origin, [printed, *pages, *tables])
    return printed, pages[0]
