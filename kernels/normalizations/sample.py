"""Normalizations within each sample: over all units of a layer, over groups of them, or over a channel's pixels.

They know no batch: a sample's result does not depend on the others, and training and inference are the same.
"""

# ruff: noqa: ARG001 -- functions of a family share one signature

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import function, kernel
from kernels.calls import NORMALIZATION_BACKWARD, NORMALIZATION_FORWARD
from kernels.normalizations.normalization import EPSILON, POSITION, Normalization
from kernels.simd import Pointer, shift
from kernels.spec import Param

_ZERO: Any = np.float32(0)
_ONE: Any = np.float32(1)


@function
def _normalize(
    x: Pointer,
    y: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    beta: Pointer,
    units: int,
    pixels: int,
    groups: int,
    stride: int,
    epsilon: float,
) -> None:
    """Each group of units of a sample, with all their pixels, to mean 0, variance 1, then gamma and beta.

    x, y: [units, pixels, stride]; scratch: [2 groups + 2, stride], of each group the means and the inverse deviations.
    The lanes behind the last sample are normalized like samples, which keeps them small.
    """
    size = units // groups
    rows = size * pixels
    # In float64, so that units which are all equal have exactly no variance.
    share = 1.0 / rows
    for group in range(groups):
        mean, inverse = shift(scratch, 2 * group * stride), shift(scratch, (2 * group + 1) * stride)
        for s in range(stride):
            mean[s], inverse[s] = _ZERO, _ZERO
        for row in range(group * rows, (group + 1) * rows):
            for s in range(stride):
                mean[s] += x[row * stride + s]
        for s in range(stride):
            mean[s] = np.float32(mean[s] * share)
        for row in range(group * rows, (group + 1) * rows):
            for s in range(stride):
                from_mean = x[row * stride + s] - mean[s]
                inverse[s] += from_mean * from_mean
        for s in range(stride):
            inverse[s] = _ONE / np.float32(math.sqrt(np.float32(inverse[s] * share) + epsilon))
        for unit in range(group * size, (group + 1) * size):
            g, b = gamma[unit], beta[unit]
            for row in range(unit * pixels, (unit + 1) * pixels):
                for s in range(stride):
                    y[row * stride + s] = g * ((x[row * stride + s] - mean[s]) * inverse[s]) + b


@function
def _normalize_back(
    x: Pointer,
    d: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    d_gamma: Pointer,
    d_beta: Pointer,
    units: int,
    pixels: int,
    groups: int,
    stride: int,
) -> None:
    """Back through `_normalize`, in place in d, zero behind the last sample; n being what was normalized.

    With e = gamma d: dx = (e - mean(e) - n mean(e n)) / std, the means over the group's units and their pixels.
    """
    size = units // groups
    rows = size * pixels
    share = _ONE / np.float32(rows)
    mean_e, mean_en = shift(scratch, 2 * groups * stride), shift(scratch, (2 * groups + 1) * stride)
    for group in range(groups):
        mean, inverse = shift(scratch, 2 * group * stride), shift(scratch, (2 * group + 1) * stride)
        for s in range(stride):
            mean_e[s], mean_en[s] = _ZERO, _ZERO
        for unit in range(group * size, (group + 1) * size):
            g, total_d, total_dn = gamma[unit], 0.0, 0.0
            for row in range(unit * pixels, (unit + 1) * pixels):
                sum_d, sum_dn = _ZERO, _ZERO
                for s in range(stride):
                    at = row * stride + s
                    n = (x[at] - mean[s]) * inverse[s]
                    sum_d += d[at]
                    sum_dn += d[at] * n
                    d[at] *= g
                    mean_e[s] += d[at]
                    mean_en[s] += d[at] * n
                total_d += sum_d
                total_dn += sum_dn
            d_gamma[unit] = np.float32(total_dn)
            d_beta[unit] = np.float32(total_d)
        for s in range(stride):
            mean_e[s] *= share
            mean_en[s] *= share
        for row in range(group * rows, (group + 1) * rows):
            for s in range(stride):
                at = row * stride + s
                n = (x[at] - mean[s]) * inverse[s]
                d[at] = inverse[s] * (d[at] - mean_e[s] - n * mean_en[s])


