"""Measurements on their way to viewers: each gets what it watches, once, and no more of a network than of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgpack
import numpy as np
import pytest

from server.bus import Demand
from server.channels import Channel, Viewer
from server.frames import FrameBody, encode_frame
from server.messages import Hello, WatchFields, parse_message
from server.problems import Refused
from server.publications import Measurement, Series, Snapshot
from tests.server.support import Wire
from tests.server.test_channels import everything, joined, plan, snapshot

FEW = frozenset({"weight_histogram"})
BOTH = FEW | {"gradient_cosine"}


def measured(step: int, *names: str, generation: int = 1) -> Snapshot:
    values = np.full((2, 3), step, np.float32)
    probes = {name: Measurement(step, 0.5, 0.001, values) for name in names}
    return replace(snapshot(0, 0, generation), probes=probes)


def got(channel: Channel, viewer: Viewer) -> list[dict[str, int]]:
    """The steps of the measurements in every frame that is there, which is acknowledged."""
    steps = []
    for frame in everything(channel, viewer):
        if frame["type"] == "frame":
            steps.append({name: each["step"] for name, each in frame.get("probes", {}).items()})
            channel.acknowledge(viewer, frame["seq"])
    return steps


def test_a_viewer_gets_what_it_watches_and_every_measurement_once() -> None:
    wire = Wire()
    channel = Channel("run", plan(), wire)
    viewer, _ = joined(channel)
    other, _ = joined(channel)
    channel.watch(viewer, frozenset(), FEW)
    assert wire.demands[-1] == Demand(fresh=True, probes=FEW)
    channel.watch(other, frozenset({"updates"}), BOTH)
    assert wire.demands[-1] == Demand(frozenset({"updates"}), fresh=True, probes=BOTH)
    channel.take(measured(5, *BOTH))
    assert got(channel, viewer) == [{"weight_histogram": 5}]
    assert got(channel, other) == [dict.fromkeys(BOTH, 5)]
    channel.take(measured(6, "gradient_cosine"))
    assert got(channel, viewer) == [{}]
    assert got(channel, other) == [{"gradient_cosine": 6}]


def test_a_slow_viewer_gets_the_newest_measurement_of_each_probe() -> None:
    channel = Channel("run", plan(), Wire())
    viewer, _ = joined(channel)
    channel.watch(viewer, frozenset(), BOTH)
    for number in (1, 2):
        channel.take(measured(number))
        everything(channel, viewer)
    channel.take(measured(3, *BOTH))
    channel.take(measured(4, "gradient_cosine"))
    channel.acknowledge(viewer, 2)
    assert got(channel, viewer) == [{"weight_histogram": 3, "gradient_cosine": 4}]


def test_who_comes_later_gets_what_was_measured_last() -> None:
    wire = Wire()
    channel = Channel("run", plan(), wire)
    channel.take(measured(5, *BOTH))
    viewer, _ = joined(channel)
    assert got(channel, viewer) == [{}]
    wire.wanted.clear()
    channel.watch(viewer, frozenset(), FEW)
    channel.watch(viewer, frozenset(), frozenset())
    assert len(wire.wanted) == 1, "less to measure needs no new frame"
    channel.watch(viewer, frozenset(), FEW)
    channel.take(measured(6))
    assert got(channel, viewer) == [{"weight_histogram": 5}]


def test_what_was_measured_of_other_weights_is_gone() -> None:
    channel = Channel("run", plan(), Wire())
    viewer, _ = joined(channel)
    channel.watch(viewer, frozenset(), BOTH)
    channel.take(measured(5, *BOTH))
    channel.take(plan(generation=2, restarted=True))
    channel.take(measured(0, "gradient_cosine", generation=2))
    assert got(channel, viewer) == [{"gradient_cosine": 0}]


def test_hello_says_how_to_read_measurements() -> None:
    channel = Channel("run", plan(), Wire())
    _, (hello,) = joined(channel)
    layout = hello["probes"]["weight_histogram"]
    assert layout["rows"][0] == {"layer": 1, "tensor": "layer1.weight"}
    assert (layout["quantities"], layout["arrays"], layout["length"]) == (["low", "high"], ["count"], 48)


def test_a_frame_may_hold_more_than_a_short_map() -> None:
    numbers = np.zeros(3, np.float32)
    body = FrameBody(Snapshot(1, 2, 0.5, "paused", 0.0, numbers, numbers, numbers, Series(0, np.zeros(0), numbers)))
    plain = encode_frame(1, body, frozenset(), Series(0, np.zeros(0), numbers))
    shared = body.encoded(frozenset())[1]
    crowded = FrameBody(body.snapshot)
    more = b"".join(msgpack.packb(f"field{i}") + msgpack.packb(i) for i in range(10))
    crowded._encoded[frozenset()] = (body.encoded(frozenset())[0] + 10, shared + more)
    frame = msgpack.unpackb(encode_frame(1, crowded, frozenset(), Series(0, np.zeros(0), numbers)))
    assert len(frame) == len(msgpack.unpackb(plain)) + 10 > 15
    assert (frame["field9"], frame["series"]["start"]) == (9, 0)


def test_what_viewers_ask_for_is_read() -> None:
    hello = parse_message('{"type": "hello", "watch": ["updates"], "probes": ["gradient_cosine"]}')
    assert isinstance(hello, Hello)
    assert hello.probes == ["gradient_cosine"]
    watch = parse_message('{"type": "watch", "fields": []}')
    assert isinstance(watch, WatchFields)
    assert watch.probes == []


@pytest.mark.parametrize("asked", [["nothing"], "gradient_cosine", [3], ["gradient_cosine"] * 100])
def test_only_probes_that_there_are_can_be_watched(asked: Any) -> None:
    with pytest.raises(Refused) as refused:
        parse_message(json.dumps({"type": "watch", "fields": [], "probes": asked}))
    assert refused.value.first.field.startswith("probes")
