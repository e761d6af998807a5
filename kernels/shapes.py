"""From an architecture to the shape behind every layer, or to the reason why its layers do not fit together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeAlias

from kernels.activations import ACTIVATIONS
from kernels.layer_kinds import LAYER_KINDS
from kernels.network import ConvSpec, DenseSpec, GlobalPoolSpec, LayerSpec, NetworkSpec, PoolSpec
from kernels.normalizations import NORMALIZATIONS
from kernels.spec import Text

OUTPUT = "output"

Shape: TypeAlias = tuple[int, ...]
Kind: TypeAlias = Literal["dense", "conv", "pool", "global_pool"]

#: In which kind of layer each record is.
KINDS: dict[type[LayerSpec], Kind] = {
    DenseSpec: "dense",
    ConvSpec: "conv",
    PoolSpec: "pool",
    GlobalPoolSpec: "global_pool",
}


@dataclass(frozen=True)
class Stage:
    """A layer with what follows from those before it.

    Shapes are (features,) or (channels, height, width), `shape` that behind the activation. `pieces` is how many
    weighted sums a unit has, 0 where there are no weights. `kernel` and `stride` are 0 where no window slides,
    `padding` is the number of rows of zeros above an image, and of columns on its left. `pooling` is empty but for
    pools. `groups` is into how many groups of units or channels a normalization within each sample parts them, 1 where
    there is no such thing. `operations` counts a sample's multiplications with an addition, those with padding too,
    and a pool's additions or comparisons.
    """

    name: str
    kind: Kind
    input_shape: Shape
    shape: Shape
    pieces: int
    kernel: int
    stride: int
    padding: int
    pooling: Literal["max", "mean", ""]
    skip: int
    groups: int
    operations: int


class Unfit(ValueError):  # noqa: N818  (not an error of the program)
    """A hidden layer that does not fit: `layer_index` counts from 0, `field` is that of its record, empty for its kind.

    `text` says in both languages what is wrong and what to do, `bound` what would do.
    """

    def __init__(self, layer_index: int, field: str, text: Text, bound: str) -> None:
        super().__init__(f"layer{layer_index + 1}: {text['en']}")
        self.layer_index = layer_index
        self.field = field
        self.text = text
        self.bound = bound


def stages(network: NetworkSpec) -> tuple[Stage, ...]:
    """All layers of a network, hidden ones and the output. Raises Unfit for the first that does not fit."""
    found: list[Stage] = []
    shape = network.shape
    for index, layer in enumerate(network.layers):
        _check_bounds(index, layer)
        name = f"layer{index + 1}"
        stage: Stage
        if isinstance(layer, DenseSpec):
            stage = _dense(name, shape, layer.units, _pieces(layer), layer.skip, _groups(layer, layer.units))
        elif len(shape) != 3:
            _refuse_vector(index, shape)
        elif isinstance(layer, ConvSpec):
            stage = _conv(index, layer, shape)
        elif isinstance(layer, PoolSpec):
            stage = _pool(index, layer, shape)
        else:
            operations = math.prod(shape)
            stage = Stage(name, "global_pool", shape, shape[:1], 0, 0, 0, 0, "mean", 0, 1, operations)
        found.append(stage)
        if stage.skip:
            _check_skip(index, found, gated=stage.pieces > 1)
        shape = stage.shape
    found.append(_dense(OUTPUT, shape, network.outputs, 1, 0, 1))
    return tuple(found)


def written(shape: Iterable[int]) -> str:
    """A shape as a person reads it, such as 8×28×28."""
    return "×".join(map(str, shape))


def _pieces(layer: DenseSpec | ConvSpec) -> int:
    activation = ACTIVATIONS[layer.activation.id]
    return activation.pieces(activation.values(layer.activation.params))


def _groups(layer: DenseSpec | ConvSpec, units: int) -> int:
    normalization = NORMALIZATIONS[layer.normalization.id]
    values = normalization.values(layer.normalization.params)
    if normalization.needs_image:
        # Every channel by itself.
        return units if normalization.after(values) else units * _pieces(layer)
    return normalization.groups(values)


def _dense(name: str, input_shape: Shape, units: int, pieces: int, skip: int, groups: int) -> Stage:
    operations = units * pieces * math.prod(input_shape)
    return Stage(name, "dense", input_shape, (units,), pieces, 0, 0, 0, "", skip, groups, operations)


def _conv(index: int, layer: ConvSpec, input_shape: Shape) -> Stage:
    channels, *sides = input_shape
    kernel, stride, padding = layer.kernel, layer.stride, layer.padding
    if isinstance(padding, int):
        if not 0 <= padding < kernel:
            _refuse(
                index,
                "padding",
                f"padding is {padding}, but must be less than the kernel, {kernel}: beyond that a window would hold "
                "zeros only",
                f"padding 为 {padding}，但必须小于卷积核大小 {kernel}：否则窗口中只有零",
                f"0 <= padding <= {kernel - 1}",
            )
        before, added = padding, 2 * padding
    else:
        before, added = ((kernel - 1) // 2, kernel - 1) if padding == "same" else (0, 0)
    if min(sides) + added < kernel:
        _refuse(
            index,
            "kernel",
            f"kernel {kernel} does not fit a {written(sides)} input: take a smaller kernel, or padding",
            f"卷积核 {kernel} 大于 {written(sides)} 的输入：请减小卷积核，或增加填充",
            f"kernel <= {min(sides) + added}",
        )
    height, width = ((side + added - kernel) // stride + 1 for side in sides)
    pieces = _pieces(layer)
    operations = layer.filters * pieces * channels * kernel * kernel * height * width
    shape = (layer.filters, height, width)
    name, groups = f"layer{index + 1}", _groups(layer, layer.filters)
    return Stage(
        name, "conv", input_shape, shape, pieces, kernel, stride, before, "", layer.skip, groups, operations
    )  # fmt: skip


def _pool(index: int, layer: PoolSpec, input_shape: Shape) -> Stage:
    channels, *sides = input_shape
    if min(sides) < layer.size:
        _refuse(
            index,
            "size",
            f"a window of {layer.size} does not fit a {written(sides)} input: take a smaller one, or leave this layer "
            "out",
            f"大小为 {layer.size} 的窗口大于 {written(sides)} 的输入：请减小窗口，或去掉这一层",
            f"size <= {min(sides)}",
        )
    height, width = ((side - layer.size) // layer.stride + 1 for side in sides)
    operations = channels * height * width * layer.size * layer.size
    shape = (channels, height, width)
    name = f"layer{index + 1}"
    return Stage(
        name, "pool", input_shape, shape, 0, layer.size, layer.stride, 0, layer.pooling, 0, 1, operations
    )  # fmt: skip


def _check_skip(index: int, found: list[Stage], *, gated: bool) -> None:
    """Refuse the skip connection of the last stage found unless what it adds has the sums' shape."""
    stage = found[-1]
    if stage.skip > index + 1:
        _refuse(
            index,
            "skip",
            f"skip is {stage.skip}, but up to here there are {index + 1} layers",
            f"skip 为 {stage.skip}，但到此只有 {index + 1} 层",
            f"0 <= skip <= {index + 1}",
        )
    if gated:
        _refuse(
            index,
            "skip",
            "a skip connection cannot be added to a gated activation, which takes several sums a unit: take another "
            "activation, or no skip",
            "门控激活函数的每个单元有多个加权和，无法加入残差连接：请更换激活函数，或取消残差连接",
            "skip == 0",
        )
    entered = found[-stage.skip].input_shape
    if entered != stage.shape:
        _refuse(
            index,
            "skip",
            f"the skip connection adds {written(entered)} to {written(stage.shape)}: make the two the same shape (with "
            "stride 1 and padding same), or take no skip",
            f"残差连接要把 {written(entered)} 加到 {written(stage.shape)} 上：请使两者形状相同（步幅 1、same 填充），"
            "或取消残差连接",
            "equal shapes",
        )


def _check_bounds(index: int, layer: LayerSpec) -> None:
    for param in LAYER_KINDS[KINDS[type(layer)]].params:
        value = getattr(layer, param.id)
        if not param.choices and not param.minimum <= value <= param.maximum:
            _refuse(
                index,
                param.id,
                f"{param.id} is {value}, but must satisfy {param.bound}",
                f"{param.id} 为 {value}，但必须满足 {param.bound}",
                param.bound,
            )


def _refuse_vector(index: int, shape: Shape) -> NoReturn:
    _refuse(
        index,
        "",
        f"this layer needs an image, but gets {shape[0]} numbers without a place: put it before all dense layers and "
        "global pooling, and choose image data",
        f"这一层需要图像，但得到的是 {shape[0]} 个没有位置的数：请把它放在全连接层和全局池化之前，并选用图像数据",
        "an input of (channels, height, width)",
    )


def _refuse(index: int, field: str, english: str, chinese: str, bound: str) -> NoReturn:
    raise Unfit(index, field, Text(en=f"{english}.", zh=f"{chinese}。"), bound)
