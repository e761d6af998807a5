"""Activations that learn: a parametric rectifier, and gates of several weighted sums a unit."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.activations.activation import SHARING, Activation
from kernels.cache import kernel
from kernels.calls import UNIT_BACKWARD, UNIT_FORWARD
from kernels.simd import Pointer
from kernels.spec import Param

_ZERO: Any = np.float32(0)


@kernel(UNIT_FORWARD)
def prelu_forward(z: Pointer, a: Pointer, slopes: Pointer, units: int, stride: int, params: Pointer) -> None:
    """Above 0 a = z, below it a = slope z, the slope learned: slopes [units], or [1] where params[1] is 0."""
    step = int(params[1])
    for unit in range(units):
        slope = slopes[unit * step]
        for i in range(unit * stride, (unit + 1) * stride):
            a[i] = slope * z[i] if z[i] <= _ZERO else z[i]


@kernel(UNIT_BACKWARD)
def prelu_backward(
    z: Pointer,
    a: Pointer,
    d: Pointer,
    dz: Pointer,
    slopes: Pointer,
    d_slopes: Pointer,
    units: int,
    stride: int,
    params: Pointer,
) -> None:
    """He et al. 2015, equations 9 and 10: the slope's gradient is the sum of d z where z is not above 0."""
    step = int(params[1])
    d_slopes[0] = _ZERO
    for unit in range(units):
        slope, below = slopes[unit * step], _ZERO
        for i in range(unit * stride, (unit + 1) * stride):
            below += d[i] * z[i] if z[i] <= _ZERO else _ZERO
            dz[i] = slope * d[i] if z[i] <= _ZERO else d[i]
        if step == 0:
            d_slopes[0] += below
        else:
            d_slopes[unit] = below


@kernel(UNIT_FORWARD)
def simple_gate_forward(z: Pointer, a: Pointer, learned: Pointer, units: int, stride: int, params: Pointer) -> None:
    """The first half of the weighted sums times the second. z: [2, units, stride]."""
    size = units * stride
    for i in range(size):
        a[i] = z[i] * z[size + i]


@kernel(UNIT_BACKWARD)
def simple_gate_backward(
    z: Pointer,
    a: Pointer,
    d: Pointer,
    dz: Pointer,
    learned: Pointer,
    d_learned: Pointer,
    units: int,
    stride: int,
    params: Pointer,
) -> None:
    """The derivative in one half is the other half."""
    size = units * stride
    for i in range(size):
        dz[i] = d[i] * z[size + i]
        dz[size + i] = d[i] * z[i]


@kernel(UNIT_FORWARD)
def maxout_forward(z: Pointer, a: Pointer, learned: Pointer, units: int, stride: int, params: Pointer) -> None:
    """The largest of the pieces, and NaN for NaN. z: [pieces, units, stride]; params[0]: pieces."""
    size = units * stride
    for i in range(size):
        a[i] = z[i]
    for piece in range(1, int(params[0])):
        row = piece * size
        for i in range(size):
            other = z[row + i] if z[row + i] != z[row + i] else a[i]  # where it is NaN
            a[i] = z[row + i] if z[row + i] > a[i] else other


@kernel(UNIT_BACKWARD)
def maxout_backward(
    z: Pointer,
    a: Pointer,
    d: Pointer,
    dz: Pointer,
    learned: Pointer,
    d_learned: Pointer,
    units: int,
    stride: int,
    params: Pointer,
) -> None:
    """All of the gradient goes to the piece that was the largest; to the first of several."""
    size = units * stride
    for piece in range(int(params[0])):
        row = piece * size
        for i in range(size):
            won = z[row + i] == a[i]
            dz[row + i] = d[i] if won else _ZERO
            d[i] = _ZERO if won else d[i]


def _prelu(z: Any, slopes: Any, **_params: float) -> Any:
    return np.where(z <= 0, slopes * z, z)


def _simple_gate(z: Any, _learned: Any) -> Any:
    first, second = np.split(z, 2, axis=1)
    return first * second


def _maxout(z: Any, _learned: Any, *, pieces: float) -> Any:
    return np.max(np.split(z, int(pieces), axis=1), axis=0)


LEARNED = (
    Activation(
        id="prelu",
        label={"en": "PReLU", "zh": "PReLU（参数化 ReLU）"},
        help={
            "en": "A leaky ReLU that learns its slope below zero.",
            "zh": "负半轴斜率可学习的 Leaky ReLU。",
        },
        formula=r"f(x) = \begin{cases} x & x > 0 \\ \alpha x & x \le 0 \end{cases},\; \alpha \text{ learned}",
        source="He et al. 2015, eq. 1",
        params=(
            Param(
                id="initial",
                label={"en": "Initial slope", "zh": "初始斜率"},
                help={"en": "The slope below zero from which learning starts.", "zh": "负半轴斜率的初始值。"},
                default=0.25,
                minimum=-1.0,
                maximum=1.0,
                live=False,
            ),
            SHARING,
        ),
        expression="Piecewise((slope * x, x <= 0), (x, True))",
        forward=prelu_forward,
        backward=prelu_backward,
        learned="slope",
        reference=_prelu,
    ),
    Activation(
        id="simple_gate",
        label={"en": "SimpleGate", "zh": "SimpleGate（简单门控）"},
        help={
            "en": "Two weighted sums a unit, multiplied: nonlinear without any curve. Doubles the layer's weights.",
            "zh": "每个单元有两个加权和，输出为二者之积：不用任何曲线的非线性。该层权重加倍。",
        },
        formula=r"f(x, y) = x \cdot y",
        source="Chen et al. 2022, eq. 5",
        expression=None,
        gate="x * y",
        forward=simple_gate_forward,
        backward=simple_gate_backward,
        reference=_simple_gate,
    ),
    Activation(
        id="maxout",
        label={"en": "Maxout", "zh": "Maxout（最大输出）"},
        help={
            "en": "Several weighted sums a unit, of which the largest counts: it learns its own convex curve.",
            "zh": "每个单元有若干加权和，取其中最大者：由此学出自己的凸函数。",
        },
        formula=r"f(x_1, \dots, x_k) = \max_j x_j",
        source="Goodfellow et al. 2013, eq. 1",
        params=(
            Param(
                id="pieces",
                label={"en": "Pieces", "zh": "分段数"},
                help={
                    "en": "How many weighted sums each unit has; the layer's weights grow as much.",
                    "zh": "每个单元的加权和个数；该层权重随之成倍增加。",
                },
                default=2,
                minimum=2,
                maximum=8,
                integer=True,
                live=False,
            ),
        ),
        expression=None,
        gate="Max(x, y)",
        forward=maxout_forward,
        backward=maxout_backward,
        reference=_maxout,
    ),
)
