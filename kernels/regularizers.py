"""Penalties on the weights, one entry each: passes over the gradient buffer, before the optimizer sees it.

Biases and normalization parameters are not penalized (Goodfellow et al. 2016, 7.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel, kernel
from kernels.calls import REGULARIZER
from kernels.simd import Pointer
from kernels.spec import Family, Param, Variant

_ZERO = np.float32(0)


@dataclass(frozen=True, kw_only=True)
class Regularizer(Variant):
    """A penalty. `gradient` adds its gradient, `reference(w, *params)` is its value in float64."""

    gradient: Kernel
    reference: Callable[..., float]


@kernel(REGULARIZER)
def l1_gradient(w: Pointer, g: Pointer, size: int, params: Pointer) -> None:
    """Adds to the gradient: g += rate sign(w). w, g: [size]."""
    rate = params[0]
    for i in range(size):
        positive = rate if w[i] > _ZERO else _ZERO
        negative = rate if w[i] < _ZERO else _ZERO
        g[i] += positive - negative


@kernel(REGULARIZER)
def l2_gradient(w: Pointer, g: Pointer, size: int, params: Pointer) -> None:
    """Adds to the gradient: g += rate w. w, g: [size]."""
    rate = params[0]
    for i in range(size):
        g[i] += rate * w[i]


def _l1(w: NDArray[np.float64], rate: float) -> float:
    return float(rate * np.abs(w).sum())


def _l2(w: NDArray[np.float64], rate: float) -> float:
    return float(rate / 2 * np.square(w).sum())


_RATE = Param(
    id="rate",
    label={"en": "Rate λ", "zh": "系数 λ"},
    help={"en": "The strength of the penalty.", "zh": "惩罚的强度。"},
    default=0.001,
    minimum=0.0,
    maximum=1.0,
    scale="log",
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
            params=(_RATE,),
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
            params=(_RATE,),
            gradient=l2_gradient,
            reference=_l2,
        ),
    ),
    live=True,
)
