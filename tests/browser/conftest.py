"""A server, a browser, and visitors for the browser tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import chromium
from tests.browser.visitor import PATIENCE, Visitor
from tests.live_server import ROOT, LiveServer

#: Drawing sixty frames a second takes a core: where the pace does not matter, tests are content with fewer.
CALM = {"LIVEGRAD_FRAMES_PER_SECOND": "10"}

expect.set_options(timeout=1000 * PATIENCE)

Visit = Callable[..., Visitor]


def in_browser(item: pytest.Item) -> bool:
    """Whether a test lies in this folder."""
    return item.path.is_relative_to(Path(__file__).parent)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that lies in this folder, and run it last: an open Playwright holds the thread's event loop."""
    for item in items:
        if in_browser(item):
            item.add_marker(pytest.mark.browser)
    items.sort(key=in_browser)


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
    with LiveServer(tmp_path_factory.mktemp("server") / "log.txt", CALM) as started:
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
        profile.set_default_timeout(1000 * PATIENCE)
        made.append(Visitor(profile.new_page(), to or server))
        return made[-1]

    yield make
    complaints = [line for one in made for line in one.unexpected_complaints()]
    for one in made:
        one.leave()
    for profile in {one.page.context for one in made}:
        profile.close()
    assert complaints == []
