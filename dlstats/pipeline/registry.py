"""Which studies there are: one file or folder each, under the folder of its family, and those from outside."""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path

from dlstats.pipeline import outside
from dlstats.protocol.hints import near
from dlstats.protocol.study import Study

STUDIES = Path(__file__).parent.parent / "studies"
ORDER = ("approximation", "excess_risk", "robust", "imbalance", "optimisers")
"""Families in the order in which they are shown; others come after them, by name."""
TRACEBACK = "DLSTATS_TRACEBACK"
"""Environment variable that, when set, lets an error in a study's file through with its traceback."""


class StudyError(ValueError):
    """A study's own file is wrong; the message names file and line and what is wrong."""


@cache
def studies() -> dict[str, str]:
    """Study of the suite -> its module, family by family in the order shown.

    Modules with a leading underscore are shared machinery.
    """
    files = [*STUDIES.glob("*/*.py"), *(path.parent for path in STUDIES.glob("*/*/__init__.py"))]
    places = sorted((_rank(path.parent.name), path.stem, path.parent.name) for path in files if path.stem[0] != "_")
    return {name: f"dlstats.studies.{family}.{name}" for _, name, family in places}


def _rank(family: str) -> tuple[int, str]:
    return (ORDER.index(family) if family in ORDER else len(ORDER), family)


def known() -> list[str]:
    """The names of all studies: those of the suite in the order shown, then those from outside."""
    return [*studies(), *outside.installed(), *outside.files()]


def module(study: str) -> str:
    """The module of a study, or the path of its file where it is none of a package.

    Raises LookupError with a near miss when there is none.
    """
    place = studies().get(study) or outside.module(study)
    if place is None:
        raise LookupError(f"There is no study `{study}`.{near(study, known())}")
    return place


def family(study: str) -> str:
    """The family of a study."""
    return module(study).split(".")[-2] if study in studies() else outside.FAMILY


def taken() -> list[str]:
    """Names that no study from outside may bear: those of the suite's studies and families."""
    return [*studies(), *dict.fromkeys(map(family, studies()))]


def file(study: str) -> Path:
    """The file of a study, or the `__init__.py` of its folder."""
    if study not in studies():
        return outside.file(study)
    path = STUDIES / family(study) / study
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def load(study: str) -> Study:
    """The study of that name.

    Raises LookupError when there is none, and StudyError, with file and line, when its file is wrong: syntax, a call
    of Study or Claim, a claim that reads what no experiment declares, an id given twice.
    """
    dotted = module(study)
    try:
        imported = import_module(dotted) if study in studies() else outside.load(study)
        declared = getattr(imported, "STUDY", None)
    except (Exception, SystemExit) as error:
        if os.environ.get(TRACEBACK):
            raise
        raise StudyError(f"{_origin(error)}: {_message(error)}") from error
    if not isinstance(declared, Study):
        raise StudyError(f"{shown(file(study))}: must define STUDY, a Study; got {type(declared).__name__}.")
    try:
        loaded = declared.named(study, family(study))
    except ValueError as error:
        raise StudyError(f"{shown(file(study))}: {error}") from None
    _once([loaded])
    return loaded


def load_all(names: Iterable[str]) -> list[Study]:
    """Several studies. Raises StudyError when an id of a claim or check is given twice among them."""
    several = [load(name) for name in names]
    _once(several)
    return several


def _once(several: Iterable[Study]) -> None:
    ids = [(one.id, study.name) for study in several for one in (*study.claims, *study.checks)]
    counts = Counter(id for id, _ in ids)
    twice = next((id for id, count in counts.items() if count > 1), None)
    if twice is not None:
        where = " and ".join(dict.fromkeys(shown(file(study)) for id, study in ids if id == twice))
        raise StudyError(f"{where}: the id `{twice}` must be given once, got {counts[twice]} times.")


def _origin(error: BaseException) -> str:
    """`file:line` where an import failed: of the files in families' folders the innermost, else the innermost of all."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _of_a_study(Path(frame.filename))]
    frame = (own or list(frames))[-1]
    return f"{shown(Path(frame.filename))}:{frame.lineno}"


def _of_a_study(path: Path) -> bool:
    folders = {file.parent for file in outside.files().values()}
    return STUDIES in path.parents[1:] or not folders.isdisjoint(path.parents)


def _message(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"


def shown(path: Path) -> str:
    """A path as messages give it, from the working folder or that of the packages."""
    root = next((root for root in (Path.cwd(), STUDIES.parent.parent) if path.is_relative_to(root)), None)
    return str(path.relative_to(root) if root else path)


def experiment(name: str) -> tuple[str, str]:
    """Study and experiment of `study.experiment`, or of `study` where it has one. Raises LookupError otherwise."""
    study, _, inner = name.partition(".")
    inners = list(load(study).experiments)
    if not inner and len(inners) == 1:
        return study, inners[0]
    if inner not in inners:
        names = [f"{study}.{e}" for e in inners]
        raise LookupError(f"`{name}` must be one of {', '.join(names)}.{near(name, names)}")
    return study, inner
