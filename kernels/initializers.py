"""Weight initializers, one entry each.

Drawn with NumPy before training starts, so there is no kernel: the entry's `draw` is its own truth.
"""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.spec import Family, Param, Variant

Draw = Callable[[np.random.Generator, tuple[int, int], tuple[float, ...]], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Initializer(Variant):
    """An initializer. `draw(rng, (fan_out, fan_in), params)` gives the weights [fan_out, fan_in]; biases are zero."""

    draw: Draw


def _zeros(rng: np.random.Generator, shape: tuple[int, int], params: tuple[float, ...]) -> NDArray[np.float64]:
    return np.zeros(shape)


def _normal(rng: np.random.Generator, shape: tuple[int, int], params: tuple[float, ...]) -> NDArray[np.float64]:
    return rng.standard_normal(shape) * params[0]


def _uniform(rng: np.random.Generator, shape: tuple[int, int], params: tuple[float, ...]) -> NDArray[np.float64]:
    return rng.uniform(-params[0], params[0], shape)


def _xavier_uniform(rng: np.random.Generator, shape: tuple[int, int], params: tuple[float, ...]) -> NDArray[np.float64]:
    return _uniform(rng, shape, (math.sqrt(6.0 / sum(shape)),))


def _he_normal(rng: np.random.Generator, shape: tuple[int, int], params: tuple[float, ...]) -> NDArray[np.float64]:
    return _normal(rng, shape, (math.sqrt(2.0 / shape[1]),))


INITIALIZERS = Family(
    "initializers",
    {"en": "Initializer", "zh": "初始化"},
    {
        "en": "The weights before the first step: they decide whether signals and gradients survive the depth.",
        "zh": "第一步之前的权重：决定信号与梯度能否穿过各层。",
    },
    (
        Initializer(
            id="zeros",
            label={"en": "Zeros", "zh": "全零"},
            help={
                "en": "All units of a layer start alike, get the same gradient and stay alike forever.",
                "zh": "同层各单元完全相同，梯度也相同，因此永远无法区分。",
            },
            formula="w = 0",
            source="Goodfellow et al. 2016, 8.4",
            draw=_zeros,
        ),
        Initializer(
            id="normal",
            label={"en": "Normal", "zh": "正态分布"},
            help={
                "en": "Gaussian with a spread that you choose, whatever the size of the layer.",
                "zh": "自选标准差的高斯分布，与层的大小无关。",
            },
            formula=r"w \sim \mathcal{N}(0, \sigma^2)",
            source="Goodfellow et al. 2016, 8.4",
            params=(
                Param(
                    id="std",
                    label={"en": "Std σ", "zh": "标准差 σ"},
                    help={"en": "The standard deviation of the weights.", "zh": "权重的标准差。"},
                    default=0.1,
                    minimum=0.0001,
                    maximum=10.0,
                    scale="log",
                    live=False,
                ),
            ),
            draw=_normal,
        ),
        Initializer(
            id="uniform",
            label={"en": "Uniform", "zh": "均匀分布"},
            help={
                "en": "Uniform within a range that you choose, whatever the size of the layer.",
                "zh": "自选范围的均匀分布，与层的大小无关。",
            },
            formula=r"w \sim \mathcal{U}(-r, r)",
            source="Goodfellow et al. 2016, 8.4",
            params=(
                Param(
                    id="range",
                    label={"en": "Range r", "zh": "范围 r"},
                    help={"en": "The largest magnitude of a weight.", "zh": "权重的最大绝对值。"},
                    default=0.5,
                    minimum=0.0001,
                    maximum=10.0,
                    scale="log",
                    live=False,
                ),
            ),
            draw=_uniform,
        ),
        Initializer(
            id="xavier_uniform",
            label={"en": "Xavier uniform", "zh": "Xavier 均匀"},
            help={
                "en": "Keeps the variance of signals and of gradients for activations that are linear around zero.",
                "zh": "对零点附近近似线性的激活函数，保持信号与梯度的方差。",
            },
            formula=r"w \sim \mathcal{U}\left(\pm\sqrt{\tfrac{6}{n_\mathrm{in} + n_\mathrm{out}}}\right)",
            source="Glorot & Bengio 2010, eq. 16",
            draw=_xavier_uniform,
        ),
        Initializer(
            id="he_normal",
            label={"en": "He normal", "zh": "He 正态"},
            help={
                "en": "Twice the variance of 1/fan-in, since ReLU silences half of the signal.",
                "zh": "方差为 2/扇入，补偿 ReLU 抑制的一半信号。",
            },
            formula=r"w \sim \mathcal{N}\left(0, \tfrac{2}{n_\mathrm{in}}\right)",
            source="He et al. 2015, eq. 10",
            draw=_he_normal,
        ),
    ),
    live=False,
)
