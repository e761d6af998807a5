"""What happens between epochs: early stopping, and a learning rate that falls on a plateau."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from kernels.epochs import BETTER, ENOUGH, WORSE, Watch, fresh_watch, judge_epoch
from kernels.network import Choice, TrainingSpec
from kernels.schedules import FRESH, SCHEDULES
from kernels.stoppings import STOPPINGS
from kernels.trainer import Trainer
from tests.kernels.support import CONSTANT, MSE, Floats, make_data, make_trainer, same_bits

PER_EPOCH = 4
PATIENCE = Choice("patience", {"patience": 3})
PLATEAU = {"factor": 0.5, "patience": 1, "threshold": 0.05, "floor": 0.1}


def overfitting(**changes: Any) -> Trainer:
    """A network that learns noise by heart, so that the test loss soon rises; four steps an epoch."""
    rng = np.random.default_rng(5)
    data = make_data("binary", 40, seed=5)
    noisy = dataclasses.replace(
        data,
        y_train=np.where(rng.random(40) < 0.3, -data.y_train, data.y_train).astype(np.float32),
        x_test=rng.standard_normal((60, 2)).astype(np.float32),
        y_test=np.where(rng.random(60) < 0.5, -1, 1).astype(np.float32),
    )
    chosen: dict[str, Any] = {"hidden": (24, 24), "optimizer": Choice("adam"), "loss": Choice("binary_cross_entropy")}
    return make_trainer(noisy, **(chosen | changes))


def test_losses(trainer: Trainer, epochs: int) -> list[float]:
    """The test loss after each of some epochs, by a look from outside."""
    column = [each.name for each in trainer.layout.columns].index("test_loss")
    losses = []
    for _ in range(epochs):
        trainer.train(PER_EPOCH)
        losses.append(float(trainer.stats[column]))
    return losses


test_losses.__test__ = False  # type: ignore[attr-defined]  # no test, in spite of its name


def test_it_stops_where_patience_ends_and_brings_the_best_weights_back() -> None:
    slow = Choice("adam", {"learning_rate": 0.001})
    free = overfitting(normalization=Choice("batch_norm"), optimizer=slow)
    losses = test_losses(free, 60)
    best, waited, end = math.inf, 0, 0
    best_epoch = 0
    for end, loss in enumerate(losses, start=1):
        if loss < best:
            best, best_epoch, waited = loss, end, 0
        else:
            waited += 1
        if waited == 3:
            break
    assert waited == 3
    assert best_epoch > 1, "the case must have something to find"
    watched = overfitting(normalization=Choice("batch_norm"), optimizer=slow, stopping=PATIENCE)
    assert watched.train(1000) == end * PER_EPOCH
    assert watched.train(10) == 0, "a run that stopped stands still"
    stop = watched.stopped
    assert stop is not None
    assert (stop.step, stop.best_epoch, stop.best_step) == (end * PER_EPOCH, best_epoch, best_epoch * PER_EPOCH)
    assert stop.best_loss == pytest.approx(best)
    again = overfitting(normalization=Choice("batch_norm"), optimizer=slow)
    again.train(best_epoch * PER_EPOCH)
    assert same_bits(watched.parameters, again.parameters)
    assert same_bits(watched.running, again.running)
    column = [each.name for each in watched.layout.columns].index("test_loss")
    assert watched.stats[column] == pytest.approx(best), "what is shown is the best weights'"


@pytest.mark.parametrize("length", [1, 3, 7, 1000])
def test_a_stop_does_not_depend_on_slices_and_survives_a_save(length: int) -> None:
    whole = overfitting(stopping=PATIENCE, averaging=Choice("exponential", {"decay": 0.9}))
    whole.train(1000)
    sliced = overfitting(stopping=PATIENCE, averaging=Choice("exponential", {"decay": 0.9}))
    for _ in range(1000):
        sliced.train(length, observe=length == 3)
    taken_up = overfitting(stopping=PATIENCE, averaging=Choice("exponential", {"decay": 0.9}))
    taken_up.restore(sliced.state())
    for trainer in (sliced, taken_up):
        assert trainer.stopped == whole.stopped
        assert trainer.stopped is not None
        assert same_bits(trainer.parameters, whole.parameters)
        assert trainer.averaged is not None
        assert whole.averaged is not None
        assert same_bits(trainer.averaged, whole.averaged)


def test_it_goes_on_from_the_best_weights_with_the_whole_patience() -> None:
    trainer = overfitting(stopping=PATIENCE)
    trainer.train(1000)
    first = trainer.stopped
    assert first is not None
    trainer.resume()
    assert trainer.state()["slots"].any() == np.False_, "slots belonged to the weights that were given up"
    done = trainer.train(1000)
    assert trainer.stopped is not None
    assert done >= 3 * PER_EPOCH
    assert trainer.stopped.best_loss <= first.best_loss


def test_another_loss_is_watched_anew() -> None:
    trainer = overfitting(stopping=PATIENCE)
    trainer.train(2 * PER_EPOCH)
    before = trainer.state()["watch"]
    assert np.isfinite(before[Watch.BEST_LOSS])
    spec = TrainingSpec(MSE, Choice("adam"), CONSTANT, (), 10, stopping=PATIENCE)
    trainer.set_training(spec)
    assert trainer.state()["watch"][Watch.BEST_LOSS] == math.inf
    trainer.train(PER_EPOCH)
    assert trainer.state()["watch"][Watch.BEST_EPOCH] == 3
    trainer.set_training(dataclasses.replace(spec, optimizer=Choice("sgd"), batch_size=20))
    assert trainer.state()["watch"][Watch.BEST_EPOCH] == 3, "nothing else is forgotten"


def test_judging_epochs() -> None:
    stopping, choice = STOPPINGS["patience"], Choice("patience", {"patience": 2, "improvement": 0.1})
    watch = fresh_watch()
    losses = [1.0, 0.95, 0.85, 0.8, math.nan]
    judged = [judge_epoch(watch, stopping, choice, loss, i + 1.0, 10 * i + 10) for i, loss in enumerate(losses)]
    assert judged == [BETTER, WORSE, BETTER, WORSE, ENOUGH]
    assert watch[[Watch.BEST_LOSS, Watch.BEST_EPOCH, Watch.BEST_STEP, Watch.STOPPED]].tolist() == [0.85, 3, 30, 1]
    never = fresh_watch()
    assert [judge_epoch(never, stopping, choice, math.nan, i, i) for i in range(5)] == [WORSE] * 5


def plateau_truth(losses: list[float], factor: float, patience: float, threshold: float, floor: float) -> list[float]:
    """The factor in force in the epoch after each of these, as PyTorch's documentation words it."""
    reached, best, bad, factors = 1.0, math.inf, 0, []
    for loss in losses:
        better = loss < best * (1 - threshold)
        best, bad = (loss, 0) if better else (best, bad + 1)
        if bad > patience:
            reached, bad = max(reached * factor, floor), 0
        factors.append(reached)
    return factors


