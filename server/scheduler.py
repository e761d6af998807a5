"""Worker threads that take runs in turn and give each a slice of a few milliseconds.

All runs wait in one heap, ordered by when they next want to train. A run at full speed wants to at once, so that such
runs take turns; a slow one waits there without costing anything. A run is either in the heap or in the hands of one
worker, hence never in two threads at once.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kernels.warm import Piece
from server.bus import RunningSide
from server.commands import Command, Configure
from server.pace import StepTime
from server.problems import refuse
from server.publications import Event
from server.runs import Run, error_event
from server.schema import RunConfig

logger = logging.getLogger("livegrad.scheduler")

#: Seconds that a thread has worked. Where another process takes the core meanwhile, a step did not get longer. (Windows
#: counts a thread's time in steps too coarse for a slice.)
THREAD_CLOCK: Callable[[], float] = time.monotonic if os.name == "nt" else time.thread_time
#: How long a slice should take, and how long it may where that makes it end together with a frame; in seconds. What a
#: viewer asks for waits for the slice to end: slices of 8 ms cost it a frame in twenty.
SLICE, LONGEST_SLICE = 0.006, 0.008
#: A run's viewers get at most so many frames a second, and so many bytes. A few more frames than a screen refreshes
#: (60): with just as many, the one that comes late leaves a refresh without any.
FRAME_INTERVAL, FRAME_BYTES_PER_SECOND = 1 / 64, 40e6
#: A frame this little ahead of its time is not worth another slice.
_EARLY = 0.001
#: How often a run's state is kept at most, in seconds, while it trains and while it stands still.
CHECKPOINT_INTERVAL, STANDING_CHECKPOINT_INTERVAL = 10.0, 1.0


class Kernels(Protocol):
    """Who compiles kernels."""

    def missing(self, config: RunConfig) -> Sequence[Piece]:
        """What a configuration needs and is not compiled yet."""

    def want(self, run_id: str, missing: Sequence[Piece]) -> None:
        """Compile these soon, and wake the run at each one that is there."""


@dataclass(eq=False)
class _Entry:
    """A run as the scheduler sees it. `place` is its place in the heap: older places of the same run are void.

    `held` are commands that wait for kernels, `awaited` how many kernels they waited for at first, and `told` what the
    viewers were told of that.
    """

    run_id: str
    run: Run
    due: float = math.inf
    place: int = -1
    busy: bool = False
    woken: bool = False
    removed: bool = False
    step_time: StepTime | None = None
    next_frame: float = -math.inf
    published: int = -1
    saved: int = -1
    saved_at: float = -math.inf
    held: list[Command] = field(default_factory=list)
    awaited: int = 0
    told: Mapping[str, Any] | None = None


class Scheduler:
    """Shares `workers` threads among all runs. Tests put clocks (in seconds) and runs of their own in place."""

    def __init__(
        self,
        bus: RunningSide,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
        make: Callable[[RunConfig, float], Run] = Run,
        thread_clock: Callable[[], float] = THREAD_CLOCK,
        kernels: Kernels | None = None,
    ) -> None:
        self._kernels = kernels
        self._make = make
        self._thread_clock = thread_clock
        self._bus = bus
        self._workers = workers
        self._clock = clock
        self._changed = threading.Condition()
        self._entries: dict[str, _Entry] = {}
        self._heap: list[tuple[float, int, _Entry]] = []
        self._places = itertools.count()
        self._threads: list[threading.Thread] = []
        self._stopping = False

    def start(self) -> None:
        """Start the workers. Runs that were opened before begin now."""
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(self._workers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Let each worker finish its slice, and wait for that, but no longer than `timeout` seconds in all."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))

    def open(self, run_id: str, config: RunConfig) -> None:
        """Begin a run."""
        now = self._clock()
        with self._changed:
            entry = self._entries[run_id] = _Entry(run_id, self._make(config, now))
            self._queue(entry, now)

    def close(self, run_id: str) -> None:
        """End a run. A slice that is under way is finished, its outcome is dropped."""
        with self._changed:
            entry = self._entries.pop(run_id, None)
            if entry is not None:
                entry.removed, entry.place = True, -1

    def wake(self, run_id: str) -> None:
        """There is something new on the bus for a run."""
        with self._changed:
            entry = self._entries.get(run_id)
            if entry is None:
                return
            if entry.busy:
                entry.woken = True
            elif entry.due > (now := self._clock()):
                self._queue(entry, now)

    def turn(self) -> bool:
        """Give one slice to the run whose turn it is. False if none is due."""
        with self._changed:
            entry = self._take()
        if entry is None:
            return False
        self._serve(entry)
        return True

    def _work(self) -> None:
        while True:
            with self._changed:
                while (entry := None if self._stopping else self._take()) is None:
                    if self._stopping:
                        return
                    self._changed.wait(self._heap[0][0] - self._clock() if self._heap else None)
            self._serve(entry)

    def _queue(self, entry: _Entry, due: float) -> None:
        """Put a run into the heap, in place of wherever it was. Holds the lock."""
        entry.due, entry.place = due, next(self._places)
        if math.isinf(due) and due > 0:
            return
        heapq.heappush(self._heap, (due, entry.place, entry))
        if self._heap[0][2] is entry:
            self._changed.notify()

    def _take(self) -> _Entry | None:
        """The run whose turn it is. Holds the lock."""
        while self._heap:
            due, place, entry = self._heap[0]
            if place != entry.place:
                heapq.heappop(self._heap)
            elif due <= self._clock():
                heapq.heappop(self._heap)
                entry.busy, entry.place = True, -1
                if self._heap:
                    # Whoever waits for the heap's head must look at the new one.
                    self._changed.notify()
                return entry
            else:
                return None
        return None

    def _serve(self, entry: _Entry) -> None:
        """One slice, and back into the heap."""
        try:
            due = self._slice(entry)
        except Exception:
            logger.exception("a run stopped because of a fault in it")
            due = self._recover(entry)
        with self._changed:
            entry.busy = False
            if entry.removed:
                return
            now = self._clock()
            self._queue(entry, now if entry.woken else max(due, now))
            entry.woken = False

    def _slice(self, entry: _Entry) -> float:
        """Do what the run wants now, bounded in time. Returns when it next wants something."""
        run, run_id, publish = entry.run, entry.run_id, self._bus.publish
        now = self._clock()
        if self._waits(entry):
            return math.inf
        commands, entry.held = entry.held, []
        for command in commands:
            for publication in run.handle(command, now):
                publish(run_id, publication)
        if not run.prepared:
            for publication in run.prepare():
                publish(run_id, publication)
            now = self._clock()
        demand = self._bus.demand(run_id)
        if (due := run.due(now)) >= 1:
            step_time = self._step_time(entry)
            steps = int(min(due, step_time.fitting(self._budget(entry, now, demand is not None))))
            began = self._thread_clock()
            publications = run.train(steps, demand is not None or run.owing, self._clock)
            step_time.note(steps, self._thread_clock() - began)
            for publication in publications:
                publish(run_id, publication)
            now = self._clock()
        changed = demand is not None and (demand.fresh or run.version != entry.published)
        if demand is not None and changed and now >= entry.next_frame - _EARLY:
            self._bus.satisfied(run_id)
            snapshot = run.snapshot(demand.fields)
            publish(run_id, snapshot)
            entry.published = run.version
            # In step with the screen: a frame that came late does not make those after it late too.
            interval = max(FRAME_INTERVAL, snapshot.size / FRAME_BYTES_PER_SECOND)
            entry.next_frame = max(entry.next_frame + interval, now + interval / 2)
            changed = False
        self._save(entry, now)
        next_time = run.next_time()
        return min(next_time, entry.next_frame) if changed else next_time

    def _waits(self, entry: _Entry) -> bool:
        """Take the run's commands. True while kernels compile that they, or its first weights, need.

        Only this run waits, with all its commands in their order; whoever compiles wakes it.
        """
        run = entry.run
        entry.held += self._bus.commands(entry.run_id)
        if self._kernels is None:
            return False
        configs = [command.config for command in entry.held if isinstance(command, Configure)]
        if not run.prepared:
            configs.append(run.config)
        missing = list(dict.fromkeys(piece for config in configs for piece in self._kernels.missing(config)))
        entry.awaited = max(entry.awaited, len(missing)) if missing else 0
        told = None
        if missing:
            told = {"name": missing[0].name, "done": entry.awaited - len(missing), "total": entry.awaited}
        if told != entry.told:
            entry.told = told
            self._bus.publish(entry.run_id, Event("compiling", run.generation, run.step, {"compiling": told}))
        if missing:
            self._kernels.want(entry.run_id, missing)
        return bool(missing)

    def _step_time(self, entry: _Entry) -> StepTime:
        """What is known of the run's steps; nothing, when they became another size."""
        if entry.step_time is None or entry.step_time.step_flops != entry.run.step_flops:
            entry.step_time = StepTime(entry.run.step_flops)
        return entry.step_time

    def _budget(self, entry: _Entry, now: float, wanted: bool) -> float:
        """Seconds for a slice; where a frame is due soon, such that a slice ends when it is."""
        ahead = entry.next_frame - now
        if not wanted or not _EARLY < ahead < 4 * LONGEST_SLICE:
            return SLICE
        return ahead / math.ceil(ahead / LONGEST_SLICE)

    def _save(self, entry: _Entry, now: float) -> None:
        """Keep the run's state: from time to time while it trains, and when it stands still."""
        run = entry.run
        standing = run.state in ("paused", "finished") and not run.owing
        interval = STANDING_CHECKPOINT_INTERVAL if standing else CHECKPOINT_INTERVAL
        if run.version != entry.saved and run.state != "diverged" and now >= entry.saved_at + interval:
            self._bus.save(entry.run_id, run.checkpoint())
            entry.saved, entry.saved_at = run.version, now

    def _recover(self, entry: _Entry) -> float:
        """Tell of a fault and let the run stand still; the others do not notice."""
        run = entry.run
        fault = refuse(
            500,
            "The run stopped because of a fault inside the server. Press play to go on, or reset to begin again.",
            "服务器内部故障，运行已暂停。按播放键继续，或重置后重新开始。",
        ).first
        self._bus.publish(entry.run_id, error_event(fault, run.generation))
        checkpoint = self._bus.checkpoint(entry.run_id)
        try:
            publications = run.recover(checkpoint)
        except Exception:
            logger.exception("a checkpoint could not be restored")
            publications = run.recover(None)
        for publication in publications:
            self._bus.publish(entry.run_id, publication)
        return math.inf
