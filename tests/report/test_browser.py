"""The page in a real browser, driven: nothing fails, nothing is loaded, and every control does what it says."""

from __future__ import annotations

import pytest
from cases.headless_browser import CHROMIUM, Browser

from dlstats.report import build

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

SHOWN = "[...document.querySelectorAll('.ledger tbody')].filter(b => !b.hidden).map(b => b.id.slice(6))"
OPEN = "[...document.querySelectorAll('.evidence')].filter(e => !e.hidden).map(e => e.id.slice(9))"


@pytest.fixture(scope="module")
def page(site, config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    return build.write(config, site.results, site.reports, out=folder, **site.arguments)[1]


@pytest.fixture(scope="module")
def browser():
    with Browser() as found:
        yield found


@pytest.fixture
def opened(browser, page):
    browser.events.clear()
    browser.media(prefers_color_scheme="light")
    browser.size(1280, 900)
    browser.open(page)
    yield browser
    assert browser.complaints() == []


def _choose(browser, name, value):
    browser.evaluate(
        f"(() => {{ const f = document.querySelector('[data-filter={name}]'); f.value = {value!r};"
        " f.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def test_the_ledger_starts_closed_and_whole(opened, site):
    assert opened.evaluate(SHOWN) == [claim.id for claim in site.study.claims]
    assert opened.evaluate(OPEN) == []


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("verdict", "refuted", ["TOY2"]),
        ("lecture", "BIOS", ["TOY2"]),
        ("lecture", "JSM", ["TOY1", "TOY2"]),
        ("family", "approximation", ["TOY1", "TOY2", "TOY3", "TOY4.part"]),
        ("words", "median beats", ["TOY2"]),
        ("words", "nothing like it", []),
    ],
)
def test_filters_keep_what_matches(opened, name, value, kept):
    _choose(opened, name, value)
    assert opened.evaluate(SHOWN) == kept
    assert opened.evaluate("document.querySelector('.filters output').textContent") == f"{len(kept)} of 4 claims"
    opened.evaluate("document.querySelector('.filters [type=reset]').click()")
    opened.wait(f"{SHOWN}.length === 4")


def test_sorting_orders_by_number_and_turns_around(opened):
    opened.evaluate("document.querySelector('[data-sort=estimate]').click()")
    assert opened.evaluate(SHOWN) == ["TOY2", "TOY1", "TOY3", "TOY4.part"]
    assert opened.evaluate("document.querySelector('[data-sort=estimate]').closest('th').ariaSort") == "ascending"
    opened.evaluate("document.querySelector('[data-sort=estimate]').click()")
    assert opened.evaluate(SHOWN) == ["TOY3", "TOY1", "TOY2", "TOY4.part"]


def test_a_claim_opens_by_keyboard(opened):
    opened.evaluate("document.querySelector('#claim-TOY2 .open').focus()")
    opened.key("Enter", 13)
    assert opened.evaluate(OPEN) == ["TOY2"]
    assert opened.evaluate("document.querySelector('#claim-TOY2 .open').ariaExpanded") == "true"
    opened.key("Enter", 13)
    assert opened.evaluate(OPEN) == []


def test_a_link_to_a_claim_opens_it_even_when_it_was_filtered_away(opened, page):
    _choose(opened, "verdict", "supported")
    opened.evaluate("location.hash = '#claim-TOY2'")
    opened.wait(f"{OPEN}.includes('TOY2')")
    assert "TOY2" in opened.evaluate(SHOWN)
    opened.open(page, "#claim-TOY1")
    opened.wait(f"{OPEN}.includes('TOY1')")


def test_the_theme_follows_the_system_until_it_is_chosen(opened):
    background = "getComputedStyle(document.body).backgroundColor"
    light = opened.evaluate(background)
    opened.media(prefers_color_scheme="dark")
    dark = opened.evaluate(background)
    assert light != dark
    opened.evaluate("document.getElementById('theme').click()")
    assert opened.evaluate(background) == light
    opened.evaluate("localStorage.clear()")


def test_a_figure_opens_grows_and_closes(opened):
    opened.evaluate("document.querySelector('.zoom').click()")
    assert opened.evaluate("document.getElementById('zoom').open")
    before = opened.evaluate("document.querySelector('dialog img').width")
    opened.evaluate("document.querySelector('[data-zoom=in]').click()")
    assert opened.evaluate("document.querySelector('dialog img').width") > before
    opened.key("Escape", 27)
    opened.wait("!document.getElementById('zoom').open")


@pytest.mark.parametrize("width", [320, 390, 768, 1000, 1280])
def test_nothing_is_wider_than_the_screen(opened, page, width):
    opened.size(width, 800, mobile=width < 700)
    opened.open(page)
    opened.evaluate("document.querySelector('[data-open]').click()")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_text_runs_nothing(opened):
    assert opened.evaluate("document.querySelectorAll('script').length") == 1
    assert opened.evaluate("document.body.innerText.includes('<script>alert(\"1\")</script>')")


def test_every_control_has_a_name_and_every_field_a_label(opened):
    nameless = (
        "[...document.querySelectorAll('button, a, summary')]"
        ".filter(e => !(e.textContent.trim() || e.ariaLabel || e.querySelector('img[alt]'))).length"
    )
    assert opened.evaluate(nameless) == 0
    assert opened.evaluate("[...document.querySelectorAll('select, input')].filter(e => !e.labels.length).length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(opened, scheme):
    opened.media(prefers_color_scheme=scheme)
    script = """(() => {
      const rgb = c => c.match(/[\\d.]+/g).map(Number);
      const light = c => { const v = rgb(c).slice(0, 3).map(x => x / 255).map(x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
        return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
      const back = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c) && c !== 'transparent') return c; } return 'rgb(255,255,255)'; };
      let worst = 99;
      for (const e of document.querySelectorAll('p, td, th, a, .verdict, figcaption, dt, dd, button, .origin, .note')) {
        if (!e.innerText || !e.innerText.trim() || e.closest('dialog')) continue;
        const [a, b] = [light(getComputedStyle(e).color), light(back(e))].sort((x, y) => y - x);
        worst = Math.min(worst, (a + .05) / (b + .05));
      }
      return worst; })()"""  # noqa: E501
    # WCAG 2 level AA asks for 4.5
    assert opened.evaluate(script) >= 4.5
