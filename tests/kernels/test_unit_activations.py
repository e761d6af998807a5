"""Activations with a learned tensor or several weighted sums a unit, against their reference and their expression."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from kernels.activations import ACTIVATIONS
from kernels.network import Choice
from tests.kernels.reference import Array, named, slope
from tests.kernels.support import Floats, call, describe, every, make_data, make_trainer, vector

CHOICES = [choice for choice in every(ACTIVATIONS) if ACTIVATIONS[choice.id].by_units]
CHOICES.append(Choice("maxout", {"pieces": 8}))
UNITS = 5


class Case:
    """Random weighted sums [pieces * units, stride], and everything else that such an activation reads."""

    def __init__(self, choice: Choice, count: int) -> None:
        rng = np.random.default_rng(count)
        self.variant = ACTIVATIONS[choice.id]
        values = self.variant.values(choice.params)
        self.params, self.named = vector(values), named(self.variant, choice)
        self.pieces = self.variant.pieces(values)
        self.count, self.stride = count, (count + 7) // 8 * 8
        self.z = rng.normal(0, 2, (self.pieces * UNITS, self.stride)).astype(np.float32)
        self.a = np.full((UNITS, self.stride), 7, np.float32)
        size = self.variant.learned_size(UNITS, values)
        self.learned = rng.normal(0.2, 0.3, max(1, size)).astype(np.float32)
        self.d_learned = np.full_like(self.learned, 7)
        self.learns = size > 0

    def forward(self) -> Floats:
        assert self.variant.forward is not None
        call(self.variant.forward, self.z, self.a, self.learned, UNITS, self.stride, self.params)
        return self.a[:, : self.count].T

    def backward(self, d: Floats) -> Floats:
        assert self.variant.backward is not None
        # One piece: in place, as in a layer.
        dz = d if self.pieces == 1 else np.full_like(self.z, 7)
        call(
            self.variant.backward, self.z, self.a, d, dz, self.learned, self.d_learned, UNITS, self.stride,
            self.params,
        )  # fmt: skip
        return dz

    def truth(self, z: Array, learned: Array) -> Array:
        assert self.variant.reference is not None
        return self.variant.reference(z, learned, **self.named)


@pytest.mark.parametrize("count", [1, 8, 33])
@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_forward_and_backward_are_the_reference_and_its_slope(choice: Choice, count: int) -> None:
    case = Case(choice, count)
    z, learned = case.z[:, :count].T.astype(np.float64), case.learned.astype(np.float64)
    np.testing.assert_allclose(case.forward(), case.truth(z, learned), rtol=1e-6, atol=1e-6)
    d = np.zeros((UNITS, case.stride), np.float32)
    d[:, :count] = np.random.default_rng(0).normal(0, 1, (UNITS, count))
    weights = d[:, :count].T.astype(np.float64)
    dz = case.backward(d)
    truth = slope(lambda at: float(np.sum(weights * case.truth(at, learned))), z)
    np.testing.assert_allclose(dz[:, :count].T, truth, rtol=1e-4, atol=1e-5)
    assert not dz[:, count:].any(), "the gradient of a padded lane must stay zero"
    if case.learns:
        truth = slope(lambda at: float(np.sum(weights * case.truth(z, at))), learned)
        np.testing.assert_allclose(case.d_learned, truth, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_the_reference_is_the_expression(choice: Choice) -> None:
    case = Case(choice, 8)
    z, learned = case.z.T.astype(np.float64), case.learned.astype(np.float64)
    x, y = sympy.symbols("x y", real=True)
    if case.variant.gate is not None:
        step = sympy.lambdify((x, y), sympy.sympify(case.variant.gate, locals={"x": x, "y": y}), "numpy")
        truth, *others = np.split(z, case.pieces, axis=1)
        for piece in others:
            truth = step(truth, piece)
    else:
        assert case.variant.expression is not None
        symbol = sympy.Symbol(case.variant.learned, real=True)
        formula = sympy.sympify(case.variant.expression, locals={"x": x, str(case.variant.learned): symbol})
        truth = sympy.lambdify((x, symbol), formula, "numpy")(z, learned)
    np.testing.assert_allclose(case.truth(z, learned), truth)


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_nan_stays_nan(choice: Choice) -> None:
    case = Case(choice, 8)
    for piece in range(case.pieces):
        case.z[piece * UNITS, piece] = np.nan
    assert np.argwhere(np.isnan(case.forward().T)).tolist() == [[0, piece] for piece in range(case.pieces)]


def test_of_equal_pieces_the_first_gets_the_gradient() -> None:
    case = Case(Choice("maxout", {"pieces": 3}), 8)
    case.z[...] = 1.5
    case.forward()
    dz = case.backward(np.ones((UNITS, 8), np.float32))
    np.testing.assert_array_equal(dz[:UNITS], 1)
    np.testing.assert_array_equal(dz[UNITS:], 0)


@pytest.mark.parametrize("sharing", [0, 1])
def test_a_slope_starts_where_it_is_told_and_learns(sharing: int) -> None:
    trainer = make_trainer(
        make_data("binary", 40), hidden=(6, 4), activation=Choice("prelu", {"initial": 0.1, "sharing": sharing})
    )
    first, second = (trainer.layout.tensor(f"layer{layer}.slope") for layer in (1, 2))
    assert (first.shape, second.shape) == (((6,), (4,)) if sharing else ((1,), (1,)))
    start = trainer.parameters[first.offset : second.offset + second.size].copy()
    np.testing.assert_array_equal(trainer.parameters[first.offset : first.offset + first.size], np.float32(0.1))
    trainer.train(50)
    assert np.abs(trainer.parameters[first.offset : second.offset + second.size] - start).max() > 1e-3


def test_a_fixed_slope_is_a_leaky_rectifier() -> None:
    choice = Choice("prelu", {"initial": 0.3, "sharing": 0})
    losses = []
    for activation in (choice, Choice("leaky_relu", {"slope": 0.3})):
        trainer = make_trainer(activation=activation)
        trainer.observe()
        losses.append(trainer.stats[3])
    assert losses[0] == losses[1]


@pytest.mark.parametrize("pieces", [2, 8])
def test_a_gated_layer_has_as_many_times_the_weights(pieces: int) -> None:
    layout = make_trainer(hidden=(6, 4), activation=Choice("maxout", {"pieces": pieces})).layout
    assert layout.layer_units == (6, 4, 1)
    assert layout.tensor("layer1.weight").shape == (6 * pieces, 2)
    assert layout.tensor("layer2.weight").shape == (4 * pieces, 6)
    assert layout.tensor("layer2.bias").shape == (4 * pieces,)


@pytest.mark.parametrize("name", [each.id for each in ACTIVATIONS])
def test_a_curve_or_a_gate(name: str) -> None:
    activation = ACTIVATIONS[name]
    assert (activation.expression is None) == (activation.gate is not None)
    assert activation.by_units == (activation.reference is not None)
