"""How minibatches are drawn: what each way promises, whatever the slicing, and when it is changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.network import Choice, TrainingSpec
from kernels.samplings import SAMPLINGS
from kernels.trainer import Trainer
from tests.kernels.support import CONSTANT, MSE, SGD, last_batch, make_data, make_trainer, same_bits

NAMES = list(SAMPLINGS.variants)
SAMPLES, BATCH_SIZE = 40, 12


def build(name: str, seed: int = 1) -> Trainer:
    return make_trainer(samples=SAMPLES, batch_size=BATCH_SIZE, sampling=Choice(name), hidden=(2,), seed=seed)


def epochs(trainer: Trainer, count: int) -> Iterator[NDArray[np.int64]]:
    """The samples that training sees, an epoch at a time."""
    for _ in range(count):
        seen: list[int] = []
        while len(seen) < SAMPLES:
            trainer.train(1)
            seen += last_batch(trainer, min(BATCH_SIZE, SAMPLES - len(seen))).tolist()
        yield np.array(seen)


def change(trainer: Trainer, name: str) -> None:
    trainer.set_training(TrainingSpec(MSE, SGD, CONSTANT, (), BATCH_SIZE, sampling=Choice(name)))


def test_codes_are_positions() -> None:
    assert [each.code for each in SAMPLINGS] == list(range(len(NAMES)))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "with_replacement"])
def test_every_sample_once_an_epoch(name: str) -> None:
    for order in epochs(build(name), 4):
        assert sorted(order) == list(range(SAMPLES))


def test_shuffled_has_another_order_every_epoch() -> None:
    orders = {tuple(order) for order in epochs(build("shuffled"), 5)}
    assert len(orders) == 5
    assert tuple(range(SAMPLES)) not in orders


def test_shuffled_once_has_the_same_order_every_epoch_and_another_for_another_seed() -> None:
    orders = {tuple(order) for order in epochs(build("shuffled_once"), 5)}
    assert len(orders) == 1
    assert orders.isdisjoint({tuple(range(SAMPLES)), *(tuple(each) for each in epochs(build("shuffled_once", 2), 1))})


def test_sorted_is_by_target_and_keeps_the_given_order_among_equals() -> None:
    targets = make_data("binary", SAMPLES).y_train
    for order in epochs(build("sorted"), 3):
        assert order.tolist() == sorted(range(SAMPLES), key=lambda i: float(targets[i]))
    assert len(set(targets.tolist())) == 2


def test_with_replacement_is_about_uniform_and_independent() -> None:
    rounds = 500
    drawn = np.array(list(epochs(build("with_replacement"), rounds)))
    counts = np.bincount(drawn.ravel(), minlength=SAMPLES)
    # Chi-square with 39 degrees of freedom: mean 39, standard deviation 8.8.
    assert len(counts) == SAMPLES
    assert ((counts - rounds) ** 2 / rounds).sum() < 39 + 5 * 8.8
    # (1 - 1/n)^n of the samples miss an epoch.
    missed = np.mean([SAMPLES - len(set(order)) for order in drawn]) / SAMPLES
    assert missed == pytest.approx((1 - 1 / SAMPLES) ** SAMPLES, abs=0.02)
    # A sample follows any other as often as itself.
    repeated = np.mean(drawn[:, 1:] == drawn[:, :-1])
    assert repeated == pytest.approx(1 / SAMPLES, abs=5 * np.sqrt(1 / SAMPLES / drawn.size))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bits_however_it_is_cut_saved_and_taken_up_again(name: str) -> None:
    whole, slices = build(name), build(name)
    whole.train(101)
    for length in (1, 3, 30, 2, 13):
        slices.train(length)
    state = slices.state()
    fresh = build(name)
    fresh.restore(state)
    for trainer in (slices, fresh):
        trainer.train(52)
        assert trainer.step == 101
        assert same_bits(trainer.parameters, whole.parameters)
        assert same_bits(trainer.state()["order"], whole.state()["order"])


@pytest.mark.parametrize("after", NAMES)
@pytest.mark.parametrize("before", NAMES)
def test_a_change_takes_hold_with_the_next_epoch(before: str, after: str) -> None:
    trainer = build(before)
    trainer.train(5)
    order = trainer.state()["order"]
    change(trainer, after)
    trainer.train(3)
    assert same_bits(trainer.state()["order"], order), "the present epoch ends as it began"
    first, second = epochs(trainer, 2)
    if after != "with_replacement":
        assert sorted(first) == sorted(second) == list(range(SAMPLES))
    assert (first.tolist() == second.tolist()) is (after in {"shuffled_once", "sorted"})


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(KeyError, match="samplings has no 'random'; it has: shuffled, shuffled_once, sorted"):
        build("random")
