"""Convolutions and pools in float64 NumPy with naive loops over the pixels, as the textbooks write them.

Images are x [samples, channels, height, width], filters w [filters, channels, kernel, kernel]. What slides is not
mirrored (Goodfellow et al. 2016, equation 9.6), as in every library.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def padding_of(padding: str | int, kernel: int) -> tuple[int, int]:
    """Rows of zeros above an image and below it, and so many columns on its left and on its right."""
    if padding == "same":
        return (kernel - 1) // 2, kernel - 1 - (kernel - 1) // 2
    around = 0 if padding == "valid" else int(padding)
    return around, around


def _windows(x: Array, size: int, stride: int) -> Iterator[tuple[int, int, slice, slice]]:
    """Row and column of every output pixel, and the rows and columns of its window."""
    height, width = x.shape[2:]
    for row, top in enumerate(range(0, height - size + 1, stride)):
        for column, left in enumerate(range(0, width - size + 1, stride)):
            yield row, column, slice(top, top + size), slice(left, left + size)


def padded(x: Array, padding: tuple[int, int]) -> Array:
    """An image with its border of zeros."""
    return np.pad(x, ((0, 0), (0, 0), padding, padding))


def convolve(x: Array, w: Array, stride: int, padding: tuple[int, int]) -> Array:
    """The sums [samples, filters, height, width] of every window's products."""
    x = padded(x, padding)
    size = w.shape[2]
    height, width = ((side - size) // stride + 1 for side in x.shape[2:])
    z = np.zeros((len(x), len(w), height, width))
    for row, column, rows, columns in _windows(x, size, stride):
        for i, one in enumerate(w):
            z[:, i, row, column] = np.sum(x[:, :, rows, columns] * one, axis=(1, 2, 3))
    return z


def convolve_back(x: Array, w: Array, d: Array, stride: int, padding: tuple[int, int]) -> tuple[Array, Array]:
    """The gradients in x and in w from that in the sums: every product passes it to both of its factors."""
    x = padded(x, padding)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for row, column, rows, columns in _windows(x, w.shape[2], stride):
        for i, one in enumerate(w):
            arrived = d[:, i, row, column][:, None, None, None]
            dw[i] += np.sum(arrived * x[:, :, rows, columns], axis=0)
            dx[:, :, rows, columns] += arrived * one
    before, _ = padding
    height, width = (side - sum(padding) for side in x.shape[2:])
    return dx[:, :, before : before + height, before : before + width], dw


def pool(x: Array, pooling: str, size: int, stride: int) -> Array:
    """The largest or the mean pixel of every window."""
    height, width = ((side - size) // stride + 1 for side in x.shape[2:])
    y = np.zeros((*x.shape[:2], height, width))
    for row, column, rows, columns in _windows(x, size, stride):
        window = x[:, :, rows, columns]
        y[:, :, row, column] = window.max(axis=(2, 3)) if pooling == "max" else window.mean(axis=(2, 3))
    return y


def pool_back(x: Array, d: Array, pooling: str, size: int, stride: int) -> Array:
    """The gradient in x: all of a window's goes to its largest pixel, the first of equals, or an even share to each."""
    dx = np.zeros_like(x)
    for row, column, rows, columns in _windows(x, size, stride):
        window = x[:, :, rows, columns].reshape(*x.shape[:2], -1)
        share = np.full(window.shape, 1 / size**2)
        if pooling == "max":
            share = (np.arange(size**2) == window.argmax(axis=2)[..., None]).astype(np.float64)
        arrived = d[:, :, row, column][..., None]
        dx[:, :, rows, columns] += (share * arrived).reshape(*x.shape[:2], size, size)
    return dx


def pool_all(x: Array) -> Array:
    """The mean of every channel: [samples, channels]."""
    means: Array = x.mean(axis=(2, 3))
    return means


def pool_all_back(x: Array, d: Array) -> Array:
    """An even share for every pixel."""
    return np.broadcast_to(d[..., None, None] / np.prod(x.shape[2:]), x.shape).astype(np.float64)
