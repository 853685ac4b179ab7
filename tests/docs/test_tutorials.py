"""The pages of the documentation: their examples run, their commands are commands, their links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from cases import tutorial

from dlstats.cli import parser as command_line

ROOT = tutorial.DOCS.parent
LONG = {"start.md", "tutorials/study.md"}
"""Pages that run the workflow."""
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


@pytest.mark.parametrize("name", [*NAMES, "../README.md", "../CONTRIBUTING.md", "../dlstats/cli/starter/README.md"])
def test_every_command_and_option_that_a_page_names_exists(name):
    text = (tutorial.DOCS / name).read_text(encoding="utf-8")
    inline = [code for code in re.findall(r"`(dlstats [^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))]
    lines = [line for line in (*_commands(name), *inline) if line.startswith("dlstats ")]
    for line in lines:
        if len(shlex.split(line)) == 2:  # a command is spoken of
            assert line.split()[1] in (*command_line.COMMANDS, "--version")
            continue
        command_line.parser().parse_args(shlex.split(line)[1:])


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
@pytest.mark.parametrize("name", sorted(LONG))
def test_a_page_does_as_it_says_with_the_wheel_in_an_empty_folder(name, installed, tmp_path):
    assert tutorial.follow(tutorial.DOCS / name, tmp_path, installed) > 0


@pytest.mark.slow  # half a minute; the packages of the site are in the lock
def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path / "site")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    pages = {page.relative_to(tmp_path / "site").as_posix(): page for page in (tmp_path / "site").rglob("*.html")}
    pages = {name: page for name, page in pages.items() if not name.startswith("_static/")}
    ids = {name: set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8"))) for name, page in pages.items()}
    assert not [link for name in pages for link in _broken(name, pages[name], tmp_path / "site", ids)]


def _broken(name: str, page: Path, site: Path, ids: dict[str, set[str]]) -> list[str]:
    """Links of a page within the site that lead to no file, or to no place in it."""
    broken = []
    for link in re.findall(r'\bhref="([^"]+)"', page.read_text(encoding="utf-8")):
        parts = urlsplit(unescape(link))
        place = unquote(parts.fragment)
        if parts.scheme:
            continue
        there = (page.parent / unquote(parts.path)).resolve() if parts.path else page.resolve()
        key = there.relative_to(site.resolve()).as_posix() if there.is_relative_to(site.resolve()) else ""
        if not there.exists() or (place and key in ids and place not in ids[key]):
            broken.append(f"{name}: {link}")
    return broken
