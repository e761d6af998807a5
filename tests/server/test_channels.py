"""A run as its viewers see it, fed with publications by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import msgpack
import numpy as np

from server.bus import Demand
from server.channels import Channel, Viewer
from server.commands import Report
from server.configuration import layout_of, resolve
from server.publications import Event, Plan, Receipt, Series, Snapshot
from server.viewers import Mailbox
from tests.server.support import Wire


def plan(generation: int = 1, restarted: bool = False, **asked: Any) -> Plan:
    config = resolve(asked)
    return Plan(config, layout_of(config), generation, 0, 16, (500, 500), 120.0, restarted)


def snapshot(start: int, count: int, generation: int = 1, gradients: bool = False) -> Snapshot:
    columns = len(plan().layout.columns)
    numbers = np.zeros(3, np.float32)
    steps = np.arange(start, start + count, dtype=np.float64)
    series = Series(start, steps, np.zeros((count, columns), np.float32))
    extra = numbers if gradients else None
    return Snapshot(generation, start + count, 1.0, "running", 9.0, numbers, numbers, numbers, series, extra)


def joined(channel: Channel, **hello: Any) -> tuple[Viewer, list[dict[str, Any]]]:
    viewer = Viewer(Mailbox(True, 10.0, hello.pop("fields", frozenset())))
    first = channel.join(viewer, hello.get("generation"), hello.get("since", 0))
    return viewer, [msgpack.unpackb(first)]


def everything(channel: Channel, viewer: Viewer) -> list[dict[str, Any]]:
    messages = []
    while (message := channel.next_message(viewer, 0.0)) is not None:
        messages.append(msgpack.unpackb(message))
    return messages


def test_a_viewer_gets_hello_then_the_newest_frame() -> None:
    wire = Wire()
    channel = Channel("run", plan(), wire)
    viewer, (hello,) = joined(channel)
    assert (hello["type"], hello["run"], hello["state"], hello["owner"]) == ("hello", "run", "running", True)
    assert wire.demands[-1].fresh
    channel.take(snapshot(0, 5))
    channel.take(snapshot(5, 5))
    (frame,) = everything(channel, viewer)
    assert (frame["seq"], frame["step"], len(frame["series"]["steps"]) // 8) == (1, 10, 10)


def test_a_slow_viewer_gets_the_last_state_when_it_has_room_again() -> None:
    channel = Channel("run", plan(), Wire())
    viewer, _ = joined(channel)
    frames = []
    for number in range(5):
        channel.take(snapshot(number, 1))
        frames += everything(channel, viewer)
    assert [frame["step"] for frame in frames] == [1, 2]
    assert channel.acknowledge(viewer, 2)
    (frame,) = everything(channel, viewer)
    assert (frame["step"], frame["series"]["start"]) == (5, 2)


def test_a_frame_is_wanted_only_while_somebody_has_room() -> None:
    wire = Wire()
    channel = Channel("run", plan(), wire)
    viewer, _ = joined(channel)
    for number in range(2):
        channel.take(snapshot(number, 1))
        everything(channel, viewer)
    wire.wanted.clear()
    channel.want_frame()
    assert wire.demands == []
    channel.acknowledge(viewer, 1)
    assert wire.demands == [Demand()]


def test_demands_join_what_all_viewers_watch() -> None:
    wire = Wire()
    channel = Channel("run", plan(), wire)
    viewer, _ = joined(channel, fields=frozenset({"gradients"}))
    other, _ = joined(channel, fields=frozenset({"updates"}))
    assert wire.demands[-1].fields == {"gradients", "updates"}
    channel.watch(viewer, frozenset())
    wire.wanted.clear()
    channel.watch(other, frozenset({"gradients"}))
    assert wire.demands == [Demand(frozenset({"gradients"}), fresh=True)]
    channel.take(snapshot(0, 1, gradients=True))
    assert "gradients" not in everything(channel, viewer)[0]
    assert "gradients" in everything(channel, other)[0]


def test_new_weights_are_told_before_their_first_frame_and_old_frames_are_dropped() -> None:
    channel = Channel("run", plan(), Wire())
    viewer, _ = joined(channel)
    channel.take(snapshot(0, 5))
    channel.take(plan(generation=2, restarted=True, seed=5))
    channel.take(snapshot(5, 1, generation=1))
    channel.take(snapshot(0, 2, generation=2))
    event, frame = everything(channel, viewer)
    assert (event["event"], event["restarted"], event["generation"]) == ("config", True, 2)
    assert event["config"]["seed"] == 5
    assert (frame["generation"], frame["series"]["start"], len(frame["series"]["steps"]) // 8) == (2, 0, 2)


def test_who_comes_back_continues_where_it_was_unless_the_weights_are_new() -> None:
    channel = Channel("run", plan(), Wire())
    channel.take(snapshot(0, 10))
    same, _ = joined(channel, generation=1, since=8)
    assert everything(channel, same)[0]["series"]["start"] == 8
    stale, _ = joined(channel, generation=7, since=8)
    assert everything(channel, stale)[0]["series"]["start"] == 0
    ahead, _ = joined(channel, generation=1, since=10**6)
    assert everything(channel, ahead)[0]["series"]["start"] == 10


def test_events_reach_everybody_in_order_and_set_the_state() -> None:
    channel = Channel("run", plan(), Wire())
    viewers = [joined(channel)[0] for _ in range(3)]
    channel.take(Event("paused_idle", 1, 5))
    channel.take(Event("state", 1, 5, {"state": "paused"}))
    assert (channel.state, channel.idle) == ("paused", True)
    channel.take(Event("state", 1, 5, {"state": "running"}))
    assert (channel.state, channel.idle) == ("running", False)
    for viewer in viewers:
        assert [message["event"] for message in everything(channel, viewer)] == ["paused_idle", "state", "state"]
    late, (hello,) = joined(channel)
    assert hello["state"] == "running"
    assert everything(channel, late) == []


def test_who_comes_after_a_divergence_is_told_of_it_until_there_are_new_weights() -> None:
    channel = Channel("run", plan(), Wire())
    early, (hello,) = joined(channel)
    assert hello["diverged"] is None
    channel.take(Event("diverged", 1, 7, {"tensor": "layer1.weight"}))
    channel.take(Event("state", 1, 7, {"state": "diverged"}))
    channel.take(plan(training={"optimizer": {"id": "sgd"}}))
    _, (hello,) = joined(channel)
    assert (hello["state"], hello["diverged"]) == ("diverged", {"step": 7, "tensor": "layer1.weight"})
    assert [message["event"] for message in everything(channel, early)] == ["diverged", "state", "config"]
    channel.take(Event("state", 1, 7, {"state": "running"}))
    channel.take(plan(generation=2, restarted=True))
    _, (hello,) = joined(channel)
    assert (hello["state"], hello["diverged"]) == ("running", None)


def test_waiting_for_a_run_ends_with_its_receipt_with_time_or_with_the_run() -> None:
    async def scenario() -> None:
        wire = Wire()
        channel = Channel("run", plan(), wire)
        waiting = asyncio.create_task(channel.settled(60.0))
        await asyncio.sleep(0)
        ((_, report),) = wire.sent
        assert isinstance(report, Report)
        channel.take(Receipt(report.ticket + 1, 1, 3, 0.5, 9.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        channel.take(Receipt(report.ticket, 1, 4, 0.75, 9.0))
        await waiting
        assert (channel.step, channel.epoch, channel.rate) == (4, 0.75, 9.0)
        await channel.settled(0.0)
        last = asyncio.create_task(channel.settled(60.0))
        await asyncio.sleep(0)
        channel.end()
        await last

    asyncio.run(scenario())


def test_who_comes_later_learns_how_training_ended() -> None:
    channel = Channel("run", plan(), Wire())
    channel.take(Event("finished", 1, 30, {"best_epoch": 2.0, "best_step": 16, "best_loss": 0.5}))
    channel.take(Event("state", 1, 30, {"state": "finished"}))
    _, (hello,) = joined(channel)
    assert hello["stopped"] == {"step": 30, "best_epoch": 2.0, "best_step": 16, "best_loss": 0.5}
    channel.take(Event("state", 1, 30, {"state": "running"}))
    _, (hello,) = joined(channel)
    assert (hello["state"], hello["stopped"]) == ("running", None)
