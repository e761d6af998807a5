"""Divergence is found in the step in which it happens, is told by name, and stops the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kernels.activations import ACTIVATIONS
from kernels.network import Choice, TrainingSpec
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import OPTIMIZERS
from kernels.trainer import Divergence, Trainer
from tests.kernels.support import CONSTANT, FITTING, MSE, available, make_data, make_trainer, same_bits

WILD = Choice("sgd", {"learning_rate": 100.0})


def names(trainer: Trainer) -> set[str]:
    """What a divergence may name."""
    activations = {f"{layer}.activation" for layer in trainer.layout.layer_names}
    return {"loss"} | activations | {tensor.name for tensor in trainer.layout.tensors}


@pytest.mark.parametrize("normalization", available(NORMALIZATIONS))
@pytest.mark.parametrize("activation", list(ACTIVATIONS.variants))
def test_a_wild_learning_rate_stops_at_the_step(activation: str, normalization: str) -> None:
    def build() -> Trainer:
        return make_trainer(
            activation=Choice(activation), normalization=Choice(normalization), optimizer=WILD, hidden=(6, 4)
        )

    whole, single, slices = build(), build(), build()
    done = whole.train(5000)
    assert whole.diverged is not None
    assert whole.diverged.step == whole.step == done
    assert 1 < done < 5000
    assert whole.diverged.tensor in names(whole)

    while single.diverged is None:
        assert np.isfinite(single.parameters).all()
        assert np.isfinite(single.gradients).all()
        assert single.train(1) == 1
    while slices.diverged is None:
        slices.train(7, observe=False)
    for trainer in (single, slices):
        assert trainer.diverged == whole.diverged
        assert same_bits(trainer.parameters, whole.parameters)
        assert same_bits(trainer.records(0).values, whole.records(0).values)

    before = whole.state()
    assert whole.train(100) == 0
    after = whole.state()
    assert all(same_bits(np.array(before[name]), np.array(after[name])) for name in before)
    assert np.abs(np.nan_to_num(whole.parameters, posinf=1.0)).max() > 0, "the weights are kept as they were"


def test_a_late_divergence_has_one_record_however_it_was_watched() -> None:
    # After step 512 not every step is a record, so this one comes unannounced.
    records = []
    for length, observe in ((1000, False), (1, True), (3, True)):
        calm, schedule = Choice("sgd", {"learning_rate": 0.01}), Choice("step", {"every": 100})
        trainer = make_trainer(optimizer=calm, schedule=schedule)
        while trainer.step < 600:
            trainer.train(min(length, 600 - trainer.step), observe)
        trainer.set_training(TrainingSpec(MSE, WILD, schedule, (), 10))
        while trainer.diverged is None:
            trainer.train(length, observe)
        records.append(trainer.records(0))
        assert records[-1].steps[-1] == trainer.diverged.step
    for other in records[1:]:
        assert same_bits(records[0].steps, other.steps)
        assert same_bits(records[0].values, other.values)


@pytest.mark.parametrize(("loss", "task"), FITTING)
def test_an_overflowing_parameter_is_found_at_once(loss: str, task: str) -> None:
    trainer = make_trainer(task=task, loss=Choice(loss))
    trainer.train(9)
    for tensor in ("layer1.weight", "layer2.weight", "output.weight"):
        for index in range(trainer.layout.tensor(tensor).size):
            # The output's are of one sign: sums that cancel would be finite, and for a hinge no loss.
            negative = index % 2 == 0 and tensor != "output.weight"
            trainer.set_parameter(tensor, index, -3e38 if negative else 3e38)
    assert trainer.train(50) == 1
    assert trainer.diverged is not None
    assert trainer.diverged.step == 10
    assert trainer.diverged.tensor.split(".")[0] in {"loss", *trainer.layout.layer_names}


@pytest.mark.parametrize("tensor", ["layer1.weight", "layer2.weight", "layer2.bias", "output.weight", "output.bias"])
@pytest.mark.parametrize(("loss", "task"), FITTING)
def test_nan_in_a_parameter_names_the_first_layer_that_it_reaches(loss: str, task: str, tensor: str) -> None:
    trainer = make_trainer(task=task, loss=Choice(loss))
    trainer.train(3)
    place = trainer.layout.tensor(tensor)
    trainer.parameters[place.offset] = np.nan
    assert trainer.train(50) == 1
    assert trainer.diverged is not None
    assert trainer.diverged.tensor == f"{tensor.split('.', maxsplit=1)[0]}.activation"
    assert np.isnan(trainer.stats[0])
    kept = np.delete(trainer.parameters, place.offset)
    assert np.isfinite(kept).all(), "a loss that is not a number moves no parameter"


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS.variants))
def test_an_update_that_overflows_names_the_tensor(optimizer: str) -> None:
    trainer = make_trainer(hidden=(), optimizer=Choice(optimizer, {"learning_rate": 100.0}))
    trainer.set_parameter("output.bias", 0, 1e18)
    trainer.train(20_000)
    if trainer.diverged is None:  # an adaptive step may find its way back
        assert np.isfinite(trainer.parameters).all()
        assert np.isfinite(trainer.stats[0])
    else:
        assert trainer.diverged.tensor in names(trainer)


@pytest.mark.parametrize(
    "optimizer", ["adagrad", "rmsprop", "adadelta", "adam", "adamw", "amsgrad", "nadam", "radam", "lamb"]
)
def test_a_gradient_whose_square_overflows_is_a_divergence(optimizer: str) -> None:
    data = make_data("binary", 40)
    data = replace(data, x_train=data.x_train * np.float32(1e15))
    trainer = make_trainer(data, hidden=(), optimizer=Choice(optimizer))
    assert trainer.train(50) == 1
    assert trainer.diverged == Divergence(1, "output.weight")
    assert np.isfinite(trainer.gradients).all()


def test_nan_logits_are_no_votes() -> None:
    trainer = make_trainer(task="multiclass", loss=Choice("softmax_cross_entropy"))
    trainer.parameters[:] = np.nan
    trainer.train(1)
    accuracy = [column.name for column in trainer.layout.columns].index("train_accuracy")
    assert trainer.stats[accuracy] == 0


def test_a_restored_divergence_is_still_one_and_an_earlier_state_goes_on() -> None:
    trainer = make_trainer(optimizer=WILD)
    healthy = trainer.state()
    trainer.train(5000)
    found = trainer.diverged
    diverged = trainer.state()
    trainer.restore(healthy)
    assert trainer.diverged is None
    trainer.set_training(TrainingSpec(MSE, Choice("sgd", {"learning_rate": 0.01}), CONSTANT, (), 10))
    assert trainer.train(100) == 100
    trainer.restore(diverged)
    assert trainer.diverged == found


@pytest.mark.parametrize("batch_size", [1, 8, 13])
@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_deep_batch_normalization_does_not_diverge_in_padded_lanes(activation: str, batch_size: int) -> None:
    # With 13 samples in batches of 8, the last one leaves three lanes; with one sample the scale is 1 / sqrt(epsilon).
    trainer = make_trainer(
        samples=14, hidden=(4,) * 24, activation=Choice(activation), initializer=Choice("he_normal"),
        normalization=Choice("batch_norm"), optimizer=Choice("sgd", {"learning_rate": 1e-4}), batch_size=batch_size,
    )  # fmt: skip
    assert trainer.train(6) == 6
    assert trainer.diverged is None
