"""From the data that a person chooses to what a network is trained on: drawn, split, and made into inputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from kernels.inputs import feature_matrix, fit_preprocessing
from kernels.network import Floats, TrainingData
from server.configuration import dataset_of, training_size
from server.schema import DataConfig


@dataclass(frozen=True)
class PreparedData:
    """Samples as drawn (points [n, 2], or images [n, width * height] from 0 to 1), and what the network gets of them.

    A network input is `(features - offset) @ matrix`, with offset [d] and matrix [d, d] fitted to the training set.
    """

    config: DataConfig
    train: Floats
    test: Floats
    offset: Floats
    matrix: Floats
    training: TrainingData


def prepare(config: DataConfig) -> PreparedData:
    """Draw, split and preprocess. The same configuration gives the same bits; nobody may write into them."""
    return _prepare(config.model_dump_json())


@lru_cache(maxsize=16)
def _prepare(text: str) -> PreparedData:
    config = DataConfig.model_validate_json(text)
    dataset = dataset_of(config)
    raw, targets = dataset.generate(np.random.default_rng(config.seed), config.dataset.params())
    size = training_size(config)
    features = raw if dataset.kind == "images" else feature_matrix(raw, config.features)
    offset, matrix = fit_preprocessing(config.preprocessing.id, features[:size])
    inputs = np.ascontiguousarray((features - offset) @ matrix, np.float32)
    training = TrainingData(inputs[:size], targets[:size], inputs[size:], targets[size:])
    return PreparedData(config, raw[:size], raw[size:], offset, matrix, training)


def as_message(data: PreparedData, generation: int) -> dict[str, Any]:
    """What the page needs to draw the data and to compute the network's inputs; arrays as little-endian float32."""
    dataset = dataset_of(data.config)
    inputs = "images" if dataset.kind == "images" else "points"
    return {
        "generation": generation,
        "task": dataset.task,
        "kind": dataset.kind,
        "classes": dataset.classes,
        "width": dataset.width,
        "height": dataset.height,
        "class_names": list(dataset.class_names),
        "train": {inputs: _bytes(data.train), "targets": _bytes(data.training.y_train)},
        "test": {inputs: _bytes(data.test), "targets": _bytes(data.training.y_test)},
        "features": [] if dataset.kind == "images" else list(data.config.features),
        "offset": _bytes(data.offset),
        "matrix": _bytes(data.matrix),
    }


def _bytes(array: Floats) -> bytes:
    return np.ascontiguousarray(array, "<f4").tobytes()
