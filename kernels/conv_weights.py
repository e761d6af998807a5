"""The gradients of a convolution's weights and biases.

Images and `shape` are those of `kernels.conv`. A tap's gradient is a sum of products over pixels and samples, which lie
one behind the other: a few filters by two channels at a time, in eight lanes that are summed at the end of a block.
"""

from __future__ import annotations

from kernels.cache import function
from kernels.simd import Pointer, add, add_totals, load, multiply_add, shift, total, zero

#: Floats of an image's rows that a weight gradient looks at in one go: they stay in the first cache.
ROWS_AT_ONCE = 4096


@function
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


@function
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


@function
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


@function
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


@function
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


@function
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
