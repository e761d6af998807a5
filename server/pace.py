"""When steps are due: pure functions of time, so that tests need no clock.

Times are seconds of any monotonic clock, rates are training steps per second.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

#: What a group of runs keeps in step: training steps, samples seen, or time spent.
GroupClock: TypeAlias = Literal["steps", "samples", "wall"]

#: Seconds that a thread has worked. Where another process takes the core meanwhile, a step did not get longer. (Windows
#: counts a thread's time in steps too coarse for a slice.)
THREAD_CLOCK: Callable[[], float] = time.monotonic if os.name == "nt" else time.thread_time

#: A run that trains for people to watch need not be woken more often than this: twice a drawn frame, so that a frame
#: finds new steps even when a thread was woken late.
TICK = 1 / 120

#: A run that fell behind (the machine was busy) does not catch up on more than this.
MAX_BACKLOG = 0.25

#: How fast the measured rates follow a change.
_MEMORY = 0.5


def auto_rate(steps_per_epoch: int) -> float:
    """The pace of "auto": 120 steps a second, and up to eight times as many where an epoch is long.

    At 120 the default run is solved in 10 to 20 seconds: 1,200 steps with its own seed, 1,700 in the median of others.
    """
    return 120.0 * min(max(math.sqrt(steps_per_epoch / 16), 1.0), 8.0)


@dataclass(frozen=True)
class Progress:
    """Where a run stands: steps and samples since its weights were new, its present batch size, its training set."""

    step: int
    samples: int
    batch_size: int
    size: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps in an epoch at the present batch size."""
        return -(-self.size // self.batch_size)


class Pace:
    """How many steps are due at a time, for a speed in steps per second, or infinity for as fast as it goes."""

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self._since = now
        self._done = 0
        self._last = now

    def due(self, now: float) -> float:
        """How many whole steps should have been done by `now` and are not; infinity at full speed."""
        if math.isinf(self.rate):
            return math.inf
        backlog = max(MAX_BACKLOG * self.rate, 1.0)
        steps = (now - self._since) * self.rate - self._done
        if steps > backlog:
            # Begin to count anew, one backlog ago.
            self._since, self._done, steps = now - backlog / self.rate, 0, backlog
        # A step due at exactly this time is due, in spite of rounding.
        return max(math.floor(steps + 1e-6), 0)

    def did(self, steps: int, now: float) -> None:
        """Note that steps were done."""
        self._done += steps
        self._last = now

    def next_time(self) -> float:
        """When to look again: at the next step, but not sooner than a tick after the last ones."""
        if math.isinf(self.rate):
            return self._last
        return max(self._since + (self._done + 1) / self.rate, self._last + TICK)


class Speedometer:
    """Measured steps per second of wall time, as a person sees them, over about the last half second."""

    def __init__(self, now: float) -> None:
        self.rate = 0.0
        self._since = now
        self._steps = 0

    def note(self, steps: int, now: float) -> None:
        """Steps were done, the last of them at `now`."""
        self._steps += steps
        elapsed = now - self._since
        if elapsed >= _MEMORY:
            self.rate = self._steps / elapsed
            self._since, self._steps = now, 0
        elif self.rate == 0.0 and elapsed > 0 and self._steps:
            self.rate = self._steps / elapsed

    def restart(self, now: float) -> None:
        """The run stood still, or begins anew: what came before says nothing."""
        self.rate, self._since, self._steps = 0.0, now, 0


class StepTime:
    """How long a step of this run takes, learned from its slices, to choose how many fit into the next one.

    Begins with a cautious guess from the operations in a step.
    """

    def __init__(self, step_flops: float) -> None:
        self.step_flops = step_flops
        self.seconds = 2e-6 + step_flops / 5e9
        self._measured = False

    def note(self, steps: int, elapsed: float) -> None:
        """`steps` took `elapsed` seconds. A single slow slice counts little."""
        if steps <= 0 or elapsed <= 0:
            return
        seconds = elapsed / steps
        if not self._measured:
            self.seconds, self._measured = seconds, True
        else:
            self.seconds += 0.5 * (min(seconds, 2 * self.seconds) - self.seconds)

    def fitting(self, budget: float) -> int:
        """How many steps fit into `budget` seconds, at least one."""
        return max(int(budget / self.seconds), 1)
