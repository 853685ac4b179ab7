"""The protocol is a function of study and configuration; what was run is compared with it; the checklist is honest."""

from __future__ import annotations

import dataclasses
import json

import pytest
from cases.report_site import CONFIG, ENVIRONMENT, SAMPLES, claims, study

from dlstats import project
from dlstats.pipeline import config as settings
from dlstats.pipeline import registry, store
from dlstats.protocol import origin
from dlstats.protocol.claim import at_most, equals
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Method
from dlstats.protocol.study import grid as levels
from dlstats.protocol.verdict import support_power
from dlstats.report import checklist, drawing, formulas, markdown, material, protocol, provenance

GRIDS = [levels(n=[20, 80], sd=1.5, replicates=30)]


@pytest.fixture
def record(site):
    return provenance.record(site.study, site.evidence, "f00")


def _changed(replicates=30, n=(20, 80)):
    grids = [levels(n=list(n), sd=1.5, replicates=replicates)]
    return CONFIG | {"overrides": {"toy": {"samples": grids}}}


def test_the_hash_is_that_of_what_is_fixed():
    fixed = protocol.protocol(CONFIG, study())
    assert fixed.hash == protocol.protocol(_changed(), study()).hash
    for config in (_changed(replicates=31), _changed(n=(20,)), {**CONFIG, "seed": 8}):
        assert protocol.protocol(config, study()).hash != fixed.hash


def test_the_protocol_of_every_study_has_a_text_that_is_the_same_in_every_process():
    every = settings.load(project.FOLDER / "config" / "every.yaml")
    for name in every["studies"]:
        found = protocol.protocol(every, registry.load(name))
        assert found.hash
        assert " at 0x" not in repr(found.data)


def test_a_condition_on_rows_is_told_by_what_meets_it():
    conditions = {"n": lambda n: n > 20, "method": lambda name: False, "side": len, "sd": 1.5}
    measure = Measure("error", "error", where=conditions)
    told = protocol._where(study().experiments["samples"], measure, GRIDS)
    assert told == {"n": [80], "method": [], "side": "a condition on side", "sd": 1.5}


@pytest.mark.parametrize("value", [len, lambda: 1, object()])
def test_what_has_no_text_of_its_own_is_not_digested(value):
    with pytest.raises(TypeError, match="must have the same text in every process"):
        store.digest({"a": value})


@pytest.mark.parametrize(
    "change", [{"expectation": equals(1.0, 0.5)}, {"expectation": at_most(0.02)}, {"statement": "Other."}]
)
def test_a_changed_claim_changes_the_hash(change):
    first, *rest = claims()
    other = dataclasses.replace(study(), claims=(dataclasses.replace(first, **change), *rest))
    assert protocol.protocol(CONFIG, other).hash != protocol.protocol(CONFIG, study()).hash


def test_the_protocol_file_names_every_part_of_ademp(tmp_path):
    text, data = drawing.protocol(CONFIG, "toy", tmp_path)
    written = text.read_text(encoding="utf-8")
    for part in ("Aims", "Data-generating mechanisms", "Estimands", "Design", "Methods", "Measures", "Statistics"):
        assert part in written
    for claim in claims():
        assert claim.id in written
    about = json.loads(data.read_text(encoding="utf-8"))
    assert about["hash"] == store.digest(about["protocol"]) == protocol.protocol(CONFIG, study()).hash


def test_a_registered_protocol_is_compared(tmp_path, record, site):
    drawing.protocol(_changed(replicates=40), "toy", tmp_path)
    earlier = protocol.registered(tmp_path, "toy")
    found = protocol.deviations(CONFIG, study(), record, site.verdicts, earlier)
    assert found == ["Changed since the protocol was registered: experiments."]


@pytest.mark.parametrize(("old", "new"), [("0.02", "0.03"), ('"seed": 7', '"seed": 8'), ("}", ""), ("{", "[")])
def test_a_registered_protocol_that_was_changed_is_refused(tmp_path, old, new):
    assert protocol.registered(tmp_path, "toy") is None
    _, path = drawing.protocol(CONFIG, "toy", tmp_path)
    assert protocol.registered(tmp_path, "toy")
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=r"toy\.json: must be as `dlstats protocol toy` wrote it"):
        protocol.registered(tmp_path, "toy")


def test_a_run_as_planned_has_no_deviation(record, site):
    assert protocol.deviations(CONFIG, study(), record, site.verdicts) == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (_changed(replicates=31), "30 replicates instead of 31"),
        (_changed(n=(20, 80, 320)), "Not run: samples/n=320,sd=1.5."),
        (_changed(n=(20,)), "Run although not planned: samples/n=80,sd=1.5."),
        ({**CONFIG, "seed": 8}, "The seed was 7 instead of 8."),
    ],
)
def test_every_deviation_is_named(config, words, record, site):
    assert any(words in line for line in protocol.deviations(config, study(), record, site.verdicts))


