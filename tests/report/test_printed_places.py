"""Numbers outside the rows of the ledger: evidence on the site, totals by family, checks, summaries, the worked example."""

from __future__ import annotations

import dataclasses
import html
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from cases import printed_rows
from cases.printed_rows import NUMBER, read, same
from cases.report_site import ENVIRONMENT, absent
from scipy import stats

from dlstats.pipeline import grid
from dlstats.report import appendices, front, ledger, material, notices, paper, sections, sentences
from dlstats.report.blocks import Answer, Bullets, Heading, Paragraph, Table
from dlstats.report.text import Span, characters


@pytest.fixture(scope="module")
def found(site, config) -> material.Material:
    return material.collect(config, site.results, site.reports, environment=ENVIRONMENT, load=site.load)


@pytest.fixture(scope="module")
def facts(built) -> dict[str, dict[str, str]]:
    """What the panel of every claim on the page of the study says, by its name."""
    text = (built[1].parent / "studies" / "toy.html").read_text(encoding="utf-8")
    panels = re.findall(r'<tbody id="claim-([^"]+)"(.*?)</tbody>', text, re.DOTALL)
    plain = {claim: re.sub(r"<wbr>", "", panel) for claim, panel in panels}
    return {
        claim: {name: html.unescape(re.sub(r"<[^>]+>", "", said)) for name, said in _PAIR.findall(panel)}
        for claim, panel in plain.items()
    }


_PAIR = re.compile(r"<dt>(.*?)</dt><dd>(.*?)</dd>", re.DOTALL)
TESTS = {"equals": "equals, to within the margin", "at_most": "at most", "at_least": "at least"}
P = {"p against, Holm": "p_adjusted", "p for": "p_for"}


def test_the_panel_of_a_claim_has_its_p_values_interval_test_and_share_of_failures(facts, site):
    assert list(facts) == list(site.verdicts["claim"])
    for row in site.verdicts.to_dict("records"):
        said, random = facts[row["claim"]], row["law"] != "exact"
        assert said["test"] == ("" if random else "exact: ") + TESTS[row["relation"]]
        for name, column in P.items():
            assert (name in said) == (random and math.isfinite(row[column])), (row["claim"], name)
            if name in said:
                assert float(said[name]) == pytest.approx(row[column], rel=5e-3)
        assert ("95 % interval" in said) == (row["lower"] < row["upper"])
        if "95 % interval" in said:
            ends = [read(end)[0] for end in said["95 % interval"].split(" to ")]
            assert ends == pytest.approx([row["lower"], row["upper"]], abs=0.051 * row["mcse"])
        assert ("proportion failed" in said) == (row["failed_share"] > 0)
        if row["failed_share"] > 0:
            assert float(said["proportion failed"]) == pytest.approx(row["failed_share"], rel=1e-4)
            assert said["verdict with failures at their worst"].endswith(row["worst_case"])
        assert said.get("why undecided", "") == row["reason"]
        cells = [cell.strip() for cell in said.get("cells", "").split(", s") if cell]
        assert len(cells) == len(json.loads(row["cells"]))


FULL = {"looks": 3, "looked_at": 7, "needed": 420.0, "paired_estimate": 0.5, "effort_estimate": 0.75, "effort_ratio": 1.5,
        "failed_share": 0.04, "effort_ratio_mcse": 0.25, "lack_of_fit": 0.0125, "worst_case": "undecided", "reason": "why",
        "law": "t",
        "p_adjusted": 0.031, "p_for": 0.97, "lower": 1.5, "upper": 2.5, "mcse": 0.25, "note": "a note"}  # fmt: skip
SAID = {
    "95 % interval": "1.50 to 2.50", "p against, Holm": "0.031", "p for": "0.97", "why undecided": "why",
    "replicates that would decide": "420",
    "where both efforts were run, at one": "0.5", "at three times the effort": "0.75", "effort ratio": "1.50 (0.25)",
    "looks at growing replicates": "3; p-values pay for them", "proportion failed": "0.04",
    "verdict with failures at their worst": "undecided", "worst of": "7 estimates", "p for lack of fit": "0.0125",
    "note": "a note",
}  # fmt: skip


