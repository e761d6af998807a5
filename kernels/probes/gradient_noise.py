"""How much the gradient of a batch tells of the one of all samples."""

from __future__ import annotations

import numpy as np

from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, of_run
from kernels.probes.specimen import Specimen

#: Batches that are compared at most, and at least, and the operations up to which there are more than the least.
MOST, LEAST, CHEAP = 16, 4, 40e6


def parts(specimen: Specimen) -> tuple[int, int]:
    """How many batches of how many samples are compared: of the run's size, or smaller where that gives too few."""
    samples, size = len(specimen.evaluated[0]), specimen.batch_size
    most = MOST if 6.0 * specimen.layout.operations * size * MOST <= CHEAP else LEAST
    count = min(max(LEAST, min(samples // size, most)), samples)
    return count, min(size, samples // count)


def _measure(specimen: Specimen) -> Floats:
    x, y = specimen.evaluated
    count, size = parts(specimen)
    if count < 2:
        return np.full((1, 4), np.nan, np.float32)
    mean, squares = np.zeros(specimen.parameters.size), 0.0
    for number in range(count):
        batch = slice(number * size, (number + 1) * size)
        specimen.passes.put(x[batch], y[batch])
        g = specimen.passes.gradient(specimen.parameters, specimen.step)
        # Welford's update: sums of squares would cancel where gradients differ little.
        away = g - mean
        mean += away / (number + 1)
        squares += float(away @ (g - mean))
    of_one = size * squares / (count - 1)
    spread = 0.0 if specimen.batch_size >= specimen.samples else of_one / specimen.batch_size
    full = float(mean @ mean)
    ratios = (spread / full, of_one / full) if full > 0 else (np.nan, np.nan)
    return np.array([[spread, full, *ratios]], np.float32)


GRADIENT_NOISE = Probe(
    id="gradient_noise",
    label={"en": "Gradient noise", "zh": "梯度噪声"},
    help={
        "en": "How far the gradients of batches of the evaluated training samples lie from their mean: the trace of "
        "their covariance at the run's batch size, the squared length of the mean, and their quotient. The noise scale "
        "is the batch size at which it is 1: larger batches gain little.",
        "zh": "在参与评估的训练样本上，各小批量梯度偏离其平均梯度的程度：当前批量下协方差矩阵的迹、"
        "平均梯度长度的平方及两者之比。噪声尺度是使该比值为 1 的批量大小：批量再大收益也不多。",
    },
    formula=r"\operatorname{tr}\Sigma_B = \mathbb{E}\,\lVert g_B - \bar g \rVert^2,\quad \lVert \bar g \rVert^2,\quad "
    r"\frac{\operatorname{tr}\Sigma_B}{\lVert \bar g \rVert^2},\quad "
    r"B_{\text{simple}} = B\,\frac{\operatorname{tr}\Sigma_B}{\lVert \bar g \rVert^2}",
    source="McCandlish et al. 2018, section 2.2, equation 2.9",
    topic="curvature",
    chart="lines",
    rows=of_run,
    quantities=(
        Quantity(
            id="spread",
            label={"en": "Spread of batch gradients", "zh": "小批量梯度的离散程度"},
            scale="log",
            symbol="tr Σ_B",
        ),
        Quantity(id="full", label={"en": "Mean gradient, squared", "zh": "平均梯度的平方"}, scale="log", symbol="‖ḡ‖²"),
        Quantity(
            id="relative", label={"en": "Noise ÷ signal", "zh": "噪声 ÷ 信号"}, scale="log", symbol="tr Σ_B / ‖ḡ‖²"
        ),
        Quantity(
            id="noise_scale",
            label={"en": "Noise scale, in samples", "zh": "噪声尺度（样本数）"},
            scale="log",
            symbol="B_{simple}",
        ),
    ),
    measure=_measure,
)
