"""How the gradient is spread, layer by layer: that of the weights, and what flows back through the layers."""

from __future__ import annotations

import numpy as np

from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, of_layers, weights_of
from kernels.probes.specimen import Specimen


def _measure(specimen: Specimen) -> Floats:
    rows = np.full((len(specimen.layout.layer_names), 2), np.nan, np.float32)
    rows[:, 1] = specimen.way_back.spread
    for tensor in weights_of(specimen.layout):
        part = specimen.way_back.gradient[tensor.offset : tensor.offset + tensor.size]
        rows[tensor.layer - 1, 0] = np.std(part)
    return rows


GRADIENT_SPREAD = Probe(
    id="gradient_spread",
    label={"en": "How the gradient is spread", "zh": "梯度的标准差"},
    help={
        "en": "The standard deviation of the gradient of a layer's weights, and of what flows back to its weighted "
        "sums, in the coming batch: shrinking from the output down it vanishes, growing it explodes.",
        "zh": "下一个小批量中，各层权重梯度的标准差，以及反向传到该层加权和的误差信号的标准差："
        "从输出层往回越来越小即梯度消失，越来越大即梯度爆炸。",
    },
    formula=r"\operatorname{std}\left(\frac{\partial L}{\partial W}\right),\quad "
    r"\operatorname{std}\left(\frac{\partial \ell_i}{\partial z}\right)",
    source="Glorot & Bengio 2010, section 4.2.1, figures 7 and 8",
    topic="gradients",
    chart="lines",
    rows=of_layers,
    quantities=(
        Quantity(
            id="weights",
            label={"en": "Spread of the weights' gradient", "zh": "权重梯度的标准差"},
            scale="log",
            symbol="std(∂L/∂W)",
        ),
        Quantity(
            id="backward",
            label={"en": "Spread of the δ sent back", "zh": "反向传播的 δ 的标准差"},
            scale="log",
            symbol="std(∂ℓ_i/∂z)",
        ),
    ),
    measure=_measure,
)
