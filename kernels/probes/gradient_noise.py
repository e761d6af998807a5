"""How much the gradient of a batch tells of the one of all samples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kernels.network import Floats
from kernels.probes.probe import Probe, Quantity, of_run
from kernels.probes.specimen import Specimen

#: Batches that are compared at most, and at least, and the operations up to which there are more than the least.
MOST, LEAST, CHEAP = 64, 4, 120e6


def parts(specimen: Specimen) -> NDArray[np.intp]:
    """Where the batches that are compared begin and end: [batches + 1], places in the evaluated samples.

    Together they are all of these, where that is cheap; each is about as large as the run's, or smaller where that
    gives too few, or larger where that gives too many.
    """
    samples, size = len(specimen.evaluated[0]), specimen.batch_size
    affordable = max(LEAST * size, int(CHEAP / (6.0 * specimen.layout.operations)))
    looked_at = min(samples, affordable, MOST * specimen.passes.most)
    count = max(min(looked_at // size, MOST), -(-looked_at // specimen.passes.most), min(LEAST, looked_at))
    return np.linspace(0, looked_at, count + 1).astype(np.intp)


def _measure(specimen: Specimen) -> Floats:
    """The spread of batch gradients around the full gradient of the training set, and what follows from it: [1, 4].

    The mean ḡ of the compared batches, each with its size m_b as its weight, is the full gradient g of these n samples,
    and Σ m_b |g_b − ḡ|² / (batches − 1) estimates tr Σ, the spread of single samples, without bias. Of the N training
    samples n are a random choice, by which |ḡ|² is too large by (1/n − 1/N) tr Σ on the average; that is subtracted
    (McCandlish et al. 2018, appendix A.1, with n for the larger batch), and is 0 where all are looked at. In the same
    way batches of B samples lie (1/B − 1/N) tr Σ from g. Where noise leaves nothing of |g|², it is not defined.
    """
    (x, y), edges = specimen.evaluated, parts(specimen)
    if len(edges) < 3:
        return np.full((1, 4), np.nan, np.float32)
    mean, squares = np.zeros(specimen.parameters.size), 0.0
    for start, end in pairwise(edges.tolist()):
        specimen.passes.put(x[start:end], y[start:end])
        g = specimen.passes.gradient(specimen.parameters, specimen.step)
        # Welford's update: sums of squares would cancel where gradients differ little.
        away = g - mean
        mean += away * ((end - start) / end)
        squares += (end - start) * float(away @ (g - mean))
    of_one = squares / (len(edges) - 2)
    spread = of_one * (1 / min(specimen.batch_size, specimen.samples) - 1 / specimen.samples)
    full = float(mean @ mean) - of_one * (1 / int(edges[-1]) - 1 / specimen.samples)
    known = (full, spread / full, of_one / full) if full > 0 else (np.nan,) * 3
    return np.array([[spread, *known]], np.float32)


GRADIENT_NOISE = Probe(
    id="gradient_noise",
    label={"en": "Gradient noise", "zh": "梯度噪声"},
    help={
        "en": "How far the gradients of batches lie from the full gradient g, that of all N training samples: the "
        "expected square of the distance at the run's batch size B (drawn without replacement), |g|², and their "
        "quotient. The noise scale is about the batch size at which it is 1: larger batches gain little. Where only "
        "some of the samples are evaluated, what their noise adds to |g|² is subtracted.",
        "zh": "小批量梯度偏离全体 N 个训练样本的完整梯度 g 的程度：当前批量 B 下（不放回抽样）距离平方的期望、"
        "|g|² 以及两者之比。噪声尺度约为使该比值为 1 的批量大小：批量再大收益也不多。"
        "若只评估了部分样本，会从 |g|² 中减去其噪声带来的偏差。",
    },
    formula=r"\operatorname{tr}\Sigma_B = \mathbb{E}\,\lVert g_B - g \rVert^2 "
    r"= \left(\frac{1}{B} - \frac{1}{N}\right) \operatorname{tr}\Sigma,\quad \lVert g \rVert^2,\quad "
    r"\frac{\operatorname{tr}\Sigma_B}{\lVert g \rVert^2},\quad "
    r"B_{\text{simple}} = \frac{\operatorname{tr}\Sigma}{\lVert g \rVert^2}",
    source="McCandlish et al. 2018, section 2.2, equation 2.9, and appendix A.1",
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
        Quantity(id="full", label={"en": "Full gradient, squared", "zh": "完整梯度的平方"}, scale="log", symbol="‖g‖²"),
        Quantity(
            id="relative", label={"en": "Noise ÷ signal", "zh": "噪声 ÷ 信号"}, scale="log", symbol="tr Σ_B / ‖g‖²"
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