def test_a_margin_moved_after_the_run_is_named(record, site):
    verdicts = site.verdicts.assign(margin=0.5)
    assert any("TOY1 was judged with margin 0.5 instead of 0.02" in line
               for line in protocol.deviations(CONFIG, study(), record, verdicts))  # fmt: skip


def test_the_wanted_error_decides_with_probability_four_fifths():
    for claim in claims():
        relation, margin = claim.expectation.relation, claim.expectation.margin
        wanted = protocol.wanted_mcse(relation, margin)
        # four digits are kept of the wanted mcse
        assert (wanted == 0) if not margin else abs(support_power(relation, 0.0, wanted, margin) - 0.8) < 1e-3


def test_the_record_counts_cost_and_failures(record, site):
    assert record["core_seconds"] == 60 * 0.25
    assert record["rows"] == len(site.raw)
    assert sum(line["failed"] for line in record["failures"]) == (site.raw["status"] != "ok").sum()
    assert {cell: about["replicates"] for cell, about in record["cells"].items()} == {
        "samples/n=20,sd=1.5": 30,
        "samples/n=80,sd=1.5": 30,
    }


def test_the_hash_of_the_run_is_that_of_cells_seeds_and_code(record):
    assert protocol.run_digest(record) == protocol.run_digest({**record, "core_seconds": 0})
    assert protocol.run_digest(record) != protocol.run_digest({**record, "fingerprint": "other"})
    assert protocol.run_digest(None) == ""


def test_contrasts_are_part_of_the_protocol(site, config):
    (held,) = protocol.protocol(config, site.study).experiments
    (line,) = (m for m in held["measures"] if m["statistic"] == "log_ratio(median)")
    assert (line["column"], line["options"]) == ("distance", {"x": "mean", "y": "median"})
    without = dataclasses.replace(SAMPLES, contrasts=())
    other = dataclasses.replace(site.study, experiments={"samples": without})
    assert protocol.protocol(config, other).hash != protocol.protocol(config, site.study).hash


def test_the_checklist_names_what_is_missing(site, config):
    found = material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load)
    lines = checklist.check(found)
    assert "absent: no results yet" in lines
    assert any("Every figure is drawn: not drawn: never" in line for line in lines)
    assert not any("Monte Carlo standard error" in line for line in lines)
    assert not any("not described" in line for line in lines)


def test_every_item_of_the_checklist_is_asked_as_a_phrase_and_says_where_it_is_answered():
    answers = {item.where for item in checklist.ITEMS}
    assert not answers & {item.asked for item in checklist.ITEMS}
    assert {"Title page", "The ledger", "Limits", "What was run", "Failures", "Sources"} <= answers


def test_a_source_that_has_no_entry_is_named_once_and_what_cites_nothing_is_not(site, config):
    found = material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load)
    cited = [origin.record(one.origin).get("cite", "") for one in (*site.study.claims, *site.study.checks)]
    bare = dataclasses.replace(found, sources={})
    assert list(checklist._sources(bare, site.study)) == list(dict.fromkeys(filter(None, cited)))
    assert list(checklist._sources(dataclasses.replace(found, sources=dict.fromkeys(cited)), site.study)) == []


@pytest.mark.parametrize(
    ("part", "asked"), [("aims", "The aims"), ("limits", "What limits"), ("estimands", "The estimands")]
)
def test_an_empty_part_fails_the_checklist(site, config, part, asked):
    poorer = dataclasses.replace(site.study, **{part: " "})
    found = material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=lambda name: poorer)
    assert any(f"toy: {asked}" in line for line in checklist.check(found))


def test_an_undescribed_method_fails_the_checklist(site, config):
    methods = dict(SAMPLES.methods) | {"median": Method("median", "")}
    held = dataclasses.replace(SAMPLES, methods=methods)
    poorer = dataclasses.replace(site.study, experiments={"samples": held})
    found = material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=lambda name: poorer)
    assert any("not described: median" in line for line in checklist.check(found))


def test_every_statistic_of_the_suite_has_a_formula():
    from dlstats.montecarlo import STATISTICS

    assert set(STATISTICS) <= set(formulas.FORMULAS)


def test_markdown_shows_text_literally():
    from dlstats.report.blocks import Paragraph
    from dlstats.report.text import code, prose, strong

    text = markdown.document([Paragraph(prose("a*b", strong("c|d"), " 2^n ", code("e_f")))])
    assert text == "a\\*b**c\\|d** $2^{n}$ `e_f`\n"
