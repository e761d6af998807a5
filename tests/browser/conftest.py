"""A server, a browser, and visitors for the browser tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.visitor import Visitor
from tests.live_server import ROOT, LiveServer

#: The tests of one machine are one address, and leave more runs behind in a minute than a class of students.
ROOM_ENOUGH: dict[str, str] = {}

Visit = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that lies in this folder as driving a browser."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; fails, saying how to install it, where there is none."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.HOW_TO, pytrace=False)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=chromium.arguments())
        yield started
        started.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server with the built page, shared by all tests that do not kill it."""
    if not (ROOT / "web/dist/index.html").exists():
        pytest.fail("the page is not built: run `make test`, or `npm --prefix web run build` first", pytrace=False)
    with LiveServer(tmp_path_factory.mktemp("server") / "log.txt", ROOM_ENOUGH) as started:
        yield started


@pytest.fixture
def visitor(browser: Browser, server: LiveServer) -> Iterator[Visit]:
    """Make visitors, each in a browser profile of its own; a complaint of any page fails the test at its end.

    Keyword arguments go to Playwright's `new_context` (viewport, locale, color_scheme ...); `beside=` opens another tab
    in the profile of an earlier visitor, `to=` visits another server.
    """
    made: list[Visitor] = []

    def make(*, beside: Visitor | None = None, to: LiveServer | None = None, **context: Any) -> Visitor:
        settings = {"viewport": {"width": 1440, "height": 900}, "locale": "en-US", "color_scheme": "light", **context}
        profile = browser.new_context(**settings) if beside is None else beside.page.context
        profile.set_default_timeout(10_000)
        made.append(Visitor(profile.new_page(), to or server))
        return made[-1]

    yield make
    complaints = [line for one in made for line in one.unexpected_complaints()]
    for one in made:
        one.leave()
    for profile in {one.page.context for one in made}:
        profile.close()
    assert complaints == []
