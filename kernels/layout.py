"""From an architecture to memory: where every tensor lies, and the table that the passes walk through.

All trainable numbers lie in one flat buffer, weights first, so that a penalty on weights is one pass over a prefix, and
an optimizer sees one vector. Gradients, updates and optimizer slots lie parallel to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import IntEnum
from itertools import zip_longest
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.activations import ACTIVATIONS, Activation
from kernels.cache import Kernel
from kernels.network import Choice, ConvSpec, LayerSpec, NetworkSpec, WeightedSpec
from kernels.normalizations import NORMALIZATIONS, Normalization, divisors
from kernels.shapes import Stage, stages

MAX_PARAMS = 4


class Field(IntEnum):
    """A column of the table of layers. Rows are counted in units: a row holds one float for each sample of a batch."""

    INPUTS = 0
    UNITS = 1  # what the layer puts out
    SUMS = 2  # weighted sums: as many, or several a unit
    WEIGHT = 3  # offsets into the parameters; -1 where the layer has none
    BIAS = 4
    GAMMA = 5
    BETA = 6
    GAIN = 7
    LEARNED = 8
    RUNNING = 9  # offset into the running statistics
    Z_ROW = 10  # weighted sums
    Y_ROW = 11  # what enters the activation; the same as Z_ROW unless it is normalized
    A_ROW = 12  # activation; the same as Y_ROW for the identity
    NORMALIZED_ROW = 13
    OUT_ROW = 14  # what leaves the layer: A_ROW, or NORMALIZED_ROW where the normalization stands last
    DROPPED_ROW = 15  # the same after dropout
    GRADIENT_ROW = 16  # gradient of the layer's output
    SUMS_GRADIENT_ROW = 17  # gradient of its weighted sums; the same as GRADIENT_ROW where there is one a unit
    SCRATCH_ROW = 18  # what the normalization remembers
    TRANSPOSED_ROW = 19  # scratch for the layer's inputs, shared by all layers
    AFTER = 20  # 1 where the normalization stands behind the activation
    ACTIVATE = 21  # addresses of kernels; 0 where there is nothing to do
    ACTIVATE_BACK = 22
    ACTIVATE_UNITS = 23
    ACTIVATE_UNITS_BACK = 24
    NORMALIZE = 25
    NORMALIZE_BACK = 26
    WEIGH = 27
    WEIGH_BACK = 28
    PIXELS = 29  # rows of each number that is normalized: 1, or those of a channel


@dataclass(frozen=True)
class Tensor:
    """A named view into a flat buffer. `layer` counts from 1, the output last; `role` is the name's last part."""

    name: str
    layer: int
    role: str
    shape: tuple[int, ...]
    offset: int
    size: int


@dataclass(frozen=True)
class Column:
    """What one float of a record means: a quantity of the run, of a layer, or of a tensor."""

    name: str
    layer: int | None = None
    tensor: str | None = None


RUN_COLUMNS = (
    "loss",
    "loss_min",
    "loss_max",
    "train_loss",
    "test_loss",
    "train_accuracy",
    "test_accuracy",
    "learning_rate",
    "epoch",
)
LAYER_COLUMNS = (
    "activation_mean",
    "activation_std",
    "activation_min",
    "activation_max",
    "activation_zeros",
    "activation_saturated",
)
TENSOR_COLUMNS = ("gradient_norm", "weight_norm", "update_norm")


@dataclass(frozen=True)
class Layout:
    """Where all lies. `tensors` are trained, `buffers` are running statistics, `columns` name a record's floats.

    A layer's weights are [sums, inputs], those of a convolution [sums, channels, y, x]; where an activation takes
    several weighted sums a unit, there are as many times `layer_units`, all first ones before all second ones. A
    convolution's units are its filters, a pool's the channels.
    """

    tensors: tuple[Tensor, ...]
    buffers: tuple[Tensor, ...]
    columns: tuple[Column, ...]
    parameter_count: int
    weight_count: int
    running_count: int
    layer_names: tuple[str, ...]
    layer_units: tuple[int, ...]
    input_shape: tuple[int, ...]
    stages: tuple[Stage, ...]

    def tensor(self, name: str) -> Tensor:
        """The trainable tensor of that name. Raises KeyError naming those that there are."""
        for tensor in self.tensors:
            if tensor.name == name:
                return tensor
        raise KeyError(f"there is no tensor {name!r}; there are: {', '.join(each.name for each in self.tensors)}")

    def as_dict(self) -> dict[str, Any]:
        """The layout as JSON-able data, as a viewer gets it."""
        return asdict(self)


