"""What other programs read: lists as JSON, a script for the shell, BibTeX entries; and colours on a terminal alone."""

import io
import json
import shutil
import subprocess

import pybtex.database
import pytest

from dlstats.cli import colours, start
from dlstats.cli import parser as command_line
from dlstats.pipeline import outside, registry, run


def _said(capsys, *words):
    assert command_line.main(list(words)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [["list", "plugs"], ["list", "claims"], ["plan"], ["doctor"]])
def test_a_list_is_printed_as_json_by_either_option(words, capsys):
    words = [*words, *(["--config", "smoke"] if words != ["doctor"] else [])]
    records = json.loads(_said(capsys, *words, "--json"))
    assert records == json.loads(_said(capsys, *words, "--format", "json"))
    assert len({tuple(record) for record in records if "origin" not in record}) <= 1


def test_a_plan_in_json_adds_up(capsys):
    *studies, every = json.loads(_said(capsys, "plan", "--config", "smoke", "--json"))
    for name in ("cells", "replicates", "jobs", "core_seconds"):
        assert every[name] == pytest.approx(sum(study[name] for study in studies))


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_a_script_for_the_shell_has_commands_studies_and_profiles(shell, capsys, tmp_path):
    script = _said(capsys, "completion", shell)
    for word in ("compare", "method", "sawtooth.training", "standard"):
        assert word in script
    (tmp_path / "script").write_text(script)
    if shutil.which(shell):
        subprocess.run([shell, "-n", tmp_path / "script"], check=True)


COMPLETE = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
$(complete -p dlstats | sed 's/.*-F \\([^ ]*\\).*/\\1/') dlstats "${{COMP_WORDS[$COMP_CWORD]}}" ""
echo "${{COMPREPLY[*]}}"
"""


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("dlstats comp", "compare completion"),
        ("dlstats compare heavy_t", "heavy_tails heavy_tails.networks"),
        ("dlstats compare heavy_tails --l", "--loss"),
        ("dlstats list --config sta", "standard"),
    ],
)
def test_bash_completes(words, wanted, capsys, tmp_path):
    (tmp_path / "script").write_text(_said(capsys, "completion", "bash"))
    text = COMPLETE.format(script=tmp_path / "script", words=words)
    said = subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == wanted


def test_the_sources_of_claims_are_bibtex_each_once_and_dlstats_is_the_last(capsys):
    text = _said(capsys, "bibtex", "ROB17", "ROB17.published", "ROB17")
    entries = pybtex.database.parse_string(text, "bibtex").entries
    assert list(entries) == ["koenker1978", "koenker2005", "dlstats"]
    assert entries["dlstats"].type == "software"
    assert entries["dlstats"].fields["title"].startswith("{dlstats: ")


def test_claims_of_a_study_of_the_last_run_are_known(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outside, "_files", {})
    text = (start.STARTER / "network_or_boosting.py").read_text().replace("Finding()", 'Practice("koenker1978")')
    (tmp_path / "network_or_trees.py").write_text(
        text.replace("import Finding", "import Practice").replace("FRD1", "MED1")
    )
    run.remember("smoke:network_or_trees.py", tmp_path / "results")
    assert list(pybtex.database.parse_string(_said(capsys, "bibtex", "MED1"), "bibtex").entries) == [
        "koenker1978",
        "dlstats",
    ]


def test_every_claim_that_cites_a_publication_has_its_entry(capsys):
    cited = [
        one.id
        for name in registry.studies()
        for study in [registry.load(name)]
        for one in (*study.claims, *study.checks)
        if hasattr(one.origin, "cite")
    ]
    keys = pybtex.database.parse_string(_said(capsys, "bibtex", *cited), "bibtex").entries
    assert len(keys) > 20


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ROB177", "There is no claim or check `ROB177`. Did you mean `ROB17`?"),
        ("RSK9", "`RSK9` must have a publication as its origin, it is derived here (risk-decomposition.md"),
        ("RSK13", "it is found here before (composition, seed"),
        ("ROB7.800", "it is stated in a lecture (JSM; "),
    ],
)
def test_a_claim_without_a_publication_says_what_is_behind_it(name, message, capsys):
    assert command_line.main(["bibtex", name]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert message in error


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_colours_are_for_a_terminal_alone(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colours.paint("a", "bold", Terminal()) == "\x1b[1ma\x1b[0m"
    assert colours.paint("a", "bold", io.StringIO()) == "a"
    monkeypatch.setenv("TERM", "dumb")
    assert colours.paint("a", "bold", Terminal()) == "a"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert colours.paint("a", "bold", Terminal()) == "a"


def test_help_tells_the_exit_statuses(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["--help"])
    text = capsys.readouterr().out
    for status in ("0    done", "1    the work failed", "2    the input was wrong", "3    a run went to its end"):
        assert status in text
