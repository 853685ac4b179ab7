"""Summaries of replicates that no study made: numbers of which every method, key, condition and measure has its own.

A row's number is 1 + u, u in (0, 1) from a hash of where it stands, times a random factor of its replicate that methods of a
condition share in part, so that pairs are correlated. One replicate in 16 failed, and holds a number far from all others. A
column that some statistic takes for zeros and ones, or for exact, is so.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from cases import study_results
from dlstats.montecarlo import STATISTICS
from dlstats.pipeline import grid, registry, rows, summaries
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.measure import Slope
from dlstats.protocol.study import Experiment

REPLICATES = 16
FAILED = 5
"""The replicate that failed everywhere."""
GARBAGE = 1e4
FILE = Path(__file__).with_name("combinations.json")
COMBINATIONS: dict[str, list] = json.loads(FILE.read_text())
"""`study.experiment` -> methods with levels of keys, of which its rows are, and levels of factors at which they are `not`."""


def config(study: str, design: str) -> dict:
    """A configuration of one study."""
    return {"design": design, "seed": 1, "studies": [study], "overrides": {}, "failed_share": 1.0}


def _unit(*place: object) -> float:
    return int.from_bytes(hashlib.sha256(repr(place).encode()).digest()[:7], "big") / 256**7


def _draw(place: tuple, cell: str, kind: str) -> np.ndarray:
    """The numbers of a column for one method, key and cell."""
    level = 1 + _unit(*place, cell)
    if kind == "exact":
        return np.full(REPLICATES, level)
    shared, own = (np.random.default_rng(int(2**53 * _unit(*key))) for key in ((place[0], cell), (*place, cell)))
    normal = 0.8 * shared.standard_normal(REPLICATES) + 0.6 * own.standard_normal(REPLICATES)
    if kind == "binary":
        return (normal + level > 1.2).astype(float)
    return level * np.exp(0.1 * normal)


def _kinds(experiment: Experiment) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for measure in experiment.measures:
        law = STATISTICS[measure.statistic].law
        binary = law == "binomial" and "upper" not in measure.options
        kinds[measure.column] = "binary" if binary else "exact" if law == "exact" else kinds.get(measure.column, "")
        kinds |= {v: kinds.get(v, "") for v in measure.options.values() if isinstance(v, str)}
    exact = [
        line.column for line in (*experiment.contrasts, *experiment.slopes) if getattr(line, "statistic", "") == "exact"
    ]
    kinds |= dict.fromkeys(exact, "exact")
    kinds |= {s.size: "exact" for s in experiment.slopes if isinstance(s, Slope) and s.size}
    return kinds


def _had(study: str, inner: str, levels: dict) -> list[list]:
    combinations = COMBINATIONS[f"{study}.{inner}"]
    return [c["row"] for c in combinations if not any(levels.get(f) in no for f, no in c.get("not", {}).items())]


@cache
def raw(study: str, inner: str, design: str) -> pd.DataFrame:
    """Replicates of an experiment in all conditions of a design."""
    experiment = registry.load(study).experiments[inner]
    kinds, parts = _kinds(experiment), []
    for cell in grid.experiment_cells(config(study, design), study, inner):
        for method, *keys in _had(study, inner, dict(cell.levels)):
            labels = {
                "cell": cell.id,
                **dict(cell.levels),
                "method": method,
                **dict(zip(experiment.keys, keys, strict=True)),
            }
            columns = {c: _draw((study, inner, method, *keys, c), cell.id, kind) for c, kind in kinds.items()}
            part = pd.DataFrame(labels | columns | {"replicate": range(REPLICATES), "status": "ok", "reason": ""})
            part.loc[FAILED, [*kinds]] = GARBAGE
            part.loc[FAILED, "status"] = "diverged"
            order = np.random.default_rng(int(2**53 * _unit(method, *keys))).permutation(REPLICATES)
            parts.append(part.iloc[order])
    return rows.settled(pd.concat(parts, ignore_index=True), experiment)


@cache
def tables(study: str, design: str = "standard") -> dict[str, pd.DataFrame]:
    """The summaries of a study."""
    found = registry.load(study).experiments
    inner = grid.design(config(study, design), study)
    return {name: summaries.summarise(found[name], raw(study, name, design)) for name in inner}


def evidence(study: str, design: str = "standard") -> Evidence:
    """What the claims of a study read."""
    return Evidence(tables(study, design), lambda name: raw(study, name, design))


def write_combinations(study: str) -> None:
    """Write down the combinations of a study's rows, as its smoke design has them."""
    for name in grid.design(study_results.config(study), study):
        experiment, held = registry.load(study).experiments[name], study_results.raw(study, name)
        factors = [f for f in experiment.factors if f in held]
        entries = []
        for row, part in held.groupby(["method", *experiment.keys], sort=False, dropna=False):
            absent = {f: sorted({*held[f].tolist()} - {*part[f].tolist()}) for f in factors}
            absent = {f: levels for f, levels in absent.items() if levels}
            entry = {"row": [getattr(value, "item", lambda value=value: value)() for value in row]}
            entries.append(entry | ({"not": absent} if absent else {}))
        COMBINATIONS[f"{study}.{name}"] = entries
    lines = [f"{json.dumps(name)}: {json.dumps(rows)}" for name, rows in sorted(COMBINATIONS.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
