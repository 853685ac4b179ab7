"""Slips in the lectures, each with the claims of the ledger that bear on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pydantic

from dlstats.pipeline import checked
from dlstats.report.digits import show
from dlstats.report.text import Span, Text, joined, prose, ref

FILE = "errata.yaml"
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


class Erratum(checked.Model):
    """What a lecture prints, what is right, and the claims and checks that show it.

    What is `printed` are words as they stand under the title `place`; `formula` stands beside them and is set anew.
    """

    id: str
    lectures: list[str]
    place: str
    printed: str
    formula: str = ""
    right: str
    claims: list[str]

    @pydantic.field_validator("right")
    @classmethod
    def _computed(cls, right: str) -> str:
        for name, value in VALUES.items():
            right = right.replace(f"{{{name}}}", show(value).text)
        return right

    @property
    def words(self) -> str:
        """The quotation and the formula."""
        return f"“{self.printed}”" + (f", {self.formula}" if self.formula else "")

    @property
    def line(self) -> str:
        """The title, the quotation and the formula."""
        return f"{self.place}: {self.words}."


class File(checked.Model):
    """The lectures by short name, and their errata."""

    lectures: dict[str, str]
    errata: list[Erratum]


def load(path: Path) -> tuple[dict[str, str], list[Erratum]]:
    """The lectures by short name, and the errata; nothing when there is no such file."""
    data = checked.load(File, path, "the errata") if path.exists() else File(lectures={}, errata=[])
    return data.lectures, data.errata


def evidence(erratum: Erratum, known: Mapping[str, Mapping]) -> Text:
    """The verdicts on the claims of an erratum, with links; or that it is seen by reading, or not in this run."""
    return joined((_verdict(claim, known.get(claim)) for claim in erratum.claims), "; ") or prose("by reading")


def _verdict(claim: str, row: Mapping | None) -> Text:
    if row is None:
        return prose(f"{claim}: not in this run")
    measured = show(row["estimate"], row["mcse"])
    return prose(ref(f"claim-{claim}", claim), " ", Span("verdict", str(row["verdict"])), ", ", measured)
