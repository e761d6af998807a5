"""Whether one step's gradient points where that of the step before pointed."""

from __future__ import annotations

import numpy as np

from kernels.layout import Layout
from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, Row, of_layers
from kernels.probes.specimen import Specimen


def _rows(layout: Layout) -> tuple[Row, ...]:
    return Row(), *of_layers(layout)


def _measure(specimen: Specimen) -> Floats:
    last, coming = specimen.gradients.astype(np.float64), specimen.coming.gradients.astype(np.float64)
    layers = np.zeros(last.size, np.intp)
    for tensor in specimen.layout.tensors:
        layers[tensor.offset : tensor.offset + tensor.size] = tensor.layer
    count = 1 + len(specimen.layout.layer_names)
    # Of every layer, then of all together.
    products, lasts, comings = (
        np.bincount(layers, weights, count) for weights in (last * coming, last * last, coming * coming)
    )
    for sums in (products, lasts, comings):
        sums[0] = sums.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines: Floats = (products / np.sqrt(lasts * comings)).astype(np.float32)[:, None]
    return cosines


GRADIENT_COSINE = Probe(
    id="gradient_cosine",
    label={"en": "Direction of successive gradients", "zh": "相邻两步梯度的方向"},
    help={
        "en": "The cosine between the gradients of the last step and of the coming one: near 1 they agree, near 0 the "
        "batches say different things, near −1 the steps swing to and fro.",
        "zh": "最近一步与下一步梯度的余弦：接近 1 表示方向一致，接近 0 表示各小批量意见不同，接近 −1 表示来回振荡。",
    },
    formula=r"\cos(g_t, g_{t+1}) = \frac{g_t^\top g_{t+1}}{\lVert g_t \rVert\,\lVert g_{t+1} \rVert}",
    source="Goodfellow et al. 2016, 8.3.2",
    topic="gradients",
    chart="lines",
    rows=_rows,
    quantities=(Quantity(id="cosine", label={"en": "Cosine", "zh": "余弦"}, symbol="cos(g_t, g_{t+1})"),),
    measure=_measure,
)
