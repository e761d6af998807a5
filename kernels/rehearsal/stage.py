"""The next step of a training done on copies, and a scene on which its way can be gone again, layer by layer."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from kernels.beginning import NEVER, NO_LOSSES
from kernels.layout import Layout
from kernels.losses import LOSSES
from kernels.network import Floats
from kernels.passes import backward, forward
from kernels.plan import unevaluated
from kernels.state import Clock, Live, Memory, Plan, PlanInteger, Walk
from kernels.table import Field
from kernels.train import train_chunk
from kernels.trainer import Trainer

_INDICES, _FLOATS = ctypes.POINTER(ctypes.c_ssize_t), ctypes.POINTER(ctypes.c_float)


class Stage:
    """The next step done on copies, `live` and `done`, and a scene on which its way can be gone again.

    The scene has tables of its own, `fields` and `dropout`, so that parts can be taken out; its `arena` has the batch's
    inputs in its first rows, raw, and rows of ones behind all others.
    """

    def __init__(self, trainer: Trainer) -> None:
        if trainer.diverged is not None or trainer.stopped is not None:
            raise ValueError("no step follows")
        self.layout: Layout = trainer.layout
        plan, live, memory = trainer.parts
        self.live, self.done = one_step(plan, live, memory)
        raw = self.done
        if live.dropout[0] > 0:
            undropped = live.dropout.copy()
            undropped[0] = 0
            _, raw = one_step(plan, live._replace(dropout=undropped), memory)
        start = int(memory.clock[Clock.POSITION])
        start = 0 if start >= plan.x_train.shape[0] else start
        end = int(self.done.clock[Clock.POSITION])
        self.count, self.step = end - start, int(memory.clock[Clock.STEP])
        self.stride = (self.count + 7) // 8 * 8
        self.indices = self.done.order[start:end].copy()
        self.targets = self.done.targets[: self.stride].copy()
        self.fields, self.dropout, self.params = plan.fields.copy(), live.dropout.copy(), plan.params
        self.parameters, self.gradients = memory.parameters.copy(), np.zeros_like(memory.gradients)
        self.running, self.effective = memory.running.copy(), np.zeros_like(memory.effective)
        self.inputs = int(plan.fields[0, Field.INPUTS])
        self.ones = -(-memory.arena.size // self.stride)
        most = int((plan.fields[:, Field.UNITS] * plan.fields[:, Field.PIXELS]).max())
        self.arena = np.zeros((self.ones + most, self.stride), np.float32)
        self.arena[self.ones :] = 1
        self.arena[: self.inputs] = raw.arena[: self.inputs * self.stride].reshape(self.inputs, self.stride)
        self._loss = LOSSES[trainer.training.loss.id].value.compiled.ctypes
        self._loss_params, self._scratch = live.loss, np.zeros(2 * self.stride, np.float32)
        walk = self._walk = np.zeros(len(Walk), np.int64)
        walk[Walk.LAYERS], walk[Walk.SEED] = len(plan.fields), plan.integers[PlanInteger.SEED]
        for place, array in (
            (Walk.TABLE, self.fields), (Walk.FLOATS, self.params), (Walk.DROPOUT, self.dropout),
            (Walk.PARAMETERS, self.parameters), (Walk.GRADIENTS, self.gradients), (Walk.RUNNING, self.running),
            (Walk.ARENA, self.arena), (Walk.EFFECTIVE, self.effective),
        ):  # fmt: skip
            walk[place] = array.ctypes.data

    def forward(self, first: int, last: int, training: int) -> None:
        """Go through these layers."""
        forward.compiled.ctypes(self._walk.ctypes.data_as(_INDICES), first, last, self.count, training, self.step)

    def backward(self, layer: int) -> None:
        """Go back through a layer."""
        backward.compiled.ctypes(self._walk.ctypes.data_as(_INDICES), layer, layer, self.count, self.step)

    def lose(self) -> None:
        """Put the loss's gradient where the last layer looks for it."""
        z, d = self.rows(-1, Field.Z_ROW), self.rows(-1, Field.GRADIENT_ROW)
        self._lose(z, self.targets, d, self.count)

    def losses(self, start: int, end: int, most: int) -> NDArray[np.float64]:
        """The losses of these samples, each computed by itself; where that makes more than `most`, several together."""
        z, together = self.rows(-1, Field.Z_ROW), -(-(end - start) // most)
        found = []
        for first in range(start, end, together):
            count = min(together, end - first)
            part, targets = (np.zeros((rows, (count + 7) // 8 * 8), np.float32) for rows in (len(z), 1))
            part[:, :count], targets[0, :count] = z[:, first : first + count], self.targets[first : first + count]
            found.append(self._lose(part, targets, np.zeros_like(part), count))
        return np.array(found)

    def _lose(self, z: Floats, targets: Floats, d: Floats, count: int) -> float:
        arrays = (each.ctypes.data_as(_FLOATS) for each in (z, targets, d, self._scratch))
        return float(self._loss(*arrays, len(z), count, z.shape[1], self._loss_params.ctypes.data_as(_FLOATS)))

    def field(self, layer: int, field: Field) -> int:
        """A number of the table."""
        return int(self.fields[layer, field])

    def rows(self, layer: int, field: Field) -> Floats:
        """The rows of the arena that a field leads to, [rows, stride]: a view."""
        first = self.field(layer, field)
        return self.arena[first : first + self._count_of(layer, field)]

    def _count_of(self, layer: int, field: Field) -> int:
        units, sums, pixels = (self.field(layer, each) for each in (Field.UNITS, Field.SUMS, Field.PIXELS))
        if field in {Field.Z_ROW, Field.Y_ROW, Field.SUMS_GRADIENT_ROW}:
            return (sums or units) * pixels
        if field == Field.NORMALIZED_ROW:
            return (units if self.field(layer, Field.AFTER) else sums) * pixels
        return units * pixels

    def input_shape(self, layer: int) -> tuple[int, ...]:
        """The shape of what comes into a layer: a row of numbers for a dense one."""
        shape = self.layout.stages[layer]
        return (math.prod(shape.input_shape),) if shape.kind == "dense" else shape.input_shape

    def rates(self, layer: int) -> Floats:
        """How likely a layer's units, weights and channels are silenced: a view."""
        return self.dropout[1 + 3 * layer : 4 + 3 * layer]

    def drops(self, layer: int) -> bool:
        """Whether some of what leaves a layer is silenced."""
        units, _, channels = self.rates(layer)
        return bool(units or channels)

    def entering(self, layer: int) -> Floats:
        """What comes into a layer, [rows, stride]: a view."""
        if layer == 0:
            return self.arena[: self.inputs]
        return self.rows(layer - 1, Field.DROPPED_ROW if self.drops(layer - 1) else Field.OUT_ROW)

    @contextmanager
    def without(self, layer: int, *changes: tuple[Field, int]) -> Iterator[None]:
        """While this lasts, a layer's row of the table has other numbers."""
        row = self.fields[layer].copy()
        for field, value in changes:
            self.fields[layer, field] = value
        try:
            yield
        finally:
            self.fields[layer] = row


def one_step(plan: Plan, live: Live, memory: Memory) -> tuple[Live, Memory]:
    """One step on copies, after which the arena keeps what the step left in it, and `losses[4]` is the batch's loss.

    There is no record; that of a divergence begins all but the epoch's sum of losses anew.
    """
    live = live._replace(**{name: array.copy() for name, array in live._asdict().items()})
    memory = memory._replace(**{name: array.copy() for name, array in memory._asdict().items()})
    memory.clock[Clock.NEXT_RECORD] = NEVER
    memory.losses[:] = NO_LOSSES
    train_chunk(unevaluated(plan), live, memory, 1, False)
    return live, memory
