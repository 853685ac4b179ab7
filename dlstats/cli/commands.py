"""What each command does with its options; everything heavy is imported when a command needs it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dlstats import project


def begin(options: argparse.Namespace) -> None:
    """A folder to begin with."""
    from dlstats.cli import start

    for path in start.begin(options.folder):
        print(path)
    print(
        "next: " + ("" if options.folder == Path() else f"cd {options.folder}; ") + "dlstats run smoke", file=sys.stderr
    )


def show(options: argparse.Namespace) -> None:
    """The studies of a configuration, with their cells, claims or checks if asked."""
    from dlstats.pipeline import config, grid, registry

    settings = config.load(options.config)
    if options.format == "json":
        print(json.dumps(_records(settings, options.what), indent=1, ensure_ascii=sys.stdout.encoding != "utf-8"))
        return
    for family, names in grid.families(settings).items():
        print(family)
        for name in names:
            study, cells = registry.load(name), grid.cells(settings, name)
            counts = f"{len(cells)} cells, {len(study.claims)} claims, {len(study.checks)} checks"
            print(f"  {name}: {study.title} ({counts})")
            print("".join(f"    {one.id}: {one.statement}\n" for one in _stated(study, options.what)), end="")
            if options.what in ("cells", "all"):
                print("".join(f"    {cell.experiment} {cell.id}  x{cell.replicates}\n" for cell in cells), end="")


def _stated(study, what: str) -> list:
    """Claims and checks, as far as they are asked for."""
    return [one for kind in ("claims", "checks") if what in (kind, "all") for one in getattr(study, kind)]


def _records(settings: dict, what: str) -> list[dict]:
    from dlstats.pipeline import grid, registry
    from dlstats.protocol import origin

    records: list[dict] = []
    for name in settings["studies"]:
        study = registry.load(name)
        labels = {"family": study.family, "study": name}
        if what in ("studies", "all"):
            records.append(labels | {"title": study.title, "experiments": list(study.experiments)})
        if what in ("cells", "all"):
            records += [
                labels | {"experiment": cell.experiment, "cell": cell.id, "replicates": cell.replicates}
                for cell in grid.cells(settings, name)
            ]
        for one in _stated(study, what):
            records.append(
                {"id": one.id, **labels, "statement": one.statement, "relation": one.expectation.relation}
                | {"theory": one.expectation.theory, "margin": one.expectation.margin}
                | {"regime": getattr(one, "regime", "exact")}
                | {"origin": origin.record(one.origin), "bears_on": list(one.bears_on)}
            )
    return records


def show_config(options: argparse.Namespace) -> None:
    """The resolved design of a study, ready to be pasted under `overrides` and changed."""
    from dlstats.pipeline import config, registry

    registry.module(options.study)
    print(config.show(config.load(options.config), options.study), end="")


def plan(options: argparse.Namespace) -> None:
    """What a run would do and cost."""
    from dlstats.pipeline import config, grid

    print(grid.plan(config.load(options.config)))


def cost(options: argparse.Namespace) -> None:
    """Seconds per replicate as measured in the results, relative to what is stated; stored if asked."""
    from dlstats.pipeline import costs, results

    measured = results.measured_costs(options.results)
    if not measured:
        raise LookupError(f"there are no raw results in {options.results / 'raw'}")
    for name, cells in measured.items():
        study, inner = name.split(".")
        stated = sum(costs.seconds(study, inner, cell) for cell in cells)
        print(
            f"{name:<44}{sum(cells.values()) / len(cells):>11.3g} s per replicate{stated / sum(cells.values()):>9.2f}"
        )
    if options.write:
        print(f"{costs.write(measured)} cells written to {costs.FILE}")


def simulate(options: argparse.Namespace) -> int:
    """The raw files of some cells, computed in a process that may die without taking this one along."""
    from dlstats.pipeline import supervise

    began = time.monotonic()
    twice = sorted({cell for cell in options.cells if options.cells.count(cell) > 1})
    if twice:
        raise ValueError(f"Every cell must be given once, got twice: {', '.join(twice)}.")

    if options.log:
        options.log.unlink(missing_ok=True)  # what an earlier job said

    def work(names: Sequence[str], tell: Callable[[str], None]) -> int:
        return _simulate(options, names, tell, began)

    if not options.own_process:
        return work(options.cells, lambda cell: None)
    return supervise.each(options.experiment, options.cells, work, options.with_parent, options.log)


def _simulate(options: argparse.Namespace, names: Sequence[str], tell: Callable[[str], None], began: float) -> int:
    from dlstats.machine import gpus
    from dlstats.pipeline import cells, complaints, processes, registry

    _add_file(options)
    study, inner = registry.experiment(options.experiment)
    target = None
    if options.target:
        measure, mcse, cap = options.target
        target = (measure, _number(mcse, float, "--target MCSE"), _number(cap, int, "--target AT_MOST"))
    where = (options.results, options.device)
    job = cells.Run(study, inner, tuple(names), options.seed, options.replicates, *where, target)
    if options.device != "cpu":
        gpus.take(gpus.gpus())
    if options.limit:
        prefix, destination = f"dlstats simulate: {options.experiment} is", (options.log, options.with_parent)
        processes.stop_after(options.limit, began, lambda text: complaints.complain(f"{prefix} {text}", *destination))
    cells.simulate(job, options.log, tell)
    return 0


def _add_file(options: argparse.Namespace) -> None:
    """Make a study that stands outside the package known by its name."""
    from dlstats.pipeline import outside, registry

    if options.file:
        outside.add(options.file, registry.studies())


def compute_checks(options: argparse.Namespace) -> None:
    """The checks of a study; one that fails is said loudly, and the run of the workflow ends with status 1."""
    from dlstats.pipeline import results

    _add_file(options)
    table = results.write_checks(options.study, options.slow, options.results)
    for row in table[~table["holds"].astype(bool)].to_dict("records"):
        print(
            f"CHECK FAILED: {row['check']} of {row['study']}: {row['statement']} Found {row['found']:g}.",
            file=sys.stderr,
        )


def summarise(options: argparse.Namespace) -> None:
    """The summaries of a study's experiments."""
    from dlstats.pipeline import config, results

    results.write_summaries(config.load(options.config), options.study, options.results)


