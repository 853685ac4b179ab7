"""A folder to begin with: Snakefile, configurations, a study in one file, and a page that says what to type."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

STARTER = Path(__file__).with_name("starter")


def begin(folder: Path) -> list[Path]:
    """Write the files of a new project and return them.

    Raises ValueError where one is there, or where they cannot be written; then none is.
    """
    sources = sorted(path for path in STARTER.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    targets = {source: folder / source.relative_to(STARTER) for source in sources}
    there = [str(target) for target in targets.values() if target.exists()]
    if there:
        raise ValueError(f"a new project must not overwrite files, there is already {', '.join(there)}.")
    try:
        for source, target in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    except OSError as error:
        for target in targets.values():
            with contextlib.suppress(OSError):
                target.unlink(missing_ok=True)
        raise ValueError(f"a new project must have a folder that can be written, got {error}.") from error
    return list(targets.values())
