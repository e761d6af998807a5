"""Images: what everybody looks at for himself. The run stays as it is, and nothing complains."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.conftest import Visit
from tests.browser.test_looks import fits_everywhere
from tests.browser.visitor import Visitor, box_of


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


#: Where the confusion matrix and a list of samples have room beside each other.
ROOMY = ViewportSize(width=1440, height=1300)


@pytest.fixture
def still(visitor: Visit) -> Visitor:
    """Somebody with a network that has learned digits and stands still.

    Its labels are smoothed: at full speed it could learn so much before it is paused that every answer is 100.0 %.
    """
    page = visitor().visit("/?dataset=digits&layers=32&speed=full&loss=softmax_cross_entropy(label_smoothing:0.2)")
    page.eventually(lambda: page.run()["epoch"] >= 30, "it does not learn")
    page.button("transport.pause").click()
    page.button("transport.play").wait_for()
    return page


def shares(page: Visitor) -> list[str]:
    """The probabilities of the classes as they are read, once they no longer change."""
    bars = page.page.get_by_role("list", name=page.word("output.probabilities")).get_by_role("listitem")
    bars.first.wait_for()
    return page.steady(bars.all_inner_texts)


def other_shares(page: Visitor, *known: list[str]) -> list[str]:
    """Those to which they change from known ones."""
    found: list[list[str]] = []

    def changed() -> bool:
        found[:] = [shares(page)]
        return found[0] not in known

    page.eventually(changed, "the probabilities do not follow")
    return found[0]


def draw_line(page: Visitor, *places: tuple[float, float]) -> None:
    """Draw with the mouse through places that are shares of the paper's width."""
    paper = page.page.get_by_role("button", name=page.word("draw.paper"), exact=True).locator("canvas")
    box = box_of(paper)
    places = tuple((box["x"] + x * box["width"], box["y"] + y * box["width"]) for x, y in places)
    page.page.mouse.move(*places[0])
    page.page.mouse.down()
    for place in places[1:]:
        page.page.mouse.move(*place, steps=8)
    page.page.mouse.up()


def open_view(page: Visitor, key: str) -> None:
    """Choose what the output card shows."""
    card = page.page.get_by_role("region", name=page.word("output.title"))
    card.get_by_role("radio", name=page.word(key), exact=True).click()


def test_a_drawn_digit_is_told_while_it_is_drawn(still: Visitor) -> None:
    page = still
    before = page.config()
    open_view(page, "output.view_draw")
    blank = shares(page)
    draw_line(page, (0.3, 0.2), (0.7, 0.2), (0.45, 0.85))
    seven = other_shares(page, blank)
    draw_line(page, (0.3, 0.55), (0.7, 0.55))
    other_shares(page, seven)
    page.button("draw.undo_stroke").click()
    page.eventually(lambda: shares(page) == seven, "the probabilities do not follow")
    page.button("draw.fit").click()
    other_shares(page, seven)
    page.button("draw.clear").click()
    page.eventually(lambda: shares(page) == blank, "the probabilities do not follow")
    assert page.config() == before


def test_the_keyboard_draws_too(still: Visitor) -> None:
    page = still
    open_view(page, "output.view_draw")
    blank = shares(page)
    paper = page.page.get_by_role("button", name=page.word("draw.paper"), exact=True)
    paper.focus()
    for key in ("ArrowUp", "ArrowUp", " ", *["ArrowDown"] * 8, " ", "ArrowRight"):
        page.page.keyboard.press(key)
    one = other_shares(page, blank)
    page.page.keyboard.press("ArrowRight")
    page.eventually(lambda: shares(page) == one, "the probabilities do not follow")
    page.page.keyboard.press("Control+z")
    page.eventually(lambda: shares(page) == blank, "the probabilities do not follow")
    assert page.run()["state"] == "paused", "Space draws here and does not play"


def test_a_sample_is_moved_drawn_on_and_put_back(still: Visitor) -> None:
    page = still
    chosen = shares(page)
    page.page.get_by_role("button", name=page.word("move.title"), exact=True).click()
    page.nudge(page.slider(page.word("move.rotation")), "PageUp")
    page.nudge(page.slider(page.word("move.right")), "PageUp")
    moved = other_shares(page, chosen)
    open_view(page, "output.view_draw")
    page.button("draw.from_sample").click()
    page.eventually(lambda: shares(page) == moved, "the probabilities do not follow")
    draw_line(page, (0.1, 0.1), (0.9, 0.9))
    other_shares(page, moved)
    page.button("draw.undo_stroke").click()
    page.button("move.reset").click()
    page.eventually(lambda: shares(page) == chosen, "the probabilities do not follow")
    expect(page.button("move.reset")).to_have_count(0)
    open_view(page, "output.view_samples")
    page.eventually(lambda: shares(page) == chosen, "the probabilities do not follow")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", ["output.view_samples", "output.view_draw", "output.view_results"])
