"""The trainings of which PyTorch's trajectories are kept: what both sides build from."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

from kernels.losses import Task, default_loss
from kernels.network import Choice, TrainingData
from kernels.trainer import Trainer
from tests.kernels.support import make_data, make_trainer
from tests.kernels.trajectories.pytorch import ACTIVATIONS, CLIP, CLIPPINGS, LOSSES, SCHEDULES

STEPS, BATCH_SIZE, SAMPLES = 50, 12, 52
HIDDEN = (6, 5)
PENALTY = 0.01
#: What layers are made of, by the kind of training.
LAYERS: dict[str, dict[str, Any]] = {
    "batch_norm_after": {"normalization": Choice("batch_norm", {"position": 1})},
    "layer_norm": {"normalization": Choice("layer_norm")},
    "layer_norm_after": {"normalization": Choice("layer_norm", {"position": 1})},
    "group_norm": {"normalization": Choice("group_norm", {"groups": 2}), "hidden": (6, 4)},
    "weight_norm": {"normalization": Choice("weight_norm")},
    "prelu": {"activation": Choice("prelu", {"sharing": 1})},
    "prelu_shared": {"activation": Choice("prelu", {"sharing": 0})},
    **{name: {"activation": Choice(name)} for name in ACTIVATIONS},
}
#: The losses of the kinds of training that are about one: the task and the choice.
TASKS: dict[str, tuple[Task, Choice]] = {
    "mse": ("regression", Choice("mse")),
    "mae": ("regression", Choice("mae")),
    "huber": ("regression", Choice("huber", {"delta": 0.5})),
    "binary": ("binary", Choice("binary_cross_entropy")),
    "multilabel": ("multilabel", Choice("multilabel_cross_entropy")),
    "label_smoothing": ("multiclass", Choice("softmax_cross_entropy", {"label_smoothing": 0.2})),
}
_FALLS: dict[str, dict[str, float]] = {
    "linear": {"steps": 30, "floor": 0.1},
    "step": {"every": 12, "gamma": 0.5},
    "exponential": {"every": 12, "gamma": 0.5},
    "polynomial": {"steps": 30, "power": 2.0, "floor": 0.0},
}
#: What of the training is another, by its kind.
TRAINING: dict[str, dict[str, Any]] = {
    **{f"schedule_{name}": {"schedule": Choice(name, _FALLS[name])} for name in SCHEDULES},
    **{f"clip_{name}": {"clipping": Choice(name, {"limit": CLIP})} for name in CLIPPINGS},
}
#: All that PyTorch has: optimizers, three of them also with batch normalization and with a penalty; what layers are
#: made of, losses, schedules, clippings.
_PLAIN = ("nesterov", "adagrad", "rmsprop", "adadelta", "amsgrad", "adamw", "nadam", "adamax", "radam", "rprop")
CASES = [
    *product(("sgd", "momentum", "adam"), ("plain", "batch_norm", "l2")),
    *product(_PLAIN, ("plain",)),
    *product(("sgd",), LOSSES),
    *product(("momentum",), ("one_cycle", "plateau", "polyak", "exponential")),
    ("adam", "one_cycle"),
    *product(("momentum",), (*LAYERS, *TRAINING)),
]
#: One cycle of rate and momentum, as PyTorch counts its steps: the top after 14, the end after 49.
PEAK, CYCLE, START, FLOOR, HIGH, LOW = 14, 49, 0.04, 4e-6, 0.95, 0.85
DECAY = 0.9
PLATEAU = {"factor": 0.5, "patience": 0, "threshold": 0.1, "floor": 0.2}


def path(optimizer: str, kind: str) -> Path:
    """The file of a case."""
    return Path(__file__).parent / f"{optimizer}-{kind}.npz"


def data_of(kind: str) -> TrainingData:
    """The samples of a case."""
    return make_data(_task(kind)[0], SAMPLES, seed=3)


def _task(kind: str) -> tuple[Task, Choice]:
    return TASKS.get(kind, ("multiclass", Choice(default_loss("multiclass"))))


def build(optimizer: str, kind: str) -> Trainer:
    """Two inputs, tanh layers of six and five if not told, three classes or labels; five batches, the last of four."""
    over_time: dict[str, dict[str, Any]] = {
        "one_cycle": {
            "schedule": Choice("one_cycle", {"steps": CYCLE, "rise": PEAK / CYCLE, "start": START, "floor": FLOOR}),
            "momentum_schedule": Choice("inverse_cycle", {"lowest": LOW}),
        },
        "plateau": {"schedule": Choice("reduce_on_plateau", PLATEAU)},
        "polyak": {"averaging": Choice("polyak")},
        "exponential": {"averaging": Choice("exponential", {"decay": DECAY})},
    }
    momentum = {"momentum": "momentum", "adam": "beta1"}
    params = {momentum[optimizer]: HIGH} if kind == "one_cycle" else {}
    task, loss = _task(kind)
    layers = {"batch_norm": {"normalization": Choice("batch_norm")}, **LAYERS}.get(kind, {})
    return make_trainer(
        data_of(kind),
        task=task,
        loss=loss,
        optimizer=Choice(optimizer, params),
        regularizers=(Choice("l2", {"rate": PENALTY}),) if kind == "l2" else (),
        batch_size=BATCH_SIZE,
        seed=11,
        **{**over_time, **TRAINING}.get(kind, {}),
        **{"hidden": HIDDEN, **layers},
    )
