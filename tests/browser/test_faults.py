"""What goes wrong: a killed server, a bad link, a divergence, a full server. Each has its calm and clear state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.live_server import LiveServer

#: What Chromium itself writes into the console when a request or a stream fails; the page cannot keep it from that.
NETWORK_ERRORS = ("net::ERR_", "WebSocket connection to", "Failed to load resource")

#: When the document was begun; another after a reload.
BEGAN = "performance.timeOrigin"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server of the test's own, to be killed."""
    with LiveServer(tmp_path / "log.txt") as server:
        yield server


def test_a_killed_server_comes_back_to_the_same_configuration(visitor: Visit, own_server: LiveServer) -> None:
    page = visitor(to=own_server)
    page.expected = NETWORK_ERRORS
    page.visit("/?dataset=moons(noise:0.2)&layers=5,4")
    page.config_changes("training.batch_size", lambda: page.nudge(page.slider(page.word("data.batch_size"))))
    run, config = page.run_id, page.config()
    own_server.kill()
    page.page.get_by_text(page.word("reconnecting.title")).wait_for()
    own_server.start()
    page.eventually(lambda: page.run_id != run, "no new run was started")
    page.config_becomes("", config)
    page.page.get_by_text(page.word("notice.started_again")).wait_for()
    page.eventually(lambda: page.run()["step"] > 0)
    expect(page.button("transport.pause")).to_be_enabled()


@pytest.mark.parametrize(
    "link",
    [
        "?optimizer=nonsense",
        "?optimizer=adam(learning_rate:1e999)",
        "?layers=100000",
        "?layers=3*8(activation:",
        "?batch_size=NaN",
        "?dataset=spiral(noise:-7)",
        "?seed=__proto__",
        "?whatever=1",
    ],
)
def test_a_bad_link_opens_the_default_and_says_why(visitor: Visit, link: str) -> None:
    page = visitor()
    page.expected = NETWORK_ERRORS
    page.visit("/" + link)
    assert page.config() == page.server.get("/api/catalog")["default_config"]
    beginning = page.word("notice.refused_link").split("{")[0], page.word("notice.unreadable_link").split("{")[0]

    def told() -> None:
        said = page.page.get_by_role("alert").inner_text()
        assert said.startswith(beginning)
        assert len(said) > min(map(len, beginning)) + 10, "it does not say what was wrong"

    page.soon(told)


def test_divergence_is_explained_and_can_be_mended(visitor: Visit) -> None:
    page = visitor().visit("/?optimizer=sgd(learning_rate:10)&loss=mse&layers=2*8(activation:linear)")
    page.eventually(lambda: page.run()["state"] == "diverged")
    alert = page.page.get_by_role("alert")
    expect(alert).to_contain_text(page.word("diverged.title").split("{")[0].strip())
    page.button("diverged.lower").click()
    page.config_becomes("training.optimizer.learning_rate", 1)
    page.button("diverged.lower").or_(page.button("transport.pause")).first.wait_for()
    for rate in (0.1, 0.01):
        if page.run()["state"] != "diverged":
            page.page.wait_for_timeout(500)
        if page.run()["state"] == "diverged":
            page.button("diverged.lower").click()
            page.config_becomes("training.optimizer.learning_rate", rate)
    page.eventually(lambda: page.run()["state"] == "running" and page.run()["step"] > 100)
    expect(alert).to_have_count(0)


def test_a_full_server_says_so_and_lets_in_when_there_is_room(visitor: Visit, tmp_path: Path) -> None:
    with LiveServer(tmp_path / "log.txt", {"LIVEGRAD_MAX_RUNS": "1"}) as small:
        first = visitor(to=small).visit()
        second = visitor(to=small)
        second.expected = NETWORK_ERRORS
        second.page.goto(small.address)
        second.page.get_by_text(second.word("full.title")).wait_for()
        first.leave()
        second.button("control.retry_now").click()
        second.drawn()
        assert second.run()["state"] == "running"
        second.leave()


def test_a_part_of_the_page_that_cannot_be_loaded_says_so_and_is_asked_for_again(visitor: Visit) -> None:
    page = visitor()
    page.expected = (*NETWORK_ERRORS, "Failed to fetch dynamically imported module", "Unable to preload CSS")
    page.visit()
    part = re.compile(r"/assets/ExplainCard-")
    page.page.route(part, lambda route: route.abort())
    page.page.keyboard.press("e")
    said = page.page.get_by_role("alert").filter(has_text=page.word("later.failed"))
    expect(said).to_be_visible()
    page.page.unroute(part)
    began = page.page.evaluate(BEGAN)
    page.button("control.retry").click()
    # The browser asks again, or it keeps to its failure and the page begins anew with the same run.
    card = page.page.get_by_role("region", name=page.word("explain.title"), exact=True)
    expect(said).to_be_hidden()
    page.eventually(lambda: card.is_visible() or page.page.evaluate(BEGAN) != began, "nothing is asked for again")
    if page.page.evaluate(BEGAN) != began:
        page.drawn()
        page.page.keyboard.press("e")
    expect(card).to_be_visible()
