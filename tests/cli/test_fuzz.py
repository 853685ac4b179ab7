"""Whatever words follow `dlstats`: a known exit status, one line where the input was wrong, and no traceback."""

from __future__ import annotations

import io
import string
from contextlib import redirect_stderr, redirect_stdout

import pytest
from cases import toy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dlstats.cli import parser as command_line

CARRIED_OUT = (
    "list",
    "config",
    "plan",
    "summarise",
    "measure",
    "ledger",
    "draw",
    "checklist",
    "export",
    "replay",
    "cost",
)
CARRIED_OUT += ("protocol", "completion", "bibtex")
"""Commands that are carried out, in a folder without results; the words of the others are read, and no more."""
WORDS = [
    *("toy", "toy.samples", "toy.sample", "tou", *toy.CELLS, "n=20", "n=20,sd=-1.0", "all", "show", "studies", "cells", "claims"),
    *("TOY1", "TOY9", "smoke", "standard", "toy.yaml", "none.yaml", ".", "..", "", "0", "-1", "7", "1e3", "nan", "9" * 400),
    *("latex", "json", "bash", "cpu", "gpu", "--", "-n", "--help", "$(touch x)", "`x`", "a b", "a\nb", "é", "\x00", "loss"),
]  # fmt: skip
OPTIONS = [f"--{name}" for name in (
    "config results reports seed replicates target limit format json slides write tolerance device journal face output "
    "profile many method loss with-parent keep-stale measure slow file log nothing"
).split()]  # fmt: skip
ALPHABET = string.printable.replace("/", "").replace("~", "") + "αé≤\x00"
"""Without what leads out of the folder."""
LINES = st.tuples(
    st.sampled_from([*command_line.COMMANDS, *CARRIED_OUT]) | st.sampled_from(WORDS),
    st.lists(
        st.sampled_from(WORDS) | st.sampled_from(OPTIONS) | st.text(ALPHABET, max_size=6),
        max_size=6,
    ),
)
SEEMLY = {0: 0, 1: None, 2: 1, 3: None}
"""Lines on stderr by exit status; None where there may be more."""


def _nothing(options):
    return 0


@pytest.fixture(scope="module")
def _folder(tmp_path_factory):
    """An empty folder but for a configuration, in which what would compute or wait does nothing."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "toy.yaml").write_text("design: smoke\nseed: 7\ndevice: cpu\nstudies: [toy]\n")
    with pytest.MonkeyPatch.context() as patch:
        toy.install(patch)
        patch.chdir(folder)
        known = command_line.COMMANDS.items()
        quiet = {n: (text, add, act if n in CARRIED_OUT else _nothing) for n, (text, add, act) in known}
        patch.setattr(command_line, "COMMANDS", quiet)
        yield folder


@pytest.mark.usefixtures("_folder")
@given(LINES)
@example(("replay", ["toy.samples", "n=20,sd=1.0", "0", "--results", "\x00"]))
@example(("list", ["--config", "\x00"]))
@example(("export", ["toy", "--config", "toy.yaml", "--output", "\x00"]))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_command_line_ends_with_a_known_status_and_at_most_a_line(words):
    first, rest = words
    out, err, status = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = command_line.main([first, *rest])
        except SystemExit as stopped:
            status = int(stopped.code or 0)
    said = err.getvalue()
    assert status in SEEMLY, (words, said)
    assert "Traceback" not in said
    if SEEMLY[status] is not None:
        assert said.count("\n") == SEEMLY[status], (words, said)
    if status == 2:
        assert said.startswith("dlstats"), said
        assert len(said) < 1500
