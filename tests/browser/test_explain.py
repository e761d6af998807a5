"""One step explained: the walk through its stages, taken for real, a weight's chain, and what stands in the way."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, box_of

FAILED = ("Failed to load resource",)


def still(page: Visitor) -> None:
    """Let the run learn a little, and pause it."""
    page.eventually(lambda: page.run()["step"] > 20, "it does not train")
    page.button("transport.pause").click()
    page.eventually(lambda: page.run()["state"] == "paused")


def explained(page: Visitor) -> Locator:
    """Open the explanation by its key, and wait until it has numbers."""
    page.page.keyboard.press("e")
    slider(page).wait_for()
    return page.page.get_by_role("region", name=page.word("explain.title"))


def slider(page: Visitor) -> Locator:
    return page.page.get_by_role("slider", name=page.word("explain.stages"))


def rehearsal(page: Visitor, sample: int | None = 0) -> dict[str, Any]:
    """The run's next step, as the server rehearses it."""
    request = urllib.request.Request(
        f"{page.server.address}/api/runs/{page.run_id}/rehearsal",
        method="POST",
        data=json.dumps({"sample": sample}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = msgpack.unpackb(answer.read())
    return found


def last_number(text: str) -> float:
    """The number behind the last sign of equality of a formula, as KaTeX's source has it."""
    value = text.rsplit("=", 1)[1].replace("{\\cdot}10^{", "e").replace("10^{", "1e").rstrip("} ")
    return float(value)


def written(card: Locator) -> list[str]:
    """The formulas with numbers, as LaTeX, once there are any."""
    formulas = card.locator(".numbers annotation")
    formulas.first.wait_for(state="attached")
    found: list[str] = formulas.all_text_contents()
    return found


@pytest.mark.parametrize(
    "link",
    ["/", "/?dataset=digits&layers=conv(filters:4),pool,6(normalization:batch_norm;dropout:0.2)&optimizer=rmsprop"],
)
def test_the_step_that_is_shown_is_the_step_that_is_taken(visitor: Visit, link: str) -> None:
    page = visitor().visit(link)
    still(page)
    card = explained(page)
    shown = rehearsal(page)
    stages = int(slider(page).get_attribute("max") or 0) + 1
    titles = []
    for stage in range(stages):
        expect(card.get_by_text(f"{stage + 1} / {stages}", exact=True)).to_be_visible()
        titles.append(card.get_by_role("heading", level=3).inner_text())
        page.page.keyboard.press("ArrowRight")
    assert titles[0] == page.word("explain.inputs")
    assert titles[-1] == page.word("explain.renewed")
    assert len(set(titles)) == stages
    page.page.keyboard.press("ArrowLeft")
    expect(card.get_by_role("heading", level=3)).to_have_text(page.word("explain.update"))
    name = shown["optimizer"]["id"]
    assert page.config("training.optimizer.id") == name
    tensor = next(known["name"] for known in page.run()["layout"]["tensors"] if known["layer"] == layers(page))
    after = np.frombuffer(shown["arrays"][f"{tensor}.after"]["data"], "<f4")
    page.becomes(lambda: last_number(written(card)[-1]), pytest.approx(float(after[0]), rel=2e-3))
    page.button("explain.take").click()
    expect(card.get_by_role("status")).to_contain_text("to the bit")
    assert page.run()["step"] == shown["step"] + 1
    for known in page.run()["layout"]["tensors"]:
        wanted = np.frombuffer(shown["arrays"][f"{known['name']}.after"]["data"], "<f4")
        assert page.parameters(known["name"]) == [float(value) for value in wanted]
    card.get_by_role("button", name=page.word("explain.next_step")).click()
    expect(card.get_by_role("heading", level=2)).to_contain_text(f"{shown['step'] + 2}")


def layers(page: Visitor) -> int:
    """The number of the output layer."""
    return len(page.run()["layout"]["stages"])


def test_a_weight_has_its_chain_of_derivatives_checked_on_the_spot(visitor: Visit) -> None:
    page = visitor().visit("/?layers=4")
    still(page)
    card = explained(page)
    walk_on(page, card, lambda title: title.endswith(page.word("explain.gradient")))
    page.button("explain.show_chain").click()
    factors = card.get_by_role("group", name=page.word("explain.factors"))
    expect(factors.locator("b")).to_have_count(3)
    values = [float(text.replace("−", "-")) for text in factors.locator("b").all_inner_texts()]
    assert values[0] == pytest.approx(np.prod(values[1:]), rel=0.06)
    page.button("explain.check_now").click()
    expect(card.locator(".verdict.good")).to_be_visible()
    factors.get_by_role("button").first.click()
    expect(factors).to_have_count(0)
    page.page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.page.get_by_role("region", name=page.word("network.drawing")).wait_for()


def test_sample_and_batch_and_a_neuron_are_chosen(visitor: Visit) -> None:
    page = visitor().visit()
    still(page)
    card = explained(page)
    page.page.keyboard.press("ArrowRight")
    page.button("explain.next_sample").click()
    expect(card.get_by_text(re.compile("^sample 2 of"))).to_be_visible()
    shown = rehearsal(page, 1)
    page.page.locator('[data-at="1.2"]').focus()
    page.page.keyboard.press("Enter")
    z = np.frombuffer(shown["arrays"]["layer1.z"]["data"], "<f4")
    page.becomes(lambda: last_number(written(card)[-1]), pytest.approx(float(z[2]), rel=2e-3, abs=1e-4))
    card.get_by_role("radio", name=page.word("explain.whole_batch")).click()
    whole = np.frombuffer(rehearsal(page, None)["arrays"]["layer1.z"]["data"], "<f4").reshape(8, -1)
    page.becomes(lambda: last_number(written(card)[-1]), pytest.approx(float(whole[2].mean()), rel=2e-3, abs=1e-4))


def test_the_optimizer_is_followed_with_a_weight_of_any_layer(visitor: Visit) -> None:
    page = visitor().visit("/?layers=4,3")
    still(page)
    card = explained(page)
    shown = rehearsal(page)["arrays"]
    page.page.keyboard.press("ArrowRight")
    slider(page).press("End")
    page.page.keyboard.press("ArrowLeft")
    expect(card.get_by_role("heading", level=3)).to_have_text(page.word("explain.update"))
    for neuron, tensor, index in (
        ("1.2", "layer1.weight", 4),
        ("2.1", "layer2.weight", 4),
        ("1.0", "layer1.weight", 0),
    ):
        page.page.locator(f'[data-at="{neuron}"]').focus()
        page.page.keyboard.press("Enter")
        expect(card.get_by_role("heading", level=3)).to_have_text(page.word("explain.update"))
        after = float(np.frombuffer(shown[f"{tensor}.after"]["data"], "<f4")[index])
        page.becomes(lambda: last_number(written(card)[-1]), pytest.approx(after, rel=2e-3))
    page.button("explain.next_weight").click()
    after = float(np.frombuffer(shown["layer1.weight.after"]["data"], "<f4")[1])
    page.becomes(lambda: last_number(written(card)[-1]), pytest.approx(after, rel=2e-3))


def test_a_sample_that_the_next_batch_has_not_is_no_dead_end(visitor: Visit) -> None:
    page = visitor().visit()
    page.expected = FAILED
    still(page)
    card = explained(page)
    page.button("explain.previous_sample").click()
    last = rehearsal(page)["count"]
    expect(card.get_by_text(f"sample {last} of {last}")).to_be_visible()
    page.page.route(
        "**/rehearsal",
        lambda route: route.fulfill(
            status=422,
            json={"error": {"code": "invalid", "message": {"en": "Gone.", "zh": "无。"}, "field": "sample"}},
        ),
        times=1,
    )
    page.button("explain.previous_sample").click()
    expect(card.get_by_text(f"sample 1 of {last}")).to_be_visible()
    expect(card.get_by_role("alert")).to_have_count(0)


def test_what_stands_in_the_way_is_said_with_a_way_out(visitor: Visit) -> None:
    page = visitor().visit()
    page.expected = FAILED
    still(page)
    card = explained(page)
    page.button("transport.play").click()
    expect(card.get_by_text(page.word("explain.running"))).to_be_visible()
    page.page.route("**/rehearsal", lambda route: route.abort())
    card.get_by_role("button", name=page.word("explain.pause")).click()
    expect(card.get_by_role("alert")).to_contain_text(page.word("explain.unreachable"))
    page.page.unroute("**/rehearsal")
    card.get_by_role("button", name=page.word("explain.retry")).click()
    slider(page).wait_for()
    page.button("explain.close").click()
    expect(card).to_have_count(0)


def walk_on(page: Visitor, card: Locator, there: Callable[[str], bool]) -> None:
    """On from stage to stage until one has such a title."""
    title = card.get_by_role("heading", level=3)
    while not there(shown := title.inner_text()):
        page.button("explain.next").click()
        expect(title).not_to_have_text(shown)


def to_gradient(page: Visitor, card: Locator, layer: int) -> None:
    """On to the stage at which the layer's gradients are made."""
    wanted = page.word(
        "explain.of_layer", layer=page.word("network.layer", n=layer), what=page.word("explain.gradient")
    )
    walk_on(page, card, lambda title: title == wanted)


def test_a_weight_is_typed_into_its_chain_and_the_step_is_the_one_worked_out_by_hand(visitor: Visit) -> None:
    page = visitor().visit("/?preset=homework")
    card = explained(page)
    to_gradient(page, card, 1)
    page.button("explain.show_chain").click()
    field = card.get_by_label(page.word("explain.value"))
    field.fill("nothing")
    field.press("Enter")
    expect(card.get_by_role("alert")).to_have_text(page.word("network.not_a_number"))
    field.fill("4")
    field.press("Enter")
    page.parameter_becomes("layer1.weight", 0, 4.0)
    expect(field).to_have_value("4")
    w, b, v, c = (
        np.array(page.parameters(name)) for name in ("layer1.weight", "layer1.bias", "output.weight", "output.bias")
    )
    x, y = np.array([0.2, 0.3]), 1.0
    z = w.reshape(2, 2) @ x + b
    a = np.maximum(z, 0)
    error = v @ a + c[0] - y
    back = error * v * (z > 0)
    assert back[0] != 0
    factors = card.get_by_role("group", name=page.word("explain.factors"))
    page.becomes(lambda: float(factors.locator("b").first.inner_text().replace("−", "-")), approx(back[0] * x[0]))
    page.button("explain.take").click()
    expect(card.get_by_role("status")).to_contain_text("to the bit")
    assert page.parameters("layer1.weight") == pytest.approx((w - np.outer(back, x).ravel()).tolist(), rel=1e-5)
    assert page.parameters("layer1.bias") == pytest.approx((b - back).tolist(), rel=1e-5)
    assert page.parameters("output.weight") == pytest.approx((v - error * a).tolist(), rel=1e-5)
    assert page.parameters("output.bias") == pytest.approx([c[0] - error], rel=1e-5)


def approx(value: float) -> object:
    """A number as it is shown with two digits."""
    return pytest.approx(float(value), rel=0.06, abs=0.006)


def test_what_dropout_silences_of_the_sample_is_crossed_out_on_the_drawing(visitor: Visit) -> None:
    page = visitor().visit("/?layers=8(dropout:0.5)")
    still(page)
    card = explained(page)
    crosses = page.page.locator(".network svg.walk rect")
    drop = page.word("explain.of_layer", layer=page.word("network.layer", n=1), what=page.word("explain.drop"))

    def there(title: str) -> bool:
        if title == drop:
            return True
        expect(crosses).to_have_count(0)
        return False

    walk_on(page, card, there)
    for sample in (0, 1):
        mask = np.frombuffer(rehearsal(page, sample)["arrays"]["layer1.mask"]["data"], "<f4")

        def crossed() -> list[bool]:
            boxes = [box_of(cross) for cross in crosses.all()]
            middles = [middle(box_of(page.page.locator(f'[data-at="1.{unit}"]'))) for unit in range(8)]
            return [any(abs(x - u) + abs(y - v) < 4 for u, v in map(middle, boxes)) for x, y in middles]

        page.becomes(crossed, [bool(factor == 0) for factor in mask])
        expect(crosses).to_have_count(int(np.count_nonzero(mask == 0)))
        page.button("explain.next_sample").click()


def middle(box: FloatRect) -> tuple[float, float]:
    """The middle of a box."""
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
