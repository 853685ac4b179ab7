"""The export for a manuscript: every part is there, LaTeX and Typst take it in, and what it prints is what is stored."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdf
import pytest
import typst
from cases import printed_rows
from cases.printed_rows import NUMBER
from cases.report_site import CONFIG, ENVIRONMENT, SAMPLES, study
from scipy import stats

from dlstats.pipeline.summaries import summarise
from dlstats.protocol.evidence import Evidence
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.study import Experiment, Figure, Method
from dlstats.report import escape, export, figures, keytable, latex, ledger
from dlstats.report.text import characters

FOLDERS = [("latex", "one-column"), ("latex", "two-column"), ("typst", "two-column"), ("markdown", "one-column")]
FOLDERS += [("docx", "one-column")]


def write(site, folder, form, journal):
    return export.write(
        CONFIG, dataclasses.replace(site.study, compared_by="error"), site.evidence, site.verdicts, site.checks, site.reports,
        folder, form=form, journal=journal, environment=ENVIRONMENT,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folders(site, tmp_path_factory):
    """The export in every format, written once, with the figures as they are drawn already."""
    made = {}

    def drawn(study, evidence, folder, face, formats):
        held = [p for p in sorted((site.reports / "figures" / "toy").iterdir()) if p.suffix[1:] in formats]
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(path, folder)) for path in held]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "draw", drawn)
        for form, journal in FOLDERS:
            folder = tmp_path_factory.mktemp("export") / form
            written = write(site, folder, form, journal)
            assert sorted(path.name for path in written) == sorted(path.name for path in folder.iterdir())
            made[form, journal] = folder
    return made


@pytest.fixture(scope="module")
def rows(site):
    """What the claims must be printed as."""
    return ledger.statements(site.verdicts, site.checks)


@pytest.fixture(scope="module", params=[0, 1])
def tex(request, folders):
    return folders[FOLDERS[request.param]]


def test_methods_say_at_which_level_a_claim_is_judged(folders):
    (page,) = folders["markdown", "one-column"].glob("*.md")
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert "90 % interval of the estimate lies within the margin (two one-sided tests of level 5 %)" in text


def test_everything_is_there(folders):
    names = {path.name for path in folders["latex", "two-column"].iterdir()}
    parts = {"risk.pdf", "risk.tex", "key.tex", "claims.tex", "methods.tex", "results.tex", "main.tex"}
    assert parts | {"samples.csv", "claims.csv", "references.bib"} <= names


def test_what_the_document_takes_in_exists(tex):
    for name in re.findall(r"\\input\{(\w+)\}", (tex / "main.tex").read_text(encoding="utf-8")):
        assert (tex / f"{name}.tex").exists()


def test_the_sources_are_those_that_are_cited(tex):
    text = "".join(path.read_text(encoding="utf-8") for path in tex.glob("*.tex"))
    cited = {key for keys in re.findall(r"\\cite\{([^}]*)\}", text) for key in keys.split(",")}
    held = set(re.findall(r"@\w+\{([^,]+),", (tex / "references.bib").read_text(encoding="utf-8")))
    assert cited == held >= {"morris2019", "huber1964"}


def test_the_methods_have_the_numbers_of_the_run(tex):
    text = (tex / "methods.tex").read_text(encoding="utf-8")
    assert "2 conditions with 30 replicates each; 2 of 120 rows" in text
    assert "Sample size 20, 80; standard deviation 1.5 (30 replicates)" in text


def test_the_csv_files_keep_every_digit(folders, site, rows):
    folder = folders["typst", "two-column"]
    assert list(pd.read_csv(folder / "samples.csv")["estimate"]) == pytest.approx(
        list(site.summary["estimate"]), rel=1e-15
    )
    claims = pd.read_csv(folder / "claims.csv", keep_default_na=False, na_values=[""])
    assert list(claims["verdict"]) == list(rows["verdict"])


@pytest.mark.parametrize(("name", "value"), [("form", "word"), ("journal", "three-column")])
def test_what_is_not_known_is_refused(site, tmp_path, name, value):
    with pytest.raises(ValueError, match=f"must be one of .*, got '{value}'"):
        write(site, tmp_path, **({"form": "latex", "journal": "one-column"} | {name: value}))
    assert not list(tmp_path.iterdir())


def printed(folders) -> dict[str, list[dict[str, str]]]:
    """The rows of the claims in the formats that have tables."""
    word = folders["docx", "one-column"] / "main.docx"
    return {
        "latex": printed_rows.of_latex((folders["latex", "two-column"] / "claims.tex").read_text(encoding="utf-8")),
        "markdown": printed_rows.of_markdown(
            (folders["markdown", "one-column"] / "main.md").read_text(encoding="utf-8")
        ),
        "docx": printed_rows.of_word(word),
    }


@pytest.mark.parametrize("form", ["latex", "markdown", "docx"])
def test_every_row_has_the_ledgers_numbers(folders, rows, form):
    printed_rows.check(printed(folders)[form], rows)


VERDICT = "supported|undecided|refuted|holds|not run|not replicated|not reached"
FIELDS = re.compile(rf"([=≤≥]) ?({NUMBER}) ((?:{NUMBER}|–)(?: \([\d.]+\))?) ({NUMBER}|–) ({VERDICT})")


def test_every_row_of_the_typst_document_has_the_ledgers_numbers(folders, rows):
    made: Any = typst.compile(folders["typst", "two-column"] / "main.typ", format="pdf")
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)
    text = " ".join(text[text.rindex("claim") :].replace("−", "-").split())
    names = "required found margin verdict".split()
    found = [dict(zip(names, (f"{m[1]} {m[2]}", *m.groups()[2:]), strict=True)) for m in FIELDS.finditer(text)]
    printed_rows.check([row | {"claim": c} for row, c in zip(found, rows["claim"], strict=True)], rows)


SWAPS = [
    ("found", "margin"),
    ("required", "found"),
    ("required", "margin"),
    ("margin", "verdict"),
    ("found", "verdict"),
]


@pytest.mark.parametrize("form", ["latex", "markdown", "docx"])
def test_swapped_columns_relations_and_signs_are_noticed(folders, rows, form):
    right = printed(folders)[form]
    wrong = [[row | {a: row[b], b: row[a]} for row in right] for a, b in SWAPS]
    wrong += [[row | {"required": row["required"].translate(str.maketrans("≤≥", "≥≤"))} for row in right]]
    wrong += [[row | {"required": row["required"].replace("=", "≤")} for row in right]]
    wrong += [[row | {"found": f"-{row['found']}"} if row["found"][0].isdigit() else row for row in right]]
    wrong += [[row | {"claim": other["claim"]} for row, other in zip(right, right[1:] + right[:1], strict=True)]]
    for changed in wrong:
        with pytest.raises((AssertionError, KeyError)):
            printed_rows.check(changed, rows)


def _compared(shift: dict[str, float], seed: int = 777_001) -> tuple:
    """A study of three methods with given mean errors, their replicates and their summary."""
    rng = np.random.default_rng(seed)
    frames = []
    for n in (10, 20):
        noise = rng.normal(size=40)
        for method, mean in shift.items():
            values = mean + noise + 0.3 * rng.normal(size=40)
            frames.append(pd.DataFrame({"replicate": range(40), "method": method, "error": values, "n": n}))
    raw = pd.concat(frames, ignore_index=True).assign(status="ok", reason="", seconds=0.1, seed=7)
    raw["cell"] = "n=" + raw["n"].astype(str)
    experiment = Experiment(
        simulate=lambda *_: pd.DataFrame(), factors={"n": Factor("sample size", int)},
        methods={name: Method(name, "a rule") for name in shift}, measures=(Measure("error", "error"),),
    )  # fmt: skip
    whole = dataclasses.replace(
        study(), experiments={"samples": experiment}, compared_by="error", claims=(), figures=()
    )
    return whole, raw, Evidence({"samples": summarise(experiment, raw)}, {"samples": raw})


def test_the_best_and_its_ties_are_marked_as_paired_tests_say():
    whole, raw, evidence = _compared({"good": 1.0, "near": 1.02, "bad": 2.0})
    table = keytable.build(whole, evidence)
    assert table is not None
    kinds = {
        characters(row[0]): [cell[0].kind + keytable.SIGN * (len(cell) > 1) for cell in row[1:]] for row in table.rows
    }
    for place, n in enumerate((10, 20)):
        wide = raw[raw["n"] == n].pivot(index="replicate", columns="method", values="error")
        best = wide.mean().idxmin()
        for method in wide:
            p = stats.ttest_rel(wide[method], wide[best]).pvalue if method != best else float("nan")
            expected = "best" if method == best else "number" if p < 0.05 / 3 else f"number{keytable.SIGN}"
            assert kinds[str(method)][place] == expected
    assert {mark for marks in kinds.values() for mark in marks} == {"best", "number", f"number{keytable.SIGN}"}


def test_a_number_of_the_key_table_is_that_of_the_summary(folders, site):
    table = printed_rows.of_markdown(
        (folders["markdown", "one-column"] / "main.md").read_text(encoding="utf-8"), "method"
    )
    lines = site.summary[(site.summary["measure"] == "error") & (site.summary["statistic"] == "mse")]
    for line in lines.itertuples():
        row = next(row for row in table if row["method"] == line.method)
        shown = row[f"sample size {line.n}"].strip("*").removesuffix("dagger").strip()
        printed_rows.same(printed_rows.read(shown.replace("*", "")), line.estimate, line.mcse)


def test_without_a_measure_to_compare_by_nothing_is_marked(site):
    table = keytable.build(site.study, site.evidence)
    assert table is not None
    assert {span.kind for row in table.rows for cell in row[1:] for span in cell} == {"number"}


def test_a_measure_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"`compared_by` of toy must be of `samples.error`"):
        dataclasses.replace(study(), compared_by="risk", experiments={"samples": SAMPLES}).named("toy", "approximation")


MATHS = [
    ("A network of 3n + 1 nodes has 2ⁿ pieces.", "A network of $3n + 1$ nodes has $2^{n}$ pieces."),
    ("n^(-2β/(2β+1)) at n = 200, in [0, 1]", r"$n^{-2\beta /(2\beta +1)}$ at $n = 200$, in $[0, 1]$"),
    ("y_1 ~ N(0, sd^2), 95 % of them", r"$y_{1} \sim N(0, \mathrm{sd}^{2})$, 95 \% of them"),
    ("n_train and a slope of −0.5", r"n\_train and a slope of $-0.5$"),
]


@pytest.mark.parametrize(("text", "shown"), MATHS)
def test_formulas_are_maths_and_words_are_not(text, shown):
    assert escape.latex(text) == shown


def test_a_template_escapes_every_value_that_is_not_marked_as_latex():
    shown = Figure("a_b", "50 % of $x$ & {more}", lambda *_: None)
    text = latex.render("figure", figure=shown, star="", width=3.4)
    assert r"\caption{50 \% of \$x\$ \& \{more\}}" in text
    assert "{a_b.pdf}" in text
    assert r"\label{fig:a_b}" in text


CLASSES = [("one-column", "article", ""), ("one-column", "elsarticle", ""), ("two-column", "IEEEtran", "[journal]")]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
@pytest.mark.parametrize(("journal", "name", "options"), CLASSES)
def test_the_document_compiles_in_a_real_class_and_nothing_sticks_out(folders, tmp_path, journal, name, options):
    if not subprocess.run(["kpsewhich", f"{name}.cls"], capture_output=True, check=False).stdout:
        pytest.skip(f"no class {name} here")
    folder = shutil.copytree(folders["latex", journal], tmp_path / name)
    text = (folder / "main.tex").read_text(encoding="utf-8")
    changed = re.sub(r"\\documentclass(\[twocolumn\])?\{article\}", rf"\\documentclass{options}{{{name}}}", text)
    (folder / "main.tex").write_text(changed, encoding="utf-8")
    latex_, words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"], []
    for words in (latex_, ["bibtex", "main"], latex_, latex_):
        done = subprocess.run(words, cwd=folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    log = (folder / "main.log").read_text(encoding="utf-8", errors="replace")
    assert "undefined" not in log
    wide = re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\) in alignment", log)
    assert all(float(points) < 1 for points in wide)
