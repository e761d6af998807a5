"""Somebody in front of the page: a browser tab, and the run that it shows as the server knows it."""

from __future__ import annotations

import json
import re
import time
import urllib.error
from collections.abc import Callable
from typing import Any, TypeVar

import msgpack
import numpy as np
from playwright.sync_api import ConsoleMessage, Error, FloatRect, Locator, Page, Response, WebSocket

from tests.live_server import ROOT, LiveServer

#: How long, in seconds, is waited for what has to come: a busy machine may take its time.
PATIENCE = 60.0
Found = TypeVar("Found")
#: Where it does not matter how fast a run trains, it trains slowly: drawing sixty frames a second takes a core.
SLOWLY = "speed=5"
#: Where something is begun that goes on without its page.
BEGUN = ("/api/runs", "/api/groups", "/api/studies")
WORDS: dict[str, dict[str, str]] = {
    language: json.loads((ROOT / f"web/src/i18n/{language}.json").read_text(encoding="utf-8"))
    for language in ("en", "zh")
}


def box_of(place: Locator) -> FloatRect:
    """Where something is drawn, in pixels of the page."""
    box = place.bounding_box()
    assert box is not None
    return box


def within(box: FloatRect, width: float, height: float | None = None) -> None:
    """Fail if a box reaches out of a screen, on a phone at its sides only."""
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert height is None or box["y"] + box["height"] <= height


def part_of(config: Any, path: str) -> Any:
    """The part of a configuration at a dotted path, all of it at an empty one; None where there is none."""
    for key in path.split(".") if path else []:
        try:
            config = config[int(key)] if isinstance(config, list) else config[key]
        except (IndexError, KeyError, TypeError):
            return None
    return config