def measure(options: argparse.Namespace) -> None:
    """What the claims of a study measure, with their p-values."""
    from dlstats.pipeline import config, results

    results.write_measured(config.load(options.config), options.study, options.results)


def combine(options: argparse.Namespace) -> None:
    """The ledger of all studies, with its verdicts."""
    from dlstats.pipeline import config, results

    table = results.write_ledger(config.load(options.config), options.results)
    print(table["verdict"].value_counts().to_string(), file=sys.stderr)


def draw(options: argparse.Namespace) -> None:
    """Figures and tables of a study, with where they come from."""
    from dlstats.pipeline import config
    from dlstats.report import drawing

    settings = config.load(options.config)
    drawing.draw(settings, options.study, options.results, options.reports)


def write(options: argparse.Namespace) -> None:
    """The report from what is there and is what the configuration asks for, as PDF and as a site."""
    from dlstats.pipeline import config, origins, records
    from dlstats.report import build

    if options.keep_stale:
        os.environ[origins.KEEP_STALE] = "1"

    settings, path = config.load(options.config), origins.report_path(options.reports)
    before = records.fault(path)
    pdf, html = build.write(settings, options.results, options.reports, profile=options.config.stem)
    record = records.read(path)
    lines = [f"made again: {before}"] if before else []
    lines += [f"not finished: {study}: {why}" for study, why in record["unfinished"].items()]
    for line in (*lines, *(f"left out: {why}" for why in record["left_out"])):
        print(line, file=sys.stderr)
    print(pdf, html, sep="\n")


def checklist(options: argparse.Namespace) -> int:
    """The reporting checklist; 1 when an item that must be answered is not."""
    from dlstats.pipeline import config
    from dlstats.report import checklist, material

    collected = material.collect(
        config.load(options.config), options.results, options.reports, profile=options.config.stem
    )
    open_items = checklist.check(collected)
    for item in open_items:
        print(item)
    return int(bool(open_items))


def protocol(options: argparse.Namespace) -> None:
    """A study's protocol from the configuration, with its hash, before anything is run."""
    from dlstats.pipeline import config
    from dlstats.report import drawing

    for path in drawing.protocol(config.load(options.config), options.study, options.reports):
        print(path)


def export(options: argparse.Namespace) -> None:
    """A folder with a study's figures, tables, captions and methods paragraph for a manuscript."""
    from dlstats.pipeline import config
    from dlstats.report import drawing

    folder = options.output or options.reports / "export" / options.study
    layout = {"journal": options.journal, "form": options.format, "face": options.face}
    settings = config.load(options.config)
    for path in drawing.export(settings, options.study, options.results, options.reports, folder, **layout):
        print(path)


