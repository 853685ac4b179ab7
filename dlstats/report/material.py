"""What the report reads: the configuration, the studies, and whatever results are finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from dlstats.pipeline import checks, registry, store
from dlstats.pipeline.ledger import COLUMNS, combine
from dlstats.protocol.study import Study
from dlstats.report import bibliography, errata, families, protocol, provenance
from dlstats.report.bibliography import Source
from dlstats.report.files import read_json, tracked


@dataclass(frozen=True)
class Material:
    """Everything that the document is built from; nothing else is looked at."""

    config: Mapping
    profile: str
    environment: Mapping
    """What `provenance.environment` gives."""
    studies: Mapping[str, Study]
    unloaded: Mapping[str, str]
    """Studies of the configuration that could not be loaded, and why."""
    summaries: Mapping[str, Mapping[str, pd.DataFrame]]
    """Of every study with results the summary of each experiment."""
    verdicts: pd.DataFrame
    checks: pd.DataFrame
    unadjusted: tuple[str, ...]
    """Studies that the ledger on disk does not hold yet: the verdicts are formed over what is finished."""
    records: Mapping[str, dict]
    figures: Mapping[str, Sequence[Mapping]]
    """Of every study the provenance of its figures, in the order of the study; `file` is the path of the SVG."""
    sources: Mapping[str, Source]
    lectures: Mapping[str, str]
    errata: Sequence[errata.Erratum]
    registered: Mapping[str, dict]
    stale: tuple[str, ...] = ()
    """Studies whose results other code computed."""
    questions: Mapping[str, tuple[families.Question, ...]] = field(default_factory=dict)
    """Of every family, for the page that opens its chapter."""

    @property
    def planned(self) -> list[str]:
        """The studies of the configuration."""
        return list(self.config["studies"])

    @property
    def finished(self) -> list[str]:
        """The planned studies that have a summary and verdicts."""
        judged = set(self.verdicts["study"]) | set(self.checks["study"])
        known = [name for name in self.planned if name in self.studies and name in judged]
        return [name for name in known if name in self.summaries or not self.studies[name].experiments]

    @property
    def statements(self) -> pd.DataFrame:
        """The ledger, and below it the checks as rows of the same shape, whose verdict is `holds` or `fails`."""
        rows = self.checks.assign(
            claim=self.checks["check"], estimate=self.checks["found"], mcse=0.0, law="exact",
            verdict=self.checks["holds"].map({True: "holds", False: "fails"}),
        )  # fmt: skip
        return pd.concat([self.verdicts, rows[[c for c in rows if c in self.verdicts]]], ignore_index=True)

    def checks_of(self, study: str) -> pd.DataFrame:
        """The checks of one study."""
        return self.checks[self.checks["study"] == study]

    def verdicts_of(self, study: str) -> pd.DataFrame:
        """The rows of the ledger of one study."""
        return self.verdicts[self.verdicts["study"] == study]


def collect(
    config: Mapping,
    results: Path,
    reports: Path,
    *,
    profile: str = "",
    environment: Mapping | None = None,
    load: Callable[[str], Study] | None = None,
) -> Material:
    """Read whatever is there; what is missing is missing in the material, too.

    `profile` is the name of the configuration, `environment` what `provenance.environment` gives, `load` finds a study
    by its name.
    """
    load = load or registry.load
    names = list(config["studies"])
    loaded, unloaded = _load(names, load)
    verdicts, unadjusted = _verdicts(results, names)
    lectures, slips = errata.load(tracked(reports, errata.FILE))
    folders = {name: reports / "figures" / name for name in loaded}
    return Material(
        config=config,
        profile=profile,
        environment=environment if environment is not None else provenance.environment(),
        studies=loaded,
        unloaded=unloaded,
        summaries={n: tables for n in names if (tables := _summaries(results / "summary" / n, loaded.get(n)))},
        verdicts=verdicts,
        checks=_checks(results, names),
        unadjusted=unadjusted,
        records={n: record for n, folder in folders.items() if (record := read_json(folder / provenance.RECORD))},
        figures={name: _figures(loaded[name], folder) for name, folder in folders.items()},
        sources=bibliography.read(tracked(reports, bibliography.FILE)),
        lectures=lectures,
        errata=slips,
        stale=tuple(provenance.stale(config, results)),
        questions=families.load(tracked(reports, families.FILE)),
        registered={n: earlier for n in loaded if (earlier := read_json(reports / protocol.FOLDER / f"{n}.json"))},
    )


def _load(names: Sequence[str], load: Callable[[str], Study]) -> tuple[dict[str, Study], dict[str, str]]:
    loaded, unloaded = {}, {}
    for name in names:
        try:
            loaded[name] = load(name)
        except (LookupError, ImportError) as error:
            unloaded[name] = str(error.args[0] if error.args else error)
    return loaded, unloaded


def _table(path: Path) -> pd.DataFrame | None:
    try:
        return store.read_table(path) if path.exists() else None
    except store.Unusable:
        return None


def _summaries(folder: Path, study: Study | None) -> dict[str, pd.DataFrame]:
    """The summaries of a study's experiments; nothing where one of them is missing."""
    names = [path.stem for path in sorted(folder.glob("*.parquet"))]
    order = [name for name in (study.experiments if study else ()) if name in names]
    return {name: table for name in order if (table := _table(folder / f"{name}.parquet")) is not None}


def _checks(results: Path, names: Sequence[str]) -> pd.DataFrame:
    """The checks of all studies, in the order of the configuration."""
    frames = [table for n in names if (table := _table(results / "checks" / f"{n}.parquet")) is not None]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=checks.COLUMNS)


def _verdicts(results: Path, names: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The ledger in the order of the configuration; formed here where studies are finished that the file does not hold.

    The second part names them.
    """
    ledger = _table(results / "verdicts.parquet")
    judged = set() if ledger is None else set(ledger["study"])
    measured = {n: table for n in names if (table := _table(results / "measured" / f"{n}.parquet")) is not None}
    alone = tuple(n for n in measured if n not in judged)
    rows = combine(list(measured.values())) if alone else ledger
    if rows is None or rows.empty:
        return pd.DataFrame(columns=COLUMNS), alone
    rows = rows[rows["study"].isin(names)]
    order = {name: i for i, name in enumerate(names)}
    return rows.sort_values("study", key=lambda s: s.map(order), kind="stable", ignore_index=True), alone


def _figures(study: Study, folder: Path) -> list[Mapping]:
    origins = []
    for figure in study.figures:
        missing = {"figure": figure.name, "drawn": False, "reason": "not drawn yet"}
        origin, path = read_json(folder / f"{figure.name}.json") or missing, folder / f"{figure.name}.svg"
        drawn = bool(origin.get("drawn")) and path.exists()
        origins.append({**origin, "caption": figure.caption, "drawn": drawn, "file": str(path)})
    return origins