def test_every_fact_stands_under_its_own_name(site):
    record = site.verdicts.iloc[0].to_dict() | FULL
    (entry,) = ledger.entries(pd.DataFrame([record]), {}, ())
    said = {name: characters(text) for name, text in entry.evidence}
    assert {name: said[name] for name in SAID} == SAID
    order = {"theory": 0.028125, "estimate": record["estimate"], "margin": 0.02, "replicates": 30, "failed": 0}
    assert {name: entry.order[name] for name in order} == order
    quiet = dict.fromkeys(("looks", "looked_at"), 1) | {"failed_share": 0.0}
    (plain,) = ledger.entries(
        pd.DataFrame([record | quiet | dict.fromkeys(("needed", "lack_of_fit"), math.nan)]), {}, ()
    )
    gone = {"looks at growing replicates", "worst of", "proportion failed", "verdict with failures at their worst",
            "replicates that would decide", "p for lack of fit"}  # fmt: skip
    assert set(said) - {name for name, _ in plain.evidence} == gone


def test_an_undecided_claim_says_in_the_ledger_what_was_required_found_and_needed(found, site):
    record = site.verdicts.iloc[1].to_dict() | {"reason": "why", "needed": 1234.0, "margin": 0.5, "failed": 2}
    table = appendices.ledger_table(pd.DataFrame([record]), found, "approximation", "Title")
    name, said, required, shown = (characters(cell) for cell in table.rows[0])
    assert name.startswith("TOY2")
    assert "Why: why (about 1,234 replicates)." in said
    assert re.fullmatch(r"≤ 0\.001\s*margin 0\.5", required)
    assert re.fullmatch(r"0\.0236 \(0\.0066\)\s*R = 29, 2 failed; p 0\.0048, 1(\.0)?", shown.replace("\xa0", " "))


def test_a_sentence_has_what_is_required_before_what_was_found(site):
    record = site.verdicts.iloc[1].to_dict()
    assert ledger.sentence(record).endswith(": required ≤ 0.001, found 0.0236 (0.0066), undecided.")


def test_many_results_are_a_list_with_a_sign_and_a_link_for_each(found, site, monkeypatch):
    (answer,) = sections.result(found, site.study)
    assert isinstance(answer, Answer)
    monkeypatch.setattr(sentences, "FEW", 1)
    first, *parts = sections.result(found, site.study)
    assert isinstance(first, Paragraph)
    assert characters(first.text).startswith(f"Result. Of {len(site.verdicts)} claims, ")
    items = [item for part in parts if isinstance(part, Bullets) for item in part.items]
    told = {span.target.removeprefix("claim-"): item[0] for item in items for span in item if span.kind == "ref"}
    assert told == {row["claim"]: Span("sign", "", row["verdict"]) for row in site.verdicts.to_dict("records")}
    assert "".join(characters(item) for item in items).count(".") >= len(items)


CHECKS = pd.DataFrame(
    {"check": ["C1", "C2"], "statement": ["s", "t"], "relation": ["equals", "at_most"], "theory": [2.0, 5.0],
     "margin": [0.0, 0.0], "found": [3.0, 4.0], "values": [7, 8], "holds": [False, True], "study": ["toy"] * 2}
)  # fmt: skip


def test_a_check_prints_required_found_and_values_in_their_columns_and_whether_it_holds():
    table = ledger.checks_table(CHECKS, "k", "c")
    heads = [characters(column.label) for column in table.columns]
    rows = [dict(zip(heads, map(characters, row), strict=True)) for row in table.rows]
    assert [(row["required"], row["found"], row["values"]) for row in rows] == [("= 2", "3", "7"), ("≤ 5", "4", "8")]
    assert [row["check"] for row in rows] == ["C1", "C2"]
    assert [[span.target for span in row[0] if span.kind == "sign"] for row in table.rows] == [["fails"], ["holds"]]


def test_totals_of_a_family_are_its_own(found, monkeypatch):
    first, *rest = found.verdicts.to_dict("records")
    other = first | {"claim": "ABS1", "family": "robust", "study": "absent", "verdict": "refuted"}
    several = pd.DataFrame([first, *rest, other, other | {"claim": "ABS2"}])
    checks = pd.concat([found.checks, found.checks.assign(family="robust", study="absent", holds=False)])
    monkeypatch.setattr(grid, "families", lambda config: {"approximation": ["toy"], "robust": ["absent"]})
    both = dataclasses.replace(found, verdicts=several, checks=checks, studies={**found.studies, "absent": absent()})
    content = paper.build(both).blocks
    for family, claims, held in (
        ("approximation", "Of 4 claims, 2 are supported, 1 undecided and 1 not run.", "1 of 1 exact"),
        ("robust", "Of 2 claims, 2 are refuted.", "0 of 1 exact"),
    ):
        title = notices.family_title(family)
        at = next(i for i, block in enumerate(content) if isinstance(block, Heading) and block.text == title)
        lead = content[at + 1]
        assert isinstance(lead, Paragraph)
        assert characters(lead.text).startswith(f"{claims} {held} identities and counts hold.")
    tables = {block.key: block for block in content if isinstance(block, Table)}
    assert len(tables["tab-ledger-approximation"].rows) == 4
    assert len(tables["tab-ledger-robust"].rows) == 2


