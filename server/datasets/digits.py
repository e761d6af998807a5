"""Real data: scikit-learn's bundled scans of handwritten digits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from kernels.network import Floats
from kernels.spec import Param, Text
from server.datasets.dataset import Dataset, Samples

SCANS = 1797
SIDE = 8


@cache
def scans() -> Samples:
    """All scans: images [1797, 64] from 0 to 1, row by row, and the digits [1797], in the order of the file.

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
    images: Floats = table[:, :-1] / np.float32(16)
    return images, table[:, -1]


def _digits(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    images, digits = scans()
    chosen = rng.choice(SCANS, int(params["samples"]), replace=False)
    return images[chosen], digits[chosen]


IMAGES = (
    Dataset(
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
        ),
        task="multiclass",
        classes=10,
        class_names=tuple("0123456789"),
        kind="images",
        width=SIDE,
        height=SIDE,
        sampler=_digits,
    ),
)
