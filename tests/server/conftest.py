"""A real server on a port of its own, in a thread of the tests' process, and viewers that speak to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import httpx
import msgpack
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.__main__ import address_of, listen, make_server
from server.app import create_app
from server.services import Services
from server.settings import Settings
from server.warming import Warm, Warming, warm_kernels


class Live:
    """A running server."""

    def __init__(self, settings: Settings, warm: Warm = warm_kernels, warming: Warming | None = None) -> None:
        listener = listen("127.0.0.1", 0)
        self.address = address_of(listener)
        app = create_app(settings, warming=warming or Warming(warm))
        self.server = make_server(app, settings)
        self.services: Services = app.state.services
        self._thread = threading.Thread(target=self.server.run, args=([listener],))
        self._thread.start()

    def wait_until_ready(self) -> None:
        """Return when the kernels are compiled or loaded."""
        while self.health()["kernels"]["state"] == "compiling":
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop as Ctrl-C does."""
        self.server.should_exit = True
        self._thread.join()

    def create(self, **asked: Any) -> dict[str, Any]:
        """A new run."""
        answer = httpx.post(f"{self.address}/api/runs", json=asked, timeout=PATIENCE)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def patch(self, run: dict[str, Any], **asked: Any) -> httpx.Response:
        """Change a run."""
        address = f"{self.address}/api/runs/{run['id']}"
        return httpx.patch(address, json=asked, headers=bearer(run), timeout=PATIENCE)

    def health(self) -> dict[str, Any]:
        """How the server is."""
        found: dict[str, Any] = httpx.get(f"{self.address}/api/health", timeout=PATIENCE).json()
        return found

    def read(self, run: dict[str, Any]) -> dict[str, Any]:
        """Where a run stands."""
        found: dict[str, Any] = httpx.get(f"{self.address}/api/runs/{run['id']}", timeout=PATIENCE).json()
        return found

    def delete(self, run: dict[str, Any]) -> None:
        """End a run."""
        httpx.delete(f"{self.address}/api/runs/{run['id']}", headers=bearer(run), timeout=PATIENCE)

    @contextlib.asynccontextmanager
    async def watch(self, run: dict[str, Any], *, owner: bool = True, **hello: Any) -> AsyncIterator[Watcher]:
        """A viewer that has said hello."""
        async with connect(self.stream_of(run), max_size=None) as socket:
            watcher = Watcher(socket)
            await watcher.say("hello", **({"token": run["control_token"]} if owner else {}), **hello)
            watcher.hello = await watcher.next()
            assert watcher.hello["type"] == "hello"
            yield watcher

    def stream_of(self, run: dict[str, Any]) -> str:
        """The address of a run's WebSocket."""
        return f"{self.address.replace('http', 'ws')}/api/runs/{run['id']}/stream"


def bearer(run: dict[str, Any]) -> dict[str, str]:
    """The header that lets one change a run."""
    return {"Authorization": f"Bearer {run['control_token']}"}


class Watcher:
    """A viewer: acknowledges frames as the page does, unless told not to."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.hello: dict[str, Any] = {}
        self.acknowledging = True
        self.frames = 0
        #: Training steps of the records that have come, in order of their index.
        self.records: dict[int, float] = {}

    async def say(self, kind: str, **content: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **content}))

    async def next(self) -> dict[str, Any]:
        data = await self.socket.recv()
        assert isinstance(data, bytes)
        message: dict[str, Any] = msgpack.unpackb(data)
        if message["type"] == "frame":
            self.frames += 1
            steps = np.frombuffer(message["series"]["steps"], "<f8")
            for index, step in enumerate(steps.tolist(), start=message["series"]["start"]):
                assert self.records.setdefault(index, step) == step
            if self.acknowledging:
                await self.say("ack", seq=message["seq"])
        return message

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message that is wanted; those before it are passed over."""
        while True:
            message = await self.next()
            if wanted(message):
                return message

    async def event(self, name: str) -> dict[str, Any]:
        return await self.until(lambda message: message.get("event") == name)

    async def frame(self, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        return await self.until(lambda message: message["type"] == "frame" and wanted(message))


#: No test waits longer for what must come; nothing is concluded from how long it took.
PATIENCE = 60.0


def play(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, PATIENCE))


@contextlib.asynccontextmanager
async def reading(viewer: Watcher) -> AsyncIterator[list[dict[str, Any]]]:
    """A viewer that goes on reading while the test does something else; what it got so far."""
    got: list[dict[str, Any]] = []

    async def read() -> None:
        while True:
            got.append(await viewer.next())

    task = asyncio.create_task(read())
    yield got
    assert not task.done(), "the viewer was cut off"
    task.cancel()


async def closed_with(watcher: Watcher) -> int:
    with pytest.raises(ConnectionClosed):
        await watcher.until(lambda _: False)
    code = watcher.socket.close_code
    assert code is not None
    return code


async def settle(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  (what is waited for knows no event)
        await asyncio.sleep(0.02)


#: Short times, so that tests of timeouts are quick; far from what a busy machine needs for an ordinary answer.
SETTINGS = Settings(
    workers=2,
    max_runs=200,
    max_runs_per_address=200,
    ack_timeout_seconds=2.0,
    hello_timeout_seconds=2.0,
    commands_per_second=1000.0,
)


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    server = Live(SETTINGS)
    server.wait_until_ready()
    yield server
    server.stop()


@pytest.fixture
def live_with() -> Iterator[Callable[..., Live]]:
    """Makes servers with settings of the test's own."""
    servers: list[Live] = []

    def make(settings: Settings, warm: Warm = warm_kernels, warming: Warming | None = None) -> Live:
        servers.append(Live(settings, warm, warming))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()
