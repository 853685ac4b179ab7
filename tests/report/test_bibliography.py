"""The bibliography: it reads, Typst takes it, and a claim's source finds its entry and no other."""

from __future__ import annotations

import pytest
import typst
from conftest import REPORTS

from dlstats.report import bibliography

SOURCES = bibliography.read(REPORTS / bibliography.FILE)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Telgarsky 2015, arXiv:1509.08101", ["telgarsky2015"]),
        ("sharp form of Telgarsky 2016; Hanin and Rolnick 2019", ["telgarsky2016", "hanin2019"]),
        ("Shen, Jiao, Lin and Huang 2021", ["shen2021robust"]),
        ("Shen, Jiao, Lin, Horowitz and Huang 2021", ["shen2021quantile"]),
        ("Waudby-Smith et al. 2024", ["waudbysmith2024"]),
        ("Montufar, Pascanu, Cho and Bengio 2014", ["montufar2014"]),
        ("Donoho-Liu-MacGibbon 1990", ["donoho1990"]),
        ("Caponnetto and De Vito 2007; Bauer, Pereverzev and Rosasco 2007", ["caponnetto2007", "bauer2007"]),
        ("Hanin & Rolnick ICML 2019", ["hanin2019"]),
        ("derived here", []),
        ("Telgarsky 2017", []),
        ("Rolnick 2019", []),
    ],
)
def test_a_source_in_words_finds_its_entry(text, keys):
    assert bibliography.cited(text, SOURCES) == keys


def test_every_entry_finds_itself():
    for key, source in SOURCES.items():
        names = source.names
        text = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        assert key in bibliography.cited(f"{text} {source.year}", SOURCES)


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


def test_a_text_with_an_unknown_year_is_reported():
    assert bibliography.unknown(["Nobody 1900", "derived here", "Telgarsky 2015"], SOURCES) == ["Nobody 1900"]
