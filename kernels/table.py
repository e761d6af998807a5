"""The table of layers that the passes walk through: where the rows of every layer lie, and which kernels it calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel
from kernels.dense import TRANSPOSE_FROM
from kernels.image_layers import image_layer
from kernels.layers import Layer, layers_of
from kernels.layout import MAX_PARAMS, Layout
from kernels.network import NetworkSpec


class Field(IntEnum):
    """A column of the table of layers. Rows are counted in units: a row holds one float for each sample of a batch."""

    INPUTS = 0  # rows that come in
    UNITS = 1  # what the layer puts out: units, or channels of an image
    SUMS = 2  # weighted sums at each pixel: as many, or several a unit; 0 where there are no weights
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
    DROPPED_ROW = 15  # the same after dropout, where there is some
    GRADIENT_ROW = 16  # gradient of the layer's output, in the memory of the layer after the next one
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
    IMAGE_FORWARD = 29  # 0 for a dense layer
    IMAGE_WEIGHTS_BACK = 30
    IMAGE_INPUTS_BACK = 31
    PIXELS = 32  # rows of each unit: 1, or the pixels of a channel
    FAN_IN = 33  # weights of each sum
    SKIP = 34  # what entered the block of so many layers is added before the activation
    SKIP_GRADIENT_ROW = 35  # its gradient, until the block's first layer adds it to that of its inputs
    SKIPS = 36  # 1 where such a block begins
    CHANNELS = 37  # from here on the nine integers that `kernels.conv` calls a shape
    HEIGHT = 38
    WIDTH = 39
    OUT_HEIGHT = 40
    OUT_WIDTH = 41
    WINDOW_Y = 42
    WINDOW_X = 43
    STEP = 44
    PADDING = 45


@dataclass(frozen=True)
class Table:
    """The layers as kernels read them.

    `fields`: [layers, len(Field)]; `params`: [layers, 2, MAX_PARAMS], of the activation and of the normalization;
    `saturation`: [layers, 2]; `rows` of the batch arena, without dropout; `weighs`: whether any layer makes its weights
    from others.
    """

    fields: NDArray[np.int64]
    params: NDArray[np.float32]
    saturation: NDArray[np.float32]
    rows: int
    weighs: bool

    def place_dropped(self, dropped: Sequence[bool]) -> int:
        """Give rows to the layers whose outputs are silenced, behind all others. Returns how many rows there are."""
        rows = self.rows
        for row, there in zip(self.fields, dropped, strict=True):
            row[Field.DROPPED_ROW] = rows if there else -1
            rows += int(row[Field.UNITS] * row[Field.PIXELS]) if there else 0
        return rows


def make_table(network: NetworkSpec, layout: Layout) -> Table:
    """The table of a network. Compiles the kernels that it names, where they are not compiled yet."""
    layers = layers_of(network)
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
        row[Field.AFTER], row[Field.PIXELS], row[Field.FAN_IN] = layer.after, layer.pixels, layer.fan_in
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
        _put_shape(row, layer)
        rows = _put_rows(row, layer, rows)
    fields[:, Field.SKIPS] = 0
    for number, layer in enumerate(layers):
        if layer.stage.skip:
            fields[number - layer.stage.skip + 1, Field.SKIPS] = 1
    return Table(
        fields, params, saturation, _put_shared_rows(fields, layers, rows),
        any(layer.normalization.weigh is not None for layer in layers),
    )  # fmt: skip


def _put_addresses(row: NDArray[np.int64], layer: Layer) -> None:
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


def _put_shape(row: NDArray[np.int64], layer: Layer) -> None:
    """Fill the columns of what kind of layer it is, and how its windows slide."""
    stage = layer.stage
    row[Field.SKIP] = stage.skip
    kernels = image_layer(stage)
    if kernels is None:
        row[[Field.IMAGE_FORWARD, Field.IMAGE_WEIGHTS_BACK, Field.IMAGE_INPUTS_BACK]] = 0
        return
    row[Field.IMAGE_FORWARD] = kernels.forward.address
    row[Field.IMAGE_WEIGHTS_BACK] = _address(kernels.weights_back)
    row[Field.IMAGE_INPUTS_BACK] = kernels.inputs_back.address
    row[Field.CHANNELS], row[Field.HEIGHT], row[Field.WIDTH] = stage.input_shape
    if stage.kind == "global_pool":
        # One window over the whole image.
        row[Field.OUT_HEIGHT] = row[Field.OUT_WIDTH] = row[Field.STEP] = 1
        row[Field.WINDOW_Y], row[Field.WINDOW_X] = stage.input_shape[1:]
    else:
        row[Field.OUT_HEIGHT], row[Field.OUT_WIDTH] = stage.shape[1:]
        row[Field.WINDOW_Y] = row[Field.WINDOW_X] = stage.kernel
        row[Field.STEP] = stage.stride
    row[Field.PADDING] = stage.padding


def _put_rows(row: NDArray[np.int64], layer: Layer, rows: int) -> int:
    """Fill the columns of a layer's own rows, from `rows` on; returns the first one behind them."""

    def take(count: int) -> int:
        nonlocal rows
        rows += count
        return rows - count

    row[Field.Z_ROW] = take(layer.pixels * (layer.sums or layer.units))
    if layer.normalized:
        row[Field.NORMALIZED_ROW] = take(layer.pixels * layer.normalized)
        row[Field.SCRATCH_ROW] = take(layer.normalization.scratch(layer.normalized, layer.normalization_values))
    row[Field.Y_ROW] = row[Field.NORMALIZED_ROW if layer.normalized and not layer.after else Field.Z_ROW]
    row[Field.A_ROW] = row[Field.Y_ROW] if layer.activation.forward is None else take(layer.pixels * layer.units)
    row[Field.OUT_ROW] = row[Field.NORMALIZED_ROW if layer.normalized and layer.after else Field.A_ROW]
    if layer.stage.skip:
        row[Field.SKIP_GRADIENT_ROW] = take(layer.pixels * layer.units)
    return rows


def _put_shared_rows(fields: NDArray[np.int64], layers: list[Layer], rows: int) -> int:
    """Fill the columns of rows that layers share, from `rows` on; returns the first one behind them.

    On the way back a layer reads its own gradient and writes that of the one below: two places in turn are enough.
    """
    for turn in (0, 1):
        most = 0
        for row, layer in list(zip(fields, layers, strict=True))[turn::2]:
            units, sums = layer.pixels * layer.units, layer.pixels * layer.sums
            row[Field.GRADIENT_ROW] = row[Field.SUMS_GRADIENT_ROW] = rows
            if layer.stage.pieces > 1:
                row[Field.SUMS_GRADIENT_ROW] = rows + units
            most = max(most, units + (sums if layer.stage.pieces > 1 else 0))
        rows += most
    dense = [layer for layer in layers if layer.stage.kind == "dense"]
    fields[:, Field.TRANSPOSED_ROW] = rows
    return rows + max((layer.inputs for layer in dense if layer.sums >= TRANSPOSE_FROM), default=0)


def _address(kernel: Kernel | None) -> int:
    return 0 if kernel is None else kernel.address
