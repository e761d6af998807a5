"""TRAINING: every choice and every parameter of it changes the run on the server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import SLOWLY, Visitor


@pytest.fixture
def page(visitor: Visit) -> Visitor:
    return visitor().visit(f"/?{SLOWLY}")


def find_and_move(page: Visitor, param: dict[str, Any], path: str, name: str | None = None) -> None:
    """Move a parameter by its slider, which may stand behind a chip with its name and value, or by its select."""
    label = name or param["label"]["en"]
    if param["choices"]:
        page.take_another(label, param, path)
        return
    slider = page.slider(label)
    chip = (
        page.page.get_by_role("region", name=page.word("training.title")).get_by_role("button").filter(has_text=label)
    )
    slider.or_(chip).first.wait_for()
    if slider.count() == 0:
        chip.first.click()
        slider.wait_for()
    page.move(slider, param, path)
    page.page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("family", "field"), [("optimizers", "optimizer"), ("schedules", "schedule"), ("clippings", "clipping")]
)
def test_every_variant_and_parameter_changes_live(visitor: Visit, family: str, field: str) -> None:
    # All training samples a batch, since some methods are offered for nothing less.
    page = visitor().visit(f"/?batch_size=500&{SLOWLY}")
    generation = page.run()["generation"]
    variants = page.variants(family)
    for variant in [*variants, *variants[:1]]:
        page.choose(page.word(f"training.{field}"), variant["label"]["en"])
        page.config_becomes(f"training.{field}.id", variant["id"])
        for param in variant["params"]:
            find_and_move(page, param, f"training.{field}.{param['id']}")
    assert page.run()["generation"] == generation, "a live change must not restart the weights"


def test_warm_up_changes_live_and_can_be_undone(page: Visitor) -> None:
    generation = page.run()["generation"]
    label = page.word("training.warmup")
    card = page.page.get_by_role("region", name=page.word("training.title"))
    card.get_by_role("button").filter(has_text=label).click()
    dialog = page.page.get_by_role("dialog", name=label)
    dialog.get_by_role("button").click()
    field = dialog.get_by_role("textbox", name=label)
    field.fill("250000")
    field.press("Enter")
    page.config_becomes("training.warmup", 250_000)
    page.page.keyboard.press("Escape")
    page.eventually(lambda: "warmup=250000" in page.page.url, "the address does not tell the warm-up")
    page.button("transport.undo").click()
    page.config_becomes("training.warmup", 0)
    assert page.run()["generation"] == generation


def test_an_address_brings_clipping_sampling_and_warm_up(visitor: Visit) -> None:
    page = visitor().visit("/?clipping=by_norm(limit:0.5)&sampling=sorted&warmup=120")
    assert page.config("training.clipping") == {"id": "by_norm", "limit": 0.5}
    assert page.config("training.sampling.id") == "sorted"
    assert page.config("training.warmup") == 120


def test_a_large_family_is_searched_and_taken_by_keyboard(page: Visitor) -> None:
    label = page.word("training.optimizer")
    variants = page.variants("optimizers")
    groups = [variant["group"]["en"] for variant in variants if variant.get("group")]
    page.menu(label).click()
    listbox = page.page.get_by_role("listbox", name=label)
    options = listbox.get_by_role("option")
    expect(options).to_have_count(len(variants))
    for group in set(groups):
        members = listbox.get_by_role("group", name=group, exact=True).get_by_role("option")
        expect(members).to_have_count(groups.count(group))
    page.page.keyboard.type("no such method")
    page.page.get_by_text(page.word("control.no_match", query="no such method")).wait_for()
    search = page.page.get_by_role("combobox", name=page.word("control.search"))
    source = variants[-1]["source"]
    found = [variant for variant in variants if source.lower() in variant["source"].lower()]
    search.fill(source)
    expect(options).to_have_count(len(found))
    search.fill("Adam")
    page.eventually(lambda: 1 < options.count() < len(variants), "the search finds nothing, or everything")
    page.page.keyboard.press("ArrowDown")
    second = options.nth(1).locator("span").inner_text()
    page.page.keyboard.press("Enter")
    page.config_becomes("training.optimizer.id", next(v["id"] for v in variants if v["label"]["en"] == second))
    expect(listbox).to_have_count(0)
    page.menu(label).click()
    page.page.keyboard.press("Escape")
    expect(listbox).to_have_count(0)


def test_a_method_for_the_full_batch_is_offered_with_the_way_to_it(page: Visitor) -> None:
    whole = next(variant for variant in page.variants("optimizers") if variant.get("full_batch"))
    label, remark = page.word("training.optimizer"), page.word("fit.full_batch")
    before = page.config("training.optimizer")
    page.menu(label).click()
    option = page.page.get_by_role("listbox", name=label).get_by_role("option")
    option = option.filter(has=page.page.get_by_text(whole["label"]["en"], exact=True))
    expect(option).to_be_disabled()
    expect(option).to_contain_text(page.word("fit.full_batch_why"))
    option.hover()
    option.click(force=True)
    assert page.config("training.optimizer") == before
    way_out = page.button("fit.take_all", n=500)
    page.page.keyboard.press("Tab")
    expect(way_out).to_be_focused()
    page.page.keyboard.press("Enter")
    page.config_becomes("training.batch_size", 500)
    expect(way_out).to_have_count(0)
    expect(option).to_be_enabled()
    page.page.keyboard.press("Enter")
    page.config_becomes("training.optimizer.id", whole["id"])
    expect(page.menu(label)).not_to_have_attribute("aria-label", re.compile(re.escape(remark)))
    # A later change may make it senseless again: that is said where it was chosen.
    page.nudge(page.slider(page.word("data.batch_size")), "PageDown")
    expect(page.menu(label)).to_have_attribute("aria-label", re.compile(re.escape(remark)))
    assert page.config("training.optimizer.id") == whole["id"]


def test_what_an_optimizer_does_not_look_at_is_not_offered(visitor: Visit) -> None:
    deaf = "rprop"
    page = visitor().visit(f"/?optimizer={deaf}&batch_size=500")
    optimizer = next(variant for variant in page.variants("optimizers") if variant["id"] == deaf)
    assert optimizer["own_rates"]
    assert optimizer["signs_only"]
    for field, why in (("schedule", "fit.own_rates"), ("clipping", "fit.signs_only")):
        label = page.word(f"training.{field}")
        page.menu(label).click()
        options = page.page.get_by_role("listbox", name=label).get_by_role("option")
        expect(options.first).to_be_enabled()
        expect(options.nth(1)).to_be_disabled()
        expect(options.nth(1)).to_contain_text(page.word(why, optimizer=optimizer["label"]["en"]))
        page.page.keyboard.press("Escape")
    label = page.word("data.sampling")
    page.menu(label).click()
    options = page.page.get_by_role("listbox", name=label).get_by_role("option")
    for index, sampling in enumerate(page.variants("samplings")):
        expect(options.nth(index)).to_be_enabled(enabled=not sampling.get("order_only"))


def test_every_fitting_loss_can_be_chosen(page: Visitor) -> None:
    fitting = [loss for loss in page.variants("losses") if "binary" in loss["tasks"]]
    assert len(fitting) >= 2
    for loss in fitting * 2:
        page.choose(page.word("training.loss"), loss["label"]["en"])
        page.config_becomes("training.loss.id", loss["id"])


def test_losses_that_do_not_fit_are_shown_with_the_reason_and_cannot_be_taken(page: Visitor) -> None:
    unfit = [loss for loss in page.variants("losses") if "binary" not in loss["tasks"]]
    assert unfit
    label = page.word("training.loss")
    before = page.config("training.loss")
    page.menu(label).click()
    options = page.page.get_by_role("listbox", name=label).get_by_role("option")
    expect(options).to_have_count(len(page.variants("losses")))
    for loss in unfit:
        option = options.filter(has=page.page.get_by_text(loss["label"]["en"], exact=True))
        expect(option).to_be_disabled()
        expect(option).to_contain_text("The present data: two classes.")
        option.click(force=True)
        expect(option).to_be_visible()
    names = options.locator("span").all_inner_texts()
    page.page.keyboard.press("Home")
    for _ in range(names.index(unfit[0]["label"]["en"])):
        page.page.keyboard.press("ArrowDown")
    dialog = page.page.get_by_role("dialog", name=label)
    expect(dialog.locator(".about")).to_contain_text("Only for")
    page.page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.page.keyboard.press("Escape")
    assert page.config("training.loss") == before


def test_a_choice_and_the_whole_card_go_back_to_their_defaults(visitor: Visit) -> None:
    page = visitor().visit(
        "/?optimizer=momentum(learning_rate:0.5;momentum:0.2)&clipping=by_norm(limit:3)&warmup=40"
        "&regularizers=l2(rate:0.3)&batch_size=11"
    )
    momentum = next(variant for variant in page.variants("optimizers") if variant["id"] == "momentum")
    usual = {"id": "momentum", **{param["id"]: param["default"] for param in momentum["params"]}}
    optimizer = page.button("reset.choice", name=page.word("training.optimizer"))
    optimizer.click()
    page.config_becomes("training.optimizer", usual)
    expect(optimizer).to_have_count(0)
    regularization = page.button("reset.choice", name=page.word("training.regularization"))
    regularization.click()
    (l2,) = [variant for variant in page.variants("regularizers") if variant["id"] == "l2"]
    page.config_becomes(
        "training.regularizers", [{"id": "l2", **{param["id"]: param["default"] for param in l2["params"]}}]
    )
    expect(regularization).to_have_count(0)
    before = page.config("training")
    everything = page.button("reset.training")
    everything.click()
    default = page.server.get("/api/catalog")["default_config"]["training"]
    page.config_becomes("training", {**default, "batch_size": 11})
    expect(everything).to_be_disabled()
    page.button("transport.undo").click()
    page.config_becomes("training", before)


def test_every_regularizer_can_be_switched_and_moved(page: Visitor) -> None:
    generation = page.run()["generation"]
    variants = page.variants("regularizers")
    label = page.word("training.regularization")
    for count, variant in enumerate(variants):
        page.choose(label, variant["label"]["en"])
        page.page.keyboard.press("Escape")
        page.config_becomes(f"training.regularizers.{count}.id", variant["id"])
        for param in variant["params"]:
            name = f"{variant['label']['en']} · {param['label']['en']}"
            find_and_move(page, param, f"training.regularizers.{count}.{param['id']}", name)
    for count, variant in reversed(list(enumerate(variants))):
        page.choose(label, variant["label"]["en"])
        page.page.keyboard.press("Escape")
        page.count_becomes("training.regularizers", count)
    assert page.run()["generation"] == generation


def test_a_value_can_be_typed_and_a_wrong_one_is_explained(page: Visitor) -> None:
    rate = next(
        variant for variant in page.variants("optimizers") if variant["id"] == page.config("training.optimizer.id")
    )
    param = next(param for param in rate["params"] if param["id"] == "learning_rate")
    label = param["label"]["en"]
    shown = page.page.get_by_role("button", name=page.word("control.edit", name=label, value="0.01"), exact=True)
    shown.click()
    field = page.page.get_by_role("textbox", name=label)
    field.fill("1e9")
    field.press("Enter")
    expect(page.page.get_by_role("alert")).not_to_be_empty()
    assert page.config("training.optimizer.learning_rate") == 0.01
    field.fill("0.025")
    field.press("Enter")
    page.config_becomes("training.optimizer.learning_rate", 0.025)
    page.slider(label).dblclick()
    page.config_becomes("training.optimizer.learning_rate", param["default"])
