"""The documentation site: formulas, docstrings and exports reach its pages; built without warnings, with no broken link."""

import dataclasses
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

import dlstats
from dlstats import montecarlo
from dlstats.pipeline import registry

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def making():
    sys.path.insert(0, str(ROOT / "docs"))
    yield lambda name: importlib.import_module(f"making.{name}")
    sys.path.remove(str(ROOT / "docs"))


def test_functions_have_thin_spaces_around_them_and_none_before_a_bracket(making):
    formulas = [(r"2\log M", False), (r"\max(a)\thinspace b", True), (r"a\thinspace\log M", False)]
    log, brackets, after_space = making("mathml").convert(formulas)
    assert log.count('<mspace width="0.167em" />') == 2
    assert brackets.count('<mspace width="0.167em" />') == 1
    assert after_space.count('<mspace width="0.167em" />') == 2
    assert 'display="block"' in brackets


def test_a_formula_that_is_no_tex_is_named(making):
    with pytest.raises(ValueError, match=r"got `\\frac\{1\}`"):
        making("mathml").convert([("x", False), (r"\frac{1}", False)])


def test_marks_of_a_docstring_are_characters_but_in_code_and_examples(making):
    lines = ["|r| times `a*b` and x_ *", ">>> f(*args) | g", "out*", "", "a*"]
    wanted = [r"\|r\| times `a*b` and x\_ \*", ">>> f(*args) | g", "out*", "", r"a\*"]
    assert making("pages").escaped(lines) == wanted


@pytest.mark.parametrize("room", dir(dlstats))
def test_the_page_of_a_room_documents_every_export(room, making):
    page = making("pages").room_page(room)
    for name in importlib.import_module(f"dlstats.{room}").__all__:
        assert re.search(rf"^\.\. (auto\w+|py:data):: (dlstats\.{room}\.)?{name}$", page, re.MULTILINE), name
    for name, text in re.findall(r"^\.\. py:data:: (\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        given = getattr(importlib.import_module(f"dlstats.{room}"), name)
        told, *members = re.split(r"^   - ", text.strip(), flags=re.MULTILINE)
        assert told.strip(), name
        assert len(members) == (len(given) if isinstance(given, Mapping) else 0)


def test_a_table_of_statistics_tells_their_options_and_defaults(making):
    lines = list(making("pages").members(montecarlo.STATISTICS))
    assert any(line.startswith("- `quantile` (`level`): Quantile at") for line in lines)
    assert any(line.startswith("- `trimmed_mean` (`share=0.1`): Mean without") for line in lines)


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A study of two figures, as the gallery takes it."""

    name: str = "toy"
    figures: tuple = (SimpleNamespace(name="first", caption="One."), SimpleNamespace(name="second", caption="Two $x$."))


def test_a_picture_of_the_gallery_is_the_reports_before_the_smallest_and_says_its_design_and_seed(making, tmp_path):
    pages, places = making("pages"), [tmp_path / "report", tmp_path / "small"]
    assert pages.picture(Drawn(), places) is None
    for place, design in zip(reversed(places), ("smoke", "standard"), strict=True):
        (place / "toy").mkdir(parents=True)
        (place / "toy" / "second.svg").write_text("<svg/>")
        (place / "toy" / "second.json").write_text(json.dumps({"origin": {"design": design, "seed": 7}}))
        path, told = pages.picture(Drawn(), places)
        assert path == place / "toy" / "second.svg"
        assert told.startswith(f"Picture: design {design}, seed 7")
        assert ("too small for verdicts" in told) == (design == "smoke")


@pytest.mark.parametrize("image", ["", "figures/sawtooth-{name}.svg"])
def test_a_card_has_the_picture_with_its_own_caption_as_text(making, image):
    study = registry.load("sawtooth")
    figure = study.figures[-1]
    lines = making("pages").card(study, image.format(name=figure.name), "Picture: design smoke." if image else "")
    shown = [line for line in lines if line.startswith(":img")]
    wanted = [f":img-top: figures/sawtooth-{figure.name}.svg", f":img-alt: {making('pages').plain(figure.caption)}"]
    assert shown == (wanted if image else [])
    assert ("Picture: design smoke." in lines) == bool(image)


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


def test_what_has_no_written_form_is_an_ellipsis_in_a_signature(making):
    shown = "(a: int, b: dict = <factory>, c: object = <object object at 0x7f>)"
    assert making("pages").signature(*[None] * 5, shown, "int") == ("(a: int, b: dict = ..., c: object = ...)", "int")
