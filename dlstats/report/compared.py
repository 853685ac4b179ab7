"""A method from outside beside ours: tables, a figure and a page, apart from the report and its ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dlstats.pipeline import registry
from dlstats.pipeline.compare import FOLDER, Comparison
from dlstats.plotting.curves import curves
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.study import Figure
from dlstats.report import figures, markdown, table_files, tables
from dlstats.report.escape import markdown as escaped
from dlstats.report.files import write_text

RATIO = "log_ratio("


def write(comparison: Comparison, reports: Path) -> list[Path]:
    """Write `summary.csv`, the tables, the figure and `README.md`; returns the paths, the page last."""
    experiment, method = comparison.experiment, comparison.method
    inner = comparison.name.partition(".")[2]
    folder = reports / FOLDER / comparison.name / method.name
    study = registry.load(comparison.study)
    study = replace(study, experiments={inner: experiment}, claims=(), figures=list(_figures(comparison)))
    summaries = {inner: comparison.summary}
    grids = tables.of_study(study, summaries)
    paths = table_files.write_all(grids, {"summary": comparison.summary}, folder)
    paths += figures.draw(study, Evidence(summaries), folder)
    replicates = sorted(comparison.summary["replicates"].dropna().astype(int).unique())
    many = f"{replicates[0]}" if len(replicates) == 1 else f"{replicates[0]} to {replicates[-1]}"
    text = [
        f"# {escaped(method.label)} on {escaped(study.title)}",
        f"{escaped(method.description)} (file digest {method.digest}), compared with the methods of `{comparison.name}` on "
        f"the same {many} replicates of every condition. This is no part of the ledger.",
        "\n".join(f"- {escaped(line)}" for line in lines(comparison)),
        *(f"![{escaped(figure.caption)}]({figure.name}.png)\n\n{escaped(figure.caption)}" for figure in study.figures),
        *map(markdown.table, grids),
    ]
    return [*paths, write_text(folder / "README.md", "\n\n".join(text))]


def lines(comparison: Comparison) -> list[str]:
    """A line for every condition and rival: the ratio on shared replicates with its 95 % interval, and what it says."""
    table, experiment = comparison.summary, comparison.experiment
    table = table[table["statistic"].str.startswith(RATIO) & (table["method"] == comparison.method.name)]
    labels = {m.column: m.label for m in experiment.measures}
    said = []
    for row in table.to_dict("records"):
        what = f"{labels[row['measure']]} ({row['statistic'][len(RATIO) : -1].replace('_', ' ')})"
        ratio, low, high = (10 ** float(row[name]) for name in ("estimate", "lower", "upper"))
        verdict = "not distinguishable" if not (high < 1 or low > 1) else "smaller" if high < 1 else "larger"
        keys = "".join(f", {key}={row[key]}" for key in experiment.keys)
        numbers = (
            f"{ratio:.3g} times that of {experiment.label_of(row['against'])}, 95 % interval {low:.3g} to {high:.3g}"
        )
        said.append(f"{row['cell']}{keys}: {what} {numbers}: {verdict}")
    return said


def _figures(comparison: Comparison) -> Iterator[Figure]:
    """One figure of the first measure over the first numeric factor that has several levels."""
    experiment = comparison.experiment
    table, measure = comparison.summary, experiment.measures[0]
    several = [n for n, f in experiment.factors.items() if f.kind is not str and n in table and table[n].nunique() > 1]
    if several:
        factor = experiment.factors[several[0]]
        caption = f"{measure.label} against {factor.label}, the method from outside beside those of the study."
        yield curves(
            measure.column, several[0], statistic=measure.statistic, methods=experiment.methods, ylabel=measure.label,
            xlabel=factor.label, caption=caption[0].upper() + caption[1:],
        )  # fmt: skip
