"""NETWORK: units, layers, a layer's choices and single weights, each asserted on the server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import SLOWLY, Visitor

FAMILIES = (("activation", "activations"), ("initializer", "initializers"), ("normalization", "normalizations"))


@pytest.fixture
def page(visitor: Visit) -> Visitor:
    return visitor().visit(f"/?{SLOWLY}")


def units(page: Visitor) -> list[int]:
    """Units of the hidden layers, on the server."""
    return [layer["units"] for layer in page.config("network.layers")]


def open_layer(page: Visitor, number: int) -> None:
    """Open the settings of a hidden layer, counted from 1."""
    page.button("network.open_layer", n=number).click()
    page.page.get_by_role("dialog", name=page.word("layer.title", number=number)).wait_for()


def test_units_can_be_added_and_removed(page: Visitor) -> None:
    before = units(page)
    page.restarts(page.button("network.more_units", n=1).click)
    assert units(page) == [before[0] + 1, *before[1:]]
    page.restarts(page.button("network.fewer_units", n=2).click)
    assert units(page) == [before[0] + 1, before[1] - 1, *before[2:]]


def test_layers_can_be_added_and_removed_down_to_none(page: Visitor) -> None:
    before = units(page)
    page.button("network.add_layer", n=1).click()
    page.count_becomes("network.layers", len(before) + 1)
    for left in range(len(before), -1, -1):
        page.button("network.remove_layer", n=1).click()
        page.count_becomes("network.layers", left)
    page.eventually(lambda: page.run()["step"] > 0, "a network without hidden layers does not train")
    page.button("network.add_layer", n=1).click()
    page.count_becomes("network.layers", 1)


@pytest.mark.parametrize(("key", "family"), FAMILIES)
def test_every_choice_of_a_layer_and_its_parameters(page: Visitor, key: str, family: str) -> None:
    open_layer(page, 1)
    second = page.config("network.layers.1")
    variants = [variant for variant in page.variants(family) if not variant.get("needs_image")]
    for variant in [*variants, *variants[:1]]:
        page.choose(page.word(f"layer.{key}"), variant["label"]["en"])
        page.config_becomes(f"network.layers.0.{key}.id", variant["id"])
        for param in variant["params"]:
            page.change(param, f"network.layers.0.{key}.{param['id']}")
    page.eventually(lambda: page.run()["step"] > 0)
    assert page.config("network.layers.1") == second, "another layer was changed too"


def test_groups_stay_divisors_of_the_units(visitor: Visit) -> None:
    page = visitor().visit("/?layers=12(normalization:group_norm(groups:4))")
    open_layer(page, 1)
    path = "network.layers.0.normalization.groups"
    slider = page.slider("Groups")
    assert page.config_changes(path, lambda: page.nudge(slider)) == 6
    assert page.config_changes(path, lambda: page.nudge(slider, "PageDown")) < 6
    page.page.get_by_role("button", name=re.compile(r"^Groups: ")).click()
    field = page.page.get_by_role("textbox", name="Groups")
    field.fill("5")
    field.press("Enter")
    expect(page.page.get_by_role("alert")).to_contain_text("1, 2, 3, 4, 6")
    field.fill("4")
    field.press("Enter")
    page.config_becomes(path, 4)
    page.page.keyboard.press("Escape")
    page.button("network.more_units", n=1).click()
    page.config_becomes("network.layers.0.units", 13)
    assert page.config(path) == 1


def test_a_normalization_that_makes_no_sense_for_the_layer_is_not_offered(visitor: Visit) -> None:
    page = visitor().visit("/?layers=1,4(normalization:batch_norm;bias_initializer:normal)&batch_size=1")
    label = page.word("layer.normalization")
    open_layer(page, 1)
    page.menu(label).click()
    options = page.page.get_by_role("listbox", name=label).get_by_role("option")
    for index, variant in enumerate(page.variants("normalizations")):
        senseless = any(variant.get(key) for key in ("least_batch", "least_units", "needs_image"))
        expect(options.nth(index), variant["id"]).to_be_enabled(enabled=not senseless)
    page.page.keyboard.press("Escape")
    open_layer(page, 2)
    dialog = page.page.get_by_role("dialog", name=page.word("layer.title", number=2))
    # What the address brought is kept, with the reason beneath it; so is a bias that there is not.
    dialog.get_by_text(page.word("fit.least_batch", batch=1, least=2)).first.wait_for()
    dialog.get_by_text(page.word("fit.no_bias", normalization="Batch norm")).first.wait_for()
    page.menu(label).click()
    usual = page.server.get("/api/catalog")["default_config"]["training"]["batch_size"]
    page.button("fit.take_batch", n=usual).click()
    page.config_becomes("training.batch_size", usual)


def test_units_and_dropout_of_a_layer_by_slider(page: Visitor) -> None:
    open_layer(page, 2)
    page.restarts(lambda: page.nudge(page.slider("Units")))
    assert units(page)[1] > 8
    generation = page.run()["generation"]
    page.config_changes("network.layers.1.dropout", lambda: page.nudge(page.slider("Dropout")))
    assert page.run()["generation"] == generation, "dropout changes live"


def test_weights_and_inputs_can_be_silenced_while_it_trains(page: Visitor) -> None:
    generation = page.run()["generation"]
    open_layer(page, 1)
    page.config_changes("network.layers.0.dropconnect", lambda: page.nudge(page.slider("DropConnect")))
    page.page.keyboard.press("Escape")
    page.button("network.open_inputs").click()
    page.page.get_by_role("dialog", name=page.word("layer.inputs")).wait_for()
    page.config_changes("network.input.dropout", lambda: page.nudge(page.slider(page.word("layer.input_dropout"))))
    assert page.run()["generation"] == generation
    page.button("reset.layer").click()
    page.config_becomes("network.input.dropout", 0)


def test_a_gated_layer_is_drawn_by_its_units_and_its_numbers_can_be_set(visitor: Visit) -> None:
    page = visitor().visit("/?layers=3(activation:maxout(pieces:3);normalization:weight_norm)")
    assert len(page.parameters("layer1.weight")) == 9 * 2
    page.page.locator('[data-at="1.2"]').wait_for()
    expect(page.page.locator('[data-at="1.3"]')).to_have_count(0)
    page.button("transport.pause").click()
    page.eventually(lambda: page.run()["state"] == "paused")
    page.page.locator('[data-at="1.1"]').press("Enter")
    choices = page.page.get_by_role("combobox", name=page.word("network.edit_which"))
    expect(choices.locator("option")).to_have_count(6 + 3 * 2)
    labels = [text.strip() for text in choices.locator("option").all_text_contents()]
    bias, gain = page.word("network.bias"), page.word("network.gain")
    assert labels[:6] == [f"{name} {piece}" for name in (bias, gain) for piece in (1, 2, 3)]
    choices.select_option(label=f"{bias} 2")
    text = page.page.get_by_role("form").get_by_role("textbox")
    text.fill("0.75")
    text.press("Enter")
    page.parameter_becomes("layer1.bias", 3 + 1, 0.75)


def test_a_choice_and_a_whole_layer_go_back_to_their_defaults(visitor: Visit) -> None:
    odd = "5(activation:leaky_relu(slope:0.3);initializer:normal(std:2);dropout:0.4)"
    page = visitor().visit(f"/?layers={odd},{odd}")
    before = page.config("network.layers")
    slope = next(v for v in page.variants("activations") if v["id"] == "leaky_relu")["params"][0]["default"]
    open_layer(page, 2)
    page.button("reset.choice", name=page.word("layer.activation")).click()
    page.config_becomes("network.layers.1.activation", {"id": "leaky_relu", "slope": slope})
    page.button("reset.layer").click()
    usual = page.server.get("/api/catalog")["default_config"]["network"]["layers"][0]
    page.config_becomes("network.layers", [before[0], {**usual, "units": 5}])
    expect(page.button("reset.layer")).to_have_count(0)
    page.page.keyboard.press("Escape")
    page.button("transport.undo").click()
    page.button("transport.undo").click()
    page.config_becomes("network.layers", before)


def test_a_layers_settings_can_be_applied_to_all(page: Visitor) -> None:
    count = len(units(page))
    page.button("network.add_layer", n=count + 1).click()
    page.count_becomes("network.layers", count + 1)
    open_layer(page, 1)
    other = page.variants("activations")[0]
    page.choose(page.word("layer.activation"), other["label"]["en"])
    page.config_becomes("network.layers.0.activation.id", other["id"])
    page.button("layer.apply").click()
    page.eventually(lambda: {layer["activation"]["id"] for layer in page.config("network.layers")} == {other["id"]})


def test_all_layers_can_be_set_at_once(page: Visitor) -> None:
    page.button("layer.all").click()
    page.page.get_by_role("dialog", name=page.word("layer.all")).wait_for()
    for key, family in FAMILIES:
        other = next(
            variant for variant in page.variants(family) if variant["id"] != page.config(f"network.layers.0.{key}.id")
        )
        page.choose(page.word(f"layer.{key}"), other["label"]["en"])
        for index in range(len(units(page))):
            page.config_becomes(f"network.layers.{index}.{key}.id", other["id"])


def test_the_output_layers_initializer_can_be_chosen(page: Visitor) -> None:
    page.button("network.open_output").click()
    page.page.get_by_role("dialog", name=page.word("layer.output")).wait_for()
    for variant in page.variants("initializers"):
        page.choose(page.word("layer.initializer"), variant["label"]["en"])
        page.config_becomes("network.output.initializer.id", variant["id"])
        for param in variant["params"]:
            page.change(param, f"network.output.initializer.{param['id']}")


def test_a_layer_can_be_removed_in_its_settings(page: Visitor) -> None:
    before = units(page)
    open_layer(page, 1)
    page.button("layer.remove").click()
    page.count_becomes("network.layers", len(before) - 1)


def test_a_weight_and_a_bias_can_be_set(page: Visitor) -> None:
    page.button("transport.pause").click()
    page.eventually(lambda: page.run()["state"] == "paused")
    neuron = page.page.get_by_role("button", name=page.word("network.unit_of", layer=1, unit=1), exact=True)
    for option, tensor, value in ((0, "layer1.bias", 1.5), (1, "layer1.weight", -2.25)):
        neuron.focus()
        neuron.press("Enter")
        page.page.get_by_role("combobox", name=page.word("network.edit_which")).select_option(index=option)
        text = page.page.get_by_role("form").get_by_role("textbox")
        text.fill(str(value))
        text.press("Enter")
        page.page.get_by_role("form").wait_for(state="detached")
        page.parameter_becomes(tensor, 0, value)


def test_links_show_weights_gradients_or_updates(page: Visitor) -> None:
    """What the links show is the viewer's affair: the run stays as it is, and its frames bring what is asked for."""
    group = page.page.get_by_role("radiogroup", name=page.word("network.links_show"))
    before = page.config()
    for what in ("gradients", "updates"):
        group.get_by_role("radio", name=page.word(f"network.{what}")).click()
        page.says({"type": "watch", "fields": [what], "probes": []})
    group.get_by_role("radio", name=page.word("network.weights")).click()
    page.says({"type": "watch", "fields": [], "probes": []})
    assert page.config() == before


def test_images_train_and_are_drawn(visitor: Visit) -> None:
    """Data that are not points of the plane: the neurons show weights, the output shows samples."""
    page = visitor().visit()
    images: list[dict[str, Any]] = [variant for variant in page.variants("datasets") if variant["kind"] == "images"]
    images = [variant for variant in images if not variant.get("unavailable") and not variant.get("uploaded")]
    assert images
    group = page.page.get_by_role("group", name=page.word("data.dataset"))
    for variant in images:
        page.restarts(group.get_by_role("button", name=variant["label"]["en"], exact=True).click)
        page.eventually(lambda: page.run()["epoch"] > 1, f"{variant['id']} does not train")
        assert page.config("training.loss.id") in {
            loss["id"] for loss in page.variants("losses") if variant["task"] in loss["tasks"]
        }
