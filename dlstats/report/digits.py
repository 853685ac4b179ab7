"""How many digits a number is given: as many as its Monte Carlo standard error (mcse) supports, no more.

The mcse is rounded to two significant digits and the estimate to the same place. Numbers that are very large or very
small share one power of ten with their mcse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

EXACT_DIGITS = 6
"""Significant digits of what was computed without randomness."""
UNKNOWN_DIGITS = 3
"""Significant digits of an estimate whose mcse is not known."""
NOISE = 1e-12
"""An mcse below this proportion of the value is rounding noise of equal replicates: the number counts as exact."""
MCSE = "In parentheses the Monte Carlo standard error; numbers without it were computed without randomness."
UNKNOWN = "(?) marks a Monte Carlo standard error that the replicates cannot tell."
FIXED = range(-4, 6)
"""Decimal exponents written out; others get a power of ten."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Shown:
    """A number as it is printed: the digits of value and mcse (empty if exact, `?` if unknown), and a power of ten."""

    value: str
    mcse: str = ""
    exponent: int = 0

    @property
    def text(self) -> str:
        """For reading: `0.892 (0.032)`, `1.20 (0.30) × 10⁻⁷`, with a true minus sign."""
        body = self.value + (f" ({self.mcse})" if self.mcse else "")
        return body.replace("-", "−") + (f" × 10{str(self.exponent).translate(_RAISED)}" if self.exponent else "")

    @property
    def siunitx(self) -> str:
        """For a siunitx column: `0.892 +- 0.032 e-7`, `\\le 0.5`; an empty string for what is not a number."""
        if not self.is_number:
            return ""
        error = f" +- {self.mcse}" if self.mcse and self.mcse != "?" else ""
        value = self.value.replace("≤", r"\le").replace("≥", r"\ge")
        return value + error + (f"e{self.exponent}" if self.exponent else "")

    @property
    def is_number(self) -> bool:
        """Whether the value has digits; `–` and `∞` have none."""
        return any(character.isdigit() for character in self.value)


def note(rows: Iterable[Iterable]) -> str:
    """What the reader must know of the numbers in these rows, for a table that stands alone."""
    errors = {value.mcse for row in rows for value in row if isinstance(value, Shown)} - {""}
    return " ".join(([MCSE] if errors else []) + ([UNKNOWN] if "?" in errors else []))


def show(value: float, mcse: float = 0.0) -> Shown:
    """The digits of an estimate with its mcse: 0 for an exact number, NaN for an unknown error."""
    value, mcse = float(value), float(mcse)
    if mcse <= NOISE * abs(value) or not math.isfinite(value):
        return exact(value)
    if not math.isfinite(mcse):
        shown = _significant(value, UNKNOWN_DIGITS)
        return Shown(shown.value, "?", shown.exponent)
    error = _round_to(Decimal(mcse), Decimal(mcse).adjusted() - 1)
    place = error.adjusted() - 1  # after rounding: 0.0996 is 0.10, one place higher than it seemed
    error = _round_to(Decimal(mcse), place)
    rounded = _round_to(Decimal(value), place)
    top = max(error.adjusted(), rounded.adjusted() if rounded else error.adjusted())
    exponent = 0 if top in FIXED and place <= 0 else top
    return Shown(_fixed(rounded, place, exponent), _fixed(error, place, exponent), exponent)


def exact(value: float, digits: int = EXACT_DIGITS) -> Shown:
    """A number without error, such as a theoretical value or a margin."""
    if math.isnan(value):
        return Shown("–")
    if math.isinf(value):
        return Shown("∞" if value > 0 else "-∞")
    return _significant(float(value), digits, strip=True)


def count(value: float) -> Shown:
    """A count, or a dash for what was not counted."""
    return Shown("–" if math.isnan(value) else str(round(value)))


def _significant(value: float, digits: int, strip: bool = False) -> Shown:
    if value == 0:
        return Shown("0")
    top = _round_to(Decimal(value), Decimal(value).adjusted() - digits + 1).adjusted()  # 0.9999999 rounds up to 1
    place = top - digits + 1
    rounded = _round_to(Decimal(value), place)
    if float(value).is_integer() and abs(value) < 10**9:
        return Shown(str(int(value)))
    exponent = 0 if top in FIXED else top
    text = _fixed(rounded, place, exponent)
    # 0.5, but 1.00000 for what is nearly 1
    whole = strip and "." in text and math.isclose(float(rounded), value, rel_tol=NOISE)
    return Shown(text.rstrip("0").rstrip(".") if whole else text, "", exponent)


def _round_to(number: Decimal, place: int) -> Decimal:
    return number.quantize(Decimal((0, (1,), place)), rounding=ROUND_HALF_EVEN)


def _fixed(number: Decimal, place: int, exponent: int) -> str:
    """The digits of `number`, known to the place 10^`place`, divided by 10^`exponent`."""
    scaled = number.scaleb(-exponent)
    text = f"{scaled:.{max(0, exponent - place)}f}"
    return text[1:] if text.startswith("-") and not any(c in "123456789" for c in text) else text
