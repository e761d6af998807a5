"""Weight initializers, one entry each.

Drawn with NumPy before training starts, so there is no kernel: the entry's `draw` is its own truth.
"""

# ruff: noqa: ARG001, ARG005 -- functions of a family share one signature

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.spec import Family, Param, Text, Variant

Shape: TypeAlias = tuple[int, ...]
Params: TypeAlias = tuple[float, ...]
Doubles: TypeAlias = NDArray[np.float64]
Draw: TypeAlias = Callable[[np.random.Generator, Shape, Params], Doubles]


def fans(shape: Shape) -> tuple[int, int]:
    """Fan-in and fan-out of weights [units, inputs] or [filters, channels, kernel, kernel].

    A pixel that a filter puts out is a sum over channels * kernel^2 inputs (He et al. 2015, section 2.2); one that
    comes in goes into the windows of filters * kernel^2 outputs.
    """
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


@dataclass(frozen=True, kw_only=True)
class Initializer(Variant):
    """An initializer. `draw(rng, shape, params)` gives weights of that shape, whose fans are those of `fans`.

    `variance(shape, params)` is that of the weights, as the source states it.
    """

    draw: Draw
    variance: Callable[[Shape, Params], float]


def _zeros(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return np.zeros(shape)


def _constant(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return np.full(shape, params[0])


def _normal(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return rng.standard_normal(shape) * params[0]


def _uniform(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return rng.uniform(-params[0], params[0], shape)


def _lecun_uniform(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return _uniform(rng, shape, (1.0 / math.sqrt(fans(shape)[0]),))


def _lecun_normal(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return _normal(rng, shape, (1.0 / math.sqrt(fans(shape)[0]),))


def _xavier_uniform(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return _uniform(rng, shape, (math.sqrt(6.0 / sum(fans(shape))),))


def _xavier_normal(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return _normal(rng, shape, (math.sqrt(2.0 / sum(fans(shape))),))


def _he_variance(shape: Shape, params: Params) -> float:
    mode, slope = params
    return 2.0 / ((1.0 + slope * slope) * fans(shape)[1 if mode == 1 else 0])


def _he_std(shape: Shape, params: Params) -> float:
    return math.sqrt(_he_variance(shape, params))


def _he_uniform(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return _uniform(rng, shape, (math.sqrt(3.0) * _he_std(shape, params),))


def _he_normal(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    return _normal(rng, shape, (_he_std(shape, params),))


def _orthogonal(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    # A filter is one row, over all its inputs.
    matrix = (shape[0], math.prod(shape[1:]))
    longer, shorter = max(matrix), min(matrix)
    q, r = np.linalg.qr(rng.standard_normal((longer, shorter)))
    # With the signs of r's diagonal the result is uniform over all orthogonal matrices (Mezzadri 2007).
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)
    return params[0] * (q if matrix[0] == longer else q.T).reshape(shape)


def _sparse(rng: np.random.Generator, shape: Shape, params: Params) -> Doubles:
    inputs = math.prod(shape[1:])
    nonzero, std = min(int(params[0]), inputs), params[1]
    weights = np.zeros((shape[0], inputs))
    for row in weights:
        row[rng.choice(inputs, nonzero, replace=False)] = rng.standard_normal(nonzero) * std
    return weights.reshape(shape)


def _positive(name: str, label: Text, explanation: Text, default: float) -> Param:
    return Param(
        id=name, label=label, help=explanation, default=default, minimum=0.0001, maximum=10.0, scale="log", live=False
    )


_STD = Text(en="Std σ", zh="标准差 σ")

_HE = (
    Param(
        id="mode",
        label={"en": "Fan", "zh": "扇入/扇出"},
        help={
            "en": "Whose variance is kept: the signal's on its way forward (fan-in), or the gradient's on its way back "
            "(fan-out).",
            "zh": "保持谁的方差：前向传播的信号（扇入），还是反向传播的梯度（扇出）。",
        },
        default=0,
        minimum=0,
        maximum=1,
        integer=True,
        live=False,
        choices=(
            ("fan_in", {"en": "Fan-in", "zh": "扇入"}),
            ("fan_out", {"en": "Fan-out", "zh": "扇出"}),
        ),
    ),
    Param(
        id="slope",
        label={"en": "Slope a", "zh": "斜率 a"},
        help={
            "en": "The activation's slope below zero: 0 for ReLU, that of a leaky ReLU else.",
            "zh": "激活函数负半轴的斜率：ReLU 取 0，否则取 Leaky ReLU 的斜率。",
        },
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        live=False,
    ),
)

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
            variance=lambda shape, params: 0.0,
        ),
        Initializer(
            id="constant",
            label={"en": "Constant", "zh": "常数"},
            help={
                "en": "Every weight the same: like zeros, the units of a layer can never tell themselves apart.",
                "zh": "所有权重取同一个值：与全零一样，同层单元永远无法区分。",
            },
            formula="w = c",
            source="Goodfellow et al. 2016, 8.4",
            params=(
                Param(
                    id="value",
                    label={"en": "Value c", "zh": "取值 c"},
                    help={"en": "What every weight is.", "zh": "每个权重的取值。"},
                    default=0.1,
                    minimum=-10.0,
                    maximum=10.0,
                    live=False,
                ),
            ),
            draw=_constant,
            variance=lambda shape, params: 0.0,
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
                _positive("std", _STD, {"en": "The standard deviation of the weights.", "zh": "权重的标准差。"}, 0.1),
            ),
            draw=_normal,
            variance=lambda shape, params: params[0] ** 2,
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
                _positive(
                    "range",
                    {"en": "Range r", "zh": "范围 r"},
                    {"en": "The largest magnitude of a weight.", "zh": "权重的最大绝对值。"},
                    0.5,
                ),
            ),
            draw=_uniform,
            variance=lambda shape, params: params[0] ** 2 / 3,
        ),
        Initializer(
            id="lecun_uniform",
            label={"en": "LeCun uniform", "zh": "LeCun 均匀"},
            help={
                "en": "The older rule ±1/√fan-in: its variance is a third of 1/fan-in, so signals fade with the depth.",
                "zh": "早期的规则 ±1/√扇入：方差只有 1/扇入的三分之一，信号随深度衰减。",
            },
            formula=r"w \sim \mathcal{U}\left(\pm\tfrac{1}{\sqrt{n_\mathrm{in}}}\right)",
            source="Glorot & Bengio 2010, eq. 1",
            draw=_lecun_uniform,
            variance=lambda shape, params: 1 / (3 * fans(shape)[0]),
        ),
        Initializer(
            id="lecun_normal",
            label={"en": "LeCun normal", "zh": "LeCun 正态"},
            help={
                "en": "Variance 1/fan-in: a weighted sum is as spread out as its inputs; the right start for SELU.",
                "zh": "方差为 1/扇入：加权和与输入的方差相同；SELU 应采用它。",
            },
            formula=r"w \sim \mathcal{N}\left(0, \tfrac{1}{n_\mathrm{in}}\right)",
            source="LeCun et al. 1998, Efficient BackProp, 4.6",
            draw=_lecun_normal,
            variance=lambda shape, params: 1 / fans(shape)[0],
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
            variance=lambda shape, params: 2 / sum(fans(shape)),
        ),
        Initializer(
            id="xavier_normal",
            label={"en": "Xavier normal", "zh": "Xavier 正态"},
            help={
                "en": "The compromise between fan-in and fan-out, as a Gaussian.",
                "zh": "在扇入与扇出之间折中，取高斯分布。",
            },
            formula=r"w \sim \mathcal{N}\left(0, \tfrac{2}{n_\mathrm{in} + n_\mathrm{out}}\right)",
            source="Glorot & Bengio 2010, eq. 12",
            draw=_xavier_normal,
            variance=lambda shape, params: 2 / sum(fans(shape)),
        ),
        Initializer(
            id="he_uniform",
            label={"en": "He uniform", "zh": "He 均匀"},
            help={
                "en": "The variance that makes up for what ReLU silences, as a uniform distribution.",
                "zh": "方差加倍，以补偿被 ReLU 置零的一半信号；取均匀分布。",
            },
            formula=r"w \sim \mathcal{U}\left(\pm\sqrt{\tfrac{6}{(1 + a^2)\,n}}\right)",
            source="He et al. 2015, eq. 10, 14 and 15",
            params=_HE,
            draw=_he_uniform,
            variance=_he_variance,
        ),
        Initializer(
            id="he_normal",
            label={"en": "He normal", "zh": "He 正态"},
            help={
                "en": "Twice the variance of 1/fan-in, since ReLU silences half of the signal.",
                "zh": "方差为 2/扇入，以补偿被 ReLU 置零的一半信号。",
            },
            formula=r"w \sim \mathcal{N}\left(0, \tfrac{2}{(1 + a^2)\,n}\right)",
            source="He et al. 2015, eq. 10, 14 and 15",
            params=_HE,
            draw=_he_normal,
            variance=_he_variance,
        ),
        Initializer(
            id="orthogonal",
            label={"en": "Orthogonal", "zh": "正交"},
            help={
                "en": "A random rotation: it changes no length, so a deep linear network keeps its signals exactly.",
                "zh": "随机旋转：不改变向量长度，深层线性网络能精确保持信号。",
            },
            formula=r"W = g\,Q,\; Q^\top Q = I",
            source="Saxe et al. 2014",
            params=(
                _positive(
                    "gain",
                    {"en": "Gain g", "zh": "增益 g"},
                    {"en": "What the rotation is multiplied by; √2 suits ReLU.", "zh": "旋转的倍数；ReLU 宜取 √2。"},
                    1.0,
                ),
            ),
            draw=_orthogonal,
            variance=lambda shape, params: params[0] ** 2 / max(shape[0], math.prod(shape[1:])),
        ),
        Initializer(
            id="sparse",
            label={"en": "Sparse", "zh": "稀疏"},
            help={
                "en": "Each unit listens to k random inputs only: wide layers do not saturate, and units differ.",
                "zh": "每个单元只连接 k 个随机输入，宽层不致饱和，各单元的差异也更大。",
            },
            formula=r"w \sim \mathcal{N}(0, \sigma^2)\ \text{for } k \text{ inputs of each unit, else } w = 0",
            source="Martens 2010, 5; Goodfellow et al. 2016, 8.4",
            params=(
                Param(
                    id="nonzero",
                    label={"en": "Nonzero weights k", "zh": "非零权重数 k"},
                    help={
                        "en": "How many inputs a unit listens to; all where there are fewer.",
                        "zh": "每个单元连接的输入个数；输入不足时全部连接。",
                    },
                    default=15,
                    minimum=1,
                    maximum=1000,
                    scale="log",
                    integer=True,
                    live=False,
                ),
                _positive(
                    "std", _STD, {"en": "The standard deviation of those weights.", "zh": "这些权重的标准差。"}, 1.0
                ),
            ),
            draw=_sparse,
            variance=lambda shape, params: min(1, params[0] / fans(shape)[0]) * params[1] ** 2,
        ),
    ),
    live=False,
)
