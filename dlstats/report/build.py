"""The report, from whatever is finished: one document as PDF, a site, and the files beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlstats.pipeline import grid, origins, records
from dlstats.plotting import overview as drawings
from dlstats.plotting import style
from dlstats.protocol.origin import MEANING
from dlstats.report import figures, ledger, overview, paper, site, tables, typst
from dlstats.report.blocks import Picture
from dlstats.report.files import packaged, write_bytes
from dlstats.report.material import Material, collect
from dlstats.report.text import prose

OVERVIEW = "overview"
"""Name of the figure of the first page."""
HEIGHT = 2.55
"""Its height in inches."""


def write(
    config: Mapping, results: Path, reports: Path, *, out: Path | None = None, **options: Any
) -> tuple[Path, Path]:
    """Write `dlstats.pdf` and the site `html/` into `out` (`reports` if not given); returns the PDF and the site's first page.

    Beside them, in `tables`, the whole ledger as `ledger.csv`, `.tex` and `.md`, and in `figures` the overview. `options`
    are those of `material.collect`, which reads the results and the tracked files in `reports`.
    """
    out = Path(out or reports)
    material = collect(config, Path(results), Path(reports), **options)
    drawn = overview_files(material, out / "figures")
    listed = tables.write_all(
        [ledger.table(material.verdicts, "The ledger: what is required, what was found, and the verdict.", "ledger")],
        {"ledger": material.verdicts},
        out / "tables",
    )
    made = paper.build(material, overview_picture(drawn))
    printed = write_bytes(out / "dlstats.pdf", typst.pdf(made, Path(reports)))
    pages = site.write(material, Path(reports), out / "html")
    record = {"profile": material.profile, "unfinished": dict(material.unfinished)}
    record["left_out"] = list(material.left_out)
    records.write(origins.report_path(out), record, material.origin, [printed, *pages, *drawn, *listed])
    return printed, pages[0]


def overview_files(material: Material, folder: Path) -> list[Path]:
    """The figure of the ledger as `overview.pdf`, `.png` and `.svg` in `folder`; none while nothing is judged."""
    if material.verdicts.empty:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    short = packaged("texts.yaml")["short"]
    parts = [
        ("by family", overview.counts(material.verdicts, "family", grid.families(material.config))),
        ("by who says it", overview.counts(material.verdicts, "origin", MEANING)),
    ]
    with style.journal():
        canvas = style.new_figure("two-column", HEIGHT)
        drawings.draw(canvas, parts, {**MEANING, **short}, overview.strip(material.verdicts))
        return [figures.save(canvas, folder / f"{OVERVIEW}.{suffix}") for suffix in figures.FORMATS]


def overview_picture(files: list[Path]) -> Picture | None:
    """The figure of the ledger for the first page."""
    svg = [path for path in files if path.suffix == ".svg"]
    caption = packaged("texts.yaml")["front"]["overview"]
    return Picture(f"fig-{OVERVIEW}", str(svg[0]), prose(caption), caption, style.WIDTHS["two-column"]) if svg else None
