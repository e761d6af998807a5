"""The identity and the two thresholds of the first neurons."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.activations.activation import Activation
from kernels.cache import kernel
from kernels.calls import ACTIVATION_BACKWARD, ACTIVATION_FORWARD
from kernels.simd import Pointer
from kernels.spec import Text

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)

_NO_GRADIENT = Text(
    en="Nothing below this layer moves: the derivative is zero wherever it exists, so back-propagation multiplies "
    "every gradient by zero. Only the layers above it learn.",
    zh="该层及其以下的参数都不会更新：导数在有定义的地方处处为零，反向传播的梯度全部变成零，只有它上面的层能学习。",
)


@kernel(ACTIVATION_FORWARD)
def step_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The Heaviside step: a = 0 below 0, else 1, and NaN for NaN."""
    for i in range(size):
        other = _ONE if z[i] >= _ZERO else z[i]
        a[i] = _ZERO if z[i] < _ZERO else other


@kernel(ACTIVATION_FORWARD)
def sign_forward(z: Pointer, a: Pointer, size: int, params: Pointer) -> None:
    """The sign: a = -1, 0 or 1, and NaN for NaN."""
    for i in range(size):
        other = _ONE if z[i] > _ZERO else z[i]
        a[i] = -_ONE if z[i] < _ZERO else other


@kernel(ACTIVATION_BACKWARD)
def threshold_backward(z: Pointer, a: Pointer, d: Pointer, size: int, params: Pointer) -> None:
    """The derivative is 0 wherever it exists, and is taken as 0 at the threshold."""
    for i in range(size):
        d[i] = _ZERO


THRESHOLDS = (
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
        id="step",
        label={"en": "Step", "zh": "阶跃"},
        help={
            "en": "The all-or-nothing threshold of the first artificial neuron: it fires from zero on.",
            "zh": "最早的人工神经元所用的全或无阈值：达到零即激活。",
        },
        note=_NO_GRADIENT,
        formula=r"f(x) = \begin{cases} 0 & x < 0 \\ 1 & x \ge 0 \end{cases}",
        source="McCulloch & Pitts 1943",
        expression="Piecewise((0, x < 0), (1, True))",
        forward=step_forward,
        backward=threshold_backward,
    ),
    Activation(
        id="sign",
        label={"en": "Sign", "zh": "符号函数"},
        help={
            "en": "The perceptron's threshold, centred on zero: only the sign of the weighted sum counts.",
            "zh": "感知机的阈值函数，以零为中心：只看加权和的符号。",
        },
        note=_NO_GRADIENT,
        formula=r"f(x) = \operatorname{sgn} x",
        source="Rosenblatt 1958",
        expression="Piecewise((-1, x < 0), (1, x > 0), (0, True))",
        forward=sign_forward,
        backward=threshold_backward,
    ),
)
