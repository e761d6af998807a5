"""Histograms over time: how weights, their gradients and what enters the activations are spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kernels.layout import Layout
from kernels.network import Floats
from kernels.probes.probe import Chart, Probe, Quantity, Row, of_layers, of_weights, weights_of
from kernels.probes.specimen import Specimen

#: Bins of equal width between the lowest and the highest number.
BINS = 48

COUNT = Quantity(id="count", label={"en": "How many", "zh": "个数"})

_SOURCE = "Pearson 1895"


def _ends(symbol: str) -> tuple[Quantity, ...]:
    return (
        Quantity(id="low", label={"en": "Lowest", "zh": "最小值"}, symbol=symbol),
        Quantity(id="high", label={"en": "Highest", "zh": "最大值"}, symbol=symbol),
    )


def _formula(symbol: str) -> str:
    return (
        rf"n_k = \#\{{i : l + k w \le {symbol}_i < l + (k+1) w\}},\quad "
        rf"l = \min_i {symbol}_i,\; w = \frac{{\max_i {symbol}_i - \min_i {symbol}_i}}{{{BINS}}}"
    )


@dataclass(frozen=True, kw_only=True)
class _Histogram(Probe):
    """A histogram of every row, as `histogram` makes it."""

    chart: Chart = "ridge"
    arrays: tuple[Quantity, ...] = (COUNT,)
    length: Callable[[Layout], int] = lambda _: BINS


def histogram(values: Floats) -> Floats:
    """Lowest, highest, then the counts of `BINS` bins of equal width between them, the highest in the last one.

    values: of any shape; the result is [2 + BINS]. Where all are alike they stand in the first bin. NaN where there is
    none, or where one is not finite.
    """
    row = np.full(2 + BINS, np.nan, np.float32)
    if values.size == 0:
        return row
    low, high = values.min(), values.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        return row
    row[0], row[1] = low, high
    span = float(high) - float(low)
    places = np.zeros(values.size, np.intp)
    if span > 0:
        # In doubles: bins of faint gradients are narrower than a float can be inverted.
        places = ((values.astype(np.float64) - low) * (BINS / span)).astype(np.intp)
    row[2:] = np.bincount(np.minimum(places, BINS - 1).reshape(-1), minlength=BINS)
    return row


def weighted(layout: Layout) -> tuple[Row, ...]:
    """A row for every layer that has weights."""
    return tuple(row for row, stage in zip(of_layers(layout), layout.stages, strict=True) if stage.pieces)


def _of_tensors(specimen: Specimen, flat: Floats) -> Floats:
    return np.stack([histogram(flat[each.offset :][: each.size]) for each in weights_of(specimen.layout)])


def _weights(specimen: Specimen) -> Floats:
    return _of_tensors(specimen, specimen.parameters)


def _gradients(specimen: Specimen) -> Floats:
    return _of_tensors(specimen, specimen.gradients)


def _preactivations(specimen: Specimen) -> Floats:
    layers = [row.layer for row in weighted(specimen.layout) if row.layer is not None]
    return np.stack([histogram(specimen.activations[layer - 1].entering) for layer in layers])


PREACTIVATION_HISTOGRAM = _Histogram(
    id="preactivation_histogram",
    label={"en": "What enters the activations", "zh": "激活函数的输入分布"},
    help={
        "en": "How what enters a layer's activation is spread over the evaluated training samples: a histogram for "
        "every moment.",
        "zh": "在参与评估的训练样本上，进入该层激活函数的值的分布：每个时刻一张直方图。",
    },
    formula=_formula("z"),
    quantities=_ends("z"),
    source=f"{_SOURCE}; Ioffe & Szegedy 2015, figure 1",
    topic="activations",
    rows=weighted,
    measure=_preactivations,
)

WEIGHT_HISTOGRAM = _Histogram(
    id="weight_histogram",
    label={"en": "Weights", "zh": "权重分布"},
    help={
        "en": "How a layer's weights are spread: a histogram for every moment.",
        "zh": "一层权重的分布：每个时刻一张直方图。",
    },
    formula=_formula("w"),
    quantities=_ends("w"),
    source=_SOURCE,
    topic="optimizer",
    rows=of_weights,
    measure=_weights,
)

GRADIENT_HISTOGRAM = _Histogram(
    id="gradient_histogram",
    label={"en": "Gradients of the weights", "zh": "权重梯度分布"},
    help={
        "en": "How the gradient of a layer's weights is spread in the last step, as the optimizer got it.",
        "zh": "最近一步中，优化器得到的该层权重梯度的分布。",
    },
    formula=_formula("g"),
    quantities=_ends("g"),
    source=f"{_SOURCE}; Glorot & Bengio 2010, figure 7",
    topic="gradients",
    rows=of_weights,
    measure=_gradients,
)
