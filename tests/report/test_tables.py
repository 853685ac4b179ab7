"""Tables: every text is literal in every format, numbers carry their error, CSV keeps all digits."""

from __future__ import annotations

import csv
import math
import re
import shutil
import subprocess

import pytest
from cases.report_site import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from dlstats import montecarlo
from dlstats.pipeline import origins, store
from dlstats.report import blocks, escape, latex, markdown, tables
from dlstats.report.digits import show
from dlstats.report.text import Span, characters

SPECIAL = r"&%$#_{}~^\<>|"
TABLE = blocks.table(
    "g",
    "Caption with 50 % of $x_1$.",
    ("n", blocks.wide("what <b>"), blocks.right("error & co", decimal=True), "verdict"),
    (
        ("20", HOSTILE.replace("`", ""), show(0.0123, 0.0045), Span("verdict", "supported")),
        ("1e3", "θ̂ ≤ 2ⁿ⁺¹, m^(n) and x_{i+1}", show(1.5e-9, 2e-10), Span("verdict", "refuted")),
        ("a_b", "", show(float("nan")), Span("verdict", "undecided")),
    ),
)


@given(st.text(alphabet=st.sampled_from(SPECIAL + "ab1 αΣ≤ⁿ₁θ\u0302–"), max_size=30))
def test_latex_leaves_no_special_character_alone(text):
    found = escape.latex(text)
    maths = [re.sub(r"\\[{}]", "", part) for part in re.findall(r"(?<!\\)\$(.*?)(?<!\\)\$", found)]
    assert all(part.count("{") == part.count("}") for part in maths)
    found = re.sub(r"(?<!\\)\$.*?(?<!\\)\$", "", found)
    without_commands = re.sub(r"\\ensuremath\{[<>|]\}|\\[a-zA-Z]+|\\[{}$&#%_,|]|\{\}", "", found)
    assert not re.search(r"[&%$#_^~\\<>|]", without_commands)
    assert without_commands.count("{") == without_commands.count("}")


@given(st.text(max_size=40))
def test_a_text_keeps_its_characters_when_its_maths_is_set(text):
    kept = "".join(part for _, part in escape.scripts(text))
    lowered = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ⁽⁾₀₁₂₃₄₅₆₇₈₉₊₋ₙᵢⱼₖₘₚₜₓ₍₎", "0123456789+-ni()0123456789+-nijkmptx()")
    plain = str.maketrans("−", "-", "^_(){}")
    assert kept.translate(lowered).translate(plain) == text.translate(lowered).translate(plain)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("2^n − 1", [("plain", "2"), ("sup", "n"), ("plain", " − 1")]),
        ("m^(n)", [("plain", "m"), ("sup", "(n)")]),
        ("2^(n+1)", [("plain", "2"), ("sup", "n+1")]),
        ("n^-1/2", [("plain", "n"), ("sup", "−1/2")]),
        ("2^n/2", [("plain", "2"), ("sup", "n"), ("plain", "/2")]),
        ("n_train, noise_sd", [("plain", "n_train, noise_sd")]),
        ("x_i", [("plain", "x"), ("sub", "i")]),
        ("2ⁿ⁺¹", [("plain", "2"), ("sup", "n+1")]),
    ],
)
def test_plain_maths_is_set(text, pieces):
    assert list(escape.scripts(text)) == pieces


def test_markdown_has_as_many_cells_in_every_row():
    rows = [line for line in markdown.table(TABLE).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


def test_latex_has_as_many_cells_in_every_row_and_the_error_in_the_number():
    rows = [line for line in latex.table(TABLE).splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {3}
    assert "0.0123 +- 0.0045" in rows[1]
    assert "1.50 +- 0.20 e-9".replace(" e", "e") in rows[2].replace(" e-9", "e-9")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_latex_compiles(tmp_path):
    packages = ",".join(latex.PACKAGES)
    body = "\n".join([rf"\documentclass{{article}}\usepackage{{{packages}}}", r"\begin{document}", latex.table(TABLE)])
    (tmp_path / "t.tex").write_text(body + "\\end{document}\n", encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


def test_csv_keeps_every_digit(site):
    folder = site.reports / "tables" / "toy"
    with (folder / "samples.csv").open(newline="", encoding="utf-8") as file:
        back = [float(line["estimate"]) for line in csv.DictReader(file)]
    assert back == site.summary["estimate"].tolist()


def test_the_files_of_a_study_are_there_in_every_format(site):
    names = {path.name for path in (site.reports / "tables" / "toy").iterdir()}
    assert {"samples.csv", "summary_1.tex", "summary_1.md", "claims.csv", "claims.tex", "claims.md"} <= names


def test_every_line_of_the_summary_is_in_a_table(site):
    grids = tables.of_study(site.study, {"samples": site.summary})
    cells = [characters(value) for table in grids for row in table.rows for value in row]
    for line in site.summary.itertuples():
        assert show(line.estimate, line.mcse).text in cells


def test_a_contrast_is_paired_and_stands_in_a_table_of_its_own(site):
    lines = site.summary[site.summary["statistic"] == "log_ratio(median)"]
    assert set(zip(lines["method"], lines["against"], strict=True)) == {("mean", "median")}
    for line in lines.itertuples():
        wide = site.raw[site.raw["cell"] == line.cell].pivot(index="replicate", columns="method", values="distance")
        medians = wide.dropna().median()
        assert line.mcse == pytest.approx(montecarlo.log_ratio(wide["mean"], wide["median"]).mcse, rel=1e-9)
        assert line.estimate == pytest.approx(math.log10(medians["mean"] / medians["median"]), rel=1e-9)
        assert (line.replicates, line.failed) == (29, 1)
        assert line.lower < line.estimate < line.upper
    grid = tables.of_study(site.study, {"samples": site.summary})[-1]
    assert [characters(column.label).replace("10", "₁₀") for column in grid.columns] == [
        "sample size",
        "method",
        "distance, log₁₀ ratio of the median, over median",
        "replicates",
        "failed",
    ]
    assert [characters(row[1]) for row in grid.rows] == ["mean", "mean"]


def test_tables_stand_in_the_same_bytes_twice(site, tmp_path):
    measured = store.read(origins.measured_path(site.results, "toy"))
    tables.write(site.study, {"samples": site.summary}, measured, tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (site.reports / "tables" / "toy" / path.name).read_bytes()


def test_failures_are_shown_as_a_count(site):
    grid = tables.of_study(site.study, {"samples": site.summary})[0]
    place = [characters(column.label) for column in grid.columns].index("failed")
    assert {characters(row[place]) for row in grid.rows} == {"0", "1", "0–1"} & {
        characters(row[place]) for row in grid.rows
    }
    assert {"0", "1"} <= {characters(row[place]) for row in grid.rows}
