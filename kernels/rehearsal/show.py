"""What there is to see on the way of a step: forward, back, and of every parameter."""

from __future__ import annotations

import math

import numpy as np

from kernels.calls import SECOND_LOOK, TRAINING
from kernels.clippings import CLIPPINGS
from kernels.layout import Tensor
from kernels.network import Floats
from kernels.rehearsal.stage import Stage, one_step
from kernels.table import Field
from kernels.trainer import Trainer

#: Of how many samples of a batch the numbers are shown where none is chosen.
MOST_SHOWN = 64
_ONE = np.float32(1)
#: What is taken out of a layer's row of the table, so that a pass goes around it.
_NORMALIZED, _ACTIVATED = (Field.NORMALIZE_BACK,), (Field.ACTIVATE_BACK, Field.ACTIVATE_UNITS_BACK)


class Show:
    """Goes the way of a step on a stage, and keeps what there is to see."""

    def __init__(self, stage: Stage, sample: int | None) -> None:
        self.stage = stage
        self.arrays: dict[str, Floats] = {}
        self.sums: dict[str, Floats] = {}
        self.shown = 1 if sample is not None else min(stage.count, MOST_SHOWN)
        self.losses = np.zeros(0, np.float32)
        self._first = sample or 0
        self._single = sample is not None
        #: Each layer's gradients of the whole batch in its outputs, activations, what entered them, and its sums.
        self._gradients: list[dict[str, Floats]] = []
        self._keep("targets", stage.targets[None], (1,))

    def _keep(self, name: str, rows: Floats, shape: tuple[int, ...]) -> None:
        """Keep rows: [numbers, stride], of the samples shown; those of one have that shape, of all also their sums."""
        seen = rows[:, self._first : self._first + self.shown]
        self.arrays[name] = np.array(seen.reshape(shape if self._single else (*shape, self.shown)))
        if not self._single:
            self.sums[name] = rows[:, : self.stage.count].sum(axis=1, dtype=np.float64).astype(np.float32)

    def _name(self, layer: int, part: str) -> str:
        return f"{self.stage.layout.layer_names[layer]}.{part}"

    def _keep_layer(self, layer: int, part: str, rows: Floats) -> None:
        """The same of a layer, whose image keeps its shape, with as many channels as there are rows for."""
        _, *pixels = self.stage.layout.stages[layer].shape
        self._keep(self._name(layer, part), rows, (len(rows) // math.prod(pixels), *pixels))

    # Forward

    def forward(self) -> None:
        """From the inputs to the logits."""
        stage = self.stage
        raw = stage.arena[: stage.inputs].copy()
        self._keep("input", raw, stage.layout.input_shape)
        if stage.dropout[0] > 0:
            stage.arena[: stage.inputs] = 1
            stage.forward(0, 0, TRAINING)
            self._keep("input.mask", stage.arena[: stage.inputs], stage.layout.input_shape)
            stage.arena[: stage.inputs] = raw
        # Silences the inputs, once; all that comes is a second look, which leaves them as they are.
        stage.forward(0, 0, TRAINING)
        for layer in range(len(stage.fields)):
            self._through(layer)

    def _through(self, layer: int) -> None:
        stage = self.stage
        self._keep(self._name(layer, "input"), stage.entering(layer), stage.input_shape(layer))
        self._keep_masks(layer)
        skip = stage.field(layer, Field.SKIP)
        with stage.without(layer, (Field.SKIP, 0)):
            # The sums, normalized or not, before anything is added to them: they share their rows with y.
            stage.forward(layer, layer, SECOND_LOOK)
            self._keep_layer(layer, "z", stage.rows(layer, Field.Z_ROW))
            normalizes, after = (stage.field(layer, field) for field in (Field.NORMALIZE, Field.AFTER))
            if normalizes and not after:
                self._keep_normalized(layer)
        if skip:
            self._keep_layer(layer, "skip", stage.entering(layer - skip + 1))
            stage.forward(layer, layer, SECOND_LOOK)
        for part, field in (("y", Field.Y_ROW), ("a", Field.A_ROW), ("out", Field.OUT_ROW)):
            self._keep_layer(layer, part, stage.rows(layer, field))
        if normalizes and after:
            self._keep_normalized(layer)
        if stage.drops(layer):
            self._keep_layer(layer, "dropped", stage.rows(layer, Field.DROPPED_ROW))
        if stage.field(layer, Field.WEIGH) or stage.rates(layer)[1] > 0:
            self.arrays[self._name(layer, "effective")] = self._weights(layer, stage.effective)

    def _weights(self, layer: int, values: Floats) -> Floats:
        tensor = self.stage.layout.tensor(self._name(layer, "weight"))
        return values[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape).copy()

    def _keep_masks(self, layer: int) -> None:
        """What dropout multiplies by is what it makes of ones."""
        stage = self.stage
        if stage.drops(layer):
            with stage.without(layer, (Field.OUT_ROW, stage.ones)):
                stage.forward(layer, layer, SECOND_LOOK)
            self._keep_layer(layer, "mask", stage.rows(layer, Field.DROPPED_ROW))
        if stage.rates(layer)[1] > 0:
            trained = stage.parameters.copy()
            stage.parameters[:] = 1
            with stage.without(layer, (Field.WEIGH, 0)):
                stage.forward(layer, layer, SECOND_LOOK)
            self.arrays[self._name(layer, "weight.mask")] = self._weights(layer, stage.effective)
            stage.parameters[:] = trained

    def _keep_normalized(self, layer: int) -> None:
        """What is normalized, and by what: batch statistics of every unit, or a sample's of every group."""
        stage = self.stage
        normalized = stage.rows(layer, Field.NORMALIZED_ROW)
        self._keep_layer(layer, "normalized", normalized)
        first = stage.field(layer, Field.SCRATCH_ROW)
        units = len(normalized) // stage.field(layer, Field.PIXELS)
        if stage.field(layer, Field.RUNNING) >= 0:
            mean, inverse = stage.arena[first:].reshape(-1)[: 2 * units].reshape(2, units)
            self.arrays[self._name(layer, "mean")] = mean.copy()
            self.arrays[self._name(layer, "std")] = _ONE / inverse
            return
        starts = stage.fields[:, [Field.Z_ROW, Field.A_ROW, Field.SKIP_GRADIENT_ROW, Field.GRADIENT_ROW]]
        groups = (int(starts[starts > first].min()) - first - 2) // 2
        for offset, part in ((0, "mean"), (1, "std")):
            rows = stage.arena[first + offset : first + 2 * groups : 2]
            self._keep(self._name(layer, part), _ONE / rows if offset else rows, (groups,))

    def loss(self) -> None:
        """Each sample's loss, and its gradient in the logits."""
        stage, first = self.stage, self._first
        self.losses = stage.losses(first, first + self.shown, MOST_SHOWN).astype(np.float32)
        stage.lose()

    # Backward

    def backward(self) -> None:
        """From the logits to the gradient of every parameter."""
        for layer in reversed(range(len(self.stage.fields))):
            self._back_through(layer)
        self._gradients.reverse()

    def _back_through(self, layer: int) -> None:
        stage = self.stage
        d, come = stage.rows(layer, Field.GRADIENT_ROW), stage.rows(layer, Field.GRADIENT_ROW).copy()
        after = stage.field(layer, Field.AFTER) == 1 and stage.field(layer, Field.NORMALIZE_BACK) != 0
        before = stage.field(layer, Field.AFTER) == 0 and stage.field(layer, Field.NORMALIZE_BACK) != 0

        def seen(field: Field, *taken_out: Field) -> Floats:
            d[:] = come
            with stage.without(layer, *((each, 0) for each in taken_out)):
                stage.backward(layer)
            return stage.rows(layer, field).copy()

        out = seen(Field.GRADIENT_ROW, *_NORMALIZED, *_ACTIVATED) if stage.drops(layer) else come
        a = seen(Field.GRADIENT_ROW, *_ACTIVATED) if after else out
        y = seen(Field.SUMS_GRADIENT_ROW, *_NORMALIZED) if before else None
        own = None
        if stage.field(layer, Field.SKIPS) == 1 and layer > 0:
            seen(Field.GRADIENT_ROW, Field.SKIPS)
            own = stage.rows(layer - 1, Field.GRADIENT_ROW).copy()
        z = seen(Field.SUMS_GRADIENT_ROW)
        gradients = {"out": out, "a": a, "y": z if y is None else y, "z": z}
        self._gradients.append(gradients)
        if stage.drops(layer):
            self._keep_layer(layer, "d_dropped", come)
        for part, rows in gradients.items():
            self._keep_layer(layer, f"d_{part}", rows)
        if layer > 0:
            rows = stage.rows(layer - 1, Field.GRADIENT_ROW) if own is None else own
            self._keep(self._name(layer, "d_input"), rows, stage.input_shape(layer))

    # Parameters

    def parameters(self, trainer: Trainer) -> None:
        """What becomes of every tensor, and of running statistics."""
        stage = self.stage
        plan, live, memory = trainer.parts
        vectors = {
            "before": memory.parameters,
            "gradient": stage.gradients,
            "passed": stage.done.gradients,
            "update": stage.done.parameters - memory.parameters,
            "after": stage.done.parameters,
        }
        if live.ascent[0] > 0:
            _, climbed = one_step(plan, live._replace(extents=live.extents[:0]), memory)
            vectors["climbed"] = climbed.gradients
        if CLIPPINGS[trainer.training.clipping.id].by_length:
            # The clipping is the last pass over a gradient.
            _, whole = one_step(plan, live._replace(extents=live.extents[:-1]), memory)
            self.arrays["norm"] = np.array([np.linalg.norm(whole.gradients.astype(np.float64))], np.float32)
        for tensor in stage.layout.tensors:
            for part, vector in vectors.items():
                self.arrays[f"{tensor.name}.{part}"] = _part(tensor, vector)
        for buffer in stage.layout.buffers:
            self.arrays[f"{buffer.name}.before"] = _part(buffer, memory.running)
            self.arrays[f"{buffer.name}.after"] = _part(buffer, stage.done.running)
        if trainer.averaged is not None:
            self._keep_averaged(memory.averaged, stage.done.averaged)

    def _keep_averaged(self, before: Floats, after: Floats) -> None:
        """The means of tensors and, behind them, of running statistics."""
        layout = self.stage.layout
        for when, means in (("before", before), ("after", after)):
            for tensor in layout.tensors:
                self.arrays[f"{tensor.name}.averaged.{when}"] = _part(tensor, means)
            for buffer in layout.buffers:
                self.arrays[f"{buffer.name}.averaged.{when}"] = _part(buffer, means[layout.parameter_count :])

    def terms(self) -> None:
        """What the sample adds to the gradient of every tensor: its term of the sum over the batch."""
        for layer, gradients in enumerate(self._gradients):
            self._terms_of(layer, gradients)

    def _terms_of(self, layer: int, gradients: dict[str, Floats]) -> None:
        stage = self.stage
        sums = (Field.GRADIENT_ROW, stage.field(layer, Field.SUMS_GRADIENT_ROW))
        normalized, activated = (tuple((field, 0) for field in fields) for fields in (_NORMALIZED, _ACTIVATED))
        after = stage.field(layer, Field.AFTER) == 1
        #: Which roles get their gradients from what, where what lies between is taken out.
        ways = [
            (("weight", "bias", "gain"), "z", (sums, *normalized, *activated)),
            (("gamma", "beta"), "out" if after else "y", (*(() if after else (sums,)), *activated)),
            (None, "a", normalized),
        ]
        rates = stage.rates(layer).copy()
        stage.rates(layer)[::2] = 0
        found: set[str] = set()
        for roles, part, changes in ways:
            mine = [each for each in stage.layout.tensors if each.layer == layer + 1 and each.name not in found]
            mine = [each for each in mine if roles is None or each.role in roles]
            found |= {each.name for each in mine}
            if not mine:
                continue
            with stage.without(layer, *changes):
                first = stage.field(layer, Field.GRADIENT_ROW)
                rows = stage.arena[first : first + len(gradients[part])]
                rows[:] = 0
                rows[:, self._first] = gradients[part][:, self._first]
                stage.backward(layer)
            for tensor in mine:
                self.arrays[f"{tensor.name}.gradient_sample"] = _part(tensor, stage.gradients)
        stage.rates(layer)[:] = rates


def _part(tensor: Tensor, vector: Floats) -> Floats:
    return vector[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape).copy()
