"""The steps of the workflow, one command each: cells, checks, summaries, measures, ledger, figures."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence


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
    from dlstats.pipeline import cells, complaints, devices, processes, registry

    add_file(options)
    study, inner = registry.experiment(options.experiment)
    target = None
    if options.target:
        measure, mcse, cap = options.target
        target = (measure, _number(mcse, float, "--target MCSE"), _number(cap, int, "--target AT_MOST"))
    where = (options.results, options.device)
    job = cells.Run(study, inner, tuple(names), options.seed, options.replicates, *where, target, options.many)
    devices.hold(study, inner, options.device)
    if options.limit:
        prefix, destination = f"dlstats simulate: {options.experiment} is", (options.log, options.with_parent)
        processes.stop_after(options.limit, began, lambda text: complaints.complain(f"{prefix} {text}", *destination))
    cells.simulate(job, options.log, tell)
    return 0


def _number(text: str, kind: type, name: str):
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} must be of type {kind.__name__}, got {text!r}.") from None


def compute_checks(options: argparse.Namespace) -> None:
    """The checks of a study; one that fails is said loudly, and the run of the workflow ends with status 1."""
    from dlstats.pipeline import results

    add_file(options)
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
    """Figures and tables of a study, with where they come from; or, on demand, its figures for slides."""
    from dlstats.pipeline import config
    from dlstats.report import drawing

    settings = config.load(options.config)
    if options.slides:
        for path in drawing.slides(settings, options.study, options.results, options.reports):
            print(path)
        return
    drawing.draw(settings, options.study, options.results, options.reports)


def add_file(options: argparse.Namespace) -> None:
    """Make a study that stands outside the package known by its name."""
    from dlstats.pipeline import outside, registry

    if options.file:
        outside.add(options.file, registry.taken())
