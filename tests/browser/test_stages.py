"""NETWORK on images: every stage is drawn by its maps, and a pixel of a map is explained by numbers that add up."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, box_of, within

#: Small, so that every number has room; the second convolution has several input maps.
NETWORK = "/?dataset=digits&layers=conv(filters:4),pool,conv(filters:6),pool(pooling:mean),global_pool"


@pytest.fixture
def page(visitor: Visit) -> Visitor:
    """Somebody with a network of convolutions and pools that has learned a little and stands still."""
    return still(visitor())


def still(page: Visitor) -> Visitor:
    """Open the network, let it learn a little and pause it."""
    page.visit(NETWORK)
    page.eventually(lambda: page.run()["step"] > 20, "it does not train")
    page.button("transport.pause").click()
    page.button("transport.play").wait_for()
    return page


def map_of(page: Visitor, column: int, unit: int) -> Locator:
    """The button that lies over a map; `column` 0 are the inputs."""
    return page.page.locator(f'[data-at="{column}.{unit}"]')


def middle_of(page: Visitor, column: int, unit: int, y: float = 0.55, x: float = 0.55) -> tuple[float, float]:
    """A place within a map, as shares of its height and width."""
    box = box_of(map_of(page, column, unit))
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def pixels(page: Visitor, column: int, unit: int) -> bytes:
    """What is painted where that map is, without its frame."""
    box = box_of(map_of(page, column, unit))
    inner = FloatRect(x=box["x"] + 3, y=box["y"] + 3, width=box["width"] - 6, height=box["height"] - 6)
    return page.page.screenshot(clip=inner)


def sheet(page: Visitor) -> Locator:
    return page.page.get_by_role("complementary", name=page.word("pixel.title"))


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def rounding(*written: float) -> float:
    """By how much numbers of three digits, at most two after the point, are off in all: half of the last digit."""
    return sum(0.0051 if abs(number) < 10 else 0.051 if abs(number) < 100 else 0.51 for number in written)


def cells(page: Visitor, key: str) -> list[float]:
    """The numbers of one of the sheet's small matrices."""
    found = sheet(page).get_by_role("img", name=page.word(key), exact=True).locator("span")
    return [number(text) for text in found.all_inner_texts()]


def ledger(page: Visitor) -> list[tuple[str, float]]:
    """The sheet's sum, line by line."""
    names, values = (sheet(page).locator(tag).all_inner_texts() for tag in ("dt", "dd"))
    assert len(names) == len(values)
    return [(name, number(value)) for name, value in zip(names, values, strict=True)]


def value_and_gradient(page: Visitor) -> tuple[float, float]:
    """What the sheet of a pool's pixel says of it."""
    found = [number(text) for text in sheet(page).locator(".value b").all_inner_texts()]
    assert len(found) == 2
    return found[0], found[1]


def check_convolution(page: Visitor, maps: int) -> None:
    """Products are what they say, their sums on all input maps and the bias make the sum, and ReLU what leaves it."""
    patch, kernel, products = (cells(page, key) for key in ("pixel.patch", "pixel.kernel", "pixel.products"))
    assert len(patch) == len(kernel) == len(products) == 9
    for entering, weight, product in zip(patch, kernel, products, strict=True):
        either = abs(entering) * rounding(weight) + abs(weight) * rounding(entering)
        assert product == pytest.approx(entering * weight, abs=either + rounding(product))
    lines = ledger(page)
    assert len(lines) == 4
    (_, total), (bias_name, bias), (sum_name, weighted), (_, value) = lines
    assert (bias_name, sum_name) == (page.word("pixel.bias"), page.word("pixel.sum"))
    sums = [number(text) for text in sheet(page).locator(".chips button").all_inner_texts()] or [sum(products)]
    assert len(sums) == maps
    if maps > 1:
        assert sums[0] == pytest.approx(sum(products), abs=rounding(sums[0], *products))
    assert total == pytest.approx(sum(sums), abs=rounding(total, *(sums if maps > 1 else products)))
    assert weighted == pytest.approx(total + bias, abs=rounding(weighted, total, bias))
    assert value == pytest.approx(max(0.0, weighted), abs=rounding(value))


