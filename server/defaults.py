"""The run that the page opens with, and what is taken where a person leaves something out.

Chosen so that it is a pleasure to watch: at the pace of "auto" the default run solves its task in 10 to 20 seconds.
"""

from typing import Any

#: What a layer chooses; its numbers are by default what its kind says.
DENSE: dict[str, Any] = {
    "activation": {"id": "tanh"},
    "initializer": {"id": "xavier_uniform"},
    "bias_initializer": {"id": "zeros"},
    "normalization": {"id": "none"},
}
CONV: dict[str, Any] = {**DENSE, "activation": {"id": "relu"}, "initializer": {"id": "he_normal"}}

LAYER: dict[str, Any] = {"kind": "dense", **DENSE}

#: The convolutional network that is offered for images of any size.
CONVOLUTIONAL: list[dict[str, Any]] = [
    {"kind": "conv", "filters": 8},
    {"kind": "pool"},
    {"kind": "conv", "filters": 16},
    {"kind": "pool"},
]

DATA: dict[str, Any] = {
    "dataset": {"id": "spiral", "samples": 1000, "noise": 0.05},
    "train_share": 0.5,
    "seed": 1,
    "features": ["x1", "x2"],
    "preprocessing": {"id": "standardize"},
}

NETWORK: dict[str, Any] = {
    "input": {"dropout": 0.0},
    "layers": [LAYER, LAYER, LAYER],
    "output": {"initializer": {"id": "xavier_uniform"}, "bias_initializer": {"id": "zeros"}},
}

TRAINING: dict[str, Any] = {
    "loss": {"id": "binary_cross_entropy"},
    "optimizer": {"id": "adam", "learning_rate": 0.01},
    "schedule": {"id": "constant"},
    "regularizers": [],
    "batch_size": 32,
    "clipping": {"id": "none"},
    "sampling": {"id": "shuffled"},
    "warmup": 0,
    "momentum_schedule": {"id": "constant"},
    "batch_schedule": {"id": "constant"},
    "averaging": {"id": "none"},
    "stopping": {"id": "none"},
    "switch": None,
    "augmentation": {"shift": 0.0, "rotation": 0.0, "flip": False, "noise": 0.0},
}

RUN: dict[str, Any] = {"seed": 1, "data": DATA, "network": NETWORK, "training": TRAINING, "speed": "auto"}
