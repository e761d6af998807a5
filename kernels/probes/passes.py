"""The network's own passes, called between two steps: the machine code that trains, on parameters of one's choice."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.calls import SECOND_LOOK
from kernels.network import Floats
from kernels.state import Live, LiveAddress, Memory, Plan, PlanInteger, Walk
from kernels.table import Field

_ADDRESS, _SIZE = ctypes.c_void_p, ctypes.c_ssize_t
#: The signatures of `kernels.calls`, for calls from Python; they let other threads run.
_FORWARD = ctypes.CFUNCTYPE(None, _ADDRESS, _SIZE, _SIZE, _SIZE, _SIZE, _SIZE)
_BACKWARD = ctypes.CFUNCTYPE(None, _ADDRESS, _SIZE, _SIZE, _SIZE, _SIZE)
_LOSS = ctypes.CFUNCTYPE(ctypes.c_double, *[_ADDRESS] * 4, *[_SIZE] * 3, _ADDRESS)


class Passes:
    """Forward and back through a network, on the run's batch buffers, in which training leaves nothing that it reads.

    Its parameters, gradients and running statistics stay as they are.
    """

    def __init__(self, plan: Plan, live: Live, memory: Memory) -> None:
        self._plan, self._live, self._memory = plan, live, memory
        self._forward: Any = _FORWARD(int(plan.integers[PlanInteger.FORWARD]))
        self._backward: Any = _BACKWARD(int(plan.integers[PlanInteger.BACKWARD]))
        self._loss: Any = _LOSS(int(live.addresses[LiveAddress.LOSS]))
        self._top = len(plan.fields) - 1
        self._gradient = np.zeros_like(memory.parameters)
        walk = self._walk = np.zeros(len(Walk), np.int64)
        for place, array in (
            (Walk.TABLE, plan.fields),
            (Walk.FLOATS, plan.params),
            (Walk.DROPOUT, live.dropout),
            (Walk.PARAMETERS, memory.parameters),
            (Walk.GRADIENTS, self._gradient),
            (Walk.RUNNING, memory.running),
            (Walk.ARENA, memory.arena),
            (Walk.EFFECTIVE, memory.effective),
        ):
            walk[place] = array.ctypes.data
        walk[Walk.LAYERS], walk[Walk.SEED] = self._top + 1, plan.integers[PlanInteger.SEED]
        self._count = 0

    @property
    def most(self) -> int:
        """How many samples there is room for."""
        return self._memory.targets.size

    def field(self, layer: int, field: Field) -> int:
        """A column of the table of layers, counted from 0."""
        return int(self._plan.fields[layer, field])

    def rows(self, first: int, rows: int) -> Floats:
        """What lies in the batch buffers from row `first` on: [rows, samples], a view until the next pass."""
        stride = -(-self._count // 8) * 8
        whole = self._memory.arena[first * stride : (first + rows) * stride].reshape(rows, stride)
        return whole[:, : self._count]

    def put(self, x: Floats, y: Floats) -> None:
        """Bring in samples. x: [samples, inputs]; y: [samples]; at most as many as there is room for."""
        self._count, stride = len(x), -(-len(x) // 8) * 8
        inputs = self._memory.arena[: x.shape[1] * stride].reshape(x.shape[1], stride)
        inputs[:, : len(x)], inputs[:, len(x) :] = x.T, 0.0
        self._memory.targets[: len(x)], self._memory.targets[len(x) : stride] = y, 0.0

    def forward(self, parameters: Floats, training: int, step: int) -> None:
        """From the inputs to the logits. parameters: [parameters]; `training` as in `kernels.calls`."""
        self._walk[Walk.PARAMETERS] = parameters.ctypes.data
        self._forward(self._walk.ctypes.data, 0, self._top, self._count, training, step)

    def lose(self) -> float:
        """The mean loss behind a forward pass, and what the way back begins with."""
        stride = -(-self._count // 8) * 8
        start = self._memory.arena.ctypes.data
        z, d = (4 * stride * self.field(self._top, field) for field in (Field.Z_ROW, Field.GRADIENT_ROW))
        units, params = self.field(self._top, Field.UNITS), self._live.loss.ctypes.data
        targets, scratch = self._memory.targets.ctypes.data, self._memory.scratch.ctypes.data
        summed: float = self._loss(start + z, targets, start + d, scratch, units, self._count, stride, params)
        return summed / self._count

    def back(self, layer: int, step: int) -> None:
        """Back through one layer, the last one first."""
        self._backward(self._walk.ctypes.data, layer, layer, self._count, step)

    def gradient(self, parameters: Floats, step: int) -> NDArray[np.float64]:
        """The gradient of the mean loss of the samples that were brought in; masks are those of that step.

        parameters: [parameters], as the result; both in the layout's order.
        """
        self.forward(parameters, SECOND_LOOK, step)
        self.lose()
        self._backward(self._walk.ctypes.data, self._top, 0, self._count, step)
        return self.found()

    def found(self) -> NDArray[np.float64]:
        """The gradient that the last way back has left: [parameters]."""
        return self._gradient.astype(np.float64)
