"""What the loss looks like along the gradient of the coming batch: how it curves, and how far the gradient holds."""

from __future__ import annotations

import numpy as np

from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, of_run
from kernels.probes.specimen import Specimen

#: How far to go to either side for a difference of gradients, as a share of the parameters' length: near enough for the
#: curvature to stay, far enough for the gradients' difference to stand out from rounding in float32.
REACH = 2e-4


def _curvature(specimen: Specimen) -> Floats:
    g, w = specimen.way_back.gradient, specimen.parameters
    squared = float(g @ g)
    if not squared > 0:
        return np.array([[squared, np.nan, np.nan, np.nan]], np.float32)
    reach = REACH * (float(np.linalg.norm(w.astype(np.float64))) or 1.0) / np.sqrt(squared)
    up, down = (w + reach * g).astype(np.float32), (w - reach * g).astype(np.float32)
    difference = specimen.gradient(up) - specimen.gradient(down)
    curved = float(g @ difference) / (2 * reach)
    ratio = curved / squared
    return np.array([[squared, curved, ratio, specimen.coming.rate * ratio / 2]], np.float32)


def _predictability(specimen: Specimen) -> Floats:
    g = specimen.way_back.gradient
    there = specimen.gradient((specimen.parameters - specimen.coming.rate * g).astype(np.float32))
    changed, length = float(np.linalg.norm(g - there)), float(np.linalg.norm(g))
    return np.array([[changed, changed / length if length > 0 else np.nan]], np.float32)


CURVATURE = Probe(
    id="curvature",
    label={"en": "Curvature along the gradient", "zh": "沿梯度方向的曲率"},
    help={
        "en": "How the loss of the coming batch bends along its gradient g. The product of the Hessian H with g is "
        "made by central differences of the gradient, not exactly. Where ½ η gᵀHg exceeds gᵀg, their quotient being "
        "above 1, a step of plain gradient descent goes uphill again.",
        "zh": "下一个小批量的损失沿其梯度 g 的弯曲程度。海森矩阵 H 与 g 的乘积由梯度的中心差分近似，并非精确值。"
        "½ η gᵀHg 与 gᵀg 之比大于 1 时，普通梯度下降的一步反而会上坡。",
    },
    formula=r"g^\top g,\quad "
    r"g^\top H g \approx g^\top \frac{\nabla L(\theta + h g) - \nabla L(\theta - h g)}{2h},\quad "
    r"\frac{g^\top H g}{g^\top g},\quad \frac{\eta}{2} \frac{g^\top H g}{g^\top g}",
    source="Goodfellow et al. 2016, 8.2.1, equation 8.10; Pearlmutter 1994, section 2",
    topic="curvature",
    chart="lines",
    rows=of_run,
    quantities=(
        Quantity(id="squared_gradient", label={"en": "Squared gradient", "zh": "梯度平方"}, scale="log", symbol="gᵀg"),
        Quantity(id="curved", label={"en": "Curvature, by differences", "zh": "曲率（差分近似）"}, symbol="gᵀHg"),
        Quantity(id="ratio", label={"en": "Curvature per length", "zh": "单位长度的曲率"}, symbol="gᵀHg / gᵀg"),
        Quantity(id="overshoot", label={"en": "Overshoot", "zh": "越过程度"}, symbol="½ η gᵀHg / gᵀg"),
    ),
    measure=_curvature,
)

PREDICTABILITY = Probe(
    id="predictability",
    label={"en": "Gradient predictability", "zh": "梯度的可预测性"},
    help={
        "en": "How much the gradient of the coming batch changes over one step along it, at the learning rate in "
        "force: its length, and as a share of the gradient's. Near 0 the gradient can be trusted, at 1 it has changed "
        "as much as it is long.",
        "zh": "以当前学习率沿下一个小批量的梯度走一步后，该梯度变化了多少：变化量的长度，以及它与梯度长度之比。接近 0 "
        "说明梯度可信，达到 1 说明变化与梯度本身一样大。",
    },
    formula=r"\Delta g = \lVert \nabla L(\theta) - \nabla L(\theta - \eta \nabla L(\theta)) \rVert,\quad "
    r"\frac{\Delta g}{\lVert \nabla L(\theta) \rVert}",
    source="Santurkar et al. 2018, section 3.1, figure 4",
    topic="curvature",
    chart="lines",
    rows=of_run,
    quantities=(
        Quantity(id="change", label={"en": "Change of the gradient", "zh": "梯度变化"}, scale="log", symbol="Δg"),
        Quantity(
            id="relative",
            label={"en": "Change ÷ length of the gradient", "zh": "梯度变化 ÷ 梯度长度"},
            scale="log",
            symbol="Δg / ‖∇L‖",
        ),
    ),
    measure=_predictability,
)
