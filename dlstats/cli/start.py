"""A folder to begin with: Snakefile, configurations, a study in one file, and a page that says what to type."""

from __future__ import annotations

import shutil
from pathlib import Path

STARTER = Path(__file__).with_name("starter")


def begin(folder: Path) -> list[Path]:
    """Write the files of a new project and return them. Raises ValueError, before any is written, where one is there."""
    sources = sorted(path for path in STARTER.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    targets = {source: folder / source.relative_to(STARTER) for source in sources}
    there = [str(target) for target in targets.values() if target.exists()]
    if there:
        raise ValueError(f"a new project must not overwrite files, there is already {', '.join(there)}.")
    for source, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return list(targets.values())
