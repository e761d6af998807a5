"""Convolutions and pools against naive loops in float64, and the identities that textbooks state."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.conv import conv_forward, conv_input_gradient
from kernels.conv_weights import conv_bias_gradient, conv_weight_gradient
from kernels.pools import max_pool_backward, max_pool_forward, mean_pool_backward, mean_pool_forward
from kernels.simd import pointer
from tests.kernels.support import Floats

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Kernel, stride and zeros before and behind: the paddings same, valid, and by number.
WINDOWS = [
    (kernel, stride, before, behind)
    for kernel in range(1, 8)
    for stride in (1, 2, 3)
    for before, behind in sorted({((kernel - 1) // 2, kernel // 2), (0, 0), (kernel - 1, kernel - 1), (1, 1)})
    if max(before, behind) < kernel
]
#: Channels, filters, height, width, samples: every kind of remainder, and batches of one.
SIZES = [(1, 1, 7, 7, 1), (3, 4, 9, 7, 9), (2, 7, 7, 8, 16), (5, 12, 8, 11, 24), (6, 10, 7, 7, 13)]


@numba.njit(cache=True)
def _forward(shape: Integers, w: Floats, b: Floats, biased: bool, x: Floats, z: Floats) -> None:
    conv_forward(
        pointer(shape, 0), pointer(w, 0), pointer(b, 0), biased, pointer(x, 0), pointer(z, 0), z.shape[0], x.shape[-1]
    )


@numba.njit(cache=True)
def _backward(shape: Integers, w: Floats, x: Floats, d: Floats, dx: Floats, dw: Floats, db: Floats) -> None:
    filters, stride = d.shape[0], x.shape[-1]
    conv_input_gradient(pointer(shape, 0), pointer(w, 0), pointer(d, 0), pointer(dx, 0), filters, stride)
    conv_weight_gradient(pointer(shape, 0), pointer(d, 0), pointer(x, 0), pointer(dw, 0), filters, stride)
    conv_bias_gradient(pointer(d, 0), pointer(db, 0), filters, d.size // filters)


@numba.njit(cache=True)
def _pool(shape: Integers, largest: bool, x: Floats, z: Floats) -> None:
    if largest:
        max_pool_forward(pointer(shape, 0), pointer(x, 0), pointer(z, 0), x.shape[-1])
    else:
        mean_pool_forward(pointer(shape, 0), pointer(x, 0), pointer(z, 0), x.shape[-1])


@numba.njit(cache=True)
def _pool_back(shape: Integers, largest: bool, x: Floats, z: Floats, d: Floats, dx: Floats) -> None:
    if largest:
        max_pool_backward(pointer(shape, 0), pointer(x, 0), pointer(z, 0), pointer(d, 0), pointer(dx, 0), x.shape[-1])
    else:
        mean_pool_backward(pointer(shape, 0), pointer(d, 0), pointer(dx, 0), x.shape[-1])


def guarded(shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """A buffer with a margin behind it, to show writes that go too far."""
    size = math.prod(shape)
    whole = np.full(size + 16, 7, np.float32)
    return whole, whole[:size].reshape(shape)


def stride_of(samples: int) -> int:
    return (samples + 7) // 8 * 8


@numba.njit(cache=True)
def naive_forward(x: Doubles, w: Doubles, b: Doubles, stride: int, before: int, out: tuple[int, int]) -> Doubles:
    """z[f, y, x] = b[f] + the sum over channels and taps, each output pixel by itself. x: [channels, h, w, samples]."""
    z = np.zeros((len(w), out[0], out[1], x.shape[-1]))
    for f, y, x_out in np.ndindex(z.shape[:3]):
        z[f, y, x_out] = b[f]
        for c, i, j in np.ndindex(w.shape[1:]):
            row, column = y * stride + i - before, x_out * stride + j - before
            if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                z[f, y, x_out] += w[f, c, i, j] * x[c, row, column]
    return z


@numba.njit(cache=True)
def naive_backward(x: Doubles, w: Doubles, d: Doubles, stride: int, before: int) -> tuple[Doubles, Doubles]:
    """Every product of the way there hands its gradient to its two factors."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for f, y, x_out in np.ndindex(d.shape[:3]):
        for c, i, j in np.ndindex(w.shape[1:]):
            row, column = y * stride + i - before, x_out * stride + j - before
            if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                dx[c, row, column] += w[f, c, i, j] * d[f, y, x_out]
                dw[f, c, i, j] += np.sum(x[c, row, column] * d[f, y, x_out])
    return dx, dw


