"""Steps of the wrong size, and statistics of too few samples."""

from __future__ import annotations

import math

import numpy as np

from kernels.diagnosis.evidence import Doubles, Evidence, Rows, median
from kernels.diagnosis.illness import Illness, Sign
from kernels.samplings import SAMPLINGS, SORTED

#: Over the last quarter of its steps a loss that no longer falls swings by so much of a constant answer's loss (healthy
#: runs, while they have learned little: at most 0.03), or it has grown past that loss by so many times.
SWING, GROWN = 0.05, 1.3
#: Falling means at least this share between the second quarter of the steps and the last.
FALLING = 0.97
#: Records with a loss of the whole training set that a swing is read from.
LEAST, SPREAD = 6, (0.1, 0.9)
#: Steps so short against the weights, while the loss has fallen by less than this share of a constant answer's, are too
#: short: healthy runs, before they have learned, are above 3e-4; usual is 1e-3.
SHORT, LITTLE = 1e-4, 0.1
#: How far the means of a batch may be from those of all samples, in standard deviations: six samples are too few where
#: nothing but samples differs.
NOISY = 0.4
#: The first two are judged from this step on.
SETTLED = 50


def _rate_too_high(evidence: Evidence) -> Sign | None:
    swinging_batches = SAMPLINGS[evidence.training.sampling.id].code == SORTED
    if evidence.step < SETTLED or not evidence.unlearned or swinging_batches:
        return None
    constant, now, before = evidence.constant_loss, evidence.loss_now, evidence.loss(evidence.before)
    grown = now > GROWN * np.fmax(constant, evidence.loss(evidence.all_rows[:1]))
    losses = evidence.of_run("train_loss", evidence.recent)
    losses = losses[np.isfinite(losses)]
    swing = float(np.ptp(np.quantile(losses, SPREAD))) if len(losses) >= LEAST else 0.0
    swings = swing > SWING * constant and now > FALLING * before
    if not (grown or swings):
        return None
    holds = evidence.of_run("loss", evidence.all_rows) > FALLING * np.fmin(now, before)
    return Sign(None, now / constant, evidence.since(holds))


def _rate_too_low(evidence: Evidence) -> Sign | None:
    warming = evidence.step < evidence.training.warmup
    if evidence.step < SETTLED or warming or not evidence.unlearned:
        return None

    def ratios(rows: Rows) -> Doubles:
        with np.errstate(divide="ignore", invalid="ignore"):
            return evidence.total("update_norm", rows) / evidence.total("weight_norm", rows)

    now = float(median(ratios(evidence.recent)))
    fallen = evidence.loss(evidence.all_rows[:2]) - evidence.loss_now
    if not (0 < now < SHORT and fallen < LITTLE * evidence.constant_loss):
        return None
    return Sign(None, now, evidence.since(ratios(evidence.all_rows) < SHORT))


def _of_batches(evidence: Evidence) -> list[bool]:
    """Which layers are normalized by what a batch has."""
    return [bool(layer.normalized) and layer.normalization.running for layer in evidence.layers]


def may_be_noisy(evidence: Evidence) -> bool:
    """Whether batches are so small that it is worth measuring how much of the variance lies between samples."""
    return any(_of_batches(evidence)) and 1 / math.sqrt(evidence.batch_size) > NOISY


def _noisy_statistics(evidence: Evidence) -> Sign | None:
    if evidence.between is None:
        return None
    noise = np.where(_of_batches(evidence), np.sqrt(evidence.between / evidence.batch_size), np.nan)
    if not (noise > NOISY).any():
        return None
    layer = int(np.nanargmax(noise))
    # Batches may have had other sizes; what was measured now is taken for all that time.
    return Sign(
        layer + 1, float(noise[layer]), evidence.since(evidence.between[layer] > NOISY**2 * evidence.batch_sizes)
    )


