"""The page that opens a family's chapter: its questions, each answered in sentences, with the claims that say so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dlstats.pipeline import checked
from dlstats.report import marks, sentences
from dlstats.report.blocks import Answer, Paragraph, Table, table, wide
from dlstats.report.sentences import Ledger, Proposition
from dlstats.report.text import prose, ref

FILE = "families.yaml"


class Comparison(checked.Model):
    """A table of words beside a question: what is printed and what is computed, row by row."""

    caption: str
    columns: list[str]
    rows: list[list[str]]


class Question(checked.Model):
    """A question of a family: what the lectures say, the claims that answer it, what else is to be known, and a table."""

    question: str
    lectures: str
    claims: list[str]
    context: str = ""
    table: Comparison | None = None


def load(path: Path) -> dict[str, tuple[Question, ...]]:
    """The questions of every family; none when there is no such file."""
    if not path.exists():
        return {}
    data = checked.load(dict[str, list[Question]], path, "the families")
    return {family: tuple(questions) for family, questions in data.items()}


def page(
    family: str, questions: Sequence[Question], propositions: Sequence[Proposition], statements: pd.DataFrame
) -> list[Answer]:
    """Every question of a family with its answer; nothing when no question is asked."""
    ledger = {str(row["claim"]): row for row in statements.to_dict("records")}
    return [_answer(f"question-{family}-{n}", one, propositions, ledger) for n, one in enumerate(questions)]


def tables(family: str, questions: Sequence[Question]) -> list[Table]:
    """The tables beside the questions of a family."""
    found = []
    for n, one in enumerate(questions):
        if one.table:
            first, *others = one.table.columns
            columns = [first, *map(wide, others)]
            found.append(table(f"table-{family}-{n}", one.table.caption, columns, one.table.rows))
    return found


def lead(verdicts: pd.DataFrame, checks: pd.DataFrame) -> Paragraph:
    """How many claims of a family have which verdict, and how many of its checks hold."""
    held = f" {int(checks['holds'].sum())} of {len(checks)} exact identities and counts hold." if len(checks) else ""
    return Paragraph(prose(f"{marks.tally(verdicts['verdict'], 'claim', 'claims')}.", held))


def _answer(key: str, question: Question, propositions: Sequence[Proposition], ledger: Ledger) -> Answer:
    told = sentences.text(sentences.chosen(propositions, question.claims), ledger)
    said = "" if question.lectures.startswith("Not ") else f"The lectures: {question.lectures} "
    studies = dict.fromkeys(str(ledger[claim]["study"]) for claim in question.claims if claim in ledger)
    where = [part for study in studies for part in (", ", ref(f"sec-{study}"))][1:]
    evidence = prose(marks.marks(question.claims, ledger), *(["  → ", *where] if where else []))
    text = prose(said, told, f" {question.context}" if question.context else "")
    return Answer(prose(question.question), text, evidence, key)


def judged(question: Question, ledger: Ledger) -> list[tuple[str, str]]:
    """The claims that answer a question, with their verdicts."""
    return [(c, str(ledger[c]["verdict"]) if c in ledger else sentences.ABSENT) for c in question.claims]
