"""Tables as files for manuscripts: CSV with all digits, LaTeX (booktabs, siunitx) and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from dlstats.protocol.study import Study
from dlstats.report import latex, ledger, markdown
from dlstats.report.files import write_text
from dlstats.report.tables import Grid, summary_grids


def write(study: Study, summaries: Mapping[str, pd.DataFrame], measured: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the tables of a study: `<experiment>.csv`, `summary_<k>.tex`, `.md` and `claims.csv`, `.tex`, `.md`."""
    claims = ledger.grid(measured, f"What the claims of the study “{study.title}” measure.", "claims")
    return write_all([*summary_grids(study, summaries), claims], {**summaries, "claims": measured}, folder)


def write_all(grids: Iterable[Grid], frames: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write each grid as `<name>.tex` and `.md`, each frame as `<name>.csv`; returns the paths."""
    texts: dict[str, str] = {}
    for grid in grids:
        texts |= {f"{grid.name}.tex": latex.table(grid), f"{grid.name}.md": markdown.table(grid)}
    texts |= {f"{name}.csv": frame.to_csv(index=False, lineterminator="\n") for name, frame in frames.items()}
    return [write_text(Path(folder) / name, text) for name, text in texts.items()]
