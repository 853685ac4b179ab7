"""The templates: they escape every text and attribute, and nothing is undefined."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import jinja2
import markupsafe
import pytest
from cases.report_site import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from dlstats.pipeline import origins
from dlstats.protocol.verdict import VERDICTS
from dlstats.report import site
from dlstats.report.blocks import Bullets, Column, Heading, Listing, Paragraph, Table
from dlstats.report.text import SIGNS, Span, code, prose

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


PAGE = """{% import "site/blocks.html.j2" as print with context %}
{% for block in blocks %}{{ print[block.kind](block) }}{% endfor %}{{ print.chips([name]) }}"""


def _read(*content):
    known = {
        "signs": SIGNS,
        "links": {ATTACK: ATTACK, f"claim-{ATTACK}": ATTACK},
        "formulas": {},
        "root": "",
        "cards": {},
        "material": SimpleNamespace(ledger={ATTACK: {"verdict": ATTACK}}),
    }
    reader = _Reader()
    reader.feed(site.environment().from_string(PAGE).render(blocks=content, name=ATTACK, **known))
    return reader


def test_hostile_text_stays_text_in_every_block():
    text = (
        Span("plain", ATTACK),
        code(ATTACK),
        Span("verdict", ATTACK),
        Span("ref", ATTACK, ATTACK),
        Span("cite", ATTACK, ATTACK),
    )
    table = Table(ATTACK, text, (Column(text),), ((text,),), text)
    harmless = Table("t", prose("c"), (Column(prose("c")),), ((prose("d"),),), prose("n"))
    blocks = (Heading(ATTACK, 1, ATTACK), Heading(ATTACK, 2), Paragraph(text, ATTACK), Bullets((text,)))
    read, plain = _read(*blocks, Listing((ATTACK,)), table), _read(harmless)
    assert not {"script", "b"} & set(read.tags)
    assert read.attributes - plain.attributes <= {"class", "href", "aria-hidden", "aria-label"}
    # two headings, a listing, two of a chip, and five spans of six texts
    assert read.text.count(HOSTILE) == 2 + 1 + 2 + 5 * 6
    assert "{{ 7 * 7 }}" in read.text


@given(st.text(max_size=30), st.sampled_from([",/_", "._"]))
def test_breaks_add_no_characters(text, marks):
    reader = _Reader()
    reader.feed(f"<p>{site.breakable(text, marks)}</p>")
    assert reader.text == _unescaped(text)
    assert reader.tags.count("wbr") == sum(text.count(mark) for mark in marks)


def _unescaped(text):
    reader = _Reader()
    reader.feed(f"<p>{markupsafe.escape(text)}</p>")
    return reader.text


def test_a_name_that_a_template_misspells_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        site.environment().from_string("{{ nothing }}").render()


def test_every_verdict_has_a_sign_and_no_other_name_has():
    assert set(SIGNS) == {*VERDICTS, "holds", "fails"}


def test_a_changed_template_of_any_page_makes_the_report_anew():
    templates = {path for path in Path(site.__file__).with_name("templates").rglob("*.*") if path.is_file()}
    assert any(path.parent.name == "site" for path in templates)
    assert templates <= set(origins.assets())
