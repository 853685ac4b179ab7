"""What every file of results must have been made from to be what a configuration asks for, and where the files stand.

Readers hand these origins to `store`, which refuses a file of another one. A file's `inputs` is a digest of what it was
made from, so that a file is right only when everything below it is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from dlstats import project
from dlstats.pipeline import costs, fingerprints, grid, outside, records, registry, store

KEPT = ".replicates"
"""Folder in `results/` where replicates stay between runs: a killed job or a larger one goes on from there."""
KEEP_STALE = "DLSTATS_KEEP_STALE"
"""Environment variable that `--keep-stale` sets: results of other code are read as they are."""
ASSETS = (".css", ".js", ".j2", ".typ", ".bib", ".yaml")
"""Suffixes of the files of the report that are no code: templates, page, captions, bibliography."""
Made = dict[str, object]
"""What a table is made from, by name."""


def required(origin: store.Origin | Made) -> Made:
    """What a reader must find: all of the origin, but not the code where stale results are kept on purpose."""
    whole = store.plain(origin)
    return {k: v for k, v in whole.items() if k != "fingerprint"} if os.environ.get(KEEP_STALE) else whole


def code_of(study: str, experiment: str) -> str:
    """Fingerprint of the code that computes the cells of an experiment that is there now."""
    return fingerprints.cells(registry.module(study), experiment)


def plug_of(study: str, experiment: str) -> str:
    """Fingerprint of the code by which what comes from outside is given its data, trained and judged."""
    return store.digest([code_of(study, experiment), fingerprints.plug(registry.module(study), experiment)])


def _summary_code(study: str, experiment: str) -> str:
    """Fingerprint of what makes the summary of an experiment."""
    own = fingerprints.summary(registry.module(study), experiment)
    return store.digest([own, fingerprints.definitions("dlstats.pipeline.summaries", "summarise")])


def _code(study: str, keywords: tuple[str, ...], module: str, definition: str) -> str:
    """Fingerprint of parts of a study and of the definition that works on them."""
    own = [fingerprints.part(registry.module(study), keyword) for keyword in keywords]
    return store.digest([own, fingerprints.definitions(module, definition)])


def raw_path(results: Path, study: str, experiment: str, file: str) -> Path:
    """Where the raw rows of a cell stand; `file` is that of `grid.Cell`, the cell's id where a folder holds all."""
    return results / "raw" / study / experiment / f"{file}.parquet"


def kept_path(results: Path, study: str, experiment: str, file: str) -> Path:
    """Where the replicates of a cell stay between runs."""
    return results / KEPT / study / experiment / f"{file}.parquet"


def summary_path(results: Path, study: str, experiment: str) -> Path:
    """Where the summary of an experiment stands."""
    return results / "summary" / study / f"{experiment}.parquet"


def measured_path(results: Path, study: str) -> Path:
    """Where stands what the claims of a study measure."""
    return results / "measured" / f"{study}.parquet"


def checks_path(results: Path, study: str) -> Path:
    """Where the checks of a study stand."""
    return results / "checks" / f"{study}.parquet"


def ledger_path(results: Path) -> Path:
    """Where the verdicts of all studies stand."""
    return results / "verdicts.parquet"


def drawn_path(reports: Path, study: str) -> Path:
    """Where the record of a study's figures and tables stands."""
    return reports / "figures" / study / "study.json"


def report_path(reports: Path) -> Path:
    """Where the record of the report stands."""
    return reports / "dlstats.json"


def raw(config: Mapping, study: str, results: Path) -> dict[str, dict[Path, store.Origin]]:
    """The raw files of every experiment of a study, and what each must have been computed from."""
    files: dict[str, dict[Path, store.Origin]] = {inner: {} for inner in grid.design(config, study)}
    for cell in grid.cells(config, study):
        path = raw_path(results, study, cell.experiment, cell.file)
        code = code_of(study, cell.experiment)
        target = target_text(cell.target)
        fields = (study, cell.experiment, cell.id, config["seed"], code, cell.replicates, target)
        files[cell.experiment][path] = store.Origin(*fields)
    return files


def target_text(target: tuple[str, float, int] | None) -> str:
    """A target as an origin states it."""
    return "" if target is None else f"{target[0]} {float(target[1])!r} {target[2]}"


