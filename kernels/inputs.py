"""What enters the network: features of a point in the plane, and preprocessing fitted to the training set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.spec import Family, Variant

Floats = NDArray[np.float32]

#: The share of the largest variance at or below which a direction counts as constant: rounding, and no signal.
_LEAST_VARIANCE = 1e-10


@dataclass(frozen=True, kw_only=True)
class Feature(Variant):
    """A feature of a point. `expression` is SymPy text in `x1` and `x2`, `compute(x1, x2)` the same in NumPy."""

    expression: str
    compute: Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, kw_only=True)
class Preprocessing(Variant):
    """A linear map of the inputs. `fit(train [n, d])` gives (offset [d], matrix): x' = (x - offset) @ matrix.

    The matrix is [d, d], or its diagonal [d] where each input is only scaled. `mixes` marks those that need all of it.
    """

    fit: Callable[[Floats], tuple[Floats, Floats]]
    mixes: bool = False


def _feature(
    name: str, symbol: str, formula: str, expression: str, compute: Callable[[Floats, Floats], Floats]
) -> Feature:
    return Feature(
        id=name,
        label={"en": symbol, "zh": symbol},
        help={"en": f"The input {symbol} of each point.", "zh": f"每个点的输入 {symbol}。"},
        formula=formula,
        source="Goodfellow et al. 2016, 6.1",
        expression=expression,
        compute=compute,
    )


FEATURES = Family(
    "features",
    {"en": "Inputs", "zh": "输入特征"},
    {"en": "What the network gets to see of each point.", "zh": "网络能看到的每个点的信息。"},
    (
        _feature("x1", "x₁", "x_1", "x1", lambda x1, _: x1),
        _feature("x2", "x₂", "x_2", "x2", lambda _, x2: x2),
        _feature("x1_squared", "x₁²", "x_1^2", "x1**2", lambda x1, _: x1 * x1),
        _feature("x2_squared", "x₂²", "x_2^2", "x2**2", lambda _, x2: x2 * x2),
        _feature("x1_x2", "x₁x₂", "x_1 x_2", "x1 * x2", lambda x1, x2: x1 * x2),
        _feature("sin_x1", "sin x₁", r"\sin x_1", "sin(x1)", lambda x1, _: np.sin(x1)),
        _feature("sin_x2", "sin x₂", r"\sin x_2", "sin(x2)", lambda _, x2: np.sin(x2)),
    ),
    live=False,
)


def _keep(train: Floats) -> tuple[Floats, Floats]:
    return np.zeros(train.shape[1], np.float32), np.ones(train.shape[1], np.float32)


def _standardize(train: Floats) -> tuple[Floats, Floats]:
    std = train.std(axis=0, dtype=np.float64)
    # A constant column (a pixel that is always blank) stays at zero.
    scale = np.where(std > 1e-7, 1.0 / np.maximum(std, 1e-7), 0.0)
    return train.mean(axis=0, dtype=np.float64).astype(np.float32), scale.astype(np.float32)


def _principal(train: Floats) -> tuple[Floats, NDArray[np.float64], NDArray[np.float64]]:
    """The mean [d], the principal axes [d, d] as columns, the widest first, and 1 / the deviation along each [d]."""
    mean = train.mean(axis=0, dtype=np.float64)
    centred = train - mean
    variance, axes = np.linalg.eigh(centred.T @ centred / len(train))
    variance, axes = variance[::-1], axes[:, ::-1]
    # An axis has no sign of its own: its largest part is made positive, so that equal data give equal inputs.
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(len(axes))] < 0, -1.0, 1.0)
    # Without variance, as with a constant column or one that repeats another, an axis stays at zero.
    spread = variance > _LEAST_VARIANCE * variance[0]
    scale = np.where(spread, 1.0 / np.sqrt(np.where(spread, variance, 1.0)), 0.0)
    return mean.astype(np.float32), axes, scale


def _pca_whiten(train: Floats) -> tuple[Floats, Floats]:
    mean, axes, scale = _principal(train)
    return mean, (axes * scale).astype(np.float32)


def _zca_whiten(train: Floats) -> tuple[Floats, Floats]:
    mean, axes, scale = _principal(train)
    return mean, ((axes * scale) @ axes.T).astype(np.float32)


PREPROCESSINGS = Family(
    "preprocessings",
    {"en": "Preprocessing", "zh": "预处理"},
    {"en": "A map of the inputs, fitted to the training set.", "zh": "按训练集拟合的输入变换。"},
    (
        Preprocessing(
            id="none",
            label={"en": "None", "zh": "无"},
            help={"en": "Inputs as they are.", "zh": "输入保持原样。"},
            formula="x' = x",
            source="LeCun et al. 1998, Efficient BackProp, 4.3",
            fit=_keep,
        ),
        Preprocessing(
            id="standardize",
            label={"en": "Standardize", "zh": "标准化"},
            help={
                "en": "Each input to mean 0 and variance 1 over the training set. Images have one mean and variance a "
                "channel, so that one looks the same wherever it is shifted.",
                "zh": "使每个输入在训练集上均值为 0、方差为 1。图像按通道取均值和方差，平移后不变。",
            },
            formula=r"x' = \frac{x - \mu}{\sigma}",
            source="LeCun et al. 1998, Efficient BackProp, 4.3",
            fit=_standardize,
        ),
        Preprocessing(
            id="pca_whiten",
            label={"en": "PCA whitening", "zh": "PCA 白化"},
            help={
                "en": "Turns the data onto its principal axes, each of variance 1: input k is the k-th component.",
                "zh": "把数据旋转到主成分轴上，并使各轴方差为 1：第 k 个输入即第 k 个主成分。",
            },
            formula=r"x' = \Lambda^{-1/2}\, U^\top (x - \mu),\; \Sigma = U \Lambda U^\top",
            source="LeCun et al. 1998, Efficient BackProp, 4.3",
            fit=_pca_whiten,
            mixes=True,
        ),
        Preprocessing(
            id="zca_whiten",
            label={"en": "ZCA whitening", "zh": "ZCA 白化"},
            help={
                "en": "PCA whitening turned back: uncorrelated inputs of variance 1 that stay closest to the original.",
                "zh": "PCA 白化后再旋转回来：各输入不相关、方差为 1，且最接近原始数据。",
            },
            formula=r"x' = U \Lambda^{-1/2}\, U^\top (x - \mu),\; \Sigma = U \Lambda U^\top",
            source="Bell & Sejnowski 1997",
            fit=_zca_whiten,
            mixes=True,
        ),
    ),
    live=False,
)


def feature_matrix(points: Floats, ids: Sequence[str]) -> Floats:
    """The chosen features of `points` [n, 2] as [n, len(ids)]."""
    x1, x2 = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    return np.stack([FEATURES[each].compute(x1, x2) for each in ids], axis=1).astype(np.float32)


def fit_preprocessing(preprocessing: str, train: Floats, channels: int = 0) -> tuple[Floats, Floats]:
    """Fit to the training inputs [n, d]: offset [d] and matrix [d, d] or [d], as `apply_preprocessing` takes them.

    With `channels`, by which d can be divided, what only scales its inputs treats all inputs of a channel alike.
    """
    chosen = PREPROCESSINGS[preprocessing]
    if not channels or chosen.mixes:
        return chosen.fit(train)
    pixels = train.shape[1] // channels
    # One column a channel: all its pixels of all samples.
    columns = train.reshape(-1, channels, pixels).transpose(1, 0, 2).reshape(channels, -1).T
    offset, scale = chosen.fit(columns)
    return np.repeat(offset, pixels), np.repeat(scale, pixels)


def apply_preprocessing(features: Floats, offset: Floats, matrix: Floats) -> Floats:
    """(features - offset) @ matrix, [n, d], for a matrix [d, d] or its diagonal [d]."""
    centred = features - offset
    return np.ascontiguousarray(centred * matrix if matrix.ndim == 1 else centred @ matrix, np.float32)
