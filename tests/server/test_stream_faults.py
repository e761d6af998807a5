"""Viewers that stall, vanish or stay away, servers that stop: resources are freed, others do not notice."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import msgpack
import pytest
from websockets.asyncio.client import connect

from server.viewers import MAX_UNACKNOWLEDGED
from tests.server.conftest import SETTINGS, Live, Watcher, closed_with, play, reading, settle


def test_a_viewer_that_never_acknowledges_gets_two_frames_and_is_let_go(live: Live) -> None:
    run = live.create(speed="full")

    async def scenario() -> None:
        async with live.watch(run) as good, reading(good) as got, live.watch(run, owner=False) as bad:
            bad.acknowledging = False
            assert await closed_with(bad) == 4408
            assert bad.frames == MAX_UNACKNOWLEDGED
            before = len(got)
            await settle(lambda: len(got) > before)

    play(scenario())
    live.delete(run)


def raw_viewer(live: Live, run: dict[str, Any]) -> socket.socket:
    """A viewer that says hello and then never reads: its receive buffer is tiny."""
    host, port = live.address.removeprefix("http://").split(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.connect((host, int(port)))
    raw.sendall(
        f"GET /api/runs/{run['id']}/stream HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    raw.recv(12)
    text = b'{"type":"hello"}'
    raw.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
    return raw


@pytest.mark.parametrize("vanishing", [False, True])
def test_a_viewer_that_stalls_or_vanishes_is_freed_and_others_do_not_notice(live: Live, vanishing: bool) -> None:
    run = live.create(speed="full", network={"layers": [{"units": 256}] * 4})
    viewers = live.services.directory.find(run["id"]).channel.viewers  # type: ignore[union-attr]

    async def scenario() -> None:
        async with live.watch(run) as good, reading(good) as got:
            raw = await asyncio.to_thread(raw_viewer, live, run)
            await settle(lambda: len(viewers) == 2)
            if vanishing:
                raw.close()
            await settle(lambda: len(viewers) == 1)
            before = len(got)
            await settle(lambda: len(got) > before + 2)
            assert got[-1]["step"] > got[before]["step"]
            raw.close()

    play(scenario())
    live.delete(run)


def test_a_viewer_that_reads_slowly_skips_states_but_no_record(live: Live) -> None:
    run = live.create(speed="full", network={"layers": [{"units": 64}] * 2})

    async def scenario() -> None:
        async with live.watch(run) as good, live.watch(run, owner=False) as slow:
            seen = []
            for _ in range(8):
                seen.append(await slow.frame())
                for _ in range(5):
                    await good.frame()
            assert sorted(slow.records) == list(range(len(slow.records)))
            assert seen[-1]["seq"] == 8

    play(scenario())
    live.delete(run)


def test_an_idle_run_pauses_and_says_so_to_who_comes_back(live_with: Callable[..., Live]) -> None:
    live = live_with(replace(SETTINGS, idle_pause_seconds=0.1, keep_seconds=600.0))
    live.wait_until_ready()
    run = live.create()
    while not live.read(run)["idle"]:
        time.sleep(0.05)
    assert live.read(run)["state"] == "paused"

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            assert viewer.hello["state"] == "paused"
            await viewer.event("paused_idle")
            await viewer.say("play")
            await viewer.event("state")
            assert not live.read(run)["idle"]

    play(scenario())


def test_a_run_is_forgotten_after_its_time(live_with: Callable[..., Live]) -> None:
    live = live_with(replace(SETTINGS, idle_pause_seconds=0.1, keep_seconds=0.2))
    run = live.create()
    while httpx.get(f"{live.address}/api/runs/{run['id']}").status_code == 200:
        time.sleep(0.05)
    assert httpx.get(f"{live.address}/api/health").json()["runs"] == 0


def test_the_server_stops_with_viewers_connected(live_with: Callable[..., Live]) -> None:
    live = live_with(SETTINGS)
    live.wait_until_ready()
    run = live.create(speed="full")

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            await viewer.frame()
            await asyncio.to_thread(live.stop)
            assert await closed_with(viewer) == 1012

    play(scenario())


def test_a_full_house_says_so(live_with: Callable[..., Live]) -> None:
    live = live_with(replace(SETTINGS, max_viewers=1))
    run = live.create()

    async def scenario() -> None:
        async with live.watch(run), connect(live.stream_of(run)) as connection:
            viewer = Watcher(connection)
            data = await viewer.socket.recv()
            assert isinstance(data, bytes)
            assert msgpack.unpackb(data)["event"] == "error"
            assert await closed_with(viewer) == 4429

    play(scenario())
