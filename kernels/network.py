"""What is to be trained, in plain records: the kernels' side of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Choice:
    """A variant of some family by its id, with the parameters that differ from its defaults."""

    id: str
    params: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerSpec:
    """A hidden layer: dense, then normalization, activation and dropout, or normalization behind the activation.

    `units` is 1 to 512, what the activation puts out; `dropout` is the probability, 0 to 0.9, with which a unit is
    silenced in training, `dropconnect` that of a weight.
    """

    units: int
    activation: Choice
    initializer: Choice
    normalization: Choice = Choice("none")
    dropout: float = 0.0
    dropconnect: float = 0.0
    bias_initializer: Choice = Choice("zeros")


@dataclass(frozen=True)
class NetworkSpec:
    """A multilayer perceptron: `inputs` features, 0 to 32 hidden layers, `outputs` logits or values.

    `input_dropout` is the probability, 0 to 0.9, with which an input is silenced in training.
    """

    inputs: int
    layers: tuple[LayerSpec, ...]
    outputs: int
    output_initializer: Choice
    output_bias_initializer: Choice = Choice("zeros")
    input_dropout: float = 0.0


@dataclass(frozen=True)
class Switch:
    """Another optimizer from step `step` on, 1 to 1,000,000; the weights stay."""

    step: int
    optimizer: Choice


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

    def optimizer_at(self, step: int) -> Choice:
        """The optimizer that makes the step after so many."""
        return self.optimizer if self.switch is None or step < self.switch.step else self.switch.optimizer


@dataclass(frozen=True)
class TrainingData:
    """Samples after preprocessing: `x` is [samples, inputs], `y` is [samples], all float32.

    Targets: -1 or +1 for two classes, the class index for several, the value itself for regression. Where a sample may
    carry several labels, `y` is [samples, labels]: above 0 for those that it carries.
    """

    x_train: Floats
    y_train: Floats
    x_test: Floats
    y_test: Floats
