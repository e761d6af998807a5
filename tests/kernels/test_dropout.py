"""Dropout: how much it keeps, that expectation stays, and that the way back has the same mask."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.dropout import CHANNEL_MASKS, INPUT_MASK, WEIGHT_MASKS, drop, drop_channels
from kernels.network import Choice
from kernels.rng import mask_bits, mask_key
from kernels.simd import pointer
from tests.kernels.support import Floats, make_data, make_network, make_trainer


@numba.njit(cache=True)
def _drop(a: Floats, out: Floats, rate: float, key: int) -> None:
    drop(pointer(a, 0), pointer(out, 0), a.size, rate, key)


@numba.njit(cache=True)
def _drop_channels(a: Floats, out: Floats, rate: float, key: int) -> None:
    channels, pixels, stride = a.shape
    drop_channels(pointer(a, 0), pointer(out, 0), channels, pixels, stride, rate, key)


@numba.njit(cache=True)
def _key(seed: int, step: int, layer: int) -> Any:
    return mask_key(seed, step, layer)


@numba.njit(cache=True)
def _bits(key: int, size: int) -> NDArray[np.float64]:
    bits = np.empty(size, np.float64)
    for i in range(size):
        bits[i] = mask_bits(key, i)
    return bits


def dropped(size: int, rate: float, key: int) -> Floats:
    out = np.empty(size, np.float32)
    _drop(np.ones(size, np.float32), out, np.float32(rate), np.uint32(key))
    return out


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9])
def test_share_and_expectation(rate: float) -> None:
    size = 200_000
    out = dropped(size, rate, _key(1, 2, 3))
    error = 5 * np.sqrt(rate * (1 - rate) / size)
    assert abs((out == 0).mean() - rate) < error
    assert abs(out.mean() - 1) < error / (1 - rate)
    np.testing.assert_allclose(out[out != 0], 1 / (1 - rate), rtol=1e-6)


def test_rate_zero_keeps_everything() -> None:
    assert np.all(dropped(10_000, 0.0, 5) == 1)


def test_the_same_key_gives_the_same_mask_in_place_or_not() -> None:
    key = np.uint32(_key(7, 8, 1))
    a = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    there, back = np.empty_like(a), a.copy()
    _drop(a, there, np.float32(0.3), key)
    _drop(back, back, np.float32(0.3), key)
    np.testing.assert_array_equal(there, back)


def test_an_element_is_kept_or_not_whatever_the_size() -> None:
    np.testing.assert_array_equal(dropped(1000, 0.5, 11)[:64], dropped(64, 0.5, 11))


def dropped_channels(shape: tuple[int, int, int], rate: float, key: int) -> Floats:
    out = np.empty(shape, np.float32)
    _drop_channels(np.ones(shape, np.float32), out, np.float32(rate), np.uint32(key))
    return out


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_channels_are_silenced_whole_and_as_often_as_told(rate: float) -> None:
    out = dropped_channels((64, 9, 1000), rate, _key(1, 2, CHANNEL_MASKS))
    np.testing.assert_array_equal(out, np.broadcast_to(out[:, :1], out.shape), "all pixels of a channel alike")
    size = 64 * 1000
    error = 5 * np.sqrt(rate * (1 - rate) / size)
    assert abs((out[:, 0] == 0).mean() - rate) < error
    assert abs(out.mean() - 1) < error / (1 - rate)
    np.testing.assert_allclose(out[out != 0], 1 / (1 - rate), rtol=1e-6)
    # Channels of one sample, and samples of one channel, each by themselves.
    kept = out[:, 0] != 0
    assert kept.any(axis=0).all() or rate == 0.9
    assert len({tuple(row) for row in kept}) == 64


def test_one_pixel_a_channel_is_the_dropout_of_units() -> None:
    np.testing.assert_array_equal(dropped_channels((20, 1, 64), 0.3, 17).ravel(), dropped(20 * 64, 0.3, 17))


def test_silenced_channels_are_the_same_in_place_and_in_batches_beyond_what_is_held() -> None:
    a = np.random.default_rng(0).standard_normal((3, 4, 9000)).astype(np.float32)
    there, back = np.empty_like(a), a.copy()
    _drop_channels(a, there, np.float32(0.4), np.uint32(3))
    _drop_channels(back, back, np.float32(0.4), np.uint32(3))
    np.testing.assert_array_equal(there, back)
    np.testing.assert_allclose(there, a * dropped(3 * 9000, 0.4, 3).reshape(3, 1, 9000), rtol=1e-6)


def test_seeds_steps_and_layers_have_masks_of_their_own() -> None:
    places = [(seed, step, layer) for seed in range(4) for step in range(10) for layer in range(4)]
    keys = {_key(*place) for place in places}
    assert len(keys) == len(places)
    masks = np.array([dropped(4096, 0.5, key) != 0 for key in sorted(keys)])
    # Independent fair bits correlate by about 1/64; five times that among 12,720 pairs would be rare.
    correlation = np.corrcoef(masks) - np.eye(len(masks))
    assert np.abs(correlation).max() < 5.5 / 64


def test_bits_are_uniform() -> None:
    bits = _bits(np.uint32(_key(0, 0, 0)), 1 << 16)
    counts, _ = np.histogram(bits, 256, (0, 2**32))
    # Chi-square with 255 degrees of freedom: mean 255, standard deviation 22.6.
    assert ((counts - 256) ** 2 / 256).sum() < 255 + 5 * 22.6


@pytest.mark.parametrize("what", ["dropout", "dropconnect", "input_dropout"])
def test_the_expected_output_in_training_is_that_of_inference(what: str) -> None:
    # Of a linear network, whose output is linear in every mask: its mean over many masks is the output without one.
    data = make_data("regression", 64)
    kinds: dict[str, Any] = {"activation": Choice("linear"), "optimizer": Choice("sgd", {"learning_rate": 1e-9})}
    dropped: dict[str, Any] = {what: 0.3}
    trainer = make_trainer(data, task="regression", batch_size=64, **kinds, **dropped)
    twin = make_trainer(data, task="regression", batch_size=64, **kinds)
    gradients = []
    for _ in range(3000):
        trainer.train(1, observe=False)
        gradients.append(trainer.gradients[-1])
    twin.train(1, observe=False)
    # The gradient in the output's bias is twice the mean error.
    error = float(np.std(gradients)) / np.sqrt(len(gradients))
    assert error > 0, "it drops"
    assert abs(np.mean(gradients) - twin.gradients[-1]) < 5 * error


def test_inference_drops_nothing() -> None:
    kept, dropped = make_trainer(), make_trainer(dropout=0.5, dropconnect=0.5, input_dropout=0.5)
    for trainer in (kept, dropped):
        trainer.observe()
    assert dropped.stats[3] == kept.stats[3]


def test_the_masks_of_a_step_are_all_of_their_own() -> None:
    places = [
        *range(32),
        INPUT_MASK,
        *(first + layer for first in (WEIGHT_MASKS, CHANNEL_MASKS) for layer in range(32)),
    ]
    keys = {_key(1, step, place) for step in range(50) for place in places}
    assert len(keys) == 50 * len(places)


def test_dropped_weights_can_be_switched_on_while_training() -> None:
    trainer, other = make_trainer(), make_trainer(dropconnect=0.4)
    trainer.set_dropout(make_network(2, (6, 4), 1, dropconnect=0.4))
    for each in (trainer, other):
        each.train(30)
    np.testing.assert_array_equal(trainer.parameters, other.parameters)
    trainer.set_dropout(make_network(2, (6, 4), 1))
    trainer.train(30)
    other.train(30)
    assert np.abs(trainer.parameters - other.parameters).max() > 0
