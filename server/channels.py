"""A run as the serving side sees it: what was last published, and the mailboxes of those who watch.

Everything here happens on one thread, the event loop's.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from kernels.epochs import Stop
from kernels.trainer import Divergence
from server.bus import Demand, ServingSide
from server.commands import (
    Configure,
    ConfigureMembers,
    EditParameters,
    Pause,
    Play,
    Question,
    Report,
    Reset,
    Step,
    Withdraw,
)
from server.configuration import steps_per_epoch
from server.frames import FrameBody, encode_config_event, encode_event, encode_hello
from server.publications import Answer, Event, Plan, Publication, Receipt, Snapshot, State
from server.schema import RunConfig
from server.viewers import Mailbox, MeasurementLog, SeriesLog

#: What is asked of a run and, where it has one, of its whole group.
Steering: TypeAlias = Play | Pause | Step | Reset | Configure


@dataclass(eq=False)
class Viewer:
    """A connected viewer: its mailbox, and how to tell its sender that there is something in it."""

    mailbox: Mailbox
    notify: Callable[[], None] = field(default=lambda: None)


class Channel:
    """One run: its newest plan, state, snapshot and all its records, for any number of viewers."""

    def __init__(self, run_id: str, plan: Plan, bus: ServingSide, group_id: str | None = None) -> None:
        self.run_id = run_id
        #: The group whose runs are steered together, if it belongs to one.
        self.group_id = group_id
        #: The configuration that was last asked for; the plan's follows as soon as the run has taken it over.
        self.config: RunConfig = plan.config
        self.plan = plan
        self.state: State = "running"
        #: Kept for those who come later: the event that told it reached only those who were there.
        self.diverged: Divergence | None = None
        self.stopped: Stop | None = None
        #: What the run waits for, while kernels of its own choices compile; kept for the same reason.
        self.compiling: Mapping[str, Any] | None = None
        #: What was last found to be wrong with the run.
        self.findings: list[dict[str, Any]] = []
        self.idle = False
        self.ended = False
        self._begun = False
        self.step = 0
        self.epoch = 0.0
        self.rate = 0.0
        self.viewers: set[Viewer] = set()
        self._bus = bus
        self._log = SeriesLog(len(plan.layout.columns))
        self._measured = MeasurementLog()
        self._body: FrameBody | None = None
        self._version = 0
        self._tickets = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer | None]] = {}

    @property
    def steps_per_epoch(self) -> int:
        """Of the plan's configuration, where the run stands."""
        return steps_per_epoch(self.plan.config, self.step)

    # From the run

    def take(self, publication: Publication) -> None:
        """Something was published."""
        match publication:
            case Snapshot():
                self._take_snapshot(publication)
            case Plan():
                self._take_plan(publication)
            case Event():
                self._take_event(publication)
            case Receipt():
                self._take_receipt(publication)
            case Answer():
                self._resolve(publication.ticket, publication)

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.generation != self.plan.generation:
            return
        self._log.append(snapshot.series)
        self._measured.take(snapshot.probes)
        self._body = FrameBody(snapshot)
        self._version += 1
        self.step, self.epoch, self.rate = snapshot.step, snapshot.epoch, snapshot.rate
        for viewer in self.viewers:
            if viewer.mailbox.has_room:
                viewer.notify()

    def _take_receipt(self, receipt: Receipt) -> None:
        if receipt.generation == self.plan.generation:
            self.step, self.epoch, self.rate = receipt.step, receipt.epoch, receipt.rate
        self._resolve(receipt.ticket, None)

    def _resolve(self, ticket: int, answer: Answer | None) -> None:
        future = self._waiting.pop(ticket, None)
        if future is not None and not future.done():
            future.set_result(answer)

    def _take_plan(self, plan: Plan) -> None:
        restarted = plan.generation != self.plan.generation or not self._begun
        self.plan, self._begun = plan, True
        if restarted:
            self.step, self.epoch, self.rate = plan.step, 0.0, 0.0
            self._log = SeriesLog(len(plan.layout.columns))
            self._measured = MeasurementLog()
            self._body, self.findings = None, []
            for viewer in self.viewers:
                viewer.mailbox.begin(0)
        self._post(encode_config_event(plan))
        if self.viewers:
            self.want_frame()

    def _take_event(self, event: Event) -> None:
        self.step = max(self.step, event.step)
        if event.event == "state":
            self.state = event.details["state"]
            self.idle = self.idle and self.state == "paused"
            if self.state != "running":
                self.rate = 0.0
            if self.state != "diverged":
                self.diverged = None
            if self.state != "finished":
                self.stopped = None
        elif event.event == "diverged":
            self.diverged = Divergence(event.step, event.details["tensor"])
        elif event.event == "finished":
            self.stopped = Stop(event.step, **event.details)
        elif event.event == "compiling":
            self.compiling = event.details["compiling"]
        elif event.event == "diagnosis":
            self.findings = event.details["findings"]
        elif event.event == "paused_idle":
            self.idle = True
        self._post(encode_event(event))

    def _post(self, message: bytes) -> None:
        for viewer in self.viewers:
            viewer.mailbox.post(message)
            viewer.notify()

    # To the run

    def foresee(self, plan: Plan) -> None:
        """Show what a run that waits for its kernels will do, once it can: it has told no plan of its own yet."""
        if not self._begun:
            self.plan = plan
            self._post(encode_config_event(plan))

    def send(self, command: EditParameters | Report | Question | Withdraw) -> None:
        """Ask something of the run itself."""
        self._bus.send(self.run_id, command)

    def steer(self, command: Steering) -> None:
        """Ask something of the run, or of all runs of its group."""
        if self.group_id is None:
            self._bus.send(self.run_id, command)
        elif isinstance(command, Configure):
            self._bus.steer(self.group_id, ConfigureMembers({self.run_id: command.config}))
        else:
            self._bus.steer(self.group_id, command)

    async def settled(self, within: float) -> None:
        """Wait until everything that was sent before is done, but no longer than `within` seconds."""
        await self.ask(Report, within)

    async def ask(self, question: Callable[[int], Report | Question], within: float) -> Answer | None:
        """Send what is made with a ticket of its own, and wait for the answer.

        None where the run tells none, has ended, or takes longer than `within` seconds.
        """
        ticket = next(self._tickets)
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = future
        self.send(question(ticket))
        try:
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            return None
        finally:
            if self._waiting.pop(ticket, None) is not None and not self.ended:
                self.send(Withdraw(ticket))

    def want_frame(self, *, fresh: bool = False) -> None:
        """Ask the run for a frame, if some viewer can take one."""
        demand = Demand(fresh=fresh)
        for viewer in self.viewers:
            demand |= Demand(viewer.mailbox.fields, probes=viewer.mailbox.probes)
        if fresh or any(viewer.mailbox.has_room for viewer in self.viewers):
            self._bus.want(self.run_id, demand)

    # To and from viewers

    def join(self, viewer: Viewer, generation: int | None, since: int) -> bytes:
        """Take a viewer in, and return its `hello`.

        `since` is how many records it has already of the weights numbered `generation`.
        """
        same = generation == self.plan.generation
        viewer.mailbox.begin(min(since, self._log.count) if same else 0)
        self.viewers.add(viewer)
        self.want_frame(fresh=True)
        plan = replace(self.plan, steps_per_epoch=self.steps_per_epoch)
        owner = viewer.mailbox.owner
        return encode_hello(
            self.run_id,
            plan,
            self.state,
            self.diverged,
            self.compiling,
            stopped=self.stopped,
            findings=self.findings,
            owner=owner,
        )

    def leave(self, viewer: Viewer) -> None:
        """Let a viewer go."""
        self.viewers.discard(viewer)

    def watch(self, viewer: Viewer, fields: frozenset[str], probes: frozenset[str] = frozenset()) -> None:
        """Change which big buffers a viewer gets, and what is measured for it."""
        if viewer.mailbox.watch(fields, probes):
            self.want_frame(fresh=True)

    def acknowledge(self, viewer: Viewer, seq: int) -> bool:
        """A viewer has a frame, so there is room for the next. False if no such frame was ever sent to it."""
        if not viewer.mailbox.acknowledge(seq):
            return False
        viewer.notify()
        self.want_frame()
        return True

    def next_message(self, viewer: Viewer, now: float) -> bytes | None:
        """What is to be sent to a viewer next, if anything."""
        event = viewer.mailbox.next_event()
        if event is not None or self._body is None:
            return event
        frame = viewer.mailbox.next_frame(self._body, self._version, self._log, now, self._measured)
        if frame is not None and viewer.mailbox.has_room:
            self.want_frame()
        return frame

    def end(self) -> None:
        """The run is over: tell everybody who watches, and whoever waits."""
        self.ended = True
        for viewer in self.viewers:
            viewer.notify()
        for future in self._waiting.values():
            if not future.done():
                future.set_result(None)
