"""The document and its PDF: what must be in them, and the same bytes twice; what results must be to be shown."""

from __future__ import annotations

import io
import shutil

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pypdf
import pytest
from cases.report_site import CONFIG, ENVIRONMENT, HOSTILE

from dlstats.pipeline import fingerprints, origins, records, results, store
from dlstats.protocol.study import grid as levels
from dlstats.report import blocks, build, checklist, ledger, material, notices, paper
from dlstats.report.digits import show


@pytest.fixture(scope="module")
def printed(built):
    return built[0].read_bytes()


@pytest.fixture(scope="module")
def pdf_text(printed):
    pages = pypdf.PdfReader(io.BytesIO(printed)).pages
    return "\n".join(page.extract_text() for page in pages).replace("\u200b", "")


def test_the_pdf_holds_every_claim_with_its_verdict_and_number(pdf_text, site):
    for row in site.verdicts.to_dict("records"):
        assert row["claim"] in pdf_text
        assert show(row["estimate"], row["mcse"]).text in pdf_text.replace("\xa0", " ")
    for word in ("supported", "refuted", "undecided"):
        assert word in pdf_text


def test_it_names_what_is_missing_and_what_failed(pdf_text):
    words = " ".join(pdf_text.split())
    assert "Missing from this report, 1 of 2 studies." in words
    assert "There is no study absent" in words
    assert "2 of 120 rows" in words
    assert "The figure “never” is missing: samples has no n = 3." in words


def test_the_errata_name_their_evidence(pdf_text):
    assert "ERR1" in pdf_text
    assert "not in this run" in pdf_text


def test_hostile_text_is_shown(pdf_text):
    assert "#set page()" in pdf_text


def test_equal_inputs_give_equal_bytes(site, config, printed, tmp_path):
    again = build.write(config, site.results, site.reports, out=tmp_path, **site.arguments)
    assert again[0].read_bytes() == printed


def test_a_report_without_any_result_says_so(tmp_path):
    words = {
        "profile": "test",
        "environment": ENVIRONMENT,
        "load": lambda name: (_ for _ in ()).throw(LookupError("gone")),
    }
    pdf, index = build.write(CONFIG, tmp_path / "results", tmp_path / "reports", **words)
    for page in (index, index.with_name("ledger.html")):
        assert "No claim has been judged yet." in page.read_text(encoding="utf-8")
    assert pdf.stat().st_size > 0


ALONE = CONFIG | {"studies": ["toy"]}


def _collect(site, config=ALONE):
    return material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load)


def _by_hand(path):
    """Change a number of a table and leave what it says of itself, as an editor would."""
    table = pq.read_table(path)
    place = table.schema.get_field_index("estimate")
    pq.write_table(table.set_column(place, table.field(place), pa.array([0.123] * len(table))), path)


def _swapped(site):
    first, second = sorted((site.results / "raw").rglob("*.parquet"))
    shutil.copy(first, second)
    return ALONE


def _edited(part):
    def change(site):
        _by_hand(site.results / part)
        return ALONE

    return change


def _deleted(part):
    def change(site):
        (site.results / part).unlink()
        return ALONE

    return change


WRONG = {
    "another seed": (lambda site: ALONE | {"seed": 8}, "seed 7 instead of 8"),
    "another design": (lambda site: ALONE | {"design": "standard"}, "design smoke instead of standard"),
    "more replicates": (
        lambda site: ALONE | {"overrides": {"toy": {"samples": [levels(n=[20, 80], sd=1.5, replicates=31)]}}},
        "replicates 30 instead of 31",
    ),
    "another rule for failures": (lambda site: ALONE | {"failed_share": 0.2}, "failed_share 0.1 instead of 0.2"),
    "another cell in the place of a cell": (_swapped, "cell n=20,sd=1.5 instead of n=80,sd=1.5"),
    "a summary changed by hand": (_edited("summary/toy/samples.parquet"), "changed since it was written"),
    "a measured claim changed by hand": (_edited("measured/toy.parquet"), "changed since it was written"),
    "a summary deleted": (_deleted("summary/toy/samples.parquet"), "samples.parquet: is not there"),
    "a CSV file deleted": (_deleted("summary/toy/samples.csv"), "not what was written"),
}


