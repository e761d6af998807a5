"""From an architecture to memory: where every tensor lies, and the table that the passes walk through.

All trainable numbers lie in one flat buffer, weights first, so that a penalty on weights is one pass over a prefix, and
an optimizer sees one vector. Gradients, updates and optimizer slots lie parallel to it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.activations import ACTIVATIONS
from kernels.cache import Kernel
from kernels.network import Choice, NetworkSpec
from kernels.normalizations import NORMALIZATIONS

OUTPUT = "output"
MAX_PARAMS = 4


class Field(IntEnum):
    """A column of the table of layers. Rows are counted in units: a row holds one float for each sample of a batch."""

    INPUTS = 0
    UNITS = 1
    WEIGHT = 2  # offsets into the parameters; -1 where the layer has none
    BIAS = 3
    GAMMA = 4
    BETA = 5
    RUNNING = 6  # offset into the running statistics
    Z_ROW = 7  # weighted sum, then normalized
    A_ROW = 8  # activation; the same as Z_ROW for the identity
    DROPPED_ROW = 9  # activation after dropout
    GRADIENT_ROW = 10  # gradient of the layer's output, then of its weighted sum
    NORMALIZED_ROW = 11
    TRANSPOSED_ROW = 12  # scratch for the layer's inputs, shared by all layers
    INVERSE_STD = 13  # offset into the inverse standard deviations
    ACTIVATE = 14  # addresses of kernels; 0 where there is nothing to do
    ACTIVATE_BACK = 15
    NORMALIZE = 16
    NORMALIZE_BACK = 17


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
    """Where all lies. `tensors` are trained, `buffers` are running statistics, `columns` name a record's floats."""

    tensors: tuple[Tensor, ...]
    buffers: tuple[Tensor, ...]
    columns: tuple[Column, ...]
    parameter_count: int
    weight_count: int
    running_count: int
    layer_names: tuple[str, ...]

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
class _Dense:
    """One dense layer, hidden or output, as the table sees it."""

    name: str
    inputs: int
    units: int
    activation: Choice
    normalization: Choice


#: A tensor to be placed: of which layer and its number, in what role, of what shape.
_Shape: TypeAlias = tuple[_Dense, int, str, tuple[int, ...]]


def _dense_layers(network: NetworkSpec) -> list[_Dense]:
    layers, inputs = [], network.inputs
    for number, layer in enumerate(network.layers, start=1):
        layers.append(_Dense(f"layer{number}", inputs, layer.units, layer.activation, layer.normalization))
        inputs = layer.units
    layers.append(_Dense(OUTPUT, inputs, network.outputs, Choice("linear"), Choice("none")))
    return layers


def make_layout(network: NetworkSpec) -> Layout:
    """Lay out a network: all weights, then biases, gammas and betas, layer by layer."""
    layers = _dense_layers(network)
    shapes: list[_Shape] = [
        (layer, number, "weight", (layer.units, layer.inputs)) for number, layer in enumerate(layers, start=1)
    ]
    for number, layer in enumerate(layers, start=1):
        roles = ("gamma", "beta") if _normalized(layer) else ("bias",)
        shapes += [(layer, number, role, (layer.units,)) for role in roles]
    running: list[_Shape] = [
        (layer, number, role, (layer.units,))
        for number, layer in enumerate(layers, start=1)
        if _normalized(layer)
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
    )


def _normalized(layer: _Dense) -> bool:
    return NORMALIZATIONS[layer.normalization.id].forward is not None


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
    `saturation`: [layers, 2]; `rows` of the batch arena; `inverse_stds`, floats in that buffer.
    """

    fields: NDArray[np.int64]
    params: NDArray[np.float32]
    saturation: NDArray[np.float32]
    rows: int
    inverse_stds: int


def make_table(network: NetworkSpec, layout: Layout) -> Table:
    """The table of a network. Compiles the kernels that it names, where they are not compiled yet."""
    layers = _dense_layers(network)
    offsets = {tensor.name: tensor.offset for tensor in (*layout.tensors, *layout.buffers)}
    fields = np.full((len(layers), len(Field)), -1, np.int64)
    params = np.zeros((len(layers), 2, MAX_PARAMS), np.float32)
    saturation = np.zeros((len(layers), 2), np.float32)
    rows, inverse_stds = network.inputs, 0
    for row, layer, param, limits in zip(fields, layers, params, saturation, strict=True):
        activation = ACTIVATIONS[layer.activation.id]
        normalization = NORMALIZATIONS[layer.normalization.id]
        for values, (variant, choice) in zip(
            param, ((activation, layer.activation), (normalization, layer.normalization)), strict=True
        ):
            given = variant.values(choice.params)
            values[: len(given)] = given
        limits[:] = activation.saturation(activation.values(layer.activation.params))
        row[Field.INPUTS], row[Field.UNITS] = layer.inputs, layer.units
        for field, role in (
            (Field.WEIGHT, "weight"),
            (Field.BIAS, "bias"),
            (Field.GAMMA, "gamma"),
            (Field.BETA, "beta"),
            (Field.RUNNING, "running_mean"),
        ):
            row[field] = offsets.get(f"{layer.name}.{role}", -1)
        row[Field.ACTIVATE], row[Field.ACTIVATE_BACK] = _address(activation.forward), _address(activation.backward)
        row[Field.NORMALIZE] = _address(normalization.forward)
        row[Field.NORMALIZE_BACK] = _address(normalization.backward)
        for field in (Field.Z_ROW, Field.A_ROW, Field.DROPPED_ROW, Field.GRADIENT_ROW, Field.NORMALIZED_ROW):
            if field is Field.A_ROW and activation.forward is None:
                row[field] = row[Field.Z_ROW]
            elif field is not Field.NORMALIZED_ROW or normalization.forward is not None:
                row[field] = rows
                rows += layer.units
        row[Field.INVERSE_STD] = inverse_stds
        inverse_stds += layer.units
    fields[:, Field.TRANSPOSED_ROW] = rows
    rows += max(layer.inputs for layer in layers)
    return Table(fields, params, saturation, rows, inverse_stds)


def _address(kernel: Kernel | None) -> int:
    return 0 if kernel is None else kernel.address
