"""DATA: every control changes the run on the server, not only what is drawn."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import SLOWLY, Visitor


@pytest.fixture
def page(visitor: Visit) -> Visitor:
    return visitor().visit(f"/?{SLOWLY}")


def offered(page: Visitor) -> list[dict[str, Any]]:
    """The data sets that can be had at a click: not one's own, and none whose files have to be fetched first."""
    found = [each for each in page.variants("datasets") if not each.get("uploaded") and not each.get("unavailable")]
    assert len(found) >= 13
    return found


def test_every_data_set_can_be_chosen(page: Visitor) -> None:
    group = page.page.get_by_role("group", name=page.word("data.dataset"))
    variants = offered(page)
    for variant in [*variants[1:], variants[0]]:
        page.restarts(group.get_by_role("button", name=variant["label"]["en"], exact=True).click)
        page.config_becomes("data.dataset.id", variant["id"])
        page.eventually(lambda: page.run()["step"] > 0, f"{variant['id']} does not train")


def test_every_parameter_of_every_data_set_can_be_moved(page: Visitor) -> None:
    group = page.page.get_by_role("group", name=page.word("data.dataset"))
    for variant in offered(page):
        params: list[dict[str, Any]] = variant["params"]
        if not params:
            continue
        group.get_by_role("button", name=variant["label"]["en"], exact=True).click()
        page.config_becomes("data.dataset.id", variant["id"])
        for param in params:
            page.change(param, f"data.dataset.{param['id']}")


def test_share_batch_and_seed(page: Visitor) -> None:
    share = page.config_changes("data.train_share", lambda: page.nudge(page.slider(page.word("data.train_share"))))
    assert 0.5 < share <= 0.9
    batch = page.config_changes("training.batch_size", lambda: page.nudge(page.slider(page.word("data.batch_size"))))
    assert batch > 32
    page.config_changes("data.seed", page.button("data.new_seed").click)


def test_batch_size_changes_without_new_weights(page: Visitor) -> None:
    generation = page.run()["generation"]
    page.config_changes("training.batch_size", lambda: page.nudge(page.slider(page.word("data.batch_size"))))
    assert page.run()["generation"] == generation


def test_every_feature_can_be_switched(page: Visitor) -> None:
    group = page.page.get_by_role("group", name=page.word("data.features"))
    chosen: list[str] = page.config("data.features")
    features = page.variants("features")
    for feature in [feature for feature in features if feature["id"] not in chosen]:
        group.get_by_role("button", name=feature["label"]["en"], exact=True).click()
        chosen = [known["id"] for known in features if known["id"] in {*chosen, feature["id"]}]
        page.config_becomes("data.features", chosen)
    for feature in features[:-1]:
        group.get_by_role("button", name=feature["label"]["en"], exact=True).click()
        chosen = [name for name in chosen if name != feature["id"]]
        page.config_becomes("data.features", chosen)
    last = group.get_by_role("button", name=features[-1]["label"]["en"], exact=True)
    # A network without inputs cannot be asked for.
    expect(last).to_be_disabled()


def test_images_have_no_features_to_choose_and_the_page_says_why(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=digits")
    chips = page.page.get_by_role("group", name=page.word("data.features")).get_by_role("button")
    features = page.config("data.features")
    expect(chips).to_have_count(len(page.variants("features")))
    for chip in chips.all():
        expect(chip).to_have_attribute("aria-disabled", "true")
        chip.click(force=True)
    card = page.page.get_by_role("region", name=page.word("data.title"))
    expect(card).to_contain_text("Only for points of the plane. The present data: images.")
    chips.first.focus()
    page.page.keyboard.press("Tab")
    expect(page.page.get_by_role("tooltip")).to_contain_text("Only for points of the plane.")
    assert page.config("data.features") == features


def test_a_data_set_goes_back_to_its_defaults(visitor: Visit) -> None:
    page = visitor().visit("/?dataset=spiral(samples:300;noise:0.4)")
    usual = page.server.get("/api/catalog")["default_config"]["data"]["dataset"]
    page.button("reset.choice", name="Spiral").click()
    page.config_becomes("data.dataset", usual)


def test_every_preprocessing_can_be_chosen(page: Visitor) -> None:
    for variant in [*page.variants("preprocessings")] * 2:
        page.choose(page.word("data.preprocessing"), variant["label"]["en"])
        page.config_becomes("data.preprocessing.id", variant["id"])


def test_every_sampling_can_be_chosen_without_new_weights(page: Visitor) -> None:
    generation = page.run()["generation"]
    for variant in [*page.variants("samplings")] * 2:
        page.choose(page.word("data.sampling"), variant["label"]["en"])
        page.config_becomes("training.sampling.id", variant["id"])
    assert page.run()["generation"] == generation
