"""The generator: known bits, states that reproduce, permutations that are fair."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from kernels.rng import STATE_SIZE, next_bits, seed_state, shuffle
from kernels.simd import pointer


@numba.njit(cache=True)
def _draw(state: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    drawn = np.empty(count, np.uint64)
    for i in range(count):
        drawn[i] = next_bits(pointer(state, 0))
    return drawn


@numba.njit(cache=True)
def _shuffle(order: NDArray[np.int64], state: NDArray[np.uint64]) -> None:
    shuffle(pointer(order, 0), order.size, pointer(state, 0))


def _xoshiro(state: list[int]) -> int:
    """The generator's definition in whole numbers, by Blackman & Vigna 2021, figure 1."""
    mask = 2**64 - 1

    def rotate(x: int, by: int) -> int:
        return ((x << by) | (x >> (64 - by))) & mask

    result = (rotate((state[0] + state[3]) & mask, 23) + state[0]) & mask
    mixed = (state[1] << 17) & mask
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= mixed
    state[3] = rotate(state[3], 45)
    return result


def test_bits_are_xoshiros() -> None:
    state = seed_state(42, 7)
    plain = [int(word) for word in state]
    drawn = _draw(state, 100)
    assert [int(word) for word in drawn] == [_xoshiro(plain) for _ in range(100)]
    assert [int(word) for word in state] == plain


def test_a_copied_state_goes_on_alike() -> None:
    state = seed_state(3, 0)
    _draw(state, 10)
    copy = state.copy()
    np.testing.assert_array_equal(_draw(state, 50), _draw(copy, 50))


def test_seeds_and_streams_differ() -> None:
    states: set[Any] = {seed_state(seed, stream).tobytes() for seed in range(20) for stream in range(20)}
    assert len(states) == 400
    assert seed_state(1, 2).shape == (STATE_SIZE,)
    np.testing.assert_array_equal(seed_state(1, 2), seed_state(1, 2))


def test_shuffle_is_a_permutation() -> None:
    for size in (0, 1, 2, 3, 17, 1000):
        order = np.arange(size)
        _shuffle(order, seed_state(size, 0))
        np.testing.assert_array_equal(np.sort(order), np.arange(size))


def test_every_permutation_is_about_as_likely() -> None:
    state = seed_state(5, 0)
    counts: dict[tuple[int, ...], int] = {}
    rounds = 24_000
    for _ in range(rounds):
        order = np.arange(4)
        _shuffle(order, state)
        key = tuple(order.tolist())
        counts[key] = counts.get(key, 0) + 1
    assert len(counts) == 24
    chi_square = sum((count - rounds / 24) ** 2 / (rounds / 24) for count in counts.values())
    # 23 degrees of freedom: mean 23, standard deviation 6.8.
    assert chi_square < 23 + 5 * 6.8


def test_every_element_reaches_every_place() -> None:
    state = seed_state(6, 0)
    counts = np.zeros((20, 20))
    rounds = 20_000
    order = np.arange(20)
    for _ in range(rounds):
        _shuffle(order, state)
        counts[np.arange(20), order] += 1
    assert np.abs(counts / rounds - 1 / 20).max() < 6 * np.sqrt(0.05 * 0.95 / rounds)
