"""The report, from whatever is finished: one document, printed as PDF and as HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from dlstats.protocol.study import Study
from dlstats.report import document, html, ledger, table_files, typst
from dlstats.report.files import write_bytes
from dlstats.report.material import collect


def write(
    config: Mapping,
    results: Path,
    reports: Path,
    *,
    profile: str = "",
    environment: Mapping | None = None,
    load: Callable[[str], Study] | None = None,
    out: Path | None = None,
) -> tuple[Path, Path]:
    """Write `dlstats.pdf` and `dlstats.html` into `out` (`reports` if not given) and return their paths.

    Beside them, in `tables`, the whole ledger as `ledger.csv`, `.tex` and `.md`.

    Read are `results/summary`, `results/checks`, `results/verdicts.parquet` (and
    `results/verdicts/` for studies that the ledger does not
    hold yet), `reports/figures`, and the tracked files in `reports`: template, page, errata, bibliography. `profile` is
    the name of the configuration, `environment` what `provenance.environment` gives, `load` finds a study by its name.
    """
    out = Path(out or reports)
    material = collect(config, Path(results), Path(reports), profile=profile, environment=environment, load=load)
    made = document.build(material)
    grid = ledger.grid(material.verdicts, "The ledger: theory, measurement and verdict.", "ledger")
    table_files.write_grids([grid], out / "tables")
    table_files.write_csv(material.verdicts, out / "tables" / "ledger.csv")
    return (
        write_bytes(out / "dlstats.pdf", typst.pdf(made, Path(reports))),
        write_bytes(out / "dlstats.html", html.page(made, material.sources, Path(reports)).encode()),
    )
