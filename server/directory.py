"""All runs that there are: who may begin one, who may change it, and when it has been left alone for too long."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from server.bus import ServingSide
from server.channels import Channel, Viewer
from server.choices import HeldChoice
from server.commands import GroupCommand, Pause, Play, Step
from server.configuration import layout_of
from server.pace import GroupClock
from server.plans import first_plan
from server.problems import refuse
from server.publications import Publication
from server.schema import RunConfig
from server.settings import Settings
from server.tables import TABLES

#: Seconds after which one may try again, where nothing says when a place will be free.
RETRY_AFTER = 30.0


@dataclass(eq=False)
class RunEntry:
    """A run with its keeper's token. `unwatched_since` is None while somebody watches.

    `tables` are the ids of all own data that it was trained on: undo may bring them back, so they stay if they can.
    `group` is what it belongs to, if it is not alone: then its token is the group's, and who watches one watches all.
    """

    run_id: str
    token: str
    address: str
    channel: Channel
    unwatched_since: float | None
    group: GroupEntry | None = None
    resting: bool = False
    tables: set[str] = field(default_factory=set)

    def permits(self, token: str | None) -> bool:
        """Whether the token is this run's; takes the same time for all that are not."""
        return _same(token, self.token)

    @property
    def company(self) -> list[RunEntry]:
        """The runs of its group, or it alone."""
        return [self] if self.group is None else list(self.group.runs.values())

    @property
    def watched(self) -> bool:
        """Whether somebody watches it, or another run of its group."""
        return any(run.unwatched_since is None for run in self.company)

    def unwatched(self, now: float) -> float:
        """Seconds since the last viewer left, it and its group; 0 while there is one."""
        return min(0.0 if run.unwatched_since is None else now - run.unwatched_since for run in self.company)

    @property
    def weights(self) -> int:
        """Trainable parameters."""
        return self.channel.plan.layout.parameter_count


@dataclass(eq=False)
class GroupEntry:
    """Runs in lockstep, by their ids, with the token that steers each of them."""

    group_id: str
    token: str
    address: str
    clock: GroupClock
    runs: dict[str, RunEntry] = field(default_factory=dict)

    def permits(self, token: str | None) -> bool:
        """Whether the token is this group's; takes the same time for all that are not."""
        return _same(token, self.token)


