"""What the textbook derives by hand: steps under a constant gradient, and what becomes of signals with the depth."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from kernels.network import Choice
from kernels.optimizers import OPTIMIZERS
from tests.kernels.support import Floats, Rule, make_data, make_trainer

GRADIENT = np.array([-1e4, -3.0, -1e-3, 1e-3, 0.5, 1e4], np.float32)


def steps(name: str, count: int, gradient: Floats = GRADIENT, **params: float) -> Floats:
    """How far each of `count` steps under a constant gradient goes, [count, size], from weights of zero."""
    rule = Rule(OPTIMIZERS[name], OPTIMIZERS[name].values(params), [gradient.size])
    # Every step starts from zero again: only the optimizer's memory goes on, and no digit of a step is lost.
    taken = np.zeros((count, gradient.size), np.float32)
    for row in taken:
        rule.update(row, gradient.copy())
    return taken


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_momentums_terminal_step(name: str, momentum: float) -> None:
    # Goodfellow et al. 2016, 8.3.2: rate |g| / (1 - momentum), approached as 1 - momentum^t.
    taken = steps(name, 2000, learning_rate=0.01, momentum=momentum)
    terminal = -0.01 * GRADIENT / (1 - momentum)
    np.testing.assert_allclose(taken[-1], terminal, rtol=1e-4)
    ahead = 1 if name == "nesterov" else 0
    for t in (1, 2, 10, 50):
        np.testing.assert_allclose(taken[t - 1], terminal * (1 - momentum ** (t + ahead)), rtol=1e-4)


def test_dampened_momentum_ends_at_the_step_without() -> None:
    taken = steps("momentum", 500, learning_rate=0.01, momentum=0.9, dampening=0.9)
    np.testing.assert_allclose(taken[-1], -0.01 * GRADIENT, rtol=1e-4)


@pytest.mark.parametrize("name", ["adam", "adamax", "amsgrad", "lion"])
def test_adams_step_is_the_rate_whatever_the_gradients_size(name: str) -> None:
    taken = steps(name, 300, learning_rate=0.02)
    np.testing.assert_allclose(taken, np.tile(-0.02 * np.sign(GRADIENT), (300, 1)), rtol=2e-4)


@pytest.mark.parametrize("rho", [0.9, 0.99])
def test_rmsprops_first_steps_are_large(rho: float) -> None:
    taken = steps("rmsprop", 400, learning_rate=0.01, rho=rho)
    sizes = 0.01 / np.sqrt(1 - rho ** np.arange(1, 401))
    np.testing.assert_allclose(taken, -np.sign(GRADIENT) * sizes[:, None], rtol=2e-4)


def test_adagrads_steps_run_dry() -> None:
    taken = steps("adagrad", 400, learning_rate=0.1)
    sizes = 0.1 / np.sqrt(np.arange(1, 401))
    np.testing.assert_allclose(taken, -np.sign(GRADIENT) * sizes[:, None], rtol=2e-4)


@pytest.mark.parametrize("name", ["adamw", "lion"])
def test_weight_decay_shrinks_geometrically(name: str) -> None:
    rule = Rule(OPTIMIZERS[name], OPTIMIZERS[name].values({"learning_rate": 0.1, "weight_decay": 0.2}), [3])
    w = np.array([1.0, -5.0, 0.01], np.float32)
    start = w.copy()
    for _ in range(100):
        rule.update(w, np.zeros(3, np.float32))
    np.testing.assert_allclose(w, start * (1 - 0.1 * 0.2) ** 100, rtol=1e-4)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS.variants))
@pytest.mark.parametrize("initializer", ["zeros", "constant"])
def test_hidden_units_that_start_alike_stay_alike(initializer: str, optimizer: str) -> None:
    trainer = make_trainer(initializer=Choice(initializer), hidden=(4, 4), optimizer=Choice(optimizer))
    start = trainer.parameters.copy()
    trainer.train(200)
    assert not np.array_equal(trainer.parameters, start)
    # Bit for bit with zeros; else a loop's vectorized body may round otherwise than its remainder.
    rounding = 0.0 if initializer == "zeros" else 1e-5
    for tensor in trainer.layout.tensors:
        values = trainer.parameters[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape)
        if tensor.name.startswith("layer"):
            np.testing.assert_allclose(values, np.broadcast_to(values[0], values.shape), rtol=0, atol=rounding)
        elif tensor.role == "weight":
            assert np.ptp(values) <= rounding


@pytest.mark.parametrize("scaled", ["weights", "data"])
def test_batch_normalization_does_not_see_the_scale_of_weights_or_data(scaled: str) -> None:
    # Ioffe & Szegedy 2015, 3.3: the outcome is the same, and the gradient in weights c times as large is 1 / c of it.
    factor, data = 16.0, make_data("binary", 40)
    larger = dataclasses.replace(data, x_train=data.x_train * np.float32(factor))
    kinds: dict[str, Any] = {"normalization": Choice("batch_norm"), "hidden": (5, 4)}
    plain = make_trainer(data, **kinds)
    other = make_trainer(larger if scaled == "data" else data, **kinds)
    weights = plain.layout.tensor("layer1.weight")
    place = slice(weights.offset, weights.offset + weights.size)
    if scaled == "weights":
        other.parameters[place] *= factor
    for trainer in (plain, other):
        trainer.train(1)
    assert other.stats[0] == pytest.approx(plain.stats[0], rel=1e-3)
    gradients = other.gradients[place] * (factor if scaled == "weights" else 1)
    np.testing.assert_allclose(gradients, plain.gradients[place], rtol=2e-3, atol=1e-4)
    assert np.abs(plain.gradients[place]).max() > 0.01


DEPTH, WIDTH = 30, 200


def growth(activation: str, initializer: str, seed: int) -> float:
    """The logarithm of how many times the mean square of activations is larger after 30 layers than after one."""
    data = make_data("regression", 64, inputs=WIDTH)
    trainer = make_trainer(
        data, task="regression", hidden=(WIDTH,) * DEPTH, activation=Choice(activation), batch_size=64, seed=seed,
        initializer=Choice(initializer),
    )  # fmt: skip
    trainer.train(1)
    squares: dict[int, float] = {}
    for value, column in zip(trainer.stats.astype(np.float64), trainer.layout.columns, strict=True):
        if column.layer is not None and column.name in {"activation_mean", "activation_std"}:
            squares[column.layer] = squares.get(column.layer, 0.0) + value**2
    return math.log(squares[DEPTH] / squares[1])


@pytest.mark.parametrize(
    ("activation", "initializer", "a_layer", "spread"),
    [
        # The factor of the mean square in one layer, and the variance of its logarithm times the width: for a normal
        # sum of n squares of ReLUs E[a^4] / E[a^2]^2 - 1 = 5, of linear units 2.
        ("relu", "he_normal", 1.0, 5.0),
        ("relu", "he_uniform", 1.0, 5.0),
        ("linear", "xavier_normal", 1.0, 2.0),
        ("linear", "xavier_uniform", 1.0, 2.0),
        ("linear", "orthogonal", 1.0, 0.001),
        ("linear", "lecun_normal", 1.0, 2.0),
        ("linear", "lecun_uniform", 1 / 3, 2.0),
        ("relu", "lecun_uniform", 1 / 6, 5.0),
    ],
)
def test_what_thirty_layers_do_to_the_variance(
    activation: str, initializer: str, a_layer: float, spread: float
) -> None:
    layers = DEPTH - 1
    variance = layers * spread / WIDTH
    for seed in (1, 2, 3):
        # A logarithm lies below that of the mean by half its variance; four standard deviations either way.
        expected = layers * math.log(a_layer) - variance / 2
        assert growth(activation, initializer, seed) == pytest.approx(expected, abs=4 * math.sqrt(variance))
