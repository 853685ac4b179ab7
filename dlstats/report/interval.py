"""Where a claim's number stands beside what is required of it, as coordinates of a small drawing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

SPAN = 3
"""Units on either side of theory that the drawing shows; what lies beyond is an arrow at the edge."""


@dataclass(frozen=True)
class Interval:
    """Abscissae of a drawing of `WIDTH` pixels: theory in the middle, and a unit on either side.

    The unit is the margin; without one, half the largest distance from theory that is drawn.
    """

    WIDTH: ClassVar[int] = 120

    position: float
    """(value - theory) / unit."""
    band: tuple[float, float]
    """Left edge and width of what is allowed."""
    estimate: float
    ends: tuple[float, float] | None
    """The 95 % interval, cut at the edges."""
    off: str
    """Path of an arrow in place of the estimate that lies beyond an edge."""
    words: str

    @property
    def theory(self) -> float:
        """The middle."""
        return self.WIDTH / 2


def interval(record: Mapping) -> Interval | None:
    """The drawing of a row of the ledger; nothing where its number or theory is not finite."""
    theory, value, margin = (float(record[name]) for name in ("theory", "estimate", "margin"))
    if not (math.isfinite(theory) and math.isfinite(value)):
        return None
    lower, upper = (float(record.get(name, math.nan)) for name in ("lower", "upper"))
    drawn = [value, *((lower, upper) if lower < upper else ())]
    reach = max((abs(v - theory) for v in drawn if math.isfinite(v)), default=0.0)
    unit = margin if margin > 0 else reach / 2 or 1.0
    at, *ends = ((v - theory) / unit for v in drawn)
    slack = 1.0 if margin > 0 else 0.0
    low = -slack if record["relation"] in ("equals", "at_least") else -math.inf
    high = slack if record["relation"] in ("equals", "at_most") else math.inf
    return Interval(
        position=at,
        band=(_x(low), round(_x(high) - _x(low), 1)),
        estimate=_x(at),
        ends=(_x(ends[0]), _x(ends[1])) if ends else None,
        off=_arrow(at),
        words=_words(at, ends, margin > 0),
    )


def _x(position: float) -> float:
    edge = Interval.WIDTH / 2 - 4
    return round(Interval.WIDTH / 2 + edge * min(max(position / SPAN, -1.0), 1.0), 1)


def _arrow(position: float) -> str:
    if abs(position) <= SPAN:
        return ""
    tip, base = (Interval.WIDTH - 1, Interval.WIDTH - 8) if position > 0 else (1, 8)
    return f"M{tip} 9L{base} 4.5V13.5Z"


def _words(at: float, ends: list[float], margin: bool) -> str:
    number = lambda v: f"{v:.2g}".replace("-", "−")  # noqa: E731
    distance = f"{number(abs(at))} {'margins' if margin else 'units'} {'below' if at < 0 else 'above'} theory"
    place = distance if at else "at theory"
    return f"{place}, 95 % interval {number(ends[0])} to {number(ends[1])}" if ends else place
