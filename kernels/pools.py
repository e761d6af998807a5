"""Pooling: the largest or the mean pixel of every window of a channel, and the way back.

Images and `shape` are those of `kernels.conv`; the output has as many channels as the input. Windows may overlap, or
leave pixels out.
"""

from __future__ import annotations

import numpy as np

from kernels.cache import function
from kernels.simd import Pointer, add, load, shift, store, where_equal, zero

_ZERO = np.float32(0)


@function
def _largest_of_four(a: Pointer, b: Pointer, c: Pointer, d: Pointer, z: Pointer, stride: int) -> None:
    """The largest of four rows, NaN where one is NaN."""
    for s in range(stride):
        best = a[s]
        best = b[s] if b[s] > best or b[s] != b[s] else best
        best = c[s] if c[s] > best or c[s] != c[s] else best
        z[s] = d[s] if d[s] > best or d[s] != d[s] else best


@function
def max_pool_forward(shape: Pointer, x: Pointer, z: Pointer, stride: int) -> None:
    """The largest pixel of every window, NaN where one is NaN, so that a run's divergence is seen.

    x: [channels, height, width, stride]; z: [channels, out_height, out_width, stride].
    """
    channels, height, width, out_height, out_width = shape[0], shape[1], shape[2], shape[3], shape[4]
    window_y, window_x, step = shape[5], shape[6], shape[7]
    for c in range(channels):
        for oy in range(out_height):
            for ox in range(out_width):
                first = shift(x, ((c * height + oy * step) * width + ox * step) * stride)
                out = shift(z, ((c * out_height + oy) * out_width + ox) * stride)
                if window_y == 2 and window_x == 2:
                    below = shift(first, width * stride)
                    _largest_of_four(first, shift(first, stride), below, shift(below, stride), out, stride)
                    continue
                for s in range(stride):
                    out[s] = first[s]
                for i in range(window_y):
                    for j in range(window_x):
                        seen = shift(first, (i * width + j) * stride)
                        for s in range(stride):
                            out[s] = seen[s] if seen[s] > out[s] or seen[s] != seen[s] else out[s]


@function
def _clear(dx: Pointer, size: int) -> None:
    for i in range(size):
        dx[i] = _ZERO


@function
def _covered(shape: Pointer) -> bool:
    """Whether windows that do not overlap leave no pixel out."""
    return bool(shape[3] * shape[7] == shape[1] and shape[4] * shape[7] == shape[2]) and bool(
        shape[5] == shape[7] and shape[6] == shape[7]
    )


@function
def max_pool_backward(shape: Pointer, x: Pointer, z: Pointer, d: Pointer, dx: Pointer, stride: int) -> None:
    """The gradient of every window goes to its largest pixel, the first one of several (the subgradient of PyTorch).

    x, dx: [channels, height, width, stride]; z, d: [channels, out_height, out_width, stride], z that of the way there.
    """
    channels, height, width, out_height, out_width = shape[0], shape[1], shape[2], shape[3], shape[4]
    window_y, window_x, step = shape[5], shape[6], shape[7]
    apart = step >= max(window_y, window_x)
    if not (apart and _covered(shape)):
        _clear(dx, channels * height * width * stride)
    for c in range(channels):
        for oy in range(out_height):
            for ox in range(out_width):
                corner = ((c * height + oy * step) * width + ox * step) * stride
                at = ((c * out_height + oy) * out_width + ox) * stride
                for s in range(0, stride, 8):
                    won, left = load(z, at + s), load(d, at + s)
                    for i in range(window_y):
                        for j in range(window_x):
                            place = corner + (i * width + j) * stride + s
                            seen = load(x, place)
                            given = where_equal(seen, won, left, zero())
                            # What has been given away is gone, so that later ties get nothing.
                            left = where_equal(seen, won, zero(), left)
                            store(dx, place, given if apart else add(load(dx, place), given))


@function
def mean_pool_forward(shape: Pointer, x: Pointer, z: Pointer, stride: int) -> None:
    """The mean of every window. x: [channels, height, width, stride]; z: [channels, out_height, out_width, stride]."""
    channels, height, width, out_height, out_width = shape[0], shape[1], shape[2], shape[3], shape[4]
    window_y, window_x, step = shape[5], shape[6], shape[7]
    share = np.float32(1) / np.float32(window_y * window_x)
    for c in range(channels):
        for oy in range(out_height):
            for ox in range(out_width):
                first = shift(x, ((c * height + oy * step) * width + ox * step) * stride)
                out = shift(z, ((c * out_height + oy) * out_width + ox) * stride)
                if window_y == 2 and window_x == 2:
                    beside, below = shift(first, stride), shift(first, width * stride)
                    across = shift(below, stride)
                    for s in range(stride):
                        out[s] = share * ((first[s] + beside[s]) + (below[s] + across[s]))
                    continue
                for s in range(stride):
                    out[s] = _ZERO
                for i in range(window_y):
                    for j in range(window_x):
                        seen = shift(first, (i * width + j) * stride)
                        for s in range(stride):
                            out[s] += seen[s]
                for s in range(stride):
                    out[s] *= share


@function
def mean_pool_backward(shape: Pointer, d: Pointer, dx: Pointer, stride: int) -> None:
    """The gradient of every window is spread over its pixels. d: [channels, out_height, out_width, stride]; dx as x."""
    channels, height, width, out_height, out_width = shape[0], shape[1], shape[2], shape[3], shape[4]
    window_y, window_x, step = shape[5], shape[6], shape[7]
    share = np.float32(1) / np.float32(window_y * window_x)
    apart = step >= max(window_y, window_x)
    if not (apart and _covered(shape)):
        _clear(dx, channels * height * width * stride)
    for c in range(channels):
        for oy in range(out_height):
            for ox in range(out_width):
                gradient = shift(d, ((c * out_height + oy) * out_width + ox) * stride)
                target = shift(dx, ((c * height + oy * step) * width + ox * step) * stride)
                for i in range(window_y):
                    for j in range(window_x):
                        given = shift(target, (i * width + j) * stride)
                        if apart:
                            for s in range(stride):
                                given[s] = share * gradient[s]
                        else:
                            for s in range(stride):
                                given[s] += share * gradient[s]
