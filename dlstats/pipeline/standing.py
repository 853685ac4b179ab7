"""What stands on disk and is not what a configuration asks for, told to Snakemake, which knows only the times of files.

Every job has an input of its own in `FOLDER`, of which nothing counts but its time: newer than the job's output when that
is damaged, of another origin, or asked for again; older than everything otherwise. No result is touched but for its time,
where that is later than now, as of files that were copied from a machine whose clock is ahead.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from dlstats.pipeline import grid, origins, records, registry, store

FOLDER = Path(".snakemake") / "dlstats"
AGAIN = "DLSTATS_AGAIN"
"""Environment variable that `dlstats rerun` sets: the study, or study.experiment, that is to be computed from scratch."""
OLD = 1
"""A time before all results, in seconds since 1970."""
Faults = dict[str, str]
"""Of jobs whose output stands and is wrong, by their markers, why."""


def marker(rule: str, name: str = "") -> str:
    """The input of a job that says by its time whether the job's output can stay."""
    return str(FOLDER / (f"{rule}-{name}" if name else rule))


def job_name(job: grid.Job) -> str:
    """The name of a job that simulates, for its marker."""
    return f"{job.study}-{job.experiment}-{job.index}"


def mark(config: Mapping, profile: str, results: Path, reports: Path, again: str = "") -> list[str]:
    """Set the time of every marker, and return a line for each study of which something is made again, and why."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    ahead = set_back(results, reports)
    by_study = faults(config, profile, results, reports, again)
    wrong = {path: why for parts in by_study.values() for path, why in parts.items()}
    for path in _markers(config):
        if path in wrong:
            Path(path).write_text(f"{time.time_ns()} {wrong[path]}\n")  # a new text: Snakemake compares what it knows
        else:
            Path(path).touch()
            os.utime(path, (OLD, OLD))
    reasons = [list(dict.fromkeys(parts.values())) for parts in by_study.values() if parts]
    return [*ahead, *(f"made again: {why}{f' (and {len(more)} more)' if more else ''}" for why, *more in reasons)]


def set_back(*folders: Path) -> list[str]:
    """Bring files and folders with a time later than now back to now, in their order, and return a line that says so.

    Links that lead nowhere are taken away: they would stand in the place of what is to be made.
    Now is what the disk says, which may be that of another machine: the time of a file that is written for it. Between
    it and the latest earlier time they lie equally far apart.
    """
    every = [
        Path(parent, name) for folder in folders for parent, *names in os.walk(folder) for name in sum(names, ["."])
    ]
    lost = [path for path in every if path.is_symlink() and not path.exists()]
    for path in lost:
        path.unlink()
    said = (
        [f"{lost[0]} led nowhere and is taken away" + f", and {len(lost) - 1} more" * (len(lost) > 1)] if lost else []
    )
    clock = FOLDER / "clock"
    clock.write_text(str(time.time_ns()))  # a new text: the disk sets the time
    now = clock.stat().st_mtime_ns
    clock.unlink()
    times = {path: path.lstat().st_mtime_ns for path in every if path not in lost}
    ahead = sorted({at for at in times.values() if at > now})
    if not ahead:
        return said
    latest = max((at for at in times.values() if at <= now), default=OLD)
    then = {at: now - (now - latest) * (len(ahead) - 1 - rank) // len(ahead) for rank, at in enumerate(ahead)}
    late = [path for path, at in times.items() if at > now]
    for path in late:
        os.utime(path, ns=(now, then[times[path]]), follow_symlinks=False)
    where = " and ".join(map(str, folders))
    return [*said, f"{len(late)} files and folders of {where} have times later than now, which are set back to now"]


def _markers(config: Mapping) -> list[str]:
    paths = [marker("ledger"), marker("write")]
    for study in config["studies"]:
        paths += [marker(rule, study) for rule in ("checks", "summarise", "measure", "draw")]
        paths += [marker("simulate", job_name(job)) for job in grid.jobs(config, study)]
    return paths


def faults(config: Mapping, profile: str, results: Path, reports: Path, again: str = "") -> dict[str, Faults]:
    """By study, and under "" of all, the jobs whose output stands and is wrong; what is made from it is made again anyway."""
    by_study: dict[str, Faults] = {}
    whole = True
    for study in config["studies"]:
        by_study[study], done = _of_study(config, study, results, reports, again)
        whole = whole and done
    if whole:
        by_study[""] = _of_all(config, profile, results, reports)
    for study, parts in _without_inputs(config, results, reports).items():
        by_study[study] = parts | by_study.get(study, {})
    return by_study


def _without_inputs(config: Mapping, results: Path, reports: Path) -> dict[str, Faults]:
    """What stands though a file that it is made from does not, which Snakemake takes for done."""
    found: dict[str, Faults] = {}
    all_measured: list[Path] = []
    all_drawn: list[Path] = []
    for study in config["studies"]:
        raw = [path for files in origins.raw(config, study, results).values() for path in files]
        summary, measured = results / "summary" / study, origins.measured_path(results, study)
        drawn = origins.drawn_path(reports, study).parent
        needs = [("summarise", summary, raw), ("measure", measured, [summary]), ("draw", drawn, [summary, measured])]
        found[study] = {marker(rule, study): why for rule, path, inputs in needs if (why := _lacks(path, inputs))}
        all_measured += [measured, *([origins.checks_path(results, study)] if registry.load(study).checks else [])]
        all_drawn.append(drawn)
    ledger = origins.ledger_path(results)
    needs = [("ledger", ledger, all_measured), ("write", origins.report_path(reports), [ledger, *all_drawn])]
    found[""] = {marker(rule): why for rule, path, inputs in needs if (why := _lacks(path, inputs))}
    return found


def _lacks(output: Path, inputs: list[Path]) -> str:
    missing = [path for path in inputs if not path.exists()] if output.exists() else []
    return f"{missing[0]}: is not there" if missing else ""


def _of_all(config: Mapping, profile: str, results: Path, reports: Path) -> Faults:
    path, report = origins.ledger_path(results), origins.report_path(reports)
    why = _fault(path, origins.required(origins.ledger(config, results)))
    if why:
        return {marker("ledger"): why}
    if not path.exists() or not report.with_suffix(".pdf").exists():
        return {}
    return _record_fault(marker("write"), report, origins.report(config, profile, results, reports))


def _of_study(config: Mapping, study: str, results: Path, reports: Path, again: str) -> tuple[Faults, bool]:
    """The faults of a study, and whether all that its claims measure stands and is right."""
    wrong = _again(config, study, again) | _cells(config, study, results)
    if registry.load(study).checks and marker("checks", study) not in wrong:
        made = origins.checks(study, origins.slow(config))
        why = _fault(origins.checks_path(results, study), origins.required(made))
        wrong |= {marker("checks", study): why} if why else {}
    raw = [path for files in origins.raw(config, study, results).values() for path in files]
    if any(name.startswith(marker("simulate", "")) for name in wrong) or not all(path.exists() for path in raw):
        return wrong, False
    made = origins.summaries(config, study, results)
    standing = (results / "summary" / study).exists()
    for path, origin in made.items() if standing else ():
        why = _fault(path, origins.required(origin)) if path.exists() else f"{path}: is not there"
        if why:
            return wrong | {marker("summarise", study): why}, False
    path = origins.measured_path(results, study)
    if not standing or not path.exists():
        return wrong, False
    why = _fault(path, origins.required(origins.measured(config, study, results)))
    if why:
        return wrong | {marker("measure", study): why}, False
    record = origins.drawn_path(reports, study)
    if record.parent.exists():  # without it Snakemake knows
        wrong |= _record_fault(marker("draw", study), record, origins.drawn(config, study, results))
    return wrong, True


def _again(config: Mapping, study: str, again: str) -> Faults:
    """What is asked for again, from scratch."""
    wanted, _, inner = again.partition(".")
    if study != wanted:
        return {}
    jobs = [job for job in grid.jobs(config, study) if inner in ("", job.experiment)]
    wrong = {marker("simulate", job_name(job)): f"{again}: asked for from scratch" for job in jobs}
    return wrong | ({} if inner else {marker("checks", study): f"{again}: asked for from scratch"})


def _cells(config: Mapping, study: str, results: Path) -> Faults:
    """The jobs of which a raw file is wrong."""
    wrong: Faults = {}
    files = origins.raw(config, study, results)
    for job in grid.jobs(config, study):
        paths = [origins.raw_path(results, study, job.experiment, file) for file in job.files]
        faults = [why for path in paths if (why := _fault(path, origins.required(files[job.experiment][path])))]
        if faults:
            more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
            wrong[marker("simulate", job_name(job))] = f"{faults[0]}{more}"
    return wrong


def _record_fault(name: str, path: Path, origin: origins.Made) -> Faults:
    try:
        records.read(path, origins.required(origin))
    except store.Unusable as why:
        return {name: str(why)}
    return {}


def _fault(path: Path, origin: origins.Made) -> str:
    """Why a file that stands is not right; nothing when it is right or not there."""
    try:
        store.header(path, origin)
    except store.Missing:
        return ""
    except store.Unusable as why:
        return str(why)
    return ""
