"""Commands that write documents from what is there."""

from __future__ import annotations

import argparse
import os
import sys

from dlstats.cli.listing import print_json


def write(options: argparse.Namespace) -> None:
    """The report from what is there and is what the configuration asks for, as PDF and as a site, and the data dictionary."""
    from dlstats.pipeline import config, dictionary, origins, records
    from dlstats.report import build

    if options.keep_stale:
        os.environ[origins.KEEP_STALE] = "1"

    settings, path = config.load(options.config), origins.report_path(options.reports)
    before = records.fault(path)
    pdf, html = build.write(settings, options.results, options.reports, profile=options.config.stem)
    dictionary.write(settings, options.results)
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
    if options.format == "json":
        print_json(open_items)
    else:
        print("".join(f"{item}\n" for item in open_items), end="")
    return int(bool(open_items))


def bibtex(options: argparse.Namespace) -> None:
    """The entries behind claims, and that of dlstats."""
    from dlstats import project
    from dlstats.pipeline import config, run
    from dlstats.report import bibliography

    # which may name studies from outside
    config.load(options.config or project.configuration(run.last_profile(options.results)))
    print(bibliography.of_claims(options.claims, options.reports), end="")


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
