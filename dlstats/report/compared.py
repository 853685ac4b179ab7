"""What came from outside beside ours: tables, figures and a page, apart from the report and its ledger."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

from dlstats.pipeline import registry
from dlstats.pipeline.compare import FOLDER, Comparison
from dlstats.plotting.comparison import RATIO, legend_above, measured, ratios
from dlstats.plotting.curves import curves
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.report import figures, markdown, tables
from dlstats.report.digits import show
from dlstats.report.files import write_text

ERROR = 0.05
"""Probability, at most, that any interval of a page misses its ratio."""
PANELS = 4
"""Panels of a figure at most."""


def write(comparison: Comparison, reports: Path) -> list[Path]:
    """Write `summary.csv`, the tables, the figures and `README.md`; returns the paths, the page last."""
    experiment, other = comparison.experiment, comparison.foreign
    inner = comparison.name.partition(".")[2]
    folder = reports / FOLDER / comparison.name / other.folder
    study = registry.load(comparison.study)
    study = replace(study, experiments={inner: experiment}, claims=(), figures=list(_figures(comparison)))
    summaries = {inner: comparison.summary}
    grids = tables.of_study(study, summaries)
    paths = tables.write_all(grids, {"summary": comparison.summary}, folder)
    origin = {"study": comparison.name, other.kind: other.name, "digest": other.digest}
    for left in folder.glob("ratios.*"):
        left.unlink()  # of a comparison before, which this one may not have
    paths += figures.draw(study, Evidence(summaries), folder, origin=origin)
    of_methods = comparison.summary[comparison.summary["against"] == ""]
    replicates = sorted((of_methods["replicates"] + of_methods["failed"]).unique())
    many = f"{replicates[0]}" if len(replicates) == 1 else f"{replicates[0]} to {replicates[-1]}"
    text = markdown.render(
        "compared",
        name=comparison.name,
        other=other,
        titles=(study.title, other.label) if other.kind == "dgp" else (other.label, study.title),
        many=many,
        said=said_of_all(comparison),
        lines=lines(comparison),
        figures=study.figures,
        tables=map(markdown.table, grids),
    )
    return [*paths, write_text(folder / "README.md", text)]


def said_of_all(comparison: Comparison) -> str:
    """What the intervals of the lines hold for; empty where there are none."""
    determined = int(of_first_ratio(comparison)["lower"].notna().sum()) if comparison.foreign.kind != "dgp" else 0
    return f"The intervals hold for all {determined} ratios at once with 95 % (Bonferroni)." if determined else ""


def lines(comparison: Comparison) -> list[str]:
    """A line for every condition and rival: the ratio on shared replicates with its interval, and what it says.

    It is that of the measure by which the study compares, where it is among the ratios; those of the others are in the tables.
    The intervals are those of `of_first_ratio`.

    Of a design a line for every condition: the methods by the first measure, the smallest first.
    """
    if comparison.foreign.kind == "dgp":
        return [_ranked(comparison, str(cell), rows) for cell, rows in _first(comparison).groupby("cell", sort=False)]
    table, experiment = of_first_ratio(comparison), comparison.experiment
    said = []
    for row in table.to_dict("records"):
        what = measured(experiment, row["measure"], row["statistic"])
        keys = "".join(f", {key}={row[key]}" for key in experiment.keys)
        said.append(f"{row['cell']}{keys}: {what} {_ratio(row, experiment.label_of(row['against']))}")
    return said


def of_first_ratio(comparison: Comparison) -> pd.DataFrame:
    """The ratios to every rival of the measure by which the study compares, else of the first that has ratios.

    Their intervals hold at once with 95 %: those of k ratios have level 1 − 0.05 / k each [Bonferroni; Dunn 1961]. They are
    NaN where the replicates do not tell them, which counts for none.
    """
    table = comparison.summary
    table = table[table["statistic"].str.startswith(RATIO) & (table["method"] == comparison.foreign.name)]
    wanted = registry.load(comparison.study).compared_by.rpartition(".")[2]
    measures = list(table["measure"])
    table = table[table["measure"] == (wanted if wanted in measures else next(iter(measures), ""))]
    table = table[table["statistic"] == next(iter(table["statistic"]), "")]
    determined = np.isfinite(table["estimate"]) & (table["mcse"] > 0)
    degrees = table["df"].fillna((table["replicates"] - 1).clip(lower=1))
    half = scipy.special.stdtrit(degrees, 1 - ERROR / 2 / max(1, determined.sum())) * table["mcse"].where(determined)
    return table.assign(lower=table["estimate"] - half, upper=table["estimate"] + half)


def _ratio(row: Mapping, rival: str) -> str:
    with np.errstate(over="ignore", under="ignore"):  # of two replicates an interval may have no end that is a number
        ratio, low, high = (float(np.float_power(10, row[name])) for name in ("estimate", "lower", "upper"))
    if math.isnan(low):
        return f"relative to that of {rival} not determined: {_why(row)}"
    verdict = "not distinguishable" if not (high < 1 or low > 1) else "smaller" if high < 1 else "larger"
    return f"{ratio:.3g} times that of {rival}, interval {low:.3g} to {'∞' if math.isinf(high) else f'{high:.3g}'}: {verdict}"


def _why(row: Mapping) -> str:
    """Why the replicates do not tell a ratio or its error."""
    if row["replicates"] < 2:
        return f"two replicates that count for both are needed, got {row['replicates']}"
    return row["note"] or f"a finite log ratio is needed, got {row['estimate']:g}"


def _first(comparison: Comparison) -> pd.DataFrame:
    """The lines of the first measure."""
    table, measure = comparison.summary, comparison.experiment.measures[0]
    statistic = table[table["measure"] == measure.column]["statistic"].iloc[0]
    return table[(table["measure"] == measure.column) & (table["statistic"] == statistic) & (table["against"] == "")]


def _ranked(comparison: Comparison, cell: str, rows: pd.DataFrame) -> str:
    measure = comparison.experiment.measures[0]
    ranked = [
        f"{comparison.experiment.label_of(r['method'])} {show(r['estimate'], r['mcse']).text.replace('–', 'not determined')}"
        for r in rows.sort_values("estimate").to_dict("records")
    ]
    return f"{cell}: {measure.label} ({measure.statistic.replace('_', ' ')}, mcse): {', '.join(ranked)}"


def _figures(comparison: Comparison) -> Iterator[Figure]:
    """The ratios to every rival; and curves of the first measure over the first numeric factor that has several levels."""
    experiment, other = comparison.experiment, comparison.foreign
    table, measure = comparison.summary, experiment.measures[0]
    if said_of_all(comparison):
        yield ratios(of_first_ratio(comparison), experiment, other.label)
    varying = [n for n in (*experiment.factors, *experiment.keys) if n in table and table[n].nunique() > 1]
    several = [
        n for n in varying if n in experiment.factors and experiment.factors[n].kind is not str and n != "effort"
    ]
    panels = len(_first(comparison).groupby([n for n in varying if n != several[0]] or ["measure"])) if several else 0
    if 0 < panels <= PANELS:
        factor, who = experiment.factors[several[0]], "the methods of the study on the design from outside"
        who = who if other.kind == "dgp" else f"the {other.kind} from outside beside those of the study"
        caption = f"{measure.label} against {factor.label}: {who}, with a 95 % Monte Carlo interval of each."
        figure = curves(
            measure.column, several[0], statistic=measure.statistic, methods=experiment.methods, ylabel=measure.label,
            xlabel=factor.label, caption=caption[0].upper() + caption[1:],
        )  # fmt: skip
        yield legend_above(replace(figure, width="two-column" if panels > 1 else figure.width))
