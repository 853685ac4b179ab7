"""The bibliography: it reads, Typst takes it, and what claims cite is in it."""

from __future__ import annotations

import html

import pytest
from cases.report_site import REPORTS
from pybtex.database import BibliographyDataError

from dlstats.pipeline import registry
from dlstats.protocol import origin
from dlstats.report import bibliography, typst

SOURCES = bibliography.read(REPORTS / bibliography.FILE)
STUDIES = [registry.load(name) for name in registry.studies()]
CITED = [(one.id, origin.record(one.origin).get("cite")) for s in STUDIES for one in (*s.claims, *s.checks)]


def test_every_entry_has_author_title_and_year():
    for source in SOURCES.values():
        assert source.names
        assert source.fields["year"].isdigit()
        assert source.fields["title"]


def test_typst_prints_every_entry_with_its_title_and_nothing_that_leaves_the_page():
    _, references = typst.html([], SOURCES, REPORTS)
    assert list(references) == list(SOURCES)
    for key, line in references.items():
        assert SOURCES[key].fields["title"] in html.unescape(line)
        assert "<" not in line.replace("<em>", "").replace("</em>", "")


def test_a_key_stands_once(tmp_path):
    entry = "@misc{a, author = {B, C}, title = {T}, year = {2000}}\n"
    (tmp_path / "references.bib").write_text(entry + entry.replace("T", "U"), encoding="utf-8")
    with pytest.raises(BibliographyDataError, match="repeated bibliography entry: a"):
        bibliography.read(tmp_path / "references.bib")


def test_authors_are_named_by_their_family_names(tmp_path):
    entries = [f"@misc{{k{n}, author = {{{a}}}, year = {{2000}}}}" for n, a in enumerate(("de la Vallée, C.", "A B and D E",
               "A B and C D and E F"))]  # fmt: skip
    (tmp_path / "references.bib").write_text("\n".join(entries), encoding="utf-8")
    short = [source.short for source in bibliography.read(tmp_path / "references.bib").values()]
    assert short == ["de la Vallée 2000", "B and E 2000", "B et al. 2000"]


def test_every_claim_and_check_cites_an_entry():
    assert [(name, key) for name, key in CITED if key and key not in SOURCES] == []
