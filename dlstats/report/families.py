"""The page that opens a family's chapter: what the lectures say, what is exact, what training does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from dlstats.pipeline import checked
from dlstats.protocol.verdict import VERDICTS
from dlstats.report.blocks import Block, Content, Heading, Paragraph, Text, prose, ref, table, verdict, wide
from dlstats.report.digits import exact, show

FILE = "families.yaml"
MARK = re.compile(r"\{([\w.]+)\}|\[([A-Z]+\d*[\w.]*)\]")
"""{ID}: the measured value of a claim; [ID]: the claim and its verdict."""


class Question(checked.Model):
    """A question of a family and three answers, whose marks are looked up in the ledger."""

    question: str
    lectures: str
    exact: str
    training: str


def load(path: Path) -> dict[str, tuple[Question, ...]]:
    """The questions of every family; none when there is no such file."""
    if not path.exists():
        return {}
    data = checked.load(dict[str, list[Question]], path, "the families")
    return {family: tuple(questions) for family, questions in data.items()}


def page(family: str, title: str, questions: tuple[Question, ...], verdicts: pd.DataFrame) -> list[Block]:
    """The overview of a family with every mark looked up; nothing when no question is asked."""
    if not questions:
        return []
    ledger = {str(row["claim"]): row for row in verdicts.to_dict("records")}
    rows = [(q.question, q.lectures, looked_up(q.exact, ledger), looked_up(q.training, ledger)) for q in questions]
    weights = {"question": 0.55, "the lectures say": 0.7, "what is exact": 1.2, "what training does": 1.0}
    columns = [wide(label, weight) for label, weight in weights.items()]
    caption = (
        f"{title}: the questions, and the claims of the ledger that answer them. Numbers are measured, with their Monte "
        "Carlo standard errors in parentheses; a mark is the verdict on the claim as the ledger words it, not on the sentence."
    )
    return [
        Heading("Overview", 2, f"overview-{family}"),
        Paragraph(_counts(verdicts[verdicts["family"] == family])),
        table(f"tab-overview-{family}", caption, columns, rows),
    ]


def _counts(part: pd.DataFrame) -> Text:
    """How many claims of a family have which verdict."""
    counts = part["verdict"].value_counts()
    names = [name for name in (*VERDICTS, "holds", "fails") if name in counts]
    by_verdict = ", ".join(f"{counts[name]} {name}" for name in names)
    return prose(f"Claims and checks of this family: {len(part)}{': ' if names else ''}{by_verdict}.")


def looked_up(text: str, ledger: Mapping[str, Mapping]) -> Text:
    """A text with its marks replaced; a claim that was not judged says so."""
    parts: list[Content] = []
    end = 0
    for mark in MARK.finditer(text):
        parts.append(text[end : mark.start()])
        end = mark.end()
        value, name = mark.groups()
        row = ledger.get(value or name)
        if value:
            parts.append(_measured(row) if row else "(not in this run)")
        elif row:
            parts += ["(", ref(f"claim-{name}", name), " ", verdict(str(row["verdict"])), ")"]
        else:
            parts.append(f"({name}: not in this run)")
    return prose(*parts, text[end:])


def _measured(row: Mapping) -> Content:
    """Four digits of an exact number, else what the error supports."""
    return show(row["estimate"], row["mcse"]) if row["mcse"] > 0 else exact(row["estimate"], 4)
