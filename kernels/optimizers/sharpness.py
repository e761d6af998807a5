"""Sharpness-aware minimization: the gradient is taken uphill, at the edge of the neighbourhood."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import OPTIMIZER
from kernels.optimizers.adam import advance
from kernels.optimizers.optimizer import BETA1, BETA2, GRADIENT, Optimizer, epsilon, learning_rate
from kernels.simd import Pointer
from kernels.spec import Param
from kernels.working import Line, Working

# ruff: noqa: ARG001 -- functions of a family share one signature

_ONE = np.float32(1)


@kernel(OPTIMIZER)
def sam_update(
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
    """The inner optimizer's step, SGD or Adam, with the uphill gradient. slots: first and second moments."""
    rate, inner, beta1, beta2, epsilon = params[0], params[2], params[3], params[4], params[5]
    if inner == np.float32(0):
        for i in range(size):
            w[i] -= rate * g[i]
        return
    rate = np.float32(rate / (1.0 - math.pow(beta1, step)))
    scale = np.float32(1.0 / math.sqrt(1.0 - math.pow(beta2, step)))
    for i in range(size):
        first, second = advance(slots, g, i, size, beta1, beta2)
        w[i] -= rate * first / (np.float32(math.sqrt(second)) * scale + epsilon)


def _sam(
    w: Any,
    g: Any,
    slots: Any,
    step: int,
    *,
    learning_rate: float,
    rho: float,
    inner: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    first, second = slots
    if inner == 0:
        w -= learning_rate * g
        return
    first *= beta1
    first += (1 - beta1) * g
    second *= beta2
    second += (1 - beta2) * g**2
    w -= learning_rate * first / (1 - beta1**step) / (np.sqrt(second / (1 - beta2**step)) + epsilon)


SAM = Optimizer(
    id="sam",
    label={"en": "SAM", "zh": "SAM（锐度感知）"},
    help={
        "en": "Takes the gradient at the worst point nearby, and so settles in flat valleys; two gradients a step.",
        "zh": "用邻域内最坏点的梯度更新，从而停在平坦的谷底；每步计算两次梯度。",
    },
    formula=r"\theta \leftarrow \theta - \eta\,"
    r" \nabla L\Big(\theta + \rho\,\tfrac{\nabla L(\theta)}{\lVert\nabla L(\theta)\rVert}\Big)",
    source="Foret et al. 2021, algorithm 1",
    group=GRADIENT,
    params=(
        learning_rate(0.2),
        Param(
            id="rho",
            label={"en": "Radius ρ", "zh": "半径 ρ"},
            help={"en": "How far uphill the gradient is taken.", "zh": "沿上坡方向取梯度的距离。"},
            default=0.05,
            minimum=0.0001,
            maximum=2.0,
            scale="log",
        ),
        Param(
            id="inner",
            label={"en": "Around", "zh": "内层优化器"},
            help={"en": "The optimizer that takes the step.", "zh": "执行更新的优化器。"},
            default=0,
            minimum=0,
            maximum=1,
            integer=True,
            choices=(("sgd", {"en": "SGD", "zh": "SGD"}), ("adam", {"en": "Adam", "zh": "Adam"})),
        ),
        BETA1,
        BETA2,
        epsilon(1e-8),
    ),
    slots=("first moment", "second moment"),
    update=sam_update,
    reference=_sam,
    working=Working(
        (
            Line("first_moment", "beta1 * first_moment + (1 - beta1) * g", "inner == 1"),
            Line("second_moment", "beta2 * second_moment + (1 - beta2) * g**2", "inner == 1"),
            Line("m_hat", "first_moment / (1 - beta1**t)", "inner == 1"),
            Line("v_hat", "second_moment / (1 - beta2**t)", "inner == 1"),
            Line("w", "w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)", "inner == 1"),
            Line("w", "w - learning_rate * g", "inner == 0"),
        ),
        symbols={"g": r"g^{\uparrow}"},
    ),
    climbs=True,
    slot_params=("inner",),
)
