"""Losses that are content once the right class leads by a margin."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import LOSS
from kernels.losses.loss import Doubles, Loss
from kernels.simd import Float32, Pointer
from kernels.working import Line, Working

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)


@kernel(LOSS)
def hinge_value(
    z: Pointer,
    y: Pointer,
    d: Pointer,
    scratch: Pointer,
    outputs: int,
    count: int,
    stride: int,
    params: Pointer,  # noqa: ARG001 -- functions of a family share one signature
) -> Float32:
    """With one output max(0, 1 - yz), y = ±1; with several max(0, 1 + the largest other z - z[target]).

    z, d: [outputs, stride]; y: [stride]; scratch: [2, stride], takes the largest other logit and its class.
    """
    summed = _ZERO
    share = _ONE / np.float32(count)
    if outputs == 1:
        for s in range(count):
            lack = _ONE - z[s] * y[s]
            # What is neither above 0 nor below is NaN, and stays NaN.
            pull = share if lack > _ZERO else lack
            content = lack <= _ZERO
            summed += _ZERO if content else lack
            d[s] = _ZERO if content else -pull * y[s]
        for s in range(count, stride):
            d[s] = _ZERO
        return summed
    for s in range(count):
        scratch[s] = np.float32(-np.inf)
        scratch[stride + s] = _ZERO
    for output in range(outputs):
        row, this = output * stride, np.float32(output)
        for s in range(count):
            d[row + s] = _ZERO
            # A NaN, once met, stays, since neither it nor another number is smaller.
            behind = (y[s] == this) | (z[row + s] <= scratch[s]) | (scratch[s] != scratch[s])
            scratch[s] = scratch[s] if behind else z[row + s]
            scratch[stride + s] = scratch[stride + s] if behind else this
        for s in range(count, stride):
            d[row + s] = _ZERO
    for s in range(count):
        target = np.int64(y[s]) * stride + s
        lack = _ONE + scratch[s] - z[target]
        if not lack <= _ZERO:
            pull = share if lack > _ZERO else lack
            summed += lack
            d[target] = -pull
            d[np.int64(scratch[stride + s]) * stride + s] = pull
    return summed


def _hinge(z: Doubles, y: Doubles) -> float:
    if z.shape[1] == 1:
        return float(np.mean(np.maximum(0, 1 - z[:, 0] * y)))
    target = np.arange(z.shape[1]) == y[:, None]
    others = np.where(target, -np.inf, z).max(axis=1)
    return float(np.mean(np.maximum(0, 1 + others - z[target])))


MARGINS = (
    Loss(
        id="hinge",
        label={"en": "Hinge", "zh": "合页损失"},
        help={
            "en": "The support vector machine's: no gradient once the right class leads by 1; of several classes only "
            "the strongest rival counts (Crammer & Singer 2001).",
            "zh": "支持向量机的损失：正确类领先 1 以后不再有梯度；多类时只与最强的对手比较（Crammer & Singer 2001）。",
        },
        formula=r"L = \tfrac{1}{n}\sum_i \max(0, 1 - y_i z_i),\; y_i = \pm 1;"
        r"\quad \tfrac{1}{n}\sum_i \max\Big(0, 1 + \max_{k \ne y_i} z_{ik} - z_{i y_i}\Big)",
        source="Cortes & Vapnik 1995; Crammer & Singer 2001",
        tasks=("binary", "multiclass"),
        value=hinge_value,
        reference=_hinge,
        working=Working(
            (
                Line("lack", "1 - y * z", "K == 1"),
                Line("loss", "max(0, lack)", "K == 1"),
                Line("d", "where(lack > 0, -y, 0) / n", "K == 1"),
                Line("own", "total(y * z)", "K > 1"),
                Line("rival", "largest(where(y == 1, -1e30, z))", "K > 1"),
                Line("lack", "1 + rival - own", "K > 1"),
                Line("loss", "max(0, lack)", "K > 1"),
                Line("pull", "where(y == 1, -1, where(z == rival, 1, 0))", "K > 1"),
                Line("d", "where(lack > 0, pull, 0) / n", "K > 1"),
            ),
            symbols={"lack": r"\ell", "own": "z_y", "rival": r"z_\mathrm{rival}", "pull": "s_k"},
        ),
    ),
)