@kernel(NORMALIZATION_FORWARD)
def layer_norm_forward(
    x: Pointer,
    y: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    beta: Pointer,
    running: Pointer,
    units: int,
    pixels: int,
    count: int,
    stride: int,
    training: int,
    params: Pointer,
) -> None:
    """The units of each sample to mean 0, variance 1, then gamma and beta. x, y: [units, pixels, stride]."""
    _normalize(x, y, scratch, gamma, beta, units, pixels, 1, stride, params[0])


@kernel(NORMALIZATION_BACKWARD)
def layer_norm_backward(
    x: Pointer,
    d: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    d_gamma: Pointer,
    d_beta: Pointer,
    units: int,
    pixels: int,
    count: int,
    stride: int,
    params: Pointer,
) -> None:
    """Back through one group of all units."""
    _normalize_back(x, d, scratch, gamma, d_gamma, d_beta, units, pixels, 1, stride)


@kernel(NORMALIZATION_FORWARD)
def group_norm_forward(
    x: Pointer,
    y: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    beta: Pointer,
    running: Pointer,
    units: int,
    pixels: int,
    count: int,
    stride: int,
    training: int,
    params: Pointer,
) -> None:
    """Each group of a sample's neighbouring units to mean 0, variance 1, then gamma and beta.

    x, y: [units, pixels, stride].
    """
    _normalize(x, y, scratch, gamma, beta, units, pixels, int(params[0]), stride, params[1])


@kernel(NORMALIZATION_BACKWARD)
def group_norm_backward(
    x: Pointer,
    d: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    d_gamma: Pointer,
    d_beta: Pointer,
    units: int,
    pixels: int,
    count: int,
    stride: int,
    params: Pointer,
) -> None:
    """Back through every group."""
    _normalize_back(x, d, scratch, gamma, d_gamma, d_beta, units, pixels, int(params[0]), stride)


@kernel(NORMALIZATION_FORWARD)
def instance_norm_forward(
    x: Pointer,
    y: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    beta: Pointer,
    running: Pointer,
    units: int,
    pixels: int,
    count: int,
    stride: int,
    training: int,
    params: Pointer,
) -> None:
    """The pixels of each channel of a sample to mean 0, variance 1, then gamma and beta. x, y: [units, pixels, stride].

    Every channel is a group of its own.
    """
    _normalize(x, y, scratch, gamma, beta, units, pixels, units, stride, params[0])


@kernel(NORMALIZATION_BACKWARD)
def instance_norm_backward(
    x: Pointer,
    d: Pointer,
    scratch: Pointer,
    gamma: Pointer,
    d_gamma: Pointer,
    d_beta: Pointer,
    units: int,
    pixels: int,
    count: int,
    stride: int,
    params: Pointer,
) -> None:
    """Back through every channel."""
    _normalize_back(x, d, scratch, gamma, d_gamma, d_beta, units, pixels, units, stride)


def _within(x: Any, gamma: Any, beta: Any, groups: int, epsilon: float) -> Any:
    parted = x.reshape(len(x), groups, -1)
    from_mean = parted - parted.mean(axis=2, keepdims=True)
    normalized = from_mean / np.sqrt((from_mean**2).mean(axis=2, keepdims=True) + epsilon)
    return (gamma[:, None] * normalized.reshape(len(x), len(gamma), -1) + beta[:, None]).reshape(x.shape)


def _layer_norm(
    x: Any, gamma: Any, beta: Any, _running: Any, _training: bool, *, epsilon: float, **_position: float
) -> Any:
    return _within(x, gamma, beta, 1, epsilon)


