"""Every command has help; a wrong word gives one line and exit status 2 and writes nothing."""

import subprocess
import sys

import pytest

from dlstats import __main__ as command_line


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


BAD = [
    (["simulat"], "Did you mean `simulate`"),
    ([], "required"),
    (["simulate", "sawtoth", "part=labels,points=4", "--seed", "1", "--replicates", "1"], "Did you mean `sawtooth`"),
    (["simulate", "sawtooth", "nonsense", "--seed", "1", "--replicates", "1"], "cell id"),
    (["simulate", "sawtooth", "part=nothing", "--seed", "1", "--replicates", "1"], "`part` must be one of"),
    (["simulate", "sawtooth", "part=labels,points=4", "--seed", "x", "--replicates", "1"], "invalid int value"),
    (["simulate", "sawtooth", "part=labels,points=4", "--seed", "1", "--replicates", "0"], "at least 1"),
    (["simulate", "sawtooth", "part=labels,points=4", "--replicates", "1"], "--seed"),
    (["replay", "sawtooth", "part=labels,points=4", "0"], "not a raw result"),
    (["replay", "sawtooth", "part=labels,points=4", "one"], "invalid int value"),
    (["list", "--config", "nowhere.yaml"], "cannot be read"),
    (["rerun", "sawtoth"], "Did you mean `sawtooth`"),
]


CELL, REST = "part=labels,points=4", ["--seed", "1", "--replicates", "1"]
ONE_CELL = ["simulate", "sawtooth", CELL]
QUICK = [
    ([*ONE_CELL, "--seed", "-1", "--replicates", "1"], "--seed: must be at least 0, got -1"),
    ([*ONE_CELL, "--seed", "1.5", "--replicates", "1"], "invalid int value: '1.5'"),
    ([*ONE_CELL, *REST, "--limit", "0"], "--limit: must be a number greater than 0, got '0'"),
    ([*ONE_CELL, *REST, "--limit", "-5"], "greater than 0, got '-5'"),
    ([*ONE_CELL, *REST, "--limit", "nan"], "greater than 0, got 'nan'"),
    ([*ONE_CELL, *REST, "--replicate", "2"], "unrecognized arguments: --replicate 2"),
    ([*ONE_CELL, *REST, "--device", "gpu"], "invalid choice: 'gpu'"),
    ([*ONE_CELL, *REST, "--target", "mse", "0.1", "5.5"], "AT_MOST must be of type int, got '5.5'"),
    ([*ONE_CELL, CELL, *REST], "must be given once, got twice: part=labels,points=4"),
    (
        ["simulate", "sawtooth", f"{CELL},extra=3", *REST, "--device", "cpu"],
        "sawtooth does not use `extra` in the cell",
    ),
    (
        ["simulate", "sawtooth", "part=labels,pionts=4", *REST, "--device", "cpu"],
        "needs the factor `points`, got part, pionts",
    ),
    (
        ["simulate", "sawtooth", "part=labels,points=four", *REST, "--device", "cpu"],
        "`points` must be a whole number, got 'four'",
    ),
    (
        ["simulate", "sawtooth", "part=labels,points=1e99", *REST, "--device", "cpu"],
        "`points` must be a whole number, got 1e+99",
    ),
    (["replay", "sawtooth", CELL, "-1"], "replicate: must be at least 0, got -1"),
    (["ledger", "none.csv", "--output", "o.csv"], "there is no file none.csv"),
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
    done = _run("plan", "--config", "config/smoke.yaml", cwd=command_line.ROOT)
    assert done.returncode == 0
    assert "sawtooth" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("all ")
