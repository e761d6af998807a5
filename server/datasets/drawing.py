"""Small grey pictures drawn from geometry: where each figure lies, and how its edges fall on pixels.

All figures of a class are drawn at once, as arrays over samples and pixels, in blocks that stay in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.network import Floats
from kernels.spec import Param, Text
from server.datasets.dataset import Samples

#: Pixels of a side.
SIDE = 28
#: Figures that are drawn at a time.
_BLOCK = 64

POSITION = Param(
    id="position",
    label=Text(en="Position", zh="位置"),
    help=Text(
        en="How many pixels a figure lies off the centre at most. What a convolution learns in one place, it knows in "
        "all; a dense layer has to learn every place.",
        zh="图形偏离中心的最大像素数。卷积在一处学到的，处处可用；全连接层则须逐处学习。",
    ),
    default=3,
    minimum=0,
    maximum=8,
    live=False,
)
SCALE = Param(
    id="scale",
    label=Text(en="Scale", zh="大小变化"),
    help=Text(en="By how much figures are larger or smaller than usual.", zh="图形比通常大或小的幅度。"),
    default=0.15,
    minimum=0,
    maximum=0.5,
    live=False,
    unit="%",
)


def rotation(default: float) -> Param:
    """How far figures are turned at most."""
    return Param(
        id="rotation",
        label=Text(en="Rotation (°)", zh="旋转 (°)"),
        help=Text(en="How many degrees a figure is turned at most, either way.", zh="图形向任一方向旋转的最大角度。"),
        default=default,
        minimum=0,
        maximum=180,
        live=False,
    )


GREY_NOISE = Param(
    id="noise",
    label=Text(en="Noise", zh="噪声"),
    help=Text(
        en="The standard deviation of what chance adds to each pixel, where black is 0 and white is 1.",
        zh="随机加到每个像素上的标准差（黑为 0，白为 1）。",
    ),
    default=0.05,
    minimum=0.0,
    maximum=0.5,
    live=False,
    unit="%",
)


@dataclass(frozen=True)
class Placed:
    """Figures of one class: across, down [figures, SIDE, SIDE] are the pixels' places in each figure's own frame.

    There a figure reaches from -1 to 1. radius [figures, 1, 1] and thickness are in pixels.
    """

    across: Floats
    down: Floats
    radius: Floats
    thickness: float


#: From placed figures to the distance of every pixel's centre to the figure's edge, in pixels, negative inside.
Distance: TypeAlias = Callable[[Placed, np.random.Generator], Floats]


def _blocks(total: int) -> Iterator[int]:
    for start in range(0, total, _BLOCK):
        yield min(_BLOCK, total - start)


def _place(rng: np.random.Generator, size: int, radius: float, params: Mapping[str, float]) -> Placed:
    """So many figures, moved, scaled and turned by chance."""
    centre = rng.uniform(-params["position"], params["position"], (2, size, 1, 1)) + (SIDE - 1) / 2
    own = radius * (1 + rng.uniform(-params["scale"], params["scale"], (size, 1, 1)))
    angle = np.radians(rng.uniform(-params["rotation"], params["rotation"], (size, 1, 1)))
    place = np.arange(SIDE)
    x = ((place - centre[0]) / own).astype(np.float32)
    y = ((place[:, None] - centre[1]) / own).astype(np.float32)
    cos, sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
    return Placed(cos * x + sin * y, cos * y - sin * x, own.astype(np.float32), params["thickness"])


def draw(
    rng: np.random.Generator, figures: tuple[Distance, ...], radius: float, params: Mapping[str, float]
) -> Samples:
    """Pictures of all classes, one class after the other: [samples, SIDE * SIDE] bytes, and the classes' numbers.

    A pixel is as bright as the share of it that a figure covers, taken as a straight edge at the distance of the
    pixel's centre.
    """
    total, classes = int(params["samples"]), len(figures)
    sizes = [(total + place) // classes for place in range(classes)]
    pictures = np.empty((total, SIDE, SIDE), np.uint8)
    done = 0
    for size, distance in zip(sizes, figures, strict=True):
        for block in _blocks(size):
            covered = np.clip(0.5 - distance(_place(rng, block, radius, params), rng), 0, 1)
            covered += np.float32(params["noise"]) * rng.standard_normal(covered.shape, np.float32)
            pictures[done : done + block] = as_bytes(covered)
            done += block
    return pictures.reshape(total, -1), np.repeat(np.arange(classes), sizes).astype(np.float32)


def as_bytes(values: Floats) -> NDArray[np.uint8]:
    """Numbers from 0 to 1 as bytes from 0 to 255; what lies beyond is cut off."""
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