def convolve_back(shape: Integers, w: Floats, x: Floats, d: Floats, label: str = "") -> tuple[Floats, Floats, Floats]:
    """The three gradients; nothing is written beside them."""
    (whole_x, dx), (whole_w, dw), (whole_b, db) = guarded(x.shape), guarded(w.shape), guarded((len(w),))
    _backward(shape, w, x, d, dx, dw, db)
    for whole in (whole_x, whole_w, whole_b):
        assert (whole[-16:] == 7).all(), label
    return dx, dw, db


def shape_of(x: Floats, out: tuple[int, int], window: int, stride: int, before: int) -> Integers:
    return np.array([*x.shape[:3], *out, window, window, stride, before], np.int64)


@pytest.mark.parametrize(("kernel", "stride", "before", "behind"), WINDOWS)
def test_forward_and_backward_against_naive_loops(kernel: int, stride: int, before: int, behind: int) -> None:
    for channels, filters, height, width, samples in SIZES:
        if min(height, width) + before + behind < kernel:
            continue
        label = f"{channels} channels, {filters} filters, {height}x{width}, {samples} samples"
        rng = np.random.default_rng([kernel, stride, before, channels, filters])
        out = tuple((side + before + behind - kernel) // stride + 1 for side in (height, width))
        x = rng.standard_normal((channels, height, width, stride_of(samples))).astype(np.float32)
        w = rng.standard_normal((filters, channels, kernel, kernel)).astype(np.float32)
        b = rng.standard_normal(filters).astype(np.float32)
        d = rng.standard_normal((filters, *out, x.shape[-1])).astype(np.float32)
        d[..., samples:] = 0
        shape = shape_of(x, (out[0], out[1]), kernel, stride, before)
        for biased in (True, False):
            whole, z = guarded(d.shape)
            _forward(shape, w, b, biased, x, z)
            truth = naive_forward(x.astype(np.float64), w.astype(np.float64), b * biased, stride, before, z.shape[1:3])
            np.testing.assert_allclose(z, truth, rtol=1e-4, atol=1e-4, err_msg=label)
            assert (whole[-16:] == 7).all(), label
        dx, dw, db = convolve_back(shape, w, x, d, label)
        truth_x, truth_w = naive_backward(
            x.astype(np.float64), w.astype(np.float64), d.astype(np.float64), stride, before
        )
        np.testing.assert_allclose(dx, truth_x, rtol=1e-4, atol=1e-4, err_msg=label)
        np.testing.assert_allclose(dw, truth_w, rtol=1e-4, atol=1e-3, err_msg=label)
        np.testing.assert_allclose(db, d.sum((1, 2, 3), dtype=np.float64), rtol=1e-4, atol=1e-3, err_msg=label)


@pytest.mark.parametrize(("samples", "filters"), [(64, 8), (128, 16), (40, 6), (16, 1), (8, 3)])
def test_a_weight_gradient_of_many_rows_by_blocks(samples: int, filters: int) -> None:
    """Larger than what is looked at in one go, against central differences' closed form: it is linear in w."""
    rng = np.random.default_rng([samples, filters])
    x = rng.standard_normal((4, 28, 28, samples)).astype(np.float32)
    d = rng.standard_normal((filters, 28, 28, samples)).astype(np.float32)
    w = np.zeros((filters, 4, 3, 3), np.float32)
    _, dw, _ = convolve_back(shape_of(x, (28, 28), 3, 1, 1), w, x, d)
    padded = np.zeros((4, 30, 30, samples))
    padded[:, 1:29, 1:29] = x
    for i, j in np.ndindex(3, 3):
        truth = np.tensordot(d.astype(np.float64), padded[:, i : i + 28, j : j + 28], ([1, 2, 3], [1, 2, 3]))
        np.testing.assert_allclose(dw[:, :, i, j], truth, rtol=1e-3, atol=1e-4 * np.sqrt(samples) * 28)


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("padding", [0, 1, 4])
def test_the_input_gradient_is_the_full_convolution_with_the_rotated_kernel(kernel: int, padding: int) -> None:
    padding = min(padding, kernel - 1)
    rng = np.random.default_rng([kernel, padding])
    x = np.zeros((3, 8, 9, 16), np.float32)
    out = (8 + 2 * padding - kernel + 1, 9 + 2 * padding - kernel + 1)
    w = rng.standard_normal((5, 3, kernel, kernel)).astype(np.float32)
    d = rng.standard_normal((5, *out, 16)).astype(np.float32)
    dx, _, _ = convolve_back(shape_of(x, out, kernel, 1, padding), w, x, d)
    # Filters and channels change places, the kernel is turned by 180 degrees, and d is padded up to the full size.
    rotated = np.ascontiguousarray(w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3))
    full = np.zeros_like(x)
    _forward(shape_of(d, (8, 9), kernel, 1, kernel - 1 - padding), rotated, np.zeros(3, np.float32), False, d, full)
    np.testing.assert_allclose(dx, full, rtol=1e-4, atol=1e-5)


