"""The proofs: headings are anchors, links lead somewhere, and every section names claims and checks that exist."""

import re
from collections import Counter
from pathlib import Path

import pytest

from dlstats.pipeline import registry
from dlstats.protocol.origin import Derived

FOLDER = Path(__file__).parents[2] / "docs" / "proofs"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
STUDIES = [registry.load(name) for name in registry.studies()]
ORIGINS = {one.id: one.origin for study in STUDIES for one in (*study.claims, *study.checks)}


def anchor(heading):
    """The anchor of a heading: lower case, hyphens for blanks, nothing but letters, digits and hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sections(text):
    """(heading, body) of the second level."""
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2], strict=True))


SECTIONS = [(name, heading, body) for name, text in FILES.items() for heading, body in sections(text)]
ANCHORS = [f"{name}#{anchor(heading)}" for name, heading, _ in SECTIONS]
NAMES = [f"{name}#{heading}" for name, heading, _ in SECTIONS]


def test_anchors_are_unique_and_made_of_plain_words():
    assert [name for name, count in Counter(ANCHORS).items() if count > 1] == []
    assert [h for _, h, _ in SECTIONS if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]*", h)] == []


@pytest.mark.parametrize(("name", "heading", "body"), SECTIONS, ids=NAMES)
def test_every_section_ends_with_the_claims_that_rest_on_it(name, heading, body):
    last = body.strip().splitlines()[-1]
    assert re.fullmatch(r"Used by: [\w.]+(, [\w.]+)*\.", last), last
    used = last.removeprefix("Used by: ").removesuffix(".").split(", ")
    assert [one for one in used if one not in ORIGINS] == []
    assert len(used) == len(set(used))


@pytest.mark.parametrize(("name", "heading", "body"), SECTIONS, ids=NAMES)
def test_every_proof_has_an_end_and_formulas_are_closed(name, heading, body):
    assert r"$\square$" in body or r"\qquad\square" in body or heading == "Attained errors"
    assert body.count("$") % 2 == 0
    # an asterisk, or a backslash before a mark, inside a formula is read as Markdown
    formulas = "".join(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", body, flags=re.S))
    assert re.findall(r"\*|\\[^a-zA-Z ]", formulas) == []
    for opening, closing in (("{", "}"), (r"\left", r"\right"), (r"\bigl", r"\bigr"), (r"\Bigl", r"\Bigr")):
        assert body.count(opening) == body.count(closing), (opening, closing)


@pytest.mark.parametrize("name", FILES)
def test_links_lead_to_a_section_or_a_file(name):
    for target in re.findall(r"\]\(([^)]+)\)", FILES[name]):
        path, _, section = target.partition("#")
        assert (path or name) in FILES, target
        assert not section or f"{path or name}#{section}" in ANCHORS, target


def test_a_derivation_that_names_a_section_names_one_that_exists():
    named = {name: one.proof for name, one in ORIGINS.items() if isinstance(one, Derived) and ".md" in one.proof}
    assert {name: proof for name, proof in named.items() if proof not in ANCHORS} == {}


def test_every_file_is_in_the_table_of_contents():
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", FILES["README.md"]))
    assert listed == set(FILES) - {"README.md"}
