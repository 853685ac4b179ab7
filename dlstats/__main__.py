"""The command line. Exit status: 0, 1 when the work failed, 2 when the input was wrong."""

from __future__ import annotations

import argparse
import difflib
import faulthandler
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from dlstats import __version__, config, grid, store

ROOT = Path(__file__).resolve().parent.parent
STANDARD = ROOT / "config" / "standard.yaml"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        given = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        near = difflib.get_close_matches(given, COMMANDS, n=1)
        hint = f" Did you mean `{near[0]}`?" if near and near[0] != given else ""
        self.exit(2, f"{self.prog}: {message}.{hint} See `{self.prog} --help`.\n")


def _list(options: argparse.Namespace) -> None:
    from dlstats.studies import study as studies

    settings = config.load(options.config)
    for family, names in grid.families(settings).items():
        print(f"{family}")
        for name in names:
            study = studies.load(grid.study_module(name))
            cells = grid.cells(settings, name)
            claims = [claim.id for claim in study.claims]
            print(f"  {name}: {study.title} ({len(cells)} cells, {len(claims)} claims)")
            if options.what in ("claims", "all"):
                print("".join(f"    {claim.id}: {claim.statement}\n" for claim in study.claims), end="")
            if options.what in ("cells", "all"):
                print("".join(f"    {cell.id}  x{cell.replicates}\n" for cell in cells), end="")


def _plan(options: argparse.Namespace) -> None:
    print(grid.plan(config.load(options.config)))


def _simulate(options: argparse.Namespace) -> None:
    from dlstats import pipeline
    from dlstats.run import leave_with_parent

    target = None
    if options.target:
        measure, mcse, cap = options.target
        target = (measure, _number(mcse, float, "--target MCSE"), _number(cap, int, "--target AT_MOST"))
    for cell in options.cells:
        grid.parse_cell_id(cell)
    run = pipeline.Run(
        options.study, tuple(options.cells), options.seed, options.replicates, options.results, options.device, target
    )
    if options.limit:
        faulthandler.dump_traceback_later(options.limit, exit=True)
    if options.with_parent:
        leave_with_parent()
    pipeline.simulate(run, options.log)


def _summarise(options: argparse.Namespace) -> None:
    from dlstats import pipeline

    raw = pipeline.read_raw(options.raw)
    pipeline.write_csv(pipeline.summarise(_study(options.study), raw), options.output)


def _judge(options: argparse.Namespace) -> None:
    import pandas as pd

    from dlstats import pipeline

    raw, summary = pipeline.read_raw(options.raw), pd.read_csv(options.summary)
    table = pipeline.judge(_study(options.study), raw, summary, options.failed_share)
    pipeline.write_csv(table, options.output)


def _ledger(options: argparse.Namespace) -> None:
    import pandas as pd

    from dlstats import ledger, pipeline

    table = ledger.combine([pd.read_csv(path, keep_default_na=True) for path in options.verdicts])
    pipeline.write_csv(table, options.output)
    print(table["verdict"].value_counts().to_string(), file=sys.stderr)


def _draw(options: argparse.Namespace) -> None:
    import pandas as pd

    from dlstats import pipeline
    from dlstats.report import figures, tables
    from dlstats.studies.study import Evidence

    study = _study(options.study)
    raw, summary = pipeline.read_raw(options.raw), pd.read_csv(options.summary)
    verdicts = pd.read_csv(options.verdicts)
    figures.draw(study, Evidence(raw, summary), options.reports / "figures" / study.name)
    tables.write(study, summary, verdicts, options.reports / "tables" / study.name)


def _write(options: argparse.Namespace) -> None:
    from dlstats.report import build

    for path in build.write(config.load(options.config), options.results, options.reports):
        print(path)


def _replay(options: argparse.Namespace) -> int:
    from dlstats import pipeline

    found = pipeline.replay(options.study, options.cell, options.replicate, options.results, options.device)
    for column in found.again.columns.drop("seconds"):
        pairs = zip(found.stored[column], found.again[column], strict=True)
        same = all(a == b or (a != a and b != b) for a, b in pairs)
        print(f"{column:<24}{'same' if same else 'differs'}")
    print(f"largest relative difference {found.largest_difference:.3g}, tolerance {options.tolerance:g}")
    print("matches to the bit" if found.same_bits else "does not match to the bit")
    return 0 if found.largest_difference <= options.tolerance and found.starts_equal else 1


def _run(options: argparse.Namespace) -> int:
    from dlstats import run

    return run.workflow(options.profile, options.words)


