"""What needs a restart is marked before it is touched: every control's mark against what the server then does."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from server.configuration import needs_new_weights
from server.schema import RunConfig
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

#: A configuration in which much can be set: parameters of every kind, two regularizers, another optimizer to come.
BUSY = (
    "/?layers=8,8(activation:leaky_relu;initializer:he_normal;bias_initializer:normal;normalization:group_norm)"
    "&optimizer=rmsprop&schedule=one_cycle&clipping=by_norm&regularizers=l1,elastic_net&stopping=patience&averaging=polyak"
    "&momentum_schedule=constant&batch_schedule=step_growth&switch=50000:momentum"
)
#: Everything that changes the configuration when it is used; what is offered with a reason against it does not.
CONTROLS = "input[type=range], select, button[aria-haspopup=listbox], button[aria-pressed]:not([aria-disabled=true])"
#: The mark that stands before a control: the last one ahead of it in its card or dialog.
MARK = """control => {
  const marks = [...control.closest('.card, [popover]').querySelectorAll('[data-mark]')];
  const ahead = marks.filter((mark) => mark.compareDocumentPosition(control) & Node.DOCUMENT_POSITION_FOLLOWING
    || control.contains(mark));
  return ahead.at(-1)?.dataset.mark ?? null;
}"""


@pytest.fixture
def page(visitor: Visit) -> Visitor:
    found = visitor().visit(BUSY)
    found.button("transport.pause").click()
    return found


def use(page: Visitor, control: Locator) -> None:
    """Change what a control sets to anything else."""
    kind = control.evaluate("control => control.localName + (control.getAttribute('aria-haspopup') ?? '')")
    if kind == "input":
        at_top = control.evaluate("control => Number(control.value) >= Number(control.max)")
        control.focus()
        control.press("ArrowLeft" if at_top else "ArrowRight")
    elif kind == "select":
        index = control.evaluate("control => (control.selectedIndex + 1) % control.options.length")
        control.select_option(index=index)
    elif kind == "buttonlistbox":
        control.click()
        menu = page.page.get_by_role("listbox", name=(control.get_attribute("aria-label") or "").split(":")[0])
        menu.get_by_role("option", selected=False, disabled=False).first.click()
        if menu.is_visible():  # several may be chosen
            page.page.keyboard.press("Escape")
    else:
        control.click()


def check(page: Visitor, control: Locator) -> None:
    """Use a control, and compare its mark with what the change needs."""
    mark, name = control.evaluate(MARK), control.evaluate("control => control.outerHTML.slice(0, 160)")
    before = page.run()
    use(page, control)
    page.eventually(lambda: page.config() != before["config"], f"nothing changes by {name}")
    page.eventually(lambda: page.told == page.config(), "the page is not told what changed")
    page.page.wait_for_timeout(60)  # a loss or a batch that goes with the data
    after = page.run()
    old, new = (RunConfig.model_validate(run["config"]) for run in (before, after))
    restarts = needs_new_weights(old, new)
    assert mark == ("restarts" if restarts else "live"), name
    assert (after["generation"] > before["generation"]) == restarts, name


def go_back(page: Visitor, config: Any) -> None:
    """Put the configuration back on the server, so that all controls are where they were; the page follows."""
    run = f"/api/runs/{page.run_id}"
    page.server.request("PATCH", run, config, token=page.tokens[run])
    page.config_becomes("", config)
    page.page.wait_for_timeout(100)


def walk(page: Visitor, within: Locator, least: int, passed_over: tuple[str, ...] = ()) -> None:
    """Use every control of a part of the page, each from the same configuration."""
    controls = within.locator(CONTROLS)
    usable: list[int] = []

    def enough() -> bool:
        each = [controls.nth(i) for i in range(controls.count())]
        usable[:] = [i for i, control in enumerate(each) if control.is_visible() and control.is_enabled()]
        return len(usable) >= least

    page.eventually(enough, f"there are fewer than {least} controls")
    before = page.config()
    for index in usable:
        control = controls.nth(index)
        if control.get_attribute("aria-label") in passed_over:
            continue
        check(page, control)
        go_back(page, before)


def region(page: Visitor, key: str) -> Locator:
    return page.page.get_by_role("region", name=page.word(key), exact=True)


def test_every_control_of_the_data(page: Visitor) -> None:
    chosen = page.config("data.dataset.id")
    # The one that is there already changes nothing, one's own opens a dialog.
    kept = [one for one in page.variants("datasets") if one["id"] == chosen or one.get("uploaded")]
    walk(page, region(page, "data.title"), 20, tuple(one["label"]["en"] for one in kept))
    check(page, page.button("data.new_seed"))


def test_every_control_of_the_training(page: Visitor) -> None:
    card = region(page, "training.title")
    walk(page, card, 8)
    chips = card.locator(".values button[popovertarget]:has(b)")
    before = page.config()
    expect(chips.nth(5)).to_be_visible()
    for index in range(chips.count()):
        chips.nth(index).click()
        slider = page.page.locator("[popover]:popover-open input[type=range]")
        check(page, slider)
        page.page.keyboard.press("Escape")
        go_back(page, before)
    card.locator("button.open").click()
    walk(page, page.page.get_by_role("dialog", name=page.word("over_time.title")), 10)


@pytest.mark.parametrize(("opener", "least"), [("layer", 7), ("all", 6), ("inputs", 1), ("output", 2)], ids=str)
def test_every_control_of_a_layer(page: Visitor, opener: str, least: int) -> None:
    button = {
        "layer": page.button("network.open_layer", n=2),
        "all": page.button("layer.all"),
        "inputs": page.button("network.open_inputs"),
        "output": page.button("network.open_output"),
    }[opener]
    button.click()
    # Points have no layers of another kind.
    kind = next(one["label"]["en"] for one in page.variants("layer_kinds") if one["id"] == "dense")
    walk(page, page.page.locator("[popover].layer"), least, (f"{page.word('layer.kind')}: {kind}",))


@pytest.mark.parametrize(("position", "least"), [(2, 4), (3, 14)])
def test_every_control_of_a_layer_on_images(visitor: Visit, position: int, least: int) -> None:
    page = visitor().visit("/?dataset=digits&layers=conv(filters:4),pool,conv(filters:4)")
    page.button("transport.pause").click()
    page.button("network.open_layer", n=position).click()
    walk(page, page.page.locator("[popover].layer"), least)


def test_every_button_that_changes_the_network(page: Visitor) -> None:
    before = page.config()
    for button in (
        page.button("network.more_units", n=1),
        page.button("network.fewer_units", n=2),
        page.button("network.add_layer", n=1),
        page.button("network.add_layer", n=3),
        page.button("network.remove_layer", n=2),
    ):
        check(page, button)
        go_back(page, before)
    for key in ("layer.apply", "layer.remove"):
        page.button("network.open_layer", n=1).click()
        button = page.button(key)
        check(page, button)
        page.page.keyboard.press("Escape")
        go_back(page, before)
