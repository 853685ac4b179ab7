"""What each command does with its options; everything heavy is imported when a command needs it."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dlstats import config, grid


def show(options: argparse.Namespace) -> None:
    """The studies of a configuration, with their cells and claims if asked."""
    from dlstats.studies import study as studies

    settings = config.load(options.config)
    for family, names in grid.families(settings).items():
        print(f"{family}")
        for name in names:
            study = studies.load(grid.study_module(name))
            cells = grid.cells(settings, name)
            claims = [claim.id for claim in study.claims]
            print(f"  {name}: {study.title} ({len(cells)} cells, {len(claims)} claims)")
            if options.what in ("claims", "all"):
                print("".join(f"    {claim.id}: {claim.statement}\n" for claim in study.claims), end="")
            if options.what in ("cells", "all"):
                print("".join(f"    {cell.id}  x{cell.replicates}\n" for cell in cells), end="")


def plan(options: argparse.Namespace) -> None:
    """What a run would do and cost."""
    print(grid.plan(config.load(options.config)))


def simulate(options: argparse.Namespace) -> int:
    """The raw files of some cells, computed in a process that may die without taking this one along."""
    from dlstats import supervise

    target, began = None, time.monotonic()
    if options.target:
        measure, mcse, cap = options.target
        target = (measure, _number(mcse, float, "--target MCSE"), _number(cap, int, "--target AT_MOST"))
    for cell in options.cells:
        grid.parse_cell_id(cell)
    twice = sorted({cell for cell in options.cells if options.cells.count(cell) > 1})
    if twice:
        raise ValueError(f"Every cell must be given once, got twice: {', '.join(twice)}.")

    def work(cells: Sequence[str], tell: supervise.Tell) -> int:
        return _simulate(options, target, cells, tell, began)

    if not options.own_process:
        return work(options.cells, lambda cell: None)
    return supervise.each(options.study, options.cells, work, options.with_parent, options.log)


def _simulate(
    options: argparse.Namespace, target: tuple | None, cells: Sequence[str], tell: Callable[[str], None], began: float
) -> int:
    from dlstats import cards, pipeline, run

    if options.device != "cpu":
        cards.take(cards.cards())
    if options.limit:
        run.stop_after(options.limit, options.study, began)
    if options.with_parent:
        run.leave_with_parent()
    job = pipeline.Run(
        options.study, tuple(cells), options.seed, options.replicates, options.results, options.device, target
    )
    try:
        pipeline.simulate(job, options.log, tell)
    except TypeError as error:
        wrong = _wrong_level(options.study, options.cells)
        if wrong:
            raise ValueError(wrong) from error
        raise
    return 0


def _wrong_level(study: str, cells: list[str]) -> str:
    """A level of another kind than those of the configurations that come with dlstats, in words; empty without one."""
    known: dict[str, set[type]] = {}
    for path in config.SCHEMA.parent.glob("*.yaml"):
        held = {} if path == config.SCHEMA else config.load(path)
        names = [name for studies in held.get("studies", {}).values() for name in studies]
        for cell in grid.cells(held, study) if study in names else ():
            for factor, level in cell.factors:
                known.setdefault(factor, set()).add(type(level))
    for factor, level in (pair for cell in cells for pair in grid.parse_cell_id(cell).items()):
        kinds = known.get(factor, {type(level)})
        if type(level) not in kinds and not (isinstance(level, int) and float in kinds):
            words = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}
            return f"`{factor}` must be {' or '.join(sorted(words[kind] for kind in kinds))}, got {level!r}."
    return ""


def summarise(options: argparse.Namespace) -> None:
    """The summary of a study."""
    from dlstats import pipeline

    raw = pipeline.read_raw(_raw(options))
    pipeline.write_csv(pipeline.summarise(_study(options.study), raw), options.output)


def judge(options: argparse.Namespace) -> None:
    """The verdicts of a study."""
    import pandas as pd

    from dlstats import pipeline

    raw, summary = pipeline.read_raw(_raw(options)), pd.read_csv(options.summary)
    table = pipeline.judge(_study(options.study), raw, summary, options.failed_share)
    pipeline.write_csv(table, options.output)


def ledger(options: argparse.Namespace) -> None:
    """All verdicts in one table."""
    import pandas as pd

    from dlstats import ledger, pipeline

    missing = [str(path) for path in options.verdicts if not path.exists()]
    if missing:
        raise LookupError(f"there is no file {missing[0]}")
    table = ledger.combine([pd.read_csv(path, keep_default_na=True) for path in options.verdicts])
    pipeline.write_csv(table, options.output)
    print(table["verdict"].value_counts().to_string(), file=sys.stderr)


def draw(options: argparse.Namespace) -> None:
    """Figures and tables of a study, with where they come from."""
    from dlstats import pipeline
    from dlstats.report import figures, tables

    study, evidence, verdicts = _finished(options)
    raw = _raw(options)
    files = [*raw, options.summary]
    inputs = {str(path): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
    folder = options.reports / "figures" / study.name
    figures.draw(study, evidence, folder, fingerprint=pipeline.computed_by(raw), inputs=inputs)
    tables.write(study, evidence.summary, verdicts, options.reports / "tables" / study.name)


def write(options: argparse.Namespace) -> None:
    """The report from what is there, as PDF and as HTML."""
    from dlstats.report import build

    settings = config.load(options.config)
    for path in build.write(settings, options.results, options.reports, profile=options.config.stem):
        print(path)


def check(options: argparse.Namespace) -> int:
    """The reporting checklist; 1 when an item that must be answered is not."""
    from dlstats.report import checklist, material

    found = material.collect(config.load(options.config), options.results, options.reports, profile=options.config.stem)
    open_items = checklist.check(found)
    for item in open_items:
        print(item)
    return int(bool(open_items))


def protocol(options: argparse.Namespace) -> None:
    """A study's protocol from the configuration, with its hash, before anything is run."""
    from dlstats.report import protocol as protocols

    for path in protocols.write(config.load(options.config), _study(options.study), options.reports):
        print(path)


