"""Batch normalization: every unit over the samples of the batch, every channel over those and its pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import function, kernel
from kernels.calls import NORMALIZATION_BACKWARD, NORMALIZATION_FORWARD, TRAINING
from kernels.normalizations.normalization import EPSILON, POSITION, ROW, Normalization
from kernels.simd import Pointer
from kernels.spec import Param

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)


@function
def _rows(pixels: int, count: int, stride: int) -> tuple[int, int]:
    """How many rows a unit is, and how much of each counts: where no lane is padding, all its pixels are one row."""
    if count == stride:
        return 1, pixels * stride
    return pixels, count


@kernel(NORMALIZATION_FORWARD)
def batch_norm_forward(
    x: Pointer,
    y: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    beta: Pointer,
    running: Pointer,
    units: int,
    pixels: int,
    count: int,
    stride: int,
    training: int,
    params: Pointer,
) -> None:
    """Each unit to mean 0, variance 1 over the batch (running statistics in inference), then gamma and beta.

    x, y: [units, pixels, stride]; scratch: [2, units], means and inverse deviations; gamma, beta: [units]; running:
    [2, units], mean and variance. The running variance is the unbiased one, as in PyTorch.
    """
    momentum, epsilon = params[0], params[1]
    size = count * pixels
    rows, width = _rows(pixels, count, stride)
    for unit in range(units):
        first = unit * pixels * stride
        if training > 0:
            total = 0.0
            for r in range(rows):
                row, part = first + r * stride, _ZERO
                for s in range(width):
                    part += x[row + s]
                total += part
            mean = np.float32(total) / np.float32(size)
            total = 0.0
            for r in range(rows):
                row, part = first + r * stride, _ZERO
                for s in range(width):
                    part += (x[row + s] - mean) * (x[row + s] - mean)
                total += part
            variance = np.float32(total) / np.float32(size)
            unbiased = variance * np.float32(size) / np.float32(max(1, size - 1))
            if training == TRAINING:
                running[unit] += momentum * (mean - running[unit])
                running[units + unit] += momentum * (unbiased - running[units + unit])
        else:
            mean = running[unit]
            variance = running[units + unit]
        scale = _ONE / np.float32(math.sqrt(variance + epsilon))
        scratch[unit] = mean
        scratch[units + unit] = scale
        g, b = gamma[unit], beta[unit]
        for r in range(rows):
            row = first + r * stride
            for s in range(width):
                y[row + s] = g * ((x[row + s] - mean) * scale) + b
            # The lanes behind the last sample are no part of the batch: scaled by its statistics they would grow layer
            # by layer, up to infinity, whose product with their zero gradient is NaN.
            for s in range(width, stride):
                y[row + s] = b


@kernel(NORMALIZATION_BACKWARD)
def batch_norm_backward(
    x: Pointer,
    d: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    d_gamma: Pointer,
    d_beta: Pointer,
    units: int,
    pixels: int,
    count: int,
    stride: int,
    params: Pointer,  # noqa: ARG001 -- functions of a family share one signature
) -> None:
    """Ioffe & Szegedy 2015, section 3, simplified: dx = gamma/std (d - mean(d) - n mean(d n)), n normalized."""
    size = np.float32(count * pixels)
    rows, width = _rows(pixels, count, stride)
    for unit in range(units):
        first = unit * pixels * stride
        mean, inverse = scratch[unit], scratch[units + unit]
        total_d, total_dn = 0.0, 0.0
        for r in range(rows):
            row, sum_d, sum_dn = first + r * stride, _ZERO, _ZERO
            for s in range(width):
                sum_d += d[row + s]
                sum_dn += d[row + s] * ((x[row + s] - mean) * inverse)
            total_d += sum_d
            total_dn += sum_dn
        d_gamma[unit] = np.float32(total_dn)
        d_beta[unit] = np.float32(total_d)
        scale = gamma[unit] * inverse
        mean_d, mean_dn = np.float32(total_d) / size, np.float32(total_dn) / size
        for r in range(rows):
            row = first + r * stride
            for s in range(width):
                d[row + s] = scale * (d[row + s] - mean_d - (x[row + s] - mean) * inverse * mean_dn)


def _batch_norm(
    x: Any, gamma: Any, beta: Any, running: Any, training: bool, *, momentum: float, epsilon: float, **_position: float
) -> Any:
    units = x.reshape(len(x), len(gamma), -1)
    mean, variance = running
    if training:
        size = units.size // len(gamma)
        mean, variance = units.mean(axis=(0, 2)), units.var(axis=(0, 2))
        unbiased = variance * size / max(1, size - 1)
        running += momentum * (np.stack([mean, unbiased]) - running)
    scale = gamma / np.sqrt(variance + epsilon)
    return (scale[:, None] * (units - mean[:, None]) + beta[:, None]).reshape(x.shape)


BATCH_NORM = Normalization(
    id="batch_norm",
    label={"en": "Batch norm", "zh": "批归一化"},
    help={
        "en": "Normalizes each unit over the batch (a channel over its pixels too), then scales and shifts it by a "
        "learned γ and β.",
        "zh": "在小批量内对每个单元（图像则对每个通道的所有像素）做归一化，再用可学习的 γ、β 缩放和平移。",
    },
    formula=r"y = \gamma\,\frac{x - \mu_B}{\sqrt{\sigma_B^2 + \varepsilon}} + \beta",
    source="Ioffe & Szegedy 2015",
    params=(
        Param(
            id="momentum",
            label={"en": "Momentum", "zh": "动量"},
            help={
                "en": "The share of a new batch in the running statistics that inference uses.",
                "zh": "推断所用的滑动平均中，新一批统计量所占的权重。",
            },
            default=0.1,
            minimum=0.0,
            maximum=1.0,
            live=False,
        ),
        EPSILON,
        POSITION,
    ),
    forward=batch_norm_forward,
    backward=batch_norm_backward,
    reference=_batch_norm,
    running=True,
    least_batch=2,
    scratch=lambda units, _values: -(-2 * units // ROW),
)
