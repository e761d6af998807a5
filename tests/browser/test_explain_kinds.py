"""One step explained of what is not a plain network: every stage can be read, and a derivative stands its check."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.test_explain import explained, rehearsal, slider, to_gradient, walk_on
from tests.browser.visitor import Visitor

LINKS = {
    "the exercise by hand": "/?preset=homework",
    "gates and dropout everywhere": "/?layers=3(activation:maxout(pieces:2);dropout:0.2),4(dropconnect:0.3)"
    "&input_dropout=0.2",
    "skips and norms": "/?layers=4,4(skip:1;normalization:batch_norm),4(normalization:layer_norm(position:1))",
    "weight normalization, uphill, bounded": "/?layers=3(normalization:weight_norm;activation:prelu)&optimizer=sam"
    "&clipping=by_norm(limit:0.05)&regularizers=elastic_net(l1:0.1),weight_decay(rate:0.01)",
    "means of the weights": "/?layers=3(normalization:batch_norm)&averaging=polyak",
    "several labels": "/?dataset=discs&layers=3&optimizer=nadam",
}


def readable(card: Locator) -> None:
    """No formula that is empty, that KaTeX could not set or wider than its column; nothing reaches out of the card."""
    expect(card.locator(".formula:empty")).to_have_count(0)
    expect(card.locator(".katex-error")).to_have_count(0)
    wide = card.evaluate(
        "card => [...card.querySelectorAll('.pair .formula')].filter(each => each.scrollWidth > each.clientWidth + 1)"
        ".map(each => each.textContent)"
    )
    assert wide == [], card.get_by_role("heading", level=3).inner_text()
    edge = card.evaluate(
        "card => Math.max(...[...card.querySelectorAll('.formula, p, h3, b, button')]"
        ".map(each => each.getBoundingClientRect().right - card.getBoundingClientRect().right))"
    )
    assert edge <= 0, card.get_by_role("heading", level=3).inner_text()


def walk(page: Visitor, card: Locator) -> list[str]:
    """Through all stages, with whole formulas at each; their names."""
    stages = int(slider(page).get_attribute("max") or 0) + 1
    titles = []
    for stage in range(stages):
        expect(card.get_by_text(f"{stage + 1} / {stages}", exact=True)).to_be_visible()
        titles.append(card.get_by_role("heading", level=3).inner_text())
        page.soon(lambda: readable(card))
        if stage + 1 < stages:
            page.button("explain.next").click()
    return titles


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS.keys())
def test_every_stage_can_be_read_and_a_derivative_stands_its_check(visitor: Visit, link: str) -> None:
    page = visitor().visit(link)
    page.eventually(lambda: page.run()["step"] > 0, "it does not train")
    card = explained(page)
    titles = walk(page, card)
    assert len(set(titles)) == len(titles)
    # Back again, over the whole batch, which is a short one at an epoch's end.
    card.get_by_role("radio", name=page.word("explain.whole_batch")).click()
    expect(card.get_by_text(page.word("explain.samples", n=rehearsal(page, None)["count"]))).to_be_visible()
    for title in reversed(titles):
        expect(card.get_by_role("heading", level=3)).to_have_text(title)
        page.soon(lambda: readable(card))
        if title != titles[0]:
            page.button("explain.back").click()
    card.get_by_role("radio", name=page.word("explain.one_sample")).click()
    walk_on(page, card, lambda title: title.endswith(page.word("explain.gradient")))
    page.button("explain.show_chain").click()
    page.button("explain.check_now").click()
    expect(card.locator(".verdict.good")).to_be_visible()
    page.soon(lambda: readable(card))
    page.button("explain.take").click()
    expect(card.get_by_role("status")).to_contain_text("to the bit")
    expect(card.get_by_role("heading", level=3)).to_have_text(page.word("explain.renewed"))


def test_the_cards_keep_their_contents_beside_an_explained_step(visitor: Visit) -> None:
    page = visitor().visit()
    page.eventually(lambda: page.run()["step"] > 0, "it does not train")
    explained(page)
    clipped = (
        "[...document.querySelectorAll('.work > .card')].filter(card => card.scrollHeight > card.clientHeight + 1)"
        ".map(card => card.className)"
    )
    page.becomes(lambda: page.page.evaluate(clipped), [])


def test_every_number_of_a_convolution_has_its_chain_checked_on_the_spot(visitor: Visit) -> None:
    page = visitor().visit(
        "/?dataset=digits&layers=conv(filters:2;normalization:batch_norm;activation:tanh)"
        ",pool(pooling:mean),conv(filters:2;activation:tanh)"
    )
    page.eventually(lambda: page.run()["step"] > 0, "it does not train")
    card = explained(page)
    to_gradient(page, card, 1)
    page.button("explain.show_chain").click()
    shown = rehearsal(page)
    factors = card.get_by_role("group", name=page.word("explain.factors"))
    # The kernel's first weight, then back from the end of the layer's numbers: its shift and its scale.
    for tensor, index in (("weight", 0), ("beta", 1), ("beta", 0), ("gamma", 1)):
        gradient = np.frombuffer(shown["arrays"][f"layer1.{tensor}.gradient_sample"]["data"], "<f4")
        page.soon(partial(adds_up, factors, float(gradient[index])))
        page.button("explain.check_now").click()
        expect(card.locator(".verdict.good")).to_be_visible()
        page.soon(lambda: readable(card))
        page.button("explain.previous_weight").click()


def adds_up(factors: Locator, gradient: float) -> None:
    """The chain's first number is the derivative, and the product of the strongest way with all others beside it."""
    total, *ways, others = map(Written, factors.locator("b").all_inner_texts())
    assert total.value == pytest.approx(gradient, abs=total.rounding)
    product = np.prod([way.value for way in ways])
    most = np.prod([abs(way.value) + way.rounding for way in ways])
    rounding = float(most - abs(product)) + total.rounding + others.rounding
    assert total.value == pytest.approx(float(product + others.value), abs=rounding)


class Written:
    """A number as the page writes it, and by how much it may be rounded: half of its last digit."""

    def __init__(self, text: str) -> None:
        mantissa, _, exponent = text.replace("−", "-").replace(",", "").partition("e")
        self.value = float(f"{mantissa}e{exponent or 0}")
        self.rounding = 0.501 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
