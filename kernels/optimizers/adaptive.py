"""A learning rate for each weight, from its squared gradients."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import OPTIMIZER
from kernels.optimizers.optimizer import (
    ADAPTIVE,
    MOMENTUM,
    Optimizer,
    epsilon,
    learning_rate,
    overflow_shown,
    squares_decay,
)
from kernels.simd import Pointer
from kernels.spec import Param
from kernels.working import Line, Working

_ONE = np.float32(1)

_INSIDE = Param(
    id="epsilon_inside",
    label={"en": "Place of ε", "zh": "ε 的位置"},
    help={
        "en": "√r + ε as in PyTorch, or √(r + ε) as in Goodfellow's algorithm 8.5.",
        "zh": "√r + ε（PyTorch）或 √(r + ε)（Goodfellow 算法 8.5）。",
    },
    default=0,
    minimum=0,
    maximum=1,
    integer=True,
    choices=(
        ("outside", {"en": "outside the root", "zh": "根号外"}),
        ("inside", {"en": "inside the root", "zh": "根号内"}),
    ),
)


@kernel(OPTIMIZER)
def adagrad_update(
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
    """R += g^2; w -= learning_rate g / (sqrt(r) + epsilon). slots: r."""
    rate, epsilon = params[0], params[1]
    for i in range(size):
        squares = slots[i] + g[i] * g[i]
        slots[i] = squares
        w[i] -= rate * overflow_shown(g[i], squares) / (np.float32(math.sqrt(squares)) + epsilon)


def _adagrad(w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, epsilon: float) -> None:
    (squares,) = slots
    squares += g**2
    w -= learning_rate * g / (np.sqrt(squares) + epsilon)


@kernel(OPTIMIZER)
def rmsprop_update(
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
    """R = rho r + (1 - rho) g^2; w -= learning_rate g / (sqrt(r) + epsilon). slots: r."""
    rate, rho = params[0], params[1]
    inside = params[2] * params[3]
    outside = params[2] - inside
    rest = _ONE - rho
    for i in range(size):
        squares = rho * slots[i] + rest * g[i] * g[i]
        slots[i] = squares
        w[i] -= rate * overflow_shown(g[i], squares) / (np.float32(math.sqrt(squares + inside)) + outside)


def _rmsprop(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, rho: float, epsilon: float, epsilon_inside: float
) -> None:
    (squares,) = slots
    squares *= rho
    squares += (1 - rho) * g**2
    root = np.sqrt(squares + epsilon) if epsilon_inside else np.sqrt(squares) + epsilon
    w -= learning_rate * g / root


@kernel(OPTIMIZER)
def rmsprop_nesterov_update(
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
    """S = g / (sqrt(r) + epsilon); v = momentum v + s; w -= learning_rate (s + momentum v). slots: r, v."""
    rate, rho, momentum, epsilon = params[0], params[1], params[2], params[3]
    rest = _ONE - rho
    for i in range(size):
        squares = rho * slots[i] + rest * g[i] * g[i]
        slots[i] = squares
        scaled = overflow_shown(g[i], squares) / (np.float32(math.sqrt(squares)) + epsilon)
        velocity = momentum * slots[size + i] + scaled
        slots[size + i] = velocity
        w[i] -= rate * (scaled + momentum * velocity)


def _rmsprop_nesterov(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, rho: float, momentum: float, epsilon: float
) -> None:
    squares, velocity = slots
    squares *= rho
    squares += (1 - rho) * g**2
    scaled = g / (np.sqrt(squares) + epsilon)
    velocity *= momentum
    velocity += scaled
    w -= learning_rate * (scaled + momentum * velocity)


@kernel(OPTIMIZER)
def adadelta_update(
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
    """Algorithm 1 of Zeiler 2012, times a learning rate. slots: mean of squared gradients, of squared updates."""
    rate, rho, epsilon = params[0], params[1], params[2]
    rest = _ONE - rho
    for i in range(size):
        squares = rho * slots[i] + rest * g[i] * g[i]
        slots[i] = squares
        moved = slots[size + i]
        share = np.float32(math.sqrt(moved + epsilon)) / np.float32(math.sqrt(squares + epsilon))
        delta = share * overflow_shown(g[i], squares)
        slots[size + i] = rho * moved + rest * delta * delta
        w[i] -= rate * delta


def _adadelta(w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, rho: float, epsilon: float) -> None:
    squares, moved = slots
    squares *= rho
    squares += (1 - rho) * g**2
    delta = np.sqrt(moved + epsilon) / np.sqrt(squares + epsilon) * g
    moved *= rho
    moved += (1 - rho) * delta**2
    w -= learning_rate * delta


ADAGRAD = Optimizer(
    id="adagrad",
    label={"en": "AdaGrad", "zh": "AdaGrad"},
    help={
        "en": "Divides by the root of all squared gradients so far: rare features learn fast, but the step runs dry.",
        "zh": "除以历史梯度平方和的平方根：稀有特征学得快，但步长会逐渐耗尽。",
    },
    formula=r"r \leftarrow r + g^2,\quad \theta \leftarrow \theta - \frac{\eta}{\sqrt{r} + \varepsilon}\, g",
    source="Duchi et al. 2011; Goodfellow et al. 2016, algorithm 8.4",
    group=ADAPTIVE,
    params=(learning_rate(0.05), epsilon(1e-7)),
    slots=("accumulated squares",),
    update=adagrad_update,
    reference=_adagrad,
    working=Working(
        (
            Line("accumulated_squares", "accumulated_squares + g**2"),
            Line("w", "w - learning_rate / (sqrt(accumulated_squares) + epsilon) * g"),
        ),
        symbols={"accumulated_squares": "r"},
    ),
)

RMSPROP = Optimizer(
    id="rmsprop",
    label={"en": "RMSProp", "zh": "RMSProp"},
    help={
        "en": "AdaGrad that forgets: divides by the root of a running mean of squared gradients.",
        "zh": "会遗忘的 AdaGrad：除以梯度平方滑动平均的平方根。",
    },
    formula=r"r \leftarrow \rho r + (1-\rho) g^2,\quad"
    r" \theta \leftarrow \theta - \frac{\eta}{\sqrt{r} + \varepsilon}\, g",
    source="Hinton 2012, lecture 6e; Goodfellow et al. 2016, algorithm 8.5",
    group=ADAPTIVE,
    params=(learning_rate(0.003), squares_decay(0.99), epsilon(1e-8), _INSIDE),
    slots=("mean of squares",),
    update=rmsprop_update,
    reference=_rmsprop,
    working=Working(
        (
            Line("mean_of_squares", "rho * mean_of_squares + (1 - rho) * g**2"),
            Line("w", "w - learning_rate / (sqrt(mean_of_squares) + epsilon) * g", "epsilon_inside == 0"),
            Line("w", "w - learning_rate / sqrt(mean_of_squares + epsilon) * g", "epsilon_inside == 1"),
        ),
    ),
)

RMSPROP_NESTEROV = Optimizer(
    id="rmsprop_nesterov",
    label={"en": "RMSProp with Nesterov momentum", "zh": "RMSProp + Nesterov 动量"},
    help={
        "en": "Nesterov's momentum over gradients that RMSProp has scaled.",
        "zh": "在 RMSProp 缩放后的梯度上使用 Nesterov 动量。",
    },
    formula=r"s = \frac{g}{\sqrt{r} + \varepsilon},\quad v \leftarrow \alpha v + s,\quad"
    r" \theta \leftarrow \theta - \eta\,(s + \alpha v)",
    source="Goodfellow et al. 2016, algorithm 8.6, in shifted variables",
    group=ADAPTIVE,
    params=(learning_rate(0.001), squares_decay(0.99), MOMENTUM, epsilon(1e-8)),
    slots=("mean of squares", "velocity"),
    update=rmsprop_nesterov_update,
    reference=_rmsprop_nesterov,
    working=Working(
        (
            Line("mean_of_squares", "rho * mean_of_squares + (1 - rho) * g**2"),
            Line("scaled", "g / (sqrt(mean_of_squares) + epsilon)"),
            Line("velocity", "momentum * velocity + scaled"),
            Line("w", "w - learning_rate * (scaled + momentum * velocity)"),
        ),
        symbols={"scaled": "s"},
    ),
)

ADADELTA = Optimizer(
    id="adadelta",
    label={"en": "AdaDelta", "zh": "AdaDelta"},
    help={
        "en": "Scales each step by how far recent ones went, so that no learning rate needs to be chosen.",
        "zh": "用近期更新的幅度缩放步长，无需精心选择学习率。",
    },
    formula=r"\Delta = \frac{\sqrt{u + \varepsilon}}{\sqrt{r + \varepsilon}}\, g,\quad"
    r" u \leftarrow \rho u + (1-\rho)\Delta^2,\quad \theta \leftarrow \theta - \eta\,\Delta",
    source="Zeiler 2012, algorithm 1",
    group=ADAPTIVE,
    params=(learning_rate(1.0), squares_decay(0.9), epsilon(1e-6)),
    slots=("mean of squares", "mean of squared updates"),
    update=adadelta_update,
    reference=_adadelta,
    working=Working(
        (
            Line("mean_of_squares", "rho * mean_of_squares + (1 - rho) * g**2"),
            Line("delta", "sqrt(mean_of_squared_updates + epsilon) / sqrt(mean_of_squares + epsilon) * g"),
            Line("mean_of_squared_updates", "rho * mean_of_squared_updates + (1 - rho) * delta**2"),
            Line("w", "w - learning_rate * delta"),
        ),
        symbols={"delta": r"\Delta", "mean_of_squared_updates": "u"},
    ),
)
