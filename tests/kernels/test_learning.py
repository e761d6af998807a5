"""Networks learn what they are known to learn. Every run is deterministic, so these are facts and not chances."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from kernels.inputs import apply_preprocessing, fit_preprocessing
from kernels.network import Choice, TrainingData
from tests.kernels.support import make_trainer


def circle(seed: int) -> TrainingData:
    """500 points without noise, half of them for testing: +1 within radius 2.5, -1 between 3.5 and 5."""
    rng = np.random.default_rng(seed)
    inner = rng.permutation(500) < 250
    radius = np.where(inner, rng.uniform(0, 2.5, 500), rng.uniform(3.5, 5, 500))
    angle = rng.uniform(0, 2 * np.pi, 500)
    x = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1).astype(np.float32)
    y = np.where(inner, 1, -1).astype(np.float32)
    return TrainingData(x[:250], y[:250], x[250:], y[250:])


def digits(seed: int) -> TrainingData:
    """Scikit-learn's handwritten digits, 1,437 to train and 360 to test, standardized."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    x, y = (pixels[order] / 16).astype(np.float32), labels[order].astype(np.float32)
    x = apply_preprocessing(x, *fit_preprocessing("standardize", x[:1437]))
    return TrainingData(x[:1437], y[:1437], x[1437:], y[1437:])


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_circle_is_learned(seed: int) -> None:
    trainer = make_trainer(
        circle(seed), hidden=(4, 2), loss=Choice("binary_cross_entropy"), batch_size=10, seed=seed,
        optimizer=Choice("sgd", {"learning_rate": 0.03}),
    )  # fmt: skip
    test_loss = [column.name for column in trainer.layout.columns].index("test_loss")
    while trainer.epoch < 400:
        trainer.train(trainer.steps_per_epoch)
        if trainer.stats[test_loss] < 0.05:
            return
    pytest.fail(f"test loss is {trainer.stats[test_loss]:.3f} after 400 epochs")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_digits_reach_96_percent(seed: int) -> None:
    trainer = make_trainer(
        digits(seed), task="digits", hidden=(64,), activation=Choice("relu"), initializer=Choice("he_normal"),
        loss=Choice("softmax_cross_entropy"), optimizer=Choice("adam", {"learning_rate": 0.002}), batch_size=32,
        regularizers=(Choice("l2", {"rate": 1e-4}),), seed=seed,
    )  # fmt: skip
    trainer.train(15 * trainer.steps_per_epoch)
    test_accuracy = [column.name for column in trainer.layout.columns].index("test_accuracy")
    assert trainer.stats[test_accuracy] >= 0.96


def test_all_zero_weights_stay_alike() -> None:
    # What the initializer's help says: units that start alike stay alike.
    trainer = make_trainer(initializer=Choice("zeros"), hidden=(4, 4))
    trainer.train(200)
    place = trainer.layout.tensor("layer2.weight")
    weights = trainer.parameters[place.offset : place.offset + place.size].reshape(place.shape)
    assert np.ptp(weights) == 0
