"""Who says what a claim says, and what kind of statement it is: that decides what a verdict on it may be called."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Theorem:
    """A theorem in print: `cite` is a key of the bibliography, `place` its number.

    `assumptions` says where the design departs from what the theorem assumes; empty if it does not.
    """

    cite: str
    place: str = ""
    assumptions: str = ""


@dataclass(frozen=True)
class Derived:
    """Proved here: `proof` names a section of `docs/proofs/`."""

    proof: str = ""


@dataclass(frozen=True)
class Stated:
    """Printed in a lecture: at least four words as they stand there, and the title of the slide or section."""

    lecture: str
    place: str
    quote: str


@dataclass(frozen=True)
class Practice:
    """Recommended or asserted in a publication: `cite` is a key of the bibliography."""

    cite: str
    place: str = ""


@dataclass(frozen=True)
class Finding:
    """First seen here: `pilot` is the study in which, on other seeds."""

    pilot: str = ""


@dataclass(frozen=True)
class Control:
    """A condition under which a law must break; outside every count."""


Origin = Theorem | Derived | Stated | Practice | Finding | Control
ORIGINS = (Theorem, Derived, Stated, Practice, Finding, Control)


MEANING = {
    "theorem": "theorem in print",
    "derived": "derived here",
    "stated": "stated in a lecture",
    "practice": "recommended in print",
    "finding": "found here before",
    "control": "control, outside every count",
}


def kind_of(one: type) -> str:
    """The word for a class of origins."""
    return one.__name__.lower()


def kind(origin: Origin) -> str:
    """`theorem`, `derived`, `stated`, `practice`, `finding` or `control`."""
    return kind_of(type(origin))


def record(origin: Origin) -> dict[str, str]:
    """The origin as a mapping: its kind, and its fields that are not empty."""
    return {"kind": kind(origin)} | {name: text for name, text in asdict(origin).items() if text}


def columns(origin: Origin) -> dict[str, str]:
    """The origin in a table: `origin` its kind, `cite` a key of the bibliography, `source` what else it says."""
    fields = record(origin)
    if isinstance(origin, Stated):
        source = f"{origin.place}: “{origin.quote}”"
    else:
        source = "; ".join(fields[name] for name in ("place", "assumptions", "proof", "pilot") if name in fields)
    return {"origin": kind(origin), "cite": fields.get("cite", fields.get("lecture", "")), "source": source}
