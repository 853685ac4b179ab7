"""The site in a real browser, driven from files: nothing fails, nothing else is loaded, every control does what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cases.headless_browser import CHROMIUM, Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

AXE = Path(os.environ.get("AXE", "build/axe/node_modules/axe-core/axe.min.js"))
"""Where `make axe` puts axe-core."""
PAGES = ("index", "figures", "ledger", "lectures", "methods", "studies/toy")
SHOWN = "[...document.querySelectorAll('table.ledger tbody')].filter(b => !b.hidden).map(b => b.id.slice(6))"
OPEN = "[...document.querySelectorAll('.evidence details[open]')].map(e => e.closest('tbody').id.slice(6))"
FACET = "document.querySelector('.facets [name={name}][value={value}]')"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def folder(built):
    return built[1].parent


@pytest.fixture(scope="module")
def browser():
    with Browser() as started:
        yield started


@pytest.fixture
def opened(browser, folder):
    browser.events.clear()
    browser.media(prefers_color_scheme="light")
    browser.size(1280, 900)
    browser.open(folder / "ledger.html")
    yield browser
    assert browser.complaints() == []


def _type(browser, query, text):
    browser.evaluate(
        f"(() => {{ const f = document.querySelector({query!r}); f.focus(); f.value = {text!r};"
        " f.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def test_the_ledger_starts_closed_and_whole(opened, site):
    assert opened.evaluate(SHOWN) == [claim.id for claim in site.study.claims]
    assert opened.evaluate(OPEN) == []


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("verdict", "refuted", []),
        ("lecture", "BIOS", ["TOY2"]),
        ("lecture", "JSM", ["TOY1", "TOY2"]),
        ("family", "approximation", ["TOY1", "TOY2", "TOY3", "TOY4.part"]),
        ("origin", "theorem", ["TOY1", "TOY2"]),
    ],
)
def test_facets_keep_what_matches_count_it_and_stand_in_the_address(opened, folder, name, value, kept):
    box = FACET.format(name=name, value=value)
    if not opened.evaluate(f"!!{box}"):
        assert kept == []
        return
    count = opened.evaluate(f"Number({box}.parentNode.querySelector('.count').textContent)")
    opened.evaluate(f"{box}.click()")
    assert opened.evaluate(SHOWN) == kept
    assert count == len(kept)
    assert opened.evaluate("document.querySelector('.facets output').textContent") == f"{len(kept)} of 4 claims"
    assert opened.evaluate("location.search") == f"?{name}={value}"
    opened.open(folder / "ledger.html", f"?{name}={value}")
    assert opened.evaluate(SHOWN) == kept
    opened.evaluate("document.querySelector('.facets [type=reset]').click()")
    opened.wait(f"{SHOWN}.length === 4 && location.search === ''")


def test_words_narrow_and_facets_count_under_them(opened):
    _type(opened, ".facets [name=q]", "median beats")
    assert opened.evaluate(SHOWN) == ["TOY2"]
    box = FACET.format(name="lecture", value="JSM")
    assert opened.evaluate(f"{box}.parentNode.querySelector('.count').textContent") == "1"
    _type(opened, ".facets [name=q]", "nothing like it")
    assert opened.evaluate(SHOWN) == []


def test_sorting_orders_by_number_turns_around_and_stands_in_the_address(opened, folder):
    head = "document.querySelector('[data-sort=estimate]')"
    opened.evaluate(f"{head}.querySelector('button').click()")
    assert opened.evaluate(SHOWN) == ["TOY2", "TOY1", "TOY3", "TOY4.part"]
    assert opened.evaluate(f"{head}.ariaSort") == "ascending"
    opened.evaluate(f"{head}.querySelector('button').click()")
    assert opened.evaluate(SHOWN) == ["TOY3", "TOY1", "TOY2", "TOY4.part"]
    opened.open(folder / "ledger.html", opened.evaluate("location.search"))
    assert opened.evaluate(SHOWN) == ["TOY3", "TOY1", "TOY2", "TOY4.part"]


def test_a_claim_opens_by_keyboard_and_shows_the_figure(opened):
    opened.evaluate("document.querySelector('#claim-TOY2 summary').focus()")
    opened.key("Enter", 13)
    assert opened.evaluate(OPEN) == ["TOY2"]
    opened.wait("document.querySelector('#claim-TOY2 img').naturalWidth > 0")
    opened.key("Enter", 13)
    assert opened.evaluate(OPEN) == []


def test_a_link_to_a_claim_opens_it_even_when_it_was_filtered_away(opened, folder):
    opened.open(folder / "ledger.html", "?lecture=BIOS")
    assert opened.evaluate(SHOWN) == ["TOY2"]
    opened.evaluate("location.hash = '#claim-TOY1'")
    opened.wait(f"{OPEN}.includes('TOY1')")
    assert "TOY1" in opened.evaluate(SHOWN)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("median beats", "claim"),
        ("mean and median", "study"),
        ("squared against", "figure"),
        ("median against the mean", "study"),
        ("qqqq median", "claim"),
    ],
)
def test_search_finds_everything_by_keyboard_from_a_page_of_a_study(opened, folder, text, kind):
    opened.open(folder / "studies" / "toy.html")
    opened.key("/", 191)
    assert opened.evaluate("document.activeElement.id") == "search"
    _type(opened, "#search", text)
    opened.wait("document.querySelectorAll('#hits a').length > 0")
    kinds = opened.evaluate("[...document.querySelectorAll('#hits .kind')].map(k => k.textContent)")
    assert any(found.startswith(kind) for found in kinds)
    assert opened.evaluate("document.querySelectorAll('#hits mark').length") > 0
    opened.key("ArrowDown", 40)
    assert opened.evaluate("document.activeElement.closest('#hits') !== null")
    opened.key("Escape", 27)
    assert opened.evaluate("document.getElementById('hits').hidden")
    assert opened.evaluate("document.activeElement.id") == "search"


def test_the_theme_follows_the_system_until_it_is_chosen_and_figures_turn_dark(opened, folder):
    opened.open(folder / "studies" / "toy.html")
    light = opened.evaluate(BACKGROUND)
    assert opened.evaluate("getComputedStyle(document.querySelector('.zoom')).filter") == "none"
    opened.media(prefers_color_scheme="dark")
    assert opened.evaluate(BACKGROUND) != light
    assert "invert" in opened.evaluate("getComputedStyle(document.querySelector('.zoom')).filter")
    opened.evaluate("document.getElementById('theme').click()")
    assert opened.evaluate(BACKGROUND) == light
    opened.evaluate("localStorage.clear()")


def test_a_figure_opens_grows_and_closes(opened, folder):
    opened.open(folder / "studies" / "toy.html")
    opened.evaluate(  # a click before the page's own image has loaded
        "(() => { const shown = document.querySelector('.zoom img'); shown.src += '?again'; shown.alt = '';"
        " shown.replaceWith(shown.cloneNode()); document.querySelector('.zoom').click() })()"
    )
    assert opened.evaluate("document.getElementById('zoom').open")
    opened.wait("document.querySelector('dialog img').getAttribute('width') > 0")
    before = opened.evaluate("document.querySelector('dialog img').width")
    opened.evaluate("document.querySelector('[data-zoom=in]').click()")
    assert opened.evaluate("document.querySelector('dialog img').width") > before
    opened.key("Escape", 27)
    opened.wait("!document.getElementById('zoom').open")


@pytest.mark.parametrize(
    ("label", "part"), [("Copy caption", "Mean squared error against n"), ("Copy BibTeX", "@misc{dlstats-toy-risk")]
)
def test_buttons_copy(opened, folder, label, part):
    opened.open(folder / "figures.html")
    written = "{value: {writeText: async (t) => { window.copied.push(t); }}}"
    opened.evaluate(
        f"window.copied = []; Object.defineProperty(navigator, 'clipboard', {written});"
        f"[...document.querySelectorAll('[data-copy]')].find(b => b.textContent === {label!r}).click()"
    )
    opened.wait("window.copied.length === 1")
    assert part in opened.evaluate("window.copied[0]")


@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_nothing_is_wider_than_the_screen(opened, folder, width):
    opened.size(width, 800, mobile=width < 700)
    for name in PAGES:
        opened.open(folder / f"{name}.html")
        opened.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, name


def test_heads_of_the_ledger_stay_in_sight(opened):
    opened.size(1280, 250)
    opened.evaluate("scrollTo({top: 400, behavior: 'instant'})")
    bar = opened.evaluate("document.querySelector('header').getBoundingClientRect().bottom")
    assert opened.evaluate("document.querySelector('.ledger thead th').getBoundingClientRect().top") == pytest.approx(
        bar, abs=2
    )


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core here; `make axe` installs it from npm")
@pytest.mark.parametrize(("scheme", "rules"), [("light", ""), ("dark", "runOnly: ['color-contrast'],")])
def test_axe_finds_no_violation(opened, folder, scheme, rules):
    opened.media(prefers_color_scheme=scheme)
    for name in PAGES:
        opened.open(folder / f"{name}.html")
        opened.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        opened.evaluate(AXE.read_text(encoding="utf-8"))
        found = "r => r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])"
        options = f"{{{rules} resultTypes: ['violations'], preload: false}}"
        assert opened.evaluate(f"axe.run(document, {options}).then({found})") == [], name


def test_without_script_everything_is_there_and_opens(opened, folder):
    opened.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened.open(folder / "ledger.html")
        assert opened.evaluate(SHOWN) == ["TOY1", "TOY2", "TOY3", "TOY4.part"]
        assert opened.evaluate("document.querySelector('.facets').hidden")
        assert opened.evaluate("document.querySelector('noscript').innerText.includes('need JavaScript')")
        opened.evaluate("document.querySelector('#claim-TOY1 summary').click()")
        assert opened.evaluate(OPEN) == ["TOY1"]
    finally:
        opened.send("Emulation.setScriptExecutionDisabled", value=False)


def test_print_shows_no_controls(opened):
    opened.send("Emulation.setEmulatedMedia", media="print")
    try:
        for query in ("header", ".facets"):
            assert opened.evaluate(f"getComputedStyle(document.querySelector({query!r})).display") == "none"
        assert opened.evaluate("document.querySelector('.ledger').getBoundingClientRect().height") > 0
    finally:
        opened.send("Emulation.setEmulatedMedia", media="")