class Visitor:
    """One tab with its page; collects what the page complains about and which run it watches."""

    def __init__(self, page: Page, server: LiveServer) -> None:
        self.page = page
        self.server = server
        self.language = "en"
        self.run_id = ""
        #: The control token of what the page has begun, by its address.
        self.tokens: dict[str, str] = {}
        self.sent: list[dict[str, Any]] = []
        #: The configuration that the page was last told by the run's stream.
        self.told: Any = None
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()
        page.on("websocket", self._watch)
        page.on("response", self._answered)
        page.on("console", self._said)
        page.on("pageerror", self._failed)

    def _watch(self, socket: WebSocket) -> None:
        self.run_id = socket.url.split("/api/runs/")[1].split("/")[0]
        socket.on("framesent", lambda sent: self.sent.append(json.loads(sent)))
        socket.on("framereceived", self._hear)

    def _hear(self, received: str | bytes) -> None:
        if isinstance(received, bytes):
            message = msgpack.unpackb(received)
            if message["type"] == "hello" or message.get("event") == "config":
                self.told = message["config"]

    def _answered(self, response: Response) -> None:
        path = response.url.removeprefix(self.server.address)
        if response.request.method == "POST" and path in BEGUN and response.status == 201:
            body = response.json()
            self.tokens[f"{path}/{body['id']}"] = body["control_token"]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _failed(self, error: Error) -> None:
        self.complaints.append(f"page error: {error}")

    def unexpected_complaints(self) -> list[str]:
        """What the page complained about, but for the lines that hold one of `expected`."""
        return [line for line in self.complaints if not any(known in line for known in self.expected)]

    def visit(self, path: str = "/") -> Visitor:
        """Open the page and wait until a frame of its run is drawn."""
        self.page.goto(self.server.address + path)
        self.drawn()
        return self

    def drawn(self) -> None:
        """Wait until a frame of the run is drawn."""
        self.eventually(lambda: self.run_id != "", "the page opens no stream")
        # Not wait_for_function: the page's content security policy allows no eval, and that is what it does.
        self.eventually(lambda: self.page.evaluate("window.__livegrad?.frames > 0"), "no frame is drawn")

    def run(self) -> dict[str, Any]:
        """The run as the server knows it: config, state, step, epoch, generation."""
        return self.server.get(f"/api/runs/{self.run_id}")

    def parameters(self, tensor: str) -> list[float]:
        """The values of a tensor on the server."""
        found = next(known for known in self.run()["layout"]["tensors"] if known["name"] == tensor)
        flat = np.frombuffer(self.server.frame(self.run_id)["params"], "<f4")
        return [float(value) for value in flat[found["offset"] : found["offset"] + found["size"]]]

    def loss(self) -> float:
        """The training loss of the run's latest frame, on the server."""
        message = self.server.frame(self.run_id)
        columns = [column["name"] for column in self.run()["layout"]["columns"]]
        return float(np.frombuffer(message["stats"], "<f4")[columns.index("train_loss")])

    def config(self, path: str = "") -> Any:
        """The run's configuration on the server, or the part of it at a dotted path; None where there is none."""
        return part_of(self.run()["config"], path)

    def eventually(self, holds: Callable[[], object], what: str = "") -> None:
        """Wait until `holds()` is true; fail, saying what did not become true, if it takes too long."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(what or "it did not become true in time")
            self.page.wait_for_timeout(40)

    def soon(self, check: Callable[[], object]) -> None:
        """Wait until a check with asserts of its own holds: what is drawn follows a click when the browser has time.

        Raises the check's last AssertionError after a while.
        """
        failed: list[AssertionError] = []

        def holds() -> bool:
            try:
                check()
            except AssertionError as error:
                failed[:] = [error]
                return False
            return True

        try:
            self.eventually(holds)
        except AssertionError:
            raise failed[0] from None

    def becomes(self, look: Callable[[], object], wanted: object) -> None:
        """Wait until what a look at the page finds is as wanted."""

        def same() -> None:
            assert look() == wanted

        self.soon(same)

    def steady(self, look: Callable[[], Found]) -> Found:
        """What a look at the page finds once it no longer changes: the last frame is drawn when it has come."""
        seen: list[Found] = []

        def rests() -> bool:
            if seen:
                self.page.wait_for_timeout(250)
            seen.append(look())
            return seen[-3:] == [seen[-1]] * 3

        self.eventually(rests, "it goes on changing")
        return seen[-1]

    def config_becomes(self, path: str, wanted: object) -> None:
        """Wait until the server's configuration holds `wanted` at a dotted path, and the page was told so."""
        seen: list[Any] = []

        def holds() -> bool:
            seen[:] = [self.config(path)]
            return bool(seen[0] == wanted)

        try:
            self.eventually(holds)
        except AssertionError:
            raise AssertionError(f"{path} is {json.dumps(seen[0])} on the server, not {json.dumps(wanted)}") from None
        self.eventually(lambda: part_of(self.told, path) == wanted, f"the page is not told that {path} changed")

    def config_changes(self, path: str, act: Callable[[], object]) -> Any:
        """Do something and wait until the server's configuration differs at a dotted path; returns the new value.

        The page was told it then.
        """
        before = self.config(path)
        act()
        self.eventually(lambda: self.config(path) != before, f"{path} is still {json.dumps(before)} on the server")
        self.eventually(lambda: part_of(self.told, path) == self.config(path), "the page is not told what changed")
        return self.config(path)

    def restarts(self, act: Callable[[], object]) -> None:
        """Do something and wait until the run has new weights."""
        before = self.run()["generation"]
        act()
        self.eventually(lambda: self.run()["generation"] > before, "the weights were not made anew")

    def word(self, key: str, **variables: object) -> str:
        """A text of the page by its key, as the page itself takes it."""
        text: str = WORDS[self.language][key]
        for name, value in variables.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def button(self, key: str, **variables: object) -> Locator:
        """A button by the key of its accessible name."""
        return self.page.get_by_role("button", name=self.word(key, **variables), exact=True)

    def slider(self, label: str) -> Locator:
        """A slider by its label; a mark that tells whether it restarts training may stand before it."""
        return self.page.get_by_role("slider", name=re.compile(rf"(?:^|\s){re.escape(label)}$"))

    def menu(self, label: str) -> Locator:
        """The button that opens a menu of choices; its name goes on with what is chosen."""
        named = self.page.get_by_role("button", name=re.compile(rf"^{re.escape(label)}: "))
        return named.and_(self.page.locator("[aria-haspopup=listbox]"))

    def choose(self, label: str, option: str) -> None:
        """Open a menu of choices and take one."""
        self.menu(label).click()
        options = self.page.get_by_role("listbox", name=label).get_by_role("option")
        options.filter(has=self.page.get_by_text(option, exact=True)).click()

    def nudge(self, slider: Locator, key: str = "ArrowRight") -> None:
        """Move a slider a little with the keyboard."""
        slider.focus()
        slider.press(key)

    def move(self, slider: Locator, param: dict[str, Any], path: str) -> None:
        """Move a parameter's slider away from its default and wait until the server has it, at a dotted path."""
        at_top = param["default"] >= param["maximum"]
        self.config_changes(path, lambda: self.nudge(slider, "ArrowLeft" if at_top else "ArrowRight"))

    def change(self, param: dict[str, Any], path: str) -> None:
        """Change a parameter by whatever control it has, and wait until the server has it, at a dotted path."""
        if param["choices"]:
            self.take_another(param["label"]["en"], param, path)
        else:
            self.move(self.slider(param["label"]["en"]), param, path)

    def take_another(self, label: str, param: dict[str, Any], path: str) -> None:
        """Choose another of a parameter's few values by its name and wait until the server has it, as a number."""
        names = [text["en"] for _, text in param["choices"]]
        index = (int(self.config(path)) + 1) % len(names)
        self.page.get_by_role("combobox", name=re.compile(rf"(?:^|\s){re.escape(label)}$")).select_option(
            label=names[index]
        )
        self.config_becomes(path, index)

    def parameter_becomes(self, tensor: str, index: int, wanted: float) -> None:
        """Wait until a number of a tensor has that value on the server."""
        self.eventually(lambda: self.parameters(tensor)[index] == wanted, f"{tensor}[{index}] does not become {wanted}")

    def says(self, message: dict[str, Any]) -> None:
        """Wait until the page has sent that message."""
        self.eventually(lambda: message in self.sent, f"the page never sent {json.dumps(message)}")

    def count_becomes(self, path: str, wanted: int) -> None:
        """Wait until the list at a dotted path of the server's configuration has that many entries."""
        self.eventually(lambda: len(self.config(path)) == wanted, f"{path} does not get {wanted} entries")
        self.eventually(lambda: len(part_of(self.told, path)) == wanted, "the page is not told what changed")

    def variants(self, family: str) -> list[dict[str, Any]]:
        """The members of a family, as the server's catalogue names them."""
        found: list[dict[str, Any]] = self.server.get("/api/catalog")["families"][family]
        return found

    def leave(self) -> None:
        """Close the tab and end what it began, so that the next visitor finds room."""
        self.page.close()
        for path, token in self.tokens.items():
            try:
                self.server.request("DELETE", path, token=token)
            except (urllib.error.URLError, ConnectionError):
                continue  # it is gone already: the server was restarted, or the page ended it