def replay(options: argparse.Namespace) -> int:
    """One replicate again, compared with what is stored; 1 when it differs by more than the tolerance."""
    from dlstats.pipeline import cells, config, registry, run

    _add_file(options)
    if options.experiment.partition(".")[0] not in registry.known():
        config.load(project.configuration(run.last_profile(options.results)))  # which may name it by its file
    study, inner = registry.experiment(options.experiment)
    comparison = cells.replay(study, inner, options.cell, options.replicate, options.results, options.device)
    for column in comparison.again.columns.drop("seconds"):
        pairs = zip(comparison.stored[column], comparison.again[column], strict=True)
        same = all(a == b or (a != a and b != b) for a, b in pairs)
        print(f"{column:<24}{'same' if same else 'differs'}")
    print(f"largest relative difference {comparison.largest_difference:.3g}, tolerance {options.tolerance:g}")
    print("matches to the bit" if comparison.same_bits else "does not match to the bit")
    return 0 if comparison.largest_difference <= options.tolerance and comparison.starts_equal else 1


def compare(options: argparse.Namespace) -> None:
    """A method from outside on the replicates of an experiment, in pairs with ours."""
    from dlstats.pipeline import compare, config, foreign, registry
    from dlstats.report import compared

    settings = config.load(options.config)
    study, inner = _pluggable(options.experiment)
    method = foreign.load(options.method, tuple(registry.load(study).experiments[inner].methods))
    comparison = compare.compare(
        settings, study, inner, method, options.results, lambda text: print(text, file=sys.stderr, flush=True)
    )
    print("\n".join(compared.lines(comparison)))
    print(compared.write(comparison, options.reports)[-1])


def _pluggable(name: str) -> tuple[str, str]:
    """Study and experiment of a name; of a study's alone the one experiment that takes methods from outside."""
    from dlstats.pipeline import registry

    if "." in name:
        return registry.experiment(name)
    having = [inner for inner, one in registry.load(name).experiments.items() if one.plug]
    if len(having) != 1:
        able = [f"{s}.{i}" for s in registry.known() for i, e in registry.load(s).experiments.items() if e.plug]
        raise ValueError(f"`{name}` has {len(having)} experiments that take a method; there are {', '.join(able)}.")
    return name, having[0]


def doctor(options: argparse.Namespace) -> None:
    """What works on this machine, and if asked how fast it is."""
    from dlstats.machine import doctor as doctors

    print("\n".join(doctors.lines(doctors.examine())), flush=True)
    if not options.measure:
        return
    from dlstats import cache
    from dlstats.machine import speed
    from dlstats.training import backends

    cache.folder()  # what is measured must have a place
    print("timing this machine ...", file=sys.stderr, flush=True)
    print(f"a plan's cost here is {speed.measure():.2f} times the stated")
    widths = ", ".join(f"{width}: {ratio:.1f}" for width, ratio in backends.measure().items())
    print(f"seconds of torch over lanes by width: {widths}")


def run(options: argparse.Namespace) -> int:
    """The workflow; 3 when a check failed or what is proven is contradicted."""
    from dlstats.pipeline import config, registry, results, run

    config.load(project.configuration(options.profile))
    for study in [word for word in options.words if word in registry.known()]:
        _require(study, options.profile)
    status = run.workflow(options.profile, options.words, options.keep_stale)
    if status:
        return status
    return results.contradictions(config.load(project.configuration(options.profile)), Path("results"))


def rerun(options: argparse.Namespace) -> int:
    """One study, or one experiment of it, from scratch; refused before anything is touched, and a dry run touches nothing."""
    from dlstats.pipeline import registry, run

    study, _, inner = options.study.partition(".")
    profile = options.profile or run.last_profile(Path("results"))
    _require(study, profile)
    if inner:
        registry.experiment(options.study)
    print(f"{options.study} again, as in the profile {profile}", file=sys.stderr, flush=True)
    return run.workflow(profile, [study, *options.words], again=options.study)


def _require(study: str, profile: str) -> None:
    """Raise LookupError for a study that a profile does not hold."""
    from dlstats.pipeline import config, registry

    known = config.load(project.configuration(profile))["studies"]
    registry.module(study)
    if study not in known:
        raise LookupError(f"The study must be one of the profile `{profile}` ({', '.join(known)}), got `{study}`.")


def _number(text: str, kind: type, name: str):
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} must be of type {kind.__name__}, got {text!r}.") from None
