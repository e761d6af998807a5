"""Every optimizer's kernel against its readable reference, with every parameter away from its default in turn."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.network import Choice
from kernels.optimizers import OPTIMIZERS
from tests.kernels.reference import named
from tests.kernels.support import call, describe, every, vector

STEPS = 50


@pytest.mark.parametrize("size", [1, 13, 64])
@pytest.mark.parametrize("choice", every(OPTIMIZERS), ids=describe)
def test_fifty_steps_on_random_gradients(choice: Choice, size: int) -> None:
    variant = OPTIMIZERS[choice.id]
    rng = np.random.default_rng(size)
    w = rng.normal(0, 1, size).astype(np.float32)
    truth = w.astype(np.float64)
    slots = np.zeros((len(variant.slots), size), np.float32)
    true_slots = [np.zeros(size) for _ in variant.slots]
    params = vector(variant.values(choice.params))
    # Gradients of very different sizes, and some that are zero for ever.
    scale = 10.0 ** rng.integers(-4, 3, size) * (rng.random(size) > 0.1)
    moved = np.zeros(size)
    for step in range(1, STEPS + 1):
        g = (rng.normal(0.2, 1, size) * scale).astype(np.float32)
        call(variant.update, w, g, slots, size, params, step)
        before = truth.copy()
        variant.reference(truth, g.astype(np.float64), true_slots, step, **named(variant, choice))
        moved += np.abs(truth - before)
        np.testing.assert_allclose(w, truth, rtol=0, atol=2e-5 * (1 + moved.max()))
        assert np.all(np.abs(w - truth) <= 2e-5 * (1 + moved))
    for slot, true_slot in zip(slots, true_slots, strict=True):
        np.testing.assert_allclose(slot, true_slot, rtol=1e-4, atol=1e-5 * np.abs(true_slot).max())


@pytest.mark.parametrize("name", list(OPTIMIZERS.variants))
def test_the_learning_rate_comes_first_and_steps_go_downhill(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    assert optimizer.params[0].id == "learning_rate"
    w, g = np.zeros(5, np.float32), np.array([1, -1, 0.5, -2, 0], np.float32)
    call(optimizer.update, w, g, np.zeros((len(optimizer.slots), 5), np.float32), 5, vector(optimizer.values({})), 1)
    assert np.all(np.sign(w) == -np.sign(g))


@pytest.mark.parametrize("name", list(OPTIMIZERS.variants))
def test_a_nan_gradient_reaches_the_parameter(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    w, g = np.ones(20, np.float32), np.zeros(20, np.float32)
    g[7] = np.nan
    call(optimizer.update, w, g, np.zeros((len(optimizer.slots), 20), np.float32), 20, vector(optimizer.values({})), 1)
    assert np.flatnonzero(np.isnan(w)).tolist() == [7]
