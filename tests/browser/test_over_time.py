"""What changes or ends by itself: curves, the optimizer that takes over, early stopping, means of the weights."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

KEYS = {
    "stoppings": "stopping",
    "averagings": "averaging",
    "batch_schedules": "batch_schedule",
    "momentum_schedules": "momentum_schedule",
}


def open_panel(page: Visitor) -> None:
    page.page.locator(".training button.open").click()
    page.page.get_by_role("dialog", name=page.word("over_time.title")).wait_for()


def open_lines(page: Visitor, family: str) -> Locator:
    """Open the panel, and in it the menu of a family; its lines."""
    open_panel(page)
    heading = page.server.get("/api/catalog")["headings"][family]["label"]["en"]
    page.menu(heading).click()
    lines = page.page.get_by_role("listbox", name=heading).get_by_role("option")
    expect(lines).to_have_count(len(page.variants(family)))
    return lines


@pytest.mark.parametrize("family", list(KEYS))
def test_every_line_changes_live(visitor: Visit, family: str) -> None:
    page = visitor().visit("/?schedule=cyclic&speed=50")
    generation = page.run()["generation"]
    open_panel(page)
    heading = page.server.get("/api/catalog")["headings"][family]["label"]["en"]
    variants = page.variants(family)
    for variant in [*variants[1:], variants[0]]:
        page.choose(heading, variant["label"]["en"])
        page.config_becomes(f"training.{KEYS[family]}.id", variant["id"])
    assert page.run()["generation"] == generation


def test_the_lines_of_a_menu_stay_where_they_are_while_they_are_explained(visitor: Visit) -> None:
    page = visitor().visit("/?speed=5")
    lines = open_lines(page, "averagings")
    about = page.page.locator(".about:visible")
    places, heights = [], set()
    for option in lines.all():
        option.hover()
        about.get_by_text(option.locator("span").inner_text(), exact=True).wait_for()
        places.append([line.evaluate("line => line.getBoundingClientRect().y") for line in lines.all()])
        heights.add(about.evaluate("about => about.offsetHeight"))
    assert len(heights) > 1, "all explanations are of one height: nothing could move"
    # Half a point is lost where a height is rounded.
    assert np.allclose(places, places[0], atol=1.0)


def test_another_optimizer_takes_over(visitor: Visit) -> None:
    page = visitor().visit("/?speed=200")
    # Standing still, so that it is told before it happens.
    page.button("transport.pause").click()
    page.button("transport.play").wait_for()
    open_panel(page)
    panel = page.page.get_by_role("dialog", name=page.word("over_time.title"))
    first, second = (variant["label"]["en"] for variant in page.variants("optimizers")[:2])
    present = next(v for v in page.variants("optimizers") if v["id"] == page.config("training.optimizer.id"))
    page.choose(page.word("over_time.switch"), second)
    page.eventually(lambda: page.config("training.switch.optimizer.id") is not None, "no switch is set")
    panel.get_by_role("status").get_by_text(present["label"]["en"]).wait_for()
    page.page.keyboard.press("Escape")
    page.button("transport.play").click()
    open_panel(page)
    panel.get_by_role("status").get_by_text(page.word("over_time.switched", what=second)).wait_for()
    page.eventually(lambda: "switch=" in page.page.url, "the address does not tell the switch")
    page.choose(page.word("over_time.switch"), page.word("over_time.stay"))
    page.config_becomes("training.switch", None)
    assert first != second


def test_a_choice_that_cannot_act_says_why(visitor: Visit) -> None:
    page = visitor().visit("/?optimizer=sgd")
    first, *others = open_lines(page, "momentum_schedules").all()
    expect(first).to_be_enabled()
    assert others
    for other in others:
        expect(other).to_be_disabled()


def test_early_stopping_tells_where_and_goes_on(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=spiral(noise:0.5)&stopping=patience(patience:2)&averaging=polyak&speed=full")
    page.eventually(lambda: page.run()["state"] == "finished", "it never stops")
    stopped = page.run()["stopped"]
    assert stopped["best_step"] < stopped["step"]
    page.page.get_by_text(page.word("stopped.title", step=f"{stopped['step']:,}")).wait_for()
    frame = page.server.frame(page.run_id)
    assert np.frombuffer(frame["averaged"], "<f4").size == np.frombuffer(frame["params"], "<f4").size
    page.page.reload()
    page.page.get_by_text(page.word("stopped.title", step=f"{stopped['step']:,}")).wait_for()
    page.page.get_by_role("button", name=page.word("stopped.go_on")).click()
    page.eventually(lambda: page.run()["step"] > stopped["step"], "it does not go on")


def test_the_curve_is_of_the_chosen_schedule_and_shows_now(visitor: Visit) -> None:
    page = visitor().visit("/?schedule=cosine(steps:2000)&warmup=100&speed=100")
    page.button("over_time.curve").click()
    dialog = page.page.get_by_role("dialog", name=page.word("over_time.curve"))
    figures = dialog.locator("figure")
    expect(figures).to_have_count(3)
    dot = figures.first.locator("circle")
    before = float(dot.get_attribute("cx") or "nan")
    page.eventually(lambda: float(dot.get_attribute("cx") or "nan") > before + 5, "now does not move")
    path = figures.first.locator("path.curve")
    drawn = path.get_attribute("d")
    page.page.keyboard.press("Escape")
    page.choose(page.word("training.schedule"), page.variants("schedules")[1]["label"]["en"])
    page.button("over_time.curve").click()
    page.eventually(lambda: path.get_attribute("d") != drawn, "the curve stays")
