"""Normalizations: of what flows through a layer, before or after its activation, or of its weights."""

from kernels.normalizations.batch import BATCH_NORM
from kernels.normalizations.normalization import Normalization, divisors
from kernels.normalizations.sample import GROUP_NORM, INSTANCE_NORM, LAYER_NORM
from kernels.normalizations.weight import WEIGHT_NORM
from kernels.spec import Family

__all__ = ["NORMALIZATIONS", "Normalization", "divisors"]

NORMALIZATIONS = Family(
    "normalizations",
    {"en": "Normalization", "zh": "归一化"},
    {
        "en": "Rescales what flows through a layer, or its weights, so that layers depend less on each other.",
        "zh": "重新缩放流经一层的值或该层的权重，使各层的学习更加独立。",
    },
    (
        Normalization(
            id="none",
            label={"en": "None", "zh": "无"},
            help={"en": "The weighted sum enters the activation as it is.", "zh": "加权和直接进入激活函数。"},
            formula="y = x",
            source="Goodfellow et al. 2016, 6.1",
        ),
        BATCH_NORM,
        LAYER_NORM,
        GROUP_NORM,
        INSTANCE_NORM,
        WEIGHT_NORM,
    ),
    live=False,
)
