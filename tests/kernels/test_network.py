"""The trainer's gradients and its training against the reference network, sample for sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.activations import ACTIVATIONS
from kernels.network import Choice
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import OPTIMIZERS
from kernels.regularizers import REGULARIZERS
from kernels.schedules import SCHEDULES
from tests.kernels import reference
from tests.kernels.comparison import compare_gradients, compare_steps, disturb, dropout_masks
from tests.kernels.support import (
    CONSTANT,
    FITTING,
    OUTPUTS,
    PLACED,
    available,
    choices,
    describe,
    every,
    last_batch,
    make_data,
    make_network,
    make_trainer,
)

#: Hidden layers and batch size; of 67 samples a second batch after one of 64 is partial, with 3.
SHAPES = [((), 3), ((), 64), ((6,), 1), ((6,), 10), ((6, 10, 4), 3), ((6, 10, 4), 64)]
SAMPLES = 67


def check_steps(hidden: tuple[int, ...], batch_size: int, steps: int, task: str, loss: str, **kinds: Any) -> None:
    """Compare every step of a dense network with the reference's."""
    regularizers = kinds.pop("regularizers", ())
    spec = make_network(2, hidden, OUTPUTS.get(task, 1), **kinds)
    compare_steps(spec, task, loss, samples=SAMPLES, batch_size=batch_size, steps=steps, regularizers=regularizers)


@pytest.mark.parametrize(("loss", "task"), FITTING)
@pytest.mark.parametrize("normalization", ["none", "batch_norm"])
@pytest.mark.parametrize("activation", list(ACTIVATIONS.variants))
def test_gradients(activation: str, normalization: str, loss: str, task: str) -> None:
    for hidden, batch_size in SHAPES:
        kinds: dict[str, Any] = {"activation": Choice(activation), "normalization": Choice(normalization)}
        check_steps(hidden, batch_size, 2, task, loss, **kinds)


#: What the test above leaves.
OTHERS = [choice for choice in PLACED if choice.params or choice.id not in {"none", "batch_norm"}]


# Every loss with every normalization: that is compared without kernels, in test_reference.
@pytest.mark.parametrize("normalization", OTHERS, ids=describe)
@pytest.mark.parametrize("activation", list(ACTIVATIONS.variants))
def test_gradients_wherever_it_is_normalized(activation: str, normalization: Choice) -> None:
    kinds: dict[str, Any] = {"activation": Choice(activation), "normalization": normalization}
    check_steps((6, 4), 10, 1, "regression", "mse", **kinds)
    check_steps((4, 6), 7, 1, "multiclass", "softmax_cross_entropy", **kinds)


@pytest.mark.parametrize("normalization", PLACED, ids=describe)
def test_gradients_wherever_it_is_normalized_in_every_shape(normalization: Choice) -> None:
    for hidden, batch_size in SHAPES:
        check_steps(hidden, batch_size, 2, "binary", "mse", normalization=normalization)


@pytest.mark.parametrize("choice", [each for each in every(ACTIVATIONS) if each.params], ids=describe)
def test_gradients_of_activations_with_other_parameters(choice: Choice) -> None:
    check_steps((6, 4), 10, 2, "binary", "mse", activation=choice)
    check_steps((6, 4), 10, 2, "binary", "mse", activation=choice, normalization=Choice("layer_norm"))


@pytest.mark.parametrize("normalization", available(NORMALIZATIONS))
def test_gradients_of_a_whole_epoch_and_its_last_partial_batch(normalization: str) -> None:
    check_steps((12, 8), 10, 8, "multiclass", "softmax_cross_entropy", normalization=Choice(normalization))


@pytest.mark.parametrize("choice", [each for penalty in REGULARIZERS for each in choices(penalty)], ids=describe)
def test_gradients_with_a_penalty(choice: Choice) -> None:
    check_steps((5, 4), 10, 3, "binary", "mse", regularizers=(choice,))
    check_steps((5,), 10, 3, "binary", "mse", regularizers=(choice,), normalization=Choice("batch_norm"))


def test_gradients_with_every_penalty_at_once() -> None:
    check_steps((5, 4), 10, 3, "regression", "mse", regularizers=tuple(Choice(name) for name in REGULARIZERS.variants))


@pytest.mark.parametrize("normalization", available(NORMALIZATIONS))
@pytest.mark.parametrize("rate", [0.2, 0.5])
@pytest.mark.parametrize("what", ["dropout", "dropconnect", "input_dropout"])
def test_gradients_with_dropout(what: str, rate: float, normalization: str) -> None:
    check_steps((8, 6), 13, 4, "binary", "mse", normalization=Choice(normalization), **{what: rate})


@pytest.mark.parametrize("activation", ["relu", "prelu", "maxout"])
@pytest.mark.parametrize("normalization", [Choice("weight_norm"), Choice("group_norm", {"position": 1})], ids=describe)
def test_gradients_with_all_dropout_at_once(normalization: Choice, activation: str) -> None:
    kinds: dict[str, Any] = {"activation": Choice(activation), "normalization": normalization}
    check_steps((8, 6), 13, 4, "binary", "mse", dropout=0.3, dropconnect=0.4, input_dropout=0.2, **kinds)


#: Every optimizer; sam around Adam too, with an ε beside which the rounding of tiny gradients does not count.
OPTIMIZER_CHOICES = [*(Choice(name) for name in OPTIMIZERS.variants), Choice("sam", {"inner": 1.0, "epsilon": 1e-4})]


@pytest.mark.parametrize("normalization", ["none", "batch_norm"])
@pytest.mark.parametrize("choice", OPTIMIZER_CHOICES, ids=describe)
def test_twenty_steps_of_every_optimizer(choice: Choice, normalization: str) -> None:
    train_both(choice, CONSTANT, Choice(normalization))


