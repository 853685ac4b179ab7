"""The options of every command, as they stand in its help."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from dlstats import project
from dlstats.pipeline import processes
from dlstats.protocol.factor import LARGEST
from dlstats.protocol.hints import short

STANDARD = "standard"
KINDS = {
    "method": "a function of (x, y, new[, rng]) or an estimator with fit and predict",
    "loss": "a pointwise loss of torch, (prediction, y), in the experiment's own networks",
    "dgp": "a design for our methods: an object with sample(n, rng), inputs(n, rng) and regression(x)",
}
"""What `compare` takes from outside."""
PROFILE = (
    "a profile, by its name in config/ (smoke, every, standard, paper, your own) or its path, or [PROFILE:]STUDY.py"
)


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


def add_list(parser: argparse.ArgumentParser) -> None:
    """What is listed, and how."""
    parser.add_argument(
        "what", nargs="?", choices=["studies", "cells", "claims", "checks", "plugs", "all"], default="studies"
    )
    add_format(parser)
    add_config(parser)


def add_format(parser: argparse.ArgumentParser) -> None:
    """Whether people or programs read what is printed."""
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how the list is printed")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def add_plan(parser: argparse.ArgumentParser) -> None:
    """The configuration that is planned."""
    add_format(parser)
    add_config(parser)


def add_checklist(parser: argparse.ArgumentParser) -> None:
    """The configuration whose checklist is printed."""
    add_format(parser)
    add_report(parser)


def add_bibtex(parser: argparse.ArgumentParser) -> None:
    """The claims whose sources are printed."""
    parser.add_argument(
        "claims", nargs="+", metavar="CLAIM", help="ids of claims or checks, as `dlstats list claims` has them"
    )
    help = f"{PROFILE} (default: that of the last run)"
    parser.add_argument("--config", type=project.configuration, help=help)
    add_results(parser)
    parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="folder of references.bib (default: reports)"
    )


def add_completion(parser: argparse.ArgumentParser) -> None:
    """The shell."""
    parser.add_argument("shell", choices=["bash", "fish", "zsh"], help="the shell that is to read the script")


def add_doctor(parser: argparse.ArgumentParser) -> None:
    """Whether the machine is timed."""
    text = "time this machine for half a minute: scales the cost that a plan expects, and chooses the back end by width"
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--measure", action="store_true", help=text)
    text = (
        "examine a GPU for about five minutes: networks beside the CPU's, the same bits again, other blocks, every "
        "trained study at its smallest, times beside JAX where that is installed; writes gpu.json and gpu.md. Exit status: 0 if "
        "every check passed, 1 if one failed, 4 if there is no GPU"
    )
    asked.add_argument("--gpu", action="store_true", help=text)
    parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="folder for what --gpu writes (default: reports)"
    )
    add_format(parser)


def add_config(parser: argparse.ArgumentParser) -> None:
    """The configuration."""
    parser.add_argument("--config", type=project.configuration, default=STANDARD, help=f"{PROFILE} (default: standard)")


def add_results(parser: argparse.ArgumentParser) -> None:
    """The folder of results."""
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results (default: results)")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Where networks are trained."""
    where = "where to train; auto: on a GPU where there is one and the networks are enough for it (default: auto)"
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help=where)


def add_file(parser: argparse.ArgumentParser) -> None:
    """The file of a study from outside."""
    parser.add_argument("--file", metavar="STUDY.py", help="the study's file or folder, where it is none of the suite")


def add_parent(parser: argparse.ArgumentParser) -> None:
    """Whether a job ends with the process that started it."""
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this is gone")


def add_stale(parser: argparse.ArgumentParser) -> None:
    """Whether results of other code are used."""
    parser.add_argument("--keep-stale", action="store_true", help="use results of other code; the report says so")


def add_simulate(parser: argparse.ArgumentParser) -> None:
    """Cells, their seed, replicates and limits."""
    parser.add_argument("experiment", metavar="STUDY.EXPERIMENT")
    parser.add_argument("cells", nargs="+", metavar="CELL", help="cell ids, `factor=level,factor=level`")
    parser.add_argument("--seed", type=_at_least(0), required=True, help="root seed")
    parser.add_argument("--replicates", type=_at_least(1), required=True, help="replicates of each cell")
    target = ("MEASURE", "MCSE", "AT_MOST")
    parser.add_argument("--target", nargs=3, metavar=target, help="go on until the measure has this error, up to a cap")
    parser.add_argument("--many", action="store_true", help="the experiment has too many cells for one folder")
    parser.add_argument("--limit", type=_seconds, help="stop with an error after so many seconds")
    add_parent(parser)
    parser.add_argument("--log", type=Path, help="file for a line of progress every half minute")
    add_file(parser)
    add_results(parser)
    add_device(parser)


