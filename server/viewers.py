"""Mailboxes: who watches a run, what each viewer has, and what it gets next. No sockets here, and no clock.

State is latest-wins: a viewer that is slow skips frames. Records are lossless: every frame carries those that its
viewer has not acknowledged. Events come in order and are never dropped; a viewer that lets too many pile up is let go.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from server.frames import FrameBody, encode_frame, encode_measurement
from server.publications import Measurement, Series

#: Frames on their way to a viewer that it has not acknowledged: more would only wait in kernel buffers.
MAX_UNACKNOWLEDGED = 2
#: Events that may wait for a viewer.
MAX_EVENTS = 256
#: Bytes of records in one frame; what is beyond comes with the next ones.
SERIES_BYTES = 512 * 1024
#: A viewer may be this slow (bytes a second) before a large frame counts as not acknowledged, but no frame is waited
#: for so many seconds longer than others: who stalls behind a large one must be let go as well.
SLOWEST, LONGEST_PENDING = 200_000, 5.0


class SeriesLog:
    """All records of the present weights, as far as they have been published: arrays that double."""

    def __init__(self, columns: int) -> None:
        self.count = 0
        self._steps = np.zeros(64)
        self._values = np.zeros((64, columns), np.float32)

    def append(self, series: Series) -> None:
        """Add records; those that are here already are passed over."""
        known = self.count - series.start
        if known < 0:
            raise ValueError(f"records from {self.count} to {series.start} are missing")
        steps, values = series.steps[known:], series.values[known:]
        count = self.count + len(steps)
        while count > len(self._steps):
            self._steps = np.concatenate([self._steps, np.zeros_like(self._steps)])
            self._values = np.concatenate([self._values, np.zeros_like(self._values)])
        self._steps[self.count : count] = steps
        self._values[self.count : count] = values
        self.count = count

    def since(self, start: int) -> Series:
        """The records from `start` on, as many as one frame carries (at least one); views, not copies."""
        start = min(max(start, 0), self.count)
        most = max(SERIES_BYTES // (8 + 4 * self._values.shape[1]), 1)
        end = min(self.count, start + most)
        return Series(start, self._steps[start:end], self._values[start:end])


class MeasurementLog:
    """The newest measurement of every probe of the present weights, each with its number; encoded once."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[int, bytes]] = {}
        self._count = 0

    def take(self, measurements: Mapping[str, Measurement]) -> None:
        """Put measurements in the place of those before."""
        for probe_id, measurement in measurements.items():
            self._count += 1
            self._newest[probe_id] = self._count, encode_measurement(probe_id, measurement)

    def since(self, number: int, probes: frozenset[str]) -> tuple[int, list[bytes]]:
        """The number of the last one, and those of these probes that came behind `number`."""
        return self._count, [
            encoded for name, (count, encoded) in self._newest.items() if count > number and name in probes
        ]


@dataclass(frozen=True)
class _Sent:
    """A frame on its way: until when it must be acknowledged, and the record index that its viewer then has."""

    seq: int
    deadline: float
    until: int


@dataclass
class Mailbox:
    """One viewer. `fields` and `probes` are what it watches besides, `acknowledged` the records that it has."""

    owner: bool
    ack_timeout: float
    fields: frozenset[str] = frozenset()
    probes: frozenset[str] = frozenset()
    acknowledged: int = 0
    overflowed: bool = False
    _events: deque[bytes] = field(default_factory=deque)
    _in_flight: deque[_Sent] = field(default_factory=deque)
    _seq: int = 0
    _seen: int = -1
    _sent_until: int = 0
    _found: int = 0

    @property
    def has_room(self) -> bool:
        """Whether a frame may be sent now."""
        return len(self._in_flight) < MAX_UNACKNOWLEDGED

    @property
    def seen(self) -> int:
        """The version of the last state that was sent; -1 for none."""
        return self._seen

    @property
    def sent(self) -> int:
        """The number of the last frame that was sent; 0 for none."""
        return self._seq

    @property
    def deadline(self) -> float | None:
        """When the oldest frame must have been acknowledged."""
        return self._in_flight[0].deadline if self._in_flight else None

    def begin(self, acknowledged: int) -> None:
        """The viewer has the first `acknowledged` records of the present weights, and has seen no state of them."""
        self.acknowledged = self._sent_until = acknowledged
        self._seen, self._found = -1, 0
        # Frames of the weights before are still to be acknowledged, but say nothing about the new records.
        self._in_flight = deque(_Sent(sent.seq, sent.deadline, 0) for sent in self._in_flight)

    def post(self, event: bytes) -> None:
        """Put an event into the box."""
        if len(self._events) >= MAX_EVENTS:
            self.overflowed = True
        else:
            self._events.append(event)

    def next_event(self) -> bytes | None:
        """The next event, if any; events go before frames."""
        return self._events.popleft() if self._events else None

    def watch(self, fields: frozenset[str], probes: frozenset[str]) -> bool:
        """Change what is watched. Returns whether something was added, for which frames are to be made anew."""
        added = not (fields <= self.fields and probes <= self.probes)
        if not probes <= self.probes:
            # What was measured already comes with the next frame.
            self._found = 0
        self.fields, self.probes = fields, probes
        return added

    def next_frame(
        self, body: FrameBody, version: int, log: SeriesLog, now: float, measured: MeasurementLog | None = None
    ) -> bytes | None:
        """The frame that this viewer gets now, or None: nothing new for it, or two frames are on their way."""
        news = version > self._seen
        more = not self._in_flight and self._sent_until < log.count
        if not self.has_room or not (news or more):
            return None
        series = log.since(self.acknowledged)
        until = series.start + len(series.steps)
        self._seq += 1
        measurements: list[bytes] = []
        if measured is not None:
            self._found, measurements = measured.since(self._found, self.probes)
        frame = encode_frame(self._seq, body, self.fields, series, measurements)
        pending = min(len(frame) / SLOWEST, LONGEST_PENDING) if len(frame) > SLOWEST else 0.0
        self._in_flight.append(_Sent(self._seq, now + self.ack_timeout + pending, until))
        self._seen = version
        self._sent_until = max(self._sent_until, until)
        return frame

    def acknowledge(self, seq: int) -> bool:
        """The viewer has every frame up to `seq`; saying so twice does no harm. False if it was never sent."""
        if seq > self._seq:
            return False
        while self._in_flight and self._in_flight[0].seq <= seq:
            self.acknowledged = max(self.acknowledged, self._in_flight.popleft().until)
        return True
