"""The rules of diagnosis at their thresholds, on records made by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kernels.diagnosis import ILLNESSES, Evidence, constant_loss, diagnose, may_be_noisy, may_be_silent
from kernels.diagnosis import alike as layers_alike
from kernels.diagnosis.evidence import median
from kernels.layers import layers_of
from kernels.layout import Layout, make_layout
from kernels.network import Choice, ConvSpec, DenseSpec, GlobalPoolSpec, NetworkSpec, TrainingSpec
from tests.kernels.support import CONSTANT, SGD, TANH, XAVIER

ROWS = 400
LAYERS = 3
SAMPLES = 500
CHANCE = math.log(2)
NETWORK = NetworkSpec((2,), (DenseSpec(4, TANH, XAVIER),) * LAYERS, 1, XAVIER)
TRAINING = TrainingSpec(Choice("binary_cross_entropy"), SGD, CONSTANT, (), 10)


def column(layout: Layout, name: str, layer: int | None = None, tensor: str | None = None) -> int:
    """Where a quantity lies in a record."""
    return next(
        place for place, each in enumerate(layout.columns)
        if each.name == name and (tensor is None or each.tensor == tensor)
        and (tensor is not None or layer is None or each.layer == layer)
    )  # fmt: skip


def healthy(network: NetworkSpec = NETWORK, loss: float = 0.6 * CHANCE, **changes: Any) -> Evidence:
    """A run that learns, with gradients alike in all layers and updates of a thousandth of the weights."""
    layout = make_layout(network)
    values = np.full((ROWS, len(layout.columns)), 0.25, np.float32)
    for tensor in layout.tensors:
        values[:, column(layout, "gradient_norm", tensor=tensor.name)] = 0.1 * math.sqrt(tensor.size)
        values[:, column(layout, "weight_norm", tensor=tensor.name)] = 1.0
        values[:, column(layout, "update_norm", tensor=tensor.name)] = 1e-3
    falling = np.linspace(1.6 * CHANCE, loss, ROWS)
    for name in ("loss", "loss_min", "loss_max", "train_loss", "test_loss"):
        values[:, column(layout, name)] = falling
    values[:, column(layout, "epoch")] = np.arange(1, ROWS + 1) * TRAINING.batch_size / SAMPLES
    parameters = np.random.default_rng(0).standard_normal(layout.parameter_count).astype(np.float32)
    layers, steps = tuple(layers_of(network)), np.arange(1.0, ROWS + 1)
    made = Evidence(layout, layers, TRAINING, SAMPLES, CHANCE, ROWS, steps, values, parameters)
    return replace(made, **changes)


def put(evidence: Evidence, name: str, numbers: Any, **where: Any) -> Evidence:
    """With other numbers in a column."""
    values = evidence.values.copy()
    values[:, column(evidence.layout, name, **where)] = numbers
    return replace(evidence, values=values)


def stuck(evidence: Evidence, loss: float) -> Evidence:
    """With losses that do not fall."""
    for name in ("loss", "train_loss", "test_loss"):
        evidence = put(evidence, name, loss)
    return evidence


def scaled(evidence: Evidence, factor: float, layer: int) -> Evidence:
    """With gradients of a layer so many times as long."""
    for tensor in evidence.layout.tensors:
        if tensor.layer == layer:
            place = column(evidence.layout, "gradient_norm", tensor=tensor.name)
            evidence = put(evidence, "gradient_norm", evidence.values[:, place] * factor, tensor=tensor.name)
    return evidence


def found(evidence: Evidence) -> list[tuple[str, int | None]]:
    return [(finding.illness, finding.layer) for finding in diagnose(evidence)]


def test_a_healthy_run_is_not_ill_at_any_length() -> None:
    for rows in (0, 1, 2, 3, 10, 100, ROWS):
        evidence = healthy()
        short = replace(evidence, step=rows, steps=evidence.steps[:rows], values=evidence.values[:rows])
        assert found(short) == []


@pytest.mark.parametrize("layer", [1, 2])
def test_vanishing(layer: int) -> None:
    assert found(scaled(healthy(), 1.1e-3, layer)) == []
    (finding,) = diagnose(scaled(healthy(), 0.9e-3, layer))
    assert (finding.illness, finding.layer, finding.since) == ("vanishing", layer, 1)
    assert finding.number == pytest.approx(0.9e-3)
    # One that fits its data has no gradient left that could vanish.
    assert found(scaled(healthy(loss=0.2 * CHANCE), 0.9e-3, layer)) == []


def test_exploding() -> None:
    long = healthy()
    for layer in range(1, LAYERS + 2):
        long = scaled(long, 10.0, layer)
    assert found(scaled(long, 4.9, 1)) == []
    (finding,) = diagnose(scaled(long, 5.1, 1))
    assert (finding.illness, finding.layer) == ("exploding", 1)
    assert finding.number == pytest.approx(5.1)
    assert found(scaled(healthy(), 5.1, 1)) == [], "a short gradient hurts nobody"
    clipped = replace(TRAINING, clipping=Choice("by_norm"))
    assert found(replace(scaled(long, 5.1, 1), training=clipped)) == []


def test_the_gradient_of_a_convolution_is_counted_a_pixel() -> None:
    conv = ConvSpec(2, 3, Choice("relu"), Choice("he_normal"))
    evidence = healthy(NetworkSpec((1, 8, 8), (conv, GlobalPoolSpec()), 1, XAVIER))
    long = scaled(scaled(evidence, 10.0, 3), 10.0, 1)
    assert found(scaled(long, 4.9 * 8, 1)) == []
    assert found(scaled(long, 5.1 * 8, 1)) == [("exploding", 1)]


def test_saturated() -> None:
    assert found(put(healthy(), "activation_saturated", 0.74, layer=2)) == []
    assert found(put(healthy(), "activation_saturated", 0.76, layer=2)) == [("saturated", 2)]
    assert found(put(healthy(loss=0.2 * CHANCE), "activation_saturated", 0.76, layer=2)) == []
    since = np.where(np.arange(ROWS) < 50, 0.1, 0.9)
    assert diagnose(put(healthy(), "activation_saturated", since, layer=3))[0].since == 51


def test_dead() -> None:
    few, many = np.array([0.25, 0.7, 0.25, np.nan]), np.array([0.25, 0.75, np.nan, np.nan])
    assert found(healthy(silent=few)) == []
    assert found(healthy(silent=many)) == [("dead", 2)]
    assert found(healthy(silent=many, loss=0.2 * CHANCE)) == [], "those that speak are enough"
    assert found(put(healthy(silent=many), "activation_zeros", 0.75, layer=2)) == [], "silent from the start"
    assert found(scaled(healthy(silent=many), 0.9e-3, 2)) == [("vanishing", 2)]
    assert found(put(healthy(), "activation_zeros", 1.0, layer=3)) == [("dead", 3)]
    assert found(put(healthy(), "activation_zeros", 0.99, layer=3)) == []


def test_dead_units_are_told_with_the_samples_that_were_looked_at() -> None:
    many = np.array([0.25, 0.75, np.nan, np.nan])
    (finding,) = diagnose(healthy(silent=many, looked_at=480))
    assert finding.samples == 480
    recorded = put(healthy(), "activation_zeros", 1.0, layer=3)
    (finding,) = diagnose(recorded)
    assert finding.samples == SAMPLES, "a hundred batches of ten, each sample twice"
    few = replace(recorded, training=replace(TRAINING, batch_size=2))
    (finding,) = diagnose(few)
    assert finding.samples == 2 * 100


def test_units_have_been_dead_since_there_were_as_many_zeros_as_there_are_of_late() -> None:
    rows = np.arange(ROWS)
    zeros = np.select([rows < 9, rows < 99], [0.4, 0.76], 0.85) + np.tile([0.0, 0.05], ROWS // 2)
    evidence = put(healthy(silent=np.array([0.25, 0.75, np.nan, np.nan])), "activation_zeros", zeros, layer=2)
    (finding,) = diagnose(evidence)
    assert (finding.illness, finding.layer, finding.number, finding.since) == ("dead", 2, 0.75, 100)


def test_silent_units_are_looked_for_where_most_activations_of_a_hidden_layer_are_zero() -> None:
    assert not may_be_silent(healthy())
    assert not may_be_silent(put(healthy(), "activation_zeros", 0.74, layer=2))
    assert may_be_silent(put(healthy(), "activation_zeros", 0.75, layer=2))
    assert not may_be_silent(put(healthy(loss=0.2 * CHANCE), "activation_zeros", 0.75, layer=2))
    assert not may_be_silent(put(healthy(), "activation_zeros", 1.0, layer=LAYERS + 1))
    assert not may_be_silent(replace(put(healthy(), "activation_zeros", 1.0, layer=2), step=19))


def alike(evidence: Evidence, units: int, layer: int = 2, value: float | None = None) -> Evidence:
    """With the first units of a layer equal."""
    parameters = evidence.parameters.copy()
    for tensor in evidence.layout.tensors:
        if tensor.layer == layer:
            rows = parameters[tensor.offset : tensor.offset + tensor.size].reshape(tensor.shape[0], -1)
            rows[:units] = rows[0] if value is None else value
    return replace(evidence, parameters=parameters)


def test_symmetric() -> None:
    assert found(alike(healthy(), 2)) == []
    assert found(alike(healthy(), 3)) == [("symmetric", 2)]
    assert found(alike(healthy(), 4)) == [("symmetric", 2)]
    assert found(replace(alike(healthy(), 4), step=19)) == [], "they may yet part"
    assert found(alike(healthy(), 3, value=0.0)) == [], "weights that a penalty has driven to zero"
    assert found(alike(healthy(), 4, value=0.0)) == [("symmetric", 2)]
    assert found(alike(healthy(), 1, layer=LAYERS + 1)) == [], "one output is no symmetry"
    apart = alike(healthy(), 4)
    apart.parameters[apart.layout.tensor("layer2.bias").offset + np.arange(4)] += 0.1 * np.arange(4, dtype=np.float32)
    assert found(apart) == [], "units with the same weights and other biases"


def test_units_are_alike_from_the_beginning_or_since_somebody_has_found_them_so() -> None:
    (finding,) = diagnose(alike(healthy(), 4))
    assert finding.since == 0
    (finding,) = diagnose(replace(alike(healthy(), 4), alike_since=np.array([0, 120, -1, -1])))
    assert finding.since == 120
    assert layers_alike(alike(healthy(), 4)).tolist() == [False, True, False, False]
    assert not layers_alike(healthy()).any()


def test_diverged() -> None:
    (finding,) = diagnose(healthy(culprit="layer2.activation"))
    assert (finding.illness, finding.layer, finding.since) == ("diverged", 2, ROWS)
    assert finding.tensor == "layer2.activation"
    assert found(healthy(culprit="output.weight")) == [("diverged", LAYERS + 1)]
    assert found(healthy(culprit="loss")) == [("diverged", None)]


def test_plateau() -> None:
    assert found(stuck(healthy(), 0.98 * CHANCE)) == [("plateau", None)]
    assert found(stuck(healthy(), 0.96 * CHANCE)) == []
    early = stuck(healthy(), 0.98 * CHANCE)
    assert found(replace(early, step=299, steps=early.steps[:299], values=early.values[:299])) == []
    falling = np.linspace(1.02, 0.98, ROWS) * CHANCE
    assert found(put(put(healthy(), "loss", falling), "train_loss", falling)) == [], "slowly, but it learns"


def test_a_finding_that_explains_another_stands_alone() -> None:
    assert found(scaled(stuck(healthy(), 0.98 * CHANCE), 1e-5, 1)) == [("vanishing", 1)]


def test_overfitting() -> None:
    def turning(rise: float, train: float = 0.1) -> Evidence:
        test = np.interp(np.arange(ROWS), [0, 100, 250, ROWS], np.array([1.0, 0.3, 0.3 + rise, 0.3 + rise]) * CHANCE)
        falling = np.interp(np.arange(ROWS), [0, 100, ROWS], np.array([1.0, 0.3, train]) * CHANCE)
        return put(put(put(healthy(), "train_loss", falling), "loss", falling), "test_loss", test)

    assert found(turning(0.24)) == []
    (finding,) = diagnose(turning(0.26))
    assert finding.illness == "overfitting"
    assert finding.number == pytest.approx(0.56 / 0.3, rel=0.03)
    assert abs(finding.since - 101) <= 5
    assert found(turning(0.26, train=0.4)) == [], "with the training loss"


def test_rate_too_high() -> None:
    up_and_down = np.where(np.arange(ROWS) % 2 == 0, -1.0, 1.0)

    def swinging(swing: float, falls: float = 0.0) -> Evidence:
        losses = (0.9 + falls * np.linspace(1, 0, ROWS) + 0.5 * swing * up_and_down) * CHANCE
        return put(put(healthy(), "train_loss", losses), "loss", losses)

    assert found(swinging(0.04)) == []
    assert found(swinging(0.06)) == [("rate_too_high", None)]
    assert found(swinging(0.06, falls=0.3)) == [], "it learns all the same"
    assert found(stuck(healthy(), 0.9 * CHANCE)) == []
    growing = np.linspace(0.9, 2.0, ROWS) * CHANCE
    evidence = put(put(healthy(), "train_loss", growing), "loss", growing)
    assert found(evidence) == [("rate_too_high", None)]
    by_class = replace(TRAINING, sampling=Choice("sorted"))
    assert found(replace(swinging(0.06), training=by_class)) == [], "that is the batches' doing"


def test_rate_too_low() -> None:
    def moving(ratio: float, evidence: Evidence) -> Evidence:
        for tensor in evidence.layout.tensors:
            evidence = put(evidence, "update_norm", ratio, tensor=tensor.name)
        return evidence

    still = stuck(healthy(), 0.9 * CHANCE)
    assert found(moving(1.1e-4, still)) == []
    assert found(moving(0.9e-4, still)) == [("rate_too_low", None)]
    assert found(moving(0.9e-4, healthy())) == [], "it has learned"
    assert found(replace(moving(0.9e-4, still), training=replace(TRAINING, warmup=ROWS + 1))) == []
    assert found(moving(0.0, still)) == [], "no step at all is another illness"


def test_noisy_statistics() -> None:
    normalized = DenseSpec(4, TANH, XAVIER, Choice("batch_norm"))
    within = DenseSpec(4, TANH, XAVIER, Choice("layer_norm"))

    def of(
        layer: DenseSpec, size: int, growing: str = "constant", between: float = 1.0, smaller_since: int = 0
    ) -> Evidence:
        evidence = healthy(NetworkSpec((2,), (NETWORK.layers[0], layer, layer), 1, XAVIER))
        training = replace(TRAINING, batch_size=size, batch_schedule=Choice(growing))
        evidence = replace(evidence, training=training)
        sizes = np.where(np.arange(ROWS) < smaller_since, 32, size)
        evidence = put(evidence, "epoch", np.cumsum(sizes) / SAMPLES)
        # The first layer normalizes nothing, whatever is said of it.
        return replace(evidence, between=np.array([1.0, between, 0.1, np.nan])) if may_be_noisy(evidence) else evidence

    assert found(of(normalized, 7)) == []
    (finding,) = diagnose(of(normalized, 6))
    assert (finding.illness, finding.layer, finding.since) == ("noisy_statistics", 2, 1)
    assert finding.number == pytest.approx(6**-0.5)
    assert found(of(within, 1)) == []
    assert found(of(normalized, 4, between=0.6)) == [], "the pixels of an image differ too"
    (finding,) = diagnose(of(normalized, 4, between=0.7))
    assert finding.number == pytest.approx((0.7 / 4) ** 0.5)
    assert found(replace(of(normalized, 4), between=None)) == [], "nobody has measured it"
    assert found(replace(of(normalized, 4), between=np.full(4, np.nan))) == []
    assert found(of(normalized, 6, "linear_growth")) == [], "by now the batches have grown"
    (finding,) = diagnose(of(normalized, 6, smaller_since=150))
    assert finding.since == 151, "batches were larger before"


def test_numbers_that_are_missing_do_no_harm() -> None:
    evidence = healthy()
    for name in ("train_loss", "test_loss"):
        evidence = put(evidence, name, np.where(np.arange(ROWS) % 50 == 0, 0.5, np.nan))
    assert found(evidence) == []
    assert found(replace(evidence, values=np.full_like(evidence.values, np.nan))) == []
    assert np.isnan(median(np.zeros((0, 3)))).all()
    numbers = np.array([[1.0, np.nan], [3.0, np.nan], [np.inf, np.nan], [8.0, np.nan]])
    assert np.array_equal(median(numbers), [3.0, np.nan], equal_nan=True)


def test_of_many_records_the_same_few_are_looked_at() -> None:
    evidence = healthy()
    seen: set[int] = set()
    for count in (5000, 5001, 5003, 5120):
        rows = replace(evidence, steps=np.arange(float(count))).all_rows
        assert len(rows) <= 514
        assert rows[-1] == count - 1
        assert not seen or seen - {max(seen)} <= set(rows.tolist())
        seen = set(rows.tolist())


@pytest.mark.parametrize(
    ("loss", "targets", "outputs", "expected"),
    [
        ("binary_cross_entropy", [1, -1, 1, -1], 1, math.log(2)),
        ("binary_cross_entropy", [1, 1, 1, -1], 1, -0.75 * math.log(0.75) - 0.25 * math.log(0.25)),
        ("softmax_cross_entropy", [0, 1, 2, 2], 3, -0.5 * math.log(0.25) - 0.5 * math.log(0.5)),
        ("mae", [0.0, 0.0, 4.0], 1, 4 / 3),
        ("hinge", [1, 1, 1, -1], 1, 0.5),
    ],
)
def test_what_the_best_constant_answer_costs(loss: str, targets: Any, outputs: int, expected: float) -> None:
    cost = constant_loss(Choice(loss), np.array(targets, np.float32), outputs)
    assert cost == pytest.approx(expected, rel=1e-6)


def test_of_squares_the_mean_is_the_best_constant() -> None:
    targets = np.random.default_rng(3).standard_normal(50).astype(np.float32)
    half = constant_loss(Choice("mse"), targets, 1)
    other = constant_loss(Choice("mse"), targets + np.float32(5.0), 1)
    assert half == pytest.approx(other, rel=1e-4)
    assert half > 0


def test_of_several_labels_the_prior_is_the_best_constant() -> None:
    labels = np.array([[1, -1], [1, 1], [1, -1], [-1, -1]], np.float32)
    expected = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert constant_loss(Choice("multilabel_cross_entropy"), labels, 2) == pytest.approx(expected, rel=1e-5)


def test_every_illness_tells_its_rule_and_its_evidence_in_both_languages() -> None:
    for illness in ILLNESSES:
        for language in ("en", "zh"):
            sentence = illness.sentence[language]
            assert "{since}" in sentence
            assert sentence.format(layer=2, number="0.5", since=12, samples=500, tensor="loss")
            assert illness.help[language]
            assert illness.remedy[language]
        assert illness.formula
        assert illness.source
        assert set(illness.explained_by) <= set(ILLNESSES.variants) - {illness.id}
