"""Units that cannot learn: flat on both sides, silent, or all alike."""

from __future__ import annotations

import numpy as np

from kernels.diagnosis.evidence import LEAST, Doubles, Evidence, Flags, median
from kernels.diagnosis.gradients import VANISHING
from kernels.diagnosis.illness import Illness, Sign
from kernels.probes.specimen import SILENCE_LIMIT

#: Saturated shares of healthy runs stay below 0.5 until they have learned; ill ones are above 0.9.
SATURATED = 0.75
#: From this share on a layer's silent units are more than a few: healthy runs have up to 0.6 while they learn.
DEAD = 0.75
#: What rounding may add to a share.
TINY = 1e-6
#: Units are alike where their weights differ by less than this share of the layer's largest, and symmetric where more
#: than this share of them is.
ALIKE, MOST = 1e-5, 0.5
#: Units that start alike need a few steps to part.
SETTLED = 20


def _saturated(evidence: Evidence) -> Sign | None:
    if evidence.hidden < 1 or not evidence.unlearned:
        return None
    now = median(evidence.of_all("activation_saturated", evidence.recent))[:-1]
    if not (now > SATURATED).any():
        return None
    layer = int(np.nanargmax(now))
    shares = evidence.of_all("activation_saturated", evidence.all_rows)[:, layer]
    return Sign(layer + 1, float(now[layer]), evidence.since(shares > SATURATED))


def may_be_silent(evidence: Evidence) -> bool:
    """Whether batches have so many zeros that it is worth looking for units that are silent for every sample."""
    if evidence.hidden < 1 or evidence.step < SETTLED or not evidence.unlearned:
        return False
    # A silent unit is zero in every batch too.
    return bool((median(evidence.of_all("activation_zeros", evidence.recent))[:-1] >= DEAD).any())


def _dead(evidence: Evidence) -> Sign | None:
    if evidence.hidden < 1 or evidence.step < SETTLED:
        return None
    zeros = evidence.of_all("activation_zeros", evidence.recent)[:, :-1]
    # A layer that is silent as a whole shows in the records too.
    shares = (zeros == 1.0).all(axis=0) * 1.0
    looked_at = np.zeros(len(shares), np.bool_)
    # Units that have been silent from the start have not died, and where gradients vanish although some units speak,
    # too small weights do both.
    if evidence.silent is not None and evidence.unlearned and VANISHING.find(evidence) is None:
        first = median(evidence.of_all("activation_zeros", evidence.all_rows[:LEAST]))[:-1]
        silent, looked_at = evidence.silent[:-1], np.isfinite(evidence.silent[:-1])
        shares = np.where(looked_at, np.where((silent > first) | (silent == 1.0), silent, 0.0), shares)
    if not (shares >= DEAD).any():
        return None
    layer = int(shares.argmax())
    # Units that speak have zeros too: it has been so since there were as many of all as there are of late.
    least = max(shares[layer], zeros[:, layer].min())
    so = evidence.of_all("activation_zeros", evidence.all_rows)[:, layer] >= least - TINY
    samples = evidence.looked_at if looked_at[layer] else min(evidence.samples, evidence.batch_size * len(zeros))
    return Sign(layer + 1, float(shares[layer]), evidence.since(so), samples=samples)


def _shares_alike(evidence: Evidence) -> Doubles:
    """[layers], the share of each hidden layer's units that have the same weights and biases; 0 where not defined."""
    shares = np.zeros(len(evidence.layers))
    for number, layer in enumerate(evidence.layers[:-1], start=1):
        if layer.units < 2 or not layer.sums:
            continue
        tensors = [
            tensor for tensor in evidence.layout.tensors
            if tensor.layer == number and tensor.shape[0] == layer.sums
        ]  # fmt: skip
        rows = np.concatenate(
            [evidence.parameters[t.offset : t.offset + t.size].reshape(layer.sums, -1) for t in tensors], axis=1
        )
        # All first sums of the units lie before all second ones.
        units = rows.reshape(-1, layer.units, rows.shape[1]).swapaxes(0, 1).reshape(layer.units, -1)
        shares[number - 1] = _alike(units, ALIKE * float(np.abs(units).max()))
    return shares


def alike(evidence: Evidence) -> Flags:
    """[layers], whether most of a layer's units are alike."""
    return np.asarray(_shares_alike(evidence) > MOST)


def _symmetric(evidence: Evidence) -> Sign | None:
    if evidence.step < SETTLED:
        return None
    shares = _shares_alike(evidence)
    if not (shares > MOST).any():
        return None
    layer = int(shares.argmax())
    since = 0 if evidence.alike_since is None else int(evidence.alike_since[layer])
    return Sign(layer + 1, float(shares[layer]), since)


