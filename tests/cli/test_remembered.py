"""What a list said before is said again for the same question alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from dlstats.cli import parser, remembered, start
from dlstats.pipeline import fingerprints

CONFIG = "design: smoke\nseed: 1\nstudies: [{}]\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").mkdir()
    (tmp_path / "mine.yaml").write_text(CONFIG.format("sawtooth"))
    return tmp_path


def _asked(words):
    found = []
    return remembered.answer("mine.yaml", words, lambda: found.append(1) or "told"), len(found)


def test_it_is_found_once_for_the_same_words_configuration_and_code(folder, monkeypatch):
    assert _asked(["claims"]) == ("told", 1)
    assert _asked(["claims"]) == ("told", 0)
    assert _asked(["checks"]) == ("told", 1)
    Path("mine.yaml").write_text(CONFIG.format("squaring"))
    assert _asked(["claims"]) == ("told", 1)
    monkeypatch.setattr(fingerprints, "stamp", lambda: "touched")
    assert _asked(["claims"]) == ("told", 1)


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace("told", "lied"), lambda text: ""])
def test_a_damaged_memory_is_none(folder, damage):
    _asked(["claims"])
    remembered.FILE.write_text(damage(remembered.FILE.read_text()))
    assert _asked(["claims"]) == ("told", 1)


def test_nothing_is_kept_where_the_workflow_has_not_run(folder):
    Path(".snakemake").rmdir()
    assert [_asked(["claims"])[1], _asked(["claims"])[1]] == [1, 1]
    assert not Path(".snakemake").exists()


def test_a_list_with_a_study_from_outside_is_made_anew(folder):
    start.begin(folder / "project")
    Path("mine.yaml").write_text(CONFIG.format("./project/network_or_boosting.py"))
    listed = [sys.executable, "-m", "dlstats", "list", "--config", "mine.yaml"]
    assert "network_or_boosting" in subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    assert not remembered.FILE.exists()


def test_a_remembered_list_is_the_same_and_imports_no_study(folder):
    words = ["list", "claims", "--config", "mine.yaml"]
    code = f"import sys; from dlstats.cli import parser; parser.main({words}); print('numpy' in sys.modules)"
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "12"
    )
    assert first.endswith("True\n")
    assert second == first.replace("True\n", "False\n")


def test_an_error_is_none_to_remember(folder, capsys):
    Path("mine.yaml").write_text(CONFIG.format("nothing"))
    assert [parser.main(["list", "--config", "mine.yaml"]) for _ in "12"] == [2, 2]
    assert not remembered.FILE.exists()
