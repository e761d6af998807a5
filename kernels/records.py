"""The record of a run: rows that are only ever added."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Records:
    """Records from `start` on. `steps`: [n] float64; `values`: [n, columns] float32, as the layout's columns say."""

    start: int
    steps: NDArray[np.float64]
    values: NDArray[np.float32]


class Recorder:
    """Rows that are only ever added, in arrays that double."""

    def __init__(self, columns: int) -> None:
        """Start without rows."""
        self.count = 0
        self._steps = np.zeros(64)
        self._values = np.zeros((64, columns), np.float32)

    def append(self, steps: NDArray[np.generic], values: NDArray[np.generic]) -> None:
        """Add rows. steps: [n]; values: [n, columns]."""
        count = self.count + len(steps)
        while count > len(self._steps):
            # New arrays, so that rows which somebody holds stay as they are.
            self._steps = np.concatenate([self._steps, np.zeros_like(self._steps)])
            self._values = np.concatenate([self._values, np.zeros_like(self._values)])
        self._steps[self.count : count] = steps
        self._values[self.count : count] = values
        self.count = count

    def since(self, start: int) -> Records:
        """The rows from `start` on; views, not copies."""
        return Records(start, self._steps[start : self.count], self._values[start : self.count])
