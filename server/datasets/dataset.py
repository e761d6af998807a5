"""What a data set is, and the numbers that all generated ones let a person set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.network import Floats
from kernels.spec import Param, Text, Variant

Task: TypeAlias = Literal["regression", "binary", "multiclass", "multilabel"]

#: Points of the plane lie in [-PLANE, PLANE] x [-PLANE, PLANE].
PLANE = 6.0

#: Inputs [samples, width] and targets [samples], not yet shuffled: a sampler may return one class after the other.
#: Inputs are float32, or uint8 for images.
Samples: TypeAlias = tuple[NDArray[Any], Floats]
Sampler: TypeAlias = Callable[[np.random.Generator, Mapping[str, float]], Samples]


@dataclass(frozen=True)
class Axis:
    """How a scaled number is read in its own unit: `offset + scale * number`, under the name of its column."""

    name: str
    offset: float
    scale: float


@dataclass(frozen=True, kw_only=True)
class Dataset(Variant):
    """A data set: what is to be learned from it, and how its samples come about.

    `classes` is 0 for regression. Images are `channels` (1: grey, 3: red, green, blue) times `height` x `width` bytes,
    channel by channel and row by row, from 0 to `levels`, which is read as 1. Standardizing gives each channel one mean
    and deviation. A table has `width` input columns, each scaled to the plane's range, and a `height` of 1; with two of
    them it is of the plane. Samples of an `ordered` set stay in their order, the first to train on and the last to test
    on.
    `columns` and `target` say how the numbers of own data are read in their own units. `uploaded` marks the entry that
    stands for own data: its samples, drawn by a person, are those of its thumbnail only.
    """

    task: Task
    classes: int
    sampler: Sampler
    kind: Literal["plane", "images", "table"] = "plane"
    width: int = 0
    height: int = 0
    channels: int = 1
    levels: int = 255
    class_names: tuple[str, ...] = ()
    columns: tuple[Axis, ...] = ()
    target: Axis | None = None
    uploaded: bool = False
    ordered: bool = False

    @property
    def outputs(self) -> int:
        """How many values a network gives for a sample: one logit or number, or one logit a class or label."""
        return self.classes if self.task in {"multiclass", "multilabel"} else 1

    @property
    def inputs(self) -> int:
        """How many numbers a sample has before any feature is made of them."""
        return self.channels * self.height * self.width if self.kind == "images" else self.width

    def sized(self, _params: Mapping[str, float]) -> Self:
        """The data set with the size that its images have for these parameters."""
        return self

    def generate(self, rng: np.random.Generator, params: Mapping[str, float], training: int = 0) -> Samples:
        """Draw the samples that `params` ask for, in random order, float32; images are uint8.

        Targets are -1 or +1 for two classes, the class index for several, and within about [-1, 1] for regression;
        labels of which a sample may carry several are one number, as `kernels.labels` packs them.
        The same generator state gives the same samples. Where there are more than that, it is the first so many of them
        in their random order; of an ordered set, the first `training` ones and, for the others, the last.
        """
        inputs, targets = self.sampler(rng, params)
        count = min(len(targets), int(params.get("samples", len(targets))))
        if self.kind == "plane":
            inputs = np.clip(inputs, -PLANE, PLANE).astype(np.float32)
        if self.ordered:
            order = np.r_[:training, len(targets) - count + training : len(targets)]
        else:
            order = rng.permutation(len(targets))[:count]
        return np.ascontiguousarray(inputs[order]), np.ascontiguousarray(targets[order], np.float32)


SAMPLES = Param(
    id="samples",
    label=Text(en="Samples", zh="样本数"),
    help=Text(en="How many points there are, for training and test together.", zh="训练集和测试集样本的总数。"),
    default=500,
    minimum=100,
    maximum=5000,
    scale="log",
    integer=True,
    live=False,
)

NOISE = Param(
    id="noise",
    label=Text(en="Noise", zh="噪声"),
    help=Text(
        en="How far chance moves the points or their targets. More noise makes overfitting easier to see.",
        zh="随机扰动点的位置或目标值的幅度。噪声越大，过拟合越容易看到。",
    ),
    default=0.1,
    minimum=0.0,
    maximum=0.5,
    live=False,
    unit="%",
)

SHARED = (SAMPLES, NOISE)


def image_samples(default: int, maximum: int) -> Param:
    """How many images there are of a set that has plenty of them."""
    return Param(
        id="samples",
        label=SAMPLES.label,
        help=Text(en="How many images there are, for training and test together.", zh="图像总数，训练集与测试集合计。"),
        default=default,
        minimum=100,
        maximum=maximum,
        scale="log",
        integer=True,
        live=False,
    )
