"""The workflow for real: from a configuration to the report, and what a change makes run again."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from cases.project import copy_project
from filelock import FileLock

from dlstats.pipeline import config, grid, registry, store
from dlstats.pipeline.ledger import COLUMNS

FOLDER = "dlstats/studies/approximation/sawtooth/"
CLAIMS = FOLDER + "sawtooth_training.py"


def _snakemake(folder, *words, cores=2, profile="tiny", **variables):
    command = [sys.executable, "-m", "snakemake", "--config", f"profile={profile}", "--cores", str(cores), *words]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(folder)} | variables
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


def _would_run(folder, *words):
    """The rules that a run would run now, with the numbers of jobs left out."""
    return _rules(_snakemake(folder, *words, "--dry-run"))


def _rules(done):
    assert done.returncode == 0, done.stderr
    out = done.stdout + done.stderr
    table = out.partition("Job stats:")[2].partition("\n\n")[0]
    rules = re.findall(r"^(\w+) +\d+$", table, re.M)
    return {re.sub(r"_\d+$", "", rule) for rule in rules} - {"total", "all"}


@pytest.fixture(scope="session")
def project(tmp_path_factory, worker_id):
    """What a run left: made once for all processes of the tests, and copied by each, which may change its own."""
    own = tmp_path_factory.getbasetemp()
    made = (own if worker_id == "master" else own.parent) / "project_of_all"
    with FileLock(made.with_suffix(".lock")):
        if not (made / "reports/dlstats.pdf").exists():
            copy_project(made, studies=["sawtooth"])
            done = _snakemake(made, CUDA_VISIBLE_DEVICES="7,8")  # as if there were two GPUs, which torch does not see
            assert done.returncode == 0, done.stderr
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("project") / "copy"))


def test_a_run_that_says_nothing_of_gpus_has_one_job_for_each(project):
    first = min((project / ".snakemake" / "log").glob("*.log"))
    assert re.search(r"Provided resources: .*gpu\D+2\b", first.read_text())


def test_all_files_are_there_under_their_names(project):
    names = ("summary/sawtooth/training", "measured/sawtooth", "verdicts", "checks/sawtooth")
    for name in (f"results/{name}.csv" for name in names):
        assert len(pd.read_csv(project / name)), name
    for name in ("reports/dlstats.pdf", "reports/html/index.html", "reports/figures/sawtooth/error_by_units.pdf"):
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


def test_comments_rerun_nothing(project, edit):
    for name in ("dlstats/seeds.py", "dlstats/training/fit.py", CLAIMS, "dlstats/pipeline/ledger.py"):
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
    edit(FOLDER + "__init__.py", "effort=1, replicates=20", "effort=1, replicates=21")
    assert {rule for rule in _would_run(project) if rule.startswith("simulate")} == {"simulate_sawtooth_training"}


HOW_LONG = (
    "results/raw",
    "results/.replicates",
    "results/checks",
    "results/logs",
    "reports/figures/sawtooth/study.json",
)
"""Files that say how long something took; of raw results all else must be the same."""


def test_two_runs_on_one_core_and_on_two_give_the_same_bytes(project, tmp_path):
    copy_project(tmp_path, studies=["sawtooth"])
    done = _snakemake(tmp_path, "ledger", "sawtooth", cores=1)
    assert done.returncode == 0, done.stderr
    found = [path for part in ("results", "reports/figures", "reports/tables") for path in (tmp_path / part).rglob("*")]
    names = [str(path.relative_to(tmp_path)) for path in found if path.is_file()]
    raw = [name for name in names if name.startswith(HOW_LONG[:2])]
    rest = [name for name in names if not name.startswith(HOW_LONG)]
    assert len(raw) == 6
    assert len(rest) > 20
    for name in raw:
        assert store.header(tmp_path / name).content == store.header(project / name).content, name
    for name in rest:
        assert (tmp_path / name).read_bytes() == (project / name).read_bytes(), name


def _dlstats(folder, *words):
    command = [sys.executable, "-m", "dlstats", *words]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def copied(project, tmp_path):
    """What the project's run left, copied as to another machine: without what Snakemake remembers."""
    folder = tmp_path / "copied"
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns(".snakemake", "__pycache__"))
    return folder


