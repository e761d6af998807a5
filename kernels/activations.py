"""Activation functions, one entry each.

The truth of an activation is its `expression` in x and its parameters: the formula shown, the reference derivative and
the browser's twin are derived from it, and the kernels are checked against it.

To add one: write its two kernels and its entry in `ACTIVATIONS`. Nothing else needs to be touched.
"""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kernels.cache import Kernel, kernel
from kernels.calls import ACTIVATION_BACKWARD, ACTIVATION_FORWARD
from kernels.elementary import sigmoid, tanh
from kernels.simd import Pointer
from kernels.spec import Family, Param, Variant

_ZERO, _ONE = np.float32(0), np.float32(1)


@dataclass(frozen=True, kw_only=True)
class Activation(Variant):
    """An activation.

    `expression` is SymPy text in `x` and the parameters' ids. `forward` and `backward` are kernels of the signatures in
    `calls`; they are None for the identity, which the training loop leaves out. A unit counts as saturated where its
    output is at or below `saturated_below`, or at or above `saturated_above`.
    """

    expression: str
    forward: Kernel | None
    backward: Kernel | None
    saturated_below: float = -math.inf
    saturated_above: float = math.inf


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


ACTIVATIONS = Family(
    "activations",
    {"en": "Activation", "zh": "激活函数"},
    {
        "en": "The nonlinearity between layers; without one, any stack of layers is a single linear map.",
        "zh": "层与层之间的非线性；没有它，再多的层也只等于一个线性映射。",
    },
    (
        Activation(
            id="linear",
            label={"en": "Linear", "zh": "线性"},
            help={
                "en": "Passes its input on unchanged, so stacked layers collapse into one.",
                "zh": "原样输出，多层叠加仍等价于一层。",
            },
            formula="f(x) = x",
            source="Goodfellow et al. 2016, 6.1",
            expression="x",
            forward=None,
            backward=None,
        ),
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
            id="leaky_relu",
            label={"en": "Leaky ReLU", "zh": "带泄漏 ReLU"},
            help={
                "en": "Keeps a small slope below zero, so that a silent unit can still learn its way back.",
                "zh": "负半轴保留小斜率，沉默的神经元仍能恢复学习。",
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
            id="sigmoid",
            label={"en": "Sigmoid", "zh": "Sigmoid"},
            help={
                "en": "Squashes to 0…1; its slope is at most ¼, so gradients shrink layer by layer.",
                "zh": "压缩到 0…1；斜率至多 ¼，梯度逐层缩小。",
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
                "zh": "压缩到 −1…1，以零为中心，原点处斜率为 1。",
            },
            formula=r"f(x) = \tanh x",
            source="LeCun et al. 1998, Efficient BackProp, 4.4",
            expression="tanh(x)",
            forward=tanh_forward,
            backward=tanh_backward,
            saturated_below=-0.97,
            saturated_above=0.97,
        ),
    ),
    live=False,
)
