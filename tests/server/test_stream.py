"""The WebSocket of a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.json_input import MAX_BYTES
from tests.server.conftest import Live, Watcher, closed_with, play


def test_hello_frames_and_acknowledgements(live: Live) -> None:
    run = live.create(speed="full")

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            hello = viewer.hello
            assert (hello["protocol"], hello["run"], hello["owner"], hello["generation"]) == (1, run["id"], True, 1)
            assert hello["config"] == run["config"]
            assert hello["layout"] == run["layout"]
            assert hello["steps_per_epoch"] == 16
            assert hello["pace"] > 0
            frames = [await viewer.frame() for _ in range(20)]
            assert [frame["seq"] for frame in frames] == list(range(1, 21))
            assert all(a["step"] < b["step"] for a, b in pairwise(frames[1:]))
            assert sorted(viewer.records) == list(range(len(viewer.records)))
            count = run["layout"]["parameter_count"]
            assert all(len(frame["params"]) == 4 * count for frame in frames)
            assert all(len(frame["stats"]) == 4 * len(run["layout"]["columns"]) for frame in frames)
            assert "gradients" not in frames[-1]
            loss = np.frombuffer(frames[-1]["stats"], "<f4")[0]
            assert np.isfinite(loss)

    play(scenario())
    live.delete(run)


def test_what_is_watched_comes_along(live: Live) -> None:
    run = live.create()

    async def scenario() -> None:
        async with live.watch(run, watch=["gradients"]) as viewer:
            frame = await viewer.frame(lambda frame: frame["step"] > 0)
            assert np.frombuffer(frame["gradients"], "<f4").any()
            assert "updates" not in frame
            await viewer.say("pause")
            await viewer.event("state")
            await viewer.say("watch", fields=["updates"])
            frame = await viewer.frame(lambda frame: "updates" in frame)
            assert "gradients" not in frame

    play(scenario())
    live.delete(run)


def test_pause_step_play_reset(live: Live) -> None:
    run = live.create()

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            await viewer.say("pause")
            step = (await viewer.event("state"))["step"]
            await viewer.say("step")
            await viewer.frame(lambda frame: frame["step"] == step + 1 and frame["state"] == "paused")
            await viewer.say("step", count=5)
            await viewer.frame(lambda frame: frame["step"] == step + 6)
            await viewer.say("step", unit="epoch")
            frame = await viewer.frame(lambda frame: frame["step"] == step + 22)
            assert live.read(run)["state"] == "paused"
            assert np.frombuffer(frame["stats"], "<f4")[0] > 0
            await viewer.say("play")
            assert (await viewer.event("state"))["state"] == "running"
            await viewer.frame(lambda frame: frame["step"] > step + 22)
            await viewer.say("reset", seed=5)
            event = await viewer.event("config")
            assert (event["restarted"], event["generation"], event["config"]["seed"], event["step"]) == (True, 2, 5, 0)
            await viewer.frame(lambda frame: frame["generation"] == 2)
            assert live.read(run)["config"]["seed"] == 5

    play(scenario())
    live.delete(run)


def test_live_changes_and_restarts_keep_the_rest(live: Live) -> None:
    run = live.create()

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            await viewer.frame(lambda frame: frame["step"] > 3)
            await viewer.say("set", config={"training": {"optimizer": {"learning_rate": 0.5}}})
            event = await viewer.until(lambda m: m.get("event") == "config" and not m["restarted"] and m["step"] > 0)
            assert event["config"]["training"]["optimizer"]["learning_rate"] == 0.5
            await viewer.say("speed", speed=77)
            assert (await viewer.event("config"))["config"]["speed"] == 77
            await viewer.say("set", config={"network": {"layers": [{"units": 3}]}})
            event = await viewer.event("config")
            assert event["restarted"]
            assert event["config"]["speed"] == 77
            assert event["config"]["training"]["optimizer"]["learning_rate"] == 0.5
            assert event["layout"]["parameter_count"] == 3 * 2 + 3 + 3 + 1
            frame = await viewer.frame(lambda frame: frame["generation"] == event["generation"])
            assert len(frame["params"]) == 4 * 13
            await viewer.say("set", config={"data": {"dataset": {"id": "digits"}}})
            event = await viewer.event("config")
            assert event["config"]["training"]["loss"]["id"] == "softmax_cross_entropy"
            assert event["config"]["network"]["layers"][0]["units"] == 3

    play(scenario())
    live.delete(run)


def test_weights_can_be_set_by_hand(live: Live) -> None:
    run = live.create()

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            await viewer.say("pause")
            await viewer.event("state")
            await viewer.say("set", parameters=[{"tensor": "layer2.weight", "index": 3, "value": 1.25}])
            tensor = next(t for t in run["layout"]["tensors"] if t["name"] == "layer2.weight")
            place = tensor["offset"] + 3
            await viewer.frame(lambda frame: np.frombuffer(frame["params"], "<f4")[place] == 1.25)
            for bad in (
                {"tensor": "layer2.weight", "index": 64, "value": 0},
                {"tensor": "layer9.weight", "index": 0, "value": 0},
                {"tensor": "layer2.weight", "index": -1, "value": 0},
                {"tensor": "layer2.weight", "index": 0, "value": 1e7},
            ):
                await viewer.say("set", parameters=[bad])
                assert (await viewer.event("error"))["field"].startswith("parameters")

    play(scenario())
    live.delete(run)


BAD_MESSAGES: list[str | bytes] = [
    "",
    "not json",
    "[]",
    "5",
    "null",
    '{"type": "unknown"}',
    '{"type": ["play"]}',
    '{"type": 5}',
    '{"no": "type"}',
    '{"type": "play", "extra": 1}',
    '{"type": "step", "count": 0}',
    '{"type": "step", "count": 1e999}',
    '{"type": "step", "count": NaN}',
    '{"type": "step", "count": 1.5}',
    '{"type": "step", "count": 99999999999999999999}',
    '{"type": "step", "unit": "century"}',
    '{"type": "reset", "seed": -1}',
    '{"type": "speed"}',
    '{"type": "speed", "speed": -5}',
    '{"type": "set", "config": 5}',
    '{"type": "set", "config": {"nothing": 1}}',
    '{"type": "set", "config": {"training": {"optimizer": {"learning_rate": NaN}}}}',
    '{"type": "set", "parameters": [{"tensor": "layer1.weight", "index": 0, "value": NaN}]}',
    '{"type": "set", "parameters": 5}',
    '{"type": "ack"}',
    '{"type": "ack", "seq": 1000000}',
    '{"type": "watch", "fields": ["everything"]}',
    '{"type": "hello"}',
    "[" * 30_000,
    '{"a":' * 5000,
    '{"type": "reset", "seed": ' + "9" * 5000 + "}",
    '{"type": "\\ud800"}',
    b"\x81\xa4type\xa4play",
]


@pytest.mark.parametrize("message", BAD_MESSAGES, ids=lambda message: str(message[:40]))
def test_an_ill_formed_message_gets_an_error_event_and_breaks_nothing(live: Live, message: str | bytes) -> None:
    run = _shared_run(live)

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            await viewer.socket.send(message)
            error = await viewer.event("error")
            assert error["message"]["en"]
            assert error["message"]["zh"]
            await viewer.frame()

    play(scenario())


_RUNS: dict[str, dict[str, Any]] = {}


def _shared_run(live: Live) -> dict[str, Any]:
    if live.address not in _RUNS:
        _RUNS[live.address] = live.create()
    return _RUNS[live.address]


def test_a_message_that_is_too_long_is_refused_and_breaks_nothing(live: Live) -> None:
    run = _shared_run(live)

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            await viewer.socket.send(json.dumps({"type": "hello", "token": "x" * MAX_BYTES}))
            assert str(MAX_BYTES) in (await viewer.event("error"))["message"]["en"]
            await viewer.frame()

    play(scenario())


def test_a_message_beyond_all_bounds_ends_that_connection_only(live: Live) -> None:
    run = _shared_run(live)

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            with contextlib.suppress(ConnectionClosed):
                await viewer.socket.send("x" * 32 * MAX_BYTES)
            # 1009, unless the end of the connection overtakes it.
            assert await closed_with(viewer) in {1006, 1009}
        async with live.watch(run) as viewer:
            await viewer.frame()

    play(scenario())


def test_the_first_message_must_be_hello(live: Live) -> None:
    run = _shared_run(live)

    async def scenario() -> None:
        async with connect(live.stream_of(run)) as connection:
            viewer = Watcher(connection)
            await viewer.say("play")
            await viewer.socket.send("nonsense")
            await viewer.say("hello")
            assert (await viewer.next())["type"] == "hello"
            assert (await viewer.event("error"))["field"] == "type"
        async with connect(live.stream_of(run)) as connection:
            assert await closed_with(Watcher(connection)) == 4400  # says nothing

    play(scenario())


def test_a_viewer_without_the_token_watches_and_does_not_steer(live: Live) -> None:
    run = live.create()

    async def scenario() -> None:
        async with live.watch(run) as owner, live.watch(run, owner=False) as guest:
            assert owner.hello["owner"]
            assert not guest.hello["owner"]
            await guest.frame()
            for kind, content in (
                ("pause", {}),
                ("play", {}),
                ("step", {}),
                ("reset", {}),
                ("speed", {"speed": 1}),
                ("set", {"config": {"speed": 1}}),
                ("set", {"parameters": [{"tensor": "layer1.bias", "index": 0, "value": 9}]}),
            ):
                await guest.say(kind, **content)
                assert (await guest.event("error"))["field"] == "token"
            assert live.read(run)["state"] == "running"
            await owner.say("pause")
            assert (await guest.event("state"))["state"] == "paused"
        async with live.watch({**run, "control_token": "wrong"}) as stranger:
            assert not stranger.hello["owner"]
            assert (await stranger.event("error"))["field"] == "token"

    play(scenario())
    live.delete(run)


def test_an_unknown_run_is_said_to_be_unknown(live: Live) -> None:
    async def scenario() -> None:
        async with connect(live.stream_of({"id": "nothing"})) as connection:
            viewer = Watcher(connection)
            assert (await viewer.next())["field"] == "run"
            assert await closed_with(viewer) == 4404

    play(scenario())


def test_who_watches_a_run_that_ends_is_told(live: Live) -> None:
    run = live.create()

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            await viewer.frame()
            await asyncio.to_thread(live.delete, run)
            assert await closed_with(viewer) == 4410

    play(scenario())


def test_divergence_is_told_with_step_and_tensor_to_who_is_there_and_to_who_comes(live: Live) -> None:
    run = live.create(
        data={"dataset": {"id": "plane"}},
        network={"layers": [{"activation": {"id": "linear"}}] * 2},
        training={"optimizer": {"id": "sgd", "learning_rate": 100}},
    )

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            told = viewer.hello["diverged"]
            if told is None:
                event = await viewer.event("diverged")
                told = {"step": event["step"], "tensor": event["tensor"]}
            assert told["step"] > 0
            assert told["tensor"]
        async with live.watch(run, owner=False) as late:
            assert late.hello["diverged"] == told
            await late.frame(lambda frame: frame["step"] == told["step"] and frame["state"] == "diverged")
        assert live.read(run)["diverged"] == told
        async with live.watch(run) as viewer:
            await viewer.say("set", config={"training": {"optimizer": {"learning_rate": 0.001}}})
            await viewer.event("config")
        async with live.watch(run) as viewer:
            assert viewer.hello["diverged"] == told, "another learning rate alone mends no weights"
            await viewer.say("reset")
            await viewer.until(lambda m: m.get("event") == "config" and m["restarted"])
        async with live.watch(run) as viewer:
            assert viewer.hello["diverged"] is None
        assert live.read(run)["diverged"] is None

    play(scenario())
    live.delete(run)


def test_who_comes_back_continues_without_a_gap(live: Live) -> None:
    run = live.create(speed="full")

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            for _ in range(10):
                await viewer.frame()
            before = viewer.records
        known = len(before)
        async with live.watch(run, since=known, generation=1) as viewer:
            viewer.records = before
            first = await viewer.frame()
            assert first["series"]["start"] == known
            for _ in range(5):
                await viewer.frame()
            assert sorted(viewer.records) == list(range(len(viewer.records)))
            steps = [viewer.records[index] for index in sorted(viewer.records)]
            assert steps == sorted(steps)
            assert steps[0] == 1

    play(scenario())
    live.delete(run)
