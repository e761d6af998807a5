"""What is to be trained, in plain records: the kernels' side of a configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Choice:
    """A variant of some family by its id, with the parameters that differ from its defaults."""

    id: str
    params: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class DenseSpec:
    """A dense layer, then normalization, activation and dropout, or normalization behind the activation.

    `units` is 1 to 512, what the activation puts out; `dropout` is the probability, 0 to 0.9, with which a unit is
    silenced in training, `dropconnect` that of a weight. An image that comes in is flattened, in the order
    [channel][y][x].

    With `skip` n, 1 to 8, what entered the block of the last n layers, this one included, is added before this layer's
    activation (He et al. 2016, equation 1); 0 adds nothing.
    """

    units: int
    activation: Choice
    initializer: Choice
    normalization: Choice = Choice("none")
    dropout: float = 0.0
    dropconnect: float = 0.0
    bias_initializer: Choice = Choice("zeros")
    skip: int = 0


@dataclass(frozen=True)
class ConvSpec:
    """A convolution of an image (LeCun et al. 1998, II.A), and what follows it as in `DenseSpec`.

    1 to 64 `filters`, each as wide and high as `kernel`, 1 to 7, over all channels of the image, every `stride` pixels,
    1 to 3. `padding` is a number of zeros on each side, less than the kernel; "valid" for none; "same" for
    kernel - 1 in all, (kernel - 1) // 2 of them on top and on the left, so that a stride of 1 keeps the size.

    `channel_dropout` is the probability, 0 to 0.9, with which a whole channel of a sample is silenced in training
    (Tompson et al. 2015); `dropout` silences single pixels.
    """

    filters: int
    kernel: int
    activation: Choice
    initializer: Choice
    stride: int = 1
    padding: Literal["same", "valid"] | int = "same"
    normalization: Choice = Choice("none")
    dropout: float = 0.0
    channel_dropout: float = 0.0
    dropconnect: float = 0.0
    bias_initializer: Choice = Choice("zeros")
    skip: int = 0


@dataclass(frozen=True)
class PoolSpec:
    """The largest or the mean pixel of every window of a channel: `size` wide and high, 2 to 8, `stride` apart, 1 to 8.

    There is no padding; what is left over at the right and at the bottom is not looked at.
    """

    pooling: Literal["max", "mean"] = "max"
    size: int = 2
    stride: int = 2


@dataclass(frozen=True)
class GlobalPoolSpec:
    """The mean of all pixels of a channel (Lin et al. 2014): from an image to one number a channel."""


#: A hidden layer.
LayerSpec: TypeAlias = DenseSpec | ConvSpec | PoolSpec | GlobalPoolSpec
#: A hidden layer with weights, and what comes with them.
WeightedSpec: TypeAlias = DenseSpec | ConvSpec


@dataclass(frozen=True)
class NetworkSpec:
    """A network of 0 to 32 hidden layers on inputs of one `shape`, with `outputs` logits or values.

    The shape is (features,) or, for images, (channels, height, width); a sample's numbers come in the order
    [channel][y][x]. `input_dropout` is the probability, 0 to 0.9, with which an input is silenced in training.
    """

    shape: tuple[int, ...]
    layers: tuple[LayerSpec, ...]
    outputs: int
    output_initializer: Choice
    output_bias_initializer: Choice = Choice("zeros")
    input_dropout: float = 0.0

    @property
    def inputs(self) -> int:
        """How many numbers a sample has."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Switch:
    """Another optimizer from step `step` on, 1 to 1,000,000; the weights stay."""

    step: int
    optimizer: Choice


@dataclass(frozen=True)
class Augmentation:
    """How training images are changed, anew for every batch; zeros leave them as they are.

    At most `shift` pixels along each axis (0 to 8) and `rotation` degrees (0 to 45), `flip` half of them left to right,
    and normal `noise` of that standard deviation (0 to 1), in units of the preprocessed inputs.
    """

    shift: float = 0.0
    rotation: float = 0.0
    flip: bool = False
    noise: float = 0.0


@dataclass(frozen=True)
class TrainingSpec:
    """How it is trained. Everything here may change while it trains.

    `warmup` is the number of steps over which the learning rate grows from zero, before any schedule.
    """

    loss: Choice
    optimizer: Choice
    schedule: Choice
    regularizers: tuple[Choice, ...]
    batch_size: int
    clipping: Choice = Choice("none")
    sampling: Choice = Choice("shuffled")
    warmup: int = 0
    momentum_schedule: Choice = Choice("constant")
    batch_schedule: Choice = Choice("constant")
    averaging: Choice = Choice("none")
    stopping: Choice = Choice("none")
    switch: Switch | None = None
    augmentation: Augmentation = Augmentation()

    def optimizer_at(self, step: int) -> Choice:
        """The optimizer that makes the step after so many."""
        return self.optimizer if self.switch is None or step < self.switch.step else self.switch.optimizer


@dataclass(frozen=True)
class TrainingData:
    """Samples after preprocessing: `x` is [samples, inputs], `y` is [samples], all float32.

    Targets: -1 or +1 for two classes, the class index for several, the value itself for regression. Where a sample may
    carry several labels, `y` is [samples, labels]: above 0 for those that it carries.

    A training copies them, since whoever made them may write into them; those that are `constant` are held by all
    trainings together.
    """

    x_train: Floats
    y_train: Floats
    x_test: Floats
    y_test: Floats
    constant: bool = False