RESULTS = {"simulate_sawtooth_training", "summarise", "measure", "ledger", "draw", "write"}


def test_results_that_were_copied_are_used_and_another_seed_is_computed(copied):
    assert _would_run(copied) == set()
    for path in (path for top in ("results", "reports") for path in (copied / top).rglob("*")):
        os.utime(path, (time.time() + 3600,) * 2)  # by a machine whose clock is ahead  # type: ignore
    path = copied / "config" / "tiny.yaml"
    path.write_text(re.sub("seed: .*", "seed: 741", path.read_text()))
    done = _snakemake(copied, "--dry-run")
    assert re.search(
        r"made again: results/raw/sawtooth/\S+: made from seed 740 instead of 741, and 1 more", done.stderr
    )
    assert _rules(done) == RESULTS
    done = _dlstats(copied, "write", "--config", "config/tiny.yaml")
    assert done.returncode == 0
    assert re.search("not finished: sawtooth: .* seed 740 instead of 741", done.stderr)
    assert "only its protocol can be shown" in (copied / "reports/html/studies/sawtooth.html").read_text()
    (copied / "results/summary/sawtooth/training.parquet").unlink()
    done = _dlstats(copied, "export", "sawtooth", "--config", "config/tiny.yaml")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_a_damaged_raw_file_and_a_deleted_summary_are_said_in_a_line_and_made_again(copied):
    right = {path: path.read_bytes() for path in (copied / "results/summary").glob("*/[a-z]*")}
    raw = next((copied / "results/raw/sawtooth").glob("training/*.parquet"))
    raw.write_bytes(raw.read_bytes()[:-30])
    (copied / "results/summary/sawtooth/training.parquet").unlink()
    done = _snakemake(copied, "results/measured/sawtooth.parquet")
    assert done.returncode == 0, done.stderr
    assert f"made again: {raw.relative_to(copied)}: changed since it was written\n" in done.stderr
    assert {path: path.read_bytes() for path in right} == right
    assert "measure" not in _would_run(copied)


def _results(folder):
    files = [path for path in (folder / "results").rglob("*") if path.suffix in (".parquet", ".csv")]
    return {path: (path.stat().st_ino, path.read_bytes()) for path in files}


def test_rerun_touches_nothing_before_it_may(copied):
    before = _results(copied)
    done = _dlstats(copied, "rerun", "sawtooth", "--", "--dry-run", "--cores", "1")
    assert done.returncode == 0, done.stderr
    assert "sawtooth again, as in the profile tiny\n" in done.stderr
    assert "simulate_sawtooth_training_0" in done.stdout + done.stderr
    assert _results(copied) == before
    with FileLock(copied / ".snakemake" / "dlstats.lock"):
        done = _dlstats(copied, "rerun", "sawtooth")
    assert (done.returncode, done.stderr.count("another run works in")) == (2, 1)
    assert _results(copied) == before


def test_rerun_computes_all_anew_and_gives_the_old_back_where_it_fails(copied):
    before = _results(copied)
    words = ["rerun", "sawtooth.training", "--", "--cores", "1", "--until"]
    words += [f"simulate_sawtooth_training_{job}" for job in (0, 1)]
    path = copied / CLAIMS
    text = path.read_text()
    path.write_text(
        text.replace("    n, units = cond", "    raise OSError('a broken machine')\n    n, units = cond", 1)
    )
    done = _dlstats(copied, *words)
    assert (done.returncode, "a broken machine" in done.stdout + done.stderr) == (1, True)
    assert {path: data for path, (_, data) in _results(copied).items()} == {p: data for p, (_, data) in before.items()}
    path.write_text(text)
    done = _dlstats(copied, *words)
    assert done.returncode == 0, done.stderr
    now = _results(copied)
    cells = [path for path in before if {"raw", ".replicates"} & set(path.parts)]
    assert len(cells) == 6
    assert all(now[path][0] != before[path][0] for path in cells)
    assert all(store.checksum(store.read(path)) for path in cells)
    assert not (copied / "results" / ".aside").exists()


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