def add_study(parser: argparse.ArgumentParser) -> None:
    """One study of a configuration, in a job."""
    parser.add_argument("study")
    add_config(parser)
    add_results(parser)
    add_parent(parser)


def add_show_config(parser: argparse.ArgumentParser) -> None:
    """The study whose design is shown."""
    parser.add_argument("what", choices=["show"])
    parser.add_argument("study")
    add_config(parser)


def add_cost(parser: argparse.ArgumentParser) -> None:
    """Whether measured costs are stored."""
    parser.add_argument("--write", action="store_true", help="put the measured costs in the place of the stated ones")
    add_format(parser)
    add_results(parser)


def add_checks(parser: argparse.ArgumentParser) -> None:
    """The study whose checks are computed."""
    parser.add_argument("study")
    parser.add_argument("--slow", action="store_true", help="those that take more than a few seconds, too")
    add_file(parser)
    add_results(parser)
    add_parent(parser)


def add_ledger(parser: argparse.ArgumentParser) -> None:
    """The configuration and its results, in a job."""
    add_config(parser)
    add_results(parser)
    add_parent(parser)


def add_draw(parser: argparse.ArgumentParser) -> None:
    """The study that is drawn, where, and whether for slides."""
    add_study(parser)
    parser.add_argument("--slides", action="store_true", help="its figures for slides instead: 16:9, sans serif, 18 pt")
    parser.add_argument("--reports", type=Path, default=Path("reports"))


def add_report(parser: argparse.ArgumentParser) -> None:
    """The configuration, its results and reports."""
    add_config(parser)
    add_results(parser)
    parser.add_argument("--reports", type=Path, default=Path("reports"))


def add_write(parser: argparse.ArgumentParser) -> None:
    """What the report is written from."""
    add_report(parser)
    add_stale(parser)
    add_parent(parser)


def add_study_config(parser: argparse.ArgumentParser) -> None:
    """One study, with its results and reports."""
    parser.add_argument("study")
    add_report(parser)


def add_export(parser: argparse.ArgumentParser) -> None:
    """The study and the layout of its export."""
    add_study_config(parser)
    columns = ["one-column", "two-column"]
    parser.add_argument("--journal", choices=columns, default="two-column", help="columns of the journal's page")
    parser.add_argument("--format", choices=["latex", "typst", "markdown", "docx"], default="latex")
    parser.add_argument("--face", choices=["serif", "sans"], default="serif", help="typeface of the figures")
    parser.add_argument("--output", type=Path, help="folder to write (default: reports/export/STUDY)")


def add_replay(parser: argparse.ArgumentParser) -> None:
    """The replicate that is computed again."""
    parser.add_argument("experiment", metavar="STUDY.EXPERIMENT")
    parser.add_argument("cell")
    parser.add_argument("replicate", type=_at_least(0))
    parser.add_argument("--tolerance", type=_tolerance, default=1e-3, help="largest relative difference after training")
    add_file(parser)
    add_results(parser)
    add_device(parser)


def add_compare(parser: argparse.ArgumentParser) -> None:
    """The experiment, and the method, loss or design from outside."""
    parser.add_argument("experiment", metavar="STUDY[.EXPERIMENT]", help="one of `dlstats list plugs`")
    kinds = parser.add_mutually_exclusive_group(required=True)
    for kind, what in KINDS.items():
        kinds.add_argument(f"--{kind}", metavar="FILE.py[:NAME]", help=f"{what}, and the file that defines it")
    add_device(parser)
    add_report(parser)


def add_run(parser: argparse.ArgumentParser) -> None:
    """The profile, and what goes to snakemake."""
    add_stale(parser)
    parser.add_argument("profile", nargs="?", default="standard", help=PROFILE)
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="targets and options of snakemake")


def add_rerun(parser: argparse.ArgumentParser) -> None:
    """The study or experiment, and the profile."""
    parser.add_argument("study", metavar="STUDY[.EXPERIMENT]")
    parser.add_argument("--profile", help=f"{PROFILE} (default: that of the last run)")
    parser.set_defaults(words=[])


def add_init(parser: argparse.ArgumentParser) -> None:
    """The folder."""
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="where to write it (default: here)")
