"""Commands that list and tell: studies, designs, expected and measured cost."""

from __future__ import annotations

import argparse
import json
import math
import sys

from dlstats.cli import remembered
from dlstats.cli.colours import paint


def show(options: argparse.Namespace) -> None:
    """The studies of a configuration, with their cells, claims or checks if asked."""
    words = (options.what, options.format, paint("", "bold"), sys.stdout.encoding)
    print(remembered.answer(options.config, words, lambda: _list(options)))


def _list(options: argparse.Namespace) -> str:
    from dlstats.pipeline import config

    settings = config.load(options.config)
    if options.what == "plugs":
        return _plugs(settings, options)
    return _json(_records(settings, options.what)) if options.format == "json" else _text(settings, options.what)


def _text(settings: dict, what: str) -> str:
    from dlstats.pipeline import grid, registry

    lines = []
    for family, names in grid.families(settings).items():
        lines.append(paint(family, "bold"))
        for name in names:
            study, cells = registry.load(name), grid.cells(settings, name)
            counts = f"{len(cells)} cells, {len(study.claims)} claims, {len(study.checks)} checks"
            lines.append(f"  {name}: {study.title} ({counts})")
            lines += [f"    {one.id}: {one.statement}" for one in _stated(study, what)]
            if what in ("cells", "all"):
                lines += [f"    {cell.experiment} {cell.id}  x{cell.replicates}" for cell in cells]
    return "\n".join(lines)


def print_json(records: object) -> None:
    """Records for other programs to read."""
    print(_json(records))


def _json(records: object) -> str:
    return json.dumps(records, indent=1, ensure_ascii=sys.stdout.encoding != "utf-8")


def _plugs(settings: dict, options: argparse.Namespace) -> str:
    """What of somebody else's can be put where: the experiments that declare it, and what a method gives there."""
    from dlstats.pipeline import compare

    records = [
        {"experiment": name, "takes": list(plug.takes), "gives": plug.gives, "levels": list(plug.levels)}
        | {"replaces": list(plug.replaces)}
        for name, experiment in compare.pluggable(settings["studies"]).items()
        if (plug := experiment.plug)
    ]
    if options.format == "json":
        return _json(records)
    width = max((len(record["experiment"]) for record in records), default=0)
    lines = []
    for record in records:
        levels = f" at {', '.join(f'{level:g}' for level in record['levels'])}" if record["levels"] else ""
        takes = ", ".join(f"--{kind}" for kind in record["takes"])
        lines.append(f"{record['experiment']:<{width}}  {takes}  (a method gives {record['gives']}{levels})")
    return "\n".join(lines)


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
    from dlstats.pipeline import config
    from dlstats.pipeline import plan as plans

    settings = config.load(options.config)
    if options.format == "json":
        return print_json(plans.rows(settings))
    print(plans.table(settings))


def cost(options: argparse.Namespace) -> None:
    """Seconds per replicate as measured in the results, relative to what is stated; stored if asked."""
    from dlstats.pipeline import costs, results

    measured = results.measured_costs(options.results)
    if not measured:
        raise LookupError(f"there are no raw results in {options.results / 'raw'}")
    records = []
    for name, cells in measured.items():
        study, inner = name.split(".")
        stated = sum(costs.seconds(study, inner, cell) for cell in cells)
        each, ratio = sum(cells.values()) / len(cells), stated / sum(cells.values())
        ratio = None if math.isnan(ratio) else ratio
        records.append({"experiment": name, "seconds_per_replicate": each, "stated_over_measured": ratio})
    if options.format == "json":
        print_json(records)
    else:
        for name, each, ratio in (one.values() for one in records):
            print(f"{name:<44}{each:>11.3g} s per replicate{'unknown' if ratio is None else f'{ratio:.2f}':>9}")
    if options.write:
        print(f"{costs.write(measured)} cells written to {costs.FILE}", file=sys.stderr)
