"""Convolutions: forward and both ways back, straight from the images, without a copy of their windows.

An image is [channels, height, width, stride]: batch-last, so that eight samples of a pixel lie side by side, and the
rows of an image one behind the other. Every tap of a kernel is one weight times a row of samples, so a pixel of the
output is a product of weights and rows, summed in registers for six or four filters by sixteen samples. Taps that fall
on padding are left out by the bounds of the loops: nothing tests for them inside.

`shape` everywhere points to nine integers: channels, height and width of the input, height and width of the output,
height and width of the window, stride and padding. The samples' stride is a multiple of 8.
"""

from __future__ import annotations

import numba

from kernels.cache import OPTIONS
from kernels.simd import (
    Pointer,
    Vector,
    add,
    add_totals,
    load,
    multiply_add,
    shift,
    spread,
    store,
    total,
    zero,
)

#: Floats of an image's rows that a weight gradient looks at in one go: they stay in the first cache.
ROWS_AT_ONCE = 4096


@numba.njit(**OPTIONS)
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


@numba.njit(**OPTIONS)
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


@numba.njit(**OPTIONS)
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


@numba.njit(**OPTIONS)
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


@numba.njit(**OPTIONS)
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


@numba.njit(**OPTIONS)
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


@numba.njit(**OPTIONS)
def _reached(at: int, kernel: int, step: int, out: int) -> tuple[int, int]:
    """Of the padded row `at`: its place in the last window that it is in, and in how many windows it is."""
    first = max(0, at - step * (out - 1))
    first += (at - first) % step
    return first, max(0, (min(kernel - 1, at) - first) // step + 1)


@numba.njit(**OPTIONS)
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


@numba.njit(**OPTIONS)
def _dots_4_2(
    d: Pointer,
    d_across: int,
    d_y: int,
    d_x: int,
    x: Pointer,
    x_across: int,
    x_y: int,
    x_x: int,
    rows: int,
    columns: int,
    length: int,
    dw: Pointer,
    dw_d: int,
    dw_x: int,
) -> None:
    """Four filters by two channels of `_tap`: eight sums at once."""
    c00, c01, c10, c11 = zero(), zero(), zero(), zero()
    c20, c21, c30, c31 = zero(), zero(), zero(), zero()
    for y in range(rows):
        for column in range(columns):
            at, row = y * d_y + column * d_x, y * x_y + column * x_x
            for s in range(0, length, 8):
                x0, x1 = load(x, row + s), load(x, row + x_across + s)
                v = load(d, at + s)
                c00, c01 = multiply_add(v, x0, c00), multiply_add(v, x1, c01)
                v = load(d, at + d_across + s)
                c10, c11 = multiply_add(v, x0, c10), multiply_add(v, x1, c11)
                v = load(d, at + 2 * d_across + s)
                c20, c21 = multiply_add(v, x0, c20), multiply_add(v, x1, c21)
                v = load(d, at + 3 * d_across + s)
                c30, c31 = multiply_add(v, x0, c30), multiply_add(v, x1, c31)
    add_totals(dw, dw_d, c00, c10, c20, c30)
    add_totals(shift(dw, dw_x), dw_d, c01, c11, c21, c31)


@numba.njit(**OPTIONS)
def _dots_4_1(
    d: Pointer,
    d_across: int,
    d_y: int,
    d_x: int,
    x: Pointer,
    x_y: int,
    x_x: int,
    rows: int,
    columns: int,
    length: int,
    dw: Pointer,
    dw_d: int,
) -> None:
    """Four filters by one channel of `_tap`, sixteen floats at a time."""
    c00, c01, c10, c11 = zero(), zero(), zero(), zero()
    c20, c21, c30, c31 = zero(), zero(), zero(), zero()
    for y in range(rows):
        for column in range(columns):
            at, row = y * d_y + column * d_x, y * x_y + column * x_x
            for s in range(0, length - 8, 16):
                x0, x1 = load(x, row + s), load(x, row + s + 8)
                c00 = multiply_add(load(d, at + s), x0, c00)
                c01 = multiply_add(load(d, at + s + 8), x1, c01)
                c10 = multiply_add(load(d, at + d_across + s), x0, c10)
                c11 = multiply_add(load(d, at + d_across + s + 8), x1, c11)
                c20 = multiply_add(load(d, at + 2 * d_across + s), x0, c20)
                c21 = multiply_add(load(d, at + 2 * d_across + s + 8), x1, c21)
                c30 = multiply_add(load(d, at + 3 * d_across + s), x0, c30)
                c31 = multiply_add(load(d, at + 3 * d_across + s + 8), x1, c31)
            if length % 16 != 0:
                s = length - 8
                x0 = load(x, row + s)
                c00 = multiply_add(load(d, at + s), x0, c00)
                c10 = multiply_add(load(d, at + d_across + s), x0, c10)
                c20 = multiply_add(load(d, at + 2 * d_across + s), x0, c20)
                c30 = multiply_add(load(d, at + 3 * d_across + s), x0, c30)
    add_totals(dw, dw_d, add(c00, c01), add(c10, c11), add(c20, c21), add(c30, c31))


@numba.njit(**OPTIONS)
def _dots_2_2(
    d: Pointer,
    d_across: int,
    d_y: int,
    d_x: int,
    x: Pointer,
    x_across: int,
    x_y: int,
    x_x: int,
    rows: int,
    columns: int,
    length: int,
    dw: Pointer,
    dw_d: int,
    dw_x: int,
) -> None:
    """Two filters by two channels of `_tap`; the same ones twice where there is but one."""
    c00, c01, c10, c11 = zero(), zero(), zero(), zero()
    for y in range(rows):
        for column in range(columns):
            at, row = y * d_y + column * d_x, y * x_y + column * x_x
            for s in range(0, length, 8):
                x0, x1 = load(x, row + s), load(x, row + x_across + s)
                v = load(d, at + s)
                c00, c01 = multiply_add(v, x0, c00), multiply_add(v, x1, c01)
                v = load(d, at + d_across + s)
                c10, c11 = multiply_add(v, x0, c10), multiply_add(v, x1, c11)
    dw[0] += total(c00)
    if dw_x > 0:
        dw[dw_x] += total(c01)
    if dw_d > 0:
        dw[dw_d] += total(c10)
    if dw_x > 0 and dw_d > 0:
        dw[dw_d + dw_x] += total(c11)


@numba.njit(**OPTIONS)
def _tap(
    d: Pointer,
    d_across: int,
    d_y: int,
    d_x: int,
    x: Pointer,
    x_across: int,
    x_y: int,
    x_x: int,
    rows: int,
    columns: int,
    length: int,
    dw: Pointer,
    dw_d: int,
    dw_x: int,
    filters: int,
    channels: int,
) -> None:
    """Add to dw[f, c] the sum of d[f, y, x, s] x[c, y, x, s] for up to four filters and two channels."""
    if filters == 4 and channels == 2:
        _dots_4_2(d, d_across, d_y, d_x, x, x_across, x_y, x_x, rows, columns, length, dw, dw_d, dw_x)
        return
    if filters == 4:
        _dots_4_1(d, d_across, d_y, d_x, x, x_y, x_x, rows, columns, length, dw, dw_d)
        return
    for f in range(0, filters, 2):
        paired, coupled = f + 1 < filters, channels == 2
        _dots_2_2(
            shift(d, f * d_across), d_across if paired else 0, d_y, d_x, x, x_across if coupled else 0, x_y, x_x,
            rows, columns, length, shift(dw, f * dw_d), dw_d if paired else 0, dw_x if coupled else 0,
        )  # fmt: skip


@numba.njit(**OPTIONS)
def conv_weight_gradient(shape: Pointer, d: Pointer, x: Pointer, dw: Pointer, filters: int, stride: int) -> None:
    """The weights' gradient: every tap meets d with the pixels that it saw (Goodfellow et al. 2016, equation 9.11).

    d: [filters, out_height, out_width, stride], zero behind the last sample; x: [channels, height, width, stride];
    dw: [filters, channels, kernel, kernel].
    """
    channels, height, width, out_height, out_width = shape[0], shape[1], shape[2], shape[3], shape[4]
    kernel, step, padding = shape[5], shape[7], shape[8]
    taps, pixels, out_pixels = kernel * kernel, height * width, out_height * out_width
    for i in range(filters * channels * taps):
        dw[i] = 0
    at_once = max(1, ROWS_AT_ONCE // (6 * max(width, out_width) * stride))
    for block in range(0, out_height, at_once):
        end = min(out_height, block + at_once)
        for f in range(0, filters, 4):
            for c in range(0, channels, 2):
                for ky in range(kernel):
                    first_y = max(block, -((ky - padding) // step))
                    last_y = min(end, (height - 1 + padding - ky) // step + 1)
                    for kx in range(kernel):
                        first_x = max(0, -((kx - padding) // step))
                        last_x = min(out_width, (width - 1 + padding - kx) // step + 1)
                        if last_y <= first_y or last_x <= first_x:
                            continue
                        columns, length = last_x - first_x, stride
                        if step == 1:
                            # Windows are neighbours in both: the row is one piece.
                            columns, length = 1, columns * stride
                        seen = (first_y * step + ky - padding) * width + first_x * step + kx - padding
                        _tap(
                            shift(d, (f * out_pixels + first_y * out_width + first_x) * stride), out_pixels * stride,
                            out_width * stride, stride,
                            shift(x, (c * pixels + seen) * stride), pixels * stride, step * width * stride,
                            step * stride,
                            last_y - first_y, columns, length,
                            shift(dw, (f * channels + c) * taps + ky * kernel + kx), channels * taps, taps,
                            min(4, filters - f), min(2, channels - c),
                        )  # fmt: skip


@numba.njit(**OPTIONS)
def conv_bias_gradient(d: Pointer, db: Pointer, filters: int, size: int) -> None:
    """The biases' gradient: db = the sum of d over pixels and samples. d: [filters, size]; db: [filters]."""
    for f in range(filters):
        row = shift(d, f * size)
        c0, c1, c2, c3 = zero(), zero(), zero(), zero()
        for s in range(0, size - 24, 32):
            c0, c1 = add(c0, load(row, s)), add(c1, load(row, s + 8))
            c2, c3 = add(c2, load(row, s + 16)), add(c3, load(row, s + 24))
        for s in range(size // 32 * 32, size, 8):
            c0 = add(c0, load(row, s))
        db[f] = total(add(add(c0, c1), add(c2, c3)))
