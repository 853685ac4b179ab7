"""A check of a GPU: what was asked, what was found, what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dlstats.protocol.hints import said


@dataclass(frozen=True)
class Check:
    """One thing that a GPU owes, and whether it did it."""

    name: str
    passed: bool | None
    """None where it was not begun."""
    detail: str
    found: float = float("nan")
    """The largest difference, where differences are what is looked at."""
    allowed: float = float("nan")


def attempt(name: str, carry_out: Callable[[], Check]) -> Check:
    """The check, or that it failed by an error, so that one error does not hide what the others find."""
    try:
        return carry_out()
    except Exception as error:
        return Check(name, False, f"an error: {said(error)}")


def within(name: str, differences: dict[str, float], allowed: float, what: str) -> Check:
    """Whether the largest of some differences is allowed; NaN is not."""
    worst = max(differences, key=lambda case: (differences[case] != differences[case], differences[case]))
    found = differences[worst]
    need = f"at most {allowed:.0e}" if allowed else "the same bits"
    return Check(name, found <= allowed, f"{what}: {found:.2g}, required {need} ({worst})", found, allowed)
