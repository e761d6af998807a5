"""What shrinks weights, one entry each: passes over the gradient buffer, before the optimizer sees it.

Biases and normalization parameters are left out unless asked for (Goodfellow et al. 2016, 7.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel, kernel
from kernels.calls import GRADIENT_PASS
from kernels.simd import Pointer
from kernels.spec import Family, Param, Text, Variant

# ruff: noqa: ARG001 -- functions of a family share one signature

_ZERO, _ONE = np.float32(0), np.float32(1)


@dataclass(frozen=True, kw_only=True)
class Regularizer(Variant):
    """A pass over the gradient, whose last parameter asks for biases and normalization parameters too.

    `reference(w, *params)` is the penalty, in float64, whose gradient `gradient` adds; for decay that is decoupled from
    the gradient, it is the factor on the weights in a step of learning rate 1.
    """

    gradient: Kernel
    reference: Callable[..., float]
    decoupled: bool = False


@kernel(GRADIENT_PASS)
def l1_gradient(w: Pointer, g: Pointer, size: int, learning_rate: float, params: Pointer) -> None:
    """Adds to the gradient: g += rate sign(w). w, g: [size]."""
    rate = params[0]
    for i in range(size):
        positive = rate if w[i] > _ZERO else _ZERO
        negative = rate if w[i] < _ZERO else _ZERO
        g[i] += positive - negative


@kernel(GRADIENT_PASS)
def l2_gradient(w: Pointer, g: Pointer, size: int, learning_rate: float, params: Pointer) -> None:
    """Adds to the gradient: g += rate w. w, g: [size]."""
    rate = params[0]
    for i in range(size):
        g[i] += rate * w[i]


@kernel(GRADIENT_PASS)
def elastic_net_gradient(w: Pointer, g: Pointer, size: int, learning_rate: float, params: Pointer) -> None:
    """Adds to the gradient: g += l1 sign(w) + l2 w. w, g: [size]."""
    l1, l2 = params[0], params[1]
    for i in range(size):
        positive = l1 if w[i] > _ZERO else _ZERO
        negative = l1 if w[i] < _ZERO else _ZERO
        g[i] += positive - negative + l2 * w[i]


@kernel(GRADIENT_PASS)
def weight_decay_shrink(w: Pointer, g: Pointer, size: int, learning_rate: float, params: Pointer) -> None:
    """Shrinks the weights themselves: w *= 1 - learning_rate rate. w: [size]."""
    shrink = _ONE - learning_rate * params[0]
    for i in range(size):
        w[i] *= shrink


def _l1(w: NDArray[np.float64], rate: float, biases: float) -> float:
    return float(rate * np.abs(w).sum())


def _l2(w: NDArray[np.float64], rate: float, biases: float) -> float:
    return float(rate / 2 * np.square(w).sum())


def _elastic_net(w: NDArray[np.float64], l1: float, l2: float, biases: float) -> float:
    return float(l1 * np.abs(w).sum() + l2 / 2 * np.square(w).sum())


def _weight_decay(w: NDArray[np.float64], rate: float, biases: float) -> float:
    return 1.0 - rate


def _strength(name: str, label: Text, default: float) -> Param:
    return Param(
        id=name,
        label=label,
        help={"en": "The strength of the penalty.", "zh": "惩罚的强度。"},
        default=default,
        minimum=0.0,
        maximum=1.0,
        scale="log",
    )


_RATE = _strength("rate", {"en": "Rate λ", "zh": "系数 λ"}, 0.001)
_BIASES = Param(
    id="biases",
    label={"en": "Biases too", "zh": "包括偏置"},
    help={
        "en": "Whether biases and normalization parameters shrink as well.",
        "zh": "是否同时作用于偏置与归一化参数。",
    },
    default=0,
    minimum=0,
    maximum=1,
    integer=True,
    choices=(
        ("weights", {"en": "weights only", "zh": "仅权重"}),
        ("all", {"en": "weights and biases", "zh": "权重与偏置"}),
    ),
)

REGULARIZERS = Family(
    "regularizers",
    {"en": "Regularization", "zh": "正则化"},
    {
        "en": "A penalty on large weights, which trades a little training loss for better generalization.",
        "zh": "对大权重的惩罚，以略高的训练损失换取更好的泛化。",
    },
    (
        Regularizer(
            id="l1",
            label={"en": "L1", "zh": "L1"},
            help={
                "en": "Pulls every weight toward zero with the same force, so that many become tiny.",
                "zh": "以相同的力把每个权重拉向零，使许多权重变得极小。",
            },
            formula=r"\lambda \sum_i |w_i|",
            source="Goodfellow et al. 2016, 7.1.2",
            params=(_RATE, _BIASES),
            gradient=l1_gradient,
            reference=_l1,
        ),
        Regularizer(
            id="l2",
            label={"en": "L2", "zh": "L2"},
            help={
                "en": "Pulls each weight toward zero in proportion to its size.",
                "zh": "按权重大小成比例地把它拉向零。",
            },
            formula=r"\tfrac{\lambda}{2} \sum_i w_i^2",
            source="Goodfellow et al. 2016, 7.1.1",
            params=(_RATE, _BIASES),
            gradient=l2_gradient,
            reference=_l2,
        ),
        Regularizer(
            id="elastic_net",
            label={"en": "Elastic net", "zh": "弹性网络"},
            help={"en": "L1 and L2 together: sparse, yet stable.", "zh": "L1 与 L2 的结合：既稀疏又稳定。"},
            formula=r"\lambda_1 \sum_i |w_i| + \tfrac{\lambda_2}{2} \sum_i w_i^2",
            source="Zou & Hastie 2005",
            params=(
                _strength("l1", {"en": "L1 rate λ₁", "zh": "L1 系数 λ₁"}, 0.001),
                _strength("l2", {"en": "L2 rate λ₂", "zh": "L2 系数 λ₂"}, 0.001),
                _BIASES,
            ),
            gradient=elastic_net_gradient,
            reference=_elastic_net,
        ),
        Regularizer(
            id="weight_decay",
            label={"en": "Weight decay", "zh": "权重衰减"},
            help={
                "en": "Shrinks weights by 1 − ηλ a step, apart from the gradient and so from any adaptive scaling.",
                "zh": "每步将权重乘以 1 − ηλ，与梯度及自适应缩放解耦。",
            },
            formula=r"\theta \leftarrow (1 - \eta\lambda)\,\theta",
            source="Loshchilov & Hutter 2019, section 2",
            params=(_RATE, _BIASES),
            gradient=weight_decay_shrink,
            reference=_weight_decay,
            decoupled=True,
        ),
    ),
    live=True,
)
