"""From the data that a person chooses to what a network is trained on: drawn, split, and made into inputs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.inputs import FEATURES, apply_preprocessing, feature_matrix, fit_preprocessing
from kernels.labels import pack_labels, unpack_labels
from kernels.network import Floats, TrainingData
from server.choices import HeldChoice
from server.configuration import dataset_of, training_size
from server.datasets import Dataset
from server.datasets.dataset import Axis
from server.schema import DataConfig

#: So many ways in which held data are split and preprocessed are kept with them: what undo and redo go between.
KEPT = 2

_preparing: dict[str, threading.Lock] = {}
_looking = threading.Lock()


@dataclass(frozen=True)
class PreparedData:
    """Samples as drawn (points [n, 2], or images as bytes [n, inputs]), and what the network gets of them.

    A network input is `(features - offset) @ matrix`, with offset [d] and matrix [d, d], or [d] for a diagonal one,
    fitted to the training set.
    """

    config: DataConfig
    train: NDArray[Any]
    test: NDArray[Any]
    offset: Floats
    matrix: Floats
    training: TrainingData


def prepare(config: DataConfig) -> PreparedData:
    """Draw, split and preprocess. The same configuration gives the same bits; nobody may write into them."""
    text = config.model_dump_json()
    with _one_at_a_time(text):
        if not isinstance(config.dataset, HeldChoice):
            return _prepare_text(text)
        # Kept with what they are made of, so that they go with it.
        kept = config.dataset.content.prepared
        data = kept.get(text) or _prepare(config)
        kept[text] = data
        for old in list(kept)[:-KEPT]:
            kept.pop(old, None)
        return data


@contextmanager
def _one_at_a_time(text: str) -> Iterator[None]:
    """Of runs that begin together on the same data, one prepares them and the others take what it made."""
    with _looking:
        lock = _preparing.setdefault(text, threading.Lock())
    try:
        with lock:
            yield
    finally:
        with _looking:
            _preparing.pop(text, None)


@lru_cache(maxsize=16)
def _prepare_text(text: str) -> PreparedData:
    return _prepare(DataConfig.model_validate_json(text))


def _prepare(config: DataConfig) -> PreparedData:
    dataset = dataset_of(config)
    size = training_size(config)
    raw, targets = dataset.generate(np.random.default_rng(config.seed), config.dataset.params(), size)
    features, channels = raw, 0
    if dataset.kind == "plane":
        features = feature_matrix(raw, config.features)
    elif dataset.kind == "images":
        features = raw / np.float32(dataset.levels)
        channels = dataset.channels
    offset, matrix = fit_preprocessing(config.preprocessing.id, features[:size], channels)
    inputs = apply_preprocessing(features, offset, matrix)
    if dataset.task == "multilabel":
        targets = unpack_labels(targets, dataset.classes).astype(np.float32)
    training = TrainingData(inputs[:size], targets[:size], inputs[size:], targets[size:], constant=True)
    return PreparedData(config, raw[:size], raw[size:], offset, matrix, training)


def as_message(data: PreparedData, generation: int) -> dict[str, Any]:
    """What the page needs to draw the data and to compute the network's inputs.

    Arrays are little-endian float32, images bytes from 0 to `levels`; the matrix may be its diagonal alone.
    """
    dataset = dataset_of(data.config)
    inputs, packed = ("images", _as_they_are) if dataset.kind == "images" else ("points", _bytes)
    return {
        "generation": generation,
        "task": dataset.task,
        "kind": dataset.kind,
        "classes": dataset.classes,
        "width": dataset.width,
        "height": dataset.height,
        "channels": dataset.channels,
        "levels": dataset.levels,
        "class_names": list(dataset.class_names),
        "train": {inputs: packed(data.train), "targets": _targets(data.training.y_train)},
        "test": {inputs: packed(data.test), "targets": _targets(data.training.y_test)},
        "features": list(data.config.features) if dataset.kind == "plane" else [],
        "columns": [_axis(column) for column in dataset.columns],
        "target": _axis(dataset.target) if dataset.target else None,
        "input_names": _input_names(data.config, dataset),
        "offset": _bytes(data.offset),
        "matrix": _bytes(data.matrix),
    }


def _targets(targets: Floats) -> bytes:
    """One number a sample; several labels packed into one."""
    return _bytes(targets if targets.ndim == 1 else pack_labels(targets))


def _axis(axis: Axis) -> dict[str, Any]:
    return {"name": axis.name, "offset": axis.offset, "scale": axis.scale}


def _input_names(config: DataConfig, dataset: Dataset) -> list[str]:
    """What own data call the network's inputs: a column's name, or a feature's where it is made of columns."""
    if not dataset.columns:
        return []
    names = [column.name for column in dataset.columns]
    if dataset.kind != "plane":
        return names
    plain = dict(zip(("x1", "x2"), names, strict=True))
    return [plain.get(FEATURES[each].expression, FEATURES[each].label["en"]) for each in config.features]


def _as_they_are(array: NDArray[np.uint8]) -> bytes:
    return array.tobytes()


def _bytes(array: Floats) -> bytes:
    return np.ascontiguousarray(array, "<f4").tobytes()
