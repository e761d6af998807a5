"""Worker threads that take runs in turn and give each a slice of a few milliseconds.

All runs wait in one heap, ordered by when they next want to train. A run at full speed wants to at once, so that such
runs take turns; a slow one waits there without costing anything. A run is either in the heap or in the hands of one
worker, hence never in two threads at once. Runs of a group wait there too, each by itself, for what their group lets
them do (`server.lockstep`).
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from kernels.warm import Piece
from server.bus import RunningSide
from server.commands import Command, Configure, GroupCommand, Play
from server.lockstep import Lockstep
from server.niceness import stand_back
from server.pace import THREAD_CLOCK, GroupClock
from server.problems import refuse
from server.publications import Event, error_event
from server.runs import Run
from server.schema import RunConfig
from server.turns import Entry, Group

logger = logging.getLogger("livegrad.scheduler")

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


class Background(Protocol):
    """Work beside the runs: done when none of them is due, and a little of it where one always is."""

    def take(self, *, overdue: bool) -> Callable[[], None] | None:
        """The next short piece of it; with `overdue` only one that has waited too long. None if there is none."""


class Kernels(Protocol):
    """Who compiles kernels."""

    def missing(self, config: RunConfig) -> Sequence[Piece]:
        """What a configuration needs and is not compiled yet."""

    def want(self, run_id: str, missing: Sequence[Piece]) -> None:
        """Compile these soon, and wake the run at each one that is there."""


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
        background: Background | None = None,
    ) -> None:
        self._kernels = kernels
        self._background = background
        self._make = make
        self._thread_clock = thread_clock
        self._bus = bus
        self._workers = workers
        self._clock = clock
        self._changed = threading.Condition()
        self._entries: dict[str, Entry] = {}
        self._groups: dict[str, Group] = {}
        self._heap: list[tuple[float, int, Entry]] = []
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
        with self._changed:
            self._begin(run_id, config, None)

    def open_group(self, group_id: str, clock: GroupClock, configs: Mapping[str, RunConfig]) -> None:
        """Begin runs in lockstep, by their ids."""
        with self._changed:
            group = self._groups[group_id] = Group(Lockstep(clock, configs, self._workers, self._clock()), {})
            for run_id, config in configs.items():
                self._begin(run_id, config, group)

    def join(self, group_id: str, run_id: str, config: RunConfig) -> None:
        """Begin one more run of a group."""
        with self._changed:
            group = self._groups[group_id]
            group.lockstep.join(run_id, config, self._clock())
            self._begin(run_id, config, group)

    def steer(self, group_id: str, command: GroupCommand) -> None:
        """Ask something of all runs of a group at one moment; what is asked of one of them keeps its order with it."""
        with self._changed:
            group = self._groups.get(group_id)
            if group is None:
                return
            for run_id, member in group.lockstep.members.items():
                member.orders += self._bus.commands(run_id)
            group.lockstep.obey(command, self._clock())
            self._rouse(group)

    def close(self, run_id: str) -> None:
        """End a run. A slice that is under way is finished, its outcome is dropped. A group ends with its last run."""
        with self._changed:
            entry = self._entries.pop(run_id, None)
            if entry is None:
                return
            entry.removed, entry.place = True, -1
            if (group := entry.group) is not None:
                del group.entries[run_id]
                group.lockstep.leave(run_id, self._clock())
                if group.entries:
                    self._rouse(group)
                else:
                    self._groups = {name: other for name, other in self._groups.items() if other is not group}

    def _begin(self, run_id: str, config: RunConfig, group: Group | None) -> None:
        """Begin a run, alone or in a group. Holds the lock."""
        now = self._clock()
        entry = self._entries[run_id] = Entry(run_id, self._make(config, now), group=group)
        if group is not None:
            group.entries[run_id] = entry
        self._queue(entry, now)

    def wake(self, run_id: str) -> None:
        """There is something new on the bus for a run."""
        with self._changed:
            entry = self._entries.get(run_id)
            if entry is not None:
                self._rouse_one(entry)

    def _rouse(self, group: Group) -> None:
        """Something happened to a group, of which all its runs must know. Holds the lock."""
        for entry in group.entries.values():
            self._rouse_one(entry)

    def _rouse_one(self, entry: Entry) -> None:
        if entry.busy:
            entry.woken = True
        elif entry.due > (now := self._clock()):
            self._queue(entry, now)

    def nudge(self) -> None:
        """There is something new to do in the background."""
        with self._changed:
            self._changed.notify()

    def turn(self) -> bool:
        """Give one slice to whose turn it is. False if nothing is to be done."""
        with self._changed:
            serve = self._next()
        if serve is None:
            return False
        serve()
        return True

    def _work(self) -> None:
        stand_back()
        while True:
            with self._changed:
                while (serve := None if self._stopping else self._next()) is None:
                    if self._stopping:
                        return
                    self._changed.wait(self._heap[0][0] - self._clock() if self._heap else None)
            serve()

    def _next(self) -> Callable[[], None] | None:
        """The slice that comes next: of the run whose turn it is; else of the background's. Holds the lock."""
        background = self._background
        if background is not None and (piece := background.take(overdue=True)) is not None:
            return partial(self._serve_background, piece)
        if (entry := self._take()) is not None:
            return partial(self._serve, entry)
        if background is not None and (piece := background.take(overdue=False)) is not None:
            return partial(self._serve_background, piece)
        return None

    def _serve_background(self, piece: Callable[[], None]) -> None:
        """One slice in the background. Whoever sleeps may go on with it, should a run be due here."""
        piece()
        self.nudge()

    def _queue(self, entry: Entry, due: float) -> None:
        """Put a run into the heap, in place of wherever it was. Holds the lock."""
        entry.due, entry.place = due, next(self._places)
        if math.isinf(due) and due > 0:
            return
        heapq.heappush(self._heap, (due, entry.place, entry))
        if self._heap[0][2] is entry:
            self._changed.notify()

    def _take(self) -> Entry | None:
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

    def _serve(self, entry: Entry) -> None:
        """One slice, and back into the heap."""
        try:
            due = self._slice(entry)
        except Exception:
            logger.exception("a run stopped because of a fault in it")
            due = self._recover(entry)
        with self._changed:
            if entry.removed:
                return
            now = self._clock()
            if entry.group is not None:
                entry.group.begin(now, self._queue)
                due = min(due, entry.group.lockstep.next_time(entry.run_id))
            entry.busy = False
            self._queue(entry, now if entry.woken else max(due, now))
            entry.woken = False

    def _slice(self, entry: Entry) -> float:
        """Do what the run wants now, bounded in time. Returns when it next wants something."""
        run, run_id, group, publish = entry.run, entry.run_id, entry.group, self._bus.publish
        now = self._clock()
        if self._waits(entry):
            return math.inf
        for command in self._admitted(entry):
            if isinstance(command, Play) and run.state == "finished" and group is not None and not command.revives:
                # Where others go on, who stopped early stays where it is: it could not come up to them.
                continue
            for publication in run.handle(command, now):
                publish(run_id, publication)
        if not run.prepared:
            for publication in run.prepare():
                publish(run_id, publication)
            now = self._clock()
        demand = self._bus.demand(run_id)
        wanted = demand is not None
        due, observe, show_at = run.due(now), wanted or run.owing, entry.next_frame
        budget = self._budget(entry, now, wanted)
        if group is not None:
            budget = LONGEST_SLICE
            with self._changed:
                group.settle(entry, now)
                group.begin(now, self._queue)
                due, observe = group.allowed(entry, wanted)
        worked = 0.0
        if due >= 1:
            step_time = entry.known_step_time
            steps = int(min(due, step_time.fitting(budget)))
            began = self._thread_clock()
            publications = run.train(steps, observe, self._clock)
            worked = self._thread_clock() - began
            step_time.note(steps, worked)
            for publication in publications:
                publish(run_id, publication)
            now = self._clock()
        if group is not None:
            with self._changed:
                group.settle(entry, now, worked)
                show_at = max(group.show_at(entry), show_at)
        changed = demand is not None and (demand.fresh or run.version != entry.published)
        if demand is not None and changed and now >= show_at - _EARLY:
            self._bus.satisfied(run_id)
            # Measurements that are still to come are news to it.
            entry.published = run.version
            snapshot = run.snapshot(demand.fields, demand.probes, now)
            publish(run_id, snapshot)
            for publication in run.diagnose(now):
                publish(run_id, publication)
            # In step with the screen: a frame that came late does not make those after it late too.
            interval = max(FRAME_INTERVAL, snapshot.size / FRAME_BYTES_PER_SECOND)
            entry.next_frame = max(entry.next_frame + interval, now + interval / 2)
            if group is not None:
                # Its rounds say when all show themselves; alone it would miss every other one.
                entry.next_frame = now + interval / 2
                with self._changed:
                    group.lockstep.showed(run_id, snapshot.size, now)
            changed = False
        self._save(entry, now)
        next_time = run.next_time() if group is None or run.asked else math.inf
        return min(next_time, show_at) if changed else next_time

    def _waits(self, entry: Entry) -> bool:
        """Take the run's commands. True while kernels compile that they, or its first weights, need.

        Only this run waits, with all its commands in their order; whoever compiles wakes it.
        """
        run = entry.run
        if (group := entry.group) is not None:
            with self._changed:
                group.take_orders(entry)
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

    def _admitted(self, entry: Entry) -> list[Command]:
        """The commands that a run takes now."""
        with self._changed:
            return entry.take() if entry.group is None else entry.group.admit(entry)

    def _budget(self, entry: Entry, now: float, wanted: bool) -> float:
        """Seconds for a slice; where a frame is due soon, such that a slice ends when it is."""
        ahead = entry.next_frame - now
        if not wanted or not _EARLY < ahead < 4 * LONGEST_SLICE:
            return SLICE
        return ahead / math.ceil(ahead / LONGEST_SLICE)

    def _save(self, entry: Entry, now: float) -> None:
        """Keep the run's state: from time to time while it trains, and when it stands still."""
        run = entry.run
        standing = run.state in ("paused", "finished") and run.standing
        interval = STANDING_CHECKPOINT_INTERVAL if standing else CHECKPOINT_INTERVAL
        if run.version != entry.saved and run.state != "diverged" and now >= entry.saved_at + interval:
            checkpoint = run.checkpoint()
            with self._changed:
                # Of a run that has ended meanwhile nothing is kept.
                if not entry.removed:
                    self._bus.save(entry.run_id, checkpoint)
            entry.saved, entry.saved_at = run.version, now

    def _recover(self, entry: Entry) -> float:
        """Tell of a fault and let the run stand still; the others do not notice."""
        run = entry.run
        if entry.group is not None:
            with self._changed:
                entry.group.drop(entry)
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
