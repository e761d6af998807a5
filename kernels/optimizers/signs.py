"""Steps that follow the sign of gradients."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import OPTIMIZER
from kernels.optimizers.optimizer import SIGN, Optimizer, decay, learning_rate, weight_decay
from kernels.simd import Pointer
from kernels.spec import Param
from kernels.working import Line, Working

_ZERO, _ONE = np.float32(0), np.float32(1)
#: Bounds of rprop's steps, as PyTorch has them.
_LEAST, _LARGEST = np.float32(1e-6), np.float32(50)


@kernel(OPTIMIZER)
def lion_update(
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
    """Algorithm 2 of Chen et al. 2023. slots: momentum."""
    rate, beta1, beta2 = params[0], params[1], params[2]
    shrink = _ONE - rate * params[3]
    for i in range(weights):
        w[i] *= shrink
    for i in range(size):
        mixed = beta1 * slots[i] + (_ONE - beta1) * g[i]
        slots[i] = beta2 * slots[i] + (_ONE - beta2) * g[i]
        up = rate if mixed > _ZERO else _ZERO
        down = rate if mixed < _ZERO else _ZERO
        # Zero times a NaN keeps it, where the comparisons alone would hide it.
        w[i] -= up - down + _ZERO * mixed


def _lion(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, beta1: float, beta2: float, weight_decay: float
) -> None:
    (momentum,) = slots
    w *= 1 - learning_rate * weight_decay
    w -= learning_rate * np.sign(beta1 * momentum + (1 - beta1) * g)
    momentum *= beta2
    momentum += (1 - beta2) * g


@kernel(OPTIMIZER)
def rprop_update(
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
    """Riedmiller & Braun 1993, without going back (iRprop-). slots: step size, last gradient."""
    rate, shrink, grow = params[0], params[1], params[2]
    if step == 1:
        for i in range(size):
            slots[i] = rate
    for i in range(size):
        agreement = slots[size + i] * g[i]
        # Ones and zeros instead of conditions that hang together: LLVM makes branches of those, and of min and max,
        # and then no eight parameters go at once.
        grows = _ONE if agreement > _ZERO else _ZERO
        turned = _ONE if agreement < _ZERO else _ZERO
        stride = slots[i] * (grows * grow + turned * shrink + (_ONE - grows - turned))
        stride = _LEAST if stride < _LEAST else stride
        stride = _LARGEST if stride > _LARGEST else stride
        gradient = (_ONE - turned) * g[i]
        slots[i] = stride
        slots[size + i] = gradient
        up = _ONE if gradient > _ZERO else _ZERO
        down = _ONE if gradient < _ZERO else _ZERO
        w[i] -= stride * (up - down) + _ZERO * g[i]


def _rprop(w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, shrink: float, grow: float) -> None:
    stride, last = slots
    if step == 1:
        stride[:] = learning_rate
    agreement = last * g
    stride *= np.where(agreement > 0, grow, np.where(agreement < 0, shrink, 1.0))
    np.clip(stride, 1e-6, 50, out=stride)
    last[:] = np.where(agreement < 0, 0.0, g)
    w -= np.sign(last) * stride


@kernel(OPTIMIZER)
def delta_bar_delta_update(
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
    """Jacobs 1988, equations 5 and 6. slots: own learning rate, running mean of gradients."""
    rate, kappa, phi, theta = params[0], params[1], params[2], params[3]
    for i in range(size):
        own = rate if step == 1 else slots[i]
        agreement = slots[size + i] * g[i]
        own = own + kappa if agreement > _ZERO else own
        own = own * (_ONE - phi) if agreement < _ZERO else own
        slots[i] = own
        slots[size + i] = (_ONE - theta) * g[i] + theta * slots[size + i]
        w[i] -= own * g[i]


def _delta_bar_delta(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, kappa: float, phi: float, theta: float
) -> None:
    own, mean = slots
    if step == 1:
        own[:] = learning_rate
    agreement = mean * g
    own[agreement > 0] += kappa
    own[agreement < 0] *= 1 - phi
    mean *= theta
    mean += (1 - theta) * g
    w -= own * g


LION = Optimizer(
    id="lion",
    label={"en": "Lion", "zh": "Lion"},
    help={
        "en": "Only the sign of a momentum: every weight steps by exactly η, with half of Adam's memory.",
        "zh": "只取动量的符号：每个权重的步长恰为 η，内存只需 Adam 的一半。",
    },
    formula=r"\theta \leftarrow (1-\eta\lambda)\,\theta - \eta\,\mathrm{sign}(\beta_1 m + (1-\beta_1) g),\;"
    r" m \leftarrow \beta_2 m + (1-\beta_2) g",
    source="Chen et al. 2023, algorithm 2",
    group=SIGN,
    params=(
        learning_rate(0.001),
        decay(
            "beta1",
            {"en": "β₁", "zh": "β₁"},
            {"en": "The share of old momentum in a step.", "zh": "更新方向中旧动量的比例。"},
            0.9,
        ),
        decay(
            "beta2",
            {"en": "β₂", "zh": "β₂"},
            {"en": "The share of old momentum in the new one.", "zh": "新动量中旧动量的比例。"},
            0.99,
        ),
        weight_decay(0.0),
    ),
    slots=("momentum",),
    update=lion_update,
    reference=_lion,
    working=Working(
        (
            Line(
                "w", "(1 - learning_rate * weight_decay) * w - learning_rate * sign(beta1 * momentum + (1 - beta1) * g)"
            ),
            Line("momentum", "beta2 * momentum + (1 - beta2) * g"),
        ),
        symbols={"momentum": "m"},
        weights_only=("weight_decay",),
    ),
)

RPROP = Optimizer(
    id="rprop",
    label={"en": "Rprop", "zh": "Rprop"},
    help={
        "en": "A step size for each weight, that grows while its gradient keeps its sign and shrinks when it turns.",
        "zh": "每个权重各有步长：梯度符号不变则增大，变号则减小。",
    },
    formula=r"\Delta \leftarrow \Delta\cdot"
    r"\begin{cases}\eta^+ & g_{t-1} g_t > 0\\ \eta^- & g_{t-1} g_t < 0\end{cases},\quad"
    r" \theta \leftarrow \theta - \Delta\,\mathrm{sign}(g)",
    source="Riedmiller & Braun 1993, as iRprop− (Igel & Hüsken 2000)",
    group=SIGN,
    params=(
        learning_rate(0.01),
        Param(
            id="shrink",
            label={"en": "Shrink η⁻", "zh": "缩小 η⁻"},
            help={"en": "The factor when the gradient turns.", "zh": "梯度变号时的系数。"},
            default=0.5,
            minimum=0.01,
            maximum=0.99,
        ),
        Param(
            id="grow",
            label={"en": "Grow η⁺", "zh": "增大 η⁺"},
            help={"en": "The factor while the gradient keeps its sign.", "zh": "梯度符号不变时的系数。"},
            default=1.2,
            minimum=1.01,
            maximum=3.0,
        ),
    ),
    slots=("step size", "last gradient"),
    update=rprop_update,
    reference=_rprop,
    working=Working(
        (
            Line("before", "where(t == 1, learning_rate, step_size)"),
            Line("factor", "where(last_gradient * g > 0, grow, where(last_gradient * g < 0, shrink, 1))"),
            Line("step_size", "min(max(before * factor, 1e-6), 50)"),
            Line("last_gradient", "where(factor < 1, 0, g)"),
            Line("w", "w - step_size * sign(last_gradient)"),
        ),
        symbols={
            "before": r"\Delta_{t-1}",
            "factor": "f",
            "step_size": r"\Delta",
            "last_gradient": r"g_\mathrm{last}",
            "shrink": r"\eta^-",
            "grow": r"\eta^+",
        },
    ),
    full_batch=True,
    own_rates=True,
    signs_only=True,
)

DELTA_BAR_DELTA = Optimizer(
    id="delta_bar_delta",
    label={"en": "Delta-bar-delta", "zh": "Delta-bar-delta"},
    help={
        "en": "A learning rate for each weight: plus κ while gradients agree with their mean, times 1 − φ when not.",
        "zh": "每个权重各有学习率：与平均梯度同号则加 κ，异号则乘 1 − φ。",
    },
    formula=r"\eta \leftarrow"
    r" \begin{cases}\eta + \kappa & \bar g\, g > 0\\ (1-\varphi)\,\eta & \bar g\, g < 0\end{cases},\quad"
    r" \theta \leftarrow \theta - \eta\, g",
    source="Jacobs 1988; Goodfellow et al. 2016, 8.5",
    group=SIGN,
    params=(
        learning_rate(0.05),
        Param(
            id="kappa",
            label={"en": "Increase κ", "zh": "增量 κ"},
            help={"en": "What is added while gradients agree.", "zh": "梯度同号时的增量。"},
            default=0.01,
            minimum=0.0,
            maximum=1.0,
            scale="log",
        ),
        Param(
            id="phi",
            label={"en": "Decrease φ", "zh": "缩减 φ"},
            help={"en": "The share that is taken away when they do not.", "zh": "异号时减去的比例。"},
            default=0.1,
            minimum=0.0,
            maximum=0.99,
        ),
        decay(
            "theta",
            {"en": "Memory θ", "zh": "记忆 θ"},
            {"en": "How long gradients are remembered.", "zh": "梯度均值的衰减率。"},
            0.7,
        ),
    ),
    slots=("own learning rate", "mean gradient"),
    update=delta_bar_delta_update,
    reference=_delta_bar_delta,
    working=Working(
        (
            Line("before", "where(t == 1, learning_rate, own_learning_rate)"),
            Line(
                "own_learning_rate",
                "where(mean_gradient * g > 0, before + kappa,"
                " where(mean_gradient * g < 0, (1 - phi) * before, before))",
            ),
            Line("mean_gradient", "(1 - theta) * g + theta * mean_gradient"),
            Line("w", "w - own_learning_rate * g"),
        ),
        symbols={
            "w": "w",
            "before": r"\eta_{t-1}",
            "own_learning_rate": r"\eta_t",
            "mean_gradient": r"\bar g",
            "kappa": r"\kappa",
            "phi": r"\varphi",
            "theta": r"\theta",
        },
    ),
    full_batch=True,
    own_rates=True,
)
