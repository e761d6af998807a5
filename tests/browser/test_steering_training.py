"""TRAINING: every choice and every parameter of it changes the run on the server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor


@pytest.fixture
def page(visitor: Visit) -> Visitor:
    return visitor().visit()


def find_and_move(page: Visitor, param: dict[str, Any], path: str, name: str | None = None) -> None:
    """Move a parameter by its slider, which may stand behind a chip with its name and value."""
    label = name or param["label"]["en"]
    slider = page.slider(label)
    card = page.page.get_by_role("region", name=page.word("training.title"))
    if slider.count() == 0:
        card.get_by_role("button").filter(has_text=label).first.click()
        slider.wait_for()
    page.move(slider, param, path)
    page.page.keyboard.press("Escape")


@pytest.mark.parametrize(("family", "field"), [("optimizers", "optimizer"), ("schedules", "schedule")])
def test_every_variant_and_parameter_changes_live(page: Visitor, family: str, field: str) -> None:
    generation = page.run()["generation"]
    variants = page.variants(family)
    for variant in [*variants, *variants[:1]]:
        page.choose(page.word(f"training.{field}"), variant["label"]["en"])
        page.config_becomes(f"training.{field}.id", variant["id"])
        for param in variant["params"]:
            find_and_move(page, param, f"training.{field}.{param['id']}")
    assert page.run()["generation"] == generation, "a live change must not restart the weights"


def test_every_fitting_loss_can_be_chosen(page: Visitor) -> None:
    fitting = [loss for loss in page.variants("losses") if "binary" in loss["tasks"]]
    assert len(fitting) >= 2
    for loss in fitting * 2:
        page.choose(page.word("training.loss"), loss["label"]["en"])
        page.config_becomes("training.loss.id", loss["id"])


def test_losses_that_do_not_fit_are_not_offered(page: Visitor) -> None:
    unfit = [loss["label"]["en"] for loss in page.variants("losses") if "binary" not in loss["tasks"]]
    assert unfit
    page.menu(page.word("training.loss")).click()
    offered = page.page.get_by_role("listbox", name=page.word("training.loss")).get_by_role("option")
    for label in unfit:
        assert offered.filter(has=page.page.get_by_text(label, exact=True)).count() == 0


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
    assert page.page.get_by_role("alert").inner_text() != ""
    assert page.config("training.optimizer.learning_rate") == 0.01
    field.fill("0.025")
    field.press("Enter")
    page.config_becomes("training.optimizer.learning_rate", 0.025)
    page.slider(label).dblclick()
    page.config_becomes("training.optimizer.learning_rate", param["default"])