def test_the_plateaus_rule() -> None:
    schedule = SCHEDULES["reduce_on_plateau"]
    assert schedule.advances is not None
    losses = [1.0, 0.99, 0.98, 0.9, 0.9, 0.89, 0.3, 0.3, 0.3, 0.3, 0.3, math.nan, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]
    state = FRESH.copy()
    factors = []
    for loss in losses:
        schedule.advances(state, loss, **PLATEAU, measure=0)
        factors.append(float(state[0]))
    assert factors == plateau_truth(losses, **PLATEAU)
    assert factors[2] == 0.5
    assert factors[-1] == 0.1


@pytest.mark.parametrize("measure", ["batches", "test"])
def test_the_rate_falls_where_the_loss_stays(measure: str) -> None:
    choice = Choice("reduce_on_plateau", PLATEAU | {"measure": float(measure == "test")})
    trainer = overfitting(schedule=choice, optimizer=Choice("adam", {"learning_rate": 0.01}))
    names = [column.name for column in trainer.layout.columns]
    rates: list[float] = []
    measures: list[float] = []
    for _ in range(40):
        losses: Floats = np.zeros(PER_EPOCH, np.float32)
        for step in range(PER_EPOCH):
            trainer.train(1)
            losses[step] = trainer.stats[0]
            rates.append(float(trainer.stats[names.index("learning_rate")]))
        tested = float(trainer.stats[names.index("test_loss")])
        measures.append(tested if measure == "test" else float(np.mean(losses, dtype=np.float64)))
    factors = np.repeat([1.0, *plateau_truth(measures, **PLATEAU)[:-1]], PER_EPOCH)
    np.testing.assert_allclose(rates, 0.01 * factors, rtol=1e-5)
    assert rates[-1] < 0.006


def test_another_measure_begins_anew_and_another_patience_does_not() -> None:
    def spec(**params: float) -> TrainingSpec:
        return TrainingSpec(MSE, Choice("sgd"), Choice("reduce_on_plateau", params), (), 10)

    trainer = make_trainer(schedule=Choice("reduce_on_plateau", {"patience": 0, "threshold": 0.5}))
    trainer.train(10 * PER_EPOCH)
    reached = trainer.state()["watch"][Watch.REACHED]
    assert reached < 1
    trainer.set_training(spec(patience=7))
    assert trainer.state()["watch"][Watch.REACHED] == reached
    trainer.train(1)
    rate = [column.name for column in trainer.layout.columns].index("learning_rate")
    assert trainer.stats[rate] == pytest.approx(0.1 * reached)
    trainer.set_training(spec(patience=7, measure=1))
    assert trainer.state()["watch"][Watch.REACHED] == 1
