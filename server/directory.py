"""All runs that there are: who may begin one, who may change it, and when it has been left alone for too long."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from server.bus import ServingSide
from server.channels import Channel, Viewer
from server.choices import HeldChoice
from server.commands import Pause
from server.configuration import layout_of
from server.problems import refuse
from server.publications import Publication
from server.runs import first_plan
from server.schema import RunConfig
from server.settings import Settings
from server.tables import TABLES

#: Seconds after which one may try again, where nothing says when a place will be free.
RETRY_AFTER = 30.0


@dataclass(eq=False)
class RunEntry:
    """A run with its keeper's token. `unwatched_since` is None while somebody watches.

    `tables` are the ids of all own data that it was trained on: undo may bring them back, so they stay if they can.
    """

    run_id: str
    token: str
    address: str
    channel: Channel
    unwatched_since: float | None
    resting: bool = False
    tables: set[str] = field(default_factory=set)

    def permits(self, token: str | None) -> bool:
        """Whether the token is this run's; takes the same time for all that are not."""
        return token is not None and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def unwatched(self, now: float) -> float:
        """Seconds since the last viewer left; 0 while there is one."""
        return 0.0 if self.unwatched_since is None else now - self.unwatched_since

    @property
    def weights(self) -> int:
        """Trainable parameters."""
        return self.channel.plan.layout.parameter_count


class Directory:
    """The runs of this server by id. `clock` gives seconds of the monotonic clock."""

    def __init__(self, settings: Settings, bus: ServingSide, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._entries: dict[str, RunEntry] = {}

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
        run_id = secrets.token_urlsafe(9)
        channel = Channel(run_id, first_plan(config), self._bus)
        entry = RunEntry(run_id, secrets.token_urlsafe(24), address, channel, self._clock())
        self._entries[run_id] = entry
        self.keep_table(entry, config)
        self._bus.open(run_id, config)
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

    def _make_room(self, address: str) -> None:
        """Give up runs that nobody watches until one more fits, or refuse."""
        settings = self._settings
        own = [entry for entry in self._entries.values() if entry.address == address]
        if len(own) >= settings.max_runs_per_address:
            self._evict(
                own,
                settings.evict_seconds,
                f"This address has {settings.max_runs_per_address} runs already. Close a page, or wait.",
                f"该地址已有 {settings.max_runs_per_address} 个训练。请关闭一个页面，或稍候。",
            )
        if len(self._entries) >= settings.max_runs:
            self._evict(
                self._entries.values(),
                max(settings.evict_seconds, settings.idle_pause_seconds),
                f"The server is full: {settings.max_runs} runs. Try again in a while.",
                f"服务器已满：{settings.max_runs} 个训练。请稍后再试。",
            )

    def check_weights(self, added: int) -> None:
        """Raise Refused (429) if so many more trainable parameters would be too many for this server's memory."""
        settings = self._settings
        total = sum(entry.weights for entry in self._entries.values())
        if added > 0 and total + added > settings.max_weights:
            self._evict(
                (entry for entry in self._entries.values() if entry.weights >= total + added - settings.max_weights),
                max(settings.evict_seconds, settings.idle_pause_seconds),
                f"All runs together may have {settings.max_weights} parameters. Choose a smaller network, or wait.",
                f"所有训练合计最多 {settings.max_weights} 个参数。请缩小网络，或稍候。",
            )

    def _evict(self, among: Iterable[RunEntry], unwatched: float, en: str, zh: str) -> None:
        """End the run of these that nobody has watched for longest, if that is long enough; else refuse."""
        now = self._clock()
        left = sorted((entry for entry in among if entry.unwatched_since is not None), key=lambda e: -e.unwatched(now))
        if left and left[0].unwatched(now) >= unwatched:
            self.end(left[0])
            return
        wait = unwatched - left[0].unwatched(now) if left else RETRY_AFTER
        raise refuse(429, en, zh, retry_after=wait)

    def end(self, entry: RunEntry) -> None:
        """End a run, and tell everybody who watches."""
        self._entries.pop(entry.run_id, None)
        self._bus.close(entry.run_id)
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
            if entry.unwatched(now) >= self._settings.keep_seconds:
                self.end(entry)
            elif entry.unwatched(now) >= self._settings.idle_pause_seconds and not entry.resting:
                entry.resting = True
                entry.channel.send(Pause(idle=True))


def _upload(config: RunConfig) -> str | None:
    """The id of what a person brought to train on, if it is that."""
    choice = config.data.dataset
    return choice.upload if isinstance(choice, HeldChoice) else None
