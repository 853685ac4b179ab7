"""The bibliography: it reads, Typst takes it, and what claims cite is in it."""

from __future__ import annotations

import typst
from cases.report_site import REPORTS

from dlstats.pipeline import registry
from dlstats.protocol import origin
from dlstats.report import bibliography

SOURCES = bibliography.read(REPORTS / bibliography.FILE)
STUDIES = [registry.load(name) for name in registry.studies()]
CITED = [(one.id, origin.record(one.origin).get("cite")) for s in STUDIES for one in (*s.claims, *s.checks)]


def test_every_entry_has_author_title_and_year_and_a_line():
    for source in SOURCES.values():
        assert source.names
        assert source.year.isdigit()
        assert source.fields["title"] in bibliography.line(source)


def test_typst_prints_every_entry(tmp_path):
    (tmp_path / "references.bib").write_text(
        (REPORTS / bibliography.FILE).read_text(encoding="utf-8"), encoding="utf-8"
    )
    source = '#bibliography("references.bib", full: true, style: "ieee")'
    (tmp_path / "a.typ").write_text(source)
    assert typst.compile(tmp_path / "a.typ", root=tmp_path, format="pdf", ignore_system_fonts=True)


def test_every_claim_and_check_cites_an_entry():
    assert [(name, key) for name, key in CITED if key and key not in SOURCES] == []
