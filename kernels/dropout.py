"""Inverted dropout (Srivastava et al. 2014, section 10): what survives is scaled up, so inference changes nothing.

Units and inputs are dropped for each sample, and so are whole channels of an image (Tompson et al. 2015); weights (Wan
et al. 2013, who draw a mask a sample) once a batch, so that a layer stays one matrix product. A mask is never stored:
the same key gives it again on the way back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.cache import function
from kernels.rng import mask_bits
from kernels.simd import PANEL_DEPTH, Pointer, panel

#: Where the keys of masks count on from: those of units by their layer, these behind them.
INPUT_MASK, WEIGHT_MASKS, CHANNEL_MASKS = 1_000, 2_000, 3_000

#: Samples of a channel whose factors are held at a time.
_HELD = 16 * PANEL_DEPTH
_ZERO, _ONE = np.float32(0), np.float32(1)


@function
def _threshold(rate: float) -> Any:
    return np.uint32(rate * 4294967295.0)


@function
def drop(a: Pointer, out: Pointer, size: int, rate: float, key: int) -> None:
    """Inverted dropout: out = a / (1 - rate), or 0 with probability `rate`. a, out: [size], the same or apart."""
    scale = _ONE / (_ONE - np.float32(rate))
    threshold = _threshold(rate)
    for i in range(size):
        out[i] = a[i] * scale if mask_bits(key, i) >= threshold else _ZERO


@function
def drop_channels(a: Pointer, out: Pointer, channels: int, pixels: int, stride: int, rate: float, key: int) -> None:
    """Inverted dropout of whole channels of a sample: each is silenced with probability `rate`, else scaled up.

    Neighbouring pixels say nearly the same, so that to silence them one by one silences little (Tompson et al. 2015,
    section 3.2). a, out: [channels, pixels, stride], the same or apart.
    """
    scale = _ONE / (_ONE - np.float32(rate))
    threshold = _threshold(rate)
    factors = panel()
    for channel in range(channels):
        for first in range(0, stride, _HELD):
            width = min(_HELD, stride - first)
            for s in range(width):
                factors[s] = scale if mask_bits(key, channel * stride + first + s) >= threshold else _ZERO
            for pixel in range(channel * pixels, (channel + 1) * pixels):
                row = pixel * stride + first
                for s in range(width):
                    out[row + s] = a[row + s] * factors[s]
