"""Random numbers with an explicit state, so that a run's draws are its own and can be saved."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.cache import function
from kernels.simd import Pointer

#: Inside a kernel Numba infers the types; to mypy, sums of NumPy scalars widen.
_U32: Any
_U64: Any
_U32, _U64 = np.uint32, np.uint64
STATE_SIZE = 4


def seed_state(seed: int, stream: int) -> NDArray[np.uint64]:
    """A state for `next_bits`, [4] uint64, independent for every (seed, stream)."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(stream,))
    return sequence.generate_state(STATE_SIZE, np.uint64).astype(np.uint64)


@function
def _rotate(x: Any, by: int) -> Any:
    return _U64(_U64(x) << _U64(by)) | _U64(_U64(x) >> _U64(64 - by))


@function
def next_bits(state: Pointer) -> Any:
    """64 random bits, by xoshiro256++ (Blackman & Vigna 2021); changes the state [4] of uint64."""
    result = _U64(_rotate(_U64(state[0] + state[3]), 23) + state[0])
    mixed = _U64(state[1] << _U64(17))
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= mixed
    state[3] = _rotate(state[3], 45)
    return result


@function
def shuffle(order: Pointer, size: int, state: Pointer) -> None:
    """Permute order[0..size) in place (Fisher & Yates), unbiased but for one part in 2^32."""
    for last in range(size - 1, 0, -1):
        high = _U64(next_bits(state) >> _U64(32))
        other = np.int64(_U64(high * _U64(last + 1)) >> _U64(32))
        kept = order[last]
        order[last] = order[other]
        order[other] = kept


@function
def mask_key(seed: int, step: int, layer: int) -> Any:
    """The key of one dropout mask, by SplitMix64 (Steele et al. 2014): masks need no state, only their place."""
    x = _U64(_U64(seed) + _U64(step) * _U64(0x9E3779B97F4A7C15) + _U64(layer) * _U64(0xD1B54A32D192ED03))
    x = _U64((x ^ _U64(x >> _U64(30))) * _U64(0xBF58476D1CE4E5B9))
    x = _U64((x ^ _U64(x >> _U64(27))) * _U64(0x94D049BB133111EB))
    return _U32(_U64(x ^ _U64(x >> _U64(31))) >> _U64(32))


@function
def mask_bits(key: Any, i: int) -> Any:
    """32 random bits for element i of a mask, by MurmurHash3's finalizer; LLVM vectorizes it."""
    x = _U32(_U32(_U32(i) * _U32(0x9E3779B9)) ^ _U32(key))
    x = _U32(_U32(x ^ _U32(x >> _U32(16))) * _U32(0x85EBCA6B))
    x = _U32(_U32(x ^ _U32(x >> _U32(13))) * _U32(0xC2B2AE35))
    return _U32(x ^ _U32(x >> _U32(16)))
