"""The dense layers' products against NumPy, over shapes with every kind of remainder, and where BLAS takes over."""

from __future__ import annotations

from itertools import product

import numba
import numpy as np
import pytest

from kernels.dense import (
    BLAS_FROM,
    PACK_FROM,
    TRANSPOSE_FROM,
    dense_bias_gradient,
    dense_forward,
    dense_input_gradient,
    dense_weight_gradient,
)
from kernels.simd import pointer
from tests.kernels.support import Floats

SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 17, 64]
BATCHES = [*range(1, 18), 23, 24, 25, 31, 32, 33, 63, 64, 65, 70]
#: Shapes (inputs, units, batch) on both sides of each threshold.
LARGE = [(31, 40, 64), (32, 33, 40), (37, 32, 33), (45, 65, 70), (64, 512, 61), (130, 256, 64), (300, 200, 33)]
#: Shapes whose products go by panels: several deep, with rows and columns left over, and the bench's.
PACKED = [(784, 256, 128), (520, 67, 32), (528, 64, 31), (304, 129, 48), (80, 70, 304)]


@numba.njit(cache=True)
def _forward(w: Floats, b: Floats, biased: bool, x: Floats, z: Floats) -> None:
    units, inputs = w.shape
    dense_forward(pointer(w, 0), pointer(b, 0), biased, pointer(x, 0), pointer(z, 0), inputs, units, x.shape[1])


@numba.njit(cache=True)
def _backward(w: Floats, d: Floats, x: Floats, dx: Floats, dw: Floats, db: Floats, transposed: Floats) -> None:
    units, inputs = w.shape
    stride = x.shape[1]
    dense_input_gradient(pointer(w, 0), pointer(d, 0), pointer(dx, 0), inputs, units, stride)
    dense_weight_gradient(pointer(d, 0), pointer(x, 0), pointer(dw, 0), pointer(transposed, 0), inputs, units, stride)
    dense_bias_gradient(pointer(d, 0), pointer(db, 0), units, stride)


def _guarded(rows: int, columns: int) -> tuple[Floats, Floats]:
    """A buffer with a margin behind it, to show writes that go too far."""
    whole = np.full(rows * columns + 16, 7, np.float32)
    return whole, whole[: rows * columns].reshape(rows, columns)


def check(inputs: int, units: int, batch: int) -> None:
    rng = np.random.default_rng([inputs, units, batch])
    stride = (batch + 7) // 8 * 8
    w = rng.standard_normal((units, inputs)).astype(np.float32)
    b = rng.standard_normal(units).astype(np.float32)
    x = rng.standard_normal((inputs, stride)).astype(np.float32)
    d = rng.standard_normal((units, stride)).astype(np.float32)
    d[:, batch:] = 0
    shape = f"inputs {inputs}, units {units}, batch {batch}"
    close = {"rtol": 1e-5, "atol": 3e-5 * np.sqrt(max(inputs, units, batch)), "err_msg": shape}
    for biased in (True, False):
        whole, z = _guarded(units, stride)
        _forward(w, b, biased, x, z)
        np.testing.assert_allclose(z, w.astype(float) @ x + (b[:, None] if biased else 0), **close)
        assert np.all(whole[units * stride :] == 7), shape
    (whole_dx, dx), (whole_dw, dw), (whole_db, db) = (
        _guarded(inputs, stride),
        _guarded(units, inputs),
        _guarded(units, 1),
    )
    whole_scratch, scratch = _guarded(inputs, stride)
    _backward(w, d, x, dx, dw, db[:, 0], scratch)
    np.testing.assert_allclose(dx, w.T.astype(float) @ d, **close)
    np.testing.assert_allclose(dw, d[:, :batch].astype(float) @ x[:, :batch].T, **close)
    np.testing.assert_allclose(db[:, 0], d.sum(axis=1, dtype=float), **close)
    for whole, inside in ((whole_dx, dx), (whole_dw, dw), (whole_db, db), (whole_scratch, scratch)):
        assert np.all(whole[inside.size :] == 7), shape


@pytest.mark.parametrize(("inputs", "units"), list(product(SIZES, SIZES)))
def test_odd_shapes(inputs: int, units: int) -> None:
    for batch in BATCHES:
        check(inputs, units, batch)


@pytest.mark.parametrize(("inputs", "units", "batch"), LARGE)
def test_large_shapes(inputs: int, units: int, batch: int) -> None:
    check(inputs, units, batch)


@pytest.mark.parametrize(("inputs", "units", "batch"), PACKED)
def test_shapes_by_panels(inputs: int, units: int, batch: int) -> None:
    assert inputs * units * ((batch + 7) // 8 * 8) >= PACK_FROM
    check(inputs, units, batch)


def test_large_shapes_lie_on_both_sides_of_the_thresholds() -> None:
    products = [inputs * units * ((batch + 7) // 8 * 8) for inputs, units, batch in LARGE]
    assert min(products) < BLAS_FROM <= max(products)
    below_blas = [min(shape) for shape, size in zip(LARGE, products, strict=True) if size < BLAS_FROM]
    assert min(below_blas) < TRANSPOSE_FROM <= max(below_blas)
