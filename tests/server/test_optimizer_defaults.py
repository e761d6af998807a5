"""Whoever chooses an optimizer sees it learn: with its own defaults, on the three kinds of data, while one watches."""

from __future__ import annotations

from typing import Any

import pytest

from kernels.optimizers import OPTIMIZERS
from server.configuration import resolve, training_size
from server.plans import pace_of
from server.preparation import prepare
from server.runs import build_trainer

#: For so long somebody watches, at the pace of "auto".
SECONDS = 30

DATA: dict[str, dict[str, Any]] = {
    "spiral": {},
    "digits": {
        "data": {"dataset": {"id": "digits"}},
        "network": {"layers": [{"units": 32, "activation": {"id": "relu"}, "initializer": {"id": "he_normal"}}]},
    },
    "hills": {"data": {"dataset": {"id": "multi_gaussian"}}},
}
#: What training loss somebody who has learned something has: chance is 0.69, 2.3 and 0.2.
LEARNED = {"spiral": 0.5, "digits": 0.5, "hills": 0.05}


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("optimizer", [optimizer.id for optimizer in OPTIMIZERS])
def test_defaults_learn(optimizer: str, data: str) -> None:
    config = resolve(DATA[data])
    batch = training_size(config.data) if OPTIMIZERS[optimizer].full_batch else config.training.batch_size
    config = resolve({"training": {"optimizer": {"id": optimizer}, "batch_size": batch}}, config)
    # A person's choice takes the optimizer's own defaults, not the values of the one before.
    own = {param.id: param.default for param in OPTIMIZERS[optimizer].params if not param.integer}
    config = resolve({"training": {"optimizer": {"id": optimizer, **own}}}, config)
    trainer = build_trainer(config, prepare(config.data))
    trainer.train(int(SECONDS * pace_of(config)))
    assert trainer.diverged is None
    place = [column.name for column in trainer.layout.columns].index("train_loss")
    assert trainer.stats[place] < LEARNED[data]