def test_a_kernel_of_one_pixel_is_a_dense_layer_at_every_pixel() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((4, 5, 6, 8)).astype(np.float32)
    w = rng.standard_normal((7, 4, 1, 1)).astype(np.float32)
    z = np.zeros((7, 5, 6, 8), np.float32)
    _forward(shape_of(x, (5, 6), 1, 1, 0), w, np.zeros(7, np.float32), False, x, z)
    np.testing.assert_allclose(z, np.einsum("fc,cyxs->fyxs", w[:, :, 0, 0], x), rtol=1e-4, atol=1e-5)


POOLS = [(window, stride) for window in (2, 3, 4, 8) for stride in (1, 2, 3, 4, 8)]


def pooled_shape(x: NDArray[Any], window: int, stride: int) -> Integers:
    height, width = ((side - window) // stride + 1 for side in x.shape[1:3])
    return shape_of(x, (height, width), window, stride, 0)


def windows(x: Any, shape: Integers) -> Any:
    """Every window of [channels, height, width, samples] with the place of its output."""
    for c, y, x_out in np.ndindex(int(shape[0]), int(shape[3]), int(shape[4])):
        top, left = y * shape[7], x_out * shape[7]
        yield (c, y, x_out), x[c, top : top + shape[5], left : left + shape[6]]


@pytest.mark.parametrize("largest", [True, False], ids=["max", "mean"])
@pytest.mark.parametrize(("window", "stride"), POOLS)
def test_pools_against_naive_loops(window: int, stride: int, largest: bool) -> None:
    for channels, height, width, samples in [(1, 8, 8, 1), (3, 9, 11, 9), (2, 12, 8, 16)]:
        rng = np.random.default_rng([window, stride, height])
        # Few numbers, so that many are equal.
        x = rng.integers(-2, 3, (channels, height, width, stride_of(samples))).astype(np.float32)
        shape = pooled_shape(x, window, stride)
        whole, z = guarded((channels, int(shape[3]), int(shape[4]), x.shape[-1]))
        _pool(shape, largest, x, z)
        assert (whole[-16:] == 7).all()
        d = rng.integers(1, 9, z.shape).astype(np.float32)
        d[..., samples:] = 0
        given, truth = d.copy(), np.zeros(x.shape)
        whole, dx = guarded(x.shape)
        _pool_back(shape, largest, x, z, given, dx)
        assert (whole[-16:] == 7).all()
        for (place, seen), (_, target) in zip(windows(x, shape), windows(truth, shape), strict=True):
            flat = seen.reshape(window * window, -1)
            np.testing.assert_allclose(z[place], flat.max(axis=0) if largest else flat.mean(axis=0), rtol=1e-6)
            if largest:
                # Routed: all of it to the first largest.
                rows, columns = np.divmod(flat.argmax(axis=0), window)
                target[rows, columns, np.arange(x.shape[-1])] += d[place]
            else:
                # Spread: the same share to each.
                target[...] += d[place] / window**2
        np.testing.assert_allclose(dx, truth, rtol=1e-5, atol=1e-5)
        if stride >= window:
            np.testing.assert_allclose(dx.sum(), d.sum(), rtol=1e-5)


@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("place", range(4))
def test_max_pooling_lets_nan_through(window: int, place: int) -> None:
    x = np.zeros((1, window, window, 8), np.float32)
    x[0, place // 2, place % 2, 3] = np.nan
    z = np.zeros((1, 1, 1, 8), np.float32)
    _pool(pooled_shape(x, window, 1), True, x, z)
    assert np.isnan(z[0, 0, 0]).tolist() == [s == 3 for s in range(8)]


def test_global_pooling_is_the_mean_of_a_channel() -> None:
    x = np.random.default_rng(5).standard_normal((3, 5, 9, 8)).astype(np.float32)
    shape = np.array([3, 5, 9, 1, 1, 5, 9, 1, 0], np.int64)
    z, dx = np.zeros((3, 1, 1, 8), np.float32), np.zeros_like(x)
    _pool(shape, False, x, z)
    np.testing.assert_allclose(z[:, 0, 0], x.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)
    _pool_back(shape, False, x, z, np.full_like(z, 45.0), dx)
    np.testing.assert_allclose(dx, 1.0, rtol=1e-6)