def export(options: argparse.Namespace) -> None:
    """A folder with a study's figures, tables, captions and methods paragraph for a manuscript."""
    from dlstats.report import export as exports
    from dlstats.report import provenance

    settings = config.load(options.config)
    options.raw = None
    options.summary = options.results / "summary" / f"{options.study}.csv"
    options.verdicts = options.results / "verdicts" / f"{options.study}.csv"
    study, evidence, verdicts = _finished(options)
    folder = options.output or options.reports / "export" / study.name
    written = exports.write(
        settings,
        study,
        evidence,
        verdicts,
        options.reports,
        folder,
        journal=options.journal,
        form=options.format,
        face=options.face,
        about=provenance.environment(),
    )
    for path in written:
        print(path)


def _raw(options: argparse.Namespace) -> list[Path]:
    """The raw files that are named, or those of the cells of the configuration: too many to name on a command line."""
    if options.raw:
        return options.raw
    from dlstats import pipeline

    cells = grid.cells(config.load(options.config), options.study)
    return [pipeline.raw_path(options.results, options.study, cell.id) for cell in cells]


def _finished(options: argparse.Namespace):
    """Study, evidence and verdicts of a study from its files."""
    import pandas as pd

    from dlstats import pipeline
    from dlstats.studies.study import Evidence

    raw = _raw(options)
    missing = [str(path) for path in (*raw, options.summary, options.verdicts) if not path.exists()]
    if missing:
        raise LookupError(
            f"{options.study} is not finished: {missing[0]} is missing; run `snakemake {options.study}` first."
        )
    evidence = Evidence(pipeline.read_raw(raw), pd.read_csv(options.summary))
    return _study(options.study), evidence, pd.read_csv(options.verdicts, keep_default_na=True)


def replay(options: argparse.Namespace) -> int:
    """One replicate again beside what is stored; 1 when it differs by more than the tolerance."""
    from dlstats import pipeline

    found = pipeline.replay(options.study, options.cell, options.replicate, options.results, options.device)
    for column in found.again.columns.drop("seconds"):
        pairs = zip(found.stored[column], found.again[column], strict=True)
        same = all(a == b or (a != a and b != b) for a, b in pairs)
        print(f"{column:<24}{'same' if same else 'differs'}")
    print(f"largest relative difference {found.largest_difference:.3g}, tolerance {options.tolerance:g}")
    print("matches to the bit" if found.same_bits else "does not match to the bit")
    return 0 if found.largest_difference <= options.tolerance and found.starts_equal else 1


def doctor(options: argparse.Namespace) -> None:
    """What works on this machine, and if asked how fast it is."""
    from dlstats import doctor as doctors

    print("\n".join(doctors.lines(doctors.examine())), flush=True)
    if not options.measure:
        return
    from dlstats import speed
    from dlstats.core.lanes import choice

    print("timing this machine ...", file=sys.stderr, flush=True)
    print(f"a plan's cost here is {speed.measure():.2f} times the stated")
    widths = ", ".join(f"{width}: {ratio:.1f}" for width, ratio in choice.measure().items())
    print(f"seconds of torch over lanes by width: {widths}")


def run(options: argparse.Namespace) -> int:
    """The workflow."""
    from dlstats import run

    return run.workflow(options.profile, options.words, options.keep_stale)


def rerun(options: argparse.Namespace) -> int:
    """One study from scratch."""
    from dlstats import pipeline, run

    grid.study_module(options.study)
    stale = [options.results / part / options.study for part in ("raw", pipeline.KEPT)]
    stale += [options.results / part / f"{options.study}.csv" for part in ("summary", "verdicts")]
    for path in stale:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return run.workflow(options.profile, [*options.words, options.study])


def _study(name: str):
    from dlstats.studies import study as studies

    return studies.load(grid.study_module(name))


def _number(text: str, kind: type, name: str):
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} must be of type {kind.__name__}, got {text!r}.") from None
