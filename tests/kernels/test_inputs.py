"""Features against their expression, preprocessings against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from numpy.typing import NDArray

from kernels.inputs import FEATURES, PREPROCESSINGS, apply_preprocessing, feature_matrix, fit_preprocessing
from tests.kernels.support import Floats


def points() -> Floats:
    return np.random.default_rng(0).uniform(-6, 6, (50, 2)).astype(np.float32)


@pytest.mark.parametrize("name", list(FEATURES.variants))
def test_a_feature_is_its_expression(name: str) -> None:
    x1, x2 = sympy.symbols("x1 x2", real=True)
    truth = sympy.lambdify((x1, x2), sympy.sympify(FEATURES[name].expression, locals={"x1": x1, "x2": x2}), "numpy")
    plane = points()
    column = feature_matrix(plane, [name])[:, 0]
    np.testing.assert_allclose(column, truth(*plane.T.astype(np.float64)), rtol=1e-6, atol=1e-6)


def test_columns_come_in_the_order_asked_for() -> None:
    plane = points()
    matrix = feature_matrix(plane, ["x2", "x1", "x2"])
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, plane[:, [1, 0, 1]])
    with pytest.raises(KeyError, match="features has no 'x9'"):
        feature_matrix(plane, ["x9"])


@pytest.mark.parametrize("name", list(PREPROCESSINGS.variants))
def test_a_preprocessing_gives_finite_float32_maps(name: str) -> None:
    train = np.hstack([points(), np.full((50, 1), 3, np.float32)])
    offset, matrix = fit_preprocessing(name, train)
    assert offset.dtype == matrix.dtype == np.float32
    assert offset.shape == (3,)
    assert matrix.shape == ((3, 3) if PREPROCESSINGS[name].mixes else (3,))
    mapped = apply_preprocessing(train, offset, matrix)
    assert mapped.dtype == np.float32
    full = matrix if matrix.ndim == 2 else np.diag(matrix)
    np.testing.assert_array_equal(mapped, (train - offset) @ full)
    assert np.isfinite(mapped).all()


def test_none_changes_nothing() -> None:
    offset, matrix = fit_preprocessing("none", points())
    np.testing.assert_array_equal(apply_preprocessing(points(), offset, matrix), points())


def test_standardize_gives_mean_0_and_variance_1_and_keeps_a_constant_column_at_0() -> None:
    train = np.hstack([points() * [3, 0.01] + [100, -5], np.full((50, 1), 3)]).astype(np.float32)
    offset, matrix = fit_preprocessing("standardize", train)
    mapped = apply_preprocessing(train, offset, matrix)
    np.testing.assert_allclose(mapped[:, :2].mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(mapped[:, :2].std(axis=0), 1, rtol=1e-3)
    assert not mapped[:, 2].any()


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_is_standardized_channel_by_channel(channels: int) -> None:
    rng = np.random.default_rng(channels)
    train = rng.normal(
        np.repeat(np.arange(channels), 20), np.repeat(np.arange(1, channels + 1), 20), (70, 20 * channels)
    )
    offset, matrix = fit_preprocessing("standardize", train.astype(np.float32), channels)
    mapped = apply_preprocessing(train.astype(np.float32), offset, matrix).reshape(70, channels, 20)
    assert len(np.unique(offset)) == len(np.unique(matrix)) == channels
    np.testing.assert_allclose(mapped.mean(axis=(0, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(mapped.std(axis=(0, 2)), 1, atol=1e-5)
    # The difference of two pixels of a channel stays: a shifted image is the same image.
    raw = train.reshape(70, channels, 20)
    ratio = (mapped[:, :, 1] - mapped[:, :, 0]) / (raw[:, :, 1] - raw[:, :, 0])
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-3)


def _correlated(inputs: int) -> Floats:
    rng = np.random.default_rng(inputs)
    mixed = rng.standard_normal((900, inputs)) @ rng.standard_normal((inputs, inputs))
    return (mixed + rng.uniform(-5, 5, inputs)).astype(np.float32)


def _mapped(name: str, train: Floats) -> NDArray[np.float64]:
    offset, matrix = fit_preprocessing(name, train)
    return (train.astype(np.float64) - offset) @ matrix


@pytest.mark.parametrize("inputs", [1, 2, 7, 64])
@pytest.mark.parametrize("name", ["pca_whiten", "zca_whiten"])
def test_whitening_makes_the_covariance_the_identity(name: str, inputs: int) -> None:
    mapped = _mapped(name, _correlated(inputs))
    np.testing.assert_allclose(mapped.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(mapped.T @ mapped / len(mapped), np.eye(inputs), atol=2e-3)


@pytest.mark.parametrize("name", ["pca_whiten", "zca_whiten"])
def test_whitening_keeps_directions_without_variance_at_0(name: str) -> None:
    train = _correlated(2)
    constant, repeated = np.full((len(train), 1), 3, np.float32), train[:, :1]
    mapped = _mapped(name, np.hstack([train, constant, repeated]))
    variances = np.linalg.eigvalsh(mapped.T @ mapped / len(mapped))
    np.testing.assert_allclose(variances, [0, 0, 1, 1], atol=1e-3)
    alike = np.full((9, 3), 2, np.float32)
    assert not _mapped(name, alike).any()


def test_principal_components_come_widest_first_and_zca_stays_closest() -> None:
    train = np.ascontiguousarray(points() * np.array([0.5, 2], np.float32))
    mapped = _mapped("pca_whiten", train)
    assert abs(np.corrcoef(mapped[:, 0], train[:, 1])[0, 1]) > 0.99
    _, matrix = fit_preprocessing("zca_whiten", train)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-7)
    assert np.linalg.eigvalsh(matrix.astype(np.float64)).min() > 0
