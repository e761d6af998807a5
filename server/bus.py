"""The seam: the side that runs networks and the side that serves viewers meet here, and only here.

In one process it is two dictionaries and a lock. For several machines another class with the same methods would put a
message queue in its place; everything that crosses is a plain record (commands, publications, demands, checkpoints).
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from server.checkpoints import Checkpoint
from server.commands import Command, GroupCommand
from server.pace import GroupClock
from server.publications import Publication
from server.schema import RunConfig


@dataclass(frozen=True)
class Demand:
    """Some viewer can take a frame: with these further buffers, and `fresh` if it has seen none that is like it.

    `probes` are to be measured for it, as often as that slows nothing down.
    """

    fields: frozenset[str] = frozenset()
    fresh: bool = False
    probes: frozenset[str] = frozenset()

    def __or__(self, other: Demand) -> Demand:
        """What satisfies both."""
        return Demand(self.fields | other.fields, self.fresh or other.fresh, self.probes | other.probes)


class RunningSide(Protocol):
    """What the side that runs networks uses."""

    def publish(self, run_id: str, publication: Publication) -> None:
        """Send something to the run's viewers, in order."""

    def commands(self, run_id: str) -> list[Command]:
        """Take all commands that have come for a run, in order."""

    def demand(self, run_id: str) -> Demand | None:
        """What frame is wanted, if any."""

    def satisfied(self, run_id: str) -> None:
        """A frame is on its way."""

    def save(self, run_id: str, checkpoint: Checkpoint) -> None:
        """Keep a run's state in place of the one before."""

    def checkpoint(self, run_id: str) -> Checkpoint | None:
        """The state that was last kept."""


class RunHost(Protocol):
    """Where runs live: what the bus tells the running side."""

    def open(self, run_id: str, config: RunConfig) -> None:
        """Begin a run."""

    def open_group(self, group_id: str, clock: GroupClock, configs: Mapping[str, RunConfig]) -> None:
        """Begin runs in lockstep."""

    def join(self, group_id: str, run_id: str, config: RunConfig) -> None:
        """Begin one more run of a group."""

    def steer(self, group_id: str, command: GroupCommand) -> None:
        """Ask something of all runs of a group at one moment."""

    def close(self, run_id: str) -> None:
        """End a run. A group ends with its last run."""

    def wake(self, run_id: str) -> None:
        """There is something new for a run."""


class ServingSide(Protocol):
    """What the side that serves viewers uses."""

    def open(self, run_id: str, config: RunConfig) -> None:
        """Begin a run."""

    def open_group(self, group_id: str, clock: GroupClock, configs: Mapping[str, RunConfig]) -> None:
        """Begin runs in lockstep, by their ids."""

    def join(self, group_id: str, run_id: str, config: RunConfig) -> None:
        """Begin one more run of a group."""

    def send(self, run_id: str, command: Command) -> None:
        """Ask something of a run."""

    def steer(self, group_id: str, command: GroupCommand) -> None:
        """Ask something of all runs of a group at one moment; what is asked of one of them keeps its order with it."""

    def want(self, run_id: str, demand: Demand) -> None:
        """Ask for a frame as soon as there is something new, or at once if the demand is `fresh`."""

    def close(self, run_id: str) -> None:
        """End a run, and drop all that is kept for it."""


class LocalBus:
    """The seam within one process. All methods may be called from any thread.

    The serving side gets batches, on whatever thread `call_soon` takes them to: one call a batch is cheap.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._commands: defaultdict[str, deque[Command]] = defaultdict(deque)
        self._demands: dict[str, Demand] = {}
        self._checkpoints: dict[str, Checkpoint] = {}
        self._outbox: list[tuple[str, Publication]] = []
        self._running: RunHost
        self._call_soon: Callable[[Callable[[], None]], object] | None = None
        self._deliver: Callable[[list[tuple[str, Publication]]], None] = lambda _: None

    def connect_running(self, host: RunHost) -> None:
        """Name the running side. Comes before everything else."""
        self._running = host

    def connect_serving(
        self,
        call_soon: Callable[[Callable[[], None]], object] | None,
        deliver: Callable[[list[tuple[str, Publication]]], None],
    ) -> None:
        """Name the function that takes batches, and the one that brings a call to its thread (none: no more calls)."""
        self._call_soon, self._deliver = call_soon, deliver

    # The running side

    def publish(self, run_id: str, publication: Publication) -> None:
        """Send something to the run's viewers, in order."""
        with self._lock:
            self._outbox.append((run_id, publication))
            first = len(self._outbox) == 1
        if first and self._call_soon is not None:
            self._call_soon(self._flush)

    def commands(self, run_id: str) -> list[Command]:
        """Take all commands that have come for a run, in order."""
        with self._lock:
            waiting = self._commands.pop(run_id, None)
        return list(waiting) if waiting else []

    def demand(self, run_id: str) -> Demand | None:
        """What frame is wanted, if any."""
        return self._demands.get(run_id)

    def satisfied(self, run_id: str) -> None:
        """A frame is on its way."""
        with self._lock:
            self._demands.pop(run_id, None)

    def save(self, run_id: str, checkpoint: Checkpoint) -> None:
        """Keep a run's state in place of the one before."""
        with self._lock:
            self._checkpoints[run_id] = checkpoint

    def checkpoint(self, run_id: str) -> Checkpoint | None:
        """The state that was last kept."""
        return self._checkpoints.get(run_id)

    # The serving side

    def send(self, run_id: str, command: Command) -> None:
        """Ask something of a run."""
        with self._lock:
            self._commands[run_id].append(command)
        self._running.wake(run_id)

    def want(self, run_id: str, demand: Demand) -> None:
        """Ask for a frame as soon as there is something new, or at once if the demand is `fresh`."""
        with self._lock:
            before = self._demands.get(run_id)
            wanted = demand if before is None else before | demand
            self._demands[run_id] = wanted
        if wanted != before:
            self._running.wake(run_id)

    def open(self, run_id: str, config: RunConfig) -> None:
        """Begin a run."""
        self._running.open(run_id, config)

    def open_group(self, group_id: str, clock: GroupClock, configs: Mapping[str, RunConfig]) -> None:
        """Begin runs in lockstep, by their ids."""
        self._running.open_group(group_id, clock, configs)

    def join(self, group_id: str, run_id: str, config: RunConfig) -> None:
        """Begin one more run of a group."""
        self._running.join(group_id, run_id, config)

    def steer(self, group_id: str, command: GroupCommand) -> None:
        """Ask something of all runs of a group at one moment; what is asked of one of them keeps its order with it."""
        self._running.steer(group_id, command)

    def close(self, run_id: str) -> None:
        """End a run, and drop all that is kept for it."""
        self._running.close(run_id)
        with self._lock:
            self._commands.pop(run_id, None)
            self._demands.pop(run_id, None)
            self._checkpoints.pop(run_id, None)

    def _flush(self) -> None:
        with self._lock:
            batch, self._outbox = self._outbox, []
        self._deliver(batch)
