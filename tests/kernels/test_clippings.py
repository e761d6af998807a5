"""Every bound on the gradient against its reference, and in training."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from kernels.clippings import CLIPPINGS
from kernels.network import Choice
from tests.kernels.support import Floats, call, describe, every, make_trainer, vector

CHOICES = every(CLIPPINGS)


def clip(choice: Choice, g: Floats) -> Floats:
    """A clipped copy of g."""
    variant, g = CLIPPINGS[choice.id], g.copy()
    if variant.clip is not None:
        call(variant.clip, np.ones_like(g), g, g.size, 0.1, vector(variant.values(choice.params)))
    return g


@pytest.mark.parametrize("size", [1, 8, 45, 1000])
@pytest.mark.parametrize("length", [0.0, 1e-20, 0.5, 0.999, 1.001, 30.0, 1e4, 1e25])
@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_is_the_reference_for_short_and_long_gradients(choice: Choice, length: float, size: int) -> None:
    variant = CLIPPINGS[choice.id]
    direction = np.random.default_rng(size).normal(0, 1, size)
    g = (direction * length / np.linalg.norm(direction)).astype(np.float32)
    truth = variant.reference(g.astype(np.float64), *variant.values(choice.params))
    clipped = clip(choice, g)
    np.testing.assert_allclose(clipped, truth, rtol=1e-5, atol=1e-6 * float(np.abs(truth).max()))
    assert np.isfinite(clipped).all()


def test_by_norm_keeps_the_direction_and_by_value_does_not() -> None:
    g = np.array([3, 4], np.float32)
    np.testing.assert_allclose(clip(Choice("by_norm"), g), [0.6, 0.8], rtol=1e-6)
    assert clip(Choice("by_value"), g).tolist() == [1, 1]
    assert clip(Choice("none"), g).tolist() == [3, 4]


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_nan_is_not_hidden(choice: Choice) -> None:
    g = np.full(20, 50, np.float32)
    g[7] = np.nan
    assert np.isnan(clip(choice, g)[7])


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_the_whole_gradient_is_clipped_after_the_penalties(choice: Choice) -> None:
    plain, clipped = (
        make_trainer(clipping=each, regularizers=(Choice("l2", {"rate": 1.0}),)) for each in (Choice("none"), choice)
    )
    for trainer in (plain, clipped):
        trainer.parameters[:] = np.random.default_rng(3).normal(1, 1, trainer.parameters.size)
        trainer.train(1)
    variant = CLIPPINGS[choice.id]
    truth = variant.reference(plain.gradients.astype(np.float64), *variant.values(choice.params))
    np.testing.assert_allclose(clipped.gradients, truth, rtol=1e-5, atol=1e-6)
    if not choice.params and choice.id != "none":
        assert np.abs(clipped.gradients).sum() < 0.9 * np.abs(plain.gradients).sum(), "nothing was clipped"


def test_clipping_and_its_limit_are_live() -> None:
    trainer = make_trainer()
    training = trainer._training
    norms = []
    for limit in (1e-4, 1e-3):
        trainer.set_training(dataclasses.replace(training, clipping=Choice("by_norm", {"limit": limit})))
        trainer.train(1)
        norms.append(float(np.linalg.norm(trainer.gradients)))
    assert norms == pytest.approx([1e-4, 1e-3], rel=1e-4)


def test_a_limit_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"limit is 0, but must satisfy 0\.0001 <= limit <= 1000"):
        make_trainer(clipping=Choice("by_norm", {"limit": 0.0}))
    with pytest.raises(KeyError, match="clippings has no 'hard'; it has: none, by_norm, by_value"):
        make_trainer(clipping=Choice("hard"))
