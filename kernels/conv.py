"""Convolutions, and back to their inputs, straight from the images, without a copy of their windows.

An image is [channels, height, width, stride]: batch-last, so that eight samples of a pixel lie side by side, and the
rows of an image one behind the other. Every tap of a kernel is one weight times a row of samples, so a pixel of the
output is a product of weights and rows, summed in registers for six or four filters by sixteen samples. Taps that fall
on padding are left out by the bounds of the loops: nothing tests for them inside.

`shape` everywhere points to nine integers: channels, height and width of the input, height and width of the output,
height and width of the window, stride and padding. The samples' stride is a multiple of 8.
"""

from __future__ import annotations

from kernels.cache import function
from kernels.simd import (
    Pointer,
    Vector,
    load,
    multiply_add,
    shift,
    spread,
    store,
    zero,
)


@function
def _tile_6(
    w: Pointer,
    across: int,
    down: int,
    w_y: int,
    w_x: int,
    x: Pointer,
    x_down: int,
    x_y: int,
    x_x: int,
    depth: int,
    taps_y: int,
    taps_x: int,
    c: Pointer,
    c_across: int,
    biased: bool,
    bias: Pointer,
) -> None:
    """Six rows of `_pixel` by sixteen samples."""
    c00 = spread(bias, 0) if biased else zero()
    c10 = spread(bias, 1) if biased else zero()
    c20 = spread(bias, 2) if biased else zero()
    c30 = spread(bias, 3) if biased else zero()
    c40 = spread(bias, 4) if biased else zero()
    c50 = spread(bias, 5) if biased else zero()
    c01, c11, c21, c31, c41, c51 = c00, c10, c20, c30, c40, c50
    for k in range(depth):
        for ky in range(taps_y):
            at, row = k * down + ky * w_y, k * x_down + ky * x_y
            for _ in range(taps_x):
                x0, x1 = load(x, row), load(x, row + 8)
                v = spread(w, at)
                c00, c01 = multiply_add(v, x0, c00), multiply_add(v, x1, c01)
                v = spread(w, at + across)
                c10, c11 = multiply_add(v, x0, c10), multiply_add(v, x1, c11)
                v = spread(w, at + 2 * across)
                c20, c21 = multiply_add(v, x0, c20), multiply_add(v, x1, c21)
                v = spread(w, at + 3 * across)
                c30, c31 = multiply_add(v, x0, c30), multiply_add(v, x1, c31)
                v = spread(w, at + 4 * across)
                c40, c41 = multiply_add(v, x0, c40), multiply_add(v, x1, c41)
                v = spread(w, at + 5 * across)
                c50, c51 = multiply_add(v, x0, c50), multiply_add(v, x1, c51)
                at += w_x
                row += x_x
    store(c, 0, c00)
    store(c, 8, c01)
    store(c, c_across, c10)
    store(c, c_across + 8, c11)
    store(c, 2 * c_across, c20)
    store(c, 2 * c_across + 8, c21)
    store(c, 3 * c_across, c30)
    store(c, 3 * c_across + 8, c31)
    store(c, 4 * c_across, c40)
    store(c, 4 * c_across + 8, c41)
    store(c, 5 * c_across, c50)
    store(c, 5 * c_across + 8, c51)


@function
def _tile_4(
    w: Pointer,
    across: int,
    down: int,
    w_y: int,
    w_x: int,
    x: Pointer,
    x_down: int,
    x_y: int,
    x_x: int,
    depth: int,
    taps_y: int,
    taps_x: int,
    c: Pointer,
    c_across: int,
    biased: bool,
    bias: Pointer,
) -> None:
    """Four rows of `_pixel` by sixteen samples."""
    c00 = spread(bias, 0) if biased else zero()
    c10 = spread(bias, 1) if biased else zero()
    c20 = spread(bias, 2) if biased else zero()
    c30 = spread(bias, 3) if biased else zero()
    c01, c11, c21, c31 = c00, c10, c20, c30
    for k in range(depth):
        for ky in range(taps_y):
            at, row = k * down + ky * w_y, k * x_down + ky * x_y
            for _ in range(taps_x):
                x0, x1 = load(x, row), load(x, row + 8)
                v = spread(w, at)
                c00, c01 = multiply_add(v, x0, c00), multiply_add(v, x1, c01)
                v = spread(w, at + across)
                c10, c11 = multiply_add(v, x0, c10), multiply_add(v, x1, c11)
                v = spread(w, at + 2 * across)
                c20, c21 = multiply_add(v, x0, c20), multiply_add(v, x1, c21)
                v = spread(w, at + 3 * across)
                c30, c31 = multiply_add(v, x0, c30), multiply_add(v, x1, c31)
                at += w_x
                row += x_x
    store(c, 0, c00)
    store(c, 8, c01)
    store(c, c_across, c10)
    store(c, c_across + 8, c11)
    store(c, 2 * c_across, c20)
    store(c, 2 * c_across + 8, c21)
    store(c, 3 * c_across, c30)
    store(c, 3 * c_across + 8, c31)


