"""How much a viewer is sent and may say: the stream of a real server, and the buckets that bound it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from server import stream
from server.stream import Bucket
from tests.server.conftest import SETTINGS, Live, play


class Shut(Bucket):
    """No frame for an hour, and everything else at once."""

    def delay(self, now: float, *, lends: bool = True) -> float:
        return 3600.0 if self._rate == SEVENTEEN else super().delay(now, lends=lends)


SEVENTEEN = 17.0


def test_a_viewer_is_sent_no_more_frames_than_the_server_allows(
    live_with: Callable[..., Live], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "Bucket", Shut)
    live = live_with(replace(SETTINGS, frames_per_second=SEVENTEEN))
    run = live.create(speed="full")

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            while viewer.frames < 2:
                await viewer.next()
            for command in ("pause", "play", "pause"):
                await viewer.say(command)
                await viewer.event("state")
            assert viewer.frames == 2

    play(scenario())
    live.delete(run)


def test_frames_that_were_held_back_come_and_show_what_is_new_then(live_with: Callable[..., Live]) -> None:
    live = live_with(replace(SETTINGS, frames_per_second=10.0))
    run = live.create(speed="full")

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            # Two seconds' worth come at once.
            frames = [await viewer.frame() for _ in range(25)]
            assert all(a["step"] < b["step"] for a, b in pairwise(frames[1:]))
            await viewer.say("pause")
            step = (await viewer.event("state"))["step"]
            await viewer.frame(lambda frame: frame["step"] == step)

    play(scenario())
    live.delete(run)


def test_messages_are_taken_at_a_bounded_rate() -> None:
    bucket = Bucket(10.0, 0.0)
    assert [bucket.delay(0.0) for _ in range(20)] == [0.0] * 20
    assert bucket.delay(0.0) == pytest.approx(0.1)
    assert bucket.delay(0.0) == pytest.approx(0.2)
    assert bucket.delay(10.0) == 0.0
    assert [bucket.delay(10.0) for _ in range(19)] == [0.0] * 19
    assert bucket.delay(10.0) > 0


def test_what_is_refused_for_its_rate_counts_for_nothing() -> None:
    bucket = Bucket(10.0, 0.0)
    assert [bucket.delay(0.0, lends=False) for _ in range(20)] == [0.0] * 20
    assert [bucket.delay(0.0, lends=False) for _ in range(500)] == [pytest.approx(0.1)] * 500
    assert bucket.delay(0.125, lends=False) == 0.0
