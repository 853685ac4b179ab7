"""The statistics over replicates as formulas: what a measure is, and how its Monte Carlo standard error is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import yaml

EXPLAINED = (
    "Influence values ψ_r are those of the jackknife or the delta method, with mean 0, and give the mcse"
    " (Σ ψ_r^2 / (R (R − 1)))^(1/2) without normal theory. A proportion p of R replicates has the mcse"
    " (p (1 − p) / R)^(1/2), replaced by the half width of Wilson's interval over its normal quantile when p is 0 or 1."
    " Order statistics have the exact bootstrap of Maritz and Jarrett (1978)."
)
"""What the short names of the ways to a Monte Carlo standard error mean."""
PAIRED = ("difference", "ratio", "log_ratio", "slope", "slope_difference")
"""What is taken of another statistic, which stands in parentheses."""


@dataclass(frozen=True)
class Formula:
    """A statistic in words, as maths for Typst and for LaTeX, and the way to its Monte Carlo standard error."""

    words: str
    typst: str
    latex: str
    error: str = "influence"


def _read(path: Path) -> Mapping[str, Formula]:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    formulas = {name: Formula(**entry) for name, entry in data["statistics"].items()}
    errors = data["errors"]
    return MappingProxyType({n: replace(f, error=errors.get(f.error, f.error)) for n, f in formulas.items()})


FORMULAS = _read(Path(__file__).with_suffix(".yaml"))


def find(statistic: str) -> Formula:
    """The formula of a statistic, options after its name ignored; its bare name when there is none."""
    name, _, inner = statistic.partition("(")
    words = "".join(c if c.isalnum() else " " for c in name)
    formula = FORMULAS.get(name, Formula(words, f'upright("{words}")', rf"\text{{{words}}}", "see the code"))
    of = inner.rstrip(")").replace("_", " ")
    return replace(formula, words=f"{formula.words}, of the {of}") if name in PAIRED and of else formula