@function
def _narrow_4(
    w: Pointer,
    across: int,
    down: int,
    w_y: int,
    w_x: int,
    x: Pointer,
    x_down: int,
    x_y: int,
    x_x: int,
    depth: int,
    taps_y: int,
    taps_x: int,
    c: Pointer,
    c_across: int,
    biased: bool,
    bias: Pointer,
) -> None:
    """Four rows of `_pixel` by eight samples."""
    c0 = spread(bias, 0) if biased else zero()
    c1 = spread(bias, 1) if biased else zero()
    c2 = spread(bias, 2) if biased else zero()
    c3 = spread(bias, 3) if biased else zero()
    for k in range(depth):
        for ky in range(taps_y):
            at, row = k * down + ky * w_y, k * x_down + ky * x_y
            for _ in range(taps_x):
                x0 = load(x, row)
                c0 = multiply_add(spread(w, at), x0, c0)
                c1 = multiply_add(spread(w, at + across), x0, c1)
                c2 = multiply_add(spread(w, at + 2 * across), x0, c2)
                c3 = multiply_add(spread(w, at + 3 * across), x0, c3)
                at += w_x
                row += x_x
    store(c, 0, c0)
    store(c, c_across, c1)
    store(c, 2 * c_across, c2)
    store(c, 3 * c_across, c3)


@function
def _narrow_1(
    w: Pointer,
    down: int,
    w_y: int,
    w_x: int,
    x: Pointer,
    x_down: int,
    x_y: int,
    x_x: int,
    depth: int,
    taps_y: int,
    taps_x: int,
    biased: bool,
    bias: Pointer,
) -> Vector:
    """One row of `_pixel`, of eight samples."""
    c0 = spread(bias, 0) if biased else zero()
    for k in range(depth):
        for ky in range(taps_y):
            at, row = k * down + ky * w_y, k * x_down + ky * x_y
            for _ in range(taps_x):
                c0 = multiply_add(spread(w, at), load(x, row), c0)
                at += w_x
                row += x_x
    return c0


@function
def _pixel(
    w: Pointer,
    across: int,
    down: int,
    w_y: int,
    w_x: int,
    x: Pointer,
    x_down: int,
    x_y: int,
    x_x: int,
    depth: int,
    taps_y: int,
    taps_x: int,
    c: Pointer,
    c_across: int,
    rows: int,
    width: int,
    biased: bool,
    bias: Pointer,
) -> None:
    """c[r, s] = bias[r] + sum over k, ky and kx of w[r, k, ky, kx] x[k, ky, kx, s].

    The strides of w are across, down, w_y and w_x, those of x x_down, x_y, x_x and 1, those of c c_across and 1. The
    width is a multiple of 8.
    """
    if rows < 4:
        for r in range(rows):
            for s in range(0, width, 8):
                sums = _narrow_1(
                    shift(w, r * across), down, w_y, w_x, shift(x, s), x_down, x_y, x_x, depth, taps_y, taps_x,
                    biased, shift(bias, r),
                )  # fmt: skip
                store(c, r * c_across + s, sums)
        return
    sixes = rows // 6
    if 0 < rows - 6 * sixes < 3 and sixes > 0:
        sixes -= 1  # seven or eight rows are two blocks of four
    whole = width // 16 * 16
    for s in range(0, whole, 16):
        for r in range(0, 6 * sixes, 6):
            _tile_6(
                shift(w, r * across), across, down, w_y, w_x, shift(x, s), x_down, x_y, x_x, depth, taps_y, taps_x,
                shift(c, r * c_across + s), c_across, biased, shift(bias, r),
            )  # fmt: skip
        for start in range(6 * sixes, rows, 4):
            # The last block overlaps the one before: computing a row twice is cheaper than computing it alone.
            r = min(start, rows - 4)
            _tile_4(
                shift(w, r * across), across, down, w_y, w_x, shift(x, s), x_down, x_y, x_x, depth, taps_y, taps_x,
                shift(c, r * c_across + s), c_across, biased, shift(bias, r),
            )  # fmt: skip
    if whole < width:
        for start in range(0, rows, 4):
            r = min(start, rows - 4)
            _narrow_4(
                shift(w, r * across), across, down, w_y, w_x, shift(x, whole), x_down, x_y, x_x, depth, taps_y,
                taps_x, shift(c, r * c_across + whole), c_across, biased, shift(bias, r),
            )  # fmt: skip


