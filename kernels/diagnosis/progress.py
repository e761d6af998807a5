"""How the loss goes: out of the numbers, nowhere, or up again on the test set."""

from __future__ import annotations

import numpy as np

from kernels.diagnosis.evidence import Evidence, median
from kernels.diagnosis.illness import Illness, Sign

#: A plateau is judged from this step on, while the loss is above this share of a constant answer's and has fallen by
#: less than that share of it. Healthy runs are below 0.96 by then, or fall.
PATIENT, AT_CONSTANT, STILL = 300, 0.97, 0.01
#: Over its lowest, the test loss has risen by so much of a constant answer's loss, and by so many times itself.
RISEN, TIMES = 0.25, 1.5
#: Records whose median is one value of the test loss.
SMOOTH = 9


def _diverged(evidence: Evidence) -> Sign | None:
    if evidence.culprit is None:
        return None
    layers = {layer.name: number for number, layer in enumerate(evidence.layers, start=1)}
    layer = layers.get(evidence.culprit.split(".")[0])
    return Sign(layer, float(evidence.step), evidence.step, tensor=evidence.culprit)


def _plateau(evidence: Evidence) -> Sign | None:
    if evidence.step < PATIENT or not evidence.unlearned:
        return None
    constant, now, before = evidence.constant_loss, evidence.loss_now, evidence.loss(evidence.before)
    if not (now > AT_CONSTANT * constant and before - now < STILL * constant):
        return None
    lower = np.fmin(*evidence.losses(evidence.all_rows).T)
    return Sign(None, now, evidence.since(lower > AT_CONSTANT * constant))


def _overfitting(evidence: Evidence) -> Sign | None:
    rows = evidence.all_rows
    test, train = evidence.of_run("test_loss", rows), evidence.of_run("train_loss", rows)
    known = np.isfinite(test) & np.isfinite(train)
    test, train, steps = test[known], train[known], evidence.steps[rows[known]]
    if len(test) < 3:
        return None
    width = min(SMOOTH, len(test) // 3)
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(np.stack([test, train]), width, axis=1), axis=2)
    best = int(smooth[0].argmin())
    lowest, train_then = smooth[:, best]
    now, train_now = (median(evidence.of_run(name, evidence.recent)) for name in ("test_loss", "train_loss"))
    risen = now - lowest > RISEN * evidence.constant_loss and now > TIMES * lowest
    if not (risen and train_now <= train_then):
        return None
    return Sign(None, float(now / lowest), int(steps[best + width // 2]))


DIVERGED = Illness(
    id="diverged",
    label={"en": "Diverged", "zh": "发散"},
    help={
        "en": "A weight, an activation or the loss is infinite or not a number: training has ended.",
        "zh": "某个权重、激活值或损失已是无穷大或非数（NaN）：训练终止。",
    },
    formula=r"\exists\, i:\ \theta_i \notin \mathbb{R}",
    source="Goodfellow et al. 2016, 8.2.4",
    sentence={
        "en": "Diverged at step {since}; the first that was no longer finite: {tensor}.",
        "zh": "发散：在第 {since} 步，{tensor}最先不再是有限数。",
    },
    remedy={"en": "Lower the learning rate", "zh": "降低学习率"},
    control="training.optimizer.learning_rate",
    find=_diverged,
)

PLATEAU = Illness(
    id="plateau",
    label={"en": "Plateau", "zh": "平台期"},
    help={
        "en": f"After {PATIENT} steps the training loss is above {AT_CONSTANT:.0%} of what the best constant answer "
        f"costs, and from the second quarter of the steps to the last it has fallen by less than {STILL:.0%} of that.",
        "zh": f"{PATIENT} 步之后，训练损失仍高于最佳恒定输出的 {AT_CONSTANT:.0%}，且从第二个四分之一步到最后四分之一步"
        f"下降不到其 {STILL:.0%}。",
    },
    formula=rf"L > {AT_CONSTANT:g}\, \min_c L(c)",
    source="Goodfellow et al. 2016, 8.2.2-8.2.3; Dauphin et al. 2014",
    sentence={
        "en": "Plateau: at {number} the loss is no better than a constant answer's, since step {since}.",
        "zh": "平台期：自第 {since} 步起，损失停在 {number}，不比恒定输出更好。",
    },
    remedy={"en": "Add hidden units, or take another optimizer", "zh": "增加隐藏单元，或换用其他优化器"},
    control="training.optimizer",
    explained_by=(
        "diverged", "exploding", "rate_too_high", "dead", "symmetric", "vanishing", "saturated", "rate_too_low",
    ),
    find=_plateau,
)  # fmt: skip

OVERFITTING = Illness(
    id="overfitting",
    label={"en": "Overfitting", "zh": "过拟合"},
    help={
        "en": f"The test loss is {TIMES:g} times its lowest and above it by more than {RISEN:.0%} of a constant "
        "answer's loss, while the training loss has not risen since. Medians over nine records, and over the last "
        "quarter of the steps.",
        "zh": f"测试损失达到其最低值的 {TIMES:g} 倍，且升高超过恒定输出损失的 {RISEN:.0%}，而训练损失没有上升。"
        "取九个记录及最近四分之一步的中位数。",
    },
    formula=rf"E_\text{{test}} > {TIMES:g}\, \min E_\text{{test}},\quad"
    rf" E_\text{{test}} - \min E_\text{{test}} > {RISEN:g}\, \min_c L(c)",
    source="Prechelt 1998; Goodfellow et al. 2016, 5.2",
    sentence={
        "en": "Overfitting: the test loss is {number} times its lowest, rising since step {since}.",
        "zh": "过拟合：测试损失自第 {since} 步起上升，已是最低值的 {number} 倍。",
    },
    remedy={"en": "Regularize, drop units, stop early, or add data", "zh": "加正则化或随机失活、早停，或增加数据"},
    control="training.regularizers",
    explained_by=("diverged", "rate_too_high"),
    find=_overfitting,
)
