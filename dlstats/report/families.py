"""The page that opens a family's chapter: its questions, each answered in sentences, with the claims that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from dlstats.pipeline import checked
from dlstats.protocol import verdict
from dlstats.report import marks, sentences
from dlstats.report.blocks import Answer, Block, Bullets, Paragraph, Table, table, wide
from dlstats.report.files import packaged
from dlstats.report.sentences import Ledger, Proposition
from dlstats.report.text import Text, prose, ref, strong

FILE = "families.yaml"
FIRST = 6
"""Sentences of an answer; of those after them only what disagrees or stays open, for the sections tell all."""
UNSEEN = (verdict.NOT_RUN, sentences.ABSENT)
SHORT = 12
"""Characters of a cell up to which a column takes what it needs."""


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
    family: str, questions: Sequence[Question], propositions: Sequence[Proposition], ledger: Ledger
) -> list[Answer]:
    """Every question of a family with its answer; nothing when no question is asked."""
    return [_answer(f"question-{family}-{n}", one, propositions, ledger) for n, one in enumerate(questions)]


def tables(family: str, questions: Sequence[Question]) -> list[Table]:
    """The tables beside the questions of a family."""
    found = []
    for n, one in enumerate(questions):
        if one.table:
            cells = zip(*one.table.rows, strict=True)
            columns = [
                name if n == 0 or max(map(len, cell)) <= SHORT else wide(name)
                for n, (name, cell) in enumerate(zip(one.table.columns, cells, strict=True))
            ]
            found.append(table(f"table-{family}-{n}", one.table.caption, columns, one.table.rows))
    return found


def lead(verdicts: pd.DataFrame, checks: pd.DataFrame) -> Paragraph:
    """How many claims of a family have which verdict, and how many of its checks hold."""
    return Paragraph(prose(f"{marks.tally(verdicts['verdict'], 'claim', 'claims')}. {marks.held(checks)}".strip()))


def topics(questions: Iterable[Question], claims: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Some claims by the first question that they answer, in its order; last, under an empty name, those of no question."""
    left = list(claims)
    for one in questions:
        if held := [claim for claim in one.claims if claim in left]:
            left = [claim for claim in left if claim not in held]
            yield one.question, held
    if left:
        yield "", left


def by_topic(
    questions: Iterable[Question],
    propositions: Sequence[Proposition],
    claims: Sequence[str],
    ledger: Ledger,
    show: Callable[[sentences.Told], Text],
) -> Iterator[Block]:
    """The sentences on some claims, in a list for each question that they answer."""
    for question, held in topics(questions, claims):
        if lines := sentences.told(propositions, held, ledger):
            if question or len(held) < len(claims):
                yield Paragraph(prose(strong(question or packaged("texts.yaml")["besides"])), "topic")
            yield Bullets(tuple(map(show, lines)), columns=2)


def _answer(key: str, question: Question, propositions: Sequence[Proposition], ledger: Ledger) -> Answer:
    lines = sentences.told(propositions, question.claims, ledger)
    shown, rest = lines[:FIRST], lines[FIRST:]
    shown += [line for line in rest if line.verdict not in (*sentences.IN_FAVOUR, *UNSEEN)]
    more, unseen = (_claims(rest, words) for words in (sentences.IN_FAVOUR, UNSEEN))
    counted = f" What {more} further claim{'s state' if more > 1 else ' states'} was found, too." if more else ""
    counted += f" {unseen} further claim{'s were' if unseen > 1 else ' was'} not run." if unseen else ""
    said = "" if question.lectures.startswith("Not ") else f"The lectures: {question.lectures} "
    studies = dict.fromkeys(str(ledger[claim]["study"]) for claim in question.claims if claim in ledger)
    where = [part for study in studies for part in (", ", ref(f"sec-{study}"))][1:]
    evidence = prose(marks.marks(question.claims, ledger), *(["  → ", *where] if where else []))
    text = prose(said, sentences.text(shown), counted, f" {question.context}" if question.context else "")
    return Answer(prose(question.question), text, evidence, key)


def _claims(lines: Iterable[sentences.Told], words: Sequence[str]) -> int:
    return sum(len(line.claims) for line in lines if line.verdict in words)
