"""The document, its PDF and its HTML: what must be in them, what must not, and the same bytes twice."""

from __future__ import annotations

import dataclasses
import io
import re
from html.parser import HTMLParser

import pandas as pd
import pypdf
import pytest
from cases.report_site import CONFIG, ENVIRONMENT, HOSTILE, build_site

from dlstats.pipeline import cells, store
from dlstats.report import blocks, build, document, material, provenance
from dlstats.report.digits import show

VOID = {"meta", "img", "wbr", "input", "br"}


class _Reader(HTMLParser):
    """Checks that elements are closed in order; keeps texts, tags and every attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.texts.append(data)


@pytest.fixture(scope="module")
def printed(site, config):
    pdf, html = build.write(config, site.results, site.reports, **site.arguments)
    return pdf.read_bytes(), html.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pdf_text(printed):
    pages = pypdf.PdfReader(io.BytesIO(printed[0])).pages
    return "\n".join(page.extract_text() for page in pages).replace("\u200b", "")


@pytest.fixture(scope="module")
def page(printed):
    reader = _Reader()
    reader.feed(printed[1])
    reader.close()
    return reader


def test_the_pdf_holds_every_claim_with_its_verdict_and_number(pdf_text, site):
    for row in site.verdicts.to_dict("records"):
        assert row["claim"] in pdf_text
        assert show(row["estimate"], row["mcse"]).text in pdf_text.replace("\xa0", " ")
    for word in ("supported", "refuted", "undecided"):
        assert word in pdf_text


def test_both_name_what_is_missing_and_what_failed(pdf_text, page):
    words = " ".join("".join(page.texts).split())
    for text in (" ".join(pdf_text.split()), words):
        assert "Missing from this report, 1 of 2 studies." in text
        assert "There is no study absent" in text
        assert "2 of 120 rows" in text
        assert "The figure “never” is missing: samples has no n = 3." in text


def test_the_errata_name_their_evidence(pdf_text):
    assert "ERR1" in pdf_text
    assert "not in this run" in pdf_text


def test_hostile_text_is_shown_and_nothing_more(page, pdf_text):
    assert '<script>alert("1")</script>' in "".join(page.texts)
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert "#set page()" in pdf_text


def test_html_closes_what_it_opens_and_has_unique_ids(page):
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_every_link_leads_somewhere_in_the_page(page):
    ids = {attributes.get("id") for _, attributes in page.elements}
    for tag, attributes in page.elements:
        if tag == "a":
            assert attributes["href"].removeprefix("#") in ids


def test_html_loads_nothing_from_outside(printed, page):
    for _, attributes in page.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", printed[1])
    (policy,) = (attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes)
    for part in ("default-src 'none'", "img-src data:", "style-src 'sha256-", "script-src 'sha256-"):
        assert part in policy


def test_every_picture_has_words_for_who_cannot_see_it(page):
    pictures = [attributes for tag, attributes in page.elements if tag == "img"]
    assert pictures
    assert all(picture["alt"] for picture in pictures)


def test_equal_inputs_give_equal_bytes(site, config, printed, tmp_path):
    again = build.write(config, site.results, site.reports, out=tmp_path, **site.arguments)
    assert again[0].read_bytes() == printed[0]
    assert again[1].read_text(encoding="utf-8") == printed[1]


def test_a_report_without_any_result_says_so(tmp_path):
    words = {
        "profile": "test",
        "environment": ENVIRONMENT,
        "load": lambda name: (_ for _ in ()).throw(LookupError("gone")),
    }
    pdf, html = build.write(CONFIG, tmp_path / "results", tmp_path / "reports", **words)
    assert "No claim has been judged yet." in html.read_text(encoding="utf-8")
    assert pdf.stat().st_size > 0


def test_numbers_change_when_the_results_do(tmp_path):
    site = build_site(tmp_path)
    verdicts = site.verdicts.assign(estimate=0.12345678)
    store.write_table(verdicts, site.results / "verdicts.parquet")
    _, html = build.write(CONFIG, site.results, site.reports, **site.arguments)
    assert show(0.12345678, site.verdicts["mcse"][0]).text in html.read_text(encoding="utf-8")


def test_studies_that_the_ledger_has_not_judged_are_named(tmp_path):
    site = build_site(tmp_path)
    (site.results / "verdicts.parquet").unlink()
    found = material.collect(CONFIG, site.results, site.reports, environment=ENVIRONMENT, load=site.load)
    assert found.unadjusted == ("toy",)
    assert "the last whole one did not hold toy" in repr(document.build(found))
    pd.testing.assert_frame_equal(found.verdicts, site.verdicts, check_dtype=False)


def test_all_targets_of_links_are_blocks(site, config):
    made = document.build(material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load))
    targets = blocks.targets(made.blocks)
    for study in config["studies"]:
        assert f"sec-{study}" in targets
    assert {f"claim-{claim.id}" for claim in site.study.claims} <= targets
    assert HOSTILE.split()[0] in repr(made)


def test_results_of_other_code_are_named(site, config, tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "code_of", lambda study, experiment: "now")
    path = tmp_path / "raw" / "toy" / "samples" / "n=20,sd=1.5.parquet"
    for code, named in (("other", ["toy"]), ("now", [])):
        store.write(path, site.raw, store.Origin("toy", "samples", "n=20,sd=1.5", 7, code))
        assert provenance.stale(config, tmp_path) == named
    collected = material.collect(config, tmp_path, tmp_path / "reports", environment=ENVIRONMENT)
    (warning,) = document._stale(dataclasses.replace(collected, stale=("toy",)))
    assert document._stale(collected) == []
    assert isinstance(warning, blocks.Paragraph)


def test_checks_are_counted_and_shown_with_what_was_found(pdf_text, page):
    words = " ".join("".join(page.texts).split())
    for text in (" ".join(pdf_text.split()), words):
        assert "1 of 1 exact identities and counts hold." in text
        assert "TOY5" in text
