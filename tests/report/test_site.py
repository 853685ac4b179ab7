"""The site: pages that hold together, load nothing from elsewhere, and print the numbers of the ledger."""

from __future__ import annotations

import dataclasses
import json
import math
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cases import report_site

from dlstats.pipeline import registry
from dlstats.report import build, gallery, material, sections
from dlstats.report.digits import exact, show
from dlstats.report.site import targets

VOID = {"meta", "link", "img", "wbr", "input", "br", "rect", "path", "circle"}
SIGNS = {"equals": "=", "at_most": "≤", "at_least": "≥"}


class Page(HTMLParser):
    """A page read: that elements are closed in order, its texts, every element, and the tables as rows of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def words(self) -> str:
        return " ".join("".join(self.texts).split())

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="module")
def folder(built) -> Path:
    return built[1].parent


@pytest.fixture(scope="module")
def pages(folder) -> dict[str, Page]:
    return {str(path.relative_to(folder)): Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}


def test_there_is_a_page_for_every_question_of_the_reader(pages):
    studies = {"studies/toy.html", "studies/absent.html"}
    assert set(pages) == {f"{name}.html" for name in ("index", "figures", "ledger", "lectures", "methods")} | studies


def test_ids_are_unique(pages):
    for page in pages.values():
        assert len(page.ids) == len(set(page.ids))


def test_every_link_leads_to_a_file_or_a_place_of_the_site(pages, folder):
    for name, page in pages.items():
        for _, attributes in page.elements:
            for link in filter(None, (attributes.get("href"), attributes.get("src"))):
                if link.startswith("https://doi.org/") or link.startswith("https://arxiv.org/"):
                    continue
                path, _, place = link.partition("#")
                path = (
                    posixpath.normpath(posixpath.join(posixpath.dirname(name), path.partition("?")[0]))
                    if path
                    else name
                )
                assert (folder / path).is_file(), f"{name}: {link}"
                assert not place or place in pages[path].ids, f"{name}: {link}"


def test_nothing_is_loaded_from_elsewhere(pages, folder):
    for page in pages.values():
        for tag, attributes in page.elements:
            assert not {"style", "onclick", "onload", "action"} & set(attributes)
            for name in ("src", "data", "poster", "srcset") if tag != "tbody" else ():
                assert not re.match(r"(\w+:)?//", attributes.get(name) or "")
        (policy,) = (attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes)
        assert "default-src 'none'" in policy
    for asset in ("site.css", "site.js"):
        assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|https?://", (folder / asset).read_text())


def test_every_picture_has_words_for_who_cannot_see_it(pages):
    pictures = [attributes for page in pages.values() for tag, attributes in page.elements if tag == "img"]
    assert pictures
    assert all(picture["alt"] for picture in pictures)
    drawings = [attributes for page in pages.values() for tag, attributes in page.elements if tag == "svg"]
    assert all(drawing["role"] == "img" and drawing["aria-label"] for drawing in drawings)


@pytest.mark.parametrize("name", ["ledger.html", "studies/toy.html"])
def test_every_row_of_the_ledger_prints_its_values_under_their_names(pages, site, name):
    rows = iter(pages[name].rows)
    head = next(row for row in rows if row[:2] == ["claim", "verdict"])
    printed = {row[0]: dict(zip(head, row, strict=True)) for row in rows if len(row) == len(head)}
    assert list(printed) == list(site.verdicts["claim"])
    for row in site.verdicts.to_dict("records"):
        cells = printed[row["claim"]]
        assert cells["verdict"].split()[-len(row["verdict"].split()) :] == row["verdict"].split()
        assert cells["required"] == f"{SIGNS[row['relation']]} {exact(row['theory']).text}"
        assert cells["found (mcse)"] == show(row["estimate"], row["mcse"]).text
        assert cells["margin"] == (exact(row["margin"], 4).text if row["margin"] else "–")
        done, failed = ("–" if math.isnan(row[n]) else f"{row[n]:.0f}" for n in ("replicates", "failed"))
        assert re.search(rf"{re.escape(row['claim'])}: {done} replicates?, {failed} failed\b", pages[name].words)


def test_a_study_without_claims_is_finished_and_its_figures_have_a_page(tmp_path, monkeypatch):
    bare = dataclasses.replace(report_site.study(), claims=(), checks=())
    monkeypatch.setattr(report_site, "study", lambda: bare)
    monkeypatch.setattr(registry, "load", lambda name: bare)
    site = report_site.build_site(tmp_path)
    alone = report_site.CONFIG | {"studies": ["toy"]}
    made = material.collect(alone, site.results, site.reports, environment=report_site.ENVIRONMENT, load=site.load)
    assert made.finished == ["toy"]
    cards = gallery.cards(made, site.reports)
    assert list(cards) == ["fig-toy-risk"]
    links = targets(made, {"toy": sections.study_page(made, "toy")}, (), ())
    assert links["fig-toy-risk"] == "studies/toy.html#fig-toy-risk"


def test_totals_are_those_of_the_ledger(pages, site):
    counts = site.verdicts["verdict"].value_counts()
    tiles = re.findall(r"(\d+) \S (supported|refuted|undecided|not run)\b", pages["index.html"].words)
    assert {(word, int(number)) for number, word in tiles} >= set(counts.items())
    assert f"{len(site.verdicts)} statements" in pages["index.html"].words
    assert f"{len(site.verdicts)} of {len(site.verdicts)} claims" in pages["ledger.html"].words


def test_it_names_what_is_missing_and_what_failed(pages):
    assert "Missing from this report, 1 of 2 studies." in pages["index.html"].words
    assert "There is no study absent" in pages["studies/absent.html"].words
    assert "2 of 120 rows" in pages["studies/toy.html"].words
    assert "The figure “never” is missing: samples has no n = 3." in pages["studies/toy.html"].words
    assert "1 of 1 exact identities and counts hold." in pages["studies/toy.html"].words


def test_hostile_text_is_shown_and_nothing_more(pages):
    assert '<script>alert("1")</script>' in pages["studies/toy.html"].words
    for page in pages.values():
        assert [tag for tag, _ in page.elements].count("script") == 1


def test_tables_are_closed(pages):
    tables = [
        a for page in pages.values() for tag, a in page.elements if tag == "details" and a.get("class") == "table"
    ]
    assert tables
    assert not any("open" in attributes for attributes in tables)


def test_the_search_finds_studies_figures_claims_and_lectures(folder, pages):
    text = (folder / "search.js").read_text(encoding="ascii")
    hits = json.loads(text.removeprefix("window.searchIndex = ").rstrip(";\n"))
    assert {kind for kind, *_ in hits} >= {"study", "figure", "claim", "lecture"}
    for _, title, url, *_ in hits:
        page, _, place = url.partition("#")
        assert title
        assert not place or place in pages[page].ids


def test_equal_inputs_give_equal_bytes(site, config, folder, tmp_path):
    again = build.write(config, site.results, site.reports, out=tmp_path, **site.arguments)[1].parent
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    for path in files:
        assert (again / path).read_bytes() == (folder / path).read_bytes()
