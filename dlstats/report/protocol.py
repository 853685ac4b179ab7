"""The protocol of a study, frozen before the run: ADEMP from its code and its configuration, with a hash.

Source of the form: Morris, White and Crowther 2019; Siepe and others 2024 (preregistration template ADEMP-PreReg).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dlstats.pipeline import grid
from dlstats.pipeline.store import digest
from dlstats.protocol import origin, verdict
from dlstats.protocol.claim import Claim
from dlstats.protocol.measure import Contrast, Measure, SlopeContrast
from dlstats.protocol.study import Experiment, Grid, Study
from dlstats.report import tables

FOLDER = "protocols"
FAILURES = (
    "A replicate that fails (diverged, not converged, degenerate, error) stays a row with its reason. It is counted"
    " in every summary, enters no estimate and is never redrawn. A claim that rests on a cell in which more than the"
    " allowed share failed is undecided; every other claim with failures is judged again with the failed replicates"
    " at the lowest and at the highest value seen."
)


@dataclass(frozen=True)
class Protocol:
    """What is fixed before a study runs; everything in it is text, numbers and lists, so that it has a hash."""

    study: str
    family: str
    title: str
    aims: str
    mechanisms: str
    estimands: str
    experiments: tuple[Mapping[str, Any], ...]
    """Of every experiment: factors, design (levels, replicates, target), keys, methods, measures."""
    claims: tuple[Mapping[str, Any], ...]
    seed: int
    failed_share: float
    failures: str = FAILURES

    @property
    def data(self) -> dict:
        """As dictionaries and lists."""
        return json.loads(json.dumps(asdict(self), default=str))

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON, short."""
        return digest(self.data)


