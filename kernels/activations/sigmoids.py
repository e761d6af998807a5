"""Activations that squash: S-shaped, flat on both sides."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.activations.activation import Activation
from kernels.cache import kernel
from kernels.calls import ACTIVATION_BACKWARD, ACTIVATION_FORWARD
from kernels.elementary import sigmoid, tanh
from kernels.simd import Pointer

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)
_HALF: Any = np.float32(0.5)
_THREE: Any = np.float32(3)
_SIXTH: Any = np.float32(1 / 6)


@kernel(ACTIVATION_FORWARD)
def sigmoid_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The logistic function: a = 1 / (1 + e^-z)."""
    for i in range(size):
        a[i] = sigmoid(z[i])


@kernel(ACTIVATION_BACKWARD)
def sigmoid_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is a (1 - a)."""
    for i in range(size):
        d[i] *= a[i] * (_ONE - a[i])


@kernel(ACTIVATION_FORWARD)
def tanh_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The hyperbolic tangent: a = tanh z."""
    for i in range(size):
        a[i] = tanh(z[i])


@kernel(ACTIVATION_BACKWARD)
def tanh_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 1 - a^2."""
    for i in range(size):
        d[i] *= _ONE - a[i] * a[i]


@kernel(ACTIVATION_FORWARD)
def softsign_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """A rational tanh: a = z / (1 + |z|)."""
    for i in range(size):
        a[i] = z[i] / (_ONE + abs(z[i]))


@kernel(ACTIVATION_BACKWARD)
def softsign_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 1 / (1 + |z|)^2, from z since 1 - |a| loses its digits where a is flat."""
    for i in range(size):
        share = _ONE / (_ONE + abs(z[i]))
        d[i] *= share * share


@kernel(ACTIVATION_FORWARD)
def hard_sigmoid_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """A straight line from 0 at -3 to 1 at 3: a = z/6 + 1/2 between them."""
    for i in range(size):
        line = _ONE if z[i] >= _THREE else z[i] * _SIXTH + _HALF
        a[i] = _ZERO if z[i] <= -_THREE else line


@kernel(ACTIVATION_BACKWARD)
def hard_sigmoid_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 1/6 strictly between -3 and 3, else 0."""
    for i in range(size):
        d[i] = _ZERO if abs(z[i]) >= _THREE else d[i] * _SIXTH


@kernel(ACTIVATION_FORWARD)
def hard_tanh_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The input itself, kept between -1 and 1."""
    for i in range(size):
        line = _ONE if z[i] >= _ONE else z[i]
        a[i] = -_ONE if z[i] <= -_ONE else line


@kernel(ACTIVATION_BACKWARD)
def hard_tanh_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 1 strictly between -1 and 1, else 0."""
    for i in range(size):
        d[i] = _ZERO if abs(z[i]) >= _ONE else d[i]


SIGMOIDS = (
    Activation(
        id="sigmoid",
        label={"en": "Sigmoid", "zh": "Sigmoid"},
        help={
            "en": "Squashes to 0…1; its slope is at most ¼, so gradients shrink layer by layer.",
            "zh": "把输入压缩到 (0, 1)；斜率最大为 ¼，梯度因此逐层缩小。",
        },
        formula=r"f(x) = \frac{1}{1 + e^{-x}}",
        source="Goodfellow et al. 2016, 6.3.2",
        expression="1 / (1 + exp(-x))",
        forward=sigmoid_forward,
        backward=sigmoid_backward,
        saturated_below=0.03,
        saturated_above=0.97,
    ),
    Activation(
        id="tanh",
        label={"en": "Tanh", "zh": "Tanh"},
        help={
            "en": "Squashes to −1…1 around zero, with slope 1 at the origin.",
            "zh": "把输入压缩到 (−1, 1)，以零为中心，原点处斜率为 1。",
        },
        formula=r"f(x) = \tanh x",
        source="LeCun et al. 1998, Efficient BackProp, 4.4",
        expression="tanh(x)",
        forward=tanh_forward,
        backward=tanh_backward,
        saturated_below=-0.97,
        saturated_above=0.97,
    ),
    Activation(
        id="softsign",
        label={"en": "Softsign", "zh": "Softsign"},
        help={
            "en": "Like tanh, but nears ±1 polynomially instead of exponentially, so it saturates more gently.",
            "zh": "形似 tanh，但以多项式而非指数速度趋于 ±1，饱和更平缓。",
        },
        formula=r"f(x) = \frac{x}{1 + |x|}",
        source="Glorot & Bengio 2010, 3.3",
        expression="x / (1 + Abs(x))",
        forward=softsign_forward,
        backward=softsign_backward,
        saturated_below=-0.97,
        saturated_above=0.97,
    ),
    Activation(
        id="hard_sigmoid",
        label={"en": "Hard sigmoid", "zh": "硬 Sigmoid"},
        help={
            "en": "The sigmoid as three straight lines: cheaper, and with no gradient at all beyond ±3.",
            "zh": "用三段直线近似 Sigmoid：计算量更小，但在 ±3 之外没有任何梯度。",
        },
        formula=r"f(x) = \min\left(1, \max\left(0, \tfrac{x}{6} + \tfrac{1}{2}\right)\right)",
        source="Howard et al. 2019, 5.2",
        expression="Piecewise((0, x <= -3), (1, x >= 3), (x / 6 + 1 / 2, True))",
        forward=hard_sigmoid_forward,
        backward=hard_sigmoid_backward,
        saturated_below=0.0,
        saturated_above=1.0,
    ),
    Activation(
        id="hard_tanh",
        label={"en": "Hard tanh", "zh": "硬 Tanh"},
        help={
            "en": "The identity, clipped to −1…1: slope 1 inside, no gradient at all outside.",
            "zh": "截断到 [−1, 1] 的恒等函数：区间内斜率为 1，区间外没有任何梯度。",
        },
        formula=r"f(x) = \min(1, \max(-1, x))",
        source="Goodfellow et al. 2016, 6.3.3",
        expression="Piecewise((-1, x <= -1), (1, x >= 1), (x, True))",
        forward=hard_tanh_forward,
        backward=hard_tanh_backward,
        saturated_below=-1.0,
        saturated_above=1.0,
    ),
)
