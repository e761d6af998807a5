"""Losses that measure how far the outputs are from their targets; with several outputs the target is one-hot."""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import LOSS
from kernels.losses.loss import Doubles, Loss, wanted
from kernels.simd import Float32, Pointer
from kernels.spec import Param
from kernels.working import Line, Working

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)
_TWO: Any = np.float32(2)
_HALF: Any = np.float32(0.5)

#: The outputs are what is predicted, not logits.
_SYMBOLS = {"z": r"\hat y_k", "d": r"\frac{\partial L}{\partial \hat y_k}"}


@kernel(LOSS)
def mse_value(
    z: Pointer, y: Pointer, d: Pointer, scratch: Pointer, outputs: int, count: int, stride: int, params: Pointer
) -> Float32:
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
def half_squared_error_value(
    z: Pointer, y: Pointer, d: Pointer, scratch: Pointer, outputs: int, count: int, stride: int, params: Pointer
) -> Float32:
    """Half of the sum over outputs of (z - target)^2, so that the derivative is the error itself.

    z, d: [outputs, stride]; y: [stride].
    """
    summed = _ZERO
    scale = _ONE / np.float32(count)
    for output in range(outputs):
        row = output * stride
        for s in range(count):
            hot = _ONE if y[s] == np.float32(output) else _ZERO
            error = z[row + s] - (y[s] if outputs == 1 else hot)
            summed += error * error
            d[row + s] = scale * error
        for s in range(count, stride):
            d[row + s] = _ZERO
    return _HALF * summed


@kernel(LOSS)
def mae_value(
    z: Pointer, y: Pointer, d: Pointer, scratch: Pointer, outputs: int, count: int, stride: int, params: Pointer
) -> Float32:
    """The mean over outputs of |z - target|, whose derivative at 0 is taken as 0.

    z, d: [outputs, stride]; y: [stride].
    """
    summed = _ZERO
    scale = _ONE / np.float32(outputs * count)
    for output in range(outputs):
        row = output * stride
        for s in range(count):
            hot = _ONE if y[s] == np.float32(output) else _ZERO
            error = z[row + s] - (y[s] if outputs == 1 else hot)
            summed += abs(error)
            # NaN and 0 are neither above nor below 0, and stay what they are.
            rest = scale if error > _ZERO else error
            d[row + s] = -scale if error < _ZERO else rest
        for s in range(count, stride):
            d[row + s] = _ZERO
    return summed / np.float32(outputs)


@kernel(LOSS)
def huber_value(
    z: Pointer, y: Pointer, d: Pointer, scratch: Pointer, outputs: int, count: int, stride: int, params: Pointer
) -> Float32:
    """With e = z - target: e^2 / 2 up to |e| = delta, then delta (|e| - delta / 2); the mean over outputs.

    z, d: [outputs, stride]; y: [stride].
    """
    delta = params[0]
    summed = _ZERO
    scale = _ONE / np.float32(outputs * count)
    for output in range(outputs):
        row = output * stride
        for s in range(count):
            hot = _ONE if y[s] == np.float32(output) else _ZERO
            error = z[row + s] - (y[s] if outputs == 1 else hot)
            # The error, clipped; then both branches are clipped (|e| - |clipped| / 2).
            bounded = -delta if error < -delta else error
            bounded = delta if bounded > delta else bounded
            summed += bounded * (error - _HALF * bounded)
            d[row + s] = scale * bounded
        for s in range(count, stride):
            d[row + s] = _ZERO
    return summed / np.float32(outputs)


def _mse(z: Doubles, y: Doubles) -> float:
    return float(np.mean((z - wanted(z, y)) ** 2))


def _half_squared_error(z: Doubles, y: Doubles) -> float:
    return float(np.mean(np.sum((z - wanted(z, y)) ** 2, axis=1)) / 2)


def _mae(z: Doubles, y: Doubles) -> float:
    return float(np.mean(np.abs(z - wanted(z, y))))


def _huber(z: Doubles, y: Doubles, delta: float) -> float:
    error = np.abs(z - wanted(z, y))
    return float(np.mean(np.where(error <= delta, error**2 / 2, delta * (error - delta / 2))))


