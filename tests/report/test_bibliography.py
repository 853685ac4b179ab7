"""The bibliography: it reads, Typst takes it, and what claims cite is in it."""

from __future__ import annotations

import html
import re
from collections import Counter

import pytest
from cases.report_site import REPORTS

from dlstats.pipeline import citations, origins, outside, registry
from dlstats.protocol import origin
from dlstats.report import bibliography, typst

SOURCES = bibliography.collect(REPORTS)
TEXT = (REPORTS / bibliography.FILE).read_text(encoding="utf-8")
DOI = re.compile(r"10\.\d{4,9}/[^\s{}]*[^\s{}.,;]")
ARXIV = re.compile(r"\d{4}\.\d{4,5}")
UNNUMBERED = {
    *(
        "bartlett2002",
        "donoho1983",
        "elkan2001",
        "fang2022",
        "glorot2010",
        "goodfellow2016",
        "holm1979",
        "li2023",
        "novikoff1962",
        "cochran1977",
        "cho2009",
        "sutton2018",
        "greensmith2004",
        "montufar2017",
    ),
    *("newman1986", "pinsker1980", "rosset2004", "tukey1960", "tukey1963", "ville1939", "zhao2013"),
}
"""Entries without a DOI or an arXiv number: none exists, or it is not known for certain."""
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
    with pytest.raises(ValueError, match=r"references\.bib: is not BibTeX: repeated bibliography entry: a"):
        bibliography.collect(tmp_path)


def test_authors_are_named_by_their_family_names(tmp_path):
    entries = [f"@misc{{k{n}, author = {{{a}}}, year = {{2000}}}}" for n, a in enumerate(("de la Vallée, C.", "A B and D E",
               "A B and C D and E F"))]  # fmt: skip
    (tmp_path / "references.bib").write_text("\n".join(entries), encoding="utf-8")
    short = [source.short for source in bibliography.collect(tmp_path).values()]
    assert short == ["de la Vallée 2000", "B and E 2000", "B et al. 2000"]


def test_every_claim_and_check_cites_an_entry():
    assert [(name, key) for name, key in CITED if key and key not in SOURCES] == []


def test_no_entry_is_lost_in_reading_and_keys_are_in_order():
    keys = re.findall(r"^@\w+\{([^,\s]+)", TEXT, re.M)
    assert keys == sorted(set(keys)) == citations.keys(REPORTS / bibliography.FILE)
    assert set(keys) == set(SOURCES)


@pytest.mark.parametrize("key", SOURCES)
def test_numbers_are_well_formed(key):
    fields = SOURCES[key].fields
    assert DOI.fullmatch(fields.get("doi", "10.1000/x"))
    assert ARXIV.fullmatch(fields.get("eprint", "1234.5678"))
    assert ("eprint" in fields) == (fields.get("archiveprefix") == "arXiv")
    assert (not {"doi", "eprint"} & set(fields)) == (key in UNNUMBERED)


@pytest.mark.parametrize("field", ["doi", "eprint", "title"])
def test_no_number_and_no_title_stands_twice(field):
    values = Counter(s.fields[field].lower() for s in SOURCES.values() if field in s.fields)
    assert [value for value, count in values.items() if count > 1] == []


BESIDE = "@article{stein1956, author = {Stein, Charles}, title = {Inadmissibility}, journal = {J}, year = {1956}}\n"


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """The file of sources beside a study from outside."""
    (tmp_path / "my_study.py").write_text("")
    monkeypatch.setattr(outside, "_files", {"my_study": tmp_path / "my_study.py"})
    return tmp_path / bibliography.FILE


def test_a_source_beside_a_study_from_outside_is_cited_and_printed_as_ours(beside):
    assert "stein1956" not in bibliography.collect(REPORTS)
    before = origins.report({"studies": []}, "smoke", beside.parent, REPORTS)
    beside.write_text(BESIDE + TEXT[: TEXT.index("}\n\n") + 2], encoding="utf-8")  # one of ours, as it stands there
    assert bibliography.collect(REPORTS)["stein1956"].short == "Stein 1956"
    _, references = typst.html([], ["stein1956", next(iter(SOURCES))], REPORTS)
    assert "Inadmissibility" in references["stein1956"]
    assert origins.report({"studies": []}, "smoke", beside.parent, REPORTS)["fingerprint"] != before["fingerprint"]


def test_two_entries_under_one_key_are_refused_with_both_files(beside):
    key = next(iter(SOURCES))
    beside.write_text(BESIDE.replace("stein1956", key), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"must have another key for `{key}`, which is another entry in .*references"):
        bibliography.collect(REPORTS)
