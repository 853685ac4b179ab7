"""A factor: a named, typed condition of a simulation, with its label, unit and admissible levels."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlstats.protocol.hints import near, short

Level = bool | int | float | str
LARGEST = 2**63
"""Whole numbers lie below it in size, as columns of results hold them."""
UNBOUNDED = 10**8
"""The largest size of a whole number whose factor states no bound on that side: no memory holds more units or points."""
KINDS = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}
REQUIRED = object()
"""Marks a factor that every condition must give."""


@dataclass(frozen=True)
class Factor:
    """What a level of a factor, or of a row key, may be, and how tables and axes call it.

    `levels` are the admissible ones, a mapping gives each its label. A factor with a `default` may be left out.
    """

    label: str
    kind: type = float
    levels: Mapping[Any, str] | Sequence[Level] | None = None
    unit: str = ""
    symbol: str = ""
    """Its letter in formulas, in TeX without dollars."""
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    default: object = REQUIRED
    matches: str = ""
    """The regular expression that a word must match from end to end."""

    def __post_init__(self) -> None:
        """Raise ValueError for a kind that no column of results has."""
        if self.kind not in KINDS:
            kinds = ", ".join(kind.__name__ for kind in KINDS)
            raise ValueError(f"`kind` of the factor {self.label!r} must be one of {kinds}, got {short(self.kind)}.")

    def check(self, name: str, level: object) -> Level:
        """The level in the factor's type. Raises ValueError with what is required and what came."""
        typed = self._typed(name, level)
        if self.levels is not None and typed not in self.levels:
            known = [str(known) for known in self.levels]
            raise ValueError(
                f"`{name}` must be one of {', '.join(known)}, got {short(level)}.{near(str(typed), known)}"
            )
        bounds = {"at least": self.at_least, "above": self.above, "at most": self.at_most, "below": self.below}
        holds = {
            "at least": lambda bound: typed >= bound,
            "above": lambda bound: typed > bound,
            "at most": lambda bound: typed <= bound,
            "below": lambda bound: typed < bound,
        }
        for relation, bound in bounds.items():
            if bound is not None and not holds[relation](bound):
                raise ValueError(f"`{name}` must be {relation} {bound:g}, got {short(level)}.")
        if self.kind is int and self.levels is None:
            self._possible(name, typed)
        if self.matches and not re.fullmatch(self.matches, str(typed)):
            raise ValueError(f"`{name}` must match {self.matches}, got {short(level)}.")
        return typed

    def _typed(self, name: str, level: object) -> Level:
        if self.kind is float and isinstance(level, int) and not isinstance(level, bool):
            if abs(level) >= 2**53:
                raise ValueError(
                    f"`{name}` must lie within 2^53 when it is written as a whole number, got {short(level)}."
                )
            level = float(level)
        if type(level) is not self.kind or (isinstance(level, float) and not math.isfinite(level)):
            raise ValueError(f"`{name}` must be {KINDS[self.kind]}, got {short(level)}.")
        if self.kind is int and abs(level) >= LARGEST:  # type: ignore[arg-type]
            raise ValueError(f"`{name}` must lie within 2^63, got {short(level)}.")
        if level == 0 and self.kind is float:
            return 0.0  # -0.0 is the same level
        return level  # type: ignore[return-value]

    def _possible(self, name: str, level: Any) -> None:
        if level > UNBOUNDED and self.at_most is None and self.below is None:
            raise ValueError(
                f"`{name}` must be at most {UNBOUNDED:,}, as its factor states no `at_most`, got {short(level)}."
            )
        if level < -UNBOUNDED and self.at_least is None and self.above is None:
            raise ValueError(
                f"`{name}` must be at least -{UNBOUNDED:,}, as its factor states no `at_least`, got {short(level)}."
            )

    def describe(self, level: object) -> str:
        """The label of a level: as declared, else as it is written in a configuration."""
        if isinstance(self.levels, Mapping) and level in self.levels:
            return self.levels[level]  # type: ignore[index]
        return written(level)

    @property
    def axis(self) -> str:
        """The label of an axis: words, symbol, unit."""
        symbol = f" ${self.symbol}$" if self.symbol else ""
        return f"{self.label}{symbol}{f' ({self.unit})' if self.unit else ''}"


EFFORT = {"effort": Factor("effort", int, unit="times the recipe's steps", at_least=1, default=1)}
"""The factor of an experiment with trained networks whose steps a condition may multiply: `factors=SIZES | EFFORT`.

A design that gives it runs a part of the replicates at three times the effort, on the same data and from the same starts:
`[grid(n=SIZES, effort=1, replicates=48), grid(n=SIZES, effort=3, replicates=12)]`. Claims and figures read effort 1; the
ledger asks every claim again at effort 3.
"""


def written(level: object) -> str:
    """A level as a configuration writes it: 4.0 as 4, true and false in lower case."""
    if isinstance(level, bool):
        return str(level).lower()
    if isinstance(level, float) and level.is_integer() and abs(level) < 1e15:
        return str(int(level))
    return str(level)


def condition(factors: Mapping[str, Factor], levels: Mapping[str, object], what: str) -> Condition:
    """Checked and typed levels, in the factors' order, then the defaults of what is left out.

    Raises ValueError for a factor that is unknown or missing, or a level that is not admissible; `what` names the place.
    """
    for name in levels:
        if name not in factors:
            raise ValueError(f"{what} has no factor `{name}`; its factors are {_list(factors)}.{near(name, factors)}")
    missing = [name for name, factor in factors.items() if name not in levels and factor.default is REQUIRED]
    if missing:
        raise ValueError(f"{what} needs the factor {_list(missing)}, got {_list(levels)}.")
    try:
        given = {name: factor.check(name, levels[name]) for name, factor in factors.items() if name in levels}
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    left = {name: factor.default for name, factor in factors.items() if name not in levels}
    return Condition(given, left)


def _list(names: Mapping | Sequence) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


class Condition(Mapping):
    """The levels of one condition, by attribute (`condition.n`) and as a mapping of those that were given."""

    def __init__(self, given: Mapping[str, Level], defaults: Mapping[str, object] | None = None) -> None:
        self._given = dict(given)
        self._defaults = dict(defaults or {})

    def __getattr__(self, name: str) -> Any:
        """The level of a factor; raises AttributeError with the factors that there are."""
        if name.startswith("_"):
            raise AttributeError(name)
        for levels in (self._given, self._defaults):
            if name in levels:
                return levels[name]
        known = ", ".join((*self._given, *self._defaults))
        raise AttributeError(f"The condition has no factor `{name}`; it has {known}.")

    def __getitem__(self, name: str) -> Any:
        return self._given[name]

    @property
    def everything(self) -> dict[str, object]:
        """All levels, those that were left to their defaults included."""
        return {**self._defaults, **self._given}

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def __repr__(self) -> str:
        return f"Condition({', '.join(f'{name}={level!r}' for name, level in self._given.items())})"
