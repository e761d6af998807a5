"""From an architecture to memory: where every tensor lies.

All trainable numbers lie in one flat buffer, weights first, so that a penalty on weights is one pass over a prefix, and
an optimizer sees one vector. Gradients, updates and optimizer slots lie parallel to it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from kernels.layers import Layer, groups_of, layers_of
from kernels.network import NetworkSpec
from kernels.normalizations import divisors
from kernels.shapes import Stage

MAX_PARAMS = 4


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

    @property
    def operations(self) -> int:
        """How many multiplications with an addition one sample takes on its way forward, about."""
        return sum(stage.operations for stage in self.stages)

    def tensor(self, name: str) -> Tensor:
        """The trainable tensor of that name. Raises KeyError naming those that there are."""
        for tensor in self.tensors:
            if tensor.name == name:
                return tensor
        raise KeyError(f"there is no tensor {name!r}; there are: {', '.join(each.name for each in self.tensors)}")

    def as_dict(self) -> dict[str, Any]:
        """The layout as JSON-able data, as a viewer gets it."""
        return asdict(self)


#: A tensor to be placed: of which layer and its number, in what role, of what shape.
_Shape: TypeAlias = tuple[Layer, int, str, tuple[int, ...]]


def make_layout(network: NetworkSpec) -> Layout:
    """Lay out a network: all weights, then biases and what else is learned, layer by layer.

    Raises Unfit where a layer's shape does not suit what comes in, ValueError where groups of a normalization do not
    part a layer's units evenly, or where it needs an image.
    """
    layers = layers_of(network)
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
        size = math.prod(shape)
        placed.append(Tensor(f"{layer.name}.{role}", number, role, shape, offset, size))
        offset += size
    return tuple(placed)
