"""The workflow for real: from a configuration to the report, and what a change makes run again."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from cases.project import ROOT, copy_project

from dlstats.pipeline import config, grid, registry, store
from dlstats.pipeline.ledger import COLUMNS

FOLDER = "dlstats/studies/approximation/sawtooth/"
CLAIMS = FOLDER + "sawtooth_training.py"


def _snakemake(folder, *words, cores=2, profile="tiny"):
    command = [sys.executable, "-m", "snakemake", "--config", f"profile={profile}", "--cores", str(cores), *words]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


def _would_run(folder, *words):
    """The rules that a run would run now, with the numbers of jobs left out."""
    done = _snakemake(folder, *words, "--dry-run")
    assert done.returncode == 0, done.stderr
    out = done.stdout + done.stderr
    table = out.partition("Job stats:")[2].partition("\n\n")[0]
    rules = re.findall(r"^(\w+) +\d+$", table, re.M)
    return {re.sub(r"_\d+$", "", rule) for rule in rules} - {"total", "all"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    copy_project(folder, studies=["sawtooth"])
    done = _snakemake(folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_all_files_are_there_under_their_names(project):
    names = ("summary/sawtooth/training", "measured/sawtooth", "verdicts", "checks/sawtooth")
    for name in (f"results/{name}.csv" for name in names):
        assert len(pd.read_csv(project / name)), name
    for name in ("reports/dlstats.pdf", "reports/dlstats.html", "reports/figures/sawtooth/error_by_units.pdf"):
        assert (project / name).stat().st_size > 1000, name
    assert list((project / "reports" / "tables" / "sawtooth").glob("*.tex"))


def test_the_ledger_has_a_row_for_every_claim_of_the_study(project):
    ledger = pd.read_csv(project / "results/verdicts.csv")
    assert list(ledger.columns) == list(COLUMNS)
    checks = pd.read_csv(project / "results/checks/sawtooth.csv")
    study = registry.load("sawtooth")
    assert list(ledger["claim"]) == [claim.id for claim in study.claims]
    assert list(checks["check"]) == [check.id for check in study.checks if not check.slow]


def test_every_raw_file_is_whole_and_holds_all_replicates(project):
    files = list((project / "results/raw/sawtooth").glob("*/*.parquet"))
    wanted = {
        f"{c.experiment}/{c.id}": c.replicates
        for c in grid.cells(config.load(project / "config/tiny.yaml"), "sawtooth")
    }
    assert {f"{p.parent.name}/{p.stem}": store.read(p)["replicate"].nunique() for p in files} == wanted


def test_a_second_run_does_nothing(project):
    assert _would_run(project) == set()


@pytest.fixture
def edit(project):
    """Replace text in a file of the copy for the length of a test."""
    saved = {}

    def replace(name, old, new):
        path = project / name
        saved.setdefault(path, path.read_text())
        assert old in saved[path]
        path.write_text(saved[path].replace(old, new, 1))

    yield replace
    for path, text in saved.items():
        path.write_text(text)


@pytest.mark.parametrize("name", ["dlstats/seeds.py", "dlstats/training/fit.py", CLAIMS, "dlstats/pipeline/ledger.py"])
def test_a_comment_reruns_nothing(project, edit, name):
    edit(name, "from __future__", "# a comment\nfrom __future__")
    assert _would_run(project) == set()


def test_a_margin_reruns_verdicts_and_what_shows_them(project, edit):
    edit(CLAIMS, "at_least(0.5", "at_least(0.4")
    assert _would_run(project) == {"measure", "ledger", "draw", "write"}


def test_core_code_reruns_the_cells(project, edit):
    edit("dlstats/seeds.py", "np.random.Philox", "np.random.PCG64")
    assert {"simulate_sawtooth_training", "summarise", "measure"} <= _would_run(project)


def test_a_label_reruns_no_cell(project, edit):
    edit(CLAIMS, "median start", "half of the starts")
    assert not {rule for rule in _would_run(project) if rule.startswith("simulate")}


def test_more_replicates_rerun_their_cells_only(project, edit):
    edit(FOLDER + "__init__.py", "steps=300, replicates=20", "steps=300, replicates=21")
    assert {rule for rule in _would_run(project) if rule.startswith("simulate")} == {"simulate_sawtooth_training"}


def test_one_core_gives_the_same_bytes_as_two(project, tmp_path):
    copy_project(tmp_path, studies=["sawtooth"])
    done = _snakemake(tmp_path, "ledger", cores=1)
    assert done.returncode == 0, done.stderr
    for name in (
        "results/summary/sawtooth/training.csv",
        "results/summary/sawtooth/training.parquet",
        "results/verdicts.csv",
    ):
        assert (tmp_path / name).read_bytes() == (project / name).read_bytes(), name


def test_a_damaged_raw_file_stops_the_summary_and_a_rerun_mends_it(project, tmp_path):
    shutil.copytree(project, tmp_path / "p")
    raw = next((tmp_path / "p/results/raw/sawtooth").glob("training/*.parquet"))
    raw.write_bytes(raw.read_bytes()[:-30])
    done = _snakemake(tmp_path / "p", "ledger", "--show-failed-logs")
    assert done.returncode == 1
    assert "not a raw result" in done.stdout + done.stderr
    raw.unlink()
    assert _snakemake(tmp_path / "p", "ledger").returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config", "profile=tyni"], "cannot be read"),
        (["--config", "sead=3"], "profile=NAME"),
        (["--config", "profile=config/{tiny}.yaml"], "--config profile: must have a path without braces"),
    ],
)
def test_a_bad_configuration_gives_one_line_status_2_and_no_file(tmp_path, words, message):
    copy_project(tmp_path, studies=["sawtooth"])
    before = {p for p in tmp_path.rglob("*") if "__pycache__" not in p.parts}
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    after = {p for p in tmp_path.rglob("*") if "__pycache__" not in p.parts and ".snakemake" not in p.parts}
    assert after == before


def test_nothing_reaches_a_shell_without_quotes():
    for path in [ROOT / "Snakefile", *(ROOT / "workflows").glob("*.smk")]:
        for text in re.findall(r"^ +shell:\n((?: +\".*\"\n)+)", path.read_text(), re.M):
            assert not re.sub(r"\{\{|\}\}|\{[\w.]+:q\}", "", text).count("{"), f"{path.name}: {text}"
        assert path.read_text().count("shell:") == len(re.findall(r"^ +shell:\n +\"", path.read_text(), re.M))
        assert not re.search(r"\bshell\(|\brun:|\bscript:", path.read_text())


def test_a_configuration_with_any_name_is_read_and_not_executed(project, tmp_path):
    shutil.copytree(project, tmp_path / "p")
    evil = "config/a b$(touch PWNED)`touch PWNED`;touch PWNED&'\"*.yaml"
    (tmp_path / "p" / "config/tiny.yaml").rename(tmp_path / "p" / evil)
    done = _snakemake(tmp_path / "p", "results/measured/sawtooth.parquet", profile=evil)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 steps" in done.stderr
    assert not list(tmp_path.rglob("PWNED*"))


@pytest.mark.parametrize("target", ["approximation", "sawtooth", "report", "simulate_sawtooth"])
def test_families_studies_and_the_report_are_targets(project, target):
    assert _would_run(project, target) == set() or target == "simulate_sawtooth"


def test_the_dry_run_shows_cells_jobs_and_cost(project):
    done = _snakemake(project, "--dry-run")
    assert re.search(r"study +cells +replicates +jobs +core time", done.stderr)


def test_the_workflow_passes_its_linters():
    assert (
        subprocess.run([sys.executable, "-m", "snakefmt", "--check", "Snakefile", "workflows"], cwd=ROOT).returncode
        == 0
    )
    done = subprocess.run([sys.executable, "-m", "snakemake", "--lint"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
