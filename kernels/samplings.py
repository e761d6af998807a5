"""How minibatches are drawn from the training set, one entry each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.cache import function
from kernels.rng import next_bits, shuffle
from kernels.simd import Pointer
from kernels.spec import Family, Variant

_U64 = np.uint64
SHUFFLED, SHUFFLED_ONCE, SORTED, WITH_REPLACEMENT = range(4)


@dataclass(frozen=True, kw_only=True)
class Sampling(Variant):
    """A way of drawing. `code` is what `draw_epoch` knows it by.

    One of `order_only` matters for which samples meet in a batch, and not where a batch holds all of them.
    """

    code: int
    order_only: bool = False


@function
def draw_epoch(order: Pointer, sorted_order: Pointer, size: int, random: Pointer, sampling: int, first: bool) -> None:
    """The order of samples in the coming epoch into order: [size]; sorted_order: [size], by target.

    `random` is the generator's state; `first` tells that no epoch was drawn in this way yet.
    """
    if sampling == SORTED:
        for i in range(size):
            order[i] = sorted_order[i]
    elif sampling == WITH_REPLACEMENT:
        for i in range(size):
            high = _U64(next_bits(random) >> _U64(32))
            order[i] = np.int64(_U64(high * _U64(size)) >> _U64(32))
    else:
        if first:
            for i in range(size):
                order[i] = i
        if first or sampling == SHUFFLED:
            shuffle(order, size, random)


SAMPLINGS = Family(
    "samplings",
    {"en": "Sampling", "zh": "采样方式"},
    {"en": "In which order training samples form minibatches.", "zh": "训练样本以何种顺序组成小批量。"},
    (
        Sampling(
            id="shuffled",
            label={"en": "Shuffled every epoch", "zh": "每轮打乱"},
            help={
                "en": "Every sample once an epoch, in a new order each time.",
                "zh": "每轮每个样本恰好一次，每轮顺序不同。",
            },
            formula=r"i_1, \dots, i_n = \pi_e(1, \dots, n)",
            source="Goodfellow et al. 2016, 8.1.3",
            code=SHUFFLED,
        ),
        Sampling(
            id="shuffled_once",
            label={"en": "Shuffled once", "zh": "仅打乱一次"},
            help={
                "en": "Every sample once an epoch, always in the same random order.",
                "zh": "每轮每个样本恰好一次，随机顺序固定不变。",
            },
            formula=r"i_1, \dots, i_n = \pi(1, \dots, n)",
            source="Goodfellow et al. 2016, 8.1.3",
            code=SHUFFLED_ONCE,
            order_only=True,
        ),
        Sampling(
            id="sorted",
            label={"en": "Sorted by target", "zh": "按目标排序"},
            help={
                "en": "Class after class: batches are no fair sample, and each undoes what the one before has taught.",
                "zh": "按类别依次排列：小批量不再有代表性，后一批会抵消前一批学到的内容。",
            },
            formula=r"y_{i_1} \le y_{i_2} \le \dots \le y_{i_n}",
            source="Goodfellow et al. 2016, 8.1.3",
            code=SORTED,
            order_only=True,
        ),
        Sampling(
            id="with_replacement",
            label={"en": "With replacement", "zh": "有放回"},
            help={
                "en": "Each draw independent: unbiased gradients, though some samples wait long for their turn.",
                "zh": "每次独立抽取：梯度无偏，但有些样本要等很久才轮到。",
            },
            formula=r"i_k \sim \mathcal{U}\{1, \dots, n\}",
            source="Robbins & Monro 1951; Bottou et al. 2018, 4",
            code=WITH_REPLACEMENT,
        ),
    ),
    live=True,
)
