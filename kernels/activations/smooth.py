"""Smooth rectifiers: near zero below, near the identity above, with a derivative everywhere."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.activations.activation import Activation
from kernels.cache import kernel
from kernels.calls import ACTIVATION_BACKWARD, ACTIVATION_FORWARD
from kernels.elementary import exp, log, normal_share, precise_sigmoid
from kernels.simd import Pointer

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)
_TWO: Any = np.float32(2)
_FOUR: Any = np.float32(4)
_HALF: Any = np.float32(0.5)

_NORMAL_DENSITY: Any = np.float32(1 / math.sqrt(2 * math.pi))

# gelu_tanh is x sigmoid(2u), with 2u = _TWICE_LINEAR x + _TWICE_CUBIC x^3; behind _GELU_FLAT its slope is 0 or 1.
_TWICE_LINEAR: Any = np.float32(2 * math.sqrt(2 / math.pi))
_TWICE_CUBIC: Any = np.float32(2 * math.sqrt(2 / math.pi) * 0.044715)
_THREE: Any = np.float32(3)
_GELU_FLAT: Any = np.float32(16)

# Behind it mish is the identity to all of a float32's digits, and the squares below stay finite.
_MISH_LINEAR: Any = np.float32(20)


@kernel(ACTIVATION_FORWARD)
def softplus_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The logarithm a = log(1 + e^z), as max(0, z) + log(1 + e^-|z|), which cannot overflow."""
    for i in range(size):
        positive = _ZERO if z[i] <= _ZERO else z[i]
        a[i] = positive + log(_ONE + exp(-abs(z[i])))


@kernel(ACTIVATION_BACKWARD)
def softplus_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is the sigmoid."""
    for i in range(size):
        d[i] *= precise_sigmoid(z[i])


@kernel(ACTIVATION_FORWARD)
def gelu_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The input times the normal distribution function: a = z (1 + erf(z / sqrt 2)) / 2."""
    for i in range(size):
        a[i] = z[i] * normal_share(z[i])


@kernel(ACTIVATION_BACKWARD)
def gelu_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is the normal distribution function plus z times the normal density."""
    for i in range(size):
        density = _NORMAL_DENSITY * exp(-_HALF * z[i] * z[i])
        d[i] *= normal_share(z[i]) + z[i] * density


@kernel(ACTIVATION_FORWARD)
def gelu_tanh_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """With u = sqrt(2/pi) (z + 0.044715 z^3): a = z (1 + tanh u) / 2, which is z sigmoid(2u)."""
    for i in range(size):
        x = -_GELU_FLAT if z[i] < -_GELU_FLAT else z[i]
        x = _GELU_FLAT if x > _GELU_FLAT else x
        a[i] = z[i] * precise_sigmoid(x * (_TWICE_LINEAR + _TWICE_CUBIC * x * x))


@kernel(ACTIVATION_BACKWARD)
def gelu_tanh_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative of z s, s = sigmoid(2u): s + z s (1 - s) (2u)'."""
    for i in range(size):
        x = -_GELU_FLAT if z[i] < -_GELU_FLAT else z[i]
        x = _GELU_FLAT if x > _GELU_FLAT else x
        twice_u = x * (_TWICE_LINEAR + _TWICE_CUBIC * x * x)
        slope = _TWICE_LINEAR + _THREE * _TWICE_CUBIC * x * x
        power = exp(-abs(twice_u))
        rest = _ONE / (_ONE + power)
        share = power * rest if twice_u < _ZERO else rest
        d[i] *= share + x * (power * rest * rest) * slope


@kernel(ACTIVATION_FORWARD)
def silu_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The input times its sigmoid: a = z / (1 + e^-z)."""
    for i in range(size):
        a[i] = z[i] * precise_sigmoid(z[i])


@kernel(ACTIVATION_BACKWARD)
def silu_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative of z s, s = sigmoid(z): s + a (1 - s), where 1 - s is the sigmoid of -z."""
    for i in range(size):
        power = exp(-abs(z[i]))
        large = _ONE / (_ONE + power)
        small = power * large
        share = small if z[i] < _ZERO else large
        rest = large if z[i] < _ZERO else small
        d[i] *= share + a[i] * rest