def summaries(config: Mapping, study: str, results: Path) -> dict[Path, Made]:
    """The summaries of a study's experiments, and what each must have been made from.

    Raises Unusable when a raw file is damaged or not what is asked for.
    """
    made_from = {}
    for inner, files in raw(config, study, results).items():
        made = {"experiment": inner, "fingerprint": _summary_code(study, inner), "inputs": _contents(files)}
        made_from[summary_path(results, study, inner)] = _labels("summary", config, study) | made
    return made_from


def measured(config: Mapping, study: str, results: Path) -> Made:
    """What the measured claims of a study must have been made from. Raises Unusable as `summaries` does."""
    code = _code(study, ("claims",), "dlstats.pipeline.ledger", "measure")
    looks = [header.looks for files in raw(config, study, results).values() for header in _headers(files)]
    inputs = store.digest([looks, _contents(summaries(config, study, results))])
    made = {"failed_share": config["failed_share"], "fingerprint": code, "inputs": inputs}
    return _labels("measured claims", config, study) | made


def checks(study: str, slow: bool) -> Made:
    """What the checks of a study must have been made from."""
    code = _code(study, ("checks",), "dlstats.pipeline.checks", "compute")
    return {"table": "checks", "study": study, "slow": slow, "fingerprint": code}


def slow(config: Mapping) -> bool:
    """Whether a configuration asks for the checks that take more than a few seconds, too."""
    return config["design"] != "smoke"


def ledger(config: Mapping, results: Path) -> Made:
    """What the verdicts must have been made from: the measured claims of every study.

    Raises Unusable when those of one are damaged or not what is asked for.
    """
    files = {measured_path(results, study): measured(config, study, results) for study in config["studies"]}
    labels: Made = {"table": "ledger", "studies": " ".join(config["studies"])}
    code = fingerprints.definitions("dlstats.pipeline.ledger", "combine")
    return labels | {"fingerprint": code, "inputs": _contents(files)}


def drawn(config: Mapping, study: str, results: Path) -> Made:
    """What the figures and tables of a study must have been made from. Raises Unusable as `ledger` does."""
    code = _code(study, ("figures", "experiments"), "dlstats.report.drawing", "draw")
    inputs = _contents({measured_path(results, study): measured(config, study, results)})
    return _labels("figures", config, study) | {"fingerprint": code, "inputs": inputs}


def report(config: Mapping, profile: str, results: Path, reports: Path) -> Made:
    """What the report is made from: a profile, and whatever stands and is right. It raises nothing."""
    read = [store.digest(dict(config))]
    for study in config["studies"]:
        with contextlib.suppress(store.Unusable):
            read.append(_contents({checks_path(results, study): checks(study, slow(config))}))
        with contextlib.suppress(store.Unusable):
            read.append(records.read(drawn_path(reports, study), required(drawn(config, study, results)))["seal"])
    with contextlib.suppress(store.Unusable):
        read.append(_contents({ledger_path(results): ledger(config, results)}))
    read_too = [path for path in (costs.FILE, *outside.references()) if path.exists()]
    code = [fingerprints.definitions("dlstats.report.build", "write"), assets_digest()]
    code += [path.read_text(encoding="utf-8", errors="replace") for path in read_too]
    return {"table": "report", "profile": profile, "fingerprint": store.digest(code), "inputs": store.digest(read)}


def assets() -> list[Path]:
    """The files of the report that are no code."""
    files = [*(fingerprints.PACKAGE / "report").rglob("*"), *(project.FOLDER / "reports").glob("*")]
    return sorted(path for path in files if path.suffix in ASSETS)


def assets_digest() -> str:
    """Digest of their names and contents."""
    return store.digest([path.name + path.read_text(encoding="utf-8", errors="replace") for path in assets()])


def _labels(table: str, config: Mapping, study: str) -> Made:
    return {"table": table, "study": study, "design": config["design"], "seed": config["seed"]}


def _contents(files: Mapping[Path, store.Origin | Made]) -> str:
    return store.digest([header.content for header in _headers(files)])


def _headers(files: Mapping[Path, store.Origin | Made]) -> list[store.Header]:
    return [store.header(path, required(origin)) for path, origin in files.items()]
