"""Generated pictures of six geometric shapes, by their signed distance functions."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kernels.network import Floats
from kernels.spec import Param, Text
from server.datasets.dataset import Dataset, Samples, image_samples
from server.datasets.drawing import GREY_NOISE, POSITION, SCALE, SIDE, Distance, Placed, draw, rotation

#: Pixels from a shape's centre to its corners; its circle, were it one.
RADIUS = 8.0


def _circle(placed: Placed, _rng: np.random.Generator) -> Floats:
    radius: Floats = np.hypot(placed.across, placed.down)
    return (radius - np.float32(0.9)) * placed.radius


def _ring(placed: Placed, _rng: np.random.Generator) -> Floats:
    middle = np.abs(np.hypot(placed.across, placed.down) * placed.radius - np.float32(0.85) * placed.radius)
    return middle - np.float32(placed.thickness / 2)


def _polygon(corners: int, depth: float) -> Distance:
    """A regular polygon, one corner up: beneath every side, `depth` from the centre."""
    angles = [math.pi / 2 + math.pi / corners + 2 * math.pi * k / corners for k in range(corners)]

    def distance(placed: Placed, _rng: np.random.Generator) -> Floats:
        sides: list[Floats] = [math.cos(a) * placed.across - math.sin(a) * placed.down for a in angles]
        farthest = sides[0]
        for side in sides[1:]:
            farthest = np.maximum(farthest, side)
        return (farthest - np.float32(depth)) * placed.radius

    return distance


def _square(placed: Placed, _rng: np.random.Generator) -> Floats:
    return (np.maximum(np.abs(placed.across), np.abs(placed.down)) - np.float32(0.75)) * placed.radius


def _cross(placed: Placed, _rng: np.random.Generator) -> Floats:
    long, arm = np.float32(0.95) * placed.radius, np.float32(placed.thickness / 2)
    across, down = np.abs(placed.across) * placed.radius, np.abs(placed.down) * placed.radius
    crossing: Floats = np.minimum(np.maximum(across - arm, down - long), np.maximum(across - long, down - arm))
    return crossing


def _star(placed: Placed, _rng: np.random.Generator) -> Floats:
    """Five points: folded onto one half of one of them, it is a half-plane through outer and inner corner."""
    radius = np.hypot(placed.across, placed.down)
    sector = 2 * math.pi / 5
    angle = np.abs((np.arctan2(placed.across, -placed.down) + sector / 2) % np.float32(sector) - sector / 2)
    outer, inner = np.array([0.0, 1.0]), 0.42 * np.array([math.sin(sector / 2), math.cos(sector / 2)])
    along = (inner - outer) / np.linalg.norm(inner - outer)
    normal = np.array([-along[1], along[0]]) * math.copysign(1, -along[1])
    edge = np.sin(angle) * normal[0] + np.cos(angle) * normal[1]
    return np.asarray((radius * edge - normal @ outer) * placed.radius, np.float32)


#: The classes, by signs that need no language: disc, square, triangle, cross, ring and star.
_SHAPES: dict[str, Distance] = {
    "●": _circle,
    "■": _square,
    "▲": _polygon(3, 0.5),
    "+": _cross,
    "○": _ring,
    "★": _star,
}


def _shapes(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    return draw(rng, tuple(_SHAPES.values()), RADIUS, params)


SHAPES = Dataset(
    id="shapes",
    label=Text(en="Shapes", zh="几何图形"),
    help=Text(
        en="Six geometric shapes on 28 × 28 pixels, anywhere and turned: where a dense network learns every place, "
        "a convolution learns a corner once.",
        zh="28 × 28 像素上的六种几何图形，位置和角度随机：全连接网络须逐处学习，卷积只需学一次。",
    ),
    formula=r"x_{ij} = \operatorname{clip}(\tfrac12 - d_y(R^{-1}(\mathbf{p}_{ij} - \mathbf{c}))) + \varepsilon",
    source="Hart (1996), Sphere tracing: signed distance functions",
    params=(
        image_samples(2000, 5000),
        POSITION,
        SCALE,
        rotation(30),
        Param(
            id="thickness",
            label=Text(en="Thickness", zh="粗细"),
            help=Text(
                en="How many pixels wide the ring is, and the arms of the cross.", zh="圆环和十字臂的宽度（像素）。"
            ),
            default=4,
            minimum=1,
            maximum=6,
            live=False,
        ),
        GREY_NOISE,
    ),
    task="multiclass",
    classes=len(_SHAPES),
    class_names=tuple(_SHAPES),
    kind="images",
    width=SIDE,
    height=SIDE,
    sampler=_shapes,
)