RATE_TOO_HIGH = Illness(
    id="rate_too_high",
    label={"en": "Learning rate too high", "zh": "学习率过大"},
    help={
        "en": f"From step {SETTLED} on, while the training loss is above half of a constant answer's: it no longer "
        f"falls (at least {FALLING:.0%} of what it was in the second quarter of the steps), and in the last quarter "
        f"swings by more than {SWING:.0%} of a constant answer's loss (from its 10th percentile to its 90th); or it "
        f"has grown past {GROWN:g} times that loss.",
        "zh": f"第 {SETTLED} 步之后，训练损失高于恒定输出的一半时：损失不再下降"
        f"（不低于第二个四分之一步的 {FALLING:.0%}），"
        f"且最近四分之一步内的摆动（第 10 到第 90 百分位）超过恒定输出损失的 {SWING:.0%}；"
        f"或已增大到其 {GROWN:g} 倍以上。",
    },
    formula=rf"Q_{{90}}(L) - Q_{{10}}(L) > {SWING:g}\, \min_c L(c)\quad\text{{or}}\quad L > {GROWN:g}\, \min_c L(c)",
    source="LeCun et al. 1998, 5; Goodfellow et al. 2016, 11.4.1",
    sentence={
        "en": "Learning rate too high: the loss jumps instead of falling, at {number} times a constant answer's, since "
        "step {since}.",
        "zh": "学习率过大：自第 {since} 步起损失来回跳动而不下降，是恒定输出的 {number} 倍。",
    },
    remedy={"en": "Lower the learning rate", "zh": "降低学习率"},
    control="training.optimizer.learning_rate",
    find=_rate_too_high,
)

RATE_TOO_LOW = Illness(
    id="rate_too_low",
    label={"en": "Learning rate too low", "zh": "学习率过小"},
    help={
        "en": f"From step {SETTLED} on and after the warm-up, while the training loss is above half of a constant "
        f"answer's and has fallen by less than {LITTLE:.0%} of it: a step changes the weights by less than "
        f"{SHORT:g} of their length, where a thousandth is usual. Median over the last quarter of the steps.",
        "zh": f"第 {SETTLED} 步及预热之后，训练损失高于恒定输出的一半、下降不到其 {LITTLE:.0%}，"
        f"而每步的更新量不到权重长度的 {SHORT:g}（通常约千分之一）。取最近四分之一步的中位数。",
    },
    formula=rf"\frac{{\|\Delta\theta\|}}{{\|\theta\|}} < 10^{{{round(np.log10(SHORT))}}}",
    source="Goodfellow et al. 2016, 11.4.1; LeCun et al. 1998, 4.7",
    sentence={
        "en": "Learning rate too low: a step changes the weights by only {number} of their length, since step {since}.",
        "zh": "学习率过小：自第 {since} 步起，每步只改变权重长度的 {number}。",
    },
    remedy={"en": "Raise the learning rate", "zh": "提高学习率"},
    control="training.optimizer.learning_rate",
    explained_by=("diverged", "rate_too_high", "dead", "symmetric", "vanishing"),
    find=_rate_too_low,
)

NOISY_STATISTICS = Illness(
    id="noisy_statistics",
    label={"en": "Batch statistics too noisy", "zh": "批统计量噪声过大"},
    help={
        "en": "A layer is normalized by the mean and variance of batches of so few samples that these means are more "
        f"than {NOISY:g} standard deviations off on the average: √(s/m) for m samples, where s is the measured share "
        "of the variance that lies between samples: 1 in a dense layer (so six samples and fewer), less where an "
        "image's own pixels differ.",
        "zh": f"归一化所用的均值和方差来自太小的批量：m 个样本的均值平均偏差为 √(s/m) 个标准差，超过 {NOISY:g} 时判定。"
        "s 是实测的样本间方差占总方差的比例：全连接层为 1（即 m 不大于 6），图像自身像素有差异时更小。",
    },
    formula=rf"\sqrt{{\mathbb{{E}}\,\frac{{(\mu_B - \mu)^2}}{{\sigma^2}}}} = \sqrt{{\frac{{s}}{{m}}}} > {NOISY:g},"
    r"\quad s = \frac{\operatorname{Var}_i \mathbb{E}_p\, x_{ip}}{\operatorname{Var}_{ip}\, x_{ip}}",
    source="Wu & He 2018; Ioffe 2017",
    sentence={
        "en": "Noisy batch statistics: at layer {layer} a batch's means are about {number} standard deviations off, "
        "since step {since}.",
        "zh": "批统计量噪声过大：自第 {since} 步起，第 {layer} 层小批量均值平均偏离约 {number} 个标准差。",
    },
    remedy={"en": "Take larger batches, or normalize within the sample", "zh": "增大批量，或在样本内归一化"},
    control="training.batch_size",
    find=_noisy_statistics,
)