DISTANCES = (
    Loss(
        id="mse",
        label={"en": "Mean squared error", "zh": "均方误差"},
        help={
            "en": "The natural loss for real-valued targets; for classes its gradient fades where it errs most.",
            "zh": "适合连续值的回归目标；用于分类时，错得越离谱，梯度反而可能越小。",
        },
        formula=r"L = \tfrac{1}{n}\sum_i (\hat{y}_i - y_i)^2",
        source="Goodfellow et al. 2016, 5.1.4",
        tasks=("regression", "binary", "multiclass"),
        default_for=("regression",),
        value=mse_value,
        reference=_mse,
        working=Working(
            (
                Line("error", "z - y"),
                Line("loss", "mean(error**2)"),
                Line("d", "2 * error / (K * n)"),
            ),
            symbols=_SYMBOLS,
        ),
    ),
    Loss(
        id="half_squared_error",
        label={"en": "Half the squared error", "zh": "平方误差的一半"},
        help={
            "en": "The loss of exercises by hand: its derivative is the error itself.",
            "zh": "手算习题常用的损失：它的导数就是误差本身。",
        },
        formula=r"L = \tfrac{1}{2n}\sum_i \lVert \hat{\mathbf{y}}_i - \mathbf{y}_i \rVert^2",
        source="Bishop 2006, equation 5.11",
        tasks=("regression", "binary", "multiclass"),
        value=half_squared_error_value,
        reference=_half_squared_error,
        working=Working(
            (
                Line("error", "z - y"),
                Line("loss", "total(error**2) / 2"),
                Line("d", "error / n"),
            ),
            symbols=_SYMBOLS,
        ),
    ),
    Loss(
        id="mae",
        label={"en": "Mean absolute error", "zh": "平均绝对误差"},
        help={
            "en": "Every error pulls with the same force, so outliers matter less: it fits the median, not the mean.",
            "zh": "无论误差大小，梯度的大小都相同，离群点影响较小：拟合的是中位数而非均值。",
        },
        formula=r"L = \tfrac{1}{n}\sum_i |\hat{y}_i - y_i|",
        source="Goodfellow et al. 2016, 6.2.1.2",
        tasks=("regression", "binary", "multiclass"),
        value=mae_value,
        reference=_mae,
        working=Working(
            (
                Line("error", "z - y"),
                Line("loss", "mean(abs(error))"),
                Line("d", "sign(error) / (K * n)"),
            ),
            symbols=_SYMBOLS,
        ),
    ),
    Loss(
        id="huber",
        label={"en": "Huber", "zh": "Huber 损失"},
        help={
            "en": "Squared for small errors, absolute for large ones: smooth at zero, calm with outliers.",
            "zh": "小误差用平方，大误差用绝对值：零点光滑，对离群点稳健。",
        },
        formula=r"L = \tfrac{1}{n}\sum_i \begin{cases} \tfrac{1}{2} e_i^2 & |e_i| \le \delta \\"
        r" \delta\left(|e_i| - \tfrac{\delta}{2}\right) & |e_i| > \delta \end{cases},\; e_i = \hat{y}_i - y_i",
        source="Huber 1964",
        params=(
            Param(
                id="delta",
                label={"en": "Threshold δ", "zh": "阈值 δ"},
                help={
                    "en": "The error from which the loss grows in proportion to it.",
                    "zh": "误差超过它后，损失转为线性增长。",
                },
                default=1.0,
                minimum=0.01,
                maximum=100.0,
                scale="log",
            ),
        ),
        tasks=("regression", "binary", "multiclass"),
        value=huber_value,
        reference=_huber,
        working=Working(
            (
                Line("error", "z - y"),
                Line("bounded", "max(-delta, min(delta, error))"),
                Line("loss", "mean(bounded * (error - bounded / 2))"),
                Line("d", "bounded / (K * n)"),
            ),
            symbols={**_SYMBOLS, "delta": r"\delta", "bounded": "c_k"},
        ),
    ),
)
