"""Data that several runs train on are prepared once and held once."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from server import preparation
from server.configuration import resolve
from server.preparation import PreparedData, prepare
from server.runs import build_trainer
from server.schema import DataConfig


def test_runs_that_begin_together_prepare_their_data_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[PreparedData] = []
    honest = preparation._prepare

    def slowly(config: DataConfig) -> PreparedData:
        time.sleep(0.05)
        made.append(honest(config))
        return made[-1]

    monkeypatch.setattr(preparation, "_prepare", slowly)
    config = resolve({"data": {"seed": 987_654}}).data
    got: list[PreparedData] = []
    threads = [threading.Thread(target=lambda: got.append(prepare(config))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert [each is made[0] for each in got] == [True] * 6
    assert preparation._preparing == {}


def test_who_fails_to_prepare_leaves_the_way_free(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: DataConfig) -> PreparedData:
        raise MemoryError("on purpose")

    config = resolve({"data": {"seed": 987_653}}).data
    with monkeypatch.context() as patch:
        patch.setattr(preparation, "_prepare", fail)
        with pytest.raises(MemoryError):
            prepare(config)
    assert prepare(config).config.seed == 987_653


@pytest.mark.parametrize("data", [{}, {"dataset": {"id": "digits"}}])
def test_trainers_hold_the_very_data_and_leave_them_as_they_are(data: dict[str, Any]) -> None:
    moving = {"augmentation": {"shift": 1.0, "noise": 0.1}} if data else {}
    config = resolve({"data": data, "training": {"batch_size": 16, **moving}})
    prepared = prepare(config.data)
    samples = prepared.training
    arrays = [samples.x_train, samples.y_train, samples.x_test, samples.y_test]
    before = [array.copy() for array in arrays]
    trainers = [build_trainer(config, prepared) for _ in range(2)]
    for trainer in trainers:
        trainer.train(20)
        assert trainer._plan.x_train is samples.x_train
        assert trainer._plan.x_test is samples.x_test
    for array, as_it_was in zip(arrays, before, strict=True):
        assert np.array_equal(array, as_it_was)
