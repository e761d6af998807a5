"""Negative log-likelihoods of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.cache import kernel
from kernels.calls import LOSS
from kernels.elementary import exp, log, sigmoid
from kernels.labels import unpack_labels
from kernels.losses.loss import Doubles, Loss, wanted
from kernels.simd import Float32, Pointer
from kernels.spec import Param
from kernels.working import Line, Working

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)
_HALF: Any = np.float32(0.5)


@kernel(LOSS)
def binary_cross_entropy_value(
    z: Pointer,
    y: Pointer,
    d: Pointer,
    scratch: Pointer,  # noqa: ARG001 -- functions of a family share one signature
    outputs: int,  # noqa: ARG001 -- two classes have one logit
    count: int,
    stride: int,
    params: Pointer,
) -> Float32:
    """Log(1 + e^(-yz)) + smoothing / 2 yz for targets -1 and +1, without overflow. z, d, y: [stride].

    That is the cross-entropy with a probability of 1 - smoothing / 2 for the target: log(1 + e^m) = m + log(1 + e^-m).
    """
    summed = _ZERO
    share, half = _ONE / np.float32(count), _HALF * params[0]
    for s in range(count):
        margin = z[s] * y[s]
        negative = margin if margin < _ZERO else -margin
        summed += log(_ONE + exp(negative)) - (margin if margin < _ZERO else _ZERO) + half * margin
        d[s] = y[s] * (half - sigmoid(-margin)) * share
    for s in range(count, stride):
        d[s] = _ZERO
    return summed


@kernel(LOSS)
def softmax_cross_entropy_value(
    z: Pointer, y: Pointer, d: Pointer, scratch: Pointer, outputs: int, count: int, stride: int, params: Pointer
) -> Float32:
    """Log(sum e^z) - (1 - smoothing) z[target] - smoothing mean(z), by log-sum-exp.

    All logits are taken from the largest one before anything is added up: then no term is negative, and neither is the
    loss, however certain the network is.

    z, d: [outputs, stride]; y: [stride], class indices; scratch: [2, stride]. Row by row, so that samples
    vectorize: the other way round took five times as long.
    """
    share = _ONE / np.float32(count)
    smoothing = params[0]
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
        summed += log(scratch[stride + s])
        scratch[stride + s] = share / scratch[stride + s]
    everyone = share * smoothing / np.float32(outputs)
    for output in range(outputs):
        row = output * stride
        for s in range(count):
            d[row + s] = d[row + s] * scratch[stride + s] - everyone
        for s in range(count, stride):
            d[row + s] = _ZERO
    target = _ONE - smoothing
    for s in range(count):
        at = np.int64(y[s]) * stride + s
        summed += target * (scratch[s] - z[at])
        d[at] -= share * target
    if smoothing > _ZERO:
        total = _ZERO
        for output in range(outputs):
            row = output * stride
            for s in range(count):
                total += scratch[s] - z[row + s]
        summed += smoothing / np.float32(outputs) * total
    return summed


@kernel(LOSS)
def multilabel_cross_entropy_value(
    z: Pointer,
    y: Pointer,
    d: Pointer,
    scratch: Pointer,  # noqa: ARG001 -- functions of a family share one signature
    outputs: int,
    count: int,
    stride: int,
    params: Pointer,
) -> Float32:
    """The mean over labels of the binary cross-entropy: log(1 + e^(-m)) + smoothing / 2 m, m = ±z.

    z, d: [outputs, stride]; y: [stride], labels packed as `kernels.labels` does.
    """
    summed = _ZERO
    share, half = _ONE / np.float32(outputs * count), _HALF * params[0]
    for output in range(outputs):
        row, bit = output * stride, np.int32(1) << np.int32(output)
        for s in range(count):
            sign = _ONE if np.int32(y[s]) & bit else -_ONE
            margin = z[row + s] * sign
            negative = margin if margin < _ZERO else -margin
            summed += log(_ONE + exp(negative)) - (margin if margin < _ZERO else _ZERO) + half * margin
            d[row + s] = sign * (half - sigmoid(-margin)) * share
        for s in range(count, stride):
            d[row + s] = _ZERO
    return summed / np.float32(outputs)


def _binary_cross_entropy(z: Doubles, y: Doubles, label_smoothing: float) -> float:
    probability = np.where(y > 0, 1 - label_smoothing / 2, label_smoothing / 2)
    positive, negative = np.logaddexp(0.0, -z[:, 0]), np.logaddexp(0.0, z[:, 0])
    return float(np.mean(probability * positive + (1 - probability) * negative))


def _softmax_cross_entropy(z: Doubles, y: Doubles, label_smoothing: float) -> float:
    probability = (1 - label_smoothing) * wanted(z, y) + label_smoothing / z.shape[1]
    return float(np.mean(np.sum(probability * (np.logaddexp.reduce(z, axis=1)[:, None] - z), axis=1)))


def _multilabel_cross_entropy(z: Doubles, y: Doubles, label_smoothing: float) -> float:
    probability = (1 - label_smoothing) * unpack_labels(y, z.shape[1]) + label_smoothing / 2
    return float(np.mean(probability * np.logaddexp(0.0, -z) + (1 - probability) * np.logaddexp(0.0, z)))


_SMOOTHING = Param(
    id="label_smoothing",
    label={"en": "Label smoothing ε", "zh": "标签平滑 ε"},
    help={
        "en": "The share of each target that is spread over all classes, so that no logit has to grow forever.",
        "zh": "把每个目标的这一份额平摊给所有类别，使 logit 不必无限增大。",
    },
    default=0.0,
    minimum=0.0,
    maximum=0.5,
    unit="%",
)

CROSS_ENTROPIES = (
    Loss(
        id="binary_cross_entropy",
        label={"en": "Cross-entropy", "zh": "交叉熵"},
        help={
            "en": "The negative log-likelihood of two classes, from the logit: −log σ(y·z).",
            "zh": "两类的负对数似然，由 logit 计算：−log σ(y·z)。",
        },
        formula=r"L = \tfrac{1}{n}\sum_i \log\left(1 + e^{-y_i z_i}\right) + \tfrac{\varepsilon}{2}\, y_i z_i,"
        r"\; y_i = \pm 1",
        source="Goodfellow et al. 2016, 6.2.2.2; label smoothing: Szegedy et al. 2016, 7",
        params=(_SMOOTHING,),
        tasks=("binary",),
        default_for=("binary",),
        value=binary_cross_entropy_value,
        reference=_binary_cross_entropy,
        working=Working(
            (
                Line("margin", "y * z"),
                Line("loss", "log1pexp(-margin) + label_smoothing / 2 * margin"),
                Line("d", "y * (label_smoothing / 2 - logistic(-margin)) / n"),
            ),
        ),
    ),
    Loss(
        id="softmax_cross_entropy",
        label={"en": "Softmax cross-entropy", "zh": "Softmax 交叉熵"},
        help={
            "en": "The negative log-likelihood of several classes, from the logits.",
            "zh": "多类的负对数似然，由 logits 计算。",
        },
        formula=r"L = \tfrac{1}{n}\sum_i \Big(\log\sum_k e^{z_{ik}} - (1 - \varepsilon)\, z_{i y_i}"
        r" - \tfrac{\varepsilon}{K}\sum_k z_{ik}\Big)",
        source="Goodfellow et al. 2016, 6.2.2.3; label smoothing: Szegedy et al. 2016, 7",
        params=(_SMOOTHING,),
        tasks=("multiclass",),
        default_for=("multiclass",),
        value=softmax_cross_entropy_value,
        reference=_softmax_cross_entropy,
        working=Working(
            (
                Line("probability", "softmax(z)"),
                Line("target", "(1 - label_smoothing) * y + label_smoothing / K"),
                Line("loss", "-total(target * log(probability))"),
                Line("d", "(probability - target) / n"),
            ),
            symbols={"probability": "p_k", "target": "q_k"},
        ),
    ),
    Loss(
        id="multilabel_cross_entropy",
        label={"en": "Multi-label cross-entropy", "zh": "多标签交叉熵"},
        help={
            "en": "A binary cross-entropy for each label, averaged: every output answers yes or no for itself.",
            "zh": "对每个标签求二元交叉熵再取平均：每个输出各自回答是或否。",
        },
        formula=r"L = \tfrac{1}{nK}\sum_{i,k} \log\left(1 + e^{-y_{ik} z_{ik}}\right)"
        r" + \tfrac{\varepsilon}{2}\, y_{ik} z_{ik},\; y_{ik} = \pm 1",
        source="Goodfellow et al. 2016, 6.2.2.2; label smoothing: Szegedy et al. 2016, 7",
        params=(_SMOOTHING,),
        tasks=("multilabel",),
        default_for=("multilabel",),
        value=multilabel_cross_entropy_value,
        reference=_multilabel_cross_entropy,
        working=Working(
            (
                Line("margin", "y * z"),
                Line("loss", "mean(log1pexp(-margin) + label_smoothing / 2 * margin)"),
                Line("d", "y * (label_smoothing / 2 - logistic(-margin)) / (K * n)"),
            ),
        ),
    ),
)
