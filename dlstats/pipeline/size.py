"""How large a run would be, counted without listing its cells, and whether its configuration allows that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dlstats.machine import speed
from dlstats.pipeline import costs, grid

LIMITS = {"cells": 20_000, "replicates": 100_000_000, "core_hours": 1000.0}
"""What a configuration allows that says nothing else."""


@dataclass(frozen=True)
class Size:
    """Cells, replicates (up to the caps of sequential stopping), about how many hours of one core, and if some are unknown."""

    cells: int
    replicates: int
    core_hours: float
    """Of what was timed."""
    untimed: bool

    def __str__(self) -> str:
        counts = f"{self.cells:,} cells with {self.replicates:,} replicates, about {self.core_hours:,.0f} core hours"
        return f"{counts} (what was never timed is not counted)" if self.untimed else counts


def of(config: Mapping, study: str, inner: str, factor: float = 1.0) -> Size:
    """The size of an experiment, each of whose cells is taken to cost the median of the experiment times `factor`."""
    cells, replicates = 0, 0
    for one in grid.design(config, study)[inner]:
        inside = math.prod(map(len, one.levels.values()))
        most = max(one.replicates, one.target[2]) if one.target else one.replicates
        cells, replicates = cells + inside, replicates + inside * most
    hours = replicates * costs.seconds(study, inner, "") * factor / 3600
    return Size(cells, replicates, 0.0 if math.isnan(hours) else hours, math.isnan(hours))


def check(config: Mapping) -> None:
    """Raise ValueError, with cells, replicates and cost, when a run would be larger than `limits` allows."""
    here = speed.factor()
    sizes = {f"{s}.{inner}": of(config, s, inner, here) for s in config["studies"] for inner in grid.design(config, s)}
    total = Size(
        sum(one.cells for one in sizes.values()),
        sum(one.replicates for one in sizes.values()),
        sum(one.core_hours for one in sizes.values()),
        any(one.untimed for one in sizes.values()),
    )
    for name, default in LIMITS.items():
        allowed = config.get("limits", {}).get(name, default)
        if getattr(total, name) > allowed:
            most = max(sizes, key=lambda place: getattr(sizes[place], name))
            raise ValueError(
                f"{total}, most of them in {most}: more than `limits.{name}` allows, {allowed:,g}; to run it all the "
                f"same, write `limits: {{{name}: ...}}` with a larger number into the configuration."
            )
