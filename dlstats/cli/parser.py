"""The command line. Exit status: 0, 1 when the work failed, 2 when the input was wrong."""

from __future__ import annotations

import argparse
import difflib
import io
import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from dlstats import __version__, project
from dlstats.cli import commands
from dlstats.pipeline import complaints, processes
from dlstats.protocol.factor import LARGEST
from dlstats.protocol.hints import one_line, short

STANDARD = "standard"
PROFILE = (
    "a profile, by its name in config/ (smoke, every, standard, paper, your own) or its path, or [PROFILE:]STUDY.py"
)


class _Parser(argparse.ArgumentParser):
    def __init__(self, **keywords) -> None:
        super().__init__(allow_abbrev=False, **keywords)  # `--replicate 2` would pass for `--replicates 2`

    def error(self, message: str) -> NoReturn:
        given = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        near = difflib.get_close_matches(given, COMMANDS, n=1)
        hint = f" Did you mean `{near[0]}`?" if near and near[0] != given else ""
        self.exit(2, f"{self.prog}: {message}.{hint} See `{self.prog} --help`.\n")


def _at_least(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"invalid int value: {short(text)}") from None
        if number < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, got {number}")
        if number >= LARGEST:
            raise argparse.ArgumentTypeError(f"must be less than 2^63, got {number}")
        return number

    return whole


def _between(requirement: str, holds: Callable[[float], bool]) -> Callable[[str], float]:
    def real(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not holds(number):  # which NaN never does
            raise argparse.ArgumentTypeError(f"must be a number {requirement}, got {text!r}")
        return number

    return real


_seconds = _between(f"greater than 0 and at most {processes.LONGEST}", lambda x: 0 < x <= processes.LONGEST)
_tolerance = _between("of at least 0", lambda x: 0 <= x < math.inf)


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", choices=["studies", "cells", "claims", "checks", "all"], default="studies")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how the list is printed")
    _add_config(parser)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    text = "time this machine for half a minute: scales the cost that a plan expects, and chooses the back end by width"
    parser.add_argument("--measure", action="store_true", help=text)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=project.configuration, default=STANDARD, help=f"{PROFILE} (default: standard)")


def _add_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results (default: results)")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where to train")


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", metavar="STUDY.py", help="the study's file or folder, where it is none of the suite")


def _add_parent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this is gone")


def _add_stale(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep-stale", action="store_true", help="use results of other code; the report says so")


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="STUDY.EXPERIMENT")
    parser.add_argument("cells", nargs="+", metavar="CELL", help="cell ids, `factor=level,factor=level`")
    parser.add_argument("--seed", type=_at_least(0), required=True, help="root seed")
    parser.add_argument("--replicates", type=_at_least(1), required=True, help="replicates of each cell")
    target = ("MEASURE", "MCSE", "AT_MOST")
    parser.add_argument("--target", nargs=3, metavar=target, help="go on until the measure has this error, up to a cap")
    parser.add_argument("--limit", type=_seconds, help="stop with an error after so many seconds")
    _add_parent(parser)
    parser.add_argument("--log", type=Path, help="file for a line of progress every half minute")
    _add_file(parser)
    _add_results(parser)
    _add_device(parser)


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study")
    _add_config(parser)
    _add_results(parser)
    _add_parent(parser)


def _add_show_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["show"])
    parser.add_argument("study")
    _add_config(parser)


def _add_cost(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="put the measured costs in the place of the stated ones")
    _add_results(parser)


def _add_checks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study")
    parser.add_argument("--slow", action="store_true", help="those that take more than a few seconds, too")
    _add_file(parser)
    _add_results(parser)
    _add_parent(parser)


def _add_ledger(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    _add_results(parser)
    _add_parent(parser)


def _add_draw(parser: argparse.ArgumentParser) -> None:
    _add_study(parser)
    parser.add_argument("--reports", type=Path, default=Path("reports"))


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    _add_results(parser)
    parser.add_argument("--reports", type=Path, default=Path("reports"))


def _add_write(parser: argparse.ArgumentParser) -> None:
    _add_report(parser)
    _add_stale(parser)
    _add_parent(parser)


def _add_study_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study")
    _add_report(parser)


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_study_config(parser)
    parser.add_argument(
        "--journal", choices=["one-column", "two-column"], default="two-column", help="width of figures"
    )
    parser.add_argument("--format", choices=["latex"], default="latex")
    parser.add_argument("--face", choices=["serif", "sans"], default="serif", help="typeface of the figures")
    parser.add_argument("--output", type=Path, help="folder to write (default: reports/export/STUDY)")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="STUDY.EXPERIMENT")
    parser.add_argument("cell")
    parser.add_argument("replicate", type=_at_least(0))
    parser.add_argument("--tolerance", type=_tolerance, default=1e-3, help="largest relative difference after training")
    _add_file(parser)
    _add_results(parser)
    _add_device(parser)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="STUDY[.EXPERIMENT]")
    words = "a function of (x, y, new[, rng]) or an estimator with fit and predict, and the file that defines it"
    parser.add_argument("--method", required=True, metavar="FILE.py[:NAME]", help=words)
    _add_report(parser)


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_stale(parser)
    parser.add_argument("profile", nargs="?", default="standard", help=PROFILE)
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="targets and options of snakemake")


