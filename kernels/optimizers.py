"""Optimizers, one entry each.

The truth of an optimizer is its `reference`, readable NumPy with keyword arguments. The kernel gets the same parameters
as one vector in declared order, so a mix-up of indices fails the comparison. It sees vectors, never layers.
"""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kernels.cache import Kernel, kernel
from kernels.calls import OPTIMIZER
from kernels.simd import Pointer
from kernels.spec import Family, Param, Text, Variant

_ONE = np.float32(1)


@dataclass(frozen=True, kw_only=True)
class Optimizer(Variant):
    """An optimizer, whose first parameter is always the learning rate.

    `update` is the kernel. `reference(w, g, slots, step, **params)` changes w and the list of slots in place, in
    float64; `step` counts from 1. `slots` names the optimizer's own vectors, as long as w and zero at the start.
    """

    slots: tuple[str, ...]
    update: Kernel
    reference: Callable[..., None]


@kernel(OPTIMIZER)
def sgd_update(w: Pointer, g: Pointer, slots: Pointer, size: int, params: Pointer, step: int) -> None:
    """One step down: w -= learning_rate g. w, g: [size]."""
    rate = params[0]
    for i in range(size):
        w[i] -= rate * g[i]


def _sgd(w, g, slots, step, *, learning_rate):  # type: ignore[no-untyped-def]
    w -= learning_rate * g


@kernel(OPTIMIZER)
def momentum_update(w: Pointer, g: Pointer, slots: Pointer, size: int, params: Pointer, step: int) -> None:
    """A step of the velocity: v = momentum v + g; w -= learning_rate v. w, g: [size]; slots: [1, size]."""
    rate, momentum = params[0], params[1]
    for i in range(size):
        velocity = momentum * slots[i] + g[i]
        slots[i] = velocity
        w[i] -= rate * velocity


def _momentum(w, g, slots, step, *, learning_rate, momentum):  # type: ignore[no-untyped-def]
    (velocity,) = slots
    velocity *= momentum
    velocity += g
    w -= learning_rate * velocity


@kernel(OPTIMIZER)
def adam_update(w: Pointer, g: Pointer, slots: Pointer, size: int, params: Pointer, step: int) -> None:
    """Algorithm 1 of Kingma & Ba 2015. w, g: [size]; slots: [2, size], the first and second moments."""
    rate, beta1, beta2, epsilon = params[0], params[1], params[2], params[3]
    correction1 = 1.0 - math.pow(beta1, step)
    correction2 = 1.0 - math.pow(beta2, step)
    rate = np.float32(rate / correction1)
    scale = np.float32(1.0 / math.sqrt(correction2))
    rest1, rest2 = _ONE - beta1, _ONE - beta2
    for i in range(size):
        first = beta1 * slots[i] + rest1 * g[i]
        second = beta2 * slots[size + i] + rest2 * g[i] * g[i]
        slots[i] = first
        slots[size + i] = second
        w[i] -= rate * first / (np.float32(math.sqrt(second)) * scale + epsilon)


def _adam(w, g, slots, step, *, learning_rate, beta1, beta2, epsilon):  # type: ignore[no-untyped-def]
    first, second = slots
    first *= beta1
    first += (1 - beta1) * g
    second *= beta2
    second += (1 - beta2) * g**2
    unbiased_first = first / (1 - beta1**step)
    unbiased_second = second / (1 - beta2**step)
    w -= learning_rate * unbiased_first / (np.sqrt(unbiased_second) + epsilon)


def _learning_rate(default: float) -> Param:
    return Param(
        id="learning_rate",
        label={"en": "Learning rate", "zh": "学习率"},
        help={"en": "How far a step goes: η.", "zh": "每一步走多远：η。"},
        default=default,
        minimum=0.0,
        maximum=100.0,
        scale="log",
        exclusive_minimum=True,
    )


def _decay(name: str, label: Text, explanation: Text, default: float) -> Param:
    return Param(id=name, label=label, help=explanation, default=default, minimum=0.0, maximum=0.9999)


OPTIMIZERS = Family(
    "optimizers",
    {"en": "Optimizer", "zh": "优化器"},
    {"en": "How gradients become steps.", "zh": "梯度如何变成参数的更新。"},
    (
        Optimizer(
            id="sgd",
            label={"en": "SGD", "zh": "随机梯度下降"},
            help={
                "en": "A step against the gradient of the present batch.",
                "zh": "沿当前小批量梯度的反方向走一步。",
            },
            formula=r"\theta \leftarrow \theta - \eta\, g",
            source="Goodfellow et al. 2016, algorithm 8.1",
            params=(_learning_rate(0.1),),
            slots=(),
            update=sgd_update,
            reference=_sgd,
        ),
        Optimizer(
            id="momentum",
            label={"en": "Momentum", "zh": "动量法"},
            help={
                "en": "Gathers speed where gradients agree from step to step, and damps where they alternate.",
                "zh": "在梯度一致的方向上积累速度，在来回震荡的方向上相互抵消。",
            },
            formula=r"v \leftarrow \alpha v + g,\quad \theta \leftarrow \theta - \eta\, v",
            source="Sutskever et al. 2013, in PyTorch's form",
            params=(
                _learning_rate(0.03),
                _decay(
                    "momentum",
                    {"en": "Momentum α", "zh": "动量系数 α"},
                    {"en": "How much of the velocity survives a step.", "zh": "速度每步保留的比例。"},
                    0.9,
                ),
            ),
            slots=("velocity",),
            update=momentum_update,
            reference=_momentum,
        ),
        Optimizer(
            id="adam",
            label={"en": "Adam", "zh": "Adam"},
            help={
                "en": "Momentum, divided by the gradient's recent size, so that every weight steps by about η.",
                "zh": "动量除以梯度近期的大小，使每个权重的步长约为 η。",
            },
            formula=r"m \leftarrow \beta_1 m + (1-\beta_1) g,\; v \leftarrow \beta_2 v + (1-\beta_2) g^2,\;"
            r" \theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}",
            source="Kingma & Ba 2015, algorithm 1",
            params=(
                _learning_rate(0.01),
                _decay(
                    "beta1",
                    {"en": "β₁", "zh": "β₁"},
                    {"en": "Decay of the mean of gradients.", "zh": "梯度均值的衰减率。"},
                    0.9,
                ),
                _decay(
                    "beta2",
                    {"en": "β₂", "zh": "β₂"},
                    {"en": "Decay of the mean of squared gradients.", "zh": "梯度平方均值的衰减率。"},
                    0.999,
                ),
                Param(
                    id="epsilon",
                    label={"en": "ε", "zh": "ε"},
                    help={"en": "Keeps the division safe when gradients vanish.", "zh": "避免梯度消失时除以零。"},
                    default=1e-8,
                    minimum=1e-12,
                    maximum=1.0,
                    scale="log",
                ),
            ),
            slots=("first moment", "second moment"),
            update=adam_update,
            reference=_adam,
        ),
    ),
    live=True,
)
