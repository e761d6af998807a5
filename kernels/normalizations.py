"""Normalizations between the weighted sum and the activation, one entry each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel, kernel
from kernels.calls import NORMALIZATION_BACKWARD, NORMALIZATION_FORWARD
from kernels.simd import Pointer
from kernels.spec import Family, Param, Variant

_ZERO, _ONE = np.float32(0), np.float32(1)


@dataclass(frozen=True, kw_only=True)
class Normalization(Variant):
    """A normalization. With kernels, a layer has gamma, beta, running statistics and no bias (beta absorbs it).

    `reference(x, gamma, beta, running, training, **params)` is the forward kernel in float64 and the usual order:
    x [samples, units] to y; in training it changes `running` [2, units], mean and variance, in place.
    """

    forward: Kernel | None
    backward: Kernel | None
    reference: Callable[..., NDArray[np.float64]] | None


@kernel(NORMALIZATION_FORWARD)
def batch_norm_forward(
    z: Pointer,
    normalized: Pointer,
    inverse_std: Pointer,
    gamma: Pointer,
    beta: Pointer,
    running: Pointer,
    units: int,
    count: int,
    stride: int,
    training: int,
    params: Pointer,
) -> None:
    """Each unit to mean 0, variance 1 over the batch (running statistics in inference), then gamma and beta.

    z, normalized: [units, stride]; inverse_std, gamma, beta: [units]; running: [2, units], mean and variance.
    The running variance is the unbiased one, as in PyTorch.
    """
    momentum, epsilon = params[0], params[1]
    for unit in range(units):
        row = unit * stride
        if training > 0:
            mean = _ZERO
            for s in range(count):
                mean += z[row + s]
            mean /= np.float32(count)
            variance = _ZERO
            for s in range(count):
                variance += (z[row + s] - mean) * (z[row + s] - mean)
            variance /= np.float32(count)
            unbiased = variance * np.float32(count) / np.float32(max(1, count - 1))
            if training == 1:
                running[unit] += momentum * (mean - running[unit])
                running[units + unit] += momentum * (unbiased - running[units + unit])
        else:
            mean = running[unit]
            variance = running[units + unit]
        scale = _ONE / np.float32(math.sqrt(variance + epsilon))
        inverse_std[unit] = scale
        g, b = gamma[unit], beta[unit]
        for s in range(count):
            x = (z[row + s] - mean) * scale
            normalized[row + s] = x
            z[row + s] = g * x + b
        # The lanes behind the last sample are no part of the batch: scaled by its statistics they would grow layer by
        # layer, up to infinity, whose product with their zero gradient is NaN.
        for s in range(count, stride):
            normalized[row + s] = _ZERO
            z[row + s] = b


@kernel(NORMALIZATION_BACKWARD)
def batch_norm_backward(
    d: Pointer,
    normalized: Pointer,
    inverse_std: Pointer,
    gamma: Pointer,
    d_gamma: Pointer,
    d_beta: Pointer,
    units: int,
    count: int,
    stride: int,
) -> None:
    """Ioffe & Szegedy 2015, section 3, simplified: dz = gamma/std (d - mean(d) - x mean(d x)), x normalized."""
    for unit in range(units):
        row = unit * stride
        sum_d, sum_dx = _ZERO, _ZERO
        for s in range(count):
            sum_d += d[row + s]
            sum_dx += d[row + s] * normalized[row + s]
        d_gamma[unit] = sum_dx
        d_beta[unit] = sum_d
        scale = gamma[unit] * inverse_std[unit]
        mean_d, mean_dx = sum_d / np.float32(count), sum_dx / np.float32(count)
        for s in range(count):
            d[row + s] = scale * (d[row + s] - mean_d - normalized[row + s] * mean_dx)


def _batch_norm(x: Any, gamma: Any, beta: Any, running: Any, training: bool, *, momentum: float, epsilon: float) -> Any:
    mean, variance = running
    if training:
        mean, variance = x.mean(axis=0), x.var(axis=0)
        unbiased = variance * len(x) / max(1, len(x) - 1)
        running += momentum * (np.stack([mean, unbiased]) - running)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


NORMALIZATIONS = Family(
    "normalizations",
    {"en": "Normalization", "zh": "归一化"},
    {
        "en": "Rescales what enters the activation, so that layers learn less dependently on each other.",
        "zh": "重新缩放进入激活函数的值，使各层的学习更加独立。",
    },
    (
        Normalization(
            id="none",
            label={"en": "None", "zh": "无"},
            help={"en": "The weighted sum enters the activation as it is.", "zh": "加权和直接进入激活函数。"},
            formula="y = x",
            source="Goodfellow et al. 2016, 6.1",
            forward=None,
            backward=None,
            reference=None,
        ),
        Normalization(
            id="batch_norm",
            label={"en": "Batch norm", "zh": "批归一化"},
            help={
                "en": "Normalizes each unit over the batch, then scales and shifts it by a learned γ and β.",
                "zh": "在批内归一化每个单元，再用可学习的 γ、β 缩放和平移。",
            },
            formula=r"y = \gamma\,\frac{x - \mu_B}{\sqrt{\sigma_B^2 + \varepsilon}} + \beta",
            source="Ioffe & Szegedy 2015",
            params=(
                Param(
                    id="momentum",
                    label={"en": "Momentum", "zh": "动量"},
                    help={
                        "en": "The share of a new batch in the running statistics that inference uses.",
                        "zh": "新批次在推断所用滑动统计量中的权重。",
                    },
                    default=0.1,
                    minimum=0.0,
                    maximum=1.0,
                    live=False,
                ),
                Param(
                    id="epsilon",
                    label={"en": "ε", "zh": "ε"},
                    help={"en": "Keeps the division safe when a unit is constant.", "zh": "避免除以零的小常数。"},
                    default=1e-5,
                    minimum=1e-8,
                    maximum=0.1,
                    scale="log",
                    live=False,
                ),
            ),
            forward=batch_norm_forward,
            backward=batch_norm_backward,
            reference=_batch_norm,
        ),
    ),
    live=False,
)
