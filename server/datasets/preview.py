"""Small pictures of the data sets, as numbers that the page draws."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any

import numpy as np

from server.datasets import DATASETS

POINTS = 110
IMAGES = 9


@cache
def preview(dataset_id: str) -> dict[str, Any]:
    """What a thumbnail shows: `points` [x1, x2, target], or `images` with their `labels`."""
    dataset = DATASETS[dataset_id]
    defaults = {param.id: param.default for param in dataset.params}
    inputs, targets = dataset.generate(np.random.default_rng(1), defaults)
    if dataset.kind == "images":
        return {
            "kind": "images",
            "width": dataset.width,
            "height": dataset.height,
            "channels": dataset.channels,
            "levels": dataset.levels,
            "images": [b64encode(image.tobytes()).decode() for image in inputs[:IMAGES]],
            "labels": [dataset.class_names[int(target)] for target in targets[:IMAGES]],
        }
    points = np.column_stack([inputs, targets])[:POINTS].astype(float)
    return {"kind": "plane", "points": np.round(points, 2).tolist()}
