"""The protocol of a study, frozen before the run: ADEMP from its code and its configuration, with a hash.

Source of the form: Morris, White and Crowther 2019; Siepe and others 2024 (preregistration template ADEMP-PreReg).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dlstats.pipeline import grid
from dlstats.protocol import claim as claims
from dlstats.protocol.study import LOG_RATIO, Study
from dlstats.report.files import write_text

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
    factors: tuple[Mapping[str, Any], ...]
    """The entries of the configuration: factors with levels, replicates, target."""
    estimands: str
    methods: Mapping[str, str]
    measures: tuple[Mapping[str, Any], ...]
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


def digest(data: object) -> str:
    """Short SHA-256 of data in canonical JSON."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def protocol(config: Mapping, study: Study) -> Protocol:
    """The protocol of a study under a configuration."""
    entries = config["studies"][grid.family_of(config, study.name)][study.name]["cells"]
    return Protocol(
        study=study.name,
        family=study.family,
        title=study.title,
        aims=study.aims,
        mechanisms=study.mechanisms,
        # `seconds` packs jobs and is no part of the design
        factors=tuple({k: v for k, v in entry.items() if k != "seconds"} for entry in entries),
        estimands=study.estimands,
        methods=dict(study.methods),
        measures=tuple(
            {"column": m.column, "label": m.label, "statistic": m.statistic, "unit": m.unit, "options": dict(m.options)}
            for m in study.measures
        )
        + _contrasts(study),
        claims=tuple(_claim(claim) for claim in study.claims),
        seed=config["seed"],
        failed_share=config.get("failed_share", 0.1),
    )


def _contrasts(study: Study) -> tuple[dict, ...]:
    """The contrasts as measures, one a column: which methods are held against which."""
    found = []
    for column in dict.fromkeys(c.column for c in study.contrasts):
        chosen = [c for c in study.contrasts if c.column == column]
        label = next((m.label for m in study.measures if m.column == column), column)
        pairs = {"x": dict.fromkeys(c.method for c in chosen), "y": dict.fromkeys(c.label for c in chosen)}
        options = {name: ", ".join(methods) for name, methods in pairs.items()}
        found.append({"column": column, "label": label, "statistic": LOG_RATIO, "unit": "", "options": options})
    return tuple(found)


def _claim(claim: claims.Claim) -> dict:
    fixed = {name: getattr(claim, name) for name in ("id", "statement", "kind", "theory", "margin", "source")}
    return {**fixed, "wanted_mcse": wanted_mcse(claim.kind, claim.margin)}


def wanted_mcse(kind: str, margin: float) -> float:
    """The mcse at which a claim that holds without deviation is supported with probability 0.8; 0 if exact."""
    if kind in claims.EXACT or not margin > 0:
        return 0.0
    return float(f"{claims.wanted_mcse(kind, 0.0, 0.0, margin):.4g}")


def registered(reports: Path, study: str) -> dict | None:
    """The protocol that was written for this study before, if any."""
    try:
        return json.loads((Path(reports) / FOLDER / f"{study}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write(config: Mapping, study: Study, reports: Path) -> list[Path]:
    """Write the protocol as Markdown to read and JSON to compare with; returns the paths."""
    from dlstats.report import ademp, markdown

    fixed = protocol(config, study)
    folder = Path(reports) / FOLDER
    about = {"hash": fixed.hash, "protocol": fixed.data}
    return [
        write_text(folder / f"{study.name}.md", markdown.document(ademp.document(fixed))),
        write_text(folder / f"{study.name}.json", json.dumps(about, indent=1, ensure_ascii=False)),
    ]


def run_digest(record: Mapping | None) -> str:
    """Hash of what was run: cells with replicates, seeds and the fingerprint of the code; empty without a record."""
    if not record:
        return ""
    cells = {cell: about["replicates"] for cell, about in record["cells"].items()}
    return digest({"cells": cells, "seeds": record["seeds"], "fingerprint": record["fingerprint"]})


def deviations(
    config: Mapping, study: Study, record: Mapping | None, verdicts: pd.DataFrame, earlier: Mapping | None = None
) -> list[str]:
    """Where what was run differs from the protocol, and the protocol from the one registered before; plain words."""
    fixed = protocol(config, study)
    found = _changed(earlier["protocol"], fixed.data) if earlier and earlier.get("hash") != fixed.hash else []
    if record is not None:
        found += _in_cells(config, study, record)
        others = [str(seed) for seed in record["seeds"] if seed != fixed.seed]
        found += [f"The seed was {', '.join(others)} instead of {fixed.seed}."] if others else []
    return found + _in_claims(study, verdicts)


def _changed(before: Mapping, now: Mapping) -> list[str]:
    changed = [name for name in now if before.get(name) != now[name]]
    return [f"Changed since the protocol was registered: {name}." for name in changed]


def _in_cells(config: Mapping, study: Study, record: Mapping) -> list[str]:
    planned = {cell.id: cell for cell in grid.cells(config, study.name)}
    run = record["cells"]
    found = [f"Not run: {cell}." for cell in planned if cell not in run]
    found += [f"Run although not planned: {cell}." for cell in run if cell not in planned]
    for name, cell in planned.items():
        have = run[name]["replicates"] if name in run else cell.replicates
        most = cell.target[2] if cell.target else cell.replicates
        if not cell.replicates <= have <= most:
            found.append(f"{have} replicates instead of {cell.replicates} in {name}.")
    return found


def _in_claims(study: Study, verdicts: pd.DataFrame) -> list[str]:
    if verdicts.empty:
        return []
    margins = dict(zip(verdicts["claim"].astype(str), verdicts["margin"].astype(float), strict=True))
    found = [f"Claim {c.id} was not judged." for c in study.claims if c.id not in margins]
    for claim in study.claims:
        used = margins.get(claim.id)
        if used is not None and not math.isclose(used, claim.margin, rel_tol=1e-12, abs_tol=0):
            found.append(f"Claim {claim.id} was judged with margin {used:g} instead of {claim.margin:g}.")
    return found
