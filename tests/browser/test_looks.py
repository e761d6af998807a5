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

#: Text that is wider than what holds it, in anything that can be read or pressed. What shortens itself with an ellipsis
#: may do so only in small grey remarks and in what a person named himself.
OVERFLOWING = """() => {
  const found = [];
  for (const element of document.querySelectorAll('button, label, h1, h2, h3, p, b, th, td, .label span')) {
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    if (getComputedStyle(element).display === 'inline') continue;
    if (element.closest('[aria-hidden=true]') || !element.textContent.trim()) continue;
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) {
      found.push(`${element.tagName} "${element.textContent.trim()}" ${element.scrollWidth} > ${element.clientWidth}`);
    }
  }
  return found;
}"""


def fits_its_width(page: Visitor) -> None:
    """The page has no horizontal scroll bar, and no text is cut off."""
    width = page.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"the page is {width} px too wide"
    assert page.page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize(("theme", "language"), itertools.product(("light", "dark"), ("en", "zh")))
def test_every_size_theme_and_language(visitor: Visit, theme: str, language: str) -> None:
    page = visitor().visit(f"/?theme={theme}&lang={language}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, height in VIEWPORTS:
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.wait_for_timeout(250)
        page.page.screenshot(path=PICTURES / f"{width}-{theme}-{language}.png")
        fits_its_width(page)


def test_no_page_scroll_on_a_laptop(visitor: Visit) -> None:
    page = visitor().visit()
    assert page.page.evaluate("document.documentElement.scrollHeight") <= 900


@pytest.mark.parametrize("language", ["en", "zh"])
def test_embedded_it_fits_a_slide(visitor: Visit, language: str) -> None:
    page = visitor(viewport={"width": 800, "height": 450}).visit(f"/?embed=1&lang={language}")
    page.language = language
    size = page.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size[0] <= 800
    assert size[1] <= 450
    fits_its_width(page)
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
    assert page.page.evaluate(background) == light


def test_help_opens_by_key_and_closes(visitor: Visit) -> None:
    page = visitor().visit()
    page.page.keyboard.press("?")
    sheet = page.page.get_by_role("dialog", name=page.word("help.title"))
    sheet.wait_for()
    page.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
