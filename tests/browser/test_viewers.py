"""One run, several tabs, several visits: it opens training, a reload goes on, only its owner steers."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit


def test_the_default_page_trains_and_its_loss_falls(visitor: Visit) -> None:
    page = visitor().visit()
    assert page.run()["state"] == "running"
    first = page.loss()
    page.eventually(lambda: page.loss() < 0.6 * first, "the training loss does not fall")


def test_a_reload_goes_on_with_the_same_run(visitor: Visit) -> None:
    page = visitor().visit()
    page.config_changes("training.batch_size", lambda: page.nudge(page.slider(page.word("data.batch_size"))))
    run, config, step = page.run_id, page.config(), page.run()["step"]
    page.page.reload()
    page.drawn()
    assert page.run_id == run
    assert page.config() == config
    assert page.run()["step"] >= step
    assert page.run()["generation"] == 1
    expect(page.button("transport.pause")).to_be_enabled()


def test_a_link_makes_the_same_configuration_elsewhere(visitor: Visit) -> None:
    first = visitor().visit()
    first.choose(first.word("training.optimizer"), first.variants("optimizers")[0]["label"]["en"])
    first.button("network.more_units", n=1).click()
    first.eventually(lambda: "optimizer=" in first.page.url and "layers=" in first.page.url)
    other = visitor().visit(first.page.url.removeprefix(first.server.address))
    assert other.run_id != first.run_id
    other.eventually(lambda: other.config() == first.config(), "the other has another configuration")


def test_two_watch_and_only_the_owner_steers(visitor: Visit) -> None:
    owner = visitor().visit()
    viewer = visitor().visit(f"/?run={owner.run_id}")
    assert viewer.run_id == owner.run_id
    viewer.page.get_by_text(viewer.word("watching.label"), exact=True).wait_for()
    for key in ("transport.pause", "transport.step", "transport.reset", "data.new_seed"):
        expect(viewer.button(key)).to_be_disabled()
    expect(viewer.menu(viewer.word("training.optimizer"))).to_be_disabled()
    viewer.page.keyboard.press("Space")
    viewer.page.keyboard.press("r")
    viewer.page.wait_for_timeout(300)
    assert (owner.run()["state"], owner.run()["generation"]) == ("running", 1)

    owner.button("transport.pause").click()
    viewer.button("transport.play").wait_for()
    other = owner.variants("schedules")[-1]
    owner.choose(owner.word("training.schedule"), other["label"]["en"])
    shown = viewer.page.get_by_role("button", name=re.compile(f": {re.escape(other['label']['en'])}$"))
    expect(shown).to_be_visible()


def test_a_viewer_can_go_on_with_a_copy(visitor: Visit) -> None:
    owner = visitor().visit("/?batch_size=50")
    viewer = visitor().visit(f"/?run={owner.run_id}")
    viewer.button("watching.copy").click()
    viewer.eventually(lambda: viewer.run_id != owner.run_id)
    assert viewer.config() == owner.config()
    expect(viewer.button("transport.pause")).to_be_enabled()


def test_the_chart_has_no_gap_after_a_lost_connection(visitor: Visit) -> None:
    page = visitor().visit()
    run = page.run_id
    page.page.context.set_offline(True)
    page.page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.page.wait_for_timeout(300)
    page.page.context.set_offline(False)
    page.drawn()
    assert page.run_id == run
