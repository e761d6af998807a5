"""Generated points of the plane with a number to predict. Noise is added to the number, not to the point."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from kernels.network import Floats
from kernels.spec import Text
from server.datasets.dataset import PLANE, SHARED, Dataset, Sampler, Samples


def _on_the_plane(value: Callable[[Floats], Floats]) -> Sampler:
    """A sampler of points spread evenly over the plane with `value(points [n, 2]) -> [n]` as the target."""

    def sampler(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
        points = rng.uniform(-PLANE, PLANE, (int(params["samples"]), 2)).astype(np.float32)
        targets = value(points) + params["noise"] * rng.standard_normal(len(points))
        return points, targets.astype(np.float32)

    return sampler


def _plane(points: Floats) -> Floats:
    return np.asarray((points[:, 0] + points[:, 1]) / (2 * PLANE), np.float32)


def _multi_gaussian(points: Floats) -> Floats:
    total = np.zeros(len(points), np.float32)
    for row, height in enumerate((2.5, -2.5)):
        for column, position in enumerate((-4.0, 0.0, 4.0)):
            squared_distance = (points[:, 0] - position) ** 2 + (points[:, 1] - height) ** 2
            total += (-1.0) ** (row + column) * np.exp(-squared_distance / 2)
    return total


def _sine(points: Floats) -> Floats:
    return np.asarray((np.sin(points[:, 0]) + np.sin(points[:, 1])) / 2, np.float32)


def _exercise_point(rng: np.random.Generator, params: Mapping[str, float]) -> Samples:
    count = int(params["samples"])
    points = np.array([0.2, 0.3]) + params["noise"] * rng.standard_normal((count, 2))
    return points.astype(np.float32), np.ones(count, np.float32)


REGRESSION = (
    Dataset(
        id="plane",
        label=Text(en="Plane", zh="平面"),
        help=Text(
            en="The number rises evenly along the diagonal: a network without a hidden layer learns it.",
            zh="数值沿对角线均匀上升：没有隐藏层的网络即可学会。",
        ),
        formula=r"y = \tfrac{1}{12}(x_1 + x_2) + \varepsilon",
        source="Bishop (2006), Pattern Recognition and Machine Learning, section 3.1",
        params=SHARED,
        task="regression",
        classes=0,
        sampler=_on_the_plane(_plane),
    ),
    Dataset(
        id="multi_gaussian",
        label=Text(en="Hills and valleys", zh="高斯峰谷"),
        help=Text(
            en="Three hills and three valleys in a chequered pattern: every one of them needs units of its own.",
            zh="三座山峰与三个山谷交错排列：每一个都需要专门的神经元。",
        ),
        formula=r"y = \sum_{k=1}^{6} \pm\exp(-\tfrac12 \lVert\mathbf{x} - \mu_k\rVert^2) + \varepsilon",
        source="Broomhead & Lowe (1988), Multivariable functional interpolation and adaptive networks",
        params=SHARED,
        task="regression",
        classes=0,
        sampler=_on_the_plane(_multi_gaussian),
    ),
    Dataset(
        id="sine",
        label=Text(en="Sine waves", zh="正弦波"),
        help=Text(
            en="A wave along each axis: hard from the coordinates alone, linear once their sines are inputs.",
            zh="沿每个坐标轴的波：仅用坐标很难，加入正弦输入后就是线性的。",
        ),
        formula=r"y = \tfrac12(\sin x_1 + \sin x_2) + \varepsilon",
        source="Bishop (2006), Pattern Recognition and Machine Learning, section 1.1",
        params=SHARED,
        task="regression",
        classes=0,
        sampler=_on_the_plane(_sine),
    ),
    Dataset(
        id="exercise_point",
        label=Text(en="A single point", zh="单个样本点"),
        help=Text(
            en="The same sample again and again, x = (0.2, 0.3) with y = 1, so that a step can be checked by hand. "
            "Noise moves the point.",
            zh="同一个样本反复出现：x = (0.2, 0.3)，y = 1，便于手算检验每一步。噪声会移动该点。",
        ),
        formula=r"\mathbf{x} = (0.2,\; 0.3)^\top + \varepsilon, \quad y = 1",
        source="Goodfellow et al. 2016, 6.5",
        params=SHARED,
        task="regression",
        classes=0,
        sampler=_exercise_point,
    ),
)
