"""The same configuration and seed give the same bits, however a run is cut, watched, saved and taken up again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from kernels.network import Choice, NetworkSpec, Switch, TrainingSpec
from kernels.optimizers import OPTIMIZERS
from kernels.state import Clock
from kernels.trainer import Trainer
from tests.kernels.support import CONSTANT, dense_layers, make_network, make_trainer, same_bits

STEPS = 700  # beyond 512, where not every step is a record
TRAINED = (
    "parameters", "gradients", "slots", "running", "averaged", "order", "clock", "random", "losses", "watch", "best"
)  # fmt: skip

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout": {"dropout": 0.3},
    "batch_norm": {"normalization": Choice("batch_norm"), "dropout": 0.2, "activation": Choice("relu")},
    "inside": {
        "normalization": Choice("weight_norm"),
        "dropconnect": 0.3,
        "input_dropout": 0.2,
        "activation": Choice("prelu"),
    },
    "gated": {"normalization": Choice("group_norm", {"position": 1}), "activation": Choice("maxout")},
    "clipped": {
        "clipping": Choice("by_norm", {"limit": 0.05}),
        "sampling": Choice("with_replacement"),
        "warmup": 300,
        "regularizers": (Choice("weight_decay", {"biases": 1}),),
    },
    "schedule": {"schedule": Choice("step", {"every": 100}), "regularizers": (Choice("l1"),)},
    "over_time": {
        "normalization": Choice("batch_norm"),
        "schedule": Choice("reduce_on_plateau", {"patience": 1, "threshold": 0.1, "measure": 1}),
        "momentum_schedule": Choice("linear", {"steps": 400}),
        "batch_schedule": Choice("step_growth", {"every": 150, "gamma": 1.5}),
        "averaging": Choice("exponential"),
        "stopping": Choice("patience", {"patience": 1000}),
        "switch": Switch(411, Choice("momentum")),
    },
}


def build(kind: str, optimizer: str = "adam", seed: int = 1) -> Trainer:
    return make_trainer(
        task="multiclass", loss=Choice("softmax_cross_entropy"), optimizer=Choice(optimizer), samples=45, seed=seed,
        **KINDS[kind],
    )  # fmt: skip


def assert_same(a: Trainer, b: Trainer) -> None:
    """Everything that training changes, and every record, to the last bit, but not what was observed in between."""
    one, two = a.state(), b.state()
    for name in TRAINED:
        if name == "clock":  # some of its numbers tell of the last call only
            kept = [*range(Clock.RECORDS), Clock.NEXT_EVALUATION]
            assert one[name][kept].tolist() == two[name][kept].tolist()
        else:
            assert same_bits(one[name], two[name]), name
    assert same_bits(a.records(0).steps, b.records(0).steps)
    assert same_bits(a.records(0).values, b.records(0).values)


def cut(trainer: Trainer, lengths: Iterator[int], steps: int, observe: Callable[[int], bool] = lambda _: True) -> None:
    while steps > 0:
        steps -= trainer.train(min(next(lengths), steps), observe(steps))


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("lengths", [(1,), (7, 13), (100, 1, 3), (256, 257)], ids=str)
def test_however_it_is_cut(kind: str, lengths: tuple[int, ...]) -> None:
    whole, slices = build(kind), build(kind)
    whole.train(STEPS)
    cut(slices, cycle(lengths), STEPS)
    assert_same(whole, slices)
    assert same_bits(whole.stats, slices.stats)
    assert same_bits(whole.updates, slices.updates)


@pytest.mark.parametrize("kind", list(KINDS))
def test_whether_observed_or_not(kind: str) -> None:
    seen, unseen, glimpsed = build(kind), build(kind), build(kind)
    cut(seen, cycle([1]), STEPS)
    unseen.train(STEPS, observe=False)
    cut(glimpsed, cycle([3]), STEPS, lambda left: left % 2 == 0)
    assert_same(seen, unseen)
    assert_same(seen, glimpsed)


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS.variants))
def test_saved_and_taken_up_again(kind: str, optimizer: str) -> None:
    straight = build(kind, optimizer)
    straight.train(STEPS)
    saved = build(kind, optimizer)
    saved.train(333)
    state = saved.state()
    saved.train(50)
    saved.restore(state)
    fresh = build(kind, optimizer)
    fresh.restore(state)
    for trainer in (saved, fresh):
        assert trainer.step == 333
        trainer.train(STEPS - 333)
        assert_same(straight, trainer)
        assert same_bits(straight.stats, trainer.stats)


def test_a_state_is_a_copy_and_of_one_shape() -> None:
    trainer = build("plain")
    trainer.train(5)
    state = trainer.state()
    before = {name: np.array(values).copy() for name, values in state.items()}
    trainer.train(5)
    assert all(same_bits(np.array(state[name]), before[name]) for name in state)
    with pytest.raises(ValueError, match=r"slots has shape \(\d+,\), not \(0,\)"):
        build("plain", "sgd").restore(state)


def test_seeds_give_different_weights_orders_and_masks() -> None:
    one, two = build("dropout", seed=1), build("dropout", seed=2)
    assert not same_bits(one.parameters, two.parameters)
    two.parameters[:] = one.parameters
    one.train(1)
    two.train(1)
    assert not same_bits(one.state()["order"], two.state()["order"])
    assert not same_bits(one.gradients, two.gradients)


def test_two_trainers_of_one_seed_are_twins() -> None:
    one, two = build("dropout"), build("dropout")
    for trainer in (one, two):
        trainer.train(100)
    assert_same(one, two)


def _steer(trainer: Trainer, length: int) -> None:
    """Change everything that may change, at fixed steps."""
    changes: dict[int, Callable[[], None]] = {
        100: lambda: trainer.set_training(_training(batch_size=7)),
        200: lambda: trainer.set_dropout(_dropped([0.5, 0.0], connect=0.2, inputs=0.1)),
        300: lambda: trainer.set_training(_training(batch_size=40, learning_rate=0.002, penalties=("l2", "l1"))),
        400: lambda: trainer.set_parameter("layer1.weight", 3, 0.25),
        500: lambda: trainer.set_training(_training(optimizer="momentum", schedule=Choice("step"))),
        600: lambda: trainer.set_training(
            dataclasses.replace(
                _training(optimizer="sam"), clipping=Choice("by_value"), sampling=Choice("sorted"), warmup=1000
            )
        ),
        700: lambda: trainer.set_training(
            dataclasses.replace(
                _training(optimizer="nadam"),
                loss=Choice("softmax_cross_entropy", {"label_smoothing": 0.1}),
                averaging=Choice("polyak"),
                batch_schedule=Choice("linear_growth", {"steps": 300}),
                momentum_schedule=Choice("increasing", {"every": 60}),
                schedule=Choice("reduce_on_plateau", {"patience": 2}),
                switch=Switch(777, Choice("adamax")),
            )
        ),
    }
    for stop in range(100, 901, 100):
        while trainer.step < stop:
            trainer.train(min(length, stop - trainer.step), observe=length == 1)
        changes.get(stop, lambda: None)()


def _dropped(rates: list[float], connect: float = 0.0, inputs: float = 0.0) -> NetworkSpec:
    network = make_network(2, [4] * len(rates), 3, input_dropout=inputs)
    layers = (
        dataclasses.replace(layer, dropout=rate, dropconnect=connect)
        for layer, rate in zip(dense_layers(network), rates, strict=True)
    )
    return dataclasses.replace(network, layers=tuple(layers))


def _training(
    batch_size: int = 10,
    learning_rate: float = 0.01,
    optimizer: str = "adam",
    schedule: Choice = CONSTANT,
    penalties: tuple[str, ...] = (),
) -> TrainingSpec:
    rule = Choice(optimizer, {"learning_rate": learning_rate})
    loss = Choice("softmax_cross_entropy")
    return TrainingSpec(loss, rule, schedule, tuple(Choice(name) for name in penalties), batch_size)


def test_live_changes_at_the_same_steps_give_the_same_bits() -> None:
    whole, slices = build("dropout"), build("dropout")
    _steer(whole, 100)
    _steer(slices, 1)
    assert_same(whole, slices)
    assert whole.parameters[whole.layout.tensor("layer1.weight").offset + 3] != 0.25, "it trains on from there"


def test_the_same_optimizer_keeps_its_slots_and_another_starts_afresh() -> None:
    trainer = build("plain")
    trainer.train(10)
    slots = trainer.state()["slots"]
    trainer.set_training(_training(learning_rate=0.5))
    assert same_bits(trainer.state()["slots"], slots)
    trainer.set_training(_training(optimizer="momentum"))
    assert trainer.state()["slots"].tolist() == [0.0] * trainer.layout.parameter_count


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        (_training(batch_size=0), ValueError, "batch_size is 0, but must satisfy 1 <= batch_size <= 45"),
        (_training(batch_size=46), ValueError, "batch_size is 46, but must satisfy 1 <= batch_size <= 45"),
        (_training(learning_rate=0.0), ValueError, "learning_rate is 0, but must satisfy 0 < learning_rate <= 100"),
        (_training(optimizer="nadir"), KeyError, "optimizers has no 'nadir'; it has: sgd, "),
        (_training(penalties=("l3",)), KeyError, "regularizers has no 'l3'; it has: l1, l2"),
        (
            dataclasses.replace(_training(), momentum_schedule=Choice("inverse_cycle")),
            ValueError,
            "momentum_schedule inverse_cycle needs a schedule that cycles, not constant",
        ),
        (
            dataclasses.replace(_training(), switch=Switch(0, Choice("sgd"))),
            ValueError,
            "switch.step is 0, but must satisfy 1 <= step",
        ),
        (
            dataclasses.replace(_training(), switch=Switch(9, Choice("sgd", {"learning_rate": -1}))),
            ValueError,
            "learning_rate is -1",
        ),
        (
            dataclasses.replace(_training(), stopping=Choice("patience", {"patience": 0})),
            ValueError,
            "patience is 0, but must satisfy 1 <= patience",
        ),
    ],
)
def test_a_refused_change_changes_nothing(spec: TrainingSpec, error: type[Exception], message: str) -> None:
    refused, untouched = build("plain"), build("plain")
    refused.train(5)
    with pytest.raises(error, match=message):
        refused.set_training(spec)
    for rates in ([0.1, 0.95], [0.1, float("nan")], [-0.1, 0.0]):
        with pytest.raises(ValueError, match="dropout"):
            refused.set_dropout(_dropped(rates))
    for network in (_dropped([0.1, 0.1], connect=0.91), _dropped([0.1, 0.1], inputs=-0.1), _dropped([0.1])):
        with pytest.raises(ValueError, match=r"dropconnect is 0\.91|dropout is -0\.1|1 layers were given"):
            refused.set_dropout(network)
    for tensor, index, value in (("output.bias", 3, 0.0), ("output.bias", -1, 0.0), ("output.bias", 0, 1e39)):
        with pytest.raises(ValueError, match=r"(index|value) is "):
            refused.set_parameter(tensor, index, value)
    with pytest.raises(KeyError, match="no tensor 'layer7"):
        refused.set_parameter("layer7.weight", 0, 0.0)
    refused.train(20)
    untouched.train(25)
    assert_same(refused, untouched)


def test_dropout_out_of_range_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"dropout is 1\.0, but must satisfy 0 <= dropout <= 0\.9"):
        make_trainer(dropout=1.0)


def test_the_callers_data_is_not_the_runs() -> None:
    from tests.kernels.support import make_data

    data = make_data("binary", 40)
    one, two = make_trainer(data), make_trainer(data)
    one.train(10)
    data.x_train[:] = 0
    data.y_train[:] = 1
    two.train(10)
    assert_same(one, two)
