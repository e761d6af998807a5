"""What the tests of the kernels share: calling a kernel on arrays, and making small networks in training."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.cache import Kernel
from kernels.labels import pack_labels
from kernels.layout import MAX_PARAMS
from kernels.losses import LOSSES
from kernels.network import Choice, DenseSpec, NetworkSpec, TrainingData, TrainingSpec
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import Optimizer
from kernels.spec import Variant
from kernels.state import Clock
from kernels.trainer import Trainer

Floats = NDArray[np.float32]

#: Every loss with every task that it fits.
FITTING = [(loss.id, task) for loss in LOSSES for task in loss.tasks]
#: Outputs of the tasks that have several.
OUTPUTS = {"multiclass": 3, "multilabel": 3, "digits": 10}
TANH, XAVIER, NONE = Choice("tanh"), Choice("xavier_uniform"), Choice("none")
MSE, SGD, CONSTANT, SHUFFLED = Choice("mse"), Choice("sgd"), Choice("constant"), Choice("shuffled")
#: Parameters whose values must suit the layer's units, with one that suits those of the tests' networks.
NARROW = {"groups": 1.0}
_POINTERS: dict[np.dtype[Any], Any] = {
    np.dtype(np.float32): ctypes.POINTER(ctypes.c_float),
    np.dtype(np.intp): ctypes.POINTER(ctypes.c_ssize_t),
}


def call(kernel: Kernel, *arguments: NDArray[Any] | float) -> Any:
    """Call a compiled kernel as the training loop does: arrays go as the address of their memory."""
    converted: list[Any] = []
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            assert argument.flags.c_contiguous
            converted.append(argument.ctypes.data_as(_POINTERS[argument.dtype]))
        else:
            converted.append(argument)
    return kernel.compiled.ctypes(*converted)


def vector(values: Sequence[float]) -> Floats:
    """Parameters in declared order as kernels get them."""
    padded = np.zeros(max(MAX_PARAMS, len(values)), np.float32)
    padded[: len(values)] = values
    return padded


@dataclass
class Rule:
    """An optimizer's kernel with its memory, for parameters whose tensors have the given sizes, weights first.

    All of them are one tensor of weights, unless told.
    """

    optimizer: Optimizer
    values: Sequence[float]
    sizes: Sequence[int]
    weights: int | None = None
    step: int = 0

    def __post_init__(self) -> None:
        """Start with a memory of zeros."""
        self.size = sum(self.sizes)
        self.memory = np.zeros(len(self.optimizer.slots) * self.size + len(self.optimizer.scalars), np.float32)
        offsets = np.cumsum([0, *self.sizes[:-1]])
        self._tensors = np.stack([offsets, self.sizes], axis=1).astype(np.intp)

    def update(self, w: Floats, g: Floats) -> None:
        """One step of w: [size], in place."""
        self.step += 1
        weights = self.size if self.weights is None else self.weights
        call(
            self.optimizer.update, w, g, self.memory, self.size, weights, self._tensors, len(self.sizes),
            vector(self.values), self.step,
        )  # fmt: skip

    def slots(self) -> list[Floats]:
        """The optimizer's vectors, then its scalars, each an array of its own."""
        edges = [self.size * (i + 1) for i in range(len(self.optimizer.slots))]
        vectors, scalars = np.split(self.memory, edges)[:-1], self.memory[len(edges) * self.size :]
        return [*vectors, *scalars.reshape(-1, 1)]


def choices(variant: Variant) -> list[Choice]:
    """A variant with its defaults, and once with each of its parameters away from its default."""
    varied = [Choice(variant.id)]
    for param in variant.params:
        if param.choices:
            away = param.minimum if param.default == param.maximum else param.maximum
        elif param.scale == "log" and param.default > 0:
            away = float(np.sqrt(param.default * param.maximum))
        else:
            away = (param.default + 2 * param.minimum + param.maximum) / 4
        away = max(param.minimum, float(round(away))) if param.integer else away
        if param.id in NARROW:
            away = NARROW[param.id]
        assert away != param.default
        param.check(away)
        varied.append(Choice(variant.id, {param.id: away}))
    return varied


def every(family: Any) -> list[Choice]:
    """`choices` of every variant of a family that a dense layer can take."""
    return [choice for variant in family for choice in choices(variant) if not getattr(variant, "needs_image", None)]


def every_placed(family: Any) -> list[Choice]:
    """Every normalization, those that have a position in both, also those that need an image."""
    found = [choice for variant in family for choice in choices(variant)]
    return [choice for choice in found if set(choice.params) <= {"position"}]


