"""A protocol as blocks of a document: aims, mechanisms, estimands, methods, measures, and what is fixed beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dlstats.protocol.factor import written
from dlstats.report import blocks, formulas, ledger
from dlstats.report.blocks import Block, Heading, Paragraph, Table, right, wide
from dlstats.report.digits import Shown, exact
from dlstats.report.protocol import Protocol
from dlstats.report.text import Content, Span, Text, code, joined, prose, strong

LEVELS_SHOWN = 8
"""Levels of a factor that a sentence names."""


def adem(fixed: Protocol) -> list[Block]:
    """Aims, mechanisms, factors, estimands, methods and measures of a study, experiment by experiment."""
    terms = {"Aims": fixed.aims, "Data-generating mechanisms": fixed.mechanisms, "Estimands": fixed.estimands}
    parts: list[Block] = [Paragraph(prose(strong(f"{name}."), " ", text)) for name, text in terms.items()]
    for experiment in fixed.experiments:
        key = f"tab-{fixed.study}-{experiment['name']}"
        title = fixed.title if len(fixed.experiments) == 1 else f"{fixed.title}, {experiment['title']}"
        parts.append(conditions(experiment, title, f"{key}-conditions"))
        parts.append(methods(experiment, title, f"{key}-methods"))
        parts.append(measures(experiment, title, f"{key}-measures"))
    return parts


def paragraphs(fixed: Protocol, with_formulas: bool = False) -> Iterator[tuple[str, Text]]:
    """A protocol in sentences, by term: what its tables hold, each method and each measure once; with formulas or without."""
    for name, text in (("Data-generating mechanisms", fixed.mechanisms), ("Estimands", fixed.estimands)):
        if text.strip():
            yield name, prose(text)
    for experiment in fixed.experiments:
        of = f" of the experiment “{experiment['title']}”" if len(fixed.experiments) > 1 else ""
        yield f"Design{of}", prose(joined(_design(experiment), " "))
    if fixed.experiments:
        methods = [(m["label"], m["description"]) for e in fixed.experiments for m in e["methods"].values()]
        said = (f"{label}: {description.rstrip('.')}" for label, description in dict.fromkeys(methods))
        yield "Methods", prose("; ".join(said), ".")
        measures = [m for e in fixed.experiments for m in e["measures"]]
        yield "Measures", joined(_measured(measures, with_formulas), " ")


def _design(experiment: Mapping) -> Iterator[str]:
    """The levels that all parts of a design have, then those in which they differ, with the replicates."""
    first, *others = (entry["levels"] for entry in experiment["design"])
    shared = {name: values for name, values in first.items() if others and all(o.get(name) == values for o in others)}
    if shared:
        yield f"{_crossed(shared, experiment['factors'])}."
    for entry in experiment["design"]:
        levels = {name: values for name, values in entry["levels"].items() if name not in shared}
        target = ", doubled to a target" if entry["target"] else ""
        yield f"{_crossed(levels, experiment['factors'])} ({_replicates_of(entry)}{target}).".lstrip()


def _crossed(levels: Mapping[str, Sequence], labels: Mapping[str, str]) -> str:
    words = "; ".join(f"{labels.get(name, name)} {_shown(values)}" for name, values in levels.items())
    return f"{words[:1].upper()}{words[1:]}"


def _replicates_of(entry: Mapping) -> str:
    return "computed without replicates" if entry["replicates"] == 1 else f"{entry['replicates']:,} replicates"


def _shown(values: Sequence) -> str:
    words = [re.sub(r"^1(0{6,})$", lambda zeros: f"10^{len(zeros[1])}", written(value)) for value in values]
    return ", ".join(words) if len(words) <= LEVELS_SHOWN else f"{', '.join(words[:3])}, …, {words[-1]}"


def _measured(measures: Iterable[Mapping], with_formulas: bool) -> Iterator[Text]:
    """The statistics, and what each is taken of."""
    taken: dict[formulas.Formula, dict[str, None]] = {}
    for measure in measures:
        taken.setdefault(formulas.find(str(measure["statistic"])), {})[str(measure["label"])] = None
    for formula, labels in taken.items():
        words = f"{formula.words[:1].upper()}{formula.words[1:]}"
        maths = (" ", Span("math", formula.typst, formula.words)) if with_formulas else ()
        yield prose(words, *maths, f": {'; '.join(labels)}.")


def conditions(experiment: Mapping, title: str, key: str) -> Table:
    """The factors of an experiment with their levels, grid by grid of its design."""
    rows = [
        (_levels(entry["levels"]), exact(math.prod(map(len, entry["levels"].values()))), _replicates(entry))
        for entry in experiment["design"]
    ]
    labels = {**experiment["factors"], **experiment["keys"]}
    note = "; ".join(f"{name}: {label}" for name, label in labels.items())
    caption = f"{title}: factors, their levels and the replicates planned; levels in a row are crossed."
    columns = (wide("factors and levels"), right("conditions"), "replicates of each")
    return blocks.table(key, caption, columns, rows, f"{note}." if note else "", size="")


def _levels(levels: Mapping[str, list]) -> Text:
    factors = [(code(name), Span("plain", f" = {', '.join(map(written, values))}")) for name, values in levels.items()]
    return joined(factors, "; ")


def _replicates(entry: Mapping) -> Text:
    first, target = entry["replicates"], entry.get("target")
    if not target:
        return prose(str(first))
    return prose(f"{first}, doubled until the mcse of ", code(target[0]), f" ≤ {target[1]}, at most {target[2]}")


def methods(experiment: Mapping, title: str, key: str) -> Table:
    """The methods of an experiment and what each is."""
    rows = [(m["label"], code(name), m["description"]) for name, m in experiment["methods"].items()]
    columns = ("method", "in files", wide("what it is"))
    return blocks.table(key, f"{title}: the methods compared.", columns, rows, size="")


def measures(experiment: Mapping, title: str, key: str) -> Table:
    """The performance measures with formula and Monte Carlo standard error."""
    rows = []
    for measure in experiment["measures"]:
        formula = formulas.find(str(measure["statistic"]))
        options = ", ".join(f"{k} = {written(v)}" for k, v in measure["options"].items())
        statistic = formula.words + (f" ({options})" if options else "")
        unit = f" [{measure['unit']}]" if measure["unit"] else ""
        label = prose(f"{measure['label']}{unit}, ", code(measure["column"]))
        rows.append((label, statistic, Span("math", formula.typst, formula.words), formula.error))
    columns = (wide("measure x, column", 0.9), wide("statistic", 0.7), "formula", wide("Monte Carlo standard error"))
    note = "R replicates with value x_r; θ is the truth, y_r, l_r, u_r further columns of the same replicate."
    caption = f"{title}: performance measures and how their Monte Carlo standard error (mcse) is found."
    return blocks.table(key, caption, columns, rows, note)


def claims(fixed: Protocol, key: str) -> Table:
    """The claims with margin and the mcse that would decide them."""
    rows: list[tuple[Content, ...]] = []
    for claim in fixed.claims:
        row = ledger.row({**claim, "claim": claim["id"]})
        wanted = exact(claim["wanted_mcse"]) if claim["wanted_mcse"] else Shown("–")
        rows.append((code(row.claim), row.statement, row.expected, row.margin, wanted))
    columns = (ledger.CLAIM, wide("statement"), *map(right, ("theory", "margin", "wanted mcse")))
    note = (
        "Wanted mcse: the Monte Carlo standard error at which a claim that holds without deviation is supported with"
        " probability 0.8; a dash where there is no randomness or no margin."
    )
    return blocks.table(key, f"{fixed.title}: the claims and the margins fixed for them.", columns, rows, note)


def document(fixed: Protocol) -> list[Block]:
    """A whole protocol, to be written before the run."""
    planned = sum(
        entry["replicates"] * math.prod(map(len, entry["levels"].values()))
        for experiment in fixed.experiments
        for entry in experiment["design"]
    )
    study = ("Study ", code(fixed.study), f" of the family {fixed.family}. Hash ", code(fixed.hash), ".")
    streams = (
        f"{planned} replicates are planned in all, more where a target is given. Root seed ",
        code(fixed.seed),
        "; every stream is derived from it, the study, the purpose, the data parameters and the replicate. Methods of a"
        " replicate share their data.",
    )
    return [
        Heading(f"Protocol: {fixed.title}", 1),
        Paragraph(prose(*study)),
        *adem(fixed),
        Heading("Claims and margins", 2),
        claims(fixed, f"tab-{fixed.study}-claims"),
        Heading("Replicates, randomness and failures", 2),
        Paragraph(prose(*streams)),
        Paragraph(prose(fixed.failures, f" The allowed share is {fixed.failed_share:g}.")),
    ]
