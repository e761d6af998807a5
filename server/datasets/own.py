"""The entries for own data among the data sets: a table that a person uploads, points that he draws, or images.

What they really consist of is the upload's business; the samples here are drawings for the thumbnails.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kernels.spec import Text
from server.datasets.dataset import Dataset, Samples
from server.datasets.pictures import COLOUR, SIDE, SIZE


def _face(rng: np.random.Generator, _params: Mapping[str, float]) -> Samples:
    """A face of 60 points in a ring, and two eyes and a mouth of 60 points."""
    ring = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    mouth = np.linspace(-0.75 * math.pi, -0.25 * math.pi, 40)
    outline = np.stack([5.2 * np.cos(ring), 5.2 * np.sin(ring)], axis=1)
    eyes = np.repeat([[-1.8, 1.6], [1.8, 1.6]], 10, axis=0)
    smile = np.stack([3.0 * np.cos(mouth), 3.0 * np.sin(mouth)], axis=1)
    points = np.concatenate([outline, eyes, smile]) + rng.normal(0.0, 0.18, (120, 2))
    return points.astype(np.float32), np.repeat([-1.0, 1.0], 60).astype(np.float32)


def _landscape(_rng: np.random.Generator, _params: Mapping[str, float]) -> Samples:
    """A picture of a hill beneath the sun."""
    down, across = np.mgrid[:SIDE, :SIDE] / (SIDE - 1)
    picture = np.empty((3, SIDE, SIDE))
    picture[:] = np.array([150, 195, 235])[:, None, None] + 40 * down
    picture[:, np.hypot(across - 0.7, down - 0.28) < 0.13] = np.array([[250], [200], [60]])
    for height, middle, colour in ((0.42, 0.62, (95, 150, 105)), (0.62, 0.28, (55, 110, 80))):
        picture[:, down > 1 - height + 1.1 * (across - middle) ** 2] = np.array(colour)[:, None]
    return np.clip(picture, 0, 255).astype(np.uint8).reshape(1, -1), np.zeros(1, np.float32)


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
    Dataset(
        id="own_pictures",
        label=Text(en="Own images", zh="自己的图像"),
        help=Text(
            en="A zip with a folder of images for each class. They stay on this server, and go away with the run.",
            zh="一个 zip 压缩包，每类一个图像文件夹。图像只留在本服务器，随训练结束而删除。",
        ),
        formula=r"\mathbf{x} \in [0, 1]^{c \times s \times s},\quad n \le 5\,000,\ 8 \le s \le 32",
        source="PNG, JPEG, GIF, BMP",
        params=(SIZE, COLOUR),
        task="multiclass",
        classes=2,
        class_names=("A", "B"),
        sampler=_landscape,
        kind="images",
        width=SIDE,
        height=SIDE,
        channels=3,
        uploaded=True,
    ),
)