def test_no_view_of_images_overflows(visitor: Visit, view: str, language: str) -> None:
    page = visitor()
    page.language = language
    page.visit(f"/?dataset=digits&lang={language}")
    open_view(page, view)
    fits_everywhere(page)


def test_a_cell_of_the_confusion_matrix_lists_its_samples_and_one_is_looked_at(still: Visitor) -> None:
    page = still
    chosen = shares(page)
    page.page.set_viewport_size(ROOMY)
    open_view(page, "output.view_results")
    card = page.page.get_by_role("region", name=page.word("output.title"))
    cells = card.get_by_role("toolbar", name=page.word("output.confusion_cells")).get_by_role("button")
    expect(cells).to_have_count(100)
    cells.first.focus()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Enter")
    expect(cells.nth(11)).to_have_attribute("aria-pressed", "true")
    listed = card.get_by_role("button", name=re.compile(r"^Test sample \d+: 1 \(.*taken for 1 "))
    expect(listed.nth(1)).to_be_visible()
    listed.last.click()
    expect(listed.last).to_have_attribute("aria-pressed", "true")
    open_view(page, "output.view_samples")
    other_shares(page, chosen)
    page.page.get_by_text(page.word("output.truth", name="1"), exact=True).wait_for()


def test_the_worst_mistakes_are_listed_the_worst_first(still: Visitor) -> None:
    page = still
    page.page.set_viewport_size(ROOMY)
    open_view(page, "output.view_results")
    group = page.page.get_by_role("group", name=page.word("output.worst"))
    group.get_by_role("button").first.wait_for()
    labels = "buttons => buttons.map((button) => button.getAttribute('aria-label'))"
    names = page.steady(lambda: group.get_by_role("button").evaluate_all(labels))
    found = [
        re.fullmatch(r"Test sample \d+: (\d) \(([\d.]+) %\), taken for (\d) \(([\d.]+) %\)", name) for name in names
    ]
    truths = [float(match[2]) for match in found if match]
    assert len(truths) == len(names) > 0
    assert truths == sorted(truths)
    assert all(match and match[1] != match[3] for match in found)


def test_the_filters_are_followed_through_the_run(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=digits&layers=32&speed=full")
    before = page.config()
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    charts.get_by_role("radio", name=page.word("filters.title"), exact=True).click()
    now, time = page.word("filters.now"), page.slider(page.word("filters.time"))
    page.eventually(lambda: int(time.get_attribute("max") or 0) >= 5, "no moments are kept")
    page.button("transport.pause").click()
    page.button("transport.play").wait_for()
    expect(time).to_have_attribute("aria-valuetext", now)
    picture = charts.locator("canvas").nth(1)
    shown = re.compile(f"32.*8×8.*{re.escape(page.word('network.layer', n=1))}")
    expect(charts.get_by_role("img", name=shown)).to_have_count(1)

    def pixels() -> str:
        return str(picture.evaluate("(canvas) => canvas.toDataURL()"))

    latest = page.steady(pixels)
    time.focus()
    page.page.keyboard.press("Home")
    expect(time).not_to_have_attribute("aria-valuetext", now)
    page.eventually(lambda: pixels() != latest, "the filters are the same at the first step")
    first = pixels()
    page.page.keyboard.press("ArrowRight")
    page.eventually(lambda: pixels() not in {first, latest}, "the next step looks like another")
    page.button("filters.now").click()
    page.eventually(lambda: pixels() == latest, "the filters are not those of now again")
    expect(time).to_have_attribute("aria-valuetext", now)
    assert page.config() == before
    page.page.keyboard.press("Tab")
    page.restarts(lambda: page.button("transport.reset").click())
    page.eventually(lambda: int(time.get_attribute("max") or 9) <= 1, "moments of the old weights are still there")


def test_networks_on_points_offer_no_filters(visitor: Visit) -> None:
    page = visitor().visit()
    charts = page.page.get_by_role("region", name=page.word("dynamics.title"))
    charts.get_by_role("heading", name=page.word("dynamics.activations")).wait_for()
    expect(charts.get_by_role("radio", name=page.word("filters.title"), exact=True)).to_have_count(0)
