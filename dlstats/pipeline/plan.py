"""What a run would do and cost, before it is run."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dlstats.machine import speed
from dlstats.pipeline import costs, grid


def table(config: Mapping) -> str:
    """What a run would do: cells, replicates, jobs and expected core time of every study, as a text table.

    The time is the stated cost times `speed.factor`, and unknown where nothing is stated.
    """
    here = speed.factor()
    lines = [f"{'study':<28}{'cells':>7}{'replicates':>12}{'jobs':>6}{'core time':>12}"]
    *studies, total = rows(config)
    lines += map(_line, studies)
    names = [(study, inner) for study in config["studies"] for inner in grid.design(config, study)]
    untimed = [f"{study}.{inner}" for study, inner in names if math.isnan(costs.seconds(study, inner, ""))]
    if len(untimed) < len(names):
        known = (
            "as stated; `dlstats doctor --measure` times this machine" if here == 1 else f"{here:.2f} times the stated"
        )
        lines.append(f"core time: {known}")
    if untimed:
        lines.append(f"never timed, so that the core time is unknown: {', '.join(untimed)}")
    return "\n".join([*lines, _line(total)])


def rows(config: Mapping) -> list[dict]:
    """The rows of `table`: study, cells, replicates, jobs and expected seconds on one core, then all studies together.

    The seconds are None where an experiment was never timed.
    """
    here, found = speed.factor(), []
    for study in config["studies"]:
        inside, work = grid.cells(config, study), grid.jobs(config, study)
        counts = {"cells": len(inside), "replicates": sum(c.replicates for c in inside), "jobs": len(work)}
        found.append({"study": study, **counts, "core_seconds": here * sum(c.cost for c in inside)})
    totals = {name: sum(row[name] for row in found) for name in ("cells", "replicates", "jobs", "core_seconds")}
    found.append({"study": "all", **totals})
    return [row | {"core_seconds": None if math.isnan(row["core_seconds"]) else row["core_seconds"]} for row in found]


def _line(row: Mapping) -> str:
    time = "unknown" if row["core_seconds"] is None else f"{row['core_seconds']:.0f} s"
    return f"{row['study']:<28}{row['cells']:>7}{row['replicates']:>12}{row['jobs']:>6}{time:>12}"
