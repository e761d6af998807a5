"""Every penalty's kernel against the slope of its reference, decoupled decay against its factor."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.network import Choice
from kernels.regularizers import REGULARIZERS
from tests.kernels.reference import named, slope
from tests.kernels.support import CONSTANT, call, describe, every, make_trainer, vector

CHOICES = every(REGULARIZERS)
PENALTIES = [choice for choice in CHOICES if not REGULARIZERS[choice.id].decoupled]
DECAYS = [choice for choice in CHOICES if REGULARIZERS[choice.id].decoupled]
RATE = 0.3


@pytest.mark.parametrize("size", [1, 8, 45])
@pytest.mark.parametrize("choice", PENALTIES, ids=describe)
def test_adds_the_slope_of_its_reference(choice: Choice, size: int) -> None:
    variant = REGULARIZERS[choice.id]
    values = variant.values(choice.params)
    rng = np.random.default_rng(size)
    w, g = rng.normal(0, 2, (2, size)).astype(np.float32)
    before, truth = w.copy(), g + slope(lambda at: variant.reference(at, *values), w.astype(np.float64))
    call(variant.gradient, w, g, size, RATE, vector(values))
    np.testing.assert_allclose(g, truth, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(w, before)


@pytest.mark.parametrize("size", [1, 8, 45])
@pytest.mark.parametrize("choice", DECAYS, ids=describe)
def test_decay_shrinks_by_the_learning_rate_and_leaves_the_gradient(choice: Choice, size: int) -> None:
    variant = REGULARIZERS[choice.id]
    values = variant.values(choice.params)
    rng = np.random.default_rng(size)
    w, g = rng.normal(0, 2, (2, size)).astype(np.float32)
    start, gradient = w.copy(), g.copy()
    for _ in range(20):
        call(variant.gradient, w, g, size, RATE, vector(values))
    np.testing.assert_allclose(w, start * (1 - RATE * named(variant, choice)["rate"]) ** 20, rtol=1e-5)
    np.testing.assert_array_equal(g, gradient)
    # What the reference tells is the factor at a learning rate of one.
    assert variant.reference(start, *values) == pytest.approx(1 - named(variant, choice)["rate"])


@pytest.mark.parametrize("name", list(REGULARIZERS.variants))
def test_leaves_a_zero_weight_alone(name: str) -> None:
    penalty = REGULARIZERS[name]
    w, g = np.zeros(8, np.float32), np.zeros(8, np.float32)
    call(penalty.gradient, w, g, 8, RATE, vector(penalty.values({})))
    assert not g.any()
    assert not w.any()


@pytest.mark.parametrize("biases", [0, 1])
@pytest.mark.parametrize("normalization", ["none", "batch_norm"])
@pytest.mark.parametrize("name", list(REGULARIZERS.variants))
def test_biases_and_normalization_are_left_out_unless_asked_for(name: str, normalization: str, biases: int) -> None:
    plain, penalized = (
        make_trainer(
            hidden=(5, 4), normalization=Choice(normalization), regularizers=regularizers,
            optimizer=Choice("sgd", {"learning_rate": 0.1}),
        )
        for regularizers in ((), (Choice(name, {"biases": biases}),))
    )  # fmt: skip
    for trainer in (plain, penalized):
        trainer.parameters[:] = np.random.default_rng(1).normal(0.5, 0.3, trainer.parameters.size)
        trainer.train(1)
    touched = set()
    for tensor in plain.layout.tensors:
        place = slice(tensor.offset, tensor.offset + tensor.size)
        if not np.array_equal(plain.parameters[place], penalized.parameters[place]):
            touched.add(tensor.role)
    roles = {tensor.role for tensor in plain.layout.tensors}
    assert {"weight", "bias"} < roles or roles == {"weight", "bias"}
    assert touched == (roles if biases else {"weight"})


def test_decay_follows_the_learning_rate_in_force() -> None:
    # Penalties do not care for the learning rate; decoupled decay shrinks by the scheduled, warmed-up one.
    rates = {"learning_rate": 0.2}
    decay = (Choice("weight_decay", {"rate": 0.5, "biases": 1}),)
    decayed, plain = (
        make_trainer(optimizer=Choice("sgd", rates), schedule=CONSTANT, warmup=4, regularizers=each)
        for each in (decay, ())
    )
    for step in range(6):
        plain.parameters[:] = decayed.parameters
        before = plain.parameters.copy()
        decayed.train(1)
        plain.train(1)
        rate = 0.2 * min(1, (step + 1) / 4)
        np.testing.assert_allclose(decayed.parameters, plain.parameters - 0.5 * rate * before, rtol=1e-5, atol=1e-6)


def test_for_sgd_decay_and_l2_are_one_thing_and_for_adam_they_are_not() -> None:
    # Loshchilov & Hutter 2019, proposition 1.
    for optimizer, alike in (("sgd", True), ("adam", False)):
        decay, l2 = (
            make_trainer(
                optimizer=Choice(optimizer, {"learning_rate": 0.05}), regularizers=(Choice(name, {"rate": 0.1}),)
            )
            for name in ("weight_decay", "l2")
        )
        decay.train(30)
        l2.train(30)
        assert np.allclose(decay.parameters, l2.parameters, rtol=1e-4, atol=1e-5) is alike
