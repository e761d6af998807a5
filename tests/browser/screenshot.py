"""Take the README's picture: `python -m tests.browser.screenshot <file>`, once the default page has learned."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.visitor import Visitor
from tests.live_server import LiveServer

#: Epochs after which the default run has bent its boundary into two arms.
EPOCHS = 400
WITHIN = 90.0


def main() -> int:
    """Take the picture; returns the exit status."""
    path = chromium.find()
    if len(sys.argv) != 2 or path is None:
        print(chromium.HOW_TO if path is None else __doc__, file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory() as folder,
        LiveServer(Path(folder) / "server.log") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=chromium.arguments())
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US", color_scheme="light")
        visitor = Visitor(page, server).visit()
        deadline = time.monotonic() + WITHIN
        while visitor.run()["epoch"] < EPOCHS and time.monotonic() < deadline:
            page.wait_for_timeout(200)
        Path(sys.argv[1]).parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=sys.argv[1])
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
