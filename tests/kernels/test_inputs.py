"""Features against their expression, preprocessings against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from kernels.inputs import FEATURES, PREPROCESSINGS, feature_matrix, fit_preprocessing
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
    assert matrix.shape == (3, 3)
    assert np.isfinite((train - offset) @ matrix).all()


def test_none_changes_nothing() -> None:
    offset, matrix = fit_preprocessing("none", points())
    np.testing.assert_array_equal((points() - offset) @ matrix, points())


def test_standardize_gives_mean_0_and_variance_1_and_keeps_a_constant_column_at_0() -> None:
    train = np.hstack([points() * [3, 0.01] + [100, -5], np.full((50, 1), 3)]).astype(np.float32)
    offset, matrix = fit_preprocessing("standardize", train)
    mapped = (train - offset) @ matrix
    np.testing.assert_allclose(mapped[:, :2].mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(mapped[:, :2].std(axis=0), 1, rtol=1e-3)
    assert not mapped[:, 2].any()