@kernel(ACTIVATION_FORWARD)
def mish_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The input times tanh log(1 + n), n = e^z: a = z m / (m + 2), m = n (n + 2)."""
    for i in range(size):
        x = _MISH_LINEAR if z[i] > _MISH_LINEAR else z[i]
        n = exp(x)
        m = n * (n + _TWO)
        curved = x * (m / (m + _TWO))
        a[i] = z[i] if z[i] > _MISH_LINEAR else curved


@kernel(ACTIVATION_BACKWARD)
def mish_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative of z m / (m + 2), m = n (n + 2): m / (m + 2) + 4 z n (n + 1) / (m + 2)^2."""
    for i in range(size):
        x = _MISH_LINEAR if z[i] > _MISH_LINEAR else z[i]
        n = exp(x)
        m = n * (n + _TWO)
        inverse = _ONE / (m + _TWO)
        d[i] *= m * inverse + _FOUR * x * (n * inverse) * ((n + _ONE) * inverse)


SMOOTH = (
    Activation(
        id="softplus",
        label={"en": "Softplus", "zh": "Softplus"},
        help={
            "en": "A smooth ReLU whose derivative is the sigmoid.",
            "zh": "平滑的 ReLU，其导数是 Sigmoid。",
        },
        formula=r"f(x) = \log\left(1 + e^x\right)",
        source="Dugas et al. 2001",
        expression="log(1 + exp(x))",
        forward=softplus_forward,
        backward=softplus_backward,
    ),
    Activation(
        id="gelu",
        label={"en": "GELU", "zh": "GELU"},
        help={
            "en": "Weights its input by how likely a standard normal variable is to be smaller.",
            "zh": "用标准正态变量小于输入的概率来加权该输入。",
        },
        formula=r"f(x) = x\,\Phi(x) = \tfrac{x}{2}\left(1 + \operatorname{erf}\tfrac{x}{\sqrt 2}\right)",
        source="Hendrycks & Gimpel 2016, 2",
        expression="x * (1 + erf(x / sqrt(2))) / 2",
        forward=gelu_forward,
        backward=gelu_backward,
    ),
    Activation(
        id="gelu_tanh",
        label={"en": "GELU (tanh)", "zh": "GELU（tanh 近似）"},
        help={
            "en": "The approximation of GELU that many language models were trained with.",
            "zh": "GELU 的 tanh 近似，许多语言模型训练时采用它。",
        },
        formula=r"f(x) = \tfrac{x}{2}\left(1 + \tanh\left(\sqrt{\tfrac{2}{\pi}}\,(x + 0.044715\,x^3)\right)\right)",
        source="Hendrycks & Gimpel 2016, 2",
        expression="x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2",
        forward=gelu_tanh_forward,
        backward=gelu_tanh_backward,
    ),
    Activation(
        id="silu",
        label={"en": "SiLU (Swish)", "zh": "SiLU（Swish）"},
        help={
            "en": "The input times its own sigmoid: smooth, and slightly negative just below zero.",
            "zh": "输入乘以自身的 Sigmoid：光滑，负半轴上略低于零。",
        },
        formula=r"f(x) = x\,\sigma(x) = \frac{x}{1 + e^{-x}}",
        source="Elfwing et al. 2018; Ramachandran et al. 2017",
        expression="x / (1 + exp(-x))",
        forward=silu_forward,
        backward=silu_backward,
    ),
    Activation(
        id="mish",
        label={"en": "Mish", "zh": "Mish"},
        help={
            "en": "The input times the tanh of its softplus: close to SiLU, a little steeper.",
            "zh": "输入乘以其 softplus 的 tanh：与 SiLU 相近，稍陡一些。",
        },
        formula=r"f(x) = x \tanh\left(\log\left(1 + e^x\right)\right)",
        source="Misra 2020, eq. 1",
        expression="x * tanh(log(1 + exp(x)))",
        forward=mish_forward,
        backward=mish_backward,
    ),
)
