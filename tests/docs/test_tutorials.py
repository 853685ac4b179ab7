"""The pages of the documentation: their examples run, their commands are commands, their links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cases import tutorial

from dlstats.cli import parser as command_line
from dlstats.cli import start
from dlstats.pipeline import yaml12

ROOT = tutorial.DOCS.parent
LONG = {"start.md", *(f"tutorials/{name}.md" for name in ("study", "compare", "figure", "cluster"))}
"""Pages that run the workflow."""
ELSEWHERE = {"tutorials/cluster.md"}
"""Pages that need what a test has not: here, a cluster."""
NAMES = [page.relative_to(tutorial.DOCS).as_posix() for page in tutorial.PAGES]


def _commands(name: str) -> list[str]:
    found = tutorial.blocks(tutorial.DOCS / name)
    return [command.line for kind, _, text in found if kind == "console" for command in tutorial.commands(text)]


SHORT = [
    name
    for name in NAMES
    if name not in LONG and any(kind in ("console", "pycon") for kind, _, _ in tutorial.blocks(tutorial.DOCS / name))
]


@pytest.mark.parametrize("name", SHORT)
def test_a_page_without_runs_does_as_it_says(name, tmp_path):
    assert tutorial.follow(tutorial.DOCS / name, tmp_path, {}) > 0


@pytest.mark.parametrize("name", [*NAMES, "../README.md", "../CONTRIBUTING.md", start.STARTER / "README.md"], ids=str)
def test_every_command_and_option_that_a_page_names_exists(name):
    text = (tutorial.DOCS / name).read_text(encoding="utf-8")
    inline = [code for code in re.findall(r"`(dlstats [^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))]
    lines = [line for line in (*_commands(name), *inline) if line.startswith("dlstats ")]
    for line in lines:
        line = re.split(r" [>|] ", line)[0]
        if len(shlex.split(line)) == 2:  # a command is spoken of
            assert line.split()[1] in (*command_line.COMMANDS, "--version", "--help")
            continue
        command_line.parser().parse_args(shlex.split(line)[1:])


def test_numbers_that_pages_quote_are_of_the_seed_of_the_standard_profile():
    quoted = [re.search(r"^% Numbers of the seed (\d+)", page.read_text("utf-8"), re.M) for page in tutorial.PAGES]
    seeds = [int(one[1]) for one in quoted if one]
    assert len(seeds) == 2
    assert set(seeds) == {yaml12.load(ROOT / "config" / "standard.yaml")["seed"]}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The environment of a wheel that is installed beside this one's packages, with a folder that has no tree near it."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(folder / "site"),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    path = os.pathsep.join((str(folder / "site" / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    return {"PATH": path, "PYTHONPATH": str(folder / "site")}


@pytest.mark.slow  # runs the workflow, half a minute to two minutes a page
@pytest.mark.parametrize("name", sorted(LONG - ELSEWHERE))
def test_a_page_does_as_it_says_with_the_wheel_in_an_empty_folder(name, installed, tmp_path):
    assert tutorial.follow(tutorial.DOCS / name, tmp_path, installed) > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_a_page_includes_is_there_between_its_marks(name):
    for kind, path, options in tutorial.blocks(tutorial.DOCS / name):
        if kind in ("{include}", "{literalinclude}"):
            text = ((tutorial.DOCS / name).parent / path).read_text(encoding="utf-8")
            for mark in re.findall(r'^:(?:start-after|end-before): "(.+)"$', options, re.MULTILINE):
                assert mark in text
                text = text[text.index(mark) :]
