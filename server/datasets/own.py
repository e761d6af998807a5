"""The entry for own data among the data sets: a table that a person uploads, or points that he draws.

What it really consists of is the table's business; the samples here are a drawing for the thumbnail.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kernels.spec import Text
from server.datasets.dataset import Dataset, Samples


def _face(rng: np.random.Generator, _params: Mapping[str, float]) -> Samples:
    """A face of 60 points in a ring, and two eyes and a mouth of 60 points."""
    ring = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    mouth = np.linspace(-0.75 * math.pi, -0.25 * math.pi, 40)
    outline = np.stack([5.2 * np.cos(ring), 5.2 * np.sin(ring)], axis=1)
    eyes = np.repeat([[-1.8, 1.6], [1.8, 1.6]], 10, axis=0)
    smile = np.stack([3.0 * np.cos(mouth), 3.0 * np.sin(mouth)], axis=1)
    points = np.concatenate([outline, eyes, smile]) + rng.normal(0.0, 0.18, (120, 2))
    return points.astype(np.float32), np.repeat([-1.0, 1.0], 60).astype(np.float32)


OWN = (
    Dataset(
        id="own_table",
        label=Text(en="Own data", zh="自己的数据"),
        help=Text(
            en="A file or a pasted table of numbers, or points drawn with a brush. It stays on this server.",
            zh="数字文件、粘贴的表格，或用画笔画的点。数据只留在本服务器。",
        ),
        formula=r"\{(\mathbf{x}_i, y_i)\}_{i=1}^{n},\quad n \le 20\,000,\ \mathbf{x}_i \in \mathbb{R}^{d},\ d \le 63",
        source="RFC 4180",
        task="binary",
        classes=2,
        sampler=_face,
        uploaded=True,
    ),
)
