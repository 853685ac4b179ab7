"""Every command has help; a wrong word gives one line and exit status 2 and writes nothing."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from dlstats import project
from dlstats.cli import parser as command_line
from dlstats.pipeline import registry, run


def _run(*words, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "dlstats", *words], capture_output=True, text=True, cwd=cwd, check=False
    )


@pytest.mark.parametrize("command", ["", *command_line.COMMANDS])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main([*([command] if command else []), "--help"])
    assert stopped.value.code == 0
    assert "usage: dlstats" in capsys.readouterr().out


CELL, REST = "compositions=2,units=2,steps=300", ["--seed", "1", "--replicates", "1"]
ONE_CELL = ["simulate", "sawtooth.training", CELL]
BAD = [
    (["simulat"], "Did you mean `simulate`"),
    ([], "required"),
    (["simulate", "sawtoth.training", CELL, *REST], "Did you mean `sawtooth`"),
    (["simulate", "sawtooth.trainin", CELL, *REST], "Did you mean `sawtooth.training`"),
    (["list", "--config", "nowhere.yaml"], "cannot be read"),
]
QUICK = [
    (["simulate", "sawtooth.training", "nonsense", *REST], "cell id"),
    ([*ONE_CELL, "--seed", "x", "--replicates", "1"], "invalid int value"),
    ([*ONE_CELL, "--seed", "1", "--replicates", "0"], "at least 1"),
    ([*ONE_CELL, "--replicates", "1"], "--seed"),
    (["replay", "sawtooth.training", CELL, "0"], "is not there"),
    (["replay", "sawtooth.training", CELL, "one"], "invalid int value"),
    (["rerun", "sawtoth"], "Did you mean `sawtooth`"),
    (["rerun", "sawtooth.trainin"], "Did you mean `sawtooth.training`"),
    (["config", "show", "sawtoth"], "Did you mean `sawtooth`"),
    ([*ONE_CELL, "--seed", "-1", "--replicates", "1"], "--seed: must be at least 0, got -1"),
    ([*ONE_CELL, "--seed", "1.5", "--replicates", "1"], "invalid int value: '1.5'"),
    ([*ONE_CELL, *REST, "--limit", "0"], "--limit: must be a number greater than 0 and at most 31536000, got '0'"),
    ([*ONE_CELL, *REST, "--limit", "-5"], "at most 31536000, got '-5'"),
    ([*ONE_CELL, *REST, "--limit", "nan"], "at most 31536000, got 'nan'"),
    ([*ONE_CELL, *REST, "--limit", "1e300"], "at most 31536000, got '1e300'"),
    ([*ONE_CELL, "--seed", "1", "--replicates", "1" + "0" * 30], "--replicates: must be less than 2^63, got 1"),
    ([*ONE_CELL, "--seed", "9" * 5000, "--replicates", "1"], "--seed: invalid int value: '999"),
    ([*ONE_CELL, *REST, "--target", "mse", "nan", "5"], "`target.mcse` must be a number greater than 0, got nan"),
    ([*ONE_CELL, "--seed", "1", "--replicates", "9", "--target", "mse", "1", "5"], "`target.at_most` must be at least"),
    (["replay", "sawtooth.training", CELL, "0", "--tolerance", "nan"], "must be a number of at least 0, got 'nan'"),
    ([*ONE_CELL, *REST, "--replicate", "2"], "unrecognized arguments: --replicate 2"),
    ([*ONE_CELL, *REST, "--device", "gpu"], "invalid choice: 'gpu'"),
    ([*ONE_CELL, *REST, "--target", "mse", "0.1", "5.5"], "AT_MOST must be of type int, got '5.5'"),
    (
        [*ONE_CELL, *REST, "--target", "msee", "0.1", "5"],
        "sawtooth.training: `target.measure` must be one of mse, sup_error",
    ),
    ([*ONE_CELL, CELL, *REST], f"must be given once, got twice: {CELL}"),
    (["simulate", "sawtooth.training", f"{CELL},extra=3", *REST], "sawtooth.training has no factor `extra`"),
    (["simulate", "sawtooth.training", "compositions=2,unites=2,steps=300", *REST], "Did you mean `units`"),
    (["simulate", "sawtooth.training", "compositions=2,steps=300", *REST], "needs the factor `units`"),
    (["simulate", "sawtooth.training", "compositions=2,units=two,steps=300", *REST], "`units` must be a whole number"),
    (["simulate", "sawtooth.training", "compositions=2,units=1e99,steps=300", *REST], "`units` must be a whole number"),
    (["replay", "sawtooth.training", CELL, "-1"], "replicate: must be at least 0, got -1"),
    (["rerun", "sawtooth", "--profile", "nowhere"], "cannot be read"),
    (["rerun", "squaring", "--profile", "smoke"], "must be one of the profile `smoke`"),
    (["run", "smoke", "squaring", "--cores", "1"], "must be one of the profile `smoke`"),
    (
        ["run", "smoke", "sawtoth"],
        "a study or family of the profile, a rule or a file, got `sawtoth`. Did you mean `sawtooth`?",
    ),
    (["list", "--config", "nowhere"], "config/nowhere.yaml: cannot be read"),
    (["rerun", "sawtooth", "-n"], "unrecognized arguments: -n"),
    (["ledger", "--config", str(project.FOLDER / "config" / "smoke.yaml")], "is not there"),
    (["measure", "sawtooth"], "is not there"),
    (["export", "sawtooth"], "is not there"),
    (["cost"], "there are no raw results"),
]


@pytest.mark.parametrize(("words", "message"), QUICK, ids=lambda v: " ".join(v)[-40:] if isinstance(v, list) else "")
def test_a_wrong_option_gives_one_line_and_status_2(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        status = command_line.main(words)
    except SystemExit as stopped:
        status = stopped.code
    line = capsys.readouterr().err.strip()
    assert (status, len(line.splitlines())) == (2, 1)
    assert message in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("words", "message"), BAD, ids=lambda v: " ".join(v)[:40] if isinstance(v, list) else "")
def test_a_wrong_command_line_gives_one_line_and_status_2(words, message, tmp_path):
    done = _run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_plan_counts_every_study():
    done = _run("plan", "--config", "config/smoke.yaml", cwd=project.FOLDER)
    assert done.returncode == 0
    assert "sawtooth" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("all ")


def test_claims_are_listed_with_their_origin_for_programs(capsys):
    assert command_line.main(["list", "claims", "--format", "json", "--config", "standard"]) == 0
    found = json.loads(capsys.readouterr().out)
    loaded = map(registry.load, registry.studies())
    assert sorted(one["id"] for one in found) == sorted(claim.id for study in loaded for claim in study.claims)
    for one in found:
        assert {"id", "family", "study", "statement", "origin"} <= one.keys()
        assert one["origin"]["kind"] in ("theorem", "derived", "stated", "practice", "finding", "control")


def test_a_machine_is_not_timed_for_nothing(monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nothing")
    for name in ("examine", "lines"):
        monkeypatch.setattr(f"dlstats.machine.doctor.{name}", lambda *_: [])
    assert command_line.main(["doctor", "--measure"]) == 2
    assert capsys.readouterr().err.count("set XDG_CACHE_HOME to a folder of your own that can be written\n") == 1


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_that_cannot_show_every_character_gets_all_the_rest(encoding, tmp_path):
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    (tmp_path / "one.yaml").write_text("design: standard\nseed: 1\nstudies: [sawtooth]\n")
    command = [sys.executable, "-m", "dlstats", "list", "claims", "--config", str(tmp_path / "one.yaml")]
    text = subprocess.run(command, capture_output=True, env=environment, check=True).stdout.decode(encoding)
    assert "\\u2264" in text
    found = subprocess.run([*command, "--format", "json"], capture_output=True, env=environment, check=True).stdout
    assert any("≤" in claim["statement"] for claim in json.loads(found.decode(encoding)))


def test_the_design_of_a_study_is_shown_to_be_pasted(capsys):
    assert command_line.main(["config", "show", "sawtooth", "--config", "standard"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["overrides"]["sawtooth"]["training"][0]["replicates"] >= 1


def test_a_reader_that_has_enough_ends_a_list_without_a_word():
    command = f"{sys.executable} -m dlstats list claims --config every | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.strip()
    assert done.stderr == ""
    assert done.returncode in (0, 141)


@pytest.mark.parametrize("words", [["--keep-stale", "smoke", "-n"], ["smoke", "--keep-stale", "-n"], ["smoke", "-n"]])
def test_stale_results_are_kept_wherever_the_option_stands(words, monkeypatch):
    asked = []
    monkeypatch.setattr(run, "workflow", lambda *given: asked.append(given) or 1)
    assert command_line.main(["run", *words]) == 1
    assert asked == [("smoke", ["-n"], "--keep-stale" in words)]


def test_targets_are_studies_families_rules_and_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Snakefile").write_text("rule mine:\n    output: 'a.txt'\n")
    monkeypatch.setattr(run, "workflow", lambda *given: 1)
    for word in ("sawtooth", "approximation", "report", "all", "mine", "results/verdicts.csv", "simulate_sawtooth"):
        assert command_line.main(["run", "smoke", word, "-n"]) == 1
