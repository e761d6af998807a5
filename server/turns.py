"""What the scheduler knows of each run, and of runs that go in lockstep."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.commands import Command, Play, Report, Withdraw
from server.lockstep import Lockstep
from server.pace import StepTime
from server.runs import Run


@dataclass(eq=False)
class Entry:
    """A run as the scheduler sees it. `place` is its place in the heap: older places of the same run are void.

    `held` are commands that wait for kernels, `awaited` how many kernels they waited for at first, and `told` what the
    viewers were told of that; `unanswered` are questions that wait until the group has come to rest. `group` is what it
    belongs to, if it is not alone; `faulty` says that the others go on without it, since it had a fault.
    """

    run_id: str
    run: Run
    group: Group | None = None
    due: float = math.inf
    place: int = -1
    busy: bool = False
    woken: bool = False
    removed: bool = False
    faulty: bool = False
    step_time: StepTime | None = None
    next_frame: float = -math.inf
    published: int = -1
    saved: int = -1
    saved_at: float = -math.inf
    held: list[Command] = field(default_factory=list)
    unanswered: list[Report] = field(default_factory=list)
    awaited: int = 0
    told: Mapping[str, Any] | None = None

    def take(self) -> list[Command]:
        """The commands that were held, in their order."""
        taken: list[Command] = [*self.unanswered, *self.held]
        self.held, self.unanswered = [], []
        return taken

    @property
    def known_step_time(self) -> StepTime:
        """What is known of the run's steps; nothing, when they became another size."""
        if self.step_time is None or self.step_time.step_flops != self.run.step_flops:
            self.step_time = StepTime(self.run.step_flops)
        return self.step_time


@dataclass(eq=False)
class Group:
    """Runs in lockstep. Every call is made under the scheduler's lock; one run after it was removed changes nothing."""

    lockstep: Lockstep
    entries: dict[str, Entry] = field(default_factory=dict)
    _stepped: bool = False

    def take_orders(self, entry: Entry) -> None:
        """Hand a run what is asked of the group; until that is done, the others wait for it."""
        if entry.removed:
            return
        orders = self.lockstep.members[entry.run_id].orders
        if orders:
            self.lockstep.hold(entry.run_id)
            entry.faulty = False
            entry.held += orders
            orders.clear()
            if self.lockstep.playing and entry.run.state != "running":
                # Who had stopped early or had a fault goes on with new weights.
                entry.held.append(Play())

    def admit(self, entry: Entry) -> list[Command]:
        """The commands that a run takes now: who asks where it stands while all come to rest waits until they have."""
        taken = entry.take()
        self._stepped |= self.lockstep.stepping
        entry.run.urge(self.lockstep.stepping)
        if entry.removed or not self.lockstep.coming_to_rest:
            return taken
        withdrawn = {command.ticket for command in taken if isinstance(command, Withdraw)}
        reports = [command for command in taken if isinstance(command, Report)]
        entry.unanswered = [report for report in reports if report.ticket not in withdrawn]
        return [command for command in taken if not isinstance(command, Report)]

    def settle(self, entry: Entry, now: float, worked: float = 0.0) -> None:
        """Note where a run stands, after it `worked` for so many seconds."""
        if entry.removed:
            return
        lockstep, run = self.lockstep, entry.run
        if lockstep.members[entry.run_id].orders:
            # It will stand somewhere else.
            lockstep.hold(entry.run_id)
        else:
            out = entry.faulty or run.state in ("diverged", "finished")
            lockstep.settle(entry.run_id, run.progress, entry.known_step_time.seconds, worked, now, out=out)
        run.urge(lockstep.stepping)

    def allowed(self, entry: Entry, wanted: bool) -> tuple[int, bool]:
        """How many steps a run may do, and whether they are to be observed, where a frame of it is `wanted`."""
        if entry.removed:
            return 0, False
        lockstep = self.lockstep
        return lockstep.steps(entry.run_id), lockstep.showing(entry.run_id) and (wanted or not lockstep.playing)

    def show_at(self, entry: Entry) -> float:
        """From when on a run may show itself."""
        return math.inf if entry.removed else self.lockstep.show_at(entry.run_id)

    def drop(self, entry: Entry) -> None:
        """The others go on without a run that had a fault."""
        entry.faulty = True
        if not entry.removed:
            self.lockstep.drop(entry.run_id)

    def begin(self, now: float, queue: Callable[[Entry, float], None]) -> None:
        """Let the next round begin, if it is due, and queue all for it that are not just having their turn.

        When all have come to rest, all have a turn: for what is asked, and looked at, where they stand.
        """
        over = self.lockstep.over
        if over:
            self.lockstep.begin(now)
        rested, self._stepped = self._stepped and not self.lockstep.stepping, self.lockstep.stepping
        if not over:
            return
        for run_id, entry in self.entries.items():
            due = max(self.lockstep.next_time(run_id), now)
            if rested:
                entry.woken, due = entry.busy, now
            if not entry.busy and entry.due > due:
                queue(entry, due)
