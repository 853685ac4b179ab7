"""A protocol as blocks of a document: aims, mechanisms, estimands, methods, measures, and what is fixed beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dlstats.protocol.factor import written
from dlstats.report import blocks, formulas, ledger
from dlstats.report.blocks import Block, Content, Heading, Paragraph, Span, Table, Text, code, prose, right, wide
from dlstats.report.digits import Shown, exact
from dlstats.report.protocol import Protocol


def adem(fixed: Protocol) -> list[Block]:
    """Aims, mechanisms, factors, estimands, methods and measures of a study, experiment by experiment."""
    terms = {"Aims": fixed.aims, "Data-generating mechanisms": fixed.mechanisms, "Estimands": fixed.estimands}
    parts: list[Block] = [Paragraph(prose(blocks.strong(f"{name}."), " ", text)) for name, text in terms.items()]
    for experiment in fixed.experiments:
        key = f"tab-{fixed.study}-{experiment['name']}"
        title = fixed.title if len(fixed.experiments) == 1 else f"{fixed.title}, {experiment['title']}"
        parts.append(conditions(experiment, title, f"{key}-conditions"))
        parts.append(methods(experiment, title, f"{key}-methods"))
        parts.append(measures(experiment, title, f"{key}-measures"))
    return parts


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
    return blocks.joined(factors, "; ")


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
