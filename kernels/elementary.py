"""Elementary functions in float32 that LLVM can vectorize.

llvmlite from PyPI has no SVML, so `math.tanh` in a loop runs one element at a time, at ~40 ns. These are plain
arithmetic: under 1 ns an element. Comparisons are written so that NaN stays NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.cache import inlined
from kernels.simd import Float32, bits_from_float, float_from_bits

_F: Any = np.float32

# Cephes' expf and logf (S. Moshier, single precision), the rational tanh of Eigen's
# `generic_fast_tanh_float`, and the `erfcc` of Numerical Recipes (Press et al. 1992, 6.2).
# Between them 2^n is a normal float32.
_EXP_LOW, _EXP_HIGH = _F(-87.33654), _F(88.37626)
_LOG2_E, _LN2_HIGH, _LN2_LOW = _F(1.44269504), _F(0.693359375), _F(-2.12194440e-4)
_LARGEST = _F(np.finfo(np.float32).max)
_SQRT_HALF = _F(0.70710678)
_TANH_LIMIT = _F(7.90531110763549805)


@inlined
def exp(x: Float32) -> Float32:
    """e^x, relative error below 4e-7; infinite above 88.37, 0 below -87.33."""
    bounded = _EXP_LOW if x < _EXP_LOW else x
    bounded = _EXP_HIGH if bounded > _EXP_HIGH else bounded
    # Not `math.floor`, which goes by way of an integer of 64 bits and keeps the loop around it from vectorizing.
    power = np.floor(bounded * _LOG2_E + _F(0.5))
    r = bounded - power * _LN2_HIGH - power * _LN2_LOW
    p = _F(1.9875691500e-4)
    p = p * r + _F(1.3981999507e-3)
    p = p * r + _F(8.3334519073e-3)
    p = p * r + _F(4.1665795894e-2)
    p = p * r + _F(1.6666665459e-1)
    p = p * r + _F(5.0000001201e-1)
    value = p * r * r + r + _F(1.0)
    value *= float_from_bits(np.int32((np.int32(power) + np.int32(127)) << np.int32(23)))
    value = _F(np.inf) if x > _EXP_HIGH else value
    return _F(0.0) if x < _EXP_LOW else value


@inlined
def log(x: Float32) -> Float32:
    """The natural logarithm of a normal positive number, error below 2e-7 of max(1, |log x|); NaN for NaN."""
    bits = bits_from_float(x)
    exponent = _F((bits >> np.int32(23)) - np.int32(126))
    mantissa = float_from_bits(np.int32((bits & np.int32(0x007FFFFF)) | np.int32(0x3F000000)))
    low = mantissa < _SQRT_HALF
    exponent = exponent - _F(1.0) if low else exponent
    r = mantissa + mantissa - _F(1.0) if low else mantissa - _F(1.0)
    p = _F(7.0376836292e-2)
    p = p * r + _F(-1.1514610310e-1)
    p = p * r + _F(1.1676998740e-1)
    p = p * r + _F(-1.2420140846e-1)
    p = p * r + _F(1.4249322787e-1)
    p = p * r + _F(-1.6668057665e-1)
    p = p * r + _F(2.0000714765e-1)
    p = p * r + _F(-2.4999993993e-1)
    p = p * r + _F(3.3333331174e-1)
    square = r * r
    value = p * r * square - _F(0.5) * square + exponent * _LN2_LOW
    value = r + value + exponent * _LN2_HIGH
    # The bits of NaN and infinity would pass for those of a number.
    return value if x <= _LARGEST else x


@inlined
def tanh(x: Float32) -> Float32:
    """The hyperbolic tangent, error below 3e-7."""
    x = -_TANH_LIMIT if x < -_TANH_LIMIT else x
    x = _TANH_LIMIT if x > _TANH_LIMIT else x
    square = x * x
    p = _F(-2.76076847742355e-16)
    p = p * square + _F(2.00018790482477e-13)
    p = p * square + _F(-8.60467152213735e-11)
    p = p * square + _F(5.12229709037114e-08)
    p = p * square + _F(1.48572235717979e-05)
    p = p * square + _F(6.37261928875436e-04)
    p = p * square + _F(4.89352455891786e-03)
    q = _F(1.19825839466702e-06)
    q = q * square + _F(1.18534705686654e-04)
    q = q * square + _F(2.26843463243900e-03)
    q = q * square + _F(4.89352518554385e-03)
    return x * p / q


@inlined
def sigmoid(x: Float32) -> Float32:
    """1 / (1 + e^-x) by way of tanh, absolute error below 2e-7."""
    return _F(0.5) + _F(0.5) * tanh(_F(0.5) * x)


@inlined
def precise_sigmoid(x: Float32) -> Float32:
    """1 / (1 + e^-x) by way of exp, relative error below 6e-7 down to 0: for where it is multiplied by x."""
    power = exp(-abs(x))
    large = _F(1.0) / (_F(1.0) + power)
    return power * large if x < _F(0.0) else large


@inlined
def normal_share(x: Float32) -> Float32:
    """The normal distribution function (1 + erf(x / sqrt 2)) / 2.

    Absolute error below 2e-7, and in the lower tail below 1e-6 x^2 of the value.
    """
    y = abs(x) * _SQRT_HALF
    t = _F(1.0) / (_F(1.0) + _F(0.5) * y)
    p = _F(0.17087277)
    p = p * t + _F(-0.82215223)
    p = p * t + _F(1.48851587)
    p = p * t + _F(-1.13520398)
    p = p * t + _F(0.27886807)
    p = p * t + _F(-0.18628806)
    p = p * t + _F(0.09678418)
    p = p * t + _F(0.37409196)
    p = p * t + _F(1.00002368)
    p = p * t + _F(-1.26551223)
    tail = _F(0.5) * t * exp(p - y * y)
    return tail if x < _F(0.0) else _F(1.0) - tail
