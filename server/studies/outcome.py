"""What became of one run of a study."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from server.studies.quantities import PLACES, QUANTITIES

#: `waiting` has not begun, `done` has come to the end; `stopped` ended early as its configuration says; `failed` met a
#: fault inside the server.
JobState = Literal["waiting", "running", "done", "diverged", "stopped", "failed"]


@dataclass(eq=False)
class Outcome:
    """What was measured of a configuration (by its index) with a seed, as far as it has come.

    `values`: [quantities, points] float32, of which the first `measured` points count. `ended_at` is the step at which
    it diverged or stopped. `version` tells when it last changed.
    """

    config: int
    seed: int
    points: int
    state: JobState = "waiting"
    measured: int = 0
    ended_at: int | None = None
    version: int = 0
    values: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        """Make room for all points."""
        self.values = np.full((len(QUANTITIES), self.points), np.nan, np.float32)

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state not in ("waiting", "running")

    def add(self, values: list[float]) -> None:
        """Add a point."""
        self.values[:, self.measured] = values
        self.measured += 1

    def series(self, quantity: str) -> NDArray[np.float32]:
        """A quantity at the points so far."""
        return self.values[PLACES[quantity], : self.measured]

    def last(self, quantity: str) -> float:
        """A quantity at the last point. Where the run diverged before, or failed: infinity for a loss, else NaN."""
        if self.state in ("diverged", "failed") or not self.measured:
            return math.inf if quantity.endswith("loss") else math.nan
        return float(self.series(quantity)[-1])

    def settles(self, quantity: str, threshold: float) -> int:
        """The index of the point from which on a quantity stays at a threshold or below, as far as it has come."""
        return int(np.flatnonzero(self.series(quantity) > threshold).max(initial=-1)) + 1

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, null for what is not finite."""
        # The count first: a worker may add a point meanwhile.
        measured = self.measured
        return {
            "config": self.config,
            "seed": self.seed,
            "state": self.state,
            "diverged_at": self.ended_at if self.state == "diverged" else None,
            "stopped_at": self.ended_at if self.state == "stopped" else None,
            "values": [[_plain(value) for value in row[:measured].tolist()] for row in self.values],
        }


def _plain(value: float) -> float | None:
    return float(f"{value:.7g}") if math.isfinite(value) else None
