"""The data dictionary of the results: a Frictionless data package, `results/datapackage.json`.

Every table stands in it twice, as CSV and as Parquet, with type, unit and description of every column; what is empty, damaged
or of another configuration is left out. https://specs.frictionlessdata.io/data-package/
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dlstats import __version__
from dlstats.pipeline import origins, registry, store, yaml12
from dlstats.pipeline import results as stored
from dlstats.protocol.factor import Factor
from dlstats.protocol.study import Experiment

NAME = "datapackage.json"
KINDS = {"integer": pa.types.is_integer, "number": pa.types.is_floating, "boolean": pa.types.is_boolean}
KINDS |= {"string": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind)}
"""The types of columns, and how Arrow has them: what R's arrow and readr read too."""
CSV = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8", "dialect": {"delimiter": ",", "quoteChar": '"'}}
PARQUET = {"format": "parquet", "mediatype": "application/vnd.apache.parquet"}


def write(config: Mapping, results: Path) -> Path:
    """Write the data package of what a configuration asks for and is finished. Raises ValueError as `fields` does."""
    resources = [resource for table in _tables(config, results) for resource in table]
    package = {
        "profile": "data-package",
        "name": "dlstats-results",
        "title": "Results of dlstats",
        "description": "Monte Carlo studies of the statistical theory of deep learning: estimates with their Monte Carlo "
        "standard errors (summary), verdicts on claims (verdicts), exact identities and counts (checks).",
        "version": __version__,
        "seed": int(config["seed"]),
        "design": str(config["design"]),
        "resources": resources,
    }
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    store.replace(results / NAME, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return results / NAME


def _tables(config: Mapping, results: Path) -> Iterator[list[dict]]:
    """The resources of every table that is there: of all studies their summaries and checks, and the ledger."""
    for study in config["studies"]:
        experiments = registry.load(study).experiments
        for inner, frame in _whole(lambda study=study: stored.summaries(config, study, results), {}).items():
            yield described(origins.summary_path(results, study, inner), frame, results, "summary", experiments[inner])
        frame = _whole(lambda study=study: stored.checks(config, study, results), pd.DataFrame())
        yield described(origins.checks_path(results, study), frame, results, "checks")
    frame = _whole(lambda: stored.ledger(config, results), pd.DataFrame())
    yield described(origins.ledger_path(results), frame, results, "verdicts")


def _whole(read: Callable[[], Any], nothing: Any) -> Any:
    """What is read, or nothing where it, or what it was made from, is not there, damaged or not what is asked for."""
    try:
        return read()
    except store.Unusable:
        return nothing


def described(
    path: Path, frame: pd.DataFrame, results: Path, table: str, experiment: Experiment | None = None
) -> list[dict]:
    """The resources of a table, as CSV and as Parquet; none where it is empty."""
    if frame.empty:
        return []
    schema = {"fields": fields(path, frame, table, experiment), "missingValues": [""]}
    more = {"schema": schema, "rows": len(frame)} | ({} if experiment is None else _told(experiment))
    place = path.relative_to(results).with_suffix("")
    name = re.sub(r"[^a-z0-9._-]", "-", ".".join(place.parts).lower())
    text = (results / place.with_name(f"{place.name}.csv")).read_bytes()
    sealed = {"bytes": len(text), "hash": f"sha256:{hashlib.sha256(text).hexdigest()}"}
    return [
        {"name": f"{name}.csv", "path": f"{place.as_posix()}.csv", "profile": "tabular-data-resource"}
        | CSV
        | sealed
        | more,
        {"name": f"{name}.parquet", "path": f"{place.as_posix()}.parquet", "profile": "data-resource"} | PARQUET | more,
    ]


def fields(path: Path, frame: pd.DataFrame, table: str, experiment: Experiment | None = None) -> list[dict]:
    """Name, type, unit and description of every column.

    Raises ValueError for a column that nothing describes, or of a type that other programs do not read.
    """
    known = yaml12.load(Path(__file__).with_name("columns.yaml"))[table]
    factors = {**experiment.factors, **experiment.keys} if experiment else {}
    described = []
    for column in pq.read_schema(path):
        kind = next((name for name, holds in KINDS.items() if holds(column.type)), None)
        if kind is None or column.name not in (*known, *factors):
            what = f"of type {', '.join(KINDS)}" if kind is None else "described in columns.yaml"
            raise ValueError(f"The column `{column.name}` of {path} must be {what}, got {column.type}.")
        own = _of_factor(factors[column.name]) if column.name in factors else _of_text(str(known[column.name]))
        described.append({"name": column.name, "type": kind} | own | _values(kind))
    return described


def _of_factor(factor: Factor) -> dict:
    unit = {"unit": factor.unit} if factor.unit else {}
    words = {"constraints": {"enum": list(factor.levels)}} if factor.kind is str and factor.levels else {}
    labels = {"labels": dict(factor.levels)} if isinstance(factor.levels, Mapping) else {}
    return {"description": f"{factor.label}; missing where the line is over several levels", **unit, **words, **labels}


def _of_text(text: str) -> dict:
    """The description, and the unit that stands in brackets at its end."""
    match = re.fullmatch(r"(.*?)(?: \[(\S+)\])?", text)
    assert match
    return {"description": match[1]} | ({"unit": match[2]} if match[2] else {})


def _values(kind: str) -> dict:
    return {"trueValues": ["True"], "falseValues": ["False"]} if kind == "boolean" else {}


def _told(experiment: Experiment) -> dict:
    """What the names in the columns `measure` and `method` stand for."""
    measures = [
        {"name": m.column, "label": m.label, "statistic": m.statistic} | ({"unit": m.unit} if m.unit else {})
        for m in experiment.measures
    ]
    methods = [{"name": n, "label": m.label, "description": m.description} for n, m in experiment.methods.items()]
    return {"measures": measures, "methods": methods}
