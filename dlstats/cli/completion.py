"""A script that completes commands, options, studies and profiles in bash, fish and zsh."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

STUDIES, PROFILES = "_dlstats_studies", "_dlstats_profiles"
"""Functions of the script."""
WORDS = {"study": STUDIES, "experiment": STUDIES, "config": PROFILES, "profile": PROFILES}
"""What is completed, by the name of an argument."""
FILES = ("method", "loss", "dgp", "file", "log")
FOLDERS = ("results", "reports", "output", "folder")
SCRIPTS = {
    "bash": "{name}() {{ compgen -W '{words}' -- $1; compgen -f -- $1; }}",
    "fish": "function {name}; printf '%s\\n' {words}; __fish_complete_path (commandline -ct); end",
    "zsh": "{name}() {{ compadd {words}; _files }}",
}
CALLED = {"bash": "{name}", "fish": "({name})", "zsh": "{name}"}
"""How a shell is told of a function of the script."""


def show(options: argparse.Namespace) -> None:
    """Print the script, with the names of studies and profiles that there are now."""
    import shtab

    for action in _actions(options.top):
        if action.dest in WORDS:
            called = {shell: call.format(name=WORDS[action.dest]) for shell, call in CALLED.items()}
            action.complete = called  # type: ignore[attr-defined]
        elif action.dest in FILES or action.dest in FOLDERS:
            action.complete = shtab.FILE if action.dest in FILES else shtab.DIRECTORY  # type: ignore[attr-defined]
    words = {STUDIES: " ".join(_studies()), PROFILES: " ".join(_profiles())}
    for shell, line in SCRIPTS.items():
        if shell == options.shell:
            preamble = "\n".join(line.format(name=name, words=text) for name, text in words.items())
            print(shtab.complete(options.top, shell, preamble={shell: preamble}))  # type: ignore[arg-type]


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All arguments of a parser and of its commands."""
    for action in parser._actions:
        yield action
        for command in action.choices.values() if isinstance(action, argparse._SubParsersAction) else ():
            yield from _actions(command)


def _studies() -> Iterator[str]:
    """Names of studies, and of their experiments."""
    from dlstats.pipeline import registry

    for study in registry.known():
        yield study
        yield from (f"{study}.{inner}" for inner in registry.load(study).experiments)


def _profiles() -> list[str]:
    """Names of the configurations of this folder and of the package."""
    from dlstats import project

    return sorted({path.stem for folder in (Path(), project.FOLDER) for path in (folder / "config").glob("*.yaml")})