def _add_rerun(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY[.EXPERIMENT]")
    parser.add_argument("--profile", help=f"{PROFILE} (default: that of the last run)")
    parser.set_defaults(words=[])


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="where to write it (default: here)")


COMMANDS = {
    "init": ("a folder to begin with: Snakefile, configurations, a study in one file", _add_init, commands.begin),
    "list": ("the studies of a configuration, with their cells, claims or checks", _add_list, commands.show),
    "config": (
        "the design of a study, to be pasted into a configuration and changed",
        _add_show_config,
        commands.show_config,
    ),
    "plan": ("cells, jobs and expected cost of a configuration", _add_config, commands.plan),
    "run": ("the workflow, by Snakemake, in this folder", _add_run, commands.run),
    "simulate": ("cells -> raw replicates", _add_simulate, commands.simulate),
    "checks": ("the exact identities and counts of a study, computed once", _add_checks, commands.compute_checks),
    "summarise": ("raw replicates -> estimates with Monte Carlo error", _add_study, commands.summarise),
    "measure": ("summaries -> what the study's claims measure", _add_study, commands.measure),
    "ledger": ("verdicts of all studies -> one ledger, adjusted for multiplicity", _add_ledger, commands.combine),
    "draw": ("summary and verdicts -> figures and tables", _add_draw, commands.draw),
    "write": ("ledger, figures and tables -> PDF and HTML report, from what is there", _add_write, commands.write),
    "checklist": ("the reporting checklist: which items are not answered", _add_report, commands.checklist),
    "protocol": ("the ADEMP protocol of a study, before it is run", _add_study_config, commands.protocol),
    "export": ("figures, tables and text of a study for a manuscript", _add_export, commands.export),
    "compare": (
        "a method of yours on the replicates of an experiment, in pairs with ours",
        _add_compare,
        commands.compare,
    ),
    "cost": ("measured seconds per replicate, relative to the stated ones", _add_cost, commands.cost),
    "doctor": ("what works on this machine, and why not where it does not", _add_doctor, commands.doctor),
    "replay": ("compute one replicate alone and compare it with what is stored", _add_replay, commands.replay),
    "rerun": (
        "compute one study, or one experiment of it, again from scratch; options of snakemake come after `--`",
        _add_rerun,
        commands.rerun,
    ),
}


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = _Parser(prog="dlstats", description="Simulation studies of deep-learning theory, with a ledger of claims.")
    top.add_argument("--version", action="version", version=f"dlstats {__version__}")
    known = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, (description, add, carry_out) in COMMANDS.items():
        command = known.add_parser(name, help=description, description=description[0].upper() + description[1:] + ".")
        add(command)
        command.set_defaults(carry_out=carry_out)
    return top


KEPT = "what was finished before is kept, the same command goes on from there"


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command; 0, or 1 when the work failed, or 2 when the input was wrong.

    An error that is no bug gives one line, on stderr and in the log of a job; a bug keeps its traceback as well.
    """
    own_process = arguments is None  # whether it may be forked and ended, as a caller's may not
    if own_process:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # what a terminal in latin-1 cannot show
    given = sys.argv[1:] if arguments is None else list(arguments)
    end = given.index("--") if given[:1] == ["rerun"] and "--" in given else len(given)
    options = parser().parse_args(given[:end])
    if end < len(given):
        options.words = given[end + 1 :]
    options.own_process = own_process
    if own_process and getattr(options, "with_parent", False) and options.command != "simulate":
        processes.leave_with(processes.parent())  # what simulates is forked first, and watched
    try:
        return options.carry_out(options) or 0
    except BrokenPipeError:  # whoever reads, as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:
        message, status = _explained(error)
        log = getattr(options, "log", None)
        workflow = log is not None and options.with_parent
        line = f"dlstats {options.command}: {one_line(message or f'{type(error).__name__}: {error}')}"
        logged = complaints.complain(line, log, workflow or not message, error)
        if not message and not (logged and workflow):
            raise
        return status


def _explained(error: Exception) -> tuple[str, int]:
    """What to say of an error and the exit status; nothing to say of a bug.

    A ValueError (an unusable file is one) or a LookupError is wrong input; files that cannot be written and memory that
    runs out are no one's bug. A KeyError or an IndexError, though a LookupError, is one.
    """
    if isinstance(error, KeyError | IndexError):
        return "", 1
    if isinstance(error, ValueError | LookupError):
        return str(error), 2
    if isinstance(error, OSError):
        return f"{error}; {KEPT}", 1
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "memory" in str(error)):
        reason = str(error).splitlines()[0] if str(error) else "no more to be had"
        return f"out of memory ({reason}); {KEPT}", 1
    return "", 1
