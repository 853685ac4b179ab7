"""What the files of the workflow say, before anything is run."""

import re
import subprocess
import sys

from cases.project import ROOT


def test_nothing_reaches_a_shell_without_quotes():
    for path in [ROOT / "Snakefile", *(ROOT / "workflows").glob("*.smk")]:
        for text in re.findall(r"^ +shell:\n((?: +\".*\"\n)+)", path.read_text(), re.M):
            assert not re.sub(r"\{\{|\}\}|\{[\w.]+:q\}", "", text).count("{"), f"{path.name}: {text}"
        assert path.read_text().count("shell:") == len(re.findall(r"^ +shell:\n +\"", path.read_text(), re.M))
        assert not re.search(r"\bshell\(|\brun:|\bscript:", path.read_text())


def test_the_workflow_passes_its_linters():
    assert (
        subprocess.run([sys.executable, "-m", "snakefmt", "--check", "Snakefile", "workflows"], cwd=ROOT).returncode
        == 0
    )
    done = subprocess.run([sys.executable, "-m", "snakemake", "--lint"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
