"""Mailboxes: two frames on the way at most, no record lost, no event dropped, no viewer kept that does not keep up."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
import pytest

from server.frames import FrameBody
from server.publications import Series, Snapshot
from server.viewers import MAX_EVENTS, SERIES_BYTES, SLOWEST, Mailbox, SeriesLog

COLUMNS = 4


def series(start: int, count: int) -> Series:
    steps = np.arange(start, start + count, dtype=np.float64)
    return Series(start, steps, np.repeat(steps[:, None], COLUMNS, 1).astype(np.float32))


def body(size: int = 2) -> FrameBody:
    numbers = np.zeros(size, np.float32)
    return FrameBody(Snapshot(1, 1, 0.0, "running", 1.0, numbers, numbers[:0], numbers[:0], series(0, 0)))


def decoded(frame: bytes | None) -> dict[str, Any]:
    assert frame is not None
    message: dict[str, Any] = msgpack.unpackb(frame)
    return message


class Watched:
    """A mailbox beside a growing log."""

    def __init__(self) -> None:
        self.log = SeriesLog(COLUMNS)
        self.box = Mailbox(owner=True, ack_timeout=10.0)
        self.version = 0
        self.body = body()

    def progress(self, records: int = 1) -> None:
        self.log.append(series(self.log.count, records))
        self.version += 1

    def take(self, now: float = 0.0) -> bytes | None:
        return self.box.next_frame(self.body, self.version, self.log, now)


def test_at_most_two_frames_are_on_their_way() -> None:
    watched = Watched()
    sent = []
    for _ in range(10):
        watched.progress()
        sent.append(watched.take())
    assert [frame is not None for frame in sent] == [True, True, *[False] * 8]
    assert watched.box.acknowledge(1)
    assert decoded(watched.take())["seq"] == 3


def test_nothing_new_is_not_sent_again() -> None:
    watched = Watched()
    watched.progress()
    assert watched.take() is not None
    assert watched.take() is None
    watched.box.acknowledge(1)
    assert watched.take() is None
    watched.progress()
    assert watched.take() is not None


def test_records_come_until_they_are_acknowledged_and_never_are_missing() -> None:
    watched = Watched()
    watched.progress(3)
    first = decoded(watched.take())["series"]
    watched.progress(2)
    second = decoded(watched.take())["series"]
    assert (first["start"], len(first["steps"]) // 8) == (0, 3)
    assert (second["start"], len(second["steps"]) // 8) == (0, 5)
    watched.box.acknowledge(2)
    watched.progress(1)
    third = decoded(watched.take())["series"]
    assert (third["start"], np.frombuffer(third["steps"], "<f8").tolist()) == (5, [5.0])


def test_skipped_frames_lose_no_record() -> None:
    watched, got = Watched(), set()
    generator = np.random.default_rng(3)
    waiting: list[int] = []
    for _ in range(500):
        watched.progress(int(generator.integers(0, 4)))
        frame = watched.take()
        if frame is not None:
            message = decoded(frame)
            waiting.append(message["seq"])
            got |= set(np.frombuffer(message["series"]["steps"], "<f8").astype(int).tolist())
        if waiting and generator.random() < 0.4:
            watched.box.acknowledge(waiting.pop(0))
    while waiting:
        watched.box.acknowledge(waiting.pop(0))
    last = watched.take()
    if last is not None:
        got |= set(np.frombuffer(decoded(last)["series"]["steps"], "<f8").astype(int).tolist())
    assert got == set(range(watched.log.count))


def test_a_long_history_comes_in_parts() -> None:
    watched, got = Watched(), 0
    total = 3 * SERIES_BYTES // (8 + 4 * COLUMNS)
    watched.progress(total)
    frames = 0
    while (frame := watched.take()) is not None:
        message = decoded(frame)["series"]
        assert message["start"] == got
        assert len(message["steps"]) + len(message["values"]) <= SERIES_BYTES
        got += len(message["steps"]) // 8
        frames += 1
        watched.box.acknowledge(frames)
    assert got == total
    assert frames >= 3


def test_who_comes_back_gets_what_is_missing() -> None:
    watched = Watched()
    watched.progress(10)
    watched.box.begin(7)
    message = decoded(watched.take())["series"]
    assert (message["start"], len(message["steps"]) // 8) == (7, 3)


def test_new_weights_begin_a_new_history_even_with_frames_on_their_way() -> None:
    watched = Watched()
    watched.progress(10)
    watched.take()
    watched.log = SeriesLog(COLUMNS)
    watched.box.begin(0)
    watched.progress(2)
    assert decoded(watched.take())["series"]["start"] == 0
    watched.box.acknowledge(1)
    assert watched.box.acknowledged == 0
    watched.box.acknowledge(2)
    assert watched.box.acknowledged == 2


def test_acknowledgements_are_checked() -> None:
    watched = Watched()
    watched.progress()
    watched.take()
    assert not watched.box.acknowledge(2)
    assert watched.box.acknowledge(1)
    assert watched.box.acknowledge(1)
    assert watched.box.deadline is None


def test_the_oldest_frame_sets_the_deadline_and_large_ones_get_longer() -> None:
    watched = Watched()
    watched.progress()
    watched.take(now=100.0)
    watched.progress()
    watched.take(now=105.0)
    assert watched.box.deadline == 110.0
    watched.box.acknowledge(1)
    assert watched.box.deadline == 115.0
    watched.box.acknowledge(2)
    watched.body = body(3 * SLOWEST // 4)
    watched.progress()
    watched.take(now=200.0)
    assert watched.box.deadline == pytest.approx(213.0, abs=0.1)
    watched.box.acknowledge(3)
    # Who stalls is let go within 15 seconds, whatever was sent.
    watched.body = body(100 * SLOWEST // 4)
    watched.progress()
    watched.take(now=300.0)
    assert watched.box.deadline == 315.0


def test_events_keep_their_order_and_too_many_are_noticed() -> None:
    box = Mailbox(owner=False, ack_timeout=10.0)
    for number in range(MAX_EVENTS):
        box.post(str(number).encode())
    before = box.overflowed
    box.post(b"one too many")
    assert (before, box.overflowed) == (False, True)
    assert [box.next_event() for _ in range(MAX_EVENTS)] == [str(number).encode() for number in range(MAX_EVENTS)]
    assert box.next_event() is None


def test_the_log_passes_over_what_it_has_and_notices_a_gap() -> None:
    log = SeriesLog(COLUMNS)
    log.append(series(0, 100))
    log.append(series(50, 100))
    assert log.count == 150
    assert log.since(140).steps.tolist() == list(range(140, 150))
    assert len(log.since(10**9).steps) == 0
    log.append(series(0, 20))
    assert log.count == 150
    with pytest.raises(ValueError, match="missing"):
        log.append(series(151, 1))