def registered(reports: Path, study: str) -> dict | None:
    """The protocol of a study as it was registered, with its hash; None where it was not.

    Raises ValueError when the file is not as `dlstats protocol` wrote it.
    """
    path = reports / FOLDER / f"{study}.json"
    if not path.exists():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        right = stored["hash"] == digest(stored["protocol"]) and stored["protocol"]["study"] == study
    except (OSError, ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise ValueError(
            f"{path}: must be as `dlstats protocol {study}` wrote it; it was changed since, cut, or is another's"
        )
    return stored


def protocol(config: Mapping, study: Study) -> Protocol:
    """The protocol of a study under a configuration."""
    design = grid.design(config, study.name)
    return Protocol(
        study=study.name,
        family=study.family,
        title=study.title,
        aims=study.aims,
        mechanisms=study.mechanisms,
        estimands=study.estimands,
        experiments=tuple(_experiment(study, name, grids) for name, grids in design.items()),
        claims=tuple(_claim(claim) for claim in study.claims),
        seed=config["seed"],
        failed_share=config.get("failed_share", 0.1),
    )


def _experiment(study: Study, name: str, grids: Sequence[Grid]) -> dict:
    experiment = study.experiments[name]
    return {
        "name": name,
        "title": experiment.title or name.replace("_", " "),
        "factors": {n: tables.labelled(f) for n, f in experiment.factors.items()},
        "design": [{"levels": dict(g.levels), "replicates": g.replicates, "target": g.target} for g in grids],
        "keys": {n: f.label for n, f in experiment.keys.items()},
        "methods": {n: {"label": m.label, "description": m.description} for n, m in experiment.methods.items()},
        "measures": [
            *(asdict(m) | {"where": _where(experiment, m, grids)} for m in experiment.measures),
            *_contrasts(experiment),
            *_slopes(experiment),
        ],
    }


def _where(experiment: Experiment, measure: Measure, grids: Sequence[Grid]) -> dict:
    """Which rows have a measure; a condition that is a function as the methods, or levels of the design, that meet it."""
    there: dict = {"method": list(experiment.methods)}
    for one in grids:
        for name, levels in one.levels.items():
            there[name] = list(dict.fromkeys([*there.get(name, ()), *levels]))
    return {
        name: wanted
        if not callable(wanted)
        else [value for value in there[name] if wanted(value)]
        if name in there
        else f"a condition on {name}"
        for name, wanted in measure.where.items()
    }


def _derived(experiment: Experiment, column: str, statistic: str, options: dict) -> dict:
    label = next((m.label for m in experiment.measures if m.column == column), column)
    return {"column": column, "label": label, "statistic": statistic, "unit": "", "options": options}


def _contrasts(experiment: Experiment) -> list[dict]:
    """The contrasts as measures, one per column and kind: which methods or levels are compared with which."""
    sides: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for c in experiment.contrasts:
        ends = (c.method, c.against) if isinstance(c, Contrast) else (f"{c.factor}={c.first}", f"{c.factor}={c.second}")
        for side, end in zip(sides.setdefault((c.column, c.name), ({}, {})), ends, strict=True):
            side[str(end)] = None
    return [
        _derived(experiment, column, statistic, {"x": ", ".join(x), "y": ", ".join(y)})
        for (column, statistic), (x, y) in sides.items()
    ]


def _slopes(experiment: Experiment) -> list[dict]:
    slopes = []
    for s in experiment.slopes:
        kind, ends = (
            ("slope_difference", {"x": s.method, "y": s.against}) if isinstance(s, SlopeContrast) else ("slope", {})
        )
        slopes.append(_derived(experiment, s.column, f"{kind}({s.statistic})", {"over": s.over} | ends))
    return slopes


def _claim(claim: Claim) -> dict:
    expected = claim.expectation
    return {
        "id": claim.id,
        "statement": claim.statement,
        "relation": expected.relation,
        "theory": expected.theory,
        "margin": expected.margin,
        "origin": origin.record(claim.origin),
        "wanted_mcse": wanted_mcse(expected.relation, expected.margin),
    }


def wanted_mcse(relation: str, margin: float) -> float:
    """The mcse at which a claim that holds without deviation is supported with probability 0.8; 0 without a margin."""
    return float(f"{verdict.wanted_mcse(relation, 0.0, 0.0, margin):.4g}") if margin > 0 else 0.0


def run_digest(record: Mapping | None) -> str:
    """Hash of what was run: cells with replicates, seeds and the fingerprint of the code; empty without a record."""
    if not record:
        return ""
    cells = {name: cell["replicates"] for name, cell in record["cells"].items()}
    return digest({"cells": cells, "seeds": record["seeds"], "fingerprint": record["fingerprint"]})


def deviations(
    config: Mapping, study: Study, record: Mapping | None, verdicts: pd.DataFrame, earlier: Mapping | None = None
) -> list[str]:
    """Where what was run differs from the protocol, and the protocol from the one registered before; plain words."""
    fixed = protocol(config, study)
    lines = _changed(earlier["protocol"], fixed.data) if earlier and earlier.get("hash") != fixed.hash else []
    if record is not None:
        others = ", ".join(str(seed) for seed in record["seeds"] if seed != fixed.seed)
        lines += _in_cells(config, study, record)
        lines += [f"The seed was {others} instead of {fixed.seed}."] if others else []
    return [*lines, *_in_claims(study, verdicts)]


def _changed(before: Mapping, now: Mapping) -> list[str]:
    return [f"Changed since the protocol was registered: {name}." for name in now if before.get(name) != now[name]]


def _in_cells(config: Mapping, study: Study, record: Mapping) -> Iterator[str]:
    planned = {f"{cell.experiment}/{cell.id}": cell for cell in grid.cells(config, study.name)}
    run = record["cells"]
    yield from (f"Not run: {name}." for name in planned if name not in run)
    yield from (f"Run although not planned: {name}." for name in run if name not in planned)
    for name, cell in planned.items():
        replicates = run[name]["replicates"] if name in run else cell.replicates
        most = cell.target[2] if cell.target else cell.replicates
        if not cell.replicates <= replicates <= most:
            yield f"{replicates} replicates instead of {cell.replicates} in {name}."


def _in_claims(study: Study, verdicts: pd.DataFrame) -> Iterator[str]:
    if verdicts.empty:
        return
    margins = dict(zip(verdicts["claim"].astype(str), verdicts["margin"].astype(float), strict=True))
    yield from (f"Claim {claim.id} was not judged." for claim in study.claims if claim.id not in margins)
    for claim in study.claims:
        used, fixed = margins.get(claim.id), claim.expectation.margin
        if used is not None and not math.isclose(used, fixed, rel_tol=1e-12, abs_tol=0):
            yield f"Claim {claim.id} was judged with margin {used:g} instead of {fixed:g}."