def _rerun(options: argparse.Namespace) -> int:
    from dlstats import pipeline, run

    grid.study_module(options.study)
    stale = [options.results / part / options.study for part in ("raw", pipeline.KEPT)]
    stale += [options.results / part / f"{options.study}.csv" for part in ("summary", "verdicts")]
    for path in stale:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return run.workflow(options.profile, [*options.words, options.study])


def _study(name: str):
    from dlstats.studies import study as studies

    return studies.load(grid.study_module(name))


def _number(text: str, kind: type, name: str):
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} must be of type {kind.__name__}, got {text!r}.") from None


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", choices=["studies", "cells", "claims", "all"], default="studies")
    _add_config(parser)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=STANDARD, help="the configuration (default: standard)")


def _add_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results (default: results)")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where to train")


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study")
    parser.add_argument("cells", nargs="+", metavar="CELL", help="cell ids, `factor=level,factor=level`")
    parser.add_argument("--seed", type=int, required=True, help="root seed")
    parser.add_argument("--replicates", type=_positive, required=True, help="replicates of each cell")
    target = ("MEASURE", "MCSE", "AT_MOST")
    parser.add_argument("--target", nargs=3, metavar=target, help="go on until the measure has this error, up to a cap")
    parser.add_argument("--limit", type=float, help="stop with an error after so many seconds")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this is gone")
    parser.add_argument("--log", type=Path, help="file for a line of progress every half minute")
    _add_results(parser)
    _add_device(parser)


def _add_raw(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study")
    parser.add_argument("--raw", type=Path, nargs="+", required=True, help="raw files of the study's cells")


def _add_summarise(parser: argparse.ArgumentParser) -> None:
    _add_raw(parser)
    parser.add_argument("--output", type=Path, required=True)


def _add_judge(parser: argparse.ArgumentParser) -> None:
    _add_raw(parser)
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--failed-share", type=float, required=True, help="more failures than this leave it undecided")
    parser.add_argument("--output", type=Path, required=True)


def _add_ledger(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verdicts", type=Path, nargs="+", help="verdict tables of the studies")
    parser.add_argument("--output", type=Path, required=True)


def _add_draw(parser: argparse.ArgumentParser) -> None:
    _add_raw(parser)
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--verdicts", type=Path, required=True)
    parser.add_argument("--reports", type=Path, default=Path("reports"))


def _add_write(parser: argparse.ArgumentParser) -> None:
    _add_config(parser)
    _add_results(parser)
    parser.add_argument("--reports", type=Path, default=Path("reports"))


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study")
    parser.add_argument("cell")
    parser.add_argument("replicate", type=int)
    parser.add_argument("--tolerance", type=float, default=1e-3, help="largest relative difference after training")
    _add_results(parser)
    _add_device(parser)


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", default="standard", help="smoke, standard, paper or a path (default: standard)")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("profile", nargs="?", default="standard", help="smoke, standard, paper or a path")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="targets and options of snakemake")


def _add_rerun(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study")
    _add_profile(parser)
    _add_results(parser)
    parser.add_argument("words", nargs="*", metavar="-- ...", help="options of snakemake")


COMMANDS = {
    "list": ("the studies of a configuration, with their cells or claims", _add_list, _list),
    "plan": ("cells, jobs and expected cost of a configuration", _add_config, _plan),
    "run": ("the workflow, by Snakemake, in this folder", _add_run, _run),
    "simulate": ("cells -> raw replicates", _add_simulate, _simulate),
    "summarise": ("raw replicates -> estimates with Monte Carlo error", _add_summarise, _summarise),
    "judge": ("raw replicates and summary -> verdicts on the study's claims", _add_judge, _judge),
    "ledger": ("verdicts of all studies -> one ledger, adjusted for multiplicity", _add_ledger, _ledger),
    "draw": ("summary and verdicts -> figures and tables", _add_draw, _draw),
    "write": ("ledger, figures and tables -> PDF and HTML report, from what is there", _add_write, _write),
    "replay": ("compute one replicate alone and compare it with what is stored", _add_replay, _replay),
    "rerun": ("compute one study again from scratch", _add_rerun, _rerun),
}


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = _Parser(prog="dlstats", description="Simulation studies of deep-learning theory, with a ledger of claims.")
    top.add_argument("--version", action="version", version=f"dlstats {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, (about, add, carry_out) in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        add(command)
        command.set_defaults(carry_out=carry_out)
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Carry out a command; 0, or 1 when the work failed, or 2 when the input was wrong.

    A ValueError, a LookupError or an unusable file is wrong input and gives one line; anything else is a fault of the
    work and keeps its traceback, with Python's own exit status 1.
    """
    options = parser().parse_args(words)
    try:
        return options.carry_out(options) or 0
    except (ValueError, LookupError, store.Unusable) as error:
        message = error.args[0] if error.args else error
        print(f"dlstats {options.command}: {message}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
