"""Small pictures of the data sets, as plain numbers that the page draws."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from server.datasets import DATASETS

POINTS = 110
IMAGES = 9


@cache
def preview(dataset_id: str) -> dict[str, Any]:
    """What a thumbnail shows: `points` [x1, x2, target], or `images` of grey values with their `labels`."""
    dataset = DATASETS[dataset_id]
    defaults = {param.id: param.default for param in dataset.params}
    inputs, targets = dataset.generate(np.random.default_rng(1), defaults)
    if dataset.kind == "images":
        return {
            "kind": "images",
            "width": dataset.width,
            "height": dataset.height,
            "images": np.round(inputs[:IMAGES].astype(float), 3).tolist(),
            "labels": [dataset.class_names[int(target)] for target in targets[:IMAGES]],
        }
    points = np.column_stack([inputs, targets])[:POINTS].astype(float)
    return {"kind": "plane", "points": np.round(points, 2).tolist()}
