"""Which studies there are: one file or folder each, under the folder of its family."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from pathlib import Path

from dlstats.protocol.study import Study

STUDIES = Path(__file__).parent.parent / "studies"
ORDER = ("approximation", "excess_risk", "robust", "imbalance")
"""Families in the order in which they are shown; others come after them, by name."""


@cache
def studies() -> dict[str, str]:
    """Study -> its module, family by family in the order shown. Modules with a leading underscore are shared machinery."""
    files = [*STUDIES.glob("*/*.py"), *(path.parent for path in STUDIES.glob("*/*/__init__.py"))]
    places = sorted((_place(path.parent.name), path.stem, path.parent.name) for path in files if path.stem[0] != "_")
    return {name: f"dlstats.studies.{family}.{name}" for _, name, family in places}


def _place(family: str) -> tuple[int, str]:
    return (ORDER.index(family) if family in ORDER else len(ORDER), family)


def module(study: str) -> str:
    """The module of a study. Raises LookupError with a near miss when there is none."""
    known = studies()
    if study not in known:
        near = difflib.get_close_matches(study, known, n=1)
        raise LookupError(f"There is no study `{study}`.{f' Did you mean `{near[0]}`?' if near else ''}")
    return known[study]


def family(study: str) -> str:
    """The family of a study."""
    return module(study).split(".")[-2]


@cache
def load(study: str) -> Study:
    """The study of that name. Raises LookupError when there is none, or its module defines none."""
    place = module(study)
    found = getattr(import_module(place), "STUDY", None)
    if not isinstance(found, Study):
        raise LookupError(f"{place} must define STUDY, a Study; got {type(found).__name__}.")
    return found.named(study, family(study))


def experiment(name: str) -> tuple[str, str]:
    """Study and experiment of `study.experiment`, or of `study` where it has one. Raises LookupError otherwise."""
    study, _, inner = name.partition(".")
    known = list(load(study).experiments)
    if not inner and len(known) == 1:
        return study, known[0]
    if inner not in known:
        near = difflib.get_close_matches(inner, known, n=1)
        hint = f" Did you mean `{study}.{near[0]}`?" if near else ""
        raise LookupError(f"`{name}` must be one of {', '.join(f'{study}.{e}' for e in known)}.{hint}")
    return study, inner
