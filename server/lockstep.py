"""Runs in lockstep: how far each member of a group may train, so that none is ever more than a round from the others.

The group has a goal on its clock, which counts training steps, training samples, or seconds of work on a core. Every
member trains up to it, on whichever thread is free; when the last one is there, the next round moves the goal on. So
all stand at the same place whenever the group stands still, and frames that are made at the end of a round show every
member at the same place. Who diverged, stopped early or had a fault holds nobody up; for who still compiles, or joined
later and begins at 0, the others wait.

Pure logic: no threads, no I/O, and time comes in. Times are seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from server.commands import Command, Configure, ConfigureMembers, GroupCommand, Pause, Play, Reset, SetClock, Step
from server.configuration import needs_new_weights, training_size
from server.pace import GroupClock, Pace, Progress
from server.plans import pace_of
from server.schema import RunConfig

#: What a round takes at most, in seconds, where all threads are free. What the members do beside training (commands,
#: frames) goes by the round, so shorter ones cost more.
ROUND = 0.012
#: A group's viewers get so many frames a second at most, as a single run's do, and all members together so many frames
#: and so many bytes.
FRAME_INTERVAL, FRAMES_PER_SECOND, FRAME_BYTES_PER_SECOND = 1 / 64, 320, 40e6


@dataclass(eq=False)
class Member:
    """What the group knows of a run.

    `config` is what was last asked of it, and `orders` are commands that it has still to take. `seconds` is how long a
    step takes, `worked` how long it has trained; both are seconds of a thread. `ready`: it has weights, and has done
    all that was asked of it. `out`: it diverged, stopped early, or had a fault.
    """

    config: RunConfig
    orders: list[Command] = field(default_factory=list)
    progress: Progress = field(init=False)
    seconds: float = 1e-5
    worked: float = 0.0
    ready: bool = False
    out: bool = False
    frame_bytes: int = 0

    def __post_init__(self) -> None:
        self.begin_again()

    def begin_again(self) -> None:
        """It gets new weights."""
        config = self.config
        self.ready, self.out, self.worked = False, False, 0.0
        self.progress = Progress(0, 0, config.training.batch_size, training_size(config.data))


class Lockstep:
    """A group. Every call is made under one lock."""

    def __init__(self, clock: GroupClock, configs: Mapping[str, RunConfig], workers: int, now: float) -> None:
        self.members = {name: Member(config) for name, config in configs.items()}
        self.playing = True
        #: Frames show the end of this round.
        self.framing = True
        self._clock = clock
        self._goal = 0.0
        self._owed = 0.0
        self._workers = workers
        self._speed = next(iter(configs.values())).speed
        self._pace = Pace(self._rate(), now)
        self._advance = 0.0
        self._began, self._length = now, 0.0
        self._next_frame = -math.inf

    # Members

    def join(self, name: str, config: RunConfig, now: float) -> None:
        """Take one more run in, which begins at 0; the others wait for it. It plays if the group does."""
        self.members[name] = Member(config, [] if self.playing else [Pause()])
        self._take_rate(now)

    def leave(self, name: str, now: float) -> None:
        """Let a run go."""
        del self.members[name]
        self._take_rate(now)

    def hold(self, name: str) -> None:
        """The others wait for this run: it has something to do before it can train, such as making its weights."""
        self.members[name].ready = False

    def drop(self, name: str) -> None:
        """The others go on without this run, until something is asked of it again."""
        self.members[name].out = True

    def settle(self, name: str, progress: Progress, seconds: float, worked: float, now: float, *, out: bool) -> None:
        """A run stands there, after it `worked` for so long."""
        before = self.over
        member = self.members[name]
        member.ready, member.out, member.progress, member.seconds = True, out, progress, seconds
        member.worked += worked
        if not before and self.over:
            self._length = now - self._began

    # Commands

    def obey(self, command: GroupCommand, now: float) -> None:
        """Do what is asked of the group, and tell the members what they have to do for it."""
        match command:
            case Play():
                revives = self._revive()
                self.playing, self._owed = True, 0.0
                self._pace = Pace(self._rate(), now)
                self._order(Play(revives))
            case Pause():
                # Where the end of this round is not looked at, all do one step more that is.
                self.playing, self._owed = False, 0.0 if self.framing else self._size_of(Step())
                self._order(command)
            case Step():
                if self._revive():
                    self._order(Play(revives=True))
                self.playing = False
                self._owed += self._size_of(command)
                self._order(Pause())
            case Reset():
                self._order(command)
                self._begin_again(now)
            case ConfigureMembers():
                self._configure(command.configs, now)
            case SetClock():
                if command.clock != self._clock:
                    self._clock = command.clock
                    self._order(Reset())
                    self._begin_again(now)

    def _revive(self) -> bool:
        """If nobody is left, who stopped early goes on, from where the furthest of all stands. Returns whether so."""
        if not self.members or not all(member.out for member in self.members.values()):
            return False
        self._owed = 0.0
        self._goal -= min(map(self._behind, self.members.values()))
        for member in self.members.values():
            member.out = False
        return True

    def _order(self, command: Command) -> None:
        for member in self.members.values():
            member.orders.append(command)
            member.ready = False

    def _size_of(self, command: Step) -> float:
        """How far on the clock so many steps of the member go whose steps are the largest, or so many epochs.

        Steps of training and epochs of equal data are the same for all; an epoch lasts as long as the longest.
        """
        members = [member for member in self.members.values() if not member.out]
        if command.unit == "step":
            sizes = [self._unit(member) for member in members]
        elif self._clock == "samples":
            sizes = [float(member.progress.size) for member in members]
        else:
            sizes = [self._unit(member) * member.progress.steps_per_epoch for member in members]
        return command.count * max(sizes, default=0.0)

    def _configure(self, configs: Mapping[str, RunConfig], now: float) -> None:
        members = [(self.members[name], config) for name, config in configs.items() if name in self.members]
        anew = [member for member, config in members if needs_new_weights(member.config, config)]
        for member, config in members:
            member.config, self._speed = config, config.speed
            member.orders.append(Configure(config))
            member.ready = False
        self._take_rate(now)
        if anew:
            for member in self.members.values():
                if member not in anew:
                    member.orders.append(Reset())
            self._begin_again(now)

    def _begin_again(self, now: float) -> None:
        """All members get new weights."""
        self._goal = self._owed = 0.0
        self.framing = True
        self._next_frame = -math.inf
        self._began, self._length = now, 0.0
        for member in self.members.values():
            member.begin_again()
        self._pace = Pace(self._rate(), now)

    def _take_rate(self, now: float) -> None:
        if (rate := self._rate()) != self._pace.rate:
            self._pace = Pace(rate, now)

    def _rate(self) -> float:
        """Steps a second of the member whose steps are the largest on the group's clock."""
        if self._speed == "full":
            return math.inf
        if self._speed == "auto":
            return min((pace_of(member.config) for member in self.members.values()), default=1.0)
        return float(self._speed)

    # Rounds

    @property
    def over(self) -> bool:
        """Whether all members have done this round."""
        return all(member.out or (member.ready and self._behind(member) <= 0) for member in self.members.values())

    def begin(self, now: float) -> bool:
        """Begin the next round, if this one is over and the next one is due. False if not."""
        members = [member for member in self.members.values() if not member.out]
        if not members or not self.over:
            return False
        most = self._most(members)
        if self._owed > 0:
            advance = min(self._owed, most)
            self._owed -= advance
        elif self.playing:
            due = self._pace.due(now)
            if due < 1:
                return False
            unit = max(map(self._unit, members))
            steps = min(due, max(math.floor(most / unit), 1))
            self._pace.did(0 if math.isinf(due) else int(steps), now)
            advance = most if math.isinf(due) else steps * unit
        else:
            return False
        self._goal += advance
        self._advance, self._began = advance, now
        interval = self._frame_interval
        last = not self.playing and self._owed <= 0
        self.framing = last or now + self._length / 2 >= self._next_frame
        if self.framing:
            self._next_frame = max(self._next_frame + interval, now + interval / 2)
        return True

    def _most(self, members: list[Member]) -> float:
        """How far on the clock a round goes at most: by one step at least."""
        # A whole number of rounds for a frame.
        seconds = self._frame_interval / math.ceil(self._frame_interval / ROUND)
        if self._clock == "wall":
            return seconds * min(self._workers / len(members), 1.0)
        costs = [member.seconds / self._unit(member) for member in members]
        return float(max(math.floor(seconds * min(self._workers / sum(costs), 1 / max(costs))), 1))

    def steps(self, name: str) -> int:
        """How many steps a member has still to do in this round."""
        member = self.members[name]
        behind = self._behind(member)
        if member.out or not member.ready or behind <= 0:
            return 0
        match self._clock:
            case "steps":
                return math.ceil(behind)
            case "samples":
                return steps_until(math.ceil(behind), member.progress)
            case "wall":
                return max(int(behind / member.seconds), 1)

    def next_time(self, name: str) -> float:
        """When a member next has steps to do; infinity while it waits for others, or stands still."""
        member = self.members[name]
        if member.out or not member.ready:
            return math.inf
        if self._behind(member) > 0:
            return -math.inf
        if not self.over:
            return math.inf
        if self._owed > 0:
            return -math.inf
        return self._pace.next_time() if self.playing else math.inf

    @property
    def stepping(self) -> bool:
        """Whether the group is paused, but has still steps to do before all stand still."""
        if self.playing or all(member.out for member in self.members.values()):
            return False
        return self._owed > 0 or not self.over

    @property
    def coming_to_rest(self) -> bool:
        """Whether all will stand still within a step of this round's end, but do not yet."""
        return self.stepping and self._owed <= self._size_of(Step())

    # Frames

    def showing(self, name: str) -> bool:
        """Whether a member that trains now will show itself after it."""
        return self.framing or self.members[name].out or self._behind(self.members[name]) > self._advance

    def showed(self, name: str, size: int, now: float) -> None:
        """A member has shown itself, in a frame of so many bytes."""
        if name in self.members:
            self.members[name].frame_bytes = size
            if self._goal <= 0 or not self.playing:
                self._next_frame = max(self._next_frame, now + self._frame_interval / 2)

    def show_at(self, name: str) -> float:
        """From when on a member may show itself: at the end of a round whose end is shown, as all others do.

        Before that, if the round lasts much longer than a frame; and whenever it is not in step: out, or catching up.
        """
        member = self.members[name]
        behind = self._behind(member)
        if member.out or behind > self._advance or (behind <= 0 and self.framing):
            return -math.inf
        return self._next_frame + 2 * self._frame_interval if behind <= 0 else math.inf

    @property
    def _frame_interval(self) -> float:
        sizes = [member.frame_bytes for member in self.members.values()]
        return max(FRAME_INTERVAL, len(sizes) / FRAMES_PER_SECOND, sum(sizes) / FRAME_BYTES_PER_SECOND)

    # The clock

    def _unit(self, member: Member) -> float:
        """How far one step moves a member on."""
        match self._clock:
            case "steps":
                return 1.0
            case "samples":
                return float(max(member.progress.batch_size, 1))
            case "wall":
                return member.seconds

    def _behind(self, member: Member) -> float:
        """How far a member is from the goal; a step that does not end at the goal takes it beyond."""
        match self._clock:
            case "steps":
                return self._goal - member.progress.step
            case "samples":
                return self._goal - member.progress.samples
            case "wall":
                return self._goal - member.worked


def steps_until(samples: int, progress: Progress) -> int:
    """How many steps at the present batch size it takes to see so many more samples; the last batch of an epoch is
    smaller where the batch size does not divide the training set.
    """
    batch, size = progress.batch_size, progress.size
    left = size - progress.samples % size
    if samples <= left:
        return -(-samples // batch)
    epochs, rest = divmod(samples - left, size)
    return -(-left // batch) + epochs * progress.steps_per_epoch + -(-rest // batch)
