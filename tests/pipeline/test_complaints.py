"""A job that fails is one line on the terminal; its log has the line, and the traceback if there was one."""

import logging

import pytest

from dlstats.cli import parser as command_line
from dlstats.pipeline import cells, complaints

WORDS = "simulate squaring.deep depth=0 --seed 1 --replicates 1 --device cpu --log job.log".split()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("error", "line", "status"),
    [
        (ValueError("the key\nis wrong"), "dlstats simulate: the key is wrong", 2),
        (LookupError("no such key"), "dlstats simulate: no such key", 2),
        (
            OSError(28, "No space left on device", "a.parquet"),
            "No space left on device: 'a.parquet'; what was finished",
            1,
        ),
        (SystemExit(3), "dlstats simulate: what it ran must not end the process, got SystemExit: 3; what was", 1),
        (MemoryError(), "dlstats simulate: out of memory (no more to be had); what was finished", 1),
        (KeyError("statistic"), "dlstats simulate: KeyError: 'statistic'", 1),
        (ZeroDivisionError("x"), "dlstats simulate: ZeroDivisionError: x", 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("workflow", [True, False])
def test_an_error_is_a_line_in_the_log_and_on_stderr_unless_a_workflow_shows_it(
    workflow, error, line, status, folder, monkeypatch, capsys
):
    def fails(*_):
        raise error

    monkeypatch.setattr(cells, "simulate_block", fails)
    bug = type(error) in (KeyError, ZeroDivisionError)
    if bug and not workflow:
        with pytest.raises(type(error)):
            command_line.main(WORDS)
    else:
        assert command_line.main([*WORDS, *(["--with-parent"] if workflow else [])]) == status
    log = (folder / "job.log").read_text(encoding="utf-8").splitlines()
    assert line in log[-1]
    assert any(text.startswith("Traceback") for text in log)
    assert capsys.readouterr().err.count(line) == (not workflow and not bug)


def _record(log, event: str | None = "job_error", message="Error in rule"):
    record = logging.makeLogRecord({"msg": message, "event": event, "rule_name": "measure", "log": [str(log)]})
    return complaints.OneLine(logging.Formatter("as before: %(message)s")).format(record)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20 of 30\ndlstats measure: it is wrong\n", "dlstats measure: it is wrong"),
        (
            "dlstats simulate: a killed\n30 of 30\ndlstats simulate: b killed\n",
            "dlstats simulate: a killed and 1 more like it",
        ),
        ("Traceback (most recent call last):\n  File\nKeyError: 'statistic'\n\n", "KeyError: 'statistic'"),
        ("", "it said nothing, as a job does that is killed"),
        (None, "it said nothing, as a job does that is killed"),
    ],
)
def test_the_terminal_gets_one_line_for_a_failed_job(text, said, folder):
    if text is not None:
        (folder / "a.log").write_text(text, encoding="utf-8")
    assert _record("a.log") == f"FAILED measure: {said} (a.log)"


def test_the_exception_that_comes_with_it_is_not_shown_and_everything_else_is():
    assert _record("", "error", "RuleException:\nCalledProcessError in file x") == ""
    assert _record("", "error", "WorkflowError: a") == "as before: WorkflowError: a"
    assert _record("", None, "Select jobs") == "as before: Select jobs"


def test_a_job_that_left_out_its_files_is_one_line_too_and_all_that_failed_are_said_again_at_the_end(folder):
    said = 'MissingOutputException in rule summarise in file "a.smk", line 31:\nJob 3 completed\nb (missing locally)'
    line = "FAILED summarise: it ended well but left out b (missing locally)"
    assert _record("", "error", said) == line
    logger = logging.getLogger(complaints.NAME)
    terminal: logging.Handler = logging.StreamHandler()
    terminal.name = complaints.TERMINAL
    before = logger.handlers
    logger.handlers = [terminal]
    try:
        complaints.shorten()
        for message in (said, "WorkflowError: a", said.replace("summarise", "measure")):
            terminal.format(logging.makeLogRecord({"msg": message, "event": "error"}))
        assert complaints.failed().splitlines() == [line, line.replace("summarise", "measure")]
    finally:
        logger.handlers = before


def test_a_log_that_cannot_be_written_leaves_the_line_on_stderr(folder, capsys):
    (folder / "file").touch()
    assert not complaints.complain("a line", folder / "file" / "job.log", quiet=True)
    assert capsys.readouterr().err == "a line\n"


def test_only_what_snakemake_shows_on_the_terminal_is_shortened():
    logger = logging.getLogger(complaints.NAME)
    terminal, file = logging.StreamHandler(), logging.NullHandler()
    terminal.name = complaints.TERMINAL
    logger.handlers, before = [terminal, file], logger.handlers
    try:
        complaints.shorten()
        complaints.shorten()
    finally:
        logger.handlers = before
    assert isinstance(terminal.formatter, complaints.OneLine)
    assert not isinstance(terminal.formatter.others, complaints.OneLine)
    assert file.formatter is None