def _alike(units: np.ndarray[tuple[int, ...], np.dtype[np.float32]], apart: float) -> float:
    """The share of units: [units, numbers] that belong to the largest group of equal ones; zeros count if all are."""
    # Whether a pair is equal shows in any one number; only the few that agree in one are compared in all.
    order = np.argsort(units[:, 0], kind="stable")
    same = (np.abs(np.diff(units[order], axis=0)) <= apart).all(axis=1)
    edges = np.flatnonzero(np.concatenate([[True], ~same, [True]]))
    sizes = np.diff(edges)
    group = order[edges[sizes.argmax()] : edges[sizes.argmax() + 1]]
    if len(group) < 2 or (len(group) < len(units) and not units[group[0]].any()):
        return 0.0
    return len(group) / len(units)


SATURATED_UNITS = Illness(
    id="saturated",
    label={"en": "Saturated units", "zh": "神经元饱和"},
    help={
        "en": f"More than {SATURATED:.0%} of a layer's activations are within 3 % of the activation's bounds, where it "
        "is flat, while the loss is still above half of a constant answer's. Median over the last quarter of the "
        "steps.",
        "zh": f"某层超过 {SATURATED:.0%} 的激活值离上下界不到 3 %（那里曲线是平的），而损失仍高于恒定输出的一半。"
        "取最近四分之一步的中位数。",
    },
    formula=rf"\frac{{\#\{{|a| \ge 0.97\}}}}{{\#\{{a\}}}} > {SATURATED:g}",
    source="Glorot & Bengio 2010, 3; LeCun et al. 1998, 4.4",
    sentence={
        "en": "Saturated: {number} of layer {layer}'s activations are at their bounds, since step {since}.",
        "zh": "饱和：自第 {since} 步起，第 {layer} 层 {number} 的激活值已到边界。",
    },
    remedy={"en": "Start with smaller weights, or normalize", "zh": "减小初始权重，或加归一化"},
    control="network.layers.{layer}.initializer",
    unit="%",
    explained_by=("diverged", "rate_too_high"),
    find=_saturated,
)

DEAD_UNITS = Illness(
    id="dead",
    label={"en": "Dead units", "zh": "神经元死亡"},
    help={
        "en": "All of a layer's units put out zero for every sample of the last quarter of the records, so that no "
        f"gradient reaches their weights; or at least {DEAD:.0%} of them do for every training sample (of a large set "
        f"for as many as {SILENCE_LIMIT / 1e9:g} billion operations allow), though fewer activations were zero in the "
        "first records, while the loss is still above half of a constant answer's and gradients do not vanish.",
        "zh": "在最近四分之一的记录中，某层的全部神经元对每个样本都输出零，梯度传不到它们的权重；"
        f"或至少 {DEAD:.0%} 的神经元对每个训练样本都输出零"
        f"（数据量大时，只查看 {SILENCE_LIMIT / 1e8:g} 亿次运算之内的样本），"
        "而最初的记录中零激活值的比例更低，损失仍高于恒定输出的一半，且梯度未消失。",
    },
    formula=rf"\frac{{1}}{{n_l}} \#\{{i : a_i(x) = 0\ \forall x\}} \ge {DEAD:g}",
    source="Maas et al. 2013; Lu et al. 2019",
    sentence={
        "en": "Dead: {number} of layer {layer}'s units are silent for all {samples} samples looked at, since step "
        "{since}.",
        "zh": "神经元死亡：自第 {since} 步起，第 {layer} 层 {number} 的神经元对所查看的全部 {samples} 个样本都不响应。",
    },
    remedy={
        "en": "Take an activation that is not flat below zero, and a lower learning rate",
        "zh": "换用负半轴不为零的激活函数，并降低学习率",
    },
    control="network.layers.{layer}.activation",
    unit="%",
    find=_dead,
)

SYMMETRIC = Illness(
    id="symmetric",
    label={"en": "Identical units", "zh": "对称神经元"},
    help={
        "en": f"After {SETTLED} steps more than half of a layer's units still have the same weights and biases, to "
        f"{ALIKE:g} of the largest: they get the same gradient and stay alike.",
        "zh": f"{SETTLED} 步之后，某层半数以上神经元的权重和偏置仍相同（差别小于最大值的 {ALIKE:g}）："
        "它们得到相同的梯度，始终相同。",
    },
    formula=r"w_i = w_j,\ b_i = b_j \ \Rightarrow\ \nabla_{w_i} L = \nabla_{w_j} L",
    source="Goodfellow et al. 2016, 8.4",
    sentence={
        "en": "Identical units: {number} of layer {layer} have the same weights, since step {since}.",
        "zh": "对称：自第 {since} 步起，第 {layer} 层 {number} 的神经元权重相同。",
    },
    remedy={"en": "Start with random weights", "zh": "改用随机的初始权重"},
    control="network.layers.{layer}.initializer",
    unit="%",
    find=_symmetric,
)
