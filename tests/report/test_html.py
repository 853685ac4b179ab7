"""The page: templates escape every text and attribute, blocks are numbered, nothing is undefined."""

from __future__ import annotations

from html.parser import HTMLParser

import jinja2
import markupsafe
import pytest
from cases.report_site import HOSTILE, REPORTS
from hypothesis import given
from hypothesis import strategies as st

from dlstats.protocol.verdict import VERDICTS
from dlstats.report import html
from dlstats.report.blocks import (
    SIGNS,
    Bullets,
    Column,
    Document,
    Heading,
    Listing,
    Paragraph,
    Span,
    Table,
    code,
    prose,
)

ATTACK = f"\"' onload='x' <b>{HOSTILE}</b> {{{{ 7 * 7 }}}} {{% raw %}}"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def _read(*blocks):
    document = Document(ATTACK, ATTACK, ((ATTACK, (Span("plain", ATTACK),)),), blocks)
    reader = _Reader()
    reader.feed(html.page(document, {}, REPORTS))
    return reader


def test_hostile_text_stays_text_in_every_block():
    text = (Span("plain", ATTACK), code(ATTACK), Span("verdict", ATTACK), Span("ref", ATTACK, ATTACK))
    table = Table(ATTACK, text, (Column(text),), ((text,),), text)
    harmless = Table("t", prose("c"), (Column(prose("c")),), ((prose("d"),),), prose("n"))
    blocks = (Heading(ATTACK, 1, ATTACK), Paragraph(text, ATTACK), Bullets((text,)))
    read, plain = _read(*blocks, Listing((ATTACK,)), table), _read(harmless)
    assert read.tags.count("script") == 1
    assert "b" not in read.tags
    assert read.attributes - plain.attributes <= {"class", "href", "aria-hidden"}
    # in the title twice, the facts twice, the contents twice and the heading, and in four spans of six texts
    assert read.text.count(HOSTILE) >= 7 + 4 * 6
    assert "{{ 7 * 7 }}" in read.text


@given(st.text(max_size=30), st.sampled_from([",/_", "._"]))
def test_breaks_add_no_characters(text, marks):
    reader = _Reader()
    reader.feed(f"<p>{html.breakable(text, marks)}</p>")
    assert reader.text == _unescaped(text)
    assert reader.tags.count("wbr") == sum(text.count(mark) for mark in marks)


def _unescaped(text):
    reader = _Reader()
    reader.feed(f"<p>{markupsafe.escape(text)}</p>")
    return reader.text


def test_blocks_are_numbered_by_level_and_kind():
    table = Table("t", (), (), ())
    blocks = [
        Heading("a"),
        Heading("b", 2),
        Heading("c", 3),
        table,
        Heading("d", 2),
        Heading("e"),
        Heading("f", 2),
        table,
    ]
    assert [number for _, number in html.numbered(blocks)] == ["1", "1.1", "", "1", "1.2", "2", "2.1", "2"]


def test_a_name_that_a_template_misspells_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        html.environment().from_string("{{ nothing }}").render()


def test_every_verdict_has_a_sign_and_no_other_name_has():
    assert set(SIGNS) == set(VERDICTS)