@dataclass(frozen=True)
class _Layer:
    """One layer, hidden or output: what it does, and its choices with their parameters' values in declared order."""

    stage: Stage
    activation: Activation
    activation_values: tuple[float, ...]
    normalization: Normalization
    normalization_values: tuple[float, ...]

    @property
    def name(self) -> str:
        """The name under which its tensors are known."""
        return self.stage.name

    @property
    def inputs(self) -> int:
        """How many numbers come in."""
        return math.prod(self.stage.input_shape)

    @property
    def units(self) -> int:
        """How many units, or channels, it puts out."""
        return self.stage.shape[0]

    @property
    def sums(self) -> int:
        """How many weighted sums there are at each pixel."""
        return self.units * self.stage.pieces

    @property
    def after(self) -> bool:
        """Whether the normalization stands behind the activation."""
        return self.normalization.after(self.normalization_values)

    @property
    def normalized(self) -> int:
        """How many units, or channels, are normalized; 0 where none is."""
        if self.normalization.forward is None:
            return 0
        return self.units if self.after else self.sums

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """The shape of its weights: of a convolution [filters, channels, y, x]."""
        if self.stage.kind == "conv":
            return (self.sums, self.stage.input_shape[0], self.stage.kernel, self.stage.kernel)
        return (self.sums, self.inputs)

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Role and shape of all that is trained besides the weights."""
        if not self.stage.pieces:
            return
        if not self.normalized or self.after:
            yield "bias", (self.sums,)
        if self.normalized:
            yield "gamma", (self.normalized,)
            yield "beta", (self.normalized,)
        if self.normalization.weigh is not None:
            yield "gain", (self.sums,)
        if self.activation.learned is not None:
            yield self.activation.learned, (self.activation.learned_size(self.units, self.activation_values),)


#: A tensor to be placed: of which layer and its number, in what role, of what shape.
_Shape: TypeAlias = tuple[_Layer, int, str, tuple[int, ...]]


def groups_of(layer: LayerSpec) -> tuple[int, int]:
    """Into how many groups the layer's normalization parts how many numbers; it can only if the one divides the other.

    Of an image, the groups are of channels. Raises ValueError or KeyError for choices that do not exist.
    """
    if not isinstance(layer, WeightedSpec):
        return 1, 0
    units = layer.filters if isinstance(layer, ConvSpec) else layer.units
    activation, normalization = ACTIVATIONS[layer.activation.id], NORMALIZATIONS[layer.normalization.id]
    values = normalization.values(layer.normalization.params)
    pieces = activation.pieces(activation.values(layer.activation.params))
    width = units if normalization.after(values) else units * pieces
    return normalization.groups(values), 0 if normalization.forward is None else width


def _layers(network: NetworkSpec) -> list[_Layer]:
    layers = []
    for stage, layer in zip_longest(stages(network), network.layers):
        activated, normalized = Choice("linear"), Choice("none")
        if isinstance(layer, WeightedSpec):
            activated, normalized = layer.activation, layer.normalization
        activation, normalization = ACTIVATIONS[activated.id], NORMALIZATIONS[normalized.id]
        values = activation.values(activated.params), normalization.values(normalized.params)
        layers.append(_Layer(stage, activation, values[0], normalization, values[1]))
    return layers


def make_layout(network: NetworkSpec) -> Layout:
    """Lay out a network: all weights, then biases and what else is learned, layer by layer.

    Raises Unfit where a layer's shape does not suit what comes in, ValueError where groups of a normalization do not
    part a layer's units evenly, or where it needs an image.
    """
    layers = _layers(network)
    for number, (layer, layer_spec) in enumerate(zip(layers, network.layers, strict=False), start=1):
        normalization = layer.normalization
        if normalization.needs_image and layer.stage.kind == "dense":
            raise ValueError(f"{normalization.id} is not available in layer{number}: {normalization.needs_image['en']}")
        groups, width = groups_of(layer_spec)
        if width % groups:
            fitting = ", ".join(map(str, divisors(width)))
            raise ValueError(f"groups is {groups}, but must divide the {width} units of layer{number}: {fitting}")
    shapes: list[_Shape] = [
        (layer, number, "weight", layer.weight_shape) for number, layer in enumerate(layers, start=1) if layer.sums
    ]
    for number, layer in enumerate(layers, start=1):
        shapes += [(layer, number, role, shape) for role, shape in layer.tensors()]
    running: list[_Shape] = [
        (layer, number, role, (layer.normalized,))
        for number, layer in enumerate(layers, start=1)
        if layer.normalization.running
        for role in ("running_mean", "running_var")
    ]
    tensors, buffers = _place(shapes), _place(running)
    columns = [Column(name) for name in RUN_COLUMNS]
    columns += [Column(name, layer=number) for number in range(1, len(layers) + 1) for name in LAYER_COLUMNS]
    columns += [Column(name, layer=each.layer, tensor=each.name) for each in tensors for name in TENSOR_COLUMNS]
    return Layout(
        tensors=tensors,
        buffers=buffers,
        columns=tuple(columns),
        parameter_count=sum(each.size for each in tensors),
        weight_count=sum(each.size for each in tensors if each.role == "weight"),
        running_count=sum(each.size for each in buffers),
        layer_names=tuple(layer.name for layer in layers),
        layer_units=tuple(layer.units for layer in layers),
        input_shape=network.shape,
        stages=tuple(layer.stage for layer in layers),
    )


def _place(shapes: list[_Shape]) -> tuple[Tensor, ...]:
    placed, offset = [], 0
    for layer, number, role, shape in shapes:
        size = int(np.prod(shape))
        placed.append(Tensor(f"{layer.name}.{role}", number, role, shape, offset, size))
        offset += size
    return tuple(placed)


@dataclass(frozen=True)
class Table:
    """The layers as kernels read them.

    `fields`: [layers, len(Field)]; `params`: [layers, 2, MAX_PARAMS], of the activation and of the normalization;
    `saturation`: [layers, 2]; `rows` of the batch arena; `weighs`: whether any layer makes its weights from others.
    """

    fields: NDArray[np.int64]
    params: NDArray[np.float32]
    saturation: NDArray[np.float32]
    rows: int
    weighs: bool


def make_table(network: NetworkSpec, layout: Layout) -> Table:
    """The table of a network. Compiles the kernels that it names, where they are not compiled yet."""
    layers = _layers(network)
    if image := [layer.name for layer in layers if layer.stage.kind != "dense"]:
        raise ValueError(f"{image[0]} is a layer for images, which cannot be trained")
    offsets = {tensor.name: tensor.offset for tensor in (*layout.tensors, *layout.buffers)}
    fields = np.full((len(layers), len(Field)), -1, np.int64)
    params = np.zeros((len(layers), 2, MAX_PARAMS), np.float32)
    saturation = np.zeros((len(layers), 2), np.float32)
    rows = network.inputs
    for row, layer, param, limits in zip(fields, layers, params, saturation, strict=True):
        for values, given in zip(param, (layer.activation_values, layer.normalization_values), strict=True):
            values[: len(given)] = given
        limits[:] = layer.activation.saturation(layer.activation_values)
        row[Field.INPUTS], row[Field.UNITS], row[Field.SUMS] = layer.inputs, layer.units, layer.sums
        row[Field.AFTER], row[Field.PIXELS] = layer.after, 1
        for field, role in (
            (Field.WEIGHT, "weight"),
            (Field.BIAS, "bias"),
            (Field.GAMMA, "gamma"),
            (Field.BETA, "beta"),
            (Field.GAIN, "gain"),
            (Field.LEARNED, layer.activation.learned),
            (Field.RUNNING, "running_mean"),
        ):
            row[field] = offsets.get(f"{layer.name}.{role}", -1)
        _put_addresses(row, layer)
        rows = _put_rows(row, layer, rows)
    fields[:, Field.TRANSPOSED_ROW] = rows
    rows += max(layer.inputs for layer in layers)
    return Table(fields, params, saturation, rows, any(layer.normalization.weigh is not None for layer in layers))


def _put_addresses(row: NDArray[np.int64], layer: _Layer) -> None:
    """Fill the columns of kernels: the activation's in those of its signature."""
    kinds = [(Field.ACTIVATE, Field.ACTIVATE_BACK), (Field.ACTIVATE_UNITS, Field.ACTIVATE_UNITS_BACK)]
    for by_units, (there, back) in enumerate(kinds):
        fits = layer.activation.by_units == bool(by_units)
        row[there] = _address(layer.activation.forward if fits else None)
        row[back] = _address(layer.activation.backward if fits else None)
    row[Field.NORMALIZE] = _address(layer.normalization.forward)
    row[Field.NORMALIZE_BACK] = _address(layer.normalization.backward)
    row[Field.WEIGH], row[Field.WEIGH_BACK] = (
        _address(layer.normalization.weigh),
        _address(layer.normalization.weigh_back),
    )


