"""Every activation of one weighted sum against its formula and the formula's derivative."""

from __future__ import annotations

import math
import re

import numba
import numpy as np
import pytest

from kernels.activations import ACTIVATIONS
from kernels.cache import OPTIONS
from kernels.network import Choice
from tests.kernels import reference
from tests.kernels.support import Floats, call, describe, every, vector

CHOICES = [choice for choice in every(ACTIVATIONS) if not ACTIVATIONS[choice.id].by_units]
SIZES = [8, 40, 8 * 513]


def forward(choice: Choice, z: Floats) -> Floats:
    variant = ACTIVATIONS[choice.id]
    if variant.forward is None:
        return z.copy()
    a = np.full_like(z, 7)
    call(variant.forward, z, a, z.size, vector(variant.values(choice.params)))
    return a


def backward(choice: Choice, z: Floats, a: Floats, d: Floats) -> Floats:
    variant = ACTIVATIONS[choice.id]
    d = d.copy()
    if variant.backward is not None:
        call(variant.backward, z, a, d, z.size, vector(variant.values(choice.params)))
    return d


def _points(size: int) -> Floats:
    rng = np.random.default_rng(size)
    z = rng.normal(0, 3, size)
    z[:8] = [1e4, -1e4, 1e30, -1e30, 50, -50, 1e-30, -1e-30]
    return z.astype(np.float32)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_forward_is_the_formula(choice: Choice, size: int) -> None:
    z = _points(size)
    truth, _ = reference.activation(choice)
    np.testing.assert_allclose(forward(choice, z), truth(z.astype(np.float64)), rtol=1e-6, atol=5e-7)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_backward_multiplies_by_the_formulas_derivative(choice: Choice, size: int) -> None:
    z = _points(size)
    d = np.random.default_rng(1).normal(0, 1, size).astype(np.float32)
    _, derivative = reference.activation(choice)
    truth = d * derivative(z.astype(np.float64))
    np.testing.assert_allclose(backward(choice, z, forward(choice, z), d), truth, rtol=1e-5, atol=3e-6)


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_the_formulas_derivative_is_a_slope(choice: Choice) -> None:
    f, derivative = reference.activation(choice)
    z = np.linspace(-4, 4, 101) + 0.013
    np.testing.assert_allclose(derivative(z), (f(z + 1e-6) - f(z - 1e-6)) / 2e-6, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_nan_stays_nan(choice: Choice) -> None:
    z = np.zeros(24, np.float32)
    z[[0, 5, 23]] = np.nan
    assert np.flatnonzero(np.isnan(forward(choice, z))).tolist() == [0, 5, 23]


@pytest.mark.parametrize("choice", CHOICES, ids=describe)
def test_zero_gradients_stay_zero(choice: Choice) -> None:
    # Padded lanes rely on it: their gradient is zero, whatever their activation.
    z = _points(40)
    assert not backward(choice, z, forward(choice, z), np.zeros_like(z)).any()


#: What a loop would call for a function that `kernels.elementary` does not have, one element after the other.
SCALAR = re.compile(r"@(?:llvm\.)?(?:exp|exp2|expm1|log|log1p|pow|tanh|sinh|cosh|erf|erfc|sin|cos)f?(?:\.f32|\.f64)?\(")


@pytest.mark.parametrize("name", [each.id for each in ACTIVATIONS if each.forward is not None])
def test_loops_are_vectors_and_call_no_scalar_function(name: str) -> None:
    activation = ACTIVATIONS[name]
    assert activation.forward is not None
    assert activation.backward is not None
    for kernel in (activation.forward, activation.backward):
        # Compiled anew, since code that comes from the disk cannot be read.
        code = numba.cfunc(kernel.signature, **(OPTIONS | {"cache": False}))(kernel.function).inspect_llvm()
        assert re.search(r"<\d+ x float>|@llvm\.memset", code)
        assert SCALAR.findall(code) == []


def test_a_stretched_output_stretches_its_saturation() -> None:
    assert ACTIVATIONS["elu"].saturation((2.0,)) == (-1.94, math.inf)
    assert ACTIVATIONS["tanh"].saturation(()) == (-0.97, 0.97)
    for activation in ACTIVATIONS:
        low, high = activation.saturation(activation.values({}))
        assert low < high


def test_thresholds_say_why_nothing_moves() -> None:
    z = np.linspace(-3, 3, 64, dtype=np.float32)
    curves = [each.id for each in ACTIVATIONS if not each.by_units]
    flat = [name for name in curves if not backward(Choice(name), z, z, np.ones_like(z)).any()]
    assert flat == ["step", "sign"]
    assert [each.id for each in ACTIVATIONS if each.note is not None] == flat


@pytest.mark.parametrize("name", list(ACTIVATIONS.variants))
def test_both_directions_or_neither_and_limits_in_order(name: str) -> None:
    activation = ACTIVATIONS[name]
    assert (activation.forward is None) == (activation.backward is None)
    assert activation.saturated_below < activation.saturated_above
