"""Images: what everybody looks at for himself. The run stays as it is, and nothing complains."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit


def test_the_colour_scale_is_chosen_explained_and_remembered(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=digits&scale=map")
    before = page.config()
    scale = page.page.get_by_role("combobox", name=page.word("scale.title"))
    expect(scale).to_have_value("map")
    scale.focus()
    page.page.keyboard.press("Shift+Tab")
    page.page.keyboard.press("Tab")
    expect(page.page.get_by_role("tooltip")).to_contain_text(page.word("scale.help"))
    scale.select_option("global")
    page.eventually(lambda: "scale=" not in page.page.url, "the address still asks for the other scale")
    page.page.reload()
    page.drawn()
    expect(scale).to_have_value("global")
    assert page.config() == before