@pytest.mark.parametrize(("change", "why"), WRONG.values(), ids=WRONG)
def test_what_is_not_what_was_asked_for_is_not_finished_and_said(own, change, why):
    assert _collect(own).unfinished == {}
    found = _collect(own, change(own))
    assert why in found.unfinished["toy"]
    assert (found.finished, len(found.verdicts), found.figures) == ([], 0, {})
    assert f"Missing: {found.unfinished['toy'].rstrip('.')}." in repr(paper.build(found))


def test_verdicts_changed_by_hand_are_formed_again(own):
    results.write_ledger(ALONE, own.results)
    assert _collect(own).partial == ""
    _by_hand(own.results / "verdicts.parquet")
    found = _collect(own)
    assert "changed since it was written" in found.partial
    assert found.left_out == (found.partial,)
    assert found.partial in repr(notices.notices(found))
    told = ledger.explained(own.verdicts, {"toy": own.study})
    pd.testing.assert_frame_equal(found.verdicts, told, check_dtype=False)


@pytest.mark.parametrize("name", ["figures/toy/risk.svg", "figures/toy/study.json", "tables/toy/samples.csv"])
def test_a_figure_or_record_that_was_changed_is_not_shown(own, name):
    path = own.reports / name
    path.write_text(path.read_text().replace("0", "1", 1))
    found = _collect(own)
    assert not any(figure["drawn"] for figure in found.figures["toy"])
    assert found.records == {}
    assert found.finished == ["toy"]
    assert name.split("/")[-1] in found.left_out[0]


def test_checks_that_were_changed_are_left_out_and_said(own):
    assert _collect(own).left_out == ()
    path = own.results / "checks" / "toy.csv"
    path.write_text(path.read_text() + "0\n")
    found = _collect(own)
    assert len(found.checks) == 0
    assert [line.partition(":")[0] for line in found.left_out] == [str(path)]
    assert f"left out: {found.left_out[0]}" in checklist.check(found)


def test_verdicts_over_a_part_of_the_studies_say_so(own):
    found = _collect(own, CONFIG)
    assert "formed over what is finished" in repr(paper.build(found))
    assert list(found.verdicts["study"].unique()) == ["toy"]


def test_the_report_carries_what_it_was_made_from(own):
    build.write(ALONE, own.results, own.reports, **own.arguments)
    path = origins.report_path(own.reports)
    assert records.read(path, origins.report(ALONE, "test", own.results, own.reports))
    with pytest.raises(store.Unusable, match="profile test instead of other"):
        records.read(path, origins.report(ALONE, "other", own.results, own.reports))
    (own.reports / "html" / "index.html").write_text("another")
    with pytest.raises(store.Damaged, match=r"index\.html: not what was written"):
        records.read(path)


def test_all_targets_of_links_are_blocks(site, config):
    made = paper.build(material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load))
    targets = blocks.targets(made.blocks)
    for study in config["studies"]:
        assert f"sec-{study}" in targets
    assert {f"claim-{claim.id}" for claim in site.study.claims} <= targets
    assert HOSTILE.split()[0] in repr(made)


def test_results_of_other_code_are_shown_only_where_they_are_kept_on_purpose(own, monkeypatch):
    monkeypatch.setattr(fingerprints, "cells", lambda module, experiment: "now")
    found = _collect(own)
    assert "fingerprint code instead of now" in found.unfinished["toy"]
    assert found.stale == ()
    monkeypatch.setenv(origins.KEEP_STALE, "1")
    found = _collect(own)
    assert (found.finished, found.stale) == (["toy"], ("toy",))
    assert "`--keep-stale`" not in repr(notices.notices(found))
    assert "kept on purpose" in repr(notices.notices(found))


def test_checks_are_counted_and_shown_with_what_was_found(pdf_text):
    words = " ".join(pdf_text.split())
    assert "1 of 1 exact identities and counts hold." in words
    assert "TOY5" in words
