"""The export for a manuscript: every part is there, LaTeX takes it in, nothing breaks out."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess

import pytest
from cases.report_site import CONFIG, ENVIRONMENT, study

from dlstats.protocol.study import Figure
from dlstats.report import export, latex


@pytest.fixture(scope="module", params=["one-column", "two-column"])
def folder(request, site, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / request.param
    written = export.write(
        CONFIG,
        site.study,
        site.evidence,
        site.verdicts,
        site.reports,
        out,
        journal=request.param,
        environment=ENVIRONMENT,
    )
    assert sorted(path.name for path in written) == sorted(path.name for path in out.iterdir())
    return out


def test_everything_is_there(folder):
    names = {path.name for path in folder.iterdir()}
    parts = {"risk.pdf", "risk.png", "risk.tex", "summary_1.tex", "verdicts.tex", "methods.tex", "main.tex"}
    assert parts <= names
    assert "huber1964" in (folder / "references.bib").read_text(encoding="utf-8")


def test_what_the_document_takes_in_exists(folder):
    for name in re.findall(r"\\input\{(\w+)\}", (folder / "main.tex").read_text(encoding="utf-8")):
        assert (folder / f"{name}.tex").exists()


def test_the_methods_paragraph_has_the_numbers_of_the_run(folder):
    text = (folder / "methods.tex").read_text(encoding="utf-8")
    assert "2 conditions with 30 replicates each; 2 of 120 rows" in text
    assert "sample size 20, 80" in text


def test_an_unknown_format_is_refused(site, tmp_path):
    with pytest.raises(ValueError, match="`format` must be one of latex, got 'word'"):
        export.write(CONFIG, site.study, site.evidence, site.verdicts, site.reports, tmp_path, form="word")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_a_document_of_many_floats_compiles(folder, site, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    table = next(path.stem for path in folder.glob("summary_*.tex"))
    text = export.document(site.study, [table] * 60)
    (tmp_path / "main.tex").write_text(text, encoding="utf-8")
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_the_document_compiles(folder):
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


def test_a_template_escapes_every_value_that_is_not_marked_as_latex():
    shown = Figure("a_b", "50 % of $x$ & {more}", lambda *_: None)
    text = latex.render("figure", study=dataclasses.replace(study(), name="n_1"), figure=shown, star="")
    assert r"\caption{50 \% of \$x\$ \& \{more\}}" in text
    assert r"\includegraphics{a_b.pdf}" in text
    assert r"\label{fig:n_1-a_b}" in text
