"""A new project has all it needs, and nothing is overwritten."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from dlstats.cli import parser as command_line
from dlstats.cli import start


def test_a_new_project_is_planned_as_it_is(tmp_path):
    assert command_line.main(["init", str(tmp_path / "new")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {path.name for path in start.STARTER.glob("[!_]*")}
    command = [sys.executable, "-m", "dlstats", "plan"]
    done = subprocess.run(command, cwd=tmp_path / "new", capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1].startswith("network_or_boosting ")
    assert done.stdout.splitlines()[-1].split() == ["all", "3", "150", "1", "unknown"]


@pytest.mark.skipif(find_spec("snakemake") is None, reason="Snakemake is not installed")
def test_its_workflow_has_all_targets(tmp_path):
    start.begin(tmp_path)
    command = [sys.executable, "-m", "snakemake", "--list-target-rules", "--config", "profile=smoke"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"everything", "report", "network_or_boosting"} <= set(done.stdout.split())


def test_no_file_is_overwritten_and_none_is_written_then(tmp_path, capsys):
    (tmp_path / "README.md").write_text("mine")
    assert command_line.main(["init", str(tmp_path)]) == 2
    assert "there is already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text() == "mine"


def test_where_it_cannot_be_written_nothing_is_left_and_a_line_says_so(tmp_path, capsys, monkeypatch):
    def copied(source, target):
        if target.name == "standard.yaml":
            raise PermissionError(13, "Permission denied", str(target))
        target.write_text("half")

    (tmp_path / "file").write_text("")
    assert command_line.main(["init", str(tmp_path / "file" / "new")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "a new project must have a folder that can be written, got [Errno 20] Not a directory" in line
    monkeypatch.setattr(start.shutil, "copyfile", copied)
    assert command_line.main(["init", str(tmp_path / "new")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "got [Errno 13] Permission denied" in line
    assert [path for path in (tmp_path / "new").rglob("*") if path.is_file()] == []
