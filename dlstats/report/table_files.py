"""Tables as files for manuscripts: CSV with all digits, LaTeX (booktabs, siunitx) and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from dlstats.protocol.study import Study
from dlstats.report import latex, ledger, markdown, tables
from dlstats.report.blocks import Table
from dlstats.report.files import write_text


def write(study: Study, summaries: Mapping[str, pd.DataFrame], measured: pd.DataFrame, folder: Path) -> list[Path]:
    """Write the tables of a study: `<experiment>.csv`, `summary_<k>.tex`, `.md` and `claims.csv`, `.tex`, `.md`."""
    claims = ledger.table(measured, f"What the claims of the study “{study.title}” measure.", "claims")
    return write_all([*tables.of_study(study, summaries), claims], {**summaries, "claims": measured}, folder)


def write_all(made: Iterable[Table], frames: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write each table as `<name>.tex` and `.md`, each frame as `<name>.csv`; returns the paths."""
    texts: dict[str, str] = {}
    for table in made:
        texts |= {f"{table.key}.tex": latex.table(table), f"{table.key}.md": markdown.table(table)}
    texts |= {f"{name}.csv": frame.to_csv(index=False, lineterminator="\n") for name, frame in frames.items()}
    return [write_text(Path(folder) / name, text) for name, text in texts.items()]
