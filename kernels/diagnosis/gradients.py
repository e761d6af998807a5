"""Gradients that fade or grow on their way back."""

from __future__ import annotations

import math

import numpy as np

from kernels.clippings import CLIPPINGS
from kernels.diagnosis.evidence import Doubles, Evidence, Rows, median
from kernels.diagnosis.illness import Illness, Sign

#: While they have learned little, healthy runs keep at least 0.03 of the gradient down to the first layer, vanishing
#: ones at most 1e-4.
FADED = 1e-3
#: Healthy gradients that are longer than this do not grow by more than 1.5 meanwhile; exploding ones by ten and more.
GROWN, LONG = 5.0, 2.0
#: Before this step a network that begins with zeros has not settled.
SETTLED = 20


def _relative(evidence: Evidence, rows: Rows) -> tuple[Doubles, Doubles]:
    """[rows, hidden layers], the rms gradient of weights, and that of biases or shifts, over the output layer's.

    NaN for a layer that has none.
    """
    norms = evidence.of_all("gradient_norm", rows)
    kinds: dict[bool, Doubles] = {True: np.full((len(rows), len(evidence.layers)), np.nan)}
    kinds[False] = kinds[True].copy()
    for place, tensor in enumerate(evidence.layout.tensors):
        if tensor.role in {"weight", "bias", "beta"}:
            kinds[tensor.role == "weight"][:, tensor.layer - 1] = norms[:, place] / math.sqrt(tensor.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights, biases = (
            np.where(values[:, -1:] > 0, values[:, :-1] / values[:, -1:], np.nan) for values in kinds.values()
        )
    return weights, biases


def _vanishing(evidence: Evidence) -> Sign | None:
    if evidence.hidden < 1 or evidence.step < SETTLED or not evidence.unlearned:
        return None

    def least(rows: Rows) -> Doubles:
        return np.fmin(*_relative(evidence, rows))

    now = median(least(evidence.recent))
    if not (now < FADED).any():
        return None
    layer = int(np.nanargmin(now))
    return Sign(layer + 1, float(now[layer]), evidence.since(least(evidence.all_rows)[:, layer] < FADED))


def _exploding(evidence: Evidence) -> Sign | None:
    clipped = CLIPPINGS[evidence.training.clipping.id].acts
    if evidence.hidden < 1 or evidence.step < SETTLED or clipped or not evidence.unlearned:
        return None

    # A convolution's gradient sums over its pixels, by which it would seem to grow.
    pixels = np.sqrt([layer.pixels for layer in evidence.layers[:-1]])

    def most(rows: Rows) -> Doubles:
        return np.asarray(np.fmax(*_relative(evidence, rows)) / pixels)

    now = median(most(evidence.recent))
    if not (now > GROWN).any() or not median(evidence.total("gradient_norm", evidence.recent)) > LONG:
        return None
    layer, rows = int(np.nanargmax(now)), evidence.all_rows
    holds = (most(rows)[:, layer] > GROWN) & (evidence.total("gradient_norm", rows) > LONG)
    return Sign(layer + 1, float(now[layer]), evidence.since(holds))


EXPLODING = Illness(
    id="exploding",
    label={"en": "Exploding gradients", "zh": "梯度爆炸"},
    help={
        "en": f"On its way back the gradient (rms, of weights or biases) grows more than {GROWN:g}-fold from the "
        "output layer to a hidden one (of a convolution: over the square root of its pixels), all of it is longer than "
        f"{LONG:g}, and the loss is still above half of a constant answer's. Medians over the last quarter of the "
        "steps; not where gradients are clipped.",
        "zh": f"反向传播时，权重或偏置的梯度（均方根）从输出层到某隐藏层放大超过 {GROWN:g} 倍"
        f"（卷积层除以像素数的平方根），总梯度长度超过 {LONG:g}，而损失仍高于恒定输出的一半。"
        "取最近四分之一步的中位数；使用梯度裁剪时不判定。",
    },
    formula=rf"\max_l \frac{{\mathrm{{rms}}(g_l)}}{{\mathrm{{rms}}(g_L)}} > {GROWN:g},\quad \|g\| > {LONG:g}",
    source="Pascanu et al. 2013; Goodfellow et al. 2016, 8.2.4",
    sentence={
        "en": "Exploding gradients: at layer {layer} they are {number} times those of the output, since step {since}.",
        "zh": "梯度爆炸：自第 {since} 步起，第 {layer} 层的梯度是输出层的 {number} 倍。",
    },
    remedy={"en": "Clip gradients, or start with smaller weights", "zh": "裁剪梯度，或减小初始权重"},
    control="training.clipping",
    find=_exploding,
)

VANISHING = Illness(
    id="vanishing",
    label={"en": "Vanishing gradients", "zh": "梯度消失"},
    help={
        "en": "The gradient (rms, of weights or biases) of a hidden layer is less than a thousandth of the output "
        f"layer's ({FADED:g}), while the loss is still above half of a constant answer's. Medians over the last "
        "quarter of the steps.",
        "zh": f"某隐藏层权重或偏置的梯度（均方根）不到输出层的千分之一（{FADED:g}），"
        "而损失仍高于恒定输出的一半。取最近四分之一步的中位数。",
    },
    formula=rf"\min_l \frac{{\mathrm{{rms}}(g_l)}}{{\mathrm{{rms}}(g_L)}} < 10^{{{round(np.log10(FADED))}}}",
    source="Hochreiter 1991; Glorot & Bengio 2010",
    sentence={
        "en": "Vanishing gradients: at layer {layer} only {number} of the output's is left, since step {since}.",
        "zh": "梯度消失：自第 {since} 步起，第 {layer} 层的梯度只有输出层的 {number}。",
    },
    remedy={
        "en": "Take ReLU and He's weights, normalize, or add skip connections",
        "zh": "改用 ReLU 和 He 初始化、归一化，或加残差连接",
    },
    control="network.layers.{layer}.activation",
    explained_by=("diverged", "rate_too_high", "dead", "symmetric", "saturated"),
    find=_vanishing,
)
