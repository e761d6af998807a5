"""Adam, with decoupled decay, and with a divisor that never shrinks."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import inlined, kernel
from kernels.calls import OPTIMIZER
from kernels.optimizers.optimizer import ADAM as GROUP
from kernels.optimizers.optimizer import BETA1, BETA2, Optimizer, epsilon, learning_rate, overflow_shown, weight_decay
from kernels.simd import Float32, Pointer
from kernels.working import Line, Working

_ONE = np.float32(1)


@inlined
def advance(slots: Pointer, g: Pointer, i: int, size: int, beta1: Float32, beta2: Float32) -> tuple[Float32, Float32]:
    """Advance both moments of parameter i, and return them: slots [2, size]; the first is NaN if the second overflows.

    That of Adam and all that descend from it (Kingma & Ba 2015, algorithm 1), without the correction of their bias.
    """
    first = beta1 * slots[i] + (_ONE - beta1) * g[i]
    second = beta2 * slots[size + i] + (_ONE - beta2) * g[i] * g[i]
    slots[i] = first
    slots[size + i] = second
    return overflow_shown(first, second), second


@kernel(OPTIMIZER)
def adam_update(
    w: Pointer,
    g: Pointer,
    slots: Pointer,
    size: int,
    weights: int,
    tensors: Pointer,
    count: int,
    params: Pointer,
    step: int,
) -> None:
    """Algorithm 1 of Kingma & Ba 2015. slots: first and second moments."""
    rate, beta1, beta2, epsilon = params[0], params[1], params[2], params[3]
    rate = np.float32(rate / (1.0 - math.pow(beta1, step)))
    scale = np.float32(1.0 / math.sqrt(1.0 - math.pow(beta2, step)))
    for i in range(size):
        first, second = advance(slots, g, i, size, beta1, beta2)
        w[i] -= rate * first / (np.float32(math.sqrt(second)) * scale + epsilon)


def moments(g: Any, slots: Any, step: int, beta1: float, beta2: float) -> tuple[Any, Any]:
    """Advance both moments; return them without their bias towards zero."""
    first, second = slots[:2]
    first *= beta1
    first += (1 - beta1) * g
    second *= beta2
    second += (1 - beta2) * g**2
    return first / (1 - beta1**step), second / (1 - beta2**step)


def _adam(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, beta1: float, beta2: float, epsilon: float
) -> None:
    first, second = moments(g, slots, step, beta1, beta2)
    w -= learning_rate * first / (np.sqrt(second) + epsilon)


@kernel(OPTIMIZER)
def adamw_update(
    w: Pointer,
    g: Pointer,
    slots: Pointer,
    size: int,
    weights: int,
    tensors: Pointer,
    count: int,
    params: Pointer,
    step: int,
) -> None:
    """Weights shrink by 1 - learning_rate weight_decay, then Adam's step. slots: first and second moments."""
    shrink = _ONE - params[0] * params[4]
    for i in range(weights):
        w[i] *= shrink
    rate, beta1, beta2, epsilon = params[0], params[1], params[2], params[3]
    rate = np.float32(rate / (1.0 - math.pow(beta1, step)))
    scale = np.float32(1.0 / math.sqrt(1.0 - math.pow(beta2, step)))
    for i in range(size):
        first, second = advance(slots, g, i, size, beta1, beta2)
        w[i] -= rate * first / (np.float32(math.sqrt(second)) * scale + epsilon)


def _adamw(
    w: Any,
    g: Any,
    slots: Any,
    step: int,
    *,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: float,
) -> None:
    w *= 1 - learning_rate * weight_decay
    _adam(w, g, slots, step, learning_rate=learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon)


@kernel(OPTIMIZER)
def amsgrad_update(
    w: Pointer,
    g: Pointer,
    slots: Pointer,
    size: int,
    weights: int,
    tensors: Pointer,
    count: int,
    params: Pointer,
    step: int,
) -> None:
    """Adam, divided by the largest second moment so far. slots: first and second moments, largest second moment."""
    rate, beta1, beta2, epsilon = params[0], params[1], params[2], params[3]
    rate = np.float32(rate / (1.0 - math.pow(beta1, step)))
    scale = np.float32(1.0 / math.sqrt(1.0 - math.pow(beta2, step)))
    for i in range(size):
        first, second = advance(slots, g, i, size, beta1, beta2)
        largest = slots[2 * size + i]
        largest = largest if second <= largest else second
        slots[2 * size + i] = largest
        w[i] -= rate * first / (np.float32(math.sqrt(largest)) * scale + epsilon)


