"""Bounds on the gradient, one entry each: the last pass over it before the optimizer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel, kernel
from kernels.calls import GRADIENT_PASS
from kernels.simd import Pointer
from kernels.spec import Family, Param, Text, Variant

# ruff: noqa: ARG001 -- functions of a family share one signature


@dataclass(frozen=True, kw_only=True)
class Clipping(Variant):
    """A bound on the gradient. `clip` is the kernel, None for no bound; `reference(g, *params)` gives the clipped g.

    One that is `by_length` looks at the norm of the whole gradient.
    """

    clip: Kernel | None
    reference: Callable[..., NDArray[np.float64]]
    by_length: bool = False

    @property
    def acts(self) -> bool:
        """Whether there is a bound at all."""
        return self.clip is not None


@kernel(GRADIENT_PASS)
def by_value_clip(w: Pointer, g: Pointer, size: int, learning_rate: float, params: Pointer) -> None:
    """Bounds each component: g in [-limit, limit]. g: [size]."""
    limit = params[0]
    for i in range(size):
        low = -limit if g[i] < -limit else g[i]
        g[i] = limit if low > limit else low


@kernel(GRADIENT_PASS)
def by_norm_clip(w: Pointer, g: Pointer, size: int, learning_rate: float, params: Pointer) -> None:
    """Shortens the gradient to the limit, where it is longer: g *= min(1, limit / |g|). g: [size]."""
    # In doubles, in which no square of a finite float overflows: a cliff's gradient is shortened, not lost.
    squares = 0.0
    for i in range(size):
        squares += np.float64(g[i]) * np.float64(g[i])
    norm = math.sqrt(squares)
    if norm > params[0]:
        scale = np.float32(params[0] / norm)
        for i in range(size):
            g[i] *= scale


def _keep(g: NDArray[np.float64]) -> NDArray[np.float64]:
    return g


def _by_value(g: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    return np.clip(g, -limit, limit)


def _by_norm(g: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    return g * min(1.0, limit / max(float(np.linalg.norm(g)), 1e-300))


def _limit(explanation: Text) -> Param:
    return Param(
        id="limit",
        label={"en": "Limit c", "zh": "上限 c"},
        help=explanation,
        default=1.0,
        minimum=0.0001,
        maximum=1000.0,
        scale="log",
    )


CLIPPINGS = Family(
    "clippings",
    {"en": "Gradient clipping", "zh": "梯度裁剪"},
    {
        "en": "Bounds the gradient, so that a cliff in the loss does not throw the weights far away.",
        "zh": "限制梯度大小，避免在损失的悬崖处把权重抛得太远。",
    },
    (
        Clipping(
            id="none",
            label={"en": "None", "zh": "无"},
            help={"en": "The gradient as it is.", "zh": "梯度保持原样。"},
            formula="g",
            source="Goodfellow et al. 2016, 8.2.4",
            clip=None,
            reference=_keep,
        ),
        Clipping(
            id="by_norm",
            label={"en": "By norm", "zh": "按范数裁剪"},
            help={
                "en": "Shortens a gradient that is longer than the limit, and keeps its direction.",
                "zh": "梯度范数超过上限时按比例缩小，方向不变。",
            },
            formula=r"g \leftarrow g \cdot \min\left(1, \frac{c}{\lVert g \rVert}\right)",
            source="Pascanu et al. 2013; Goodfellow et al. 2016, 10.11.1",
            params=(_limit({"en": "The longest gradient.", "zh": "梯度范数的上限。"}),),
            clip=by_norm_clip,
            reference=_by_norm,
            by_length=True,
        ),
        Clipping(
            id="by_value",
            label={"en": "By value", "zh": "按值裁剪"},
            help={
                "en": "Bounds each component by itself, which may turn the gradient's direction.",
                "zh": "逐分量限制大小，可能改变梯度方向。",
            },
            formula=r"g_i \leftarrow \min(\max(g_i, -c), c)",
            source="Mikolov 2012; Goodfellow et al. 2016, 10.11.1",
            params=(_limit({"en": "The largest component.", "zh": "分量的最大绝对值。"}),),
            clip=by_value_clip,
            reference=_by_value,
        ),
    ),
    live=True,
)
