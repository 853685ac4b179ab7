"""Where stands what a run needs beside the code: the Snakefile with its rules, profiles, and the sources of the report.

In the repository they are at the top, for everybody to see and change; an installed package carries them along. The
working folder's own `config/`, `reports/` and `Snakefile` come before them.
"""

import os
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = _REPOSITORY if (_REPOSITORY / "Snakefile").is_file() else Path(__file__).with_name("project")
"""The folder of Snakefile, `workflows/`, `config/` and `reports/`."""
SNAKEFILE = FOLDER / "Snakefile"
PACKAGES = Path(__file__).resolve().parents[1]
"""The folder that the package is imported from."""


def file(*parts: str) -> Path:
    """A file of the working folder if it is there, else the one that comes with the package; it need not exist."""
    own = Path(*parts)
    return own if own.exists() else FOLDER.joinpath(*parts)


def snakefile() -> Path:
    """The Snakefile of the working folder if it has one, else this project's."""
    return file("Snakefile")


def is_path(word: str) -> bool:
    """Whether a word names a study by its file or folder."""
    return word.endswith(".py") or "/" in word or os.sep in word


def configuration(word: str) -> Path:
    """The configuration of a profile's name, in `config/`; of a path, or of `[PROFILE:]STUDY.py`, itself."""
    study = word.rpartition(":")[2]
    return Path(word) if is_path(study) or word.endswith((".yaml", ".yml")) else file("config", f"{word}.yaml")


def installed_with(folder: Path, name: str) -> frozenset[str] | None:
    """The first names of what a package manager installed into a folder with a module or package; None in other folders."""
    infos = list(folder.glob("*.dist-info"))
    for info in infos:
        record = info / "RECORD"  # which some systems leave out
        lines = record.read_text(encoding="utf-8").splitlines() if record.is_file() else ()
        names = frozenset(line.partition("/")[0].partition(".py,")[0] for line in lines)
        if name in names:
            return names
    return frozenset({name}) if infos else None
