"""Real data: scikit-learn's bundled scans of handwritten digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kernels.network import Floats
from kernels.spec import Param, Text
from server.datasets.dataset import Dataset, Samples
from server.datasets.drawing import as_bytes

SCANS = 1797
SIDE = 8
LEVELS = 16


@cache
def scans() -> Samples:
    """All scans: images [1797, 64] from 0 to 16, row by row, and the digits [1797], in the order of the file.

    Reads the file that `sklearn.datasets.load_digits` reads, because importing scikit-learn for it takes longer than
    the whole server needs to start. A test compares the two.
    """
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "scikit-learn is missing, whose digits are needed; install livegrad with its dependencies"
        )
    table: Floats = np.loadtxt(
        Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz", np.float32, delimiter=","
    )
    return table[:, :-1].astype(np.uint8), table[:, -1]


def twice_as_large(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images [n, SIDE * SIDE] of LEVELS as [n, 4 * SIDE * SIDE] of 255, interpolated linearly along both axes.

    Pixels are taken as areas: a new centre lies a quarter of an old pixel off the old one's. Edges go on as they are.
    """
    matrix = np.zeros((2 * SIDE, SIDE), np.float32)
    for new in range(2 * SIDE):
        place = np.clip((new + 0.5) / 2 - 0.5, 0, SIDE - 1)
        below = min(int(place), SIDE - 2)
        matrix[new, below], matrix[new, below + 1] = 1 - (place - below), place - below
    squares = images.reshape(-1, SIDE, SIDE).astype(np.float32) / LEVELS
    enlarged: Floats = (matrix @ squares @ matrix.T).astype(np.float32)
    return as_bytes(enlarged).reshape(len(images), -1)


def _digits(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    images, digits = scans()
    chosen = rng.choice(SCANS, int(params["samples"]), replace=False)
    return (twice_as_large(images[chosen]) if params["size"] else images[chosen]), digits[chosen]


class Digits(Dataset):
    """The scans, as they are or enlarged."""

    def sized(self, params: Mapping[str, float]) -> Self:
        """Enlarged ones have 8-bit greys."""
        if not params["size"]:
            return self
        return replace(self, width=2 * SIDE, height=2 * SIDE, levels=255)


IMAGES = (
    Digits(
        id="digits",
        label=Text(en="Handwritten digits", zh="手写数字"),
        help=Text(
            en="1,797 scans of 8 × 8 pixels by 43 people, ten classes: real data, small enough to train at once.",
            zh="43 人手写的 1,797 张 8 × 8 数字扫描图，共十类：真实数据，体积小，可立即训练。",
        ),
        formula=r"\mathbf{x} \in [0, 1]^{8 \times 8},\quad y \in \{0, \dots, 9\}",
        source="Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository",
        params=(
            Param(
                id="samples",
                label=Text(en="Samples", zh="样本数"),
                help=Text(
                    en="How many of the scans are used, for training and test together.",
                    zh="使用的扫描图数量，训练集与测试集合计。",
                ),
                default=SCANS,
                minimum=100,
                maximum=SCANS,
                scale="log",
                integer=True,
                live=False,
            ),
            Param(
                id="size",
                label=Text(en="Size", zh="尺寸"),
                help=Text(
                    en="8 × 8 pixels as scanned, or 16 × 16 by linear interpolation: no more to see, but more room for "
                    "layers of convolution and pooling.",
                    zh="扫描原图 8 × 8 像素，或线性插值到 16 × 16：信息并未增多，但可容纳更多卷积层和池化层。",
                ),
                default=0,
                minimum=0,
                maximum=1,
                integer=True,
                live=False,
                choices=(("8", Text(en="8 × 8", zh="8 × 8")), ("16", Text(en="16 × 16", zh="16 × 16"))),
            ),
        ),
        task="multiclass",
        classes=10,
        class_names=tuple("0123456789"),
        kind="images",
        width=SIDE,
        height=SIDE,
        levels=LEVELS,
        sampler=_digits,
    ),
)
