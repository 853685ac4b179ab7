"""The report of a GPU that was examined: one document, as JSON for programs and as Markdown for people."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from dlstats import __version__
from dlstats.machine.acceptance.checks import Check
from dlstats.machine.acceptance.races import Time
from dlstats.machine.doctor import Finding

NAME = "gpu"
"""The report's files are `gpu.json` and `gpu.md`."""


@dataclass(frozen=True)
class Report:
    """What was examined, what was found, and how long it took."""

    machine: Sequence[Finding]
    checks: Sequence[Check]
    times: Sequence[Time]
    few: Sequence[Time]
    """Times of growing numbers of small networks."""
    meeting: str
    """From how many of them on the GPU is the faster."""
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether checks were made, and none failed."""
        made = [check.passed for check in self.checks if check.passed is not None]
        return bool(made) and all(made)

    @property
    def counts(self) -> str:
        """How many checks passed, failed and were not begun, in words."""
        several = [check.passed for check in self.checks]
        return f"{several.count(True)} checks passed, {several.count(False)} failed, {several.count(None)} not begun"


def document(report: Report) -> dict:
    """The report as it is written to JSON, where NaN is null."""
    made = {"dlstats": __version__, "date": datetime.now(UTC).isoformat(timespec="seconds"), "passed": report.passed}
    return made | {key: _plain(value) for key, value in asdict(report).items()}


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(report: Report, folder: Path) -> list[Path]:
    """Both files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    content = document(report)
    texts = {".json": json.dumps(content, indent=1) + "\n", ".md": markdown(report, str(content["date"]))}
    for suffix, text in texts.items():
        (folder / f"{NAME}{suffix}").write_text(text, encoding="utf-8")
    return [folder / f"{NAME}{suffix}" for suffix in texts]


def markdown(report: Report, date: str) -> str:
    """Machine, checks and times."""
    lines = [
        "# A GPU examined",
        "",
        f"dlstats {__version__}, {date}, {report.seconds:.0f} s: {report.counts}. Times are those of one run.",
        "",
        *_table(("machine", "works", ""), [(f.name, "yes" if f.works else "no", f.detail) for f in report.machine]),
        "## Checks",
        "",
        *_table(("check", "passed", ""), [(c.name, WORDS[c.passed], c.detail) for c in report.checks]),
        "## Microseconds of a step and network",
        "",
        "Three hidden layers, 5 inputs, full batch, Adam, float32, products of matrices at the highest precision.",
        "",
        *_table(_HEAD, [_row(time) for time in report.times]),
        "## Few networks",
        "",
        f"{report.meeting}.",
        "",
        *_table(_HEAD, [_row(time) for time in report.few]),
    ]
    return "\n".join(lines).rstrip() + "\n"


WORDS = {True: "yes", False: "NO", None: "-"}
"""What is said of a check that passed, failed, was not begun."""
_HEAD = ("n", "width", "networks", "trained by", "µs", "TFLOP/s")


def _row(time: Time) -> tuple[str, ...]:
    shape = (str(time.samples), str(time.width), str(time.networks), time.contender)
    if math.isnan(time.microseconds):
        return (*shape, f"not timed: {time.note or 'too short'}", "")
    return (*shape, f"{time.microseconds:.3g}", f"{time.teraflops:.3g}")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return [*(f"| {' | '.join(row)} |" for row in cells), ""]
