"""What is kept from epoch to epoch, for a schedule that follows the loss and for early stopping. One flat array."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from kernels.network import Choice
from kernels.schedules import FRESH, SCHEDULES, Schedule
from kernels.stoppings import Stopping

Doubles = NDArray[np.float64]

#: What an epoch can be to early stopping.
WORSE, BETTER, ENOUGH = range(3)


class Watch(IntEnum):
    """The floats that are kept; the first three are the schedule's own."""

    REACHED = 0
    BEST_MEASURE = 1
    BAD_EPOCHS = 2
    BEST_LOSS = 3
    BEST_EPOCH = 4
    BEST_STEP = 5
    WAITED = 6  # epochs since the best
    STOPPED = 7  # 1: training has ended
    AVERAGED_FROM = 8  # the step at which the mean of the weights was chosen


@dataclass(frozen=True)
class Stop:
    """An early stop: after which step, and in which epoch, after which step the best test loss was."""

    step: int
    best_epoch: float
    best_step: int
    best_loss: float


def fresh_watch() -> Doubles:
    """Nothing seen yet."""
    watch = np.zeros(len(Watch))
    forget_schedule(watch)
    forget_stopping(watch)
    return watch


def forget_schedule(watch: Doubles) -> None:
    """Let the schedule begin anew."""
    watch[: len(FRESH)] = FRESH


def forget_stopping(watch: Doubles) -> None:
    """Let the search for the best epoch begin anew. A run that has stopped stays so."""
    watch[Watch.BEST_LOSS] = np.inf
    watch[[Watch.BEST_EPOCH, Watch.BEST_STEP, Watch.WAITED]] = 0


def watches_alike(old: Choice, new: Choice) -> bool:
    """Whether what one schedule has seen of the epochs still holds for the other: not after another measure."""
    if old.id != new.id:
        return False
    schedule = SCHEDULES[new.id]
    return schedule.advances is None or schedule.named(old)["measure"] == schedule.named(new)["measure"]


def advance_schedule(watch: Doubles, schedule: Schedule, choice: Choice, loss: float) -> None:
    """Show a schedule that advances one more epoch, by the loss that it watches."""
    if schedule.advances is not None:
        schedule.advances(watch[: len(FRESH)], loss, **schedule.named(choice))


def judge_epoch(watch: Doubles, stopping: Stopping, choice: Choice, test_loss: float, epoch: float, step: int) -> int:
    """Whether the epoch was `BETTER` than all before it, `WORSE`, or the one after which it is `ENOUGH`."""
    patience, improvement = stopping.values(choice.params)
    if test_loss < watch[Watch.BEST_LOSS] - improvement:
        watch[Watch.BEST_LOSS], watch[Watch.BEST_EPOCH], watch[Watch.BEST_STEP] = test_loss, epoch, step
        watch[Watch.WAITED] = 0
        return BETTER
    watch[Watch.WAITED] += 1
    # Without a best epoch (no test loss was finite) there is nothing to go back to.
    if watch[Watch.WAITED] < patience or watch[Watch.BEST_STEP] == 0:
        return WORSE
    watch[Watch.STOPPED] = 1
    return ENOUGH


def stop_of(watch: Doubles, step: int) -> Stop:
    """The stop that happened after `step`."""
    epoch, best_step, loss = watch[Watch.BEST_EPOCH], watch[Watch.BEST_STEP], watch[Watch.BEST_LOSS]
    return Stop(step, float(epoch), int(best_step), float(loss))
