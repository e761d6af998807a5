"""Diagnosis in words: one line tells what is wrong with the run, by which rule, and leads to what would change it."""

from __future__ import annotations

import re
from typing import Any

import msgpack
import pytest
from playwright.sync_api import Locator, WebSocketRoute, expect

from kernels.diagnosis import ILLNESSES
from tests.browser.conftest import Visit
from tests.browser.visitor import SLOWLY, Visitor, box_of


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


class Stranger:
    """Stands between a page and its server, and tells the page of findings that its run does not have."""

    def __init__(self, findings: list[dict[str, Any]]) -> None:
        self.findings = findings

    def between(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def told(message: str | bytes) -> None:
            if isinstance(message, bytes):
                known = msgpack.unpackb(message)
                if known["type"] == "hello":
                    message = msgpack.packb({**known, "findings": self.findings})
            page_side.send(message)

        server_side.on_message(told)


@pytest.mark.parametrize("covered", [False, True], ids=["beside the page", "over the whole window"])
def test_the_remedy_of_every_illness_leads_to_its_very_control(visitor: Visit, covered: bool) -> None:
    layer = 1
    findings = [
        {"illness": illness.id, "layer": layer, "number": 0.5, "since": 1, "samples": 500, "tensor": "layer1.weight",
         "control": illness.control.format(layer=layer - 1)}
        for illness in ILLNESSES
    ]  # fmt: skip
    page = visitor()
    page.page.route_web_socket(re.compile("/api/runs/"), Stranger(findings).between)
    page.visit(f"/?{SLOWLY}")
    for finding, illness in zip(findings, ILLNESSES, strict=True):
        whole = page.page.locator(".dynamics.whole")
        if covered:
            page.button("dynamics.enlarge_all").click()
            expect(whole).to_be_visible()
        line(page).click()
        section = sheet(page).locator("section").nth(findings.index(finding))
        section.get_by_role("button", name=illness.remedy["en"], exact=True).click()
        expect(whole).to_have_count(0)
        control = str(finding["control"]).replace(f"network.layers.{layer - 1}.", "layer.")
        # The control itself, which takes the focus and can be seen, not what it lies in.
        pointed = page.page.locator(".pointed:has(:focus)")
        expect(pointed).to_have_attribute("data-control", control)
        expect(pointed.locator(":focus")).to_be_in_viewport()
        page.page.keyboard.press("Escape")


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