def _group_norm(
    x: Any, gamma: Any, beta: Any, _running: Any, _training: bool, *, groups: float, epsilon: float, **_position: float
) -> Any:
    return _within(x, gamma, beta, int(groups), epsilon)


def _instance_norm(
    x: Any, gamma: Any, beta: Any, _running: Any, _training: bool, *, epsilon: float, **_position: float
) -> Any:
    return _within(x, gamma, beta, len(gamma), epsilon)


LAYER_NORM = Normalization(
    id="layer_norm",
    label={"en": "Layer norm", "zh": "层归一化"},
    help={
        "en": "Normalizes each sample over the units of the layer, an image over all channels and pixels with γ and β "
        "a channel: the same with any batch, even of one.",
        "zh": "对每个样本在该层的所有单元上归一化；图像在所有通道和像素上归一化，γ、β 每通道一个。"
        "与批量无关，批量为 1 时也一样。",
    },
    formula=r"y_i = \gamma_i\,\frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta_i,\;"
    r" \mu = \operatorname{mean}_i x_i,\; \sigma^2 = \operatorname{var}_i x_i",
    source="Ba et al. 2016, eq. 3",
    params=(EPSILON, POSITION),
    forward=layer_norm_forward,
    backward=layer_norm_backward,
    reference=_layer_norm,
    least_units=2,
    scratch=lambda _units, _values: 4,
)

GROUP_NORM = Normalization(
    id="group_norm",
    label={"en": "Group norm", "zh": "组归一化"},
    help={
        "en": "Normalizes each sample over groups of neighbouring units, or of channels with their pixels: between "
        "layer norm and none at all.",
        "zh": "对每个样本在相邻单元（图像则为相邻通道及其像素）组成的各组内归一化：介于层归一化与不归一化之间。",
    },
    formula=r"y_i = \gamma_i\,\frac{x_i - \mu_G}{\sqrt{\sigma_G^2 + \varepsilon}} + \beta_i,\; i \in G",
    source="Wu & He 2018, eq. 7",
    params=(
        Param(
            id="groups",
            label={"en": "Groups", "zh": "组数"},
            help={
                "en": "Into how many groups of equal size the units are parted; 1 is layer norm.",
                "zh": "把单元平分为多少组；1 即层归一化。",
            },
            default=2,
            minimum=1,
            maximum=512,
            scale="log",
            integer=True,
            live=False,
            divides_units=True,
        ),
        EPSILON,
        POSITION,
    ),
    forward=group_norm_forward,
    backward=group_norm_backward,
    reference=_group_norm,
    least_units=2,
    scratch=lambda _units, values: 2 * int(values[0]) + 2,
)

INSTANCE_NORM = Normalization(
    id="instance_norm",
    label={"en": "Instance norm", "zh": "实例归一化"},
    help={
        "en": "Normalizes every channel of every image over its pixels: what is left of contrast and brightness is γ "
        "and β.",
        "zh": "对每幅图像的每个通道在其像素上归一化：对比度与亮度只由 γ、β 决定。",
    },
    formula=r"y = \gamma\,\frac{x - \mu_{nc}}{\sqrt{\sigma_{nc}^2 + \varepsilon}} + \beta",
    source="Ulyanov et al. 2016, eq. 3",
    params=(EPSILON, POSITION),
    forward=instance_norm_forward,
    backward=instance_norm_backward,
    reference=_instance_norm,
    scratch=lambda units, _values: 2 * units + 2,
    needs_image={
        "en": "Instance norm needs images with several pixels a channel. A dense layer has one number a unit, whose "
        "variance is zero: every output would be β. Take layer norm or group norm.",
        "zh": "实例归一化需要每个通道含多个像素的图像。全连接层每个单元只有一个数，方差为零，输出恒为 β。"
        "请改用层归一化或组归一化。",
    },
)
