"""The files of results as commands and the report read and write them: summaries, evidence, costs, checks."""

from __future__ import annotations

import functools
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dlstats.pipeline import registry

if TYPE_CHECKING:
    from dlstats.protocol.evidence import Evidence


def write_summaries(config: Mapping, study: str, results: Path, folder: Path) -> None:
    """The summary of every experiment of a study, as `<experiment>.parquet` and `.csv`, in a folder of its own."""
    from dlstats.pipeline import cells, store, summaries

    experiments = registry.load(study).experiments
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for inner, paths in cells.raw_paths(config, study, results).items():
        table = summaries.summarise(experiments[inner], cells.read_raw(paths))
        store.write_table(table, folder / f"{inner}.parquet")


def evidence(config: Mapping, study: str, results: Path, folder: Path | None = None) -> Evidence:
    """What claims and figures of a study read; replicates are read when they are asked for.

    Raises LookupError when a summary is not there.
    """
    from dlstats.pipeline import cells, store
    from dlstats.protocol.evidence import Evidence

    folder = folder or results / "summary" / study
    paths = cells.raw_paths(config, study, results)
    missing = [str(f) for inner in paths if not (f := folder / f"{inner}.parquet").exists()]
    if missing:
        raise LookupError(f"{study} is not finished: {missing[0]} is missing; run `snakemake {study}` first.")
    tables = {inner: store.read_table(folder / f"{inner}.parquet") for inner in paths}
    return Evidence(tables, functools.cache(lambda inner: cells.read_raw(paths[inner])), cells.looks(paths))


def measured_costs(results: Path) -> dict[str, dict[str, float]]:
    """Mean seconds per replicate of every cell in the raw results, by `study.experiment`."""
    import pandas as pd

    found: dict[str, dict[str, float]] = {}
    for path in sorted((results / "raw").glob("*/*/*.parquet")):
        rows = pd.read_parquet(path, columns=["replicate", "seconds"]).drop_duplicates("replicate")
        name = f"{path.parent.parent.name}.{path.parent.name}"
        found.setdefault(name, {})[path.stem] = float(f"{rows['seconds'].mean():.3g}")
    return found


CONTRADICTED = 3
"""Exit status of a run that went to its end and contradicts what is proven."""


def contradictions(results: Path) -> int:
    """3 when a check of the last run failed or a claim is in conflict with what is proven, each said in a line; else 0."""
    import pandas as pd

    from dlstats.protocol import verdict

    lines = []
    for path in sorted((results / "checks").glob("*.parquet")):
        table = pd.read_parquet(path)
        for row in table[~table["holds"].astype(bool)].to_dict("records"):
            lines.append(f"CHECK FAILED: {row['check']} of {row['study']}: {row['statement']}")
    ledger = results / "verdicts.parquet"
    table = pd.read_parquet(ledger) if ledger.exists() else pd.DataFrame({"verdict": []})
    for row in table[table["verdict"] == verdict.CONFLICTS].to_dict("records"):
        lines.append(
            f"CONFLICT: {row['claim']} of {row['study']}: {row['statement']} Measured {row['estimate']:.4g} "
            f"({row['mcse']:.2g}), adjusted p = {row['p_adjusted']:.2g}."
        )
    if lines:
        print("\n".join(lines), file=sys.stderr)
        print(
            "What is proven is contradicted: our code or our reading of it is wrong. The report is written.",
            file=sys.stderr,
        )
    return CONTRADICTED if lines else 0
