"""Presets: taken from the menu or by the address, explained in a line, undone in one step."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, box_of, within
from tests.live_server import LiveServer


def presets(server: LiveServer) -> list[dict[str, object]]:
    """The presets of the catalogue."""
    found: list[dict[str, object]] = server.get("/api/catalog")["presets"]
    return found


def open_menu(page: Visitor) -> Locator:
    """Open the menu of presets; returns its list."""
    page.button("presets.title").click()
    return page.page.get_by_role("listbox", name=page.word("presets.title"))


def named(page: Visitor, name: str) -> tuple[str, str, dict[str, object]]:
    """Label, sentence and configuration of a preset."""
    (found,) = [preset for preset in presets(page.server) if preset["id"] == name]
    label, watch, config = found["label"], found["watch"], found["config"]
    assert isinstance(label, dict)
    assert isinstance(watch, dict)
    assert isinstance(config, dict)
    return label[page.language], watch[page.language], config


def line_of(page: Visitor, watch: str) -> Locator:
    """The line under the bar that says what to watch; the menu, while it closes, still holds the same sentence."""
    return page.page.get_by_role("paragraph").get_by_text(watch)


def test_a_preset_sets_everything_and_is_undone_at_once(visitor: Visit) -> None:
    page = visitor().visit("/?batch_size=7&regularizers=l2(rate:0.1)&seed=3")
    before = page.config()
    label, watch, config = named(page, "dying_relu")
    options = open_menu(page).get_by_role("option")
    expect(options).to_have_count(len(presets(page.server)))
    page.restarts(options.filter(has_text=label).click)
    page.config_becomes("", config)
    page.eventually(lambda: page.run()["state"] == "running", "it does not train")
    expect(line_of(page, watch)).to_be_visible()
    page.eventually(lambda: page.page.url.endswith("?preset=dying_relu"), "the address does not tell the preset")
    page.button("transport.undo").click()
    page.config_becomes("", before)
    expect(line_of(page, watch)).to_have_count(0)


def test_one_that_changes_the_optimizer_alone_begins_with_new_weights(visitor: Visit) -> None:
    page = visitor().visit()
    label, _, config = named(page, "adagrad_dry")
    page.eventually(lambda: page.run()["step"] > 30)
    page.restarts(open_menu(page).get_by_role("option").filter(has_text=label).click)
    page.config_becomes("", config)


def test_it_is_found_and_taken_by_keyboard_and_leaves_a_paused_run_paused(visitor: Visit) -> None:
    page = visitor().visit()
    page.button("transport.pause").click()
    page.eventually(lambda: page.run()["state"] == "paused")
    label, watch, config = named(page, "xor_linear")
    page.button("presets.title").focus()
    page.page.keyboard.press("Enter")
    page.page.get_by_role("combobox", name=page.word("presets.search")).fill(label)
    page.page.keyboard.press("Enter")
    page.config_becomes("", config)
    expect(line_of(page, watch)).to_be_visible()
    assert page.run()["state"] == "paused"
    assert page.run()["step"] == 0


def test_the_address_brings_a_preset_and_its_line_can_be_dismissed(visitor: Visit) -> None:
    page = visitor(locale="zh-CN")
    page.language = "zh"
    page.visit("/?preset=vanishing_gradients&speed=full")
    _, watch, config = named(page, "vanishing_gradients")
    assert page.config() == {**config, "speed": "full"}
    line = line_of(page, watch)
    expect(line).to_be_visible()
    page.button("control.close").click()
    expect(line).to_have_count(0)
    assert page.config() == {**config, "speed": "full"}


def test_the_line_goes_with_the_first_change_and_the_address_tells_all(visitor: Visit) -> None:
    page = visitor().visit("/?preset=xor_hidden")
    _, watch, _ = named(page, "xor_hidden")
    expect(line_of(page, watch)).to_be_visible()
    page.config_changes("training.batch_size", lambda: page.nudge(page.slider(page.word("data.batch_size"))))
    expect(line_of(page, watch)).to_have_count(0)
    page.eventually(lambda: "dataset=xor" in page.page.url and "preset" not in page.page.url)


def test_an_unknown_preset_opens_the_default_and_says_so(visitor: Visit) -> None:
    page = visitor().visit("/?preset=perpetual_motion")
    assert page.config() == page.server.get("/api/catalog")["default_config"]
    expect(page.page.get_by_role("alert")).to_contain_text("preset=perpetual_motion")


def test_on_a_phone_it_is_behind_the_three_dots(visitor: Visit) -> None:
    page = visitor(viewport={"width": 390, "height": 844}, has_touch=True).visit()
    label, watch, config = named(page, "right_inputs")
    page.button("bar.more").click()
    open_menu(page).get_by_role("option").filter(has_text=label).click()
    page.config_becomes("", config)
    line = line_of(page, watch)
    expect(line).to_be_visible()
    page.soon(lambda: within(box_of(line), 390))