def test_every_stage_is_drawn_and_follows_the_chosen_image(page: Visitor) -> None:
    places = [(0, 0), (1, 0), (1, 3), (2, 0), (3, 5), (4, 2)]

    def painted() -> list[bytes]:
        return [pixels(page, *place) for place in places]

    before = page.steady(painted)

    def another_image() -> None:
        image, *maps = painted()
        assert before[0] != image, "the image has not changed"
        changed = sum(was != now for was, now in zip(before[1:], maps, strict=True))
        assert changed >= 3, "the maps do not follow the image"

    page.button("stages.next").click()
    page.soon(another_image)
    page.button("stages.previous").click()
    page.eventually(lambda: painted() == before, "the maps do not come back with their image")


def test_stages_stand_from_left_to_right_and_do_not_cover_each_other(page: Visitor) -> None:
    columns = [
        [box_of(map_of(page, column, unit)) for unit in range(units)] for column, units in ((1, 4), (2, 4), (3, 6))
    ]
    for left, right in pairwise(columns):
        assert max(box["x"] + box["width"] for box in left) < min(box["x"] for box in right)
    for boxes in columns:
        for one in boxes:
            over = [
                other
                for other in boxes
                if abs(other["x"] - one["x"]) < one["width"] and abs(other["y"] - one["y"]) < one["height"]
            ]
            assert over == [one]


def test_nothing_lies_over_the_uppermost_maps(visitor: Visit) -> None:
    page = visitor(viewport={"width": 800, "height": 450}).visit("/?dataset=digits&layers=conv(filters:16),pool")
    for column in (1, 2):
        place = middle_of(page, column, 0, 0.02)
        page.becomes(
            partial(page.page.evaluate, "([x, y]) => document.elementFromPoint(x, y).tagName", place), "CANVAS"
        )


def test_hovering_a_pixel_shows_its_sum_and_leaving_closes_it(page: Visitor) -> None:
    before = page.config()
    page.page.mouse.move(*middle_of(page, 1, 2))
    expect(sheet(page)).to_be_visible()
    expect(sheet(page)).to_contain_text(page.word("pixel.place", stage="Layer 1", map=3, row=5, column=5))
    page.soon(lambda: check_convolution(page, maps=1))
    page.page.mouse.move(5, 5)
    expect(sheet(page)).to_have_count(0)
    assert page.config() == before


def test_a_kept_pixel_is_moved_by_arrow_keys_and_closed_by_escape(page: Visitor) -> None:
    page.page.mouse.click(*middle_of(page, 3, 1, 0.3, 0.3))
    page.page.mouse.move(5, 5)
    place = sheet(page).locator("header b")
    row, column = (int(found) for found in re.findall(r"row (\d+), column (\d+)", place.inner_text())[0])
    page.soon(lambda: check_convolution(page, maps=4))
    for key, down, right in (("ArrowRight", 0, 1), ("ArrowDown", 1, 0), ("ArrowLeft", 0, -1), ("ArrowUp", -1, 0)):
        page.page.keyboard.press(key)
        row, column = row + down, column + right
        wanted = page.word("pixel.place", stage="Layer 3", map=2, row=row, column=column)
        expect(place).to_have_text(wanted)
        page.soon(lambda: check_convolution(page, maps=4))
    page.page.keyboard.press("Escape")
    expect(sheet(page)).to_have_count(0)


