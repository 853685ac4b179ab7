"""A claim: a statement, what it expects of a number, how that number is read from the evidence, and its origin."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real

from dlstats.montecarlo import Estimate
from dlstats.protocol.hints import near
from dlstats.protocol.origin import ORIGINS, Origin

RELATIONS = {"equals": "=", "at_most": "≤", "at_least": "≥"}
REGIMES = ("finite sample", "asymptotic")
REPLICATES = 12
"""Replicates below which a claim with a Monte Carlo error is not run: what monte_carlo has validated the rule down to."""
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Expectation:
    """`relation` of the measured number to `theory`, up to `margin`, which is fixed before anything is run."""

    relation: str
    theory: float
    margin: float

    def __post_init__(self) -> None:
        if not 0 <= self.margin < math.inf:
            raise ValueError(f"`margin` must be 0 or more and finite, got {self.margin}.")


def equals(theory: float, margin: float = 0.0) -> Expectation:
    """The number is `theory` to within `margin`; a margin of 0 is for numbers without randomness only."""
    return Expectation("equals", float(theory), float(margin))


def at_most(theory: float, margin: float = 0.0) -> Expectation:
    """The number is at most `theory` + `margin`."""
    return Expectation("at_most", float(theory), float(margin))


def at_least(theory: float, margin: float = 0.0) -> Expectation:
    """The number is at least `theory` - `margin`."""
    return Expectation("at_least", float(theory), float(margin))


@dataclass(frozen=True)
class Claim:
    """A statement sharp enough to be checked.

    `measure(evidence)` gives an Estimate, or several that must all obey, of which the ledger takes the one that speaks
    most against the claim. `statement` may quote `{theory}` and `{margin}` and any of `numbers`, so that a number
    stands once.
    """

    id: str
    statement: str
    expectation: Expectation
    measure: Callable[..., Estimate | Iterable[Estimate]]
    origin: Origin
    bears_on: tuple[str, ...] = ()
    """Lectures on whose topic the claim bears, though none of them says it."""
    numbers: Mapping[str, object] = field(default_factory=dict)
    regime: str = "finite sample"
    """`asymptotic` where the statement is one on a limit: where these sizes depart from it, it is not reached."""
    replicates: int = REPLICATES
    """Fewest replicates at which the claim is judged; with fewer it is not run."""

    def __post_init__(self) -> None:
        if self.regime not in REGIMES:
            raise ValueError(f"`regime` of claim {self.id} must be one of {', '.join(REGIMES)}, got {self.regime!r}.")
        if not isinstance(self.expectation, Expectation):
            raise ValueError(
                f"Claim {self.id} must expect `equals`, `at_most` or `at_least`, got {type(self.expectation).__name__}."
            )
        if not isinstance(self.origin, ORIGINS):
            raise ValueError(
                f"Claim {self.id} must have an origin ({', '.join(kind.__name__ for kind in ORIGINS)}), "
                f"got {type(self.origin).__name__}."
            )
        object.__setattr__(self, "statement", self._quoted())

    def _quoted(self) -> str:
        given = {"theory": self.expectation.theory, "margin": self.expectation.margin, **self.numbers}

        def number(match: re.Match) -> str:
            if match[1] not in given:
                raise ValueError(
                    f"The statement of claim {self.id} may quote {', '.join(f'`{name}`' for name in given)} "
                    f"(others are given by `numbers`), got `{match[1]}`.{near(match[1], given)}"
                )
            value = given[match[1]]
            text = format(value, match[2] or ("g" if isinstance(value, float) else ""))
            return _printed(text) if isinstance(value, Real) else text

        return re.sub(r"\{([a-z_]+)(?::([^{}]*))?\}", number, self.statement)


def _printed(number: str) -> str:
    """The digits of a formatted number as they are printed: `-2.9e-05` is −2.9 × 10⁻⁵."""
    plain = re.sub(r"e([+-]\d+)$", lambda match: f" × 10{str(int(match[1])).translate(_RAISED)}", number)
    return plain.replace("-", "−")