def _amsgrad(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, beta1: float, beta2: float, epsilon: float
) -> None:
    first, _ = moments(g, slots, step, beta1, beta2)
    np.maximum(slots[2], slots[1], out=slots[2])
    w -= learning_rate * first / (np.sqrt(slots[2] / (1 - beta2**step)) + epsilon)


MOMENTS = ("first moment", "second moment")

ADAM = Optimizer(
    id="adam",
    label={"en": "Adam", "zh": "Adam"},
    help={
        "en": "Momentum, divided by the gradient's recent size, so that every weight steps by about η.",
        "zh": "动量除以梯度近期的大小，使每个权重的步长约为 η。",
    },
    formula=r"m \leftarrow \beta_1 m + (1-\beta_1) g,\; v \leftarrow \beta_2 v + (1-\beta_2) g^2,\;"
    r" \theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}",
    source="Kingma & Ba 2015, algorithm 1",
    group=GROUP,
    params=(learning_rate(0.01), BETA1, BETA2, epsilon(1e-8)),
    slots=MOMENTS,
    update=adam_update,
    reference=_adam,
    working=Working(
        (
            Line("first_moment", "beta1 * first_moment + (1 - beta1) * g"),
            Line("second_moment", "beta2 * second_moment + (1 - beta2) * g**2"),
            Line("m_hat", "first_moment / (1 - beta1**t)"),
            Line("v_hat", "second_moment / (1 - beta2**t)"),
            Line("w", "w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)"),
        ),
    ),
)

ADAMW = Optimizer(
    id="adamw",
    label={"en": "AdamW", "zh": "AdamW"},
    help={
        "en": "Adam with weight decay apart from the gradient, so that it shrinks all weights alike.",
        "zh": "将权重衰减与梯度解耦的 Adam，使所有权重同比例收缩。",
    },
    formula=r"\theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}",
    source="Loshchilov & Hutter 2019, algorithm 2, in PyTorch's form",
    group=GROUP,
    params=(learning_rate(0.01), BETA1, BETA2, epsilon(1e-8), weight_decay(0.01)),
    slots=MOMENTS,
    update=adamw_update,
    reference=_adamw,
    working=Working(
        (
            Line("first_moment", "beta1 * first_moment + (1 - beta1) * g"),
            Line("second_moment", "beta2 * second_moment + (1 - beta2) * g**2"),
            Line("m_hat", "first_moment / (1 - beta1**t)"),
            Line("v_hat", "second_moment / (1 - beta2**t)"),
            Line("w", "(1 - learning_rate * weight_decay) * w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)"),
        ),
        weights_only=("weight_decay",),
    ),
)

AMSGRAD = Optimizer(
    id="amsgrad",
    label={"en": "AMSGrad", "zh": "AMSGrad"},
    help={
        "en": "Adam whose divisor never shrinks, which mends a case in which Adam does not converge.",
        "zh": "分母只增不减的 Adam，修复其不收敛的反例。",
    },
    formula=r"v^{\max} \leftarrow \max(v^{\max}, v),\quad"
    r" \theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v^{\max}} + \varepsilon}",
    source="Reddi et al. 2018, algorithm 2, in PyTorch's form",
    group=GROUP,
    params=(learning_rate(0.01), BETA1, BETA2, epsilon(1e-8)),
    slots=(*MOMENTS, "largest second moment"),
    update=amsgrad_update,
    reference=_amsgrad,
    working=Working(
        (
            Line("first_moment", "beta1 * first_moment + (1 - beta1) * g"),
            Line("second_moment", "beta2 * second_moment + (1 - beta2) * g**2"),
            Line("largest_second_moment", "max(largest_second_moment, second_moment)"),
            Line("m_hat", "first_moment / (1 - beta1**t)"),
            Line("v_hat", "largest_second_moment / (1 - beta2**t)"),
            Line("w", "w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)"),
        ),
        symbols={"largest_second_moment": r"v^{\max}", "v_hat": r"\hat v^{\max}"},
    ),
)