def test_another_input_map_is_chosen_and_has_its_own_numbers(page: Visitor) -> None:
    page.page.mouse.click(*middle_of(page, 3, 0))
    page.soon(lambda: check_convolution(page, maps=4))
    first = cells(page, "pixel.kernel")
    page.button("pixel.next_map").click()
    expect(sheet(page)).to_contain_text(page.word("pixel.map_of", n=2, total=4))
    page.eventually(lambda: cells(page, "pixel.kernel") != first, "the kernel is still that of the first map")
    chips = sheet(page).locator(".chips button")
    page.eventually(
        lambda: (
            abs(number(chips.nth(1).inner_text()) - sum(products := cells(page, "pixel.products")))
            < rounding(number(chips.nth(1).inner_text()), *products)
        ),
        "the sum on the second map is not that of its products",
    )
    page.button("pixel.close").click()
    expect(sheet(page)).to_have_count(0)


def test_the_largest_wins_a_pixel_of_a_pool_and_takes_its_gradient(page: Visitor) -> None:
    page.page.mouse.click(*middle_of(page, 2, 1))

    def the_largest_wins() -> None:
        window, back = cells(page, "pixel.window"), cells(page, "pixel.back")
        assert len(window) == 4
        value, gradient = value_and_gradient(page)
        assert value == max(window)
        assert sum(back) == pytest.approx(gradient, abs=rounding(gradient))
        assert sum(part != 0 for part in back) <= 1
        marked = sheet(page).get_by_role("img", name=page.word("pixel.window"), exact=True).locator(".marked")
        assert number(marked.inner_text()) == value

    page.soon(the_largest_wins)


def test_a_pixel_of_a_mean_pool_is_the_mean_and_shares_its_gradient(page: Visitor) -> None:
    page.page.mouse.click(*middle_of(page, 4, 3))

    def the_mean_shares() -> None:
        window, back = cells(page, "pixel.window"), cells(page, "pixel.back")
        assert len(window) == 4
        value, gradient = value_and_gradient(page)
        assert value == pytest.approx(sum(window) / 4, abs=rounding(value) + rounding(*window) / 4)
        assert len(set(back)) == 1
        assert sum(back) == pytest.approx(gradient, abs=rounding(gradient) + 0.05 * abs(gradient))

    page.soon(the_mean_shares)


def test_a_global_pool_says_what_it_is_the_mean_of_and_offers_nothing_to_edit(page: Visitor) -> None:
    page.page.mouse.move(*middle_of(page, 5, 2, 0.5, 0.5))
    hint = page.page.locator(".hint", has=page.page.get_by_text(page.word("network.unit_of", layer=5, unit=3)))
    expect(hint).to_contain_text(page.word("pixel.mean_of", n=4))
    expect(hint).not_to_contain_text(page.word("network.click_to_edit"))
    page.page.mouse.click(*middle_of(page, 5, 2, 0.5, 0.5))
    expect(page.page.get_by_role("form")).to_have_count(0)


def test_the_window_slides_over_the_map_until_it_is_stopped(page: Visitor) -> None:
    page.page.mouse.click(*middle_of(page, 1, 0, 0.05, 0.05))
    place = sheet(page).locator("header b")
    began = place.inner_text()
    page.button("pixel.play").click()
    page.eventually(lambda: place.inner_text() != began, "the window does not move")
    page.button("pixel.pause").click()
    stopped = place.inner_text()
    page.page.wait_for_timeout(700)
    assert place.inner_text() == stopped
    page.button("pixel.play").wait_for()


def test_a_tap_on_a_phone_explains_a_pixel_and_a_second_one_closes_it(visitor: Visit) -> None:
    page = still(visitor(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True))
    map_of(page, 1, 1).scroll_into_view_if_needed()
    where = middle_of(page, 1, 1)
    page.page.touchscreen.tap(*where)
    expect(sheet(page)).to_be_visible()
    page.soon(lambda: check_convolution(page, maps=1))
    page.soon(lambda: within(box_of(sheet(page)), 390))
    sheet(page).get_by_role("button", name=page.word("pixel.close"), exact=True).tap()
    expect(sheet(page)).to_have_count(0)
