"""Probes: each against a reference in float64, defined for every network, and without a trace in what is trained."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kernels.layout import Layout
from kernels.network import Choice, ConvSpec, DenseSpec, GlobalPoolSpec, NetworkSpec, PoolSpec, TrainingData
from kernels.optimizers import OPTIMIZERS
from kernels.probes import PROBES, Specimen
from kernels.probes.histograms import BINS, histogram
from kernels.probes.optimizer_state import SLOTS
from kernels.spec import Variant
from kernels.train import train_chunk
from kernels.trainer import Trainer
from tests.kernels.comparison import dropout_masks
from tests.kernels.support import Floats, make_data, make_network, make_trainer
from tests.kernels.test_determinism import KINDS, assert_same, build
from tests.kernels.test_spec import CHINESE


def measure(probe: str, trainer: Trainer) -> Floats:
    """What a probe finds, of the promised shape."""
    values = PROBES[probe].measure(Specimen(trainer))
    assert values.dtype == np.float32
    assert values.shape == (len(PROBES[probe].rows(trainer.layout)), PROBES[probe].width(trainer.layout))
    return values


def column(probe: str, trainer: Trainer, quantity: str) -> Floats:
    return measure(probe, trainer)[:, [each.id for each in PROBES[probe].quantities].index(quantity)]


def weights(layout: Layout, flat: Floats) -> list[Any]:
    """The parts of a flat buffer that belong to weights, in float64."""
    return [flat[each.offset :][: each.size].astype(float) for each in layout.tensors if each.role == "weight"]


def trained(steps: int = 30, **asked: Any) -> Trainer:
    trainer = make_trainer(**asked)
    trainer.train(steps)
    return trainer


def on_images() -> Trainer:
    """A network of every kind of layer, with dropout of units and of channels."""
    he, relu = Choice("he_normal"), Choice("relu")
    layers = (
        ConvSpec(4, 3, relu, he, normalization=Choice("batch_norm"), dropout=0.25, channel_dropout=0.5),
        PoolSpec(),
        ConvSpec(3, 2, relu, he, padding="valid", channel_dropout=0.25),
        GlobalPoolSpec(),
        DenseSpec(5, relu, he, dropout=0.5),
    )
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((40, 72)).astype(np.float32), rng.integers(0, 3, 40).astype(np.float32)
    network = NetworkSpec((2, 6, 6), layers, 3, Choice("xavier_uniform"), input_dropout=0.2)
    training = build("plain")._training
    trainer = Trainer(network, training, TrainingData(x, y, x[:8].copy(), y[:8].copy()), seed=3)
    trainer.train(12)
    return trainer


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS.variants))
@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_measured_leaves_no_trace_in_what_is_trained(kind: str, optimizer: str) -> None:
    measured, alone = build(kind, optimizer), build(kind, optimizer)
    specimen = Specimen(measured)
    for steps in (0, 1, 2, 3, 40, 1):
        for trainer in (measured, alone):
            trainer.train(steps)
        specimen.forget()
        for probe in PROBES:
            probe.measure(specimen)
        assert_same(measured, alone)
        assert measured.stats.tobytes() == alone.stats.tobytes()
        assert measured.updates.tobytes() == alone.updates.tobytes()


@pytest.mark.parametrize("probe", list(PROBES), ids=lambda probe: probe.id)
def test_every_network_can_be_measured(probe: Variant) -> None:
    wide = make_data("regression", 40)
    trainers = [
        trained(task="regression", hidden=()),
        trained(task="multiclass", loss=Choice("softmax_cross_entropy"), hidden=(3,) * 32),
        trained(0),
        trained(4, hidden=(7,), normalization=Choice("weight_norm"), activation=Choice("maxout")),
        trained(1, data=wide, task="regression", batch_size=40),
        on_images(),
    ]
    for trainer in trainers:
        assert not np.isinf(measure(probe.id, trainer)).any()


def test_nothing_is_compiled_for_it_but_once() -> None:
    for trainer in (trained(hidden=(3,)), trained(hidden=(2, 2), optimizer=Choice("adam")), on_images()):
        for probe in PROBES:
            probe.measure(Specimen(trainer))
    assert len(train_chunk.signatures) == 1


def test_every_quantity_is_named_in_both_languages() -> None:
    for probe in PROBES:
        quantities = [*probe.quantities, *probe.arrays]
        assert len({quantity.id for quantity in quantities}) == len(quantities)
        assert all(quantity.label["en"] and CHINESE.search(quantity.label["zh"]) for quantity in quantities)


def test_what_stands_at_an_axis_needs_no_translation_and_does_not_repeat_the_title() -> None:
    for probe in PROBES:
        for each in (*probe.quantities, *probe.arrays):
            assert not (each.symbol and each.unit), f"{probe.id}.{each.id} has both"
            assert not each.symbol or each.symbol not in each.label.values(), f"{probe.id}.{each.id} repeats its title"
            assert not CHINESE.search(each.symbol), f"{probe.id}.{each.id} is in one language"
            assert each.symbol.count("{") == each.symbol.count("_{") == each.symbol.count("}")
    named = ("curvature", "gradient_cosine", "optimizer_state", "weight_histogram", "gradient_noise")
    assert all(PROBES[probe].quantities[0].symbol for probe in named)


# The coming step


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "sam"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_the_coming_step_is_the_one_that_comes(kind: str, optimizer: str) -> None:
    trainer = build(kind, optimizer)
    for _ in range(12):
        coming = Specimen(trainer).coming
        gradients, parameters = coming.gradients.copy(), coming.parameters.copy()
        before = trainer.epoch
        trainer.train(1)
        assert gradients.tobytes() == trainer.gradients.tobytes()
        assert parameters.tobytes() == trainer.parameters.tobytes()
        assert coming.count == round((trainer.epoch - before) * 45)
        assert coming.rate == trainer.stats[7]


def test_where_the_coming_step_diverges_nothing_is_made_up() -> None:
    asked: dict[str, Any] = {"task": "regression", "activation": Choice("linear")}
    asked["optimizer"] = Choice("sgd", {"learning_rate": 100.0})
    ill = make_trainer(**asked)
    ill.train(10_000)
    assert ill.diverged is not None
    before = trained(ill.step - 1, **asked)
    assert np.isfinite(before.parameters).all()
    assert np.isnan(column("gradient_cosine", before, "cosine")).all()
    # Nor is the batch another one: where a step diverges, training evaluates whole sets.
    following = Specimen(before).coming
    place = before.parts[2].order[before.step * before.batch_size % 45 :][: following.count]
    assert np.array_equal(following.x, before.parts[0].x_train[place])


# Histograms


FAINT = [0.0, 1e-42, 5e-42, 2e-38]


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0], [-1.0, 0.0, 3.0], list(np.linspace(-2, 5, 1001) ** 3), FAINT])
def test_a_histogram_counts_every_number_once(values: list[float]) -> None:
    numbers = np.array(values, np.float32)
    row = histogram(numbers)
    assert (row[0], row[1]) == (numbers.min(), numbers.max())
    assert row[2:].sum() == len(values)
    if row[0] < row[1]:
        expected, _ = np.histogram(numbers.astype(float), bins=BINS, range=(float(row[0]), float(row[1])))
        # A number on an edge may fall to either side of it in float32.
        assert np.abs(np.cumsum(row[2:]) - np.cumsum(expected)).max() <= max(1, len(values) // 500)


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf, 0.0]])
def test_a_histogram_of_nothing_or_of_what_is_not_finite_is_not_defined(values: list[float]) -> None:
    assert np.isnan(histogram(np.array(values, np.float32))).all()


def test_histograms_are_of_each_layers_weights_and_of_their_last_gradient() -> None:
    trainer = trained()
    for probe, flat in (("weight_histogram", trainer.parameters), ("gradient_histogram", trainer.gradients)):
        rows = measure(probe, trainer)
        for row, values in zip(rows, weights(trainer.layout, flat), strict=True):
            assert (row[0], row[1], row[2:].sum()) == (values.min(), values.max(), values.size)


def test_a_weight_vanishes_below_a_thousandth_and_each_layer_counts_its_own() -> None:
    trainer = trained(0, hidden=(4, 3))
    assert column("vanished_weights", trainer, "share").tolist() == [0.0, 0.0, 0.0]
    for index, value in enumerate((0.0, 9e-4, -9e-4, 1.1e-3)):
        trainer.set_parameter("layer2.weight", index, value)
    np.testing.assert_allclose(column("vanished_weights", trainer, "share"), [0, 3 / 12, 0])


# Gradients and the optimizer


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_cosine_is_that_of_the_gradients_of_two_steps(kind: str) -> None:
    trainer = build(kind)
    trainer.train(20)
    cosines = column("gradient_cosine", trainer, "cosine")
    one = trainer.gradients.astype(float)
    trainer.train(1)
    two = trainer.gradients.astype(float)
    layers = range(1, len(trainer.layout.layer_names) + 1)
    parts = [np.arange(one.size)]
    for layer in layers:
        tensors = [tensor for tensor in trainer.layout.tensors if tensor.layer == layer]
        parts.append(np.concatenate([np.arange(each.offset, each.offset + each.size) for each in tensors]))
    expected = [one[part] @ two[part] / np.linalg.norm(one[part]) / np.linalg.norm(two[part]) for part in parts]
    np.testing.assert_allclose(cosines, expected, atol=1e-6)
    assert np.isnan(column("gradient_cosine", build(kind), "cosine")).all(), "there was no step yet"


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS.variants))
def test_the_optimizers_state_is_what_the_next_step_does_and_every_slot_that_it_has(optimizer: str) -> None:
    trainer = trained(optimizer=Choice(optimizer))
    rows = measure("optimizer_state", trainer)
    names = OPTIMIZERS[optimizer].slots
    size = trainer.layout.parameter_count
    slots = trainer.parts[2].slots
    present = [f"{name.replace(' ', '_')}" for name in names]
    for place, name in enumerate(present):
        values = weights(trainer.layout, slots[place * size :][:size])
        squares = [math.sqrt(float(np.mean(value**2))) for value in values]
        np.testing.assert_allclose(column("optimizer_state", trainer, name), squares, rtol=1e-6)
    absent = [1 + SLOTS.index(slot) for slot in SLOTS if slot not in names]
    assert np.isnan(rows[:, absent]).all()
    before = trainer.parameters.astype(float)
    trainer.train(1)
    moved = weights(trainer.layout, (trainer.parameters.astype(float) - before).astype(np.float32))
    lengths = [np.linalg.norm(values) for values in weights(trainer.layout, trainer.gradients)]
    expected = [np.linalg.norm(values) / length for values, length in zip(moved, lengths, strict=True)]
    np.testing.assert_allclose(rows[:, 0], expected, rtol=1e-5)


def test_plain_gradient_descent_has_one_effective_learning_rate() -> None:
    trainer = trained(optimizer=Choice("sgd", {"learning_rate": 0.25}))
    np.testing.assert_allclose(column("optimizer_state", trainer, "effective_rate"), 0.25, rtol=1e-4)


# Dropout


@pytest.mark.parametrize("steps", [0, 3, 4, 17])
def test_the_mask_of_a_dense_network_is_the_one_that_the_next_step_draws(steps: int) -> None:
    trainer = trained(steps, samples=45, dropout=0.4, input_dropout=0.3, hidden=(6, 4), batch_size=10)
    rows = measure("dropout_mask", trainer)
    spec = make_network(2, (6, 4), 1, dropout=0.4, input_dropout=0.3)
    masks = dropout_masks(spec, trainer.layout, 1, steps, Specimen(trainer).coming.count)
    assert rows[0, :2].tolist() == (np.asarray(masks.inputs)[0] > 0).tolist()
    for row, mask in zip(rows[1:], masks.units, strict=True):
        units = np.asarray(mask).shape[1]
        assert row[:units].tolist() == (np.asarray(mask)[0] > 0).tolist()
        assert np.isnan(row[units:]).all()


def test_the_mask_of_an_image_says_how_much_of_each_channel_is_left() -> None:
    trainer = on_images()
    rows = measure("dropout_mask", trainer)
    first = rows[1, :4]
    assert ((first == 0) | ((first > 0.3) & (first <= 1))).all()
    assert np.isnan(rows[2]).all()
    assert np.isnan(rows[4]).all()
    assert set(rows[3, :3].tolist()) <= {0.0, 1.0}
    assert set(rows[5, :5].tolist()) <= {0.0, 1.0}
    assert set(rows[0].tolist()) == {0.0, 1.0}


def test_without_dropout_there_is_no_mask() -> None:
    assert np.isnan(measure("dropout_mask", trained(normalization=Choice("batch_norm")))).all()