#: Those of `every_placed` that a dense layer can take.
PLACED = [choice for choice in every(NORMALIZATIONS) if set(choice.params) <= {"position"}]


def available(family: Any) -> list[str]:
    """The ids of a family's variants that a dense layer can take."""
    return [variant.id for variant in family if not getattr(variant, "needs_image", None)]


def describe(choice: Choice) -> str:
    """A choice as a test's name."""
    return "-".join([choice.id, *(f"{name}={value:g}" for name, value in choice.params.items())])


#: `FITTING` with choices, each loss also with its parameters away from their defaults.
FITTING_CHOICES = [(choice, task) for choice in every(LOSSES) for task in LOSSES[choice.id].tasks]


def fitting(argument: Choice | str) -> str:
    """An argument out of `FITTING_CHOICES` as a test's name."""
    return argument if isinstance(argument, str) else describe(argument)


def make_data(task: str, samples: int, inputs: int = 2, seed: int = 0) -> TrainingData:
    """Random points whose targets depend on them, the first half again as a test set; three classes or labels."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, inputs)).astype(np.float32)
    score = np.sin(2 * x[:, 0]) + 0.5 * x[:, -1]
    targets = {
        "regression": np.tanh(score),
        "binary": np.where(score > 0, 1.0, -1.0),
        "multiclass": np.digitize(score, [-0.5, 0.5]).astype(float),
        "multilabel": np.stack([score > -0.3, score > 0.4, x[:, 0] > 0], axis=1).astype(float),
    }
    y = targets[task].astype(np.float32)
    half = samples // 2
    return TrainingData(x, y, x[:half].copy(), y[:half].copy())


def targets_of(y: Floats) -> NDArray[np.float64]:
    """Targets [samples] as losses get them: several labels as one number."""
    return (y if y.ndim == 1 else pack_labels(y)).astype(np.float64)


def make_trainer(
    data: TrainingData | None = None,
    *,
    task: str = "binary",
    samples: int = 40,
    hidden: Sequence[int] = (6, 4),
    activation: Choice = TANH,
    initializer: Choice = XAVIER,
    normalization: Choice = NONE,
    dropout: float = 0.0,
    dropconnect: float = 0.0,
    input_dropout: float = 0.0,
    loss: Choice = MSE,
    optimizer: Choice = SGD,
    schedule: Choice = CONSTANT,
    regularizers: tuple[Choice, ...] = (),
    clipping: Choice = NONE,
    sampling: Choice = SHUFFLED,
    warmup: int = 0,
    batch_size: int = 10,
    seed: int = 1,
    **more: Any,
) -> Trainer:
    """A small network in training; every argument has a default that is a fair choice. More go to `TrainingSpec`."""
    return Trainer(
        make_network(
            2 if data is None else data.x_train.shape[1],
            hidden,
            OUTPUTS.get(task, 1),
            activation=activation,
            initializer=initializer,
            normalization=normalization,
            dropout=dropout,
            dropconnect=dropconnect,
            input_dropout=input_dropout,
        ),
        TrainingSpec(loss, optimizer, schedule, regularizers, batch_size, clipping, sampling, warmup, **more),
        make_data(task, samples) if data is None else data,
        seed,
    )


def dense_layers(network: NetworkSpec) -> list[DenseSpec]:
    """A network's hidden layers, of which all are dense."""
    layers = [layer for layer in network.layers if isinstance(layer, DenseSpec)]
    assert len(layers) == len(network.layers)
    return layers


def make_network(
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    *,
    activation: Choice = TANH,
    initializer: Choice = XAVIER,
    normalization: Choice = NONE,
    dropout: float = 0.0,
    dropconnect: float = 0.0,
    input_dropout: float = 0.0,
) -> NetworkSpec:
    """A network whose hidden layers are all alike but for their units."""
    layers = tuple(
        DenseSpec(units, activation, initializer, normalization, dropout=dropout, dropconnect=dropconnect)
        for units in hidden
    )
    return NetworkSpec((inputs,), layers, outputs, initializer, input_dropout=input_dropout)


def last_batch(trainer: Trainer, count: int) -> NDArray[np.int64]:
    """Which `count` samples the last step saw, in order."""
    state = trainer.state()
    position = int(state["clock"][Clock.POSITION])
    return state["order"][position - count : position].astype(np.int64)


def same_bits(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two arrays are the same to the last bit, NaN and signs of zero included."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
