"""The trainings of which PyTorch's trajectories are kept: what both sides build from."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from kernels.losses import Task, default_loss
from kernels.network import Choice, TrainingData
from kernels.trainer import Trainer
from tests.kernels.support import make_data, make_trainer

STEPS, BATCH_SIZE, SAMPLES = 50, 12, 52
HIDDEN = (6, 5)
PENALTY = 0.01
#: All that PyTorch has; three of them also with batch normalization and with a penalty, one with
#: labels of which a sample may carry several.
_PLAIN = ("nesterov", "adagrad", "rmsprop", "adadelta", "amsgrad", "adamw", "nadam", "adamax", "radam", "rprop")
CASES = [
    *product(("sgd", "momentum", "adam"), ("plain", "batch_norm", "l2")),
    *product(_PLAIN, ("plain",)),
    ("sgd", "multilabel"),
]


def path(optimizer: str, kind: str) -> Path:
    """The file of a case."""
    return Path(__file__).parent / f"{optimizer}-{kind}.npz"


def data_of(kind: str) -> TrainingData:
    """The samples of a case."""
    return make_data(_task(kind), SAMPLES, seed=3)


def _task(kind: str) -> Task:
    return "multilabel" if kind == "multilabel" else "multiclass"


def build(optimizer: str, kind: str) -> Trainer:
    """Two inputs, tanh layers of six and five, three classes or labels; five batches, the last of four."""
    return make_trainer(
        data_of(kind),
        task=_task(kind),
        hidden=HIDDEN,
        loss=Choice(default_loss(_task(kind))),
        optimizer=Choice(optimizer),
        normalization=Choice("batch_norm" if kind == "batch_norm" else "none"),
        regularizers=(Choice("l2", {"rate": PENALTY}),) if kind == "l2" else (),
        batch_size=BATCH_SIZE,
        seed=11,
    )
