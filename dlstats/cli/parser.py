"""The command line, and its exit statuses."""

from __future__ import annotations

import argparse
import difflib
import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from dlstats import __version__
from dlstats.cli import commands, completion, documents, listing, options, steps
from dlstats.pipeline import complaints, processes
from dlstats.protocol.hints import one_line, said


class _Parser(argparse.ArgumentParser):
    def __init__(self, **keywords) -> None:
        super().__init__(allow_abbrev=False, **keywords)  # `--replicate 2` would pass for `--replicates 2`

    def error(self, message: str) -> NoReturn:
        given = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        near = difflib.get_close_matches(given, COMMANDS, n=1)
        hint = f" Did you mean `{near[0]}`?" if near and near[0] != given else ""
        self.exit(2, f"{self.prog}: {message}.{hint} See `{self.prog} --help`.\n")


COMMANDS = {
    "init": (
        "a folder to begin with: Snakefile, configurations, a study in one file",
        options.add_init,
        commands.begin,
    ),
    "list": ("the studies of a configuration, with their cells, claims or checks", options.add_list, listing.show),
    "config": (
        "the design of a study, to be pasted into a configuration and changed",
        options.add_show_config,
        listing.show_config,
    ),
    "plan": ("cells, jobs and expected cost of a configuration", options.add_plan, listing.plan),
    "run": ("the workflow, by Snakemake, in this folder", options.add_run, commands.run),
    "simulate": ("cells -> raw replicates", options.add_simulate, steps.simulate),
    "checks": ("the exact identities and counts of a study, computed once", options.add_checks, steps.compute_checks),
    "summarise": ("raw replicates -> estimates with Monte Carlo error", options.add_study, steps.summarise),
    "measure": ("summaries -> what the study's claims measure", options.add_study, steps.measure),
    "ledger": ("verdicts of all studies -> one ledger, adjusted for multiplicity", options.add_ledger, steps.combine),
    "draw": ("summary and verdicts -> figures and tables", options.add_draw, steps.draw),
    "write": (
        "ledger, figures and tables -> PDF and HTML report, from what is there",
        options.add_write,
        documents.write,
    ),
    "checklist": ("the reporting checklist: which items are not answered", options.add_checklist, documents.checklist),
    "protocol": ("the ADEMP protocol of a study, before it is run", options.add_study_config, documents.protocol),
    "export": ("text, figures, key table and references of a study", options.add_export, documents.export),
    "compare": (
        "a method, loss or design of yours in an experiment, in pairs with ours",
        options.add_compare,
        commands.compare,
    ),
    "bibtex": ("the sources of claims, and dlstats itself, as BibTeX", options.add_bibtex, documents.bibtex),
    "cost": ("measured seconds per replicate, relative to the stated ones", options.add_cost, listing.cost),
    "doctor": ("what works on this machine, and why not where it does not", options.add_doctor, commands.doctor),
    "replay": ("compute one replicate alone and compare it with what is stored", options.add_replay, commands.replay),
    "rerun": (
        "compute one study, or one experiment of it, again from scratch; options of snakemake come after `--`",
        options.add_rerun,
        commands.rerun,
    ),
    "completion": (
        "a script for the shell that completes commands, options, studies and profiles",
        options.add_completion,
        completion.show,
    ),
}
STATUSES = """exit status:
  0    done
  1    the work failed: a job, a file that cannot be written, a replay that differs, an open item of the checklist,
       a check of a GPU
  2    the input was wrong: a line says what was required and what came
  3    a run went to its end, and a check failed or a verdict contradicts what is proven
  4    `dlstats doctor --gpu` found no GPU to examine
  130  stopped by Ctrl-C; what was finished is kept
  141  whoever reads the output has enough

Colours on a terminal alone, and never where NO_COLOR is set.
"""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = _Parser(
        prog="dlstats",
        description="Simulation studies of deep-learning theory, with a ledger of claims.",
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"dlstats {__version__}")
    known = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, (description, add, carry_out) in COMMANDS.items():
        command = known.add_parser(name, help=description, description=description[0].upper() + description[1:] + ".")
        add(command)
        command.set_defaults(carry_out=carry_out, top=top)
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
    chosen = parser().parse_args(given[:end])
    if end < len(given):
        chosen.words = given[end + 1 :]
    chosen.own_process = own_process
    if own_process and getattr(chosen, "with_parent", False) and chosen.command != "simulate":
        processes.leave_with(processes.parent())  # what simulates is forked first, and watched
    try:
        return chosen.carry_out(chosen) or 0
    except BrokenPipeError:  # whoever reads, as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (Exception, SystemExit) as error:
        message, status = _explained(error)
        log = getattr(chosen, "log", None)
        workflow = log is not None and chosen.with_parent
        line = f"dlstats {chosen.command}: {one_line(message) or said(error)}"
        logged = complaints.complain(line, log, workflow or not message, error)
        if not message and not (logged and workflow):
            raise
        return status


def _explained(error: BaseException) -> tuple[str, int]:
    """What to say of an error and the exit status; nothing to say of a bug.

    A ValueError (an unusable file is one) or a LookupError is wrong input; files that cannot be written and memory that
    runs out are no one's bug. A KeyError or an IndexError, though a LookupError, is one.
    """
    if isinstance(error, SystemExit):
        return f"what it ran must not end the process, got {said(error)}; {KEPT}", 1
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