@function
def conv_forward(
    shape: Pointer, w: Pointer, bias: Pointer, biased: bool, x: Pointer, z: Pointer, filters: int, stride: int
) -> None:
    """Weighted sums of every window: z[f, y, x] = b[f] + sum of w[f, c, i, j] x[c, y step + i - p, x step + j - p].

    w: [filters, channels, kernel, kernel]; bias: [filters], read where `biased`; x: [channels, height, width, stride];
    z: [filters, out_height, out_width, stride]. Goodfellow et al. 2016, equation 9.6.
    """
    channels, height, width, out_height, out_width = shape[0], shape[1], shape[2], shape[3], shape[4]
    kernel, step, padding = shape[5], shape[7], shape[8]
    pixels, out_pixels = height * width, out_height * out_width
    for oy in range(out_height):
        top = oy * step - padding
        first_y, last_y = max(0, -top), min(kernel, height - top)
        for ox in range(out_width):
            left = ox * step - padding
            first_x, last_x = max(0, -left), min(kernel, width - left)
            _pixel(
                shift(w, first_y * kernel + first_x), channels * kernel * kernel, kernel * kernel, kernel, 1,
                shift(x, ((top + first_y) * width + left + first_x) * stride), pixels * stride, width * stride, stride,
                channels, last_y - first_y, last_x - first_x,
                shift(z, (oy * out_width + ox) * stride), out_pixels * stride, filters, stride, biased, bias,
            )  # fmt: skip


@function
def _reached(at: int, kernel: int, step: int, out: int) -> tuple[int, int]:
    """Of the padded row `at`: its place in the last window that it is in, and in how many windows it is."""
    first = max(0, at - step * (out - 1))
    first += (at - first) % step
    return first, max(0, (min(kernel - 1, at) - first) // step + 1)


@function
def conv_input_gradient(shape: Pointer, w: Pointer, d: Pointer, dx: Pointer, filters: int, stride: int) -> None:
    """Back to the inputs: for a step of 1 the full convolution of d with the kernels rotated by 180 degrees.

    w: [filters, channels, kernel, kernel]; d: [filters, out_height, out_width, stride]; dx: [channels, height, width,
    stride]. Every pixel gathers from the windows that it is in: Goodfellow et al. 2016, equation 9.13.
    """
    channels, height, width, out_height, out_width = shape[0], shape[1], shape[2], shape[3], shape[4]
    kernel, step, padding = shape[5], shape[7], shape[8]
    pixels, out_pixels = height * width, out_height * out_width
    for iy in range(height):
        first_y, taps_y = _reached(iy + padding, kernel, step, out_height)
        oy = (iy + padding - first_y) // step
        for ix in range(width):
            first_x, taps_x = _reached(ix + padding, kernel, step, out_width)
            ox = (ix + padding - first_x) // step
            _pixel(
                shift(w, first_y * kernel + first_x), kernel * kernel, channels * kernel * kernel, step * kernel, step,
                shift(d, (oy * out_width + ox) * stride), out_pixels * stride, -out_width * stride, -stride,
                filters, taps_y, taps_x,
                shift(dx, (iy * width + ix) * stride), pixels * stride, channels, stride, False, w,
            )  # fmt: skip
