"""What layers do with the training samples: how far activations reach, and which units never speak."""

from __future__ import annotations

import numpy as np

from kernels.layout import Layout
from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, Row, of_layers
from kernels.probes.specimen import SILENCE_LIMIT, Specimen


def _spread(specimen: Specimen) -> Floats:
    rows = np.full((len(specimen.activations), 3), np.nan, np.float32)
    for row, layer in zip(rows, specimen.activations, strict=True):
        a = layer.activations
        if np.isfinite(a).all():
            row[:] = np.percentile(np.abs(a), 98), np.mean(a, dtype=np.float64), np.std(a, dtype=np.float64)
    return rows


def _hidden(layout: Layout) -> tuple[Row, ...]:
    rows = zip(of_layers(layout)[:-1], layout.stages, strict=False)
    return tuple(row for row, stage in rows if stage.pieces)


def _silent(specimen: Specimen) -> Floats:
    layers = [row.layer for row in _hidden(specimen.layout) if row.layer is not None]
    found = [specimen.silence.units[layer - 1] for layer in layers]
    return np.array([(silent.mean(), silent.sum()) for silent in found], np.float32).reshape(-1, 2)


ACTIVATION_PERCENTILE = Probe(
    id="activation_percentile",
    label={"en": "How far activations reach", "zh": "激活值的范围"},
    help={
        "en": "Of each layer's activations on the evaluated training samples: the 98th percentile of their size, their "
        "mean and standard deviation.",
        "zh": "在参与评估的训练样本上，各层激活值绝对值的第 98 百分位数、均值和标准差。",
    },
    formula=r"\inf\{q : P(|a| \le q) \ge 0.98\},\quad \mu = \frac{1}{n}\sum_i a_i,\quad "
    r"\sigma = \sqrt{\frac{1}{n}\sum_i (a_i - \mu)^2}",
    source="Glorot & Bengio 2010, figures 2 and 3",
    topic="activations",
    chart="lines",
    rows=of_layers,
    quantities=(
        Quantity(id="percentile", label={"en": "98th percentile of |a|", "zh": "|a| 的第 98 百分位数"}, symbol="|a|"),
        Quantity(id="mean", label={"en": "Mean of a", "zh": "a 的均值"}, symbol="μ"),
        Quantity(id="std", label={"en": "Standard deviation of a", "zh": "a 的标准差"}, symbol="σ"),
    ),
    measure=_spread,
)

DEAD_UNITS = Probe(
    id="dead_units",
    label={"en": "Dead units", "zh": "死亡的神经元"},
    help={
        "en": "Units of a hidden layer, or channels, that put out zero for every training sample: no gradient reaches "
        "their weights any more. Where all samples would take more than "
        f"{SILENCE_LIMIT / 1e9:g} billion operations, only a random choice of them is looked at.",
        "zh": "对每个训练样本都输出零的隐藏单元（或通道）：梯度再也到不了它们的权重。"
        f"若查看全部样本需要超过 {SILENCE_LIMIT / 1e8:g} 亿次运算，则只查看随机选取的一部分。",
    },
    formula=r"\frac{1}{n}\,\#\{u : a_u(x) = 0 \text{ for all } x\}",
    source="Maas et al. 2013, section 3",
    topic="activations",
    chart="lines",
    rows=_hidden,
    quantities=(
        Quantity(id="share", label={"en": "Share of dead units", "zh": "死亡单元比例"}, unit="%"),
        Quantity(id="silent", label={"en": "Dead units", "zh": "死亡单元数"}),
    ),
    measure=_silent,
)
