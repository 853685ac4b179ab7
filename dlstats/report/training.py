"""How well networks were trained: training error and dead units of every experiment, and what three times the effort changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pandas as pd

from dlstats.protocol.evidence import EFFORT
from dlstats.report import blocks, ledger
from dlstats.report.blocks import right, wide
from dlstats.report.digits import exact, show
from dlstats.report.files import packaged
from dlstats.report.material import Material
from dlstats.report.text import Content, prose, ref, small

ERROR, DEAD = "misfit", "dead_share"
"""The measures by which experiments record how well networks fit, and how many units are dead."""
DIGITS = 2


def table(material: Material) -> list[blocks.Block]:
    """A row for every finished experiment that trains networks; nothing where there is none."""
    rows = [_row(material, name, inner, held) for name, inner, held in _trained(material)]
    if not rows:
        return []
    words = packaged("texts.yaml")["training"]
    columns = (wide("study, experiment", 1.1), wide("training error over", 0.9), *map(right, words["columns"]))
    return [blocks.table("tab-training", words["caption"], columns, rows, words["note"], size="tiny")]


def _trained(material: Material) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Study, experiment and summary of what records how it was trained or trains with more than one effort."""
    for name in material.finished:
        for inner, summary in material.summaries.get(name, {}).items():
            if EFFORT in summary or summary["measure"].isin([ERROR, DEAD]).any():
                yield name, inner, summary


def _row(material: Material, name: str, inner: str, summary: pd.DataFrame) -> tuple[Content, ...]:
    experiment = material.studies[name].experiments[inner]
    lines = summary[(summary["against"] == "") & ~summary["statistic"].str.contains("slope|bend|ratio|difference")]
    lines = lines[lines[EFFORT].astype(float) == 1] if EFFORT in lines else lines
    errors, dead = (lines.loc[lines["measure"] == measure, "estimate"].dropna() for measure in (ERROR, DEAD))
    label = next((m.label for m in experiment.measures if m.column == ERROR), "–")
    asked = [row for row in material.verdicts_of(name).to_dict("records") if _of(row, inner)]
    changed = sum(row["verdict"] == "recipe-bound" for row in asked)
    title = f", {experiment.title or inner.replace('_', ' ')}" if len(material.studies[name].experiments) > 1 else ""
    counts = f"{changed} of {len(asked)}" if asked else "–"
    over = label.partition(" over ")[2].removesuffix(", median") or "–"
    return (
        prose(ref(f"sec-{name}", name), title),
        over,
        _spread(errors),
        _spread(100 * dead),
        _farthest(asked),
        counts,
    )


def _of(row: Mapping, experiment: str) -> bool:
    """Whether a claim was asked at both efforts, and reads an experiment."""
    cells = json.loads(ledger.text(row.get("cells")) or "[]")
    known = ledger.known(row, "effort_estimate") is not None
    return known and experiment in {cell.partition("/")[0] for cell in cells}


def _spread(values: pd.Series) -> Content:
    """The median, and the range."""
    if values.empty:
        return "–"
    middle, low, high = (exact(float(value), DIGITS) for value in (values.median(), values.min(), values.max()))
    return prose(middle, small(", ", low, " to ", high))


def _farthest(asked: list[dict]) -> Content:
    """The effort ratio that is farthest from 1, with its error, and its claim."""
    ratios = {row["claim"]: row for row in asked if ledger.known(row, "effort_ratio") is not None}
    if not ratios:
        return "–"
    claim, row = max(ratios.items(), key=lambda pair: abs(pair[1]["effort_ratio"] - 1))
    return prose(show(row["effort_ratio"], row["effort_ratio_mcse"]), " ", small(ref(f"claim-{claim}", str(claim))))
