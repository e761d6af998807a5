"""What a run tells, as it travels from the running side to the serving side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.layout import Layout
from kernels.network import Floats
from server.schema import RunConfig

State: TypeAlias = Literal["running", "paused", "diverged", "finished"]

#: The big buffers that a viewer gets only when asking for them.
WATCHABLE = ("gradients", "updates")


@dataclass(frozen=True)
class Event:
    """Something that happened, in words that go to the viewers as they are."""

    event: str
    generation: int
    step: int
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a run is about to do: tells viewers how to read its frames.

    `evaluated` is how many training and test samples the losses of a frame look at; `pace` is what the speed "auto"
    means, in steps per second. `restarted` says that the weights are new.
    """

    config: RunConfig
    layout: Layout
    generation: int
    step: int
    steps_per_epoch: int
    evaluated: tuple[int, int]
    pace: float
    restarted: bool


@dataclass(frozen=True)
class Series:
    """Records `start`, `start + 1`, …: `steps` [n] float64, `values` [n, columns] float32."""

    start: int
    steps: NDArray[np.float64]
    values: Floats


@dataclass(frozen=True)
class Snapshot:
    """Copies of a run's flat buffers at one step, with the records that are new since the last snapshot.

    `averaged` is the mean of `params`, then that of `running`, where weights are averaged.
    """

    generation: int
    step: int
    epoch: float
    state: State
    rate: float
    params: Floats
    running: Floats
    stats: Floats
    series: Series
    gradients: Floats | None = None
    updates: Floats | None = None
    averaged: Floats | None = None

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        arrays = (
            self.params, self.running, self.stats, self.series.values, self.gradients, self.updates, self.averaged
        )  # fmt: skip
        return sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True)
class Receipt:
    """Everything that was asked for before this ticket is done. Says where the run stands, watched or not."""

    ticket: int
    generation: int
    step: int
    epoch: float
    rate: float


Publication: TypeAlias = Event | Plan | Snapshot | Receipt
