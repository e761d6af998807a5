"""Adam changed further: with Nesterov's look ahead, another norm, rectified, and by layers."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import OPTIMIZER
from kernels.optimizers.adam import MOMENTS, advance, moments
from kernels.optimizers.optimizer import ADAM as GROUP
from kernels.optimizers.optimizer import BETA1, BETA2, Optimizer, epsilon, learning_rate, weight_decay
from kernels.simd import Pointer
from kernels.spec import Param
from kernels.working import Line, Working

_ONE = np.float32(1)


@kernel(OPTIMIZER)
def nadam_update(
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
    """Algorithm 2 of Dozat 2016. slots: first and second moments; scalar: log of the product of momenta."""
    rate, beta1, beta2, epsilon = params[0], params[1], params[2], params[3]
    now = beta1 * (1.0 - 0.5 * math.pow(0.96, step * params[4]))
    following = beta1 * (1.0 - 0.5 * math.pow(0.96, (step + 1) * params[4]))
    # A product would start at one; its logarithm starts at zero, as all of an optimizer's memory does.
    slots[2 * size] += np.float32(math.log(max(now, 1e-30)))
    product = math.exp(slots[2 * size])
    of_gradient = np.float32(rate * (1.0 - now) / (1.0 - product))
    of_moment = np.float32(rate * following / (1.0 - product * following))
    scale = np.float32(1.0 / math.sqrt(1.0 - math.pow(beta2, step)))
    for i in range(size):
        first, second = advance(slots, g, i, size, beta1, beta2)
        w[i] -= (of_gradient * g[i] + of_moment * first) / (np.float32(math.sqrt(second)) * scale + epsilon)


def _nadam(
    w: Any,
    g: Any,
    slots: Any,
    step: int,
    *,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    momentum_decay: float,
) -> None:
    _, second = moments(g, slots, step, beta1, beta2)
    now = beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay))
    following = beta1 * (1 - 0.5 * 0.96 ** ((step + 1) * momentum_decay))
    slots[2] += np.log(max(now, 1e-30))
    product = np.exp(slots[2])
    direction = (1 - now) * g / (1 - product) + following * slots[0] / (1 - product * following)
    w -= learning_rate * direction / (np.sqrt(second) + epsilon)


@kernel(OPTIMIZER)
def adamax_update(
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
    """Algorithm 2 of Kingma & Ba 2015. slots: first moment, largest recent gradient."""
    rate, beta1, beta2, epsilon = params[0], params[1], params[2], params[3]
    rate = np.float32(rate / (1.0 - math.pow(beta1, step)))
    rest1 = _ONE - beta1
    for i in range(size):
        first = beta1 * slots[i] + rest1 * g[i]
        faded, present = beta2 * slots[size + i], np.float32(abs(g[i])) + epsilon
        largest = faded if present <= faded else present
        slots[i] = first
        slots[size + i] = largest
        w[i] -= rate * first / largest


def _adamax(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, beta1: float, beta2: float, epsilon: float
) -> None:
    first, largest = slots
    first *= beta1
    first += (1 - beta1) * g
    np.maximum(beta2 * largest, np.abs(g) + epsilon, out=largest)
    w -= learning_rate * first / (1 - beta1**step) / largest


@kernel(OPTIMIZER)
def radam_update(
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
    """Algorithm 2 of Liu et al. 2020: momentum until the second moment can be trusted, then rectified Adam.

    slots: first and second moments.
    """
    rate, beta1, beta2, epsilon = params[0], params[1], params[2], params[3]
    corrected = rate / (1.0 - math.pow(beta1, step))
    power = math.pow(beta2, step)
    longest = 2.0 / (1.0 - np.float64(beta2)) - 1.0
    length = longest - 2.0 * step * power / (1.0 - power)
    trusted = length > 5.0
    rectified = 1.0
    if trusted:
        rectified = math.sqrt(
            (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length)
        ) * math.sqrt(1.0 - power)
    rate = np.float32(corrected * rectified)
    for i in range(size):
        first, second = advance(slots, g, i, size, beta1, beta2)
        root = np.float32(math.sqrt(second)) + epsilon
        w[i] -= rate * first / (root if trusted else _ONE)


def _radam(
    w: Any, g: Any, slots: Any, step: int, *, learning_rate: float, beta1: float, beta2: float, epsilon: float
) -> None:
    first, _ = moments(g, slots, step, beta1, beta2)
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / (1 - beta2**step)
    if length <= 5:
        w -= learning_rate * first
        return
    rectification = np.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    w -= learning_rate * first * rectification * np.sqrt(1 - beta2**step) / (np.sqrt(slots[1]) + epsilon)


@kernel(OPTIMIZER)
def lamb_update(
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
    """Algorithm 2 of You et al. 2020: Adam's direction, scaled in each tensor to the size of its weights.

    slots: first and second moments, direction.
    """
    rate, beta1, beta2, epsilon, decay = params[0], params[1], params[2], params[3], params[4]
    correction1 = np.float32(1.0 / (1.0 - math.pow(beta1, step)))
    scale = np.float32(1.0 / math.sqrt(1.0 - math.pow(beta2, step)))
    for i in range(size):
        first, second = advance(slots, g, i, size, beta1, beta2)
        slots[2 * size + i] = first * correction1 / (np.float32(math.sqrt(second)) * scale + epsilon)
    for i in range(weights):
        slots[2 * size + i] += decay * w[i]
    for tensor in range(count):
        offset, length = tensors[2 * tensor], tensors[2 * tensor + 1]
        of_weights, of_direction = np.float32(0), np.float32(0)
        for i in range(offset, offset + length):
            of_weights += w[i] * w[i]
            of_direction += slots[2 * size + i] * slots[2 * size + i]
        trust = np.float32(math.sqrt(of_weights / of_direction)) if of_weights > 0 and of_direction > 0 else _ONE
        for i in range(offset, offset + length):
            w[i] -= rate * trust * slots[2 * size + i]


def _lamb(
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
    first, second = moments(g, slots, step, beta1, beta2)
    slots[2][:] = first / (np.sqrt(second) + epsilon) + weight_decay * w
    of_weights, of_direction = np.linalg.norm(w), np.linalg.norm(slots[2])
    trust = of_weights / of_direction if of_weights > 0 and of_direction > 0 else 1.0
    w -= learning_rate * trust * slots[2]


NADAM = Optimizer(
    id="nadam",
    label={"en": "NAdam", "zh": "NAdam"},
    help={"en": "Adam that looks ahead as Nesterov's momentum does.", "zh": "像 Nesterov 动量一样“向前看”的 Adam。"},
    formula=r"\theta \leftarrow \theta - \eta\,"
    r" \frac{\bar\mu_{t+1}\hat m + (1-\bar\mu_t)\hat g}{\sqrt{\hat v} + \varepsilon}",
    source="Dozat 2016, algorithm 2",
    group=GROUP,
    params=(
        learning_rate(0.01),
        BETA1,
        BETA2,
        epsilon(1e-8),
        Param(
            id="momentum_decay",
            label={"en": "Momentum warm-up ψ", "zh": "动量预热 ψ"},
            help={"en": "How fast momentum grows to β₁.", "zh": "动量增长到 β₁ 的快慢。"},
            default=0.004,
            minimum=0.0,
            maximum=1.0,
            scale="log",
        ),
    ),
    slots=MOMENTS,
    scalars=("log of the product of momenta",),
    update=nadam_update,
    reference=_nadam,
    working=Working(
        (
            Line("now", "beta1 * (1 - 0.5 * 0.96**(t * momentum_decay))"),
            Line("following", "beta1 * (1 - 0.5 * 0.96**((t + 1) * momentum_decay))"),
            Line("log_of_the_product_of_momenta", "log_of_the_product_of_momenta + log(max(now, 1e-30))"),
            Line("product", "exp(log_of_the_product_of_momenta)"),
            Line("first_moment", "beta1 * first_moment + (1 - beta1) * g"),
            Line("second_moment", "beta2 * second_moment + (1 - beta2) * g**2"),
            Line("m_hat", "first_moment / (1 - product * following)"),
            Line("g_hat", "g / (1 - product)"),
            Line("v_hat", "second_moment / (1 - beta2**t)"),
            Line("w", "w - learning_rate * (following * m_hat + (1 - now) * g_hat) / (sqrt(v_hat) + epsilon)"),
        ),
        symbols={
            "now": r"\mu_t",
            "following": r"\mu_{t+1}",
            "log_of_the_product_of_momenta": r"\ell",
            "product": r"\Pi",
            "g_hat": r"\hat g",
            "momentum_decay": r"\psi",
        },
    ),
)

ADAMAX = Optimizer(
    id="adamax",
    label={"en": "AdaMax", "zh": "AdaMax"},
    help={
        "en": "Adam with the largest recent gradient in place of the root of the mean square.",
        "zh": "用近期最大梯度代替均方根的 Adam。",
    },
    formula=r"u \leftarrow \max(\beta_2 u, |g| + \varepsilon),\quad \theta \leftarrow \theta - \eta\, \frac{\hat m}{u}",
    source="Kingma & Ba 2015, algorithm 2",
    group=GROUP,
    params=(learning_rate(0.01), BETA1, BETA2, epsilon(1e-8)),
    slots=("first moment", "largest gradient"),
    update=adamax_update,
    reference=_adamax,
    working=Working(
        (
            Line("first_moment", "beta1 * first_moment + (1 - beta1) * g"),
            Line("largest_gradient", "max(beta2 * largest_gradient, abs(g) + epsilon)"),
            Line("m_hat", "first_moment / (1 - beta1**t)"),
            Line("w", "w - learning_rate * m_hat / largest_gradient"),
        ),
        symbols={"largest_gradient": "u"},
    ),
)

RADAM = Optimizer(
    id="radam",
    label={"en": "RAdam", "zh": "RAdam"},
    help={
        "en": "Adam that waits until its estimate of the second moment can be trusted: a warm-up of its own.",
        "zh": "等二阶矩估计可信后才自适应的 Adam，自带预热。",
    },
    formula=r"\theta \leftarrow \theta - \eta\, r_t\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}",
    source="Liu et al. 2020, algorithm 2",
    group=GROUP,
    params=(learning_rate(0.01), BETA1, BETA2, epsilon(1e-8)),
    slots=MOMENTS,
    update=radam_update,
    reference=_radam,
    working=Working(
        (
            Line("first_moment", "beta1 * first_moment + (1 - beta1) * g"),
            Line("second_moment", "beta2 * second_moment + (1 - beta2) * g**2"),
            Line("m_hat", "first_moment / (1 - beta1**t)"),
            Line("longest", "2 / (1 - beta2) - 1"),
            Line("length", "longest - 2 * t * beta2**t / (1 - beta2**t)"),
            Line("v_hat", "second_moment / (1 - beta2**t)", "length > 5"),
            Line(
                "rectified",
                "sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))",
                "length > 5",
            ),
            Line(
                "w",
                "w - learning_rate * rectified * m_hat / (sqrt(v_hat) + epsilon / sqrt(1 - beta2**t))",
                "length > 5",
            ),
            Line("w", "w - learning_rate * m_hat", "length <= 5"),
        ),
        symbols={"longest": r"\rho_\infty", "length": r"\rho_t", "rectified": "r_t"},
    ),
)

LAMB = Optimizer(
    id="lamb",
    label={"en": "LAMB", "zh": "LAMB"},
    help={
        "en": "Adam's direction, with each tensor moving in proportion to the size of its own weights.",
        "zh": "采用 Adam 的方向，步长与各张量自身权重的范数成正比。",
    },
    formula=r"d = \frac{\hat m}{\sqrt{\hat v} + \varepsilon} + \lambda\theta,\quad"
    r" \theta \leftarrow \theta - \eta\, \frac{\lVert\theta\rVert}{\lVert d\rVert}\, d",
    source="You et al. 2020, algorithm 2",
    group=GROUP,
    params=(learning_rate(0.01), BETA1, BETA2, epsilon(1e-6), weight_decay(0.01)),
    slots=(*MOMENTS, "direction"),
    update=lamb_update,
    reference=_lamb,
    working=Working(
        (
            Line("first_moment", "beta1 * first_moment + (1 - beta1) * g"),
            Line("second_moment", "beta2 * second_moment + (1 - beta2) * g**2"),
            Line("m_hat", "first_moment / (1 - beta1**t)"),
            Line("v_hat", "second_moment / (1 - beta2**t)"),
            Line("direction", "m_hat / (sqrt(v_hat) + epsilon) + weight_decay * w"),
            Line("trust", "where(norm(w) * norm(direction) > 0, norm(w) / norm(direction), 1)"),
            Line("w", "w - learning_rate * trust * direction"),
        ),
        symbols={"direction": "d", "trust": r"\tau"},
        weights_only=("weight_decay",),
    ),
)
