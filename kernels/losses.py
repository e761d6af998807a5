"""Loss functions, one entry each, computed from the last layer's weighted sums (logits)."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel, kernel
from kernels.calls import LOSS
from kernels.elementary import exp, log, sigmoid
from kernels.simd import Float32, Pointer
from kernels.spec import Family, Variant

Task = Literal["regression", "binary", "multiclass"]
#: (z [samples, outputs], y [samples]) -> the mean loss over the samples, in float64.
Reference = Callable[[NDArray[np.float64], NDArray[np.float64]], float]

_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)


@dataclass(frozen=True, kw_only=True)
class Loss(Variant):
    """A loss. `tasks` are those it fits, a task's default loss being the last one that fits it."""

    tasks: tuple[Task, ...]
    value: Kernel
    reference: Reference


@kernel(LOSS)
def mse_value(z: Pointer, y: Pointer, d: Pointer, scratch: Pointer, outputs: int, count: int, stride: int) -> Float32:
    """The mean over outputs of (z - target)^2; with several outputs the target is one-hot.

    z, d: [outputs, stride]; y: [stride].
    """
    summed = _ZERO
    scale = _TWO / np.float32(outputs * count)
    for output in range(outputs):
        row = output * stride
        for s in range(count):
            hot = _ONE if y[s] == np.float32(output) else _ZERO
            error = z[row + s] - (y[s] if outputs == 1 else hot)
            summed += error * error
            d[row + s] = scale * error
        for s in range(count, stride):
            d[row + s] = _ZERO
    return summed / np.float32(outputs)


@kernel(LOSS)
def binary_cross_entropy_value(
    z: Pointer, y: Pointer, d: Pointer, scratch: Pointer, outputs: int, count: int, stride: int
) -> Float32:
    """Log(1 + e^(-yz)) for targets -1 and +1, without overflow. z, d, y: [stride]."""
    summed = _ZERO
    share = _ONE / np.float32(count)
    for s in range(count):
        margin = z[s] * y[s]
        negative = margin if margin < _ZERO else -margin
        summed += log(_ONE + exp(negative)) - (margin if margin < _ZERO else _ZERO)
        d[s] = -y[s] * sigmoid(-margin) * share
    for s in range(count, stride):
        d[s] = _ZERO
    return summed


@kernel(LOSS)
def softmax_cross_entropy_value(
    z: Pointer, y: Pointer, d: Pointer, scratch: Pointer, outputs: int, count: int, stride: int
) -> Float32:
    """Log(sum e^z) - z[target], by log-sum-exp.

    z, d: [outputs, stride]; y: [stride], class indices; scratch: [2, stride]. Row by row, so that samples
    vectorize: the other way round took five times as long.
    """
    share = _ONE / np.float32(count)
    for s in range(count):
        scratch[s] = z[s]
        scratch[stride + s] = _ZERO
    for output in range(1, outputs):
        row = output * stride
        for s in range(count):
            # Written so that a NaN, once met, stays.
            scratch[s] = scratch[s] if z[row + s] <= scratch[s] else z[row + s]
    for output in range(outputs):
        row = output * stride
        for s in range(count):
            power = exp(z[row + s] - scratch[s])
            d[row + s] = power
            scratch[stride + s] += power
    summed = _ZERO
    for s in range(count):
        summed += log(scratch[stride + s]) + scratch[s]
        scratch[stride + s] = share / scratch[stride + s]
    for output in range(outputs):
        row = output * stride
        for s in range(count):
            d[row + s] *= scratch[stride + s]
        for s in range(count, stride):
            d[row + s] = _ZERO
    for s in range(count):
        at = np.int64(y[s]) * stride + s
        summed -= z[at]
        d[at] -= share
    return summed


def _one_hot(z: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return y[:, None] if z.shape[1] == 1 else np.eye(z.shape[1])[y.astype(int)]


def _mse(z: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(np.mean((z - _one_hot(z, y)) ** 2))


def _binary_cross_entropy(z: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(np.mean(np.logaddexp(0.0, -z[:, 0] * y)))


def _softmax_cross_entropy(z: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(np.mean(np.logaddexp.reduce(z, axis=1) - np.sum(z * _one_hot(z, y), axis=1)))


LOSSES = Family(
    "losses",
    {"en": "Loss", "zh": "损失函数"},
    {
        "en": "The one number that training makes small.",
        "zh": "训练要减小的那个数。",
    },
    (
        Loss(
            id="mse",
            label={"en": "Mean squared error", "zh": "均方误差"},
            help={
                "en": "The natural loss for real-valued targets; for classes its gradient fades where it errs most.",
                "zh": "适合连续目标；用于分类时，越错的地方梯度反而可能越小。",
            },
            formula=r"L = \tfrac{1}{n}\sum_i (\hat{y}_i - y_i)^2",
            source="Goodfellow et al. 2016, 5.1.4",
            tasks=("regression", "binary", "multiclass"),
            value=mse_value,
            reference=_mse,
        ),
        Loss(
            id="binary_cross_entropy",
            label={"en": "Cross-entropy", "zh": "交叉熵"},
            help={
                "en": "The negative log-likelihood of two classes, from the logit: −log σ(y·z).",
                "zh": "两类的负对数似然，由 logit 计算：−log σ(y·z)。",
            },
            formula=r"L = \tfrac{1}{n}\sum_i \log\left(1 + e^{-y_i z_i}\right),\; y_i = \pm 1",
            source="Goodfellow et al. 2016, 6.2.2.2",
            tasks=("binary",),
            value=binary_cross_entropy_value,
            reference=_binary_cross_entropy,
        ),
        Loss(
            id="softmax_cross_entropy",
            label={"en": "Softmax cross-entropy", "zh": "Softmax 交叉熵"},
            help={
                "en": "The negative log-likelihood of several classes, from the logits.",
                "zh": "多类的负对数似然，由 logits 计算。",
            },
            formula=r"L = \tfrac{1}{n}\sum_i \Big(\log\sum_k e^{z_{ik}} - z_{i y_i}\Big)",
            source="Goodfellow et al. 2016, 6.2.2.3",
            tasks=("multiclass",),
            value=softmax_cross_entropy_value,
            reference=_softmax_cross_entropy,
        ),
    ),
    live=False,
)


def default_loss(task: Task) -> str:
    """The id of the loss that a task starts with."""
    return [loss.id for loss in LOSSES if task in loss.tasks][-1]
