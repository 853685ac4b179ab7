"""Commands on a whole project: begin, run, compute again, compare with a method from outside, examine the machine."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from dlstats import project
from dlstats.cli.listing import print_json
from dlstats.cli.steps import add_file
from dlstats.protocol.hints import near


def begin(options: argparse.Namespace) -> None:
    """A folder to begin with."""
    from dlstats.cli import start

    for path in start.begin(options.folder):
        print(path)
    print(
        "next: " + ("" if options.folder == Path() else f"cd {options.folder}; ") + "dlstats run smoke", file=sys.stderr
    )


def run(options: argparse.Namespace) -> int:
    """The workflow; 3 when a check failed or what is proven is contradicted."""
    from dlstats.pipeline import config, registry, remaining, results, run

    settings = config.load(project.configuration(options.profile))
    stale = options.keep_stale or "--keep-stale" in options.words  # after the profile it is among snakemake's words
    options.words = [word for word in options.words if word != "--keep-stale"]
    for study in [word for word in options.words if word in registry.known()]:
        _require(study, options.profile)
    for word in itertools.takewhile(lambda word: not word.startswith("-"), options.words):
        _target(word, settings)
    named = [s for s in settings["studies"] if {s, registry.family(s)} & {*options.words}]
    asked = settings | {"studies": named or settings["studies"]}
    with remaining.told(asked, Path("results"), sys.stderr):
        status = run.workflow(options.profile, options.words, stale)
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
        raise LookupError(
            f"The study must be one of the profile `{profile}` ({', '.join(known)}), got `{study}`."
            " A study of an installed package is named under `studies:` of a configuration."
        )


def _target(word: str, settings: Mapping) -> None:
    """Raise LookupError for a target that is no study or family of the configuration, no rule and no file."""
    from dlstats.pipeline import grid, outside

    families = grid.families(settings)
    known = {*families, *(study for several in families.values() for study in several), *outside.RULES}
    own = re.search(
        rf"^\s*(rule|checkpoint) {re.escape(word)}\s*:", project.snakefile().read_text("utf-8"), re.MULTILINE
    )
    if not (word in known or own or word.startswith("simulate_") or set("/.") & set(word)):
        raise LookupError(
            f"a target must be a study or family of the profile, a rule or a file, got `{word}`.{near(word, known)}"
        )


def replay(options: argparse.Namespace) -> int:
    """One replicate again, compared with what is stored; 1 when it differs by more than the tolerance."""
    from dlstats.pipeline import cells, config, registry, run

    add_file(options)
    if options.experiment.partition(".")[0] not in registry.known():
        config.load(project.configuration(run.last_profile(options.results)))  # which may name it by its file
    study, inner = registry.experiment(options.experiment)
    with _after(study):
        comparison = cells.replay(study, inner, options.cell, options.replicate, options.results, options.device)
    for column in comparison.again.columns.drop("seconds"):
        pairs = zip(comparison.stored[column], comparison.again[column], strict=True)
        same = all(a == b or (a != a and b != b) for a, b in pairs)
        print(f"{column:<24}{'same' if same else 'differs'}")
    print(f"largest relative difference {comparison.largest_difference:.3g}, tolerance {options.tolerance:g}")
    print("matches to the bit" if comparison.same_bits else "does not match to the bit")
    return 0 if comparison.largest_difference <= options.tolerance and comparison.starts_equal else 1


def compare(options: argparse.Namespace) -> None:
    """A method, loss or design from outside in an experiment, in pairs with ours."""
    from dlstats.pipeline import compare, compare_design, config, foreign, registry
    from dlstats.report import compared

    settings = config.load(options.config)
    kind = next(kind for kind in foreign.NEEDED if getattr(options, kind))
    study, inner = compare.find(options.experiment, kind)
    other = foreign.load(getattr(options, kind), tuple(registry.load(study).experiments[inner].methods), kind)
    run = compare_design.compare if kind == "dgp" else compare.compare
    with _after(study):
        comparison = run(settings, study, inner, other, options.results, progress, options.device)
    print("\n".join(filter(None, (compared.said_of_all(comparison), *compared.lines(comparison)))))
    print(compared.write(comparison, options.reports)[-1])


@contextlib.contextmanager
def _after(study: str) -> Iterator[None]:
    """Say of results that are not there which command makes them."""
    from dlstats.pipeline import store

    try:
        yield
    except store.Missing as error:
        raise store.Missing(f"{error}; `dlstats run PROFILE {study}` makes it.") from None


def progress(text: str) -> None:
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)


def doctor(options: argparse.Namespace) -> int:
    """What works on this machine, and if asked how fast it is; or what its GPU does."""
    from dlstats.machine import doctor as doctors

    if options.gpu:
        return _examine_gpu(options)
    findings = doctors.examine()
    if options.format == "json":
        print_json([asdict(finding) for finding in findings])
    else:
        print("\n".join(doctors.lines(findings)), flush=True)
    if options.measure:
        _measure(options)
    return 0


def _measure(options: argparse.Namespace) -> None:
    from dlstats import cache
    from dlstats.machine import speed
    from dlstats.training import backends

    cache.folder()  # what is measured must have a place
    told = sys.stderr if options.format == "json" else sys.stdout
    print("timing this machine ...", file=sys.stderr, flush=True)
    print(f"a plan's cost here is {speed.measure():.2f} times the stated", file=told)
    widths = ", ".join(f"{width}: {ratio:.1f}" for width, ratio in backends.measure().items())
    print(f"seconds of torch over lanes by width: {widths}", file=told)


NO_GPU = 4
"""Exit status of `doctor --gpu` where there is none."""


def _examine_gpu(options: argparse.Namespace, device: str = "cuda") -> int:
    """What a GPU does beside the CPU, in a report; 1 where a check failed, 4 where there is no GPU."""
    from dlstats.machine.acceptance import examination, report
    from dlstats.pipeline import on_devices

    missing = examination.missing() if device == "cuda" else None
    if missing:
        print(f"dlstats doctor: there is no GPU to examine: {missing}", file=sys.stderr)
        return NO_GPU
    found = examination.examine(device, on_devices.checks, progress)
    paths = report.write(found, options.reports)
    if options.format == "json":
        print_json(report.document(found))
    else:
        print(*(f"{report.WORDS[c.passed]:<4} {c.name}: {c.detail}" for c in found.checks), sep="\n")
        print(found.counts, found.meeting, *paths, sep="\n")
    return 0 if found.passed else 1
