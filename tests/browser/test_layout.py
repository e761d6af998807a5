"""Nothing jumps, nothing is cut that has room, and fingers reach everything: what the page's looks owe to its use."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_looks import VIEWPORTS, overflow
from tests.browser.test_stages import box_of

CONVOLUTIONAL = "dataset=digits&layers=conv(filters:8),pool,conv(filters:16),pool"


@pytest.mark.parametrize("viewport", [(1440, 900), (1024, 768)])
def test_a_banner_moves_nothing(visitor: Visit, viewport: tuple[int, int]) -> None:
    page = visitor(viewport={"width": viewport[0], "height": viewport[1]})
    page.expected = ("422",)
    page.visit("/?loss=nothing")
    banner = page.page.get_by_role("alert")
    banner.wait_for()
    cards = page.page.get_by_role("main").get_by_role("region")
    before = [card.bounding_box() for card in cards.all()]
    banner.get_by_role("button", name=page.word("control.close")).click()
    expect(banner).to_have_count(0)
    assert [card.bounding_box() for card in cards.all()] == before


def test_a_formula_is_that_of_its_choice_and_is_not_cut(visitor: Visit) -> None:
    page = visitor(viewport={"width": 1024, "height": 768}).visit("/?dataset=digits")
    page.menu(page.word("training.loss")).click()
    formula = page.page.locator("[popover]:popover-open .formula")
    expect(formula.locator("annotation")).to_contain_text("\\log")
    page.eventually(lambda: formula.evaluate("formula => formula.scrollWidth <= formula.clientWidth"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_training_stays_in_one_row_on_a_laptop_when_choices_can_be_reset(visitor: Visit, language: str) -> None:
    page = visitor()
    page.language = language
    page.visit(f"/?dataset=digits&loss=softmax_cross_entropy(label_smoothing:0.1)&augmentation=shift:2&lang={language}")
    card = page.page.get_by_role("region", name=page.word("training.title"))
    page.button("reset.choice", name=page.word("training.loss")).wait_for()
    menus = card.locator(":is([aria-haspopup=listbox], [aria-haspopup=dialog])")
    tops = {round(box_of(menu)["y"]) for menu in menus.all()}
    assert len(tops) == 1


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("layers", ["", "&layers=conv(filters:8),pool,conv(filters:16),pool"])
def test_no_text_of_images_is_cut(visitor: Visit, language: str, layers: str) -> None:
    page = visitor().visit(f"/?dataset=digits{layers}&lang={language}")
    found = {}
    for width, height in VIEWPORTS:
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.wait_for_timeout(250)
        if too_wide := overflow(page):
            found[width, height] = too_wide
    assert found == {}


def test_a_finger_opens_a_layers_settings_and_changes_its_size(visitor: Visit) -> None:
    page = visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.visit(f"/?{CONVOLUTIONAL}")
    page.button("network.open_layer", n=1).tap()
    settings = page.page.get_by_role("dialog", name=re.compile(re.escape(page.word("network.layer", n=1))))
    settings.wait_for()
    box = settings.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    settings.get_by_role("button", name=page.word("control.close"), exact=True).tap()
    expect(settings).to_have_count(0)
    page.config_changes("network.layers.0.filters", page.button("network.more_filters", n=1).tap)
    page.config_changes("network.layers.0.filters", page.button("network.fewer_filters", n=1).tap)
