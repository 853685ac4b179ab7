"""`dlstats doctor --gpu`: its exit statuses, what it writes, and that it needs nothing but what trains."""

import json
import os
import subprocess
import sys

import pytest
import torch

from dlstats.cli import parser
from dlstats.machine.acceptance import examination, report
from dlstats.machine.acceptance.checks import Check

WITHOUT = """
import sys
for name in ("snakemake", "jsonschema", "beartype", "pytest"):
    sys.modules[name] = None  # an import of it fails

from dlstats.cli import commands, parser
from dlstats.machine.acceptance import examination, races
from dlstats.pipeline import grid, on_devices

small = (races.Shape(8, 4, 4, 4, 2, 3),)
real = examination.examine
examination.examine = lambda *arguments: real(*arguments, 60.0, small, (1,))
settings = {"design": "smoke", "overrides": {}}
on_devices._trained = lambda: iter(grid.experiment_cells(settings, "optimisation_gap", "trained")[:1])
options = parser.parser().parse_args(["doctor", "--gpu"])
sys.exit(commands._examine_gpu(options, "cpu"))
"""


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_a_line_says_so_and_the_status_is_4(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert parser.main(["doctor", "--gpu"]) == 4
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "there is no GPU to examine: torch" in err
    assert list(tmp_path.iterdir()) == []
    assert "  4    " in parser.STATUSES


@pytest.mark.parametrize(("passed", "status"), [(True, 0), (None, 1), (False, 1)])
def test_the_status_says_whether_a_check_failed(passed, status, tmp_path, monkeypatch, capsys):
    found = report.Report([], [Check("a network", passed, "so it is")], [], [], "never", 1.0)
    monkeypatch.setattr(examination, "missing", lambda: None)
    monkeypatch.setattr(examination, "examine", lambda *arguments: found)
    folder = tmp_path / "kept"
    assert parser.main(["doctor", "--gpu", "--reports", str(folder)]) == status
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"{report.WORDS[passed]:<4} a network: so it is"
    assert out[-1] == str(folder / "gpu.md")
    assert parser.main(["doctor", "--gpu", "--json", "--reports", str(folder)]) == status
    assert json.loads(capsys.readouterr().out)["checks"][0]["passed"] is passed
    assert json.loads((folder / "gpu.json").read_text())["passed"] is (status == 0)


def test_timing_and_examining_exclude_each_other(capsys):
    with pytest.raises(SystemExit):
        parser.main(["doctor", "--gpu", "--measure"])
    assert "not allowed with" in capsys.readouterr().err


def test_it_runs_where_no_workflow_or_test_tool_is_installed(tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=tmp_path, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "reports" / "gpu.json").read_text())
    assert [check["passed"] for check in content["checks"]] == [True] * 9
    assert [time["note"] for time in content["times"] if "jax" not in time["contender"]] == ["", ""]
    assert "9 checks passed, 0 failed, 0 not begun" in (tmp_path / "reports" / "gpu.md").read_text()
