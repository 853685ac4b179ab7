"""The files of results as commands and the report read and write them: each is checked against what is asked for."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from dlstats.pipeline import cells, origins, registry, store
from dlstats.pipeline import checks as all_checks
from dlstats.pipeline import ledger as ledgers
from dlstats.pipeline import summaries as estimates
from dlstats.protocol import verdict
from dlstats.protocol.evidence import Evidence

NOT_SUMMARISED = ("study", "experiment", "seed", "seconds")
"""Columns of raw replicates that no summary needs: the first three are the same in a whole file."""


def write_summaries(config: Mapping, study: str, results: Path) -> None:
    """The summary of every experiment of a study, as `<experiment>.parquet` and `.csv`, in a folder of its own.

    A study of checks alone gets an empty folder, which the workflow asks for.
    """
    experiments, files = registry.load(study).experiments, origins.raw(config, study, results)
    made = origins.summaries(config, study, results)
    tables = {
        path: estimates.summarise(experiments[path.stem], cells.read_raw(files[path.stem], NOT_SUMMARISED))
        for path in made
    }
    (results / "summary" / study).mkdir(parents=True, exist_ok=True)
    for path, table in tables.items():
        store.write_table(table, path, made[path])


def evidence(config: Mapping, study: str, results: Path) -> Evidence:
    """What claims and figures of a study read; replicates are read when they are asked for.

    Raises Unusable when a summary or what it was made from is not there, damaged, or not what is asked for.
    """
    files = origins.raw(config, study, results)
    return Evidence(
        summaries(config, study, results),
        functools.cache(lambda inner: cells.read_raw(files[inner])),
        cells.looks(files),
        experiments=registry.load(study).experiments,
    )


def summaries(config: Mapping, study: str, results: Path) -> dict[str, pd.DataFrame]:
    """The summary of every experiment of a study. Raises Unusable as `evidence` does."""
    made = origins.summaries(config, study, results)
    return {path.stem: store.read(path, origins.required(origin)) for path, origin in made.items()}


def write_measured(config: Mapping, study: str, results: Path) -> None:
    """What the claims of a study measure, with their p-values."""
    table = ledgers.measure(registry.load(study), evidence(config, study, results), config["failed_share"])
    store.write_table(table, origins.measured_path(results, study), origins.measured(config, study, results))


def measured(config: Mapping, study: str, results: Path) -> pd.DataFrame:
    """What the claims of a study measure, as stored. Raises Unusable as `evidence` does."""
    return store.read(origins.measured_path(results, study), origins.required(origins.measured(config, study, results)))


def write_checks(study: str, slow: bool, results: Path) -> pd.DataFrame:
    """The checks of a study, computed; slow ones only if asked."""
    table = all_checks.compute(registry.load(study), slow=slow)
    store.write_table(table, origins.checks_path(results, study), origins.checks(study, slow))
    return table


def checks(config: Mapping, study: str, results: Path) -> pd.DataFrame:
    """The checks of a study, as stored. Raises Unusable as `evidence` does."""
    made = origins.checks(study, origins.slow(config))
    return store.read(origins.checks_path(results, study), origins.required(made))


def write_ledger(config: Mapping, results: Path) -> pd.DataFrame:
    """The ledger of all studies, with its verdicts."""
    table = ledgers.combine([measured(config, study, results) for study in config["studies"]])
    store.write_table(table, origins.ledger_path(results), origins.ledger(config, results))
    return table


def ledger(config: Mapping, results: Path) -> pd.DataFrame:
    """The ledger of all studies, as stored. Raises Unusable as `evidence` does."""
    return store.read(origins.ledger_path(results), origins.required(origins.ledger(config, results)))


def measured_costs(results: Path) -> dict[str, dict[str, float]]:
    """Mean seconds per replicate of every cell in the raw results, by `study.experiment`, without damaged and foreign files."""
    costs: dict[str, dict[str, float]] = {}
    for path in sorted((results / "raw").rglob("*.parquet")):
        try:
            study, experiment = path.relative_to(results / "raw").parts[:2]
            rows = store.read(path, {"study": study, "experiment": experiment, "cell": path.stem})
        except store.Unusable as why:
            print(f"left out: {why}", file=sys.stderr)
            continue
        seconds = rows.drop_duplicates("replicate")["seconds"].mean()
        costs.setdefault(f"{study}.{experiment}", {})[path.stem] = float(f"{seconds:.3g}")
    return costs


CONTRADICTED = 3
"""Exit status of a run that went to its end and contradicts what is proven."""


def contradictions(config: Mapping, results: Path) -> int:
    """3 when a check failed or a claim is in conflict with what is proven, each said in a line; else 0.

    Of what is not finished nothing can be said.
    """
    lines = []
    for study in config["studies"]:
        try:
            table = checks(config, study, results)
        except store.Unusable:
            continue
        for row in table[~table["holds"].astype(bool)].to_dict("records"):
            lines.append(f"CHECK FAILED: {row['check']} of {row['study']}: {row['statement']}")
    try:
        table = ledger(config, results)
        conflicts = table[table["verdict"] == verdict.CONFLICTS].to_dict("records")
    except store.Unusable:
        conflicts = []
    for row in conflicts:
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
