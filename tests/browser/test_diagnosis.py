"""Diagnosis in words: one line tells what is wrong with the run, by which rule, and leads to what would change it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, box_of


def line(page: Visitor) -> Locator:
    """The line that tells how the run is."""
    return page.page.locator(".diagnosis .line")


def sheet(page: Visitor) -> Locator:
    """What the line opens."""
    return page.page.get_by_role("dialog", name=page.word("diagnosis.title"))


def test_an_illness_is_told_with_its_rule_and_leads_to_the_control_that_would_change_it(visitor: Visit) -> None:
    page = visitor().visit("/?preset=saturated_units")
    expect(line(page)).to_contain_text(re.compile(r"Saturated: 9\d % of layer [23]'s activations"))
    line(page).focus()
    page.page.keyboard.press("Enter")
    expect(sheet(page)).to_contain_text("More than 75% of a layer's activations")
    expect(sheet(page)).to_contain_text("Glorot & Bengio 2010")
    sheet(page).get_by_role("button", name="Start with smaller weights").click()
    expect(sheet(page)).to_be_hidden()
    menu = page.page.get_by_role("button", name=f"{page.word('layer.initializer')}: Normal")
    expect(menu).to_be_focused()
    expect(page.page.locator(".pointed")).to_have_attribute("data-control", "layer.initializer")
    page.page.keyboard.press("Escape")
    # What heals it is no longer told, in the other language either.
    page.language = "zh"
    page.page.get_by_role("button", name="中文").click()
    expect(line(page)).to_contain_text(re.compile(r"饱和：自第 \d+ 步起"))
    page.page.get_by_role("button", name=page.word("presets.title"), exact=True).click()
    page.restarts(page.page.get_by_role("option").filter(has_text="十秒学会双螺旋").click)
    expect(line(page)).to_have_text(page.word("diagnosis.healthy"))


def test_a_healthy_run_says_by_which_rules_it_is_and_nothing_moves_when_it_falls_ill(visitor: Visit) -> None:
    page = visitor().visit("/?optimizer=sgd(learning_rate:0.01)")
    line(page).click()
    expect(sheet(page)).to_contain_text(page.word("diagnosis.healthy_help"))
    illnesses = page.server.get("/api/catalog")["illnesses"]
    expect(sheet(page).locator("dt")).to_have_text([illness["label"]["en"] for illness in illnesses])
    page.page.keyboard.press("Escape")
    expect(sheet(page)).to_be_hidden()
    healthy = page.steady(lambda: box_of(line(page)))
    page.page.locator('[data-control="training.optimizer.learning_rate"] input').focus()
    page.page.keyboard.press("Home")
    expect(line(page)).to_contain_text("Learning rate too low")
    ill = box_of(line(page))
    assert (ill["y"], ill["height"]) == (healthy["y"], healthy["height"])
