"""The convolutional network that is offered reads digits: its accuracy after a fixed number of epochs, seeded."""

from __future__ import annotations

from typing import Any

import pytest

from server.configuration import resolve, training_size
from server.preparation import prepare
from server.runs import build_trainer
from server.schema import CONVOLUTIONAL


def accuracy_of(dataset: str, epochs: int, seed: int) -> float:
    """Of the samples that were held out, a fifth of all, after so many epochs."""
    asked: dict[str, Any] = {
        "seed": seed,
        "data": {"dataset": {"id": dataset}, "train_share": 0.8},
        "network": {"layers": [layer.model_dump() for layer in CONVOLUTIONAL]},
        "training": {"optimizer": {"id": "adam", "learning_rate": 0.003}},
    }
    config = resolve(asked)
    trainer = build_trainer(config, prepare(config.data))
    trainer.train(epochs * -(-training_size(config.data) // config.training.batch_size))
    place = [column.name for column in trainer.layout.columns].index("test_accuracy")
    return float(trainer.stats[place])


@pytest.mark.parametrize("seed", [1, 2])
def test_on_small_scans_it_reads_more_than_98_of_100(seed: int) -> None:
    assert accuracy_of("digits", 120, seed) > 0.98


def test_on_large_drawn_digits_it_reads_more_than_98_of_100() -> None:
    assert accuracy_of("strokes", 10, 1) > 0.98