def _put_rows(row: NDArray[np.int64], layer: _Layer, rows: int) -> int:
    """Fill the columns of rows, from `rows` on; returns the first one behind them."""

    def take(count: int) -> int:
        nonlocal rows
        rows += count
        return rows - count

    row[Field.Z_ROW] = take(layer.sums)
    if layer.normalized:
        row[Field.NORMALIZED_ROW] = take(layer.normalized)
        row[Field.SCRATCH_ROW] = take(layer.normalization.scratch(layer.normalized, layer.normalization_values))
    row[Field.Y_ROW] = row[Field.NORMALIZED_ROW if layer.normalized and not layer.after else Field.Z_ROW]
    row[Field.A_ROW] = row[Field.Y_ROW] if layer.activation.forward is None else take(layer.units)
    row[Field.OUT_ROW] = row[Field.NORMALIZED_ROW if layer.normalized and layer.after else Field.A_ROW]
    row[Field.DROPPED_ROW], row[Field.GRADIENT_ROW] = take(layer.units), take(layer.units)
    row[Field.SUMS_GRADIENT_ROW] = row[Field.GRADIENT_ROW] if layer.sums == layer.units else take(layer.sums)
    return rows


def _address(kernel: Kernel | None) -> int:
    return 0 if kernel is None else kernel.address
