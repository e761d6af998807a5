"""Generated pictures of digits, drawn with a pen of a given width along lines that wobble like a hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from kernels.network import Floats
from kernels.spec import Param, Text
from server.datasets.dataset import Dataset, Samples, image_samples
from server.datasets.drawing import GREY_NOISE, POSITION, SCALE, SIDE, Distance, Placed, draw, rotation

#: Pixels from a digit's centre to its top.
RADIUS = 9.0
#: How far the points of a line stray from where they belong, in radii.
_WOBBLE = 0.05

Line = NDArray[np.float64]


def _arc(x: float, y: float, across: float, down: float, start: float, end: float, pieces: int) -> Line:
    """Points on an ellipse around (x, y), from one angle to the other, in degrees clockwise from the right."""
    angles = np.radians(np.linspace(start, end, pieces + 1))
    return np.stack([x + across * np.cos(angles), y + down * np.sin(angles)], axis=1)


def _line(*points: tuple[float, float]) -> Line:
    return np.array(points)


#: The lines of every digit in its own frame: x to the right and y down, from -1 to 1.
_DIGITS: tuple[tuple[Line, ...], ...] = (
    (_arc(0, 0, 0.6, 1, 0, 360, 12),),
    (_line((-0.35, -0.55), (0.1, -1), (0.1, 1)),),
    (np.concatenate([_arc(0, -0.45, 0.58, 0.55, 190, 390, 6), _line((-0.6, 1), (0.65, 1))]),),
    (np.concatenate([_arc(0, -0.52, 0.52, 0.48, 200, 440, 6), _arc(0, 0.48, 0.6, 0.52, 280, 520, 7)]),),
    (_line((0.2, -1), (-0.65, 0.35), (0.65, 0.35)), _line((0.25, -0.35), (0.25, 1))),
    (np.concatenate([_line((0.55, -1), (-0.4, -1), (-0.5, -0.1)), _arc(-0.05, 0.38, 0.62, 0.6, 220, 500, 8)]),),
    (np.concatenate([_line((0.4, -1), (-0.2, -0.55), (-0.55, 0.1)), _arc(0, 0.45, 0.57, 0.55, 180, -180, 10)]),),
    (_line((-0.6, -1), (0.6, -1), (-0.15, 1)),),
    (_arc(0, -0.5, 0.48, 0.5, 90, 450, 9), _arc(0, 0.5, 0.58, 0.5, -90, 270, 10)),
    (np.concatenate([_arc(0, -0.45, 0.55, 0.55, 0, -360, 10), _line((0.5, 0.2), (0.2, 1))]),),
)


def _nearest(placed: Placed, starts: Floats, ends: Floats) -> Floats:
    """The squared distance of every pixel to the nearest of the segments: starts, ends [figures, segments, 2]."""
    nearest = np.full_like(placed.across, np.inf)
    way = ends - starts
    length = np.maximum((way**2).sum(axis=2), np.float32(1e-6))
    for segment in range(starts.shape[1]):
        (x, y), (dx, dy) = (array[:, segment, :, None, None].swapaxes(0, 1) for array in (starts, way))
        across, down = placed.across - x, placed.down - y
        share = np.clip((across * dx + down * dy) / length[:, segment, None, None], 0, 1)
        across -= share * dx
        down -= share * dy
        np.minimum(nearest, across * across + down * down, out=nearest)
    return nearest


def _digit(lines: tuple[Line, ...]) -> Distance:
    points = np.concatenate(lines).astype(np.float32)
    first = np.cumsum([0, *(len(line) for line in lines[:-1])])
    # A segment begins at every point but the last of its line.
    begins = np.setdiff1d(np.arange(len(points)), np.append(first[1:], len(points)) - 1)

    def distance(placed: Placed, rng: np.random.Generator) -> Floats:
        strays = _WOBBLE * rng.standard_normal((len(placed.radius), *points.shape), np.float32)
        drawn = points + strays
        slant = rng.uniform(-0.15, 0.15, (len(drawn), 1)).astype(np.float32)
        drawn[:, :, 0] -= slant * drawn[:, :, 1]
        nearest = _nearest(placed, drawn[:, begins], drawn[:, begins + 1])
        return np.sqrt(nearest) * placed.radius - np.float32(placed.thickness / 2)

    return distance


_FIGURES = tuple(_digit(lines) for lines in _DIGITS)


def _strokes(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    return draw(rng, _FIGURES, RADIUS, params)


STROKES = Dataset(
    id="strokes",
    label=Text(en="Stroke digits", zh="笔画数字"),
    help=Text(
        en="Digits on 28 × 28 pixels that a pen draws along wobbling lines. Move, turn and thicken them, and see which "
        "network still reads them.",
        zh="28 × 28 像素上由笔沿抖动线条画出的数字。移动、旋转、加粗，看哪种网络仍能识别。",
    ),
    formula=r"x_{ij} = \operatorname{clip}\bigl(\tfrac{w + 1}{2} - \min_s d(\mathbf{p}_{ij}, s_y)\bigr) + \varepsilon",
    source="after LeCun et al. (1998), Gradient-based learning applied to document recognition",
    params=(
        image_samples(3000, 5000),
        POSITION,
        SCALE,
        rotation(10),
        Param(
            id="thickness",
            label=Text(en="Thickness", zh="粗细"),
            help=Text(en="How many pixels wide the pen is.", zh="笔的宽度（像素）。"),
            default=2.5,
            minimum=1,
            maximum=6,
            live=False,
        ),
        GREY_NOISE,
    ),
    task="multiclass",
    classes=10,
    class_names=tuple("0123456789"),
    kind="images",
    width=SIDE,
    height=SIDE,
    sampler=_strokes,
)
