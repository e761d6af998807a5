"""Looking without a step: what `observe` brings up to date, and what it leaves alone."""

import numpy as np
import pytest

from kernels.network import Choice
from tests.kernels.support import make_trainer, same_bits

COLUMNS = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def test_observe_shows_the_losses_before_the_first_step() -> None:
    trainer = make_trainer()
    names = [column.name for column in trainer.layout.columns]
    assert np.isnan(trainer.stats[names.index("train_loss")])
    trainer.observe()
    assert all(np.isfinite(trainer.stats[names.index(name)]) for name in COLUMNS)


@pytest.mark.parametrize("normalization", [False, True])
def test_observe_follows_an_edited_parameter_as_a_step_without_a_rate_would(normalization: bool) -> None:
    kind = Choice("batch_norm") if normalization else Choice("none")
    trainer = make_trainer(normalization=kind, optimizer=Choice("sgd", {"learning_rate": 1e-12}))
    trainer.train(3)
    before = trainer.stats.copy()
    trainer.set_parameter("output.weight", 0, 3.0)
    trainer.observe()
    looked = trainer.stats.copy()
    at = [column.name for column in trainer.layout.columns].index("train_loss")
    assert looked[at] != before[at]
    if not normalization:  # a step would move running statistics, and so the losses
        trainer.train(1)
        assert looked[at] == trainer.stats[at]


def test_observe_changes_no_bit_of_the_training() -> None:
    watched, alone = make_trainer(dropout=0.2), make_trainer(dropout=0.2)
    for _ in range(5):
        watched.observe()
        watched.train(7)
        alone.train(7)
    assert same_bits(watched.parameters, alone.parameters)
    assert same_bits(watched.records(0).values, alone.records(0).values)
