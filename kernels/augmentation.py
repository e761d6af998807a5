"""Changed copies of the training images, drawn anew for every batch: moved, turned, mirrored, and noisy.

As old as backpropagation's use on images (LeCun et al. 1998, section III.B; Simard et al. 2003): what a class keeps
under such changes need not be learned from data. What is drawn follows from the run's seed, the step and the sample's
place in the batch, so that nothing has to be remembered.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.cache import function
from kernels.rng import mask_bits, mask_key
from kernels.simd import Pointer, shift

#: Where the keys of what is drawn for a batch count on from, behind those of dropout.
MOTIONS, NOISE = 4_000, 4_001
#: What is drawn for each sample: across, down, angle, mirror.
_DRAWN = 4
#: Bounds: pixels, degrees, and the deviation of the noise.
MAX_SHIFT, MAX_ROTATION, MAX_NOISE = 8.0, 45.0, 1.0

_ZERO, _ONE, _TWO, _HALF = np.float32(0), np.float32(1), np.float32(2), np.float32(0.5)
_RESOLUTION = np.float32(2.0**-24)
_SIXTEEN_BITS = np.float32(2.0**-16)
_SPREAD = np.float32(math.sqrt(3))


@function
def _uniform(key: Any, place: int) -> Any:
    """A number in [-1, 1)."""
    return np.float32(mask_bits(key, place) >> np.uint32(8)) * _RESOLUTION * _TWO - _ONE


@function
def _normal(key: Any, place: int) -> Any:
    """A number of mean 0 and variance 1: the sum of four uniform ones, normal up to 3.4 deviations."""
    first, second = mask_bits(key, 2 * place), mask_bits(key, 2 * place + 1)
    low = np.uint32(0xFFFF)
    halves = np.float32(first & low) + np.float32(first >> np.uint32(16))
    halves += np.float32(second & low) + np.float32(second >> np.uint32(16))
    return (halves * _SIXTEEN_BITS - _TWO) * _SPREAD


@function
def gather_augmented(
    x: Pointer,
    channels: int,
    height: int,
    width: int,
    order: Pointer,
    start: int,
    count: int,
    stride: int,
    out: Pointer,
    settings: Pointer,
    seed: int,
    step: int,
) -> None:
    """Changed copies of samples order[start..start + count) of x into out: [inputs, stride], zeros behind them.

    x: [samples, channels * height * width]. settings: how far to move at most (pixels), to turn (radians), whether half
    of the images are mirrored, and the noise's standard deviation. Each output pixel looks back, from the image's
    centre, to where it came from, between four pixels (bilinear); beyond the edge the edge goes on.
    """
    pixels = height * width
    motions, noise_key = mask_key(seed, step, MOTIONS), mask_key(seed, step, NOISE)
    right, bottom = np.float32(width - 1), np.float32(height - 1)
    middle, centre = right * _HALF, bottom * _HALF
    noise = settings[3]
    for s in range(count):
        image = shift(x, order[start + s] * channels * pixels)
        across = _uniform(motions, _DRAWN * s) * settings[0] + middle
        down = _uniform(motions, _DRAWN * s + 1) * settings[0] + centre
        angle = _uniform(motions, _DRAWN * s + 2) * settings[1]
        cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        mirror = -_ONE if settings[2] > 0 and _uniform(motions, _DRAWN * s + 3) < 0 else _ONE
        for row in range(height):
            v = np.float32(row) - centre
            for column in range(width):
                u = (np.float32(column) - middle) * mirror
                a = min(max(cos * u + sin * v + across, _ZERO), right)
                b = min(max(cos * v - sin * u + down, _ZERO), bottom)
                left, top = int(a), int(b)
                step_right, step_down = min(left + 1, width - 1) - left, (min(top + 1, height - 1) - top) * width
                fa, fb = a - np.float32(left), b - np.float32(top)
                for channel in range(channels):
                    at = channel * pixels + top * width + left
                    upper = image[at] + fa * (image[at + step_right] - image[at])
                    at += step_down
                    lower = image[at] + fa * (image[at + step_right] - image[at])
                    place = channel * pixels + row * width + column
                    value = upper + fb * (lower - upper)
                    if noise > 0:
                        value += noise * _normal(noise_key, s * channels * pixels + place)
                    out[place * stride + s] = value
    for i in range(channels * pixels):
        for s in range(count, stride):
            out[i * stride + s] = _ZERO
