"""Every optimizer's kernel against its readable reference, with every parameter away from its default in turn."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.network import Choice
from kernels.optimizers import OPTIMIZERS
from tests.kernels.reference import Optimizer as Reference
from tests.kernels.reference import named
from tests.kernels.support import CONSTANT, Rule, describe, every

STEPS = 50
NAMES = list(OPTIMIZERS.variants)
#: At a rate of one lamb replaces what was there, a lone weight by zero exactly: rounding decides what comes after.
WILD, TAMED = Choice("lamb", {"learning_rate": 1.0}), Choice("lamb", {"learning_rate": 0.1})
CHOICES = [TAMED if choice == WILD else choice for choice in every(OPTIMIZERS)]
#: sam's steps are an inner optimizer's, so each of its parameters is also tried around Adam.
AROUND_ADAM = [
    Choice("sam", dict(choice.params) | {"inner": 1.0})
    for choice in every([OPTIMIZERS["sam"]])
    if "inner" not in choice.params
]
DECAYING = [name for name in NAMES if any(param.id == "weight_decay" for param in OPTIMIZERS[name].params)]


def test_what_is_tried_is_what_is_meant() -> None:
    assert TAMED in CHOICES
    assert Choice("sam") in CHOICES
    assert len(AROUND_ADAM) == len(OPTIMIZERS["sam"].params)
    assert DECAYING == ["adamw", "lamb", "lion"]


@pytest.mark.parametrize("size", [3, 13, 64])
@pytest.mark.parametrize("choice", [*CHOICES, *AROUND_ADAM], ids=describe)
def test_fifty_steps_on_random_gradients(choice: Choice, size: int) -> None:
    variant = OPTIMIZERS[choice.id]
    rng = np.random.default_rng(size)
    w = rng.normal(0, 1, size).astype(np.float32)
    truth = w.astype(np.float64)
    rule = Rule(variant, variant.values(choice.params), [size])
    true_slots = [*(np.zeros(size) for _ in variant.slots), *(np.zeros(1) for _ in variant.scalars)]
    # Gradients of very different sizes, and some that are zero for ever.
    scale = 10.0 ** rng.integers(-4, 3, size) * (rng.random(size) > 0.1)
    moved = np.zeros(size)
    for step in range(1, STEPS + 1):
        g = (rng.normal(0.2, 1, size) * scale).astype(np.float32)
        rule.update(w, g)
        before = truth.copy()
        variant.reference(truth, g.astype(np.float64), true_slots, step, **named(variant, choice))
        moved += np.abs(truth - before)
        np.testing.assert_allclose(w, truth, rtol=0, atol=2e-5 * (1 + moved.max()))
        assert np.all(np.abs(w - truth) <= 2e-5 * (1 + moved))
    for slot, true_slot in zip(rule.slots(), true_slots, strict=True):
        np.testing.assert_allclose(slot, true_slot, rtol=1e-4, atol=1e-5 * np.abs(true_slot).max())


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_tensors_beside_each_other_are_stepped_as_each_alone(choice: Choice) -> None:
    # For most a matter of course; lamb measures each tensor, and decay is for weights only.
    variant = OPTIMIZERS[choice.id]
    sizes = {"layer1.weight": 12, "output.weight": 7, "layer1.bias": 4, "output.bias": 1}
    edges = np.cumsum(list(sizes.values()))[:-1]
    rng = np.random.default_rng(4)
    # Tensors of very different sizes, so that one scale for all of them would be another.
    w = np.repeat(np.array([1.0, 0.1, 5.0, 0.01]), list(sizes.values())).astype(np.float32)
    w *= rng.normal(1, 0.3, w.size).astype(np.float32)
    truth = dict(zip(sizes, np.split(w.astype(np.float64), edges), strict=True))
    rule = Rule(variant, variant.values(choice.params), list(sizes.values()), weights=19)
    reference = Reference(choice, CONSTANT)
    for _ in range(10):
        g = rng.normal(0.5, 1, w.size).astype(np.float32)
        rule.update(w, g)
        reference.update(truth, dict(zip(sizes, np.split(g.astype(np.float64), edges), strict=True)))
        for name, values in zip(sizes, np.split(w, edges), strict=True):
            np.testing.assert_allclose(values, truth[name], rtol=1e-4, atol=1e-4, err_msg=name)


def test_lamb_moves_each_tensor_in_proportion_to_its_own_weights() -> None:
    lamb = OPTIMIZERS["lamb"]
    rate = 0.01
    w = np.array([3, 4, 0.3, 0.4, 0, 0], np.float32)
    before = w.copy()
    Rule(lamb, lamb.values({"learning_rate": rate, "weight_decay": 0.0}), [2, 2, 2]).update(w, np.ones(6, np.float32))
    lengths = np.linalg.norm((w - before).reshape(3, 2), axis=1)
    # Adam's first direction is the sign of the gradient; where weights are zero it is taken as it is.
    np.testing.assert_allclose(lengths, rate * np.array([5, 0.5, np.sqrt(2)]), rtol=1e-4)


@pytest.mark.parametrize("name", DECAYING)
def test_decay_shrinks_the_weights_and_nothing_else(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    w = np.array([2, -3, 2, -3], np.float32)
    Rule(optimizer, optimizer.values({"weight_decay": 0.5, "learning_rate": 0.1}), [2, 2], weights=2).update(
        w, np.zeros(4, np.float32)
    )
    assert np.all(np.abs(w[:2]) < [2, 3])
    assert np.all(np.sign(w[:2]) == [1, -1])
    assert w[2:].tolist() == [2, -3]


@pytest.mark.parametrize("name", NAMES)
def test_the_learning_rate_comes_first_and_steps_go_downhill(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    assert optimizer.params[0].id == "learning_rate"
    w, g = np.zeros(5, np.float32), np.array([1, -1, 0.5, -2, 0], np.float32)
    Rule(optimizer, optimizer.values({}), [5]).update(w, g)
    assert np.all(np.sign(w) == -np.sign(g))


@pytest.mark.parametrize("choice", [*(Choice(name) for name in NAMES), AROUND_ADAM[0]], ids=describe)
def test_a_nan_gradient_reaches_the_parameter(choice: Choice) -> None:
    optimizer = OPTIMIZERS[choice.id]
    w, g = np.ones(20, np.float32), np.zeros(20, np.float32)
    g[7] = np.nan
    Rule(optimizer, optimizer.values(choice.params), [20]).update(w, g)
    assert np.flatnonzero(np.isnan(w)).tolist() == [7]


@pytest.mark.parametrize("choice", [*(Choice(name) for name in NAMES), AROUND_ADAM[0]], ids=describe)
def test_a_gradient_whose_square_overflows_does_not_freeze_its_parameter(choice: Choice) -> None:
    # 1e20 squared is no float32: divided by the root of infinity a step would be zero, and nobody would hear of it.
    optimizer = OPTIMIZERS[choice.id]
    w, g = np.ones(20, np.float32), np.zeros(20, np.float32)
    g[7] = 1e20
    Rule(optimizer, optimizer.values(choice.params), [20]).update(w, g)
    assert w[7] != 1  # NaN is not 1 either


def test_what_climbs_has_its_radius_second() -> None:
    assert [name for name in NAMES if OPTIMIZERS[name].climbs] == ["sam"]
    assert OPTIMIZERS["sam"].params[1].id == "rho"
