"""How it looks: languages, themes, sizes; nothing overflows, nothing scrolls that should not."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.live_server import ROOT

VIEWPORTS = ((1440, 900), (1024, 768), (800, 450), (390, 844))
#: Kept for whoever wants to look at them.
PICTURES = ROOT / "build" / "screens"

#: Text that reaches out of the control, cell or card that holds it, shortened by an ellipsis or not. Small grey remarks
#: (sources) may be shortened, and what scrolls sideways within its card may reach out of it.
OVERFLOWING = """() => {
  const scrolls = (element) =>
    element !== null &&
    ((element.scrollWidth > element.clientWidth && /auto|scroll/.test(getComputedStyle(element).overflowX)) ||
      scrolls(element.parentElement));
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const parent = text.parentElement;
    const holder = parent.closest('button, label, td, th, a, h2, h3, p, dt, dd, .card');
    if (!text.data.trim() || !holder || scrolls(parent)) continue;
    if (parent.closest('small, svg, option, [aria-hidden=true]')) continue;
    if (!parent.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    range.selectNodeContents(text);
    const inner = range.getBoundingClientRect();
    const outer = holder.getBoundingClientRect();
    const over = Math.max(inner.right - outer.right, outer.left - inner.left);
    if (inner.width > 0 && over > 1) found.add(`${holder.tagName} "${text.data.trim()}" by ${Math.round(over)} px`);
  }
  return [...found];
}"""


def overflow(page: Visitor) -> list[str]:
    """What is too wide, and at which size: the page itself, or a text in what holds it."""
    size = page.page.evaluate("`${innerWidth}x${innerHeight}`")
    width = page.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    texts: list[str] = page.page.evaluate(OVERFLOWING)
    return [f"{size}: {found}" for found in [*([f"the page by {width} px"] if width > 0 else []), *texts]]


def fits_everywhere(page: Visitor, name: str = "") -> None:
    """At every size nothing is too wide, once it has settled; with a name, a picture of each is kept."""
    for width, height in VIEWPORTS:
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.wait_for_timeout(250)
        if name:
            page.page.screenshot(path=PICTURES / f"{width}-{name}.png")
        page.becomes(lambda: overflow(page), [])


@pytest.mark.parametrize(("theme", "language"), [*itertools.product(("light", "dark"), ("en", "zh"))])
def test_every_size_theme_and_language(visitor: Visit, theme: str, language: str) -> None:
    page = visitor().visit(f"/?theme={theme}&lang={language}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    fits_everywhere(page, f"{theme}-{language}")


def test_no_page_scroll_on_a_laptop(visitor: Visit) -> None:
    page = visitor().visit()
    page.eventually(lambda: page.page.evaluate("document.documentElement.scrollHeight") <= 900, "it scrolls")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_embedded_it_fits_a_slide(visitor: Visit, language: str) -> None:
    page = visitor(viewport={"width": 800, "height": 450}).visit(f"/?embed=1&lang={language}")
    page.language = language
    tall = "document.documentElement.scrollHeight"
    page.becomes(lambda: [page.page.evaluate(tall) <= 450, overflow(page)], [True, []])
    expect(page.button("transport.pause")).to_be_visible()
    expect(page.page.get_by_role("region", name=page.word("training.title"))).to_have_count(0)


def test_language_is_the_browsers_can_be_switched_and_is_remembered(visitor: Visit) -> None:
    page = visitor(locale="zh-CN")
    page.language = "zh"
    page.visit()
    expect(page.page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.button("transport.pause").wait_for()
    page.page.get_by_role("button", name="English", exact=True).click()
    page.language = "en"
    page.button("transport.pause").wait_for()
    page.page.reload()
    page.drawn()
    page.button("transport.pause").wait_for()
    expect(page.page.locator("html")).to_have_attribute("lang", "en")


def test_the_address_chooses_the_language(visitor: Visit) -> None:
    page = visitor()
    page.language = "zh"
    page.visit("/?lang=zh")
    page.button("transport.pause").wait_for()


def test_theme_is_the_systems_can_be_switched_and_is_remembered(visitor: Visit) -> None:
    page = visitor(color_scheme="dark").visit()
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.page.evaluate(background)
    page.button("bar.light").click()
    page.eventually(lambda: page.page.evaluate(background) != dark)
    light = page.page.evaluate(background)
    page.page.reload()
    page.drawn()
    page.becomes(lambda: page.page.evaluate(background), light)


def test_help_opens_by_key_and_closes(visitor: Visit) -> None:
    page = visitor().visit()
    page.page.keyboard.press("?")
    sheet = page.page.get_by_role("dialog", name=page.word("help.title"))
    sheet.wait_for()
    page.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