def test_the_worked_example_has_the_ends_of_margin_and_of_the_ninety_percent_interval(found):
    record = found.verdicts.set_index("claim").loc["TOY1"]
    text = characters(getattr(front._example(found)[-1], "text"))  # noqa: B009
    ends = record["estimate"] + np.array([-1, 1]) * stats.t.ppf(0.95, record["df"]) * record["mcse"]
    match = re.search(
        rf"Required is ({NUMBER}) to within the margin ({NUMBER}), that is ({NUMBER}) to ({NUMBER})\. Found: "
        rf"({NUMBER} \([\d.]+\)) from (\d+) replicates\. The 90 % interval, ({NUMBER}) to ({NUMBER}), lies inside",
        text,
    )
    assert match
    theory, margin = record["theory"], record["margin"]
    got = [float(match[i]) for i in (1, 2, 3, 4, 7, 8)]
    assert got == pytest.approx([theory, margin, theory - margin, theory + margin, *ends], rel=1e-3)
    same(read(match[5]), record["estimate"], record["mcse"])
    assert int(match[6]) == record["replicates"]


LABELS = {"estimate, mse": ("error", "mse"), "estimate, bias": ("error", "bias"), "distance, median": ("distance", "median"),
          "time, maximum [s]": ("seconds_used", "maximum")}  # fmt: skip


def _rows(site, form):
    text = (site.reports / "tables" / "toy" / f"summary_1.{form}").read_text(encoding="utf-8")
    if form == "md":
        return printed_rows.of_markdown(text.replace("\\[", "[").replace("\\]", "]"), "sample size")
    lines = [re.sub(r"\s*\\\\$", "", line) for line in text.splitlines() if line.endswith("\\\\")]
    heads, *rows = (re.split(r"\s*(?<!\\)&\s*", line) for line in lines)
    names = [re.sub(r"[{}]|\\shortstack|\\\\", " ", head).replace("[ s ]", "[s]") for head in heads]
    names = [" ".join(name.split()) for name in names]
    shown = [[re.sub(r" \+- ([\d.]+)", r" (\1)", cell) for cell in row] for row in rows]
    return [dict(zip(names, row, strict=True)) for row in shown]


@pytest.mark.parametrize("form", ["md", "tex"])
def test_every_number_of_a_summary_stands_in_the_row_and_under_the_head_of_its_line(site, form):
    lines = site.summary.set_index(["n", "method", "measure", "statistic"])
    rows = _rows(site, form)
    assert len(rows) == 4
    assert set(rows[0]) == {"sample size", "method", *LABELS, "replicates", "failed"}
    for row in rows:
        for head, (measure, statistic) in LABELS.items():
            line = lines.loc[(int(row["sample size"]), row["method"], measure, statistic)]
            value, error = re.sub(r" \(\?\)", "", row[head]), line["mcse"] if math.isfinite(line["mcse"]) else 0.0
            same(read(value), line["estimate"], error)
            assert (row["replicates"], row["failed"]) == (str(line["replicates"]), str(line["failed"]))


def test_the_csv_files_have_every_column_of_what_they_print(site, built):
    for path, table in (
        (built[0].parent / "tables" / "ledger.csv", site.verdicts),
        (site.reports / "tables" / "toy" / "samples.csv", site.summary),
    ):
        back = pd.read_csv(path, keep_default_na=False, na_values=[""])
        shared = [column for column in table if column in back]
        assert len(shared) == len(table.columns)
        for column in set(shared) - {"note"}:
            if pd.api.types.is_numeric_dtype(table[column]):
                np.testing.assert_allclose(back[column].astype(float), table[column].astype(float), rtol=1e-12)
            else:
                assert (
                    back[column].astype(object).fillna("").astype(str).tolist()
                    == table[column].astype(object).fillna("").astype(str).tolist()
                )
