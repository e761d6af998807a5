"""A network in training as probes see it: its present numbers, and steps that are tried on copies of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.beginning import NEVER
from kernels.calls import INFERENCE, SECOND_LOOK
from kernels.layout import Layout
from kernels.network import Choice, Floats
from kernels.optimizers import OPTIMIZERS
from kernels.plan import unevaluated
from kernels.probes.passes import Passes
from kernels.state import Clock, Live, Memory, Plan, PlanInteger
from kernels.table import Field
from kernels.train import NOTHING, train_chunk
from kernels.trainer import Trainer

#: Of a layer's activations on the evaluated samples, so many numbers are kept: enough for percentiles and histograms.
KEPT = 65_536
#: Silent units are looked for on all training samples that take no more operations than these, about a tenth of a
#: second.
SILENCE_LIMIT = 1e9


@dataclass(frozen=True)
class Coming:
    """The step that the network would do next, done on copies.

    `gradients` are what its optimizer gets, penalties and clipping included, and `parameters` what it leaves, both NaN
    where it diverges; `rate` is the learning rate in force. x: [count, inputs] and y: [count] are its batch, as it went
    in; in the batch buffers each row has room for `stride`.
    """

    parameters: Floats
    gradients: Floats
    rate: float
    x: Floats
    y: Floats

    @property
    def count(self) -> int:
        """Samples in its batch."""
        return len(self.x)

    @property
    def stride(self) -> int:
        """Their number, rounded up to eight."""
        return -(-self.count // 8) * 8


@dataclass(frozen=True)
class Activations:
    """What a layer does with the evaluated training samples, as in inference.

    `entering` [sums, samples] and `activations` [units, samples], both times pixels, are the numbers before and behind
    its activation, `KEPT` at most, of the first samples.
    """

    entering: Floats
    activations: Floats


@dataclass(frozen=True)
class Silence:
    """Which units, or channels, put out zero for every training sample, as in inference: [units] for every layer.

    `samples` tells how many were looked at: all, or of a large set as many of a random choice as can be afforded.
    """

    units: list[NDArray[np.bool_]]
    samples: int


@dataclass(frozen=True)
class WayBack:
    """The coming batch on its way back: the gradient of its mean loss, flat, and each layer's deltas' deviation.

    A delta is the derivative of one sample's loss by a weighted sum, or by what a pool puts out.
    """

    gradient: NDArray[np.float64]
    spread: list[float]


class Specimen:
    """A network in training, to be looked at between two of its steps; nothing here changes a bit of it.

    What several probes need is made once and kept until `forget`.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._copies: Memory | None = None

    def forget(self) -> None:
        """The network may have moved on."""
        for name in ("coming", "passes", "activations", "silence", "way_back"):
            vars(self).pop(name, None)

    @property
    def layout(self) -> Layout:
        """Where everything lies."""
        return self._trainer.layout

    @property
    def step(self) -> int:
        """Steps done."""
        return self._trainer.step

    @property
    def batch_size(self) -> int:
        """Samples in a batch, but for the last of an epoch."""
        return self._trainer.batch_size

    @property
    def seed(self) -> int:
        """The seed from which masks are drawn."""
        return int(self._plan.integers[PlanInteger.SEED])

    @property
    def evaluated(self) -> tuple[Floats, Floats]:
        """The training samples that losses of whole sets look at: [samples, inputs], and their targets."""
        count = int(self._plan.integers[PlanInteger.EVALUATED_TRAIN])
        return self._plan.x_train[:count], self._plan.y_train[:count]

    @property
    def samples(self) -> int:
        """All training samples."""
        return len(self._plan.x_train)

    @property
    def parameters(self) -> Floats:
        """All that is trained, flat."""
        return self._memory.parameters

    @property
    def gradients(self) -> Floats:
        """The gradient that the optimizer got in the last step, flat; zeros before the first."""
        return self._memory.gradients

    @property
    def running(self) -> Floats:
        """The running statistics, flat."""
        return self._memory.running

    @property
    def dropout(self) -> Floats:
        """The rates of the inputs, then of each layer's units, weights and channels: [1 + 3 layers]."""
        return self._live.dropout

    @property
    def optimizer(self) -> Choice:
        """The optimizer in force."""
        return self._trainer.optimizer

    def slots(self) -> dict[str, Floats]:
        """The optimizer's own vectors by name, parallel to the parameters."""
        size, names = self.layout.parameter_count, OPTIMIZERS[self.optimizer.id].slots
        return {name: self._memory.slots[place * size :][:size] for place, name in enumerate(names)}

    @property
    def _plan(self) -> Plan:
        return self._trainer.parts[0]

    @property
    def _live(self) -> Live:
        return self._trainer.parts[1]

    @property
    def _memory(self) -> Memory:
        return self._trainer.parts[2]

    @cached_property
    def passes(self) -> Passes:
        """Ways through the network."""
        return Passes(*self._trainer.parts)

    @cached_property
    def coming(self) -> Coming:
        """The step that comes next. No set is evaluated: the batch stays where it was gathered."""
        plan, live, memory = self._trainer.parts
        copies = self._copy(memory)
        copies.clock[Clock.NEXT_RECORD] = NEVER
        # What a step computes of the hyperparameters stands behind them.
        tried = live._replace(optimizer=live.optimizer.copy(), momentum=live.momentum.copy())
        before = int(memory.clock[Clock.POSITION])
        train_chunk(unevaluated(plan), tried, copies, 1, False)
        if copies.clock[Clock.CULPRIT] != NOTHING:
            copies.gradients[:] = copies.parameters[:] = np.nan
        begun = before >= self.samples
        count = int(copies.clock[Clock.POSITION]) - (0 if begun else before)
        rate, stride = float(tried.optimizer[tried.optimizer.size // 2]), -(-count // 8) * 8
        x = memory.arena[: plan.x_train.shape[1] * stride].reshape(-1, stride)[:, :count].T.copy()
        return Coming(copies.parameters, copies.gradients, rate, x, memory.targets[:count].copy())

    def gradient(self, parameters: Floats) -> NDArray[np.float64]:
        """The gradient of the coming batch's mean loss with other parameters, under the coming step's masks.

        parameters: [parameters], as the result.
        """
        self.passes.put(self.coming.x, self.coming.y)
        return self.passes.gradient(parameters, self.step)

    @cached_property
    def way_back(self) -> WayBack:
        """The coming batch's way back, layer by layer."""
        passes, layers = self.passes, len(self.layout.layer_names)
        passes.put(self.coming.x, self.coming.y)
        passes.forward(self.parameters, SECOND_LOOK, self.step)
        passes.lose()
        spread = []
        for layer in reversed(range(layers)):
            passes.back(layer, self.step)
            sums = passes.field(layer, Field.SUMS) or passes.field(layer, Field.UNITS)
            rows = sums * passes.field(layer, Field.PIXELS)
            deltas = passes.rows(passes.field(layer, Field.SUMS_GRADIENT_ROW), rows)
            spread.append(self.coming.count * float(np.std(deltas, dtype=np.float64)))
        return WayBack(passes.found(), spread[::-1])

    @cached_property
    def activations(self) -> list[Activations]:
        """What each layer does with the evaluated training samples."""
        passes, (x, y) = self.passes, self.evaluated
        stages = self.layout.stages
        entering: list[list[Floats]] = [[] for _ in stages]
        leaving: list[list[Floats]] = [[] for _ in stages]
        # The smallest layer decides how many samples are needed.
        needed = max(max(1, KEPT // math.prod(stage.shape)) for stage in stages)
        for start in range(0, min(len(x), needed), passes.most):
            passes.put(x[start : start + passes.most], y[start : start + passes.most])
            passes.forward(self.parameters, INFERENCE, 0)
            for layer, stage in enumerate(stages):
                units, pixels = stage.shape[0], math.prod(stage.shape[1:])
                left = max(1, KEPT // (units * pixels)) - start
                if left > 0:
                    sums = units * max(1, stage.pieces)
                    z = passes.rows(passes.field(layer, Field.Y_ROW), sums * pixels)
                    a = passes.rows(passes.field(layer, Field.A_ROW), units * pixels)
                    entering[layer].append(z[:, :left].copy())
                    leaving[layer].append(a[:, :left].copy())
        return [
            Activations(np.concatenate(z, axis=1), np.concatenate(a, axis=1))
            for z, a in zip(entering, leaving, strict=True)
        ]

    @cached_property
    def silence(self) -> Silence:
        """Which units no training sample makes speak; where none is left, the rest of the samples is not looked at."""
        passes, (x, y), stages = self.passes, (self._plan.x_train, self._plan.y_train), self.layout.stages
        evaluated = len(self.evaluated[0])
        samples = min(len(x), max(evaluated, int(SILENCE_LIMIT / (2.0 * self.layout.operations))))
        silent = [np.ones(stage.shape[0], np.bool_) for stage in stages]
        for start in range(0, samples, passes.most):
            if not any(quiet.any() for quiet in silent):
                break
            block = slice(start, min(start + passes.most, samples))
            passes.put(x[block], y[block])
            passes.forward(self.parameters, INFERENCE, 0)
            for layer, stage in enumerate(stages):
                if silent[layer].any():
                    a = passes.rows(passes.field(layer, Field.A_ROW), math.prod(stage.shape))
                    silent[layer] &= ~a.any(axis=1).reshape(stage.shape[0], -1).any(axis=1)
        return Silence(silent, samples)

    def _copy(self, memory: Memory) -> Memory:
        """The memory's numbers in buffers that are kept for this. What a batch passes through is shared.

        Training leaves nothing there that it reads again.
        """
        shared = {"arena", "effective", "targets", "scratch", "record_steps", "record_values"}
        if self._copies is None:
            self._copies = memory._replace(
                record_steps=np.zeros(1), record_values=np.zeros((1, memory.stats.size), np.float32)
            )
        kept: dict[str, Any] = {}
        for name, values in memory._asdict().items():
            if name in shared:
                kept[name] = values
                continue
            own = getattr(self._copies, name)
            if own is values or own.shape != values.shape:
                own = np.empty_like(values)
            own[...] = values
            kept[name] = own
        kept |= {"record_steps": self._copies.record_steps, "record_values": self._copies.record_values}
        self._copies = Memory(**kept)
        return self._copies
