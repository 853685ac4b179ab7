"""Pages of the documentation as programs: their files, commands and examples, carried out in the order of the page."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.relative_to(DOCS).parts[0] not in ("proofs", "generated"))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(r"^```(\{?[\w-]+\}?)[ ]*([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A command of a page and what it prints; an ellipsis stands for anything."""

    line: str
    prints: str


def blocks(page: Path) -> Iterator[tuple[str, str, str]]:
    """(language or directive, its argument, content) of every fenced block."""
    for found in FENCE.finditer(page.read_text(encoding="utf-8")):
        yield found[1], found[2].strip(), found[3]


def commands(content: str) -> list[Command]:
    """The commands of a console block: what follows `$ `, and the lines until the next."""
    parts = re.split(r"^\$ (.*)\n", content, flags=re.MULTILINE)
    assert not parts[0].strip(), "A console block must begin with `$ `."
    return [Command(line, prints) for line, prints in zip(parts[1::2], parts[2::2], strict=True)]


def follow(page: Path, folder: Path, environment: Mapping[str, str], seconds: float = 600) -> int:
    """Do what a page says, in `folder`; the number of commands and examples. Raises AssertionError where it is not so."""
    names: dict = {}
    done = 0
    for kind, argument, content in blocks(page):
        if kind == "{literalinclude}" and ":caption:" in content:
            source = (page.parent / argument).resolve()
            (folder / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        elif kind == "console":
            for command in commands(content):
                if command.line != "python":  # the examples that follow
                    _carry_out(command, folder, environment, seconds)
                    done += 1
        elif kind == "pycon":
            done += _examples(content, names, page, folder)
    return done


def _carry_out(command: Command, folder: Path, environment: Mapping[str, str], seconds: float) -> None:
    ran = subprocess.run(
        ["bash", "-c", command.line], cwd=folder, env={**os.environ, **environment}, timeout=seconds,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, f"$ {command.line}\n{ran.stdout}"
    if command.prints.strip():
        holds = doctest.OutputChecker().check_output(command.prints, ran.stdout, FLAGS)
        assert holds, f"$ {command.line}\nrequired:\n{command.prints}\ncame:\n{ran.stdout}"


def _examples(content: str, names: dict, page: Path, folder: Path) -> int:
    """Run the examples of a block in `folder`, with the names of the blocks before it."""
    test = doctest.DocTestParser().get_doctest(content, {}, page.name, str(page), 0)
    test.globs = names
    said: list[str] = []
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False)
    finally:
        os.chdir(before)
    assert result.failed == 0, "".join(said)
    return result.attempted
