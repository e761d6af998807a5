"""Small pictures of the data sets, as numbers that the page draws."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.datasets import DATASETS, Dataset
from server.datasets.files import FileSet

POINTS = 110
IMAGES = 9


def preview(dataset_id: str) -> dict[str, Any]:
    """What a thumbnail shows: `points` [x1, x2, target], or `images` with their `labels`; none of files not there."""
    dataset = DATASETS[dataset_id]
    if not isinstance(dataset, FileSet):
        return _generated(dataset_id)
    stored = dataset.stored()
    if stored is None:
        return preview_of(dataset, np.zeros((0, dataset.inputs), np.uint8), np.zeros(0))
    return preview_of(dataset, stored.images[:IMAGES], stored.labels[:IMAGES])


@cache
def _generated(dataset_id: str) -> dict[str, Any]:
    dataset = DATASETS[dataset_id]
    defaults = {param.id: param.default for param in dataset.params}
    inputs, targets = dataset.generate(np.random.default_rng(1), defaults)
    if dataset.kind == "images":
        return preview_of(dataset, inputs[:IMAGES], targets[:IMAGES])
    points = np.column_stack([inputs, targets])[:POINTS].astype(float)
    return {"kind": "plane", "points": np.round(points, 2).tolist()}


def preview_of(dataset: Dataset, images: NDArray[np.uint8], targets: NDArray[Any]) -> dict[str, Any]:
    """The thumbnail of these images [n, inputs] of a data set, with the names of their classes."""
    return {
        "kind": "images",
        "width": dataset.width,
        "height": dataset.height,
        "channels": dataset.channels,
        "levels": dataset.levels,
        "images": [b64encode(image.tobytes()).decode() for image in images],
        "labels": [dataset.class_names[int(target)] for target in targets],
    }
