"""Generated points of the plane that belong to two classes (targets -1 and +1), to three (0, 1, 2), or carry labels.

Every class has as many points as the next one, give or take one. Noise moves the points after their class is settled,
so that the classes overlap and no network can be perfect.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kernels.labels import pack_labels
from kernels.network import Floats
from kernels.spec import Text
from server.datasets.dataset import SHARED, Dataset, Samples

RADIUS = 5.0


def _sizes(samples: float, classes: int) -> list[int]:
    """How many points each class gets: as equal as can be, all of them in the sum."""
    return [(int(samples) + place) // classes for place in range(classes)]


def _jitter(rng: np.random.Generator, points: Floats, deviation: float) -> Floats:
    """Points [n, 2] moved by normal noise of that standard deviation."""
    return np.asarray(points + deviation * rng.standard_normal(points.shape), np.float32)


def _polar(radius: Floats, angle: Floats) -> Floats:
    """Points [n, 2] from radii [n] and angles [n], the angle counted from the second axis."""
    return np.asarray(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1), np.float32)


def _two_classes(classes: list[Floats]) -> Samples:
    targets = np.concatenate([np.full(len(classes[0]), -1.0), np.full(len(classes[1]), 1.0)])
    return np.concatenate(classes), targets.astype(np.float32)


def _many_classes(classes: list[Floats]) -> Samples:
    targets = np.concatenate([np.full(len(points), index) for index, points in enumerate(classes)])
    return np.concatenate(classes), targets.astype(np.float32)


def _arm(size: int, turns: float, start: float) -> Floats:
    """A spiral arm [size, 2] of equally spaced steps from the origin to RADIUS, beginning at the angle `start`."""
    way = (np.arange(size) / size).astype(np.float32)
    return _polar(RADIUS * way, turns * 2 * math.pi * way + start)


def _circle(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    outer, inner = _sizes(params["samples"], 2)
    rings = []
    for size, low, high in ((outer, 0.7 * RADIUS, RADIUS), (inner, 0.0, 0.5 * RADIUS)):
        radius = rng.uniform(low, high, size).astype(np.float32)
        angle = rng.uniform(0, 2 * math.pi, size).astype(np.float32)
        rings.append(_jitter(rng, _polar(radius, angle), 2 * params["noise"]))
    return _two_classes(rings)


def _xor(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    classes = []
    for size, sign in zip(_sizes(params["samples"], 2), (-1.0, 1.0), strict=True):
        # A gap along the axes, so that the clean task can be solved without error.
        points = rng.uniform(0.3, RADIUS, (size, 2)) * rng.choice([-1.0, 1.0], (size, 1))
        points[:, 1] *= sign
        classes.append(_jitter(rng, points.astype(np.float32), 2 * params["noise"]))
    return _two_classes(classes)


def _gaussians(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    deviation = 0.6 + 3 * params["noise"]
    sizes = _sizes(params["samples"], 2)
    centres = [np.full((size, 2), centre, np.float32) for size, centre in zip(sizes, (-2.0, 2.0), strict=True)]
    return _two_classes([_jitter(rng, points, deviation) for points in centres])


def _spiral(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    sizes = _sizes(params["samples"], 2)
    arms = [_arm(size, 1.75, start) for size, start in zip(sizes, (math.pi, 0.0), strict=True)]
    return _two_classes([_jitter(rng, arm, params["noise"]) for arm in arms])


def _moons(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    lower, upper = _sizes(params["samples"], 2)
    low = rng.uniform(0, math.pi, lower)
    high = rng.uniform(0, math.pi, upper)
    moons = [
        np.stack([3 * (1 - np.cos(low)) - 1.5, 0.75 - 3 * np.sin(low)], axis=1),
        np.stack([3 * np.cos(high) - 1.5, 3 * np.sin(high) - 0.75], axis=1),
    ]
    return _two_classes([_jitter(rng, moon.astype(np.float32), 1.5 * params["noise"]) for moon in moons])


def _three_spirals(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    arms = [_arm(size, 1.0, index * 2 * math.pi / 3) for index, size in enumerate(_sizes(params["samples"], 3))]
    return _many_classes([_jitter(rng, arm, params["noise"]) for arm in arms])


def _blobs(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    deviation = 0.6 + 3 * params["noise"]
    sizes = _sizes(params["samples"], 3)
    centres = _polar(np.full(3, 3.2, np.float32), np.arange(3).astype(np.float32) * np.float32(2 * math.pi / 3))
    return _many_classes(
        [_jitter(rng, np.tile(centre, (size, 1)), deviation) for centre, size in zip(centres, sizes, strict=True)]
    )


def _discs(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    points = rng.uniform(-RADIUS, RADIUS, (int(params["samples"]), 2)).astype(np.float32)
    centres = _polar(np.full(3, 2.0, np.float32), np.arange(3).astype(np.float32) * np.float32(2 * math.pi / 3))
    inside = np.linalg.norm(points[:, None] - centres, axis=2) < 3
    return _jitter(rng, points, 1.5 * params["noise"]), pack_labels(inside)


CLASSIFICATION = (
    Dataset(
        id="spiral",
        label=Text(en="Spiral", zh="双螺旋"),
        help=Text(
            en="Two spiral arms of 1.75 turns around each other: no straight line helps, a hidden layer is needed.",
            zh="两条相互缠绕 1.75 圈的螺旋臂：直线无法分开，必须有隐藏层。",
        ),
        formula=r"\mathbf{x} = 5t\,\bigl(\sin(3.5\pi t + \varphi_y),\ \cos(3.5\pi t + \varphi_y)\bigr) + \varepsilon",
        source="Lang & Witbrock (1988), Learning to tell two spirals apart",
        params=SHARED,
        task="binary",
        classes=2,
        sampler=_spiral,
    ),
    Dataset(
        id="circle",
        label=Text(en="Circle", zh="圆环"),
        help=Text(
            en="A disc inside a ring: the squares of the inputs make it linearly separable.",
            zh="圆盘外套圆环：加入输入的平方后即线性可分。",
        ),
        formula=r"y = \operatorname{sign}(3 - \lVert\mathbf{x}\rVert)",
        source="Goodfellow, Bengio & Courville (2016), Deep Learning, section 1",
        params=SHARED,
        task="binary",
        classes=2,
        sampler=_circle,
    ),
    Dataset(
        id="xor",
        label=Text(en="Exclusive or", zh="异或"),
        help=Text(
            en="The class is the sign of the inputs' product: the smallest task that a single layer cannot solve.",
            zh="类别是两个输入乘积的符号：单层网络无法解决的最小任务。",
        ),
        formula=r"y = \operatorname{sign}(x_1 x_2)",
        source="Minsky & Papert (1969), Perceptrons",
        params=SHARED,
        task="binary",
        classes=2,
        sampler=_xor,
    ),
    Dataset(
        id="gaussians",
        label=Text(en="Two Gaussians", zh="双高斯分布"),
        help=Text(
            en="Two normal clouds: one straight line is the best that any network can do.",
            zh="两团正态分布的点：一条直线就是最好的分界。",
        ),
        formula=r"\mathbf{x} \mid y \sim \mathcal{N}(2y\mathbf{1}, \sigma^2\mathbf{I}),\ \sigma = 0.6+3\,\text{noise}",
        source="Bishop (2006), Pattern Recognition and Machine Learning, section 4.2",
        params=SHARED,
        task="binary",
        classes=2,
        sampler=_gaussians,
    ),
    Dataset(
        id="moons",
        label=Text(en="Two moons", zh="双月"),
        help=Text(
            en="Two half circles that reach into each other: nearly linear, but for the tips.",
            zh="两个相互嵌入的半圆：除尖端外几乎线性可分。",
        ),
        formula=r"\mathbf{x} = y\,\bigl(3\cos t - 1.5,\ 3\sin t - 0.75\bigr) + \varepsilon,\quad t \in [0, \pi]",
        source="Pedregosa et al. (2011), scikit-learn, make_moons",
        params=SHARED,
        task="binary",
        classes=2,
        sampler=_moons,
    ),
    Dataset(
        id="three_spirals",
        label=Text(en="Three spirals", zh="三螺旋"),
        help=Text(
            en="Three arms of one turn each: three classes, one output for each of them.",
            zh="三条各转一圈的螺旋臂：三个类别，每类一个输出。",
        ),
        formula=r"\mathbf{x} = 5t\,\bigl(\sin 2\pi(t + y/3),\ \cos 2\pi(t + y/3)\bigr) + \varepsilon",
        source="Lang & Witbrock (1988), Learning to tell two spirals apart, with a third arm",
        params=SHARED,
        task="multiclass",
        classes=3,
        class_names=("A", "B", "C"),
        sampler=_three_spirals,
    ),
    Dataset(
        id="blobs",
        label=Text(en="Three blobs", zh="三个簇"),
        help=Text(
            en="Three normal clouds: softmax alone, without a hidden layer, separates them.",
            zh="三团正态分布的点：无需隐藏层，只用 softmax 即可分开。",
        ),
        formula=r"\mathbf{x} \mid y \sim \mathcal{N}(\mu_y,\ \sigma^2 \mathbf{I}),\quad \sigma = 0.6 + 3\,\text{noise}",
        source="Bishop (2006), Pattern Recognition and Machine Learning, section 4.2",
        params=SHARED,
        task="multiclass",
        classes=3,
        class_names=("A", "B", "C"),
        sampler=_blobs,
    ),
    Dataset(
        id="discs",
        label=Text(en="Three discs", zh="三个圆盘"),
        help=Text(
            en="Discs that overlap: a point carries the labels of all discs that it lies in, from none to three.",
            zh="三个相互重叠的圆盘：点落在哪些圆盘内，就带有哪些标签，可以没有，也可以三个都有。",
        ),
        formula=r"y_k = 1 \iff \lVert\mathbf{x} - \mathbf{c}_k\rVert < 3,\quad k = 1, 2, 3",
        source="Tsoumakas & Katakis (2007), Multi-label classification: an overview",
        params=SHARED,
        task="multilabel",
        classes=3,
        class_names=("A", "B", "C"),
        sampler=_discs,
    ),
)
