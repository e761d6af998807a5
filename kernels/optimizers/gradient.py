"""Gradient descent and momentum."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import OPTIMIZER
from kernels.optimizers.optimizer import GRADIENT, MOMENTUM, Optimizer, learning_rate
from kernels.simd import Pointer
from kernels.spec import Param
from kernels.working import Line, Working

_ONE = np.float32(1)


@kernel(OPTIMIZER)
def sgd_update(
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
    """W -= learning_rate g."""
    rate = params[0]
    for i in range(size):
        w[i] -= rate * g[i]


def _sgd(w: Any, g: Any, slots: Any, step: int, *, learning_rate: float) -> None:
    w -= learning_rate * g


@kernel(OPTIMIZER)
def momentum_update(
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
    """V = momentum v + (1 - dampening) g; w -= learning_rate v. slots: velocity."""
    rate, momentum = params[0], params[1]
    fresh = _ONE - params[2]
    for i in range(size):
        velocity = momentum * slots[i] + fresh * g[i]
        slots[i] = velocity
        w[i] -= rate * velocity


def _momentum(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, momentum: float, dampening: float
) -> None:
    (velocity,) = slots
    velocity *= momentum
    velocity += (1 - dampening) * g
    w -= learning_rate * velocity


@kernel(OPTIMIZER)
def nesterov_update(
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
    """V = momentum v + g; w -= learning_rate (g + momentum v). slots: velocity."""
    rate, momentum = params[0], params[1]
    for i in range(size):
        velocity = momentum * slots[i] + g[i]
        slots[i] = velocity
        w[i] -= rate * (g[i] + momentum * velocity)


def _nesterov(w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, momentum: float) -> None:
    (velocity,) = slots
    velocity *= momentum
    velocity += g
    w -= learning_rate * (g + momentum * velocity)


SGD = Optimizer(
    id="sgd",
    label={"en": "SGD", "zh": "随机梯度下降"},
    help={"en": "A step against the gradient of the present batch.", "zh": "沿当前小批量梯度的反方向走一步。"},
    formula=r"\theta \leftarrow \theta - \eta\, g",
    source="Goodfellow et al. 2016, algorithm 8.1",
    group=GRADIENT,
    params=(learning_rate(0.1),),
    slots=(),
    update=sgd_update,
    reference=_sgd,
    working=Working(
        (Line("w", "w - learning_rate * g"),),
    ),
)

MOMENTUM_METHOD = Optimizer(
    id="momentum",
    label={"en": "Momentum", "zh": "动量法"},
    help={
        "en": "Gathers speed along directions in which gradients agree, and damps those in which they alternate.",
        "zh": "在梯度一致的方向上积累速度，在来回震荡的方向上相互抵消。",
    },
    formula=r"v \leftarrow \alpha v + (1 - d)\, g,\quad \theta \leftarrow \theta - \eta\, v",
    source="Sutskever et al. 2013, in PyTorch's form",
    group=GRADIENT,
    params=(
        learning_rate(0.03),
        MOMENTUM,
        Param(
            id="dampening",
            label={"en": "Dampening d", "zh": "阻尼 d"},
            help={
                "en": "0: v sums gradients; α: v is their mean, so η means the same with and without momentum.",
                "zh": "取 0 时 v 为梯度累加；取 α 时 v 为均值，η 的含义与无动量时相同。",
            },
            default=0.0,
            minimum=0.0,
            maximum=0.9999,
        ),
    ),
    slots=("velocity",),
    update=momentum_update,
    reference=_momentum,
    working=Working(
        (
            Line("velocity", "momentum * velocity + (1 - dampening) * g"),
            Line("w", "w - learning_rate * velocity"),
        ),
    ),
)

NESTEROV = Optimizer(
    id="nesterov",
    label={"en": "Nesterov momentum", "zh": "Nesterov 动量"},
    help={
        "en": "Momentum that takes the gradient where the velocity is about to carry it, and so brakes in time.",
        "zh": "在速度即将到达的位置求梯度的动量法，因而能及时减速。",
    },
    formula=r"v \leftarrow \alpha v + g,\quad \theta \leftarrow \theta - \eta\,(g + \alpha v)",
    source="Sutskever et al. 2013, in the shifted variables of Bengio et al. 2013",
    group=GRADIENT,
    params=(learning_rate(0.03), MOMENTUM),
    slots=("velocity",),
    update=nesterov_update,
    reference=_nesterov,
    working=Working(
        (
            Line("velocity", "momentum * velocity + g"),
            Line("w", "w - learning_rate * (g + momentum * velocity)"),
        ),
    ),
)
