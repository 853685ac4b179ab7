"""What was run, on what, with what: the machine and the programs, and a line for every study."""

from __future__ import annotations

import math
from collections import Counter

from dlstats.pipeline import grid, store
from dlstats.report import blocks, protocol
from dlstats.report.blocks import Block, Listing, Paragraph, right, wide
from dlstats.report.files import packaged
from dlstats.report.material import Material
from dlstats.report.text import Content, code, prose, ref


def facts_table(material: Material) -> blocks.Table:
    """The facts as a table."""
    return blocks.table("tab-facts", "The machine and the programs.", ("", wide("")), facts(material), size="tiny")


def table(material: Material) -> blocks.Table:
    """A line for every study of the configuration."""
    counts = ("conditions", "replicates", "rows failed", "core time stated", "core time")
    rows = [run_row(material, name) for name in material.planned]
    columns = (wide("study"), *map(right, counts), "trained by", "protocol", "run")
    return blocks.table("tab-run", packaged("texts.yaml")["run"], columns, rows, size="tiny")


def facts(material: Material) -> list[tuple[Content, Content]]:
    """What was run on what: version, commit, seed, machine, programs."""
    environment = material.environment
    commit = f"{str(environment['commit'])[:12]}{', with uncommitted changes' if environment['dirty'] else ''}"
    seconds = [record["core_seconds"] for record in material.records.values()]
    packages = ", ".join(f"{name} {version}" for name, version in environment["packages"].items())
    gpus = environment.get("gpus", 0)
    return [
        ("profile", material.profile or "–"),
        (
            "version, commit",
            prose(str(environment["version"]), ", ", code(commit) if environment["commit"] else "not known"),
        ),
        ("configuration", code(f"sha256 {store.digest(material.config)}")),
        ("studies finished", f"{len(material.finished)} of {len(material.planned)}"),
        ("root seed", code(material.config["seed"])),
        ("core time of the simulations", duration(sum(seconds)) if seconds else "not recorded"),
        ("machine", "{processor}, {cores} cores, {memory_gib} GiB, {system}".format(**environment)),
        (
            "threads, device, GPUs",
            f"{environment['threads']} thread a process, {material.config.get('device', 'auto')}, {gpus or 'none'}",
        ),
        ("networks trained by", trained_by(material) or "not recorded"),
        ("Python and packages", f"{environment['python']}; {packages}"),
        ("determinism", str(environment.get("determinism", "–"))),
    ]


def trained_by(material: Material) -> str:
    """The back ends that trained, each with the number of studies; records from before they were recorded have none."""
    studies = Counter(name for record in material.records.values() for name in record.get("back_ends", ()))
    return ", ".join(
        f"{name} ({count} {'studies' if count > 1 else 'study'})" for name, count in sorted(studies.items())
    )


def run_row(material: Material, name: str) -> tuple[Content, ...]:
    """A line on what was run of a study: conditions, replicates, failures, core time as stated and as measured, hashes."""
    planned = grid.cells(material.config, name)
    stated = duration(sum(cell.cost for cell in planned))
    record, title = material.records.get(name), ref(f"sec-{name}", name)
    fixed = code(material.protocols[name].hash) if name in material.protocols else "–"
    if record is None:
        done = f"not recorded, {len(planned)} planned" if name in material.finished else f"0 of {len(planned)}"
        return (title, done, "–", "–", stated, "–", "–", fixed, "–")
    cells = record["cells"].values()
    replicates, failed = sum(cell["replicates"] for cell in cells), sum(line["failed"] for line in record["failures"])
    counts = (f"{len(cells)} of {len(planned)}", replicates, f"{failed} of {record['rows']}")
    times, trained = (stated, duration(record["core_seconds"])), ", ".join(record.get("back_ends", ())) or "–"
    return (title, *counts, *times, trained, fixed, code(protocol.run_digest(record)))


def again(material: Material, study: str = "STUDY", replicate: str = "STUDY.EXPERIMENT CELL REPLICATE") -> list[Block]:
    """How the numbers of a study come again: the commands, and what they do."""
    profile = material.profile
    lines = [
        f"snakemake --cores all {study}" + (f" --config profile={profile}" if profile else ""),
        f"dlstats rerun {study}" + (f" --profile {profile}" if profile else ""),
        *([f"dlstats replay {replicate}"] if replicate else []),
    ]
    text = prose(packaged("texts.yaml")["replay"], " Root seed ", code(material.config["seed"]), ".")
    return [Paragraph(text, "lead"), Listing(tuple(lines))]


def duration(seconds: float) -> str:
    """Core time for reading: seconds, minutes or hours; a dash where it is not known."""
    if math.isnan(seconds):
        return "–"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
