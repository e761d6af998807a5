"""NETWORK: layers of every kind are added, exchanged, set and removed on images, each asserted on the server."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.test_steering_network import open_layer
from tests.browser.visitor import SLOWLY, Visitor

SMALL = f"/?dataset=digits&layers=conv(filters:4),pool&{SLOWLY}"


def kinds(page: Visitor) -> list[str]:
    """The kinds of the hidden layers, on the server."""
    return [layer["kind"] for layer in page.config("network.layers")]


def kinds_become(page: Visitor, *wanted: str) -> None:
    page.eventually(lambda: kinds(page) == list(wanted), f"the layers do not become {wanted}")


def kind(page: Visitor, name: str) -> dict[str, Any]:
    return next(variant for variant in page.variants("layer_kinds") if variant["id"] == name)


def offer(page: Visitor, name: str) -> Locator:
    """The line of an open list of kinds."""
    options = page.page.get_by_role("listbox", name=page.word("layer.kind")).get_by_role("option")
    return options.filter(has=page.page.get_by_text(kind(page, name)["label"]["en"], exact=True))


def add(page: Visitor, position: int, name: str) -> None:
    """Add a layer of a kind at a position, counted from 1."""
    page.button("network.add_stage", n=position).click()
    offer(page, name).click()


def trains_on(page: Visitor) -> None:
    step = page.run()["step"]
    page.eventually(lambda: page.run()["step"] > step, "it no longer trains")


def test_a_layer_of_each_kind_is_added_where_it_is_asked_for(visitor: Visit) -> None:
    page = visitor().visit(SMALL)
    add(page, 3, "conv")
    kinds_become(page, "conv", "pool", "conv")
    add(page, 4, "dense")
    kinds_become(page, "conv", "pool", "conv", "dense")
    add(page, 4, "global_pool")
    kinds_become(page, "conv", "pool", "conv", "global_pool", "dense")
    add(page, 1, "pool")
    kinds_become(page, "pool", "conv", "pool", "conv", "global_pool", "dense")
    trains_on(page)


def test_kinds_that_do_not_fit_are_greyed_with_the_reason(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=digits&layers=conv(filters:4),8")
    before = page.config("network.layers")
    page.button("network.add_stage", n=3).click()
    for name in ("conv", "pool", "global_pool"):
        expect(offer(page, name)).to_have_attribute("aria-disabled", "true")
        expect(offer(page, name)).to_contain_text(page.word("stage.needs_image", shape=8))
    expect(offer(page, "dense")).to_have_attribute("aria-disabled", "false")
    offer(page, "conv").click(force=True)
    page.page.keyboard.press("Escape")
    page.button("network.add_stage", n=1).click()
    for name, later in (("conv", False), ("pool", False), ("dense", True), ("global_pool", True)):
        expect(offer(page, name)).to_have_attribute("aria-disabled", str(later).lower())
    expect(offer(page, "dense")).to_contain_text(page.word("stage.later", n=2))
    assert page.config("network.layers") == before


def test_a_layer_becomes_one_of_another_kind_and_is_removed(visitor: Visit) -> None:
    page = visitor().visit(SMALL)
    open_layer(page, 2)
    page.choose(page.word("layer.kind"), kind(page, "conv")["label"]["en"])
    kinds_become(page, "conv", "conv")
    page.choose(page.word("layer.kind"), kind(page, "dense")["label"]["en"])
    kinds_become(page, "conv", "dense")
    page.button("layer.remove").click()
    kinds_become(page, "conv")
    page.button("network.remove_layer", n=1).click()
    kinds_become(page)
    for left in (("conv",), ("conv", "dense"), ("conv", "conv"), ("conv", "pool")):
        page.button("transport.undo").click()
        kinds_become(page, *left)


def test_filters_are_counted_up_and_down(visitor: Visit) -> None:
    page = visitor().visit(SMALL)
    page.restarts(page.button("network.more_filters", n=1).click)
    page.config_becomes("network.layers.0.filters", 5)
    assert len(page.parameters("layer1.weight")) == 5 * 3 * 3
    page.restarts(page.button("network.fewer_filters", n=1).click)
    page.config_becomes("network.layers.0.filters", 4)


def test_every_number_of_a_convolution_and_of_a_pool_is_set(visitor: Visit) -> None:
    page = visitor().visit(SMALL)
    for number, name, shaping in ((1, "conv", ("filters", "kernel", "stride")), (2, "pool", ("size", "stride"))):
        open_layer(page, number)
        for param in kind(page, name)["params"]:
            if param["id"] in shaping:
                page.move(page.slider(param["label"]["en"]), param, f"network.layers.{number - 1}.{param['id']}")
        page.page.keyboard.press("Escape")
    assert page.config("network.layers.0.kernel") == 4
    trains_on(page)


def test_padding_and_what_a_pool_takes_are_chosen_by_name(visitor: Visit) -> None:
    page = visitor().visit(SMALL)
    for number, name, chosen, wanted in ((1, "conv", "padding", "valid"), (2, "pool", "pooling", "mean")):
        open_layer(page, number)
        param = next(param for param in kind(page, name)["params"] if param["id"] == chosen)
        label = next(text["en"] for value, text in param["choices"] if value == wanted)
        page.page.get_by_role("combobox", name=param["label"]["en"]).select_option(label=label)
        page.config_becomes(f"network.layers.{number - 1}.{chosen}", wanted)
        page.page.keyboard.press("Escape")
    assert page.run()["layout"]["stages"][0]["shape"] == [4, 6, 6]


def test_a_kernel_that_does_not_fit_is_refused_beside_its_control_while_the_run_goes_on(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=digits&layers=pool(size:4;stride:4),conv(filters:4;kernel:2;padding:valid)")
    page.expected = ("422",)
    before = page.run()
    open_layer(page, 2)
    param = next(param for param in kind(page, "conv")["params"] if param["id"] == "kernel")
    page.nudge(page.slider(param["label"]["en"]))
    refusal = page.page.get_by_role("dialog").get_by_role("alert")
    expect(refusal).to_contain_text("2×2")
    trains_on(page)
    after = page.run()
    assert (after["generation"], after["config"]["network"]) == (before["generation"], before["config"]["network"])
    page.nudge(page.slider(param["label"]["en"]), "ArrowLeft")
    expect(refusal).to_have_count(0)


def test_a_network_is_made_convolutional_shared_and_brought_back(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=digits&layers=12")
    before = page.config("network.layers")
    made = page.server.get("/api/catalog")["convolutional"]
    page.button("network.convolutional").click()
    page.config_becomes("network.layers", made)
    expect(page.button("network.convolutional")).to_have_count(0)
    expect(page.page.get_by_role("tooltip")).to_have_count(0)
    page.eventually(lambda: "layers=conv" in page.page.url, "the address does not hold the layers")
    page.page.reload()
    page.drawn()
    page.config_becomes("network.layers", made)
    other = visitor().visit("/" + page.page.url.removeprefix(page.server.address).removeprefix("/"))
    assert other.config("network.layers") == made
    other.button("network.more_filters", n=1).click()
    other.config_becomes("network.layers.0.filters", made[0]["filters"] + 1)
    other.button("transport.undo").click()
    other.config_becomes("network.layers", made)
    assert before != made


def test_undo_brings_the_former_layers_back(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=digits&layers=12")
    before = page.config("network.layers")
    page.restarts(page.button("network.convolutional").click)
    page.restarts(page.button("transport.undo").click)
    page.config_becomes("network.layers", before)
    page.button("network.convolutional").wait_for()


def test_points_leave_layers_for_images_out_and_undo_brings_them_back(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=digits&layers=conv(filters:4),pool,6")
    before = page.config("network.layers")
    points = next(variant for variant in page.variants("datasets") if variant["kind"] == "plane")
    group = page.page.get_by_role("group", name=page.word("data.dataset"))
    group.get_by_role("button", name=points["label"]["en"], exact=True).click()
    kinds_become(page, "dense")
    page.page.get_by_text(page.word("notice.layers_left_out", n=2)).wait_for()
    page.button("transport.undo").click()
    page.config_becomes("network.layers", before)
