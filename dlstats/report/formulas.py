"""The statistics over replicates as formulas: what a measure is, and how its Monte Carlo standard error is found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dlstats.report.files import packaged

PAIRED = ("difference", "ratio", "log_ratio", "slope", "slope_difference")
"""What is taken of another statistic, which stands in parentheses."""


@dataclass(frozen=True)
class Formula:
    """A statistic in words, as maths for Typst and for LaTeX, and the way to its Monte Carlo standard error."""

    words: str
    typst: str
    latex: str
    error: str = "influence"


def _read(data: Mapping) -> Mapping[str, Formula]:
    formulas = {name: Formula(**entry) for name, entry in data["statistics"].items()}
    return MappingProxyType({n: replace(f, error=data["errors"].get(f.error, f.error)) for n, f in formulas.items()})


FORMULAS = _read(packaged("formulas.yaml"))


_LATEX = {formula.typst: formula.latex for formula in FORMULAS.values()}


def latex(typst: str) -> str:
    """A formula that stands in Typst's maths as LaTeX writes it."""
    return _LATEX.get(typst) or re.sub(r'upright\("(.*)"\)', r"\\text{\1}", typst)


def find(statistic: str) -> Formula:
    """The formula of a statistic, options after its name ignored; its bare name when there is none."""
    name, _, inner = statistic.partition("(")
    bare = "".join(c if c.isalnum() else " " for c in name)
    formula = FORMULAS.get(name, Formula(bare, f'upright("{bare}")', rf"\text{{{bare}}}", "see the code"))
    of = inner.rstrip(")").replace("_", " ")
    return replace(formula, words=f"{formula.words}, of the {of}") if name in PAIRED and of else formula