class Directory:
    """The runs of this server by id. `clock` gives seconds of the monotonic clock."""

    def __init__(self, settings: Settings, bus: ServingSide, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._entries: dict[str, RunEntry] = {}
        self._groups: dict[str, GroupEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def viewers(self) -> int:
        """How many viewers there are, of all runs."""
        return sum(len(entry.channel.viewers) for entry in self._entries.values())

    @property
    def now(self) -> float:
        """Seconds of the directory's clock."""
        return self._clock()

    def find(self, run_id: str) -> RunEntry | None:
        """The run of that id, if there is one."""
        return self._entries.get(run_id)

    def deliver(self, batch: Iterable[tuple[str, Publication]]) -> None:
        """Hand what runs have published to their channels; what comes after a run's end is dropped."""
        for run_id, publication in batch:
            entry = self._entries.get(run_id)
            if entry is not None:
                entry.channel.take(publication)

    def create(self, address: str, config: RunConfig) -> RunEntry:
        """Begin a run. Raises Refused (429) where there is no place for it, saying when to try again."""
        self._make_room(address)
        self.check_weights(layout_of(config).parameter_count)
        entry = self._enter(address, config, secrets.token_urlsafe(24))
        self._bus.open(entry.run_id, config)
        return entry

    def create_group(self, address: str, configs: Sequence[RunConfig], clock: GroupClock) -> GroupEntry:
        """Begin runs in lockstep. Raises Refused as `create` does; then none of them has begun."""
        self._make_room(address, len(configs))
        self.check_weights(sum(layout_of(config).parameter_count for config in configs))
        group = GroupEntry(secrets.token_urlsafe(9), secrets.token_urlsafe(24), address, clock)
        self._groups[group.group_id] = group
        entries = [self._enter(address, config, group.token, group) for config in configs]
        self._bus.open_group(
            group.group_id, clock, {entry.run_id: config for entry, config in zip(entries, configs, strict=True)}
        )
        return group

    def join_group(self, group: GroupEntry, config: RunConfig) -> RunEntry:
        """Begin one more run of a group. Raises Refused as `create` does."""
        self._make_room(group.address, 1, group)
        self.check_weights(layout_of(config).parameter_count, group.runs.values())
        entry = self._enter(group.address, config, group.token, group)
        self._bus.join(group.group_id, entry.run_id, config)
        return entry

    def find_group(self, group_id: str) -> GroupEntry | None:
        """The group of that id, if there is one."""
        return self._groups.get(group_id)

    def steer(self, group: GroupEntry, command: GroupCommand) -> None:
        """Ask something of all runs of a group. Unwatched it trains as long as after the last viewer."""
        if isinstance(command, Play | Step):
            for entry in group.runs.values():
                entry.resting = False
                if entry.unwatched_since is not None:
                    entry.unwatched_since = self._clock()
        self._bus.steer(group.group_id, command)

    def _enter(self, address: str, config: RunConfig, token: str, group: GroupEntry | None = None) -> RunEntry:
        run_id = secrets.token_urlsafe(9)
        channel = Channel(run_id, first_plan(config), self._bus, group.group_id if group else None)
        entry = self._entries[run_id] = RunEntry(run_id, token, address, channel, self._clock(), group)
        if group is not None:
            group.runs[run_id] = entry
        self.keep_table(entry, config)
        return entry

    def keep_table(self, entry: RunEntry, config: RunConfig) -> None:
        """Note that the run has the table of this configuration, if it has one."""
        if (upload := _upload(config)) is not None:
            entry.tables.add(upload)

    @property
    def tables_in_use(self) -> set[str]:
        """Tables on which a run trains now."""
        uploads = (_upload(entry.channel.config) for entry in self._entries.values())
        return {upload for upload in uploads if upload is not None}

    @property
    def _tables_of_runs(self) -> set[str]:
        return {table for entry in self._entries.values() for table in entry.tables}

    def _make_room(self, address: str, places: int = 1, joined: GroupEntry | None = None) -> None:
        """Give up runs that nobody watches until so many more fit, or refuse. A group counts as one of its address's.

        Its runs count as so many on this server; for who comes back, his own make room sooner than those of others.
        """
        settings = self._settings

        def patience(entry: RunEntry) -> float:
            if entry.address == address:
                return settings.evict_seconds
            return max(settings.evict_seconds, settings.idle_pause_seconds)

        own = [entry for entry in self._entries.values() if entry.address == address]
        if joined is None and len({entry.group or entry for entry in own}) >= settings.max_runs_per_address:
            self._evict(
                own,
                patience,
                f"This address has {settings.max_runs_per_address} runs already. Close a page, or wait.",
                f"该地址已有 {settings.max_runs_per_address} 个训练。请关闭一个页面，或稍候。",
            )
        while len(self._entries) + places > settings.max_runs:
            others = [entry for entry in self._entries.values() if joined is None or entry.group is not joined]
            self._evict(
                others if places <= settings.max_runs else [],
                patience,
                f"The server is full: {settings.max_runs} runs. Try again in a while.",
                f"服务器已满：{settings.max_runs} 个训练。请稍后再试。",
            )

    def check_weights(self, added: int, kept: Iterable[RunEntry] = ()) -> None:
        """Raise Refused (429) if so many more trainable parameters would be too many for this server's memory.

        Runs that nobody watches may have to go, but not those that are `kept`.
        """
        settings = self._settings
        total = sum(entry.weights for entry in self._entries.values())
        if added > 0 and total + added > settings.max_weights:
            idle = max(settings.evict_seconds, settings.idle_pause_seconds)
            lacking = total + added - settings.max_weights
            others = set(self._entries.values()) - set(kept)
            large = [entry for entry in others if sum(run.weights for run in entry.company) >= lacking]
            self._evict(
                large,
                lambda _: idle,
                f"All runs together may have {settings.max_weights} parameters. Choose a smaller network, or wait.",
                f"所有训练合计最多 {settings.max_weights} 个参数。请缩小网络，或稍候。",
            )

    def _evict(self, among: Iterable[RunEntry], patience: Callable[[RunEntry], float], en: str, zh: str) -> None:
        """End the run of these that nobody has watched for longest beyond the `patience` with it; else refuse.

        Its group goes with it.
        """
        now = self._clock()
        late = {entry: entry.unwatched(now) - patience(entry) for entry in among if not entry.watched}
        longest = max(late, key=late.__getitem__, default=None)
        if longest is None or late[longest] < 0:
            raise refuse(429, en, zh, retry_after=RETRY_AFTER if longest is None else -late[longest])
        self._end_all(longest)

    def _end_all(self, entry: RunEntry) -> None:
        """End a run, with its group if it has one."""
        for each in entry.company:
            self.end(each)

    def end(self, entry: RunEntry) -> None:
        """End a run, and tell everybody who watches. A group ends with its last run."""
        self._entries.pop(entry.run_id, None)
        self._bus.close(entry.run_id)
        if (group := entry.group) is not None:
            group.runs.pop(entry.run_id, None)
            if not group.runs:
                self._groups.pop(group.group_id, None)
        entry.channel.end()
        for table in entry.tables - self._tables_of_runs:
            TABLES.drop(table)

    def join(self, entry: RunEntry, viewer: Viewer, generation: int | None, since: int) -> bytes:
        """Take a viewer in, and return its `hello`."""
        hello = entry.channel.join(viewer, generation, since)
        entry.unwatched_since, entry.resting = None, False
        return hello

    def leave(self, entry: RunEntry, viewer: Viewer) -> None:
        """Let a viewer go."""
        entry.channel.leave(viewer)
        if not entry.channel.viewers and entry.unwatched_since is None:
            entry.unwatched_since = self._clock()

    def check_viewers(self) -> None:
        """Raise Refused (429) if there is no place for one more viewer."""
        if self.viewers >= self._settings.max_viewers:
            raise refuse(
                429,
                f"The server is full: {self._settings.max_viewers} viewers. Try again in a while.",
                f"服务器已满：{self._settings.max_viewers} 位观众。请稍后再试。",
                retry_after=RETRY_AFTER,
            )

    def tidy(self) -> None:
        """Pause runs that nobody watches, and end those that nobody has watched for long. Called every second or so.

        Tables that no run has taken for as long are forgotten.
        """
        now = self._clock()
        TABLES.tidy(self._tables_of_runs, now - self._settings.keep_seconds)
        for entry in list(self._entries.values()):
            if entry.run_id not in self._entries:
                # It went with its group.
                continue
            if entry.unwatched(now) >= self._settings.keep_seconds:
                self._end_all(entry)
            elif entry.unwatched(now) >= self._settings.idle_pause_seconds and not entry.resting:
                for run in entry.company:
                    run.resting = True
                entry.channel.steer(Pause(idle=True))


def _same(given: str | None, token: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _upload(config: RunConfig) -> str | None:
    """The id of what a person brought to train on, if it is that."""
    choice = config.data.dataset
    return choice.upload if isinstance(choice, HeldChoice) else None