@pytest.mark.parametrize("schedule", list(SCHEDULES.variants))
def test_twenty_steps_of_every_schedule(schedule: str) -> None:
    train_both(Choice("adam"), Choice(schedule), Choice("none"))


def climb(network: reference.Network, gradients: dict[str, reference.Array], rho: float) -> reference.Network:
    """A copy of the network, rho uphill along the gradient in all parameters together."""
    length = np.sqrt(sum(np.sum(g**2) for g in gradients.values()))
    moved = {name: w + rho * gradients[name] / length for name, w in network.parameters.items()}
    return reference.Network(network.spec, moved, dict(network.running))


def train_both(optimizer: Choice, schedule: Choice, normalization: Choice) -> None:
    """Train the trainer and the reference side by side for 20 steps, on the same samples in the same order."""
    data = make_data("multiclass", 50)
    spec = make_network(2, (6, 5), 3, normalization=normalization)
    trainer = make_trainer(
        data, task="multiclass", hidden=(6, 5), loss=Choice("softmax_cross_entropy"), batch_size=16,
        optimizer=optimizer, schedule=schedule, normalization=normalization, regularizers=(Choice("l2"),),
    )  # fmt: skip
    network, rule = reference.twin(trainer, spec), reference.Optimizer(optimizer, schedule)
    start = trainer.parameters.copy()
    x, y = data.x_train.astype(np.float64), data.y_train.astype(np.float64)
    for step in range(20):
        trainer.train(1, observe=False)
        batch = last_batch(trainer, 2 if step % 4 == 3 else 16)
        _, gradients = reference.loss_and_gradients(network, Choice("softmax_cross_entropy"), x[batch], y[batch])
        if OPTIMIZERS[optimizer.id].climbs:
            rho = reference.named(OPTIMIZERS[optimizer.id], optimizer)["rho"]
            uphill = climb(network, gradients, rho)
            _, gradients = reference.loss_and_gradients(uphill, Choice("softmax_cross_entropy"), x[batch], y[batch])
        reference.add_penalties(network, (Choice("l2"),), gradients, 0.0)
        rule.update(network.parameters, gradients)
    assert np.abs(trainer.parameters - start).max() > 0.005
    found = reference.unpack(trainer.layout.tensors, trainer.parameters)
    for name, values in network.parameters.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-3, atol=5e-4, err_msg=name)
    for name, values in reference.unpack(trainer.layout.buffers, trainer.running).items():
        np.testing.assert_allclose(values, network.running[name], rtol=1e-3, atol=5e-4, err_msg=name)


@pytest.mark.parametrize(
    "penalties", [(), (Choice("l2"), Choice("weight_decay", {"rate": 0.5}))], ids=["", "penalized"]
)
@pytest.mark.parametrize("normalization", available(NORMALIZATIONS))
def test_sam_takes_its_gradient_uphill_with_the_same_mask_and_statistics(
    normalization: str, penalties: tuple[Choice, ...]
) -> None:
    rate, rho, hidden = 0.05, 0.3, (8, 6)
    data = make_data("binary", SAMPLES)
    dropped: dict[str, Any] = {"dropout": 0.2, "dropconnect": 0.2, "input_dropout": 0.2}
    spec = make_network(2, hidden, 1, normalization=Choice(normalization), **dropped)
    trainer = make_trainer(
        data, hidden=hidden, normalization=Choice(normalization), batch_size=13, seed=5, **dropped,
        optimizer=Choice("sam", {"learning_rate": rate, "rho": rho}), regularizers=penalties,
    )  # fmt: skip
    disturb(trainer)
    x, y = data.x_train.astype(np.float64), data.y_train.astype(np.float64)
    for step in range(4):
        network = reference.twin(trainer, spec)
        trainer.train(1)
        batch, masks = last_batch(trainer, 13), dropout_masks(spec, trainer.layout, 5, step, 13)
        loss, gradients = reference.loss_and_gradients(network, Choice("mse"), x[batch], y[batch], masks)
        uphill = climb(network, gradients, rho)
        _, above = reference.loss_and_gradients(uphill, Choice("mse"), x[batch], y[batch], masks)
        assert any(np.abs(above[name] - gradients[name]).max() > 0.01 for name in above), "the climb changes nothing"
        reference.add_penalties(network, penalties, above, rate)
        compare_gradients(trainer, above, f"step {step}")
        # The loss is that of the weights themselves, and the step starts from them.
        assert trainer.stats[0] == pytest.approx(loss, rel=1e-4)
        for name, values in reference.unpack(trainer.layout.tensors, trainer.parameters).items():
            truth = network.parameters[name] - rate * above[name]
            np.testing.assert_allclose(values, truth, rtol=1e-5, atol=1e-5, err_msg=name)
        for name, values in reference.unpack(trainer.layout.buffers, trainer.running).items():
            np.testing.assert_allclose(values, network.running[name], rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("samples", [1, 9, 40])
def test_every_epoch_sees_every_sample_once(samples: int) -> None:
    trainer = make_trainer(samples=samples, batch_size=min(7, samples))
    orders: list[list[int]] = []
    for _ in range(3):
        seen: list[int] = []
        while len(seen) < samples:
            trainer.train(1)
            seen += last_batch(trainer, min(7, samples - len(seen))).tolist()
        assert sorted(seen) == list(range(samples))
        assert trainer.epoch == pytest.approx(len(orders) + 1)
        orders.append(seen)
    assert samples == 1 or orders[0] != orders[1] != orders[2]
