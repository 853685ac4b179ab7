"""A copy of the project in a folder of its own, to run and to change."""

import shutil
from pathlib import Path

import yaml

import dlstats

ROOT = Path(__file__).parents[2]
PARTS = (
    "Snakefile",
    "config",
    "dlstats",
    "workflows",
    "reports",
    "environment.yml",
    "requirements.lock",
    "pyproject.toml",
)


def copy_project(folder, studies=None):
    """A copy of the project in `folder` whose profile `tiny` holds these studies of the smoke profile."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = Path(dlstats.__file__).parent if part == "dlstats" else ROOT / part  # of a wheel, where one is tested
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "figures", "tables", "*.pdf", "html", "build")
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            shutil.copy(source, folder / part)
    settings = yaml.safe_load((ROOT / "config" / "smoke.yaml").read_text())
    if studies is not None:
        settings["studies"] = studies
    (folder / "config" / "tiny.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
