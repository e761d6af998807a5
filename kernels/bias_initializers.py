"""Bias initializers, one entry each.

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

Doubles: TypeAlias = NDArray[np.float64]
Targets: TypeAlias = NDArray[np.float32]
Params: TypeAlias = tuple[float, ...]
Draw: TypeAlias = Callable[[np.random.Generator, int, int, Targets, Params], Doubles]


@dataclass(frozen=True, kw_only=True)
class BiasInitializer(Variant):
    """A bias initializer. `draw(rng, units, fan_in, targets, params)` gives the biases [units].

    Targets are those of the training set: [samples], or [samples, units] where a sample has several. `output_only`
    tells that it makes sense for the output layer alone, `acts` that biases are ever anything but zero.
    """

    draw: Draw
    output_only: bool = False
    acts: bool = True


def _log_odds(positive: Doubles) -> Doubles:
    """The logit of shares of positive targets, kept finite where all targets are alike."""
    return np.log(positive / (1 - positive))


def _prior(rng: np.random.Generator, units: int, fan_in: int, targets: Targets, params: Params) -> Doubles:
    samples = len(targets)
    least = 0.5 / samples  # half a sample, where a class has none
    if targets.ndim == 1 and units > 1:
        counts = np.bincount(targets.astype(np.int64), minlength=units)
        return np.log(np.maximum(counts / samples, least))
    columns = targets.reshape(samples, units).astype(np.float64)
    if np.isin(columns, (-1.0, 1.0)).all() or np.isin(columns, (0.0, 1.0)).all():
        return _log_odds(np.clip((columns > 0).mean(axis=0), least, 1 - least))
    return np.asarray(columns.mean(axis=0))


def _spread(name: str, label: Text, explanation: Text, default: float) -> Param:
    return Param(
        id=name, label=label, help=explanation, default=default, minimum=0.0001, maximum=10.0, scale="log", live=False
    )


BIAS_INITIALIZERS = Family(
    "bias_initializers",
    {"en": "Bias initializer", "zh": "偏置初始化"},
    {"en": "Where the biases start.", "zh": "偏置的初始值。"},
    (
        BiasInitializer(
            id="zeros",
            label={"en": "Zeros", "zh": "全零"},
            help={
                "en": "All zero: no unit prefers either side, and the weights alone break the symmetry.",
                "zh": "全为零：各单元无偏向，对称性由权重打破。",
            },
            formula=r"b_i = 0",
            source="Goodfellow et al. 2016, 8.4",
            draw=lambda rng, units, fan_in, targets, params: np.zeros(units),
            acts=False,
        ),
        BiasInitializer(
            id="constant",
            label={"en": "Constant", "zh": "常数"},
            help={
                "en": "The same for all; 0.1 keeps nearly every rectifier active at first.",
                "zh": "全部相同；取 0.1 可使几乎所有 ReLU 单元开始时处于激活状态。",
            },
            formula=r"b_i = c",
            source="Goodfellow et al. 2016, 8.4",
            params=(
                Param(
                    id="value",
                    label={"en": "Value c", "zh": "取值 c"},
                    help={"en": "What every bias starts at.", "zh": "每个偏置的初始值。"},
                    default=0.1,
                    minimum=-10.0,
                    maximum=10.0,
                    live=False,
                ),
            ),
            draw=lambda rng, units, fan_in, targets, params: np.full(units, params[0]),
        ),
        BiasInitializer(
            id="normal",
            label={"en": "Normal", "zh": "正态分布"},
            help={"en": "Random around zero.", "zh": "以零为中心的随机值。"},
            formula=r"b_i \sim \mathcal{N}(0, \sigma^2)",
            source="LeCun et al. 1998, 4.6",
            params=(
                _spread(
                    "std",
                    {"en": "Std σ", "zh": "标准差 σ"},
                    {"en": "How far they are spread.", "zh": "分布的宽度。"},
                    0.1,
                ),
            ),
            draw=lambda rng, units, fan_in, targets, params: rng.standard_normal(units) * params[0],
        ),
        BiasInitializer(
            id="uniform",
            label={"en": "Uniform", "zh": "均匀分布"},
            help={"en": "Random within fixed bounds.", "zh": "固定范围内的随机值。"},
            formula=r"b_i \sim U(-a, a)",
            source="Glorot & Bengio 2010",
            params=(
                _spread(
                    "range",
                    {"en": "Range a", "zh": "范围 a"},
                    {"en": "The largest absolute value.", "zh": "最大绝对值。"},
                    0.1,
                ),
            ),
            draw=lambda rng, units, fan_in, targets, params: rng.uniform(-params[0], params[0], units),
        ),
        BiasInitializer(
            id="lecun_uniform",
            label={"en": "LeCun uniform", "zh": "LeCun 均匀分布"},
            help={
                "en": "Random within bounds that shrink with the inputs, as PyTorch starts a linear layer's biases.",
                "zh": "范围随输入数减小的随机值，即 PyTorch 线性层偏置的默认初始化。",
            },
            formula=r"b_i \sim U\left(-\tfrac{1}{\sqrt{n_\text{in}}}, \tfrac{1}{\sqrt{n_\text{in}}}\right)",
            source="LeCun et al. 1998, 4.6; PyTorch's Linear",
            draw=lambda rng, units, fan_in, targets, params: rng.uniform(-1, 1, units) / math.sqrt(fan_in),
        ),
        BiasInitializer(
            id="prior",
            label={"en": "Prior of the targets", "zh": "目标的先验"},
            help={
                "en": "The output starts at what the targets say without input: log-odds, log class shares, or mean.",
                "zh": "输出从目标的先验出发：对数几率、类别频率的对数，或均值。",
            },
            formula=r"b = \log\frac{p}{1 - p},\quad b_k = \log p_k,\quad b = \bar y",
            source="Goodfellow et al. 2016, 8.4",
            draw=_prior,
            output_only=True,
        ),
    ),
    live=False,
)
