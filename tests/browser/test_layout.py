"""Nothing jumps, nothing is cut that has room, and fingers reach everything: what the page's looks owe to its use."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_looks import fits_everywhere
from tests.browser.visitor import box_of, within

CONVOLUTIONAL = "dataset=digits&layers=conv(filters:8),pool,conv(filters:16),pool"


@pytest.mark.parametrize("viewport", [(1440, 900), (1024, 768)])
def test_a_banner_moves_nothing(visitor: Visit, viewport: tuple[int, int]) -> None:
    page = visitor(viewport={"width": viewport[0], "height": viewport[1]})
    page.expected = ("422",)
    page.visit("/?loss=nothing")
    banner = page.page.get_by_role("alert")
    banner.wait_for()
    cards = page.page.get_by_role("main").get_by_role("region")
    before = page.steady(lambda: [box_of(card) for card in cards.all()])
    assert len(before) >= 4
    banner.get_by_role("button", name=page.word("control.close")).click()
    expect(banner).to_have_count(0)
    page.becomes(lambda: [box_of(card) for card in cards.all()], before)


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
    card = page.page.get_by_role("region", name=page.word("training.title"), exact=True)
    page.button("reset.choice", name=page.word("training.loss")).wait_for()
    menus = card.locator(":is([aria-haspopup=listbox], [aria-haspopup=dialog])")
    page.becomes(lambda: len({round(box_of(menu)["y"]) for menu in menus.all()}), 1)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("layers", ["", "&layers=conv(filters:8),pool,conv(filters:16),pool"])
def test_no_text_of_images_is_cut(visitor: Visit, language: str, layers: str) -> None:
    page = visitor().visit(f"/?dataset=digits{layers}&lang={language}")
    fits_everywhere(page)


def test_a_finger_opens_a_layers_settings_and_changes_its_size(visitor: Visit) -> None:
    page = visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.visit(f"/?{CONVOLUTIONAL}")
    page.button("network.open_layer", n=1).tap()
    settings = page.page.get_by_role("dialog", name=re.compile(re.escape(page.word("network.layer", n=1))))
    settings.wait_for()
    page.soon(lambda: within(box_of(settings), 390))
    settings.get_by_role("button", name=page.word("control.close"), exact=True).tap()
    expect(settings).to_have_count(0)
    page.config_changes("network.layers.0.filters", page.button("network.more_filters", n=1).tap)
    page.config_changes("network.layers.0.filters", page.button("network.fewer_filters", n=1).tap)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("data", ["", "dataset=digits&", "preset=dying_relu&"])
def test_a_projector_shows_all_of_the_cards(visitor: Visit, language: str, data: str) -> None:
    page = visitor(viewport={"width": 1024, "height": 768}).visit(f"/?{data}lang={language}")

    def shown() -> None:
        assert page.page.evaluate("document.documentElement.scrollHeight") <= 768
        for part in (".card.data", ".card.output .body"):
            hidden = page.page.locator(part).evaluate("part => part.scrollHeight - part.clientHeight")
            assert hidden <= 0, part

    page.soon(shown)


@pytest.mark.parametrize("size", [(1024, 768), (390, 844)])
def test_charts_groups_and_what_is_wrong_are_readable(visitor: Visit, size: tuple[int, int]) -> None:
    page = visitor(viewport={"width": size[0], "height": size[1]})
    page.visit("/?optimizer=sgd(learning_rate:20)")
    told = page.page.locator(".diagnosis .text")
    expect(told).to_contain_text("Learning rate too high")
    page.eventually(lambda: told.evaluate("told => told.scrollHeight <= told.clientHeight"), "it is cut")
    tabs = page.page.get_by_role("tab")
    expect(tabs.nth(3)).to_be_visible()
    narrow = "tabs => tabs.every((tab) => tab.scrollWidth <= tab.clientWidth)"
    page.eventually(lambda: tabs.evaluate_all(narrow), "the name of a tab is cut")

    def distances() -> list[float]:
        left: list[float] = tabs.evaluate_all("tabs => tabs.map((tab) => tab.getBoundingClientRect().x)")
        return [x - left[0] for x in left]

    before = distances()
    tabs.nth(3).click()
    expect(tabs.nth(3)).to_have_attribute("aria-selected", "true")
    page.becomes(distances, pytest.approx(before, abs=0.1))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_step_explained_on_a_projector_leaves_the_data_whole(visitor: Visit, language: str) -> None:
    page = visitor(viewport={"width": 1024, "height": 768}).visit(f"/?lang={language}")
    page.page.keyboard.press("Space")
    page.page.keyboard.press("e")
    data = page.page.locator(".work.explaining .card.data")
    expect(data).to_be_visible()
    page.eventually(lambda: data.evaluate("card => card.scrollHeight <= card.clientHeight"), "its last row is cut")


def test_on_a_phone_all_of_trainings_width_is_used(visitor: Visit) -> None:
    page = visitor(viewport={"width": 390, "height": 844}).visit("/")

    def is_used() -> None:
        card, menu = (box_of(page.page.locator(part).first) for part in (".card.training", ".card.training .pick"))
        assert card["x"] + card["width"] - (menu["x"] + menu["width"]) <= 16

    page.soon(is_used)
