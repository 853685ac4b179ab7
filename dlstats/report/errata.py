"""Slips in the lectures, each with the claims of the ledger that bear on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dlstats.pipeline import checked
from dlstats.report.digits import show
from dlstats.report.text import Text, joined, prose, ref, verdict

FILE = "errata.yaml"
NAMED = 3
"""Parts of a claim that are named one by one."""
VALUES: Mapping[str, float] = {
    "log10_07": -math.log10(0.7),
    "log10_09": -math.log10(0.9),
    "ln_07": -math.log(0.7),
    "ln_09": -math.log(0.9),
    "rmse": math.sqrt((0 + 1 + 1 + 4 + 225) / 5),
    "cross_entropy": -sum(map(math.log, (0.0614, 0.2058, 0.2105, 0.0272))) / 4,
    "models": 1 + 8 + 20,
    "density": 1 / (0.1 * math.sqrt(2 * math.pi)),
    "softplus": math.log(2),
    "half_square": (5 - 2) ** 2 / 2,
    "epsilon_under": 1e-6 / math.sqrt(1e-12 + 1e-8),
    "epsilon_beside": 1e-6 / (1e-6 + 1e-8),
    "climbing": (2 + math.sqrt(2**2 - 4 * 0.9)) / 2,
}
"""Numbers that the errata state, computed."""


@dataclass(frozen=True)
class Erratum:
    """What a lecture prints, what is right, and the claims and checks that show it.

    `quote` are words as they stand under the title `place`; `formula` stands beside them and is set anew.
    """

    id: str
    lectures: tuple[str, ...]
    place: str
    quote: str
    formula: str
    right: str
    claims: tuple[str, ...]

    @property
    def words(self) -> str:
        """The quotation and the formula."""
        return f"“{self.quote}”" + (f", {self.formula}" if self.formula else "")

    @property
    def printed(self) -> str:
        """The title, the quotation and the formula in one line."""
        return f"{self.place}: {self.words}."


class Entry(checked.Model):
    """An erratum as the file has it."""

    id: str
    lectures: list[str]
    place: str
    printed: str
    formula: str = ""
    right: str
    claims: list[str]


class File(checked.Model):
    """The lectures by short name, and their errata."""

    lectures: dict[str, str]
    errata: list[Entry]


def load(path: Path) -> tuple[dict[str, str], list[Erratum]]:
    """The lectures by short name, and the errata; nothing when there is no such file."""
    if not path.exists():
        return {}, []
    data = checked.load(File, path, "the errata")
    return data.lectures, [_erratum(entry) for entry in data.errata]


def _erratum(entry: Entry) -> Erratum:
    right = entry.right
    for name, value in VALUES.items():
        right = right.replace(f"{{{name}}}", show(value).text)
    texts = (entry.place, entry.printed, entry.formula)
    return Erratum(entry.id, tuple(entry.lectures), *texts, right, tuple(entry.claims))


def evidence(erratum: Erratum, verdicts: pd.DataFrame) -> Text:
    """The verdicts on the claims of an erratum, with links; or that it is seen by reading, or not yet measured.

    Of a claim with many parts those are named that are refuted, the others are counted.
    """
    if not erratum.claims:
        return prose("by reading")
    parts: list[Text] = []
    for claim in erratum.claims:
        rows = verdicts[[_belongs(str(name), claim) for name in verdicts["claim"]]] if len(verdicts) else verdicts
        if rows.empty:
            parts.append(prose(f"{claim}: not in this run"))
            continue
        shown = rows if len(rows) <= NAMED else rows[(rows["claim"] == claim) | (rows["verdict"] == "refuted")]
        parts += [_verdict(row) for row in shown.to_dict("records")]
        rest = rows.drop(index=shown.index)["verdict"].value_counts()
        if len(rest):
            counts = ", ".join(f"{count} {word}" for word, count in rest.items())
            parts.append(prose(f"{'further ' if len(shown) else ''}parts of {claim}: {counts}"))
    return joined(parts, "; ")


def _verdict(row: Mapping) -> Text:
    name, measured = str(row["claim"]), show(row["estimate"], row["mcse"])
    return prose(ref(f"claim-{name}", name), " ", verdict(str(row["verdict"])), ", ", measured)


def _belongs(name: str, claim: str) -> bool:
    """Whether a row of the ledger is the claim or one of its parts, `SAW3.crossings`."""
    return name == claim or name.startswith(f"{claim}.")
