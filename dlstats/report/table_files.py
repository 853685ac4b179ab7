"""The tables of a study as files for manuscripts: CSV, LaTeX (booktabs, siunitx) and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from dlstats.protocol.study import Study
from dlstats.report import latex, ledger, markdown
from dlstats.report.files import write_text
from dlstats.report.tables import Grid, summary_grids


def write(study: Study, summaries: Mapping[str, pd.DataFrame], measured: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the tables of a study into `folder`: CSV with all digits, LaTeX and Markdown.

    Returns the paths: `<experiment>.csv`, `summary_<k>.tex`, `summary_<k>.md` and `claims.csv`, `.tex`, `.md`.
    """
    folder = Path(folder)
    frames = {**summaries, "claims": measured}
    return [
        *write_grids(summary_grids(study, summaries), folder),
        *write_grids(
            [ledger.grid(measured, f"What the claims of the study “{study.title}” measure.", "claims")], folder
        ),
        *(write_csv(frame, folder / f"{name}.csv") for name, frame in frames.items()),
    ]


def write_grids(grids: Iterable[Grid], folder: Path) -> list[Path]:
    """Write each grid as `<name>.tex` and `<name>.md`."""
    written = []
    for grid in grids:
        for suffix, printer in ((".tex", latex.table), (".md", markdown.table)):
            written.append(write_text(folder / f"{grid.name}{suffix}", printer(grid)))
    return written


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame with the digits that read back to the same numbers."""
    return write_text(path, frame.to_csv(index=False, lineterminator="\n"))
