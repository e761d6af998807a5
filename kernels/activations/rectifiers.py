"""Rectifiers: the identity above zero, and little below."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.activations.activation import Activation
from kernels.cache import kernel
from kernels.calls import ACTIVATION_BACKWARD, ACTIVATION_FORWARD
from kernels.elementary import exp
from kernels.simd import Pointer
from kernels.spec import Param

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)
_SIX: Any = np.float32(6)

# The fixed point at mean 0 and variance 1 (Klambauer et al. 2017, eq. 14, with the digits of their code).
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
_SELU_ABOVE: Any = np.float32(_SELU_SCALE)
_SELU_BELOW: Any = np.float32(_SELU_SCALE * _SELU_ALPHA)


@kernel(ACTIVATION_FORWARD)
def relu_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The positive part: a = max(0, z), and NaN for NaN."""
    for i in range(size):
        a[i] = _ZERO if z[i] <= _ZERO else z[i]


@kernel(ACTIVATION_BACKWARD)
def relu_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 1 above 0, else 0; at 0 it is taken as 0."""
    for i in range(size):
        d[i] = _ZERO if z[i] <= _ZERO else d[i]


@kernel(ACTIVATION_FORWARD)
def relu6_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The input itself, kept between 0 and 6."""
    for i in range(size):
        line = _SIX if z[i] >= _SIX else z[i]
        a[i] = _ZERO if z[i] <= _ZERO else line


@kernel(ACTIVATION_BACKWARD)
def relu6_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 1 strictly between 0 and 6, else 0."""
    for i in range(size):
        line = _ZERO if z[i] >= _SIX else d[i]
        d[i] = _ZERO if z[i] <= _ZERO else line


@kernel(ACTIVATION_FORWARD)
def leaky_relu_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """Above 0 a = z, below it a = slope z."""
    slope = params[0]
    for i in range(size):
        a[i] = slope * z[i] if z[i] <= _ZERO else z[i]


@kernel(ACTIVATION_BACKWARD)
def leaky_relu_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 1 above 0, else the slope."""
    slope = params[0]
    for i in range(size):
        d[i] = slope * d[i] if z[i] <= _ZERO else d[i]


@kernel(ACTIVATION_FORWARD)
def elu_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """Above 0 a = z, below it a = alpha (e^z - 1)."""
    alpha = params[0]
    for i in range(size):
        below = alpha * (exp(z[i]) - _ONE)
        a[i] = below if z[i] <= _ZERO else z[i]


@kernel(ACTIVATION_BACKWARD)
def elu_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 1 above 0, else alpha e^z, which is a + alpha."""
    alpha = params[0]
    for i in range(size):
        below = d[i] * (a[i] + alpha)
        d[i] = below if z[i] <= _ZERO else d[i]


@kernel(ACTIVATION_FORWARD)
def selu_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """Above 0 a = scale z, below it a = scale alpha (e^z - 1)."""
    for i in range(size):
        below = _SELU_BELOW * (exp(z[i]) - _ONE)
        a[i] = below if z[i] <= _ZERO else _SELU_ABOVE * z[i]


@kernel(ACTIVATION_BACKWARD)
def selu_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is scale above 0, else scale alpha e^z, which is a + scale alpha."""
    for i in range(size):
        slope = a[i] + _SELU_BELOW if z[i] <= _ZERO else _SELU_ABOVE
        d[i] *= slope


RECTIFIERS = (
    Activation(
        id="relu",
        label={"en": "ReLU", "zh": "ReLU"},
        help={
            "en": "Zero below zero, the identity above: cheap, never saturates upwards, but a unit can die.",
            "zh": "负半轴为零，正半轴不变：计算快、正向不饱和，但神经元可能“死亡”。",
        },
        formula=r"f(x) = \max(0, x)",
        source="Nair & Hinton 2010",
        expression="Piecewise((0, x <= 0), (x, True))",
        forward=relu_forward,
        backward=relu_backward,
    ),
    Activation(
        id="relu6",
        label={"en": "ReLU6", "zh": "ReLU6"},
        help={
            "en": "ReLU with a ceiling at 6, which keeps activations small enough for low-precision arithmetic.",
            "zh": "上限为 6 的 ReLU，使激活值适合低精度运算。",
        },
        formula=r"f(x) = \min(6, \max(0, x))",
        source="Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
        expression="Piecewise((0, x <= 0), (6, x >= 6), (x, True))",
        forward=relu6_forward,
        backward=relu6_backward,
        saturated_above=6.0,
    ),
    Activation(
        id="leaky_relu",
        label={"en": "Leaky ReLU", "zh": "Leaky ReLU"},
        help={
            "en": "Keeps a small slope below zero, so that a silent unit can still learn its way back.",
            "zh": "带泄漏的 ReLU：负半轴保留小斜率，沉默的神经元仍能恢复学习。",
        },
        formula=r"f(x) = \begin{cases} x & x > 0 \\ \alpha x & x \le 0 \end{cases}",
        source="Maas et al. 2013",
        params=(
            Param(
                id="slope",
                label={"en": "Slope α", "zh": "斜率 α"},
                help={"en": "The slope below zero.", "zh": "负半轴的斜率。"},
                default=0.01,
                minimum=0.0,
                maximum=1.0,
                live=False,
            ),
        ),
        expression="Piecewise((slope * x, x <= 0), (x, True))",
        forward=leaky_relu_forward,
        backward=leaky_relu_backward,
    ),
    Activation(
        id="elu",
        label={"en": "ELU", "zh": "ELU"},
        help={
            "en": "Bends exponentially to −α below zero, which pulls the mean activation towards zero.",
            "zh": "负半轴按指数趋于 −α，使激活的均值更接近零。",
        },
        formula=r"f(x) = \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}",
        source="Clevert et al. 2016, eq. 15",
        params=(
            Param(
                id="alpha",
                label={"en": "Scale α", "zh": "尺度 α"},
                help={"en": "How far below zero the output can go.", "zh": "输出的下界为 −α。"},
                default=1.0,
                minimum=0.0,
                maximum=10.0,
                exclusive_minimum=True,
                live=False,
            ),
        ),
        expression="Piecewise((alpha * (exp(x) - 1), x <= 0), (x, True))",
        forward=elu_forward,
        backward=elu_backward,
        saturated_below=-0.97,
        saturation_scale="alpha",
    ),
    Activation(
        id="selu",
        label={"en": "SELU", "zh": "SELU"},
        help={
            "en": "A scaled ELU with LeCun-normal weights keeps mean 0 and variance 1 through the layers by itself.",
            "zh": "经缩放的 ELU；配合 LeCun 正态初始化，各层自行保持均值 0、方差 1。",
        },
        formula=r"f(x) = \lambda \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases},\;"
        r" \lambda \approx 1.0507,\; \alpha \approx 1.6733",
        source="Klambauer et al. 2017, eq. 2",
        expression=f"Piecewise(({_SELU_SCALE} * {_SELU_ALPHA} * (exp(x) - 1), x <= 0), ({_SELU_SCALE} * x, True))",
        forward=selu_forward,
        backward=selu_backward,
        saturated_below=-0.97 * _SELU_SCALE * _SELU_ALPHA,
    ),
)
