"""What the report reads: the configuration, the studies, and whatever results are finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pandas as pd

from dlstats.pipeline import checks, grid, origins, records, registry, results, store
from dlstats.pipeline.ledger import combine
from dlstats.protocol.study import Study
from dlstats.report import bibliography, errata, families, findings, ledger, protocol, provenance, sentences
from dlstats.report.bibliography import Source
from dlstats.report.blocks import Answer
from dlstats.report.files import tracked

T = TypeVar("T")


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
    unfinished: Mapping[str, str]
    """Studies of which a result is not there or not what the configuration asks for, and why."""
    origin: Mapping
    """What the report is made from."""
    summaries: Mapping[str, Mapping[str, pd.DataFrame]]
    """Of every study with results the summary of each experiment."""
    verdicts: pd.DataFrame
    checks: pd.DataFrame
    partial: str
    """Why the verdicts are formed here, over what is finished, and not read from the ledger on disk; empty otherwise."""
    left_out: tuple[str, ...]
    """Files of the ledger, of checks and of figures that stand and cannot be used, and why."""
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
    findings: Mapping[str, findings.Entry] = field(default_factory=dict)
    sentences: Sequence[sentences.Proposition] = ()

    @property
    def planned(self) -> list[str]:
        """The studies of the configuration."""
        return list(self.config["studies"])

    @property
    def finished(self) -> list[str]:
        """The planned studies that have a summary and verdicts, where they have claims or checks to be judged."""
        judged = set(self.verdicts["study"]) | set(self.checks["study"])
        judged |= {name for name, study in self.studies.items() if not (study.claims or study.checks)}
        known = [name for name in self.planned if name in self.studies and name in judged]
        return [name for name in known if name in self.summaries or not self.studies[name].experiments]

    @cached_property
    def statements(self) -> pd.DataFrame:
        """The ledger, and below it the checks as rows of the same shape, whose verdict is `holds` or `fails`."""
        return ledger.statements(self.verdicts, self.checks)

    @cached_property
    def ledger(self) -> dict[str, Mapping]:
        """The rows of `statements` by claim."""
        return {str(row["claim"]): row for row in self.statements.to_dict("records")}

    @cached_property
    def chapters(self) -> dict[str, list[str]]:
        """The families of the configuration with their studies."""
        return grid.families(self.config)

    @cached_property
    def answers(self) -> dict[str, list[Answer]]:
        """Of every family its questions, answered."""
        asked = {family: self.questions.get(family, ()) for family in self.chapters}
        return {name: families.page(name, asked[name], self.sentences, self.ledger) for name in asked}

    @cached_property
    def told(self) -> list[findings.Finding]:
        """The findings, told by their verdicts."""
        return findings.told(self.findings, self.sentences, self.ledger)

    @cached_property
    def protocols(self) -> dict[str, protocol.Protocol]:
        """What was fixed for each study."""
        return {name: protocol.protocol(self.config, study) for name, study in self.studies.items()}

    def deviations(self, study: str) -> list[str]:
        """Where the run of a finished study differs from its protocol."""
        held = self.records.get(study), self.verdicts_of(study), self.registered.get(study)
        return protocol.deviations(self.config, self.studies[study], *held)

    def missing(self, study: str) -> str:
        """Why a study has no results."""
        return (self.unloaded.get(study) or self.unfinished.get(study, "no results yet")).rstrip(".")

    def checks_of(self, study: str) -> pd.DataFrame:
        """The checks of one study."""
        return self.checks[self.checks["study"] == study]

    def verdicts_of(self, study: str) -> pd.DataFrame:
        """The rows of the ledger of one study."""
        return self.verdicts[self.verdicts["study"] == study]


def collect(
    config: Mapping,
    folder: Path,
    reports: Path,
    *,
    profile: str = "",
    environment: Mapping | None = None,
    load: Callable[[str], Study] | None = None,
) -> Material:
    """Read whatever is there and is what the configuration asks for; what is not is missing in the material, with a reason.

    `folder` holds the results, `profile` is the name of the configuration, `environment` what `provenance.environment`
    gives, `load` finds a study by its name.
    """
    load = load or registry.load
    names = list(config["studies"])
    loaded, unloaded = _load(names, load)
    parts: dict[str, tuple] = {}
    unfinished: dict[str, str] = {}
    for name in loaded:
        try:
            measured = results.measured(config, name, folder)
            parts[name] = results.summaries(config, name, folder), measured
        except store.Unusable as why:
            started = any((folder / part / name).exists() for part in ("raw", "summary"))
            unfinished[name] = str(why) if started else "no results yet"
    wrong: list[str] = []
    verdicts, partial = _verdicts(config, folder, {name: measured for name, (_, measured) in parts.items()}, wrong)
    lectures, slips = errata.load(tracked(reports, errata.FILE))
    drawn = {name: _drawn(config, name, folder, reports, wrong) for name in parts}
    held = _checks(config, folder, loaded, wrong)
    return Material(
        config=config,
        profile=profile,
        environment=environment if environment is not None else provenance.environment(),
        studies=loaded,
        unloaded=unloaded,
        unfinished=unfinished,
        origin=origins.report(config, profile, folder, reports),
        summaries={name: tables for name, (tables, _) in parts.items() if tables},
        verdicts=ledger.explained(verdicts, loaded),
        checks=held,
        partial=partial,
        left_out=tuple(why for why in dict.fromkeys(wrong) if why not in unfinished.values()),
        records={name: record for name, (record, _) in drawn.items() if record},
        figures={name: _figures(loaded[name], reports, *drawn[name]) for name in drawn},
        sources=bibliography.collect(reports),
        lectures=lectures,
        errata=slips,
        stale=tuple(name for name in provenance.stale(config, folder) if name in parts),
        questions=families.load(tracked(reports, families.FILE)),
        findings=findings.load(tracked(reports, findings.FILE)),
        sentences=sentences.load(tracked(reports, sentences.FILE)),
        registered={n: earlier for n in loaded if (earlier := protocol.registered(reports, n))},
    )


def _load(names: Sequence[str], load: Callable[[str], Study]) -> tuple[dict[str, Study], dict[str, str]]:
    loaded, unloaded = {}, {}
    for name in names:
        try:
            loaded[name] = load(name)
        except (LookupError, ImportError) as error:
            unloaded[name] = str(error.args[0] if error.args else error)
    return loaded, unloaded


def _usable(read: Callable[[], T], wrong: list[str]) -> tuple[T | None, str]:
    """What is read, or why it cannot be used, which is wrong unless it is not there."""
    try:
        return read(), ""
    except store.Unusable as why:
        wrong += [] if isinstance(why, store.Missing) else [str(why)]
        return None, str(why)


def _checks(config: Mapping, folder: Path, names: Iterable[str], wrong: list[str]) -> pd.DataFrame:
    """The checks of all studies, in the order of the configuration; to `wrong` goes why one that stands cannot be used."""
    read = (_usable(lambda name=name: results.checks(config, name, folder), wrong)[0] for name in names)
    frames = [table for table in read if table is not None]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=checks.COLUMNS)


def _verdicts(
    config: Mapping, folder: Path, measured: Mapping[str, pd.DataFrame], wrong: list[str]
) -> tuple[pd.DataFrame, str]:
    """The ledger in the order of the configuration; formed here of what is finished where the file cannot be used, and why."""
    ledger, why = _usable(lambda: results.ledger(config, folder), wrong)
    return (combine(list(measured.values())) if ledger is None else ledger), why


def _drawn(config: Mapping, study: str, folder: Path, reports: Path, wrong: list[str]) -> tuple[dict, str]:
    """The record of a study's figures and tables, or why it cannot be used."""
    path = origins.drawn_path(reports, study)
    record, why = _usable(lambda: records.read(path, origins.required(origins.drawn(config, study, folder))), wrong)
    return record or {}, "" if record else why if path.exists() else "not drawn yet"


def _figures(study: Study, reports: Path, record: Mapping, why: str) -> list[Mapping]:
    """What the record of each figure says, once that of the study is right."""
    shown = []
    for figure in study.figures:
        path = origins.drawn_path(reports, study.name).with_name(f"{figure.name}.json")
        entry = records.read(path) if record else {"figure": figure.name, "drawn": False, "reason": why}
        shown.append({**entry, "caption": figure.caption, "file": str(path.with_suffix(".svg"))})
    return shown
