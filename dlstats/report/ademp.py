"""A protocol as blocks of a document: aims, mechanisms, estimands, design, methods, measures, and what is fixed beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dlstats.protocol.factor import written
from dlstats.report import blocks, formulas, ledger
from dlstats.report.blocks import Block, Heading, Paragraph, Table, right, wide
from dlstats.report.digits import Shown, exact
from dlstats.report.files import packaged
from dlstats.report.protocol import Protocol
from dlstats.report.text import Content, Span, Text, characters, code, joined, prose, strong

LEVELS_SHOWN = 8
"""Levels of a factor that a sentence names."""


def adem(fixed: Protocol, whole: bool = False, with_formulas: bool = False) -> list[Paragraph]:
    """Mechanisms, estimands, design, methods and measures, each method and each measure once.

    The `whole` of it has every level of a factor, and the options of a measure; else many levels are cut.
    """
    terms = {"Data-generating mechanisms": prose(fixed.mechanisms), "Estimands": prose(fixed.estimands)}
    for experiment in fixed.experiments:
        of = f" of the experiment “{experiment['title']}”" if len(fixed.experiments) > 1 else ""
        terms[f"Design{of}"] = joined(_design(experiment, whole), " ")
    if fixed.experiments:
        methods = [(m["label"], m["description"]) for e in fixed.experiments for m in e["methods"].values()]
        said = (f"{label}: {description.rstrip('.')}" for label, description in dict.fromkeys(methods))
        terms["Methods"] = prose("; ".join(said), ".")
        measures = [m for e in fixed.experiments for m in e["measures"]]
        terms["Measures"] = joined(_measured(measures, whole, with_formulas), " ")
    return [
        Paragraph(prose(strong(f"{name}."), " ", *text)) for name, text in terms.items() if characters(text).strip()
    ]


def _design(experiment: Mapping, whole: bool) -> Iterator[Text]:
    """The levels that all parts of a design have, then those in which they differ, with the replicates."""
    first, *others = (entry["levels"] for entry in experiment["design"])
    shared = {name: values for name, values in first.items() if others and all(o.get(name) == values for o in others)}
    if shared:
        yield prose(f"{_crossed(shared, experiment['factors'], whole)}.")
    for entry in experiment["design"]:
        levels = {name: values for name, values in entry["levels"].items() if name not in shared}
        yield prose(f"{_crossed(levels, experiment['factors'], whole)} ({_replicates(entry)}).".lstrip())


def _crossed(levels: Mapping[str, Sequence], labels: Mapping[str, str], whole: bool) -> str:
    words = "; ".join(f"{labels.get(name, name)} {_shown(values, whole)}" for name, values in levels.items())
    return f"{words[:1].upper()}{words[1:]}"


def _replicates(entry: Mapping) -> str:
    if entry["replicates"] == 1:
        return "computed without replicates"
    target = entry["target"]
    until = f", doubled until the mcse of `{target[0]}` is at most {target[1]}, to {target[2]:,}" if target else ""
    return f"{entry['replicates']:,} replicates{until}"


def _shown(values: Sequence, whole: bool) -> str:
    words = [re.sub(r"^1(0{6,})$", lambda zeros: f"10^{len(zeros[1])}", written(value)) for value in values]
    return ", ".join(words) if whole or len(words) <= LEVELS_SHOWN else f"{', '.join(words[:3])}, …, {words[-1]}"


def _measured(measures: Iterable[Mapping], whole: bool, with_formulas: bool) -> Iterator[Text]:
    """The statistics, and what each is taken of."""
    taken: dict[formulas.Formula, dict[str, None]] = {}
    for measure in measures:
        options = ", ".join(f"{k} = {written(v)}" for k, v in measure["options"].items()) if whole else ""
        label = f"{measure['label']} ({options})" if options else str(measure["label"])
        taken.setdefault(formulas.find(str(measure["statistic"])), {})[label] = None
    for formula, labels in taken.items():
        words = f"{formula.words[:1].upper()}{formula.words[1:]}"
        maths = (" ", Span("math", formula.typst, formula.words)) if with_formulas else ()
        yield prose(words, *maths, f": {'; '.join(labels)}.")


def statistics(fixed: Iterable[Protocol]) -> Table:
    """Every statistic that is taken, once, with its formula and its Monte Carlo standard error."""
    measures = (measure for one in fixed for experiment in one.experiments for measure in experiment["measures"])
    found = {str(measure["statistic"]).partition("(")[0]: None for measure in measures}
    rows = [(f.words, Span("math", f.typst, f.words), f.error) for f in map(formulas.find, found)]
    columns = (wide("statistic", 0.8), "formula", wide("Monte Carlo standard error"))
    texts = packaged("texts.yaml")
    return blocks.table(
        "tab-measures", texts["statistics"], columns, rows, f"{texts['symbols']} {texts['errors']}", size="tiny"
    )


def claims(fixed: Protocol, key: str) -> Table:
    """The claims with margin and the mcse that would decide them."""
    rows: list[tuple[Content, ...]] = []
    for claim in fixed.claims:
        row = ledger.row({**claim, "claim": claim["id"]})
        wanted = exact(claim["wanted_mcse"]) if claim["wanted_mcse"] else Shown("–")
        rows.append((code(row.claim), row.statement, row.expected, row.margin, wanted))
    columns = (ledger.CLAIM, wide("statement"), *map(right, ("theory", "margin", "wanted mcse")))
    caption = f"{fixed.title}: the claims and the margins fixed for them."
    return blocks.table(key, caption, columns, rows, packaged("texts.yaml")["wanted"])


def document(fixed: Protocol) -> list[Block]:
    """A whole protocol, to be written before the run."""
    planned = sum(
        entry["replicates"] * math.prod(map(len, entry["levels"].values()))
        for experiment in fixed.experiments
        for entry in experiment["design"]
    )
    words = {**fixed.data, "hash": fixed.hash, "planned": planned, "percent": f"{100 * fixed.failed_share:g}"}
    texts = {name: Paragraph(prose(text.format(**words))) for name, text in packaged("texts.yaml")["protocol"].items()}
    return [
        Heading(f"Protocol: {fixed.title}", 1),
        texts["study"],
        Paragraph(prose(strong("Aims."), " ", fixed.aims)),
        *adem(fixed, whole=True),
        *([statistics([fixed])] if fixed.experiments else []),
        Heading("Claims and margins", 2),
        claims(fixed, f"tab-{fixed.study}-claims"),
        Heading("Replicates, randomness and failures", 2),
        texts["streams"],
        texts["failures"],
    ]
