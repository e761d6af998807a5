"""Weight normalization: not of what flows through a layer, but of its weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import WEIGHTS_BACKWARD, WEIGHTS_FORWARD
from kernels.normalizations.normalization import Normalization
from kernels.simd import Pointer

_ZERO, _ONE = np.float32(0), np.float32(1)


@kernel(WEIGHTS_FORWARD)
def weight_norm_forward(v: Pointer, w: Pointer, gain: Pointer, units: int, inputs: int) -> None:
    """Each unit's weights from their direction and their length: w = gain v / |v|, and 0 where v is 0.

    v, w: [units, inputs]; gain: [units].
    """
    for unit in range(units):
        row, squares = unit * inputs, _ZERO
        for i in range(inputs):
            squares += v[row + i] * v[row + i]
        length = np.float32(math.sqrt(squares))
        scale = _ZERO if length == _ZERO else gain[unit] / length
        for i in range(inputs):
            w[row + i] = scale * v[row + i]


@kernel(WEIGHTS_BACKWARD)
def weight_norm_backward(v: Pointer, d: Pointer, gain: Pointer, d_gain: Pointer, units: int, inputs: int) -> None:
    """Salimans & Kingma 2016, equation 3, in place in d, the gradient in w: with u = v / |v|,

    d_gain = d u, and dv = gain/|v| (d - d_gain u). v, d: [units, inputs]; gain, d_gain: [units].
    """
    for unit in range(units):
        row, squares, product = unit * inputs, _ZERO, _ZERO
        for i in range(inputs):
            squares += v[row + i] * v[row + i]
            product += d[row + i] * v[row + i]
        length = np.float32(math.sqrt(squares))
        inverse = _ZERO if length == _ZERO else _ONE / length
        along = product * inverse
        d_gain[unit] = along
        scale, share = gain[unit] * inverse, along * inverse
        for i in range(inputs):
            d[row + i] = scale * (d[row + i] - share * v[row + i])


def _weight_norm(v: Any, gain: Any) -> Any:
    return gain[:, None] * v / np.linalg.norm(v, axis=1, keepdims=True)


WEIGHT_NORM = Normalization(
    id="weight_norm",
    label={"en": "Weight norm", "zh": "权重归一化"},
    help={
        "en": "Learns the length g of each unit's weights apart from their direction v; it starts at |v|.",
        "zh": "把每个单元权重的长度 g 与方向 v 分开学习；g 的初值为 |v|。",
    },
    formula=r"w = g\,\frac{v}{\lVert v \rVert}",
    source="Salimans & Kingma 2016, eq. 2",
    weigh=weight_norm_forward,
    weigh_back=weight_norm_backward,
    weight_reference=_weight_norm,
)
