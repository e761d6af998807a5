"""What a run tells, as it travels from the running side to the serving side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.layout import Layout
from kernels.network import Floats
from server.problems import Problem, Refused
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


def error_event(problem: Problem, generation: int = 0, step: int = 0) -> Event:
    """The event that tells a viewer what could not be done."""
    return Event("error", generation, step, problem.as_dict())


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
class Measurement:
    """What a probe found: `values` [rows, quantities] at a step, NaN where a number is not defined.

    `cost` is how many seconds of computing it took, `every` about how many seconds go by from one to the next while the
    run trains; 0 while that is not known.
    """

    step: int
    every: float
    cost: float
    values: Floats


@dataclass(frozen=True)
class Snapshot:
    """Copies of a run's flat buffers at one step, with the records that are new since the last snapshot.

    `averaged` is the mean of `params`, then that of `running`, where weights are averaged; `probes` what was measured
    for it; `worked` for how many seconds of a thread these weights have trained.
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
    probes: Mapping[str, Measurement] = field(default_factory=dict)
    worked: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        arrays = (
            self.params, self.running, self.stats, self.series.values, self.gradients, self.updates, self.averaged
        )  # fmt: skip
        measured = sum(measurement.values.nbytes for measurement in self.probes.values())
        return measured + sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True)
class Receipt:
    """Everything that was asked for before this ticket is done. Says where the run stands, watched or not."""

    ticket: int
    generation: int
    step: int
    epoch: float
    rate: float


@dataclass(frozen=True)
class Answer:
    """What was asked for under this ticket, encoded, or why it is not told."""

    ticket: int
    content: bytes = b""
    refusal: Refused | None = None


Publication: TypeAlias = Event | Plan | Snapshot | Receipt | Answer
