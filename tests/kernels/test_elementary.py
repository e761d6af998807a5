"""The elementary functions keep the error bounds that their docstrings state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
import scipy.special

from kernels import elementary
from tests.kernels.support import Floats

NAMES = ("exp", "log", "tanh", "sigmoid", "precise_sigmoid", "normal_share")


@numba.njit(cache=True)
def _over(x: Floats) -> Floats:
    values = np.empty((len(NAMES), x.size), np.float32)
    for i in range(x.size):
        values[0, i] = elementary.exp(x[i])
        values[1, i] = elementary.log(x[i])
        values[2, i] = elementary.tanh(x[i])
        values[3, i] = elementary.sigmoid(x[i])
        values[4, i] = elementary.precise_sigmoid(x[i])
        values[5, i] = elementary.normal_share(x[i])
    return values


def evaluate(name: str, x: Any) -> Any:
    return _over(np.asarray(x, np.float32))[NAMES.index(name)]


def _spread(low: float, high: float) -> Floats:
    evenly = np.linspace(low, high, 400_001)
    small = np.geomspace(1e-30, max(abs(low), abs(high)), 20_000)
    points = np.concatenate([evenly, small, -small, np.arange(-90, 90)])
    inside: Floats = points[(points >= low) & (points <= high)].astype(np.float32)
    return inside


def test_exp_is_exact_to_4e_7_of_its_value() -> None:
    x = _spread(-87.33, 88.37)
    truth = np.exp(x.astype(np.float64))
    assert np.max(np.abs(evaluate("exp", x) / truth - 1)) < 4e-7


def test_log_is_exact_to_2e_7() -> None:
    x = np.concatenate([np.geomspace(1.2e-38, 3.4e38, 400_001), np.linspace(0.4, 3, 100_001)]).astype(np.float32)
    truth = np.log(x.astype(np.float64))
    assert np.max(np.abs(evaluate("log", x) - truth) / np.maximum(1, np.abs(truth))) < 2e-7


@pytest.mark.parametrize(
    ("name", "truth", "bound"),
    [("tanh", np.tanh, 3e-7), ("sigmoid", lambda x: 0.5 + 0.5 * np.tanh(0.5 * x), 2e-7)],
)
def test_bounded_functions_are_exact_and_stay_inside(name: str, truth: Callable[[Any], Any], bound: float) -> None:
    x = np.concatenate([_spread(-30, 30), np.array([1e10, -1e10, 3e38, -3e38, np.inf, -np.inf], np.float32)])
    values = evaluate(name, x)
    assert np.max(np.abs(values - truth(x.astype(np.float64)))) < bound
    # Beyond the bounds the derivatives a (1 - a) and 1 - a^2 would change their sign.
    assert values.max() <= 1
    assert values.min() >= (-1 if name == "tanh" else 0)


def test_ends_of_the_ranges() -> None:
    assert evaluate("exp", [88.38, 1e4, 3e38, np.inf]).tolist() == [np.inf] * 4
    assert evaluate("exp", [-87.34, -1e4, -3e38, -np.inf]).tolist() == [0.0] * 4
    assert evaluate("log", [np.inf]).tolist() == [np.inf]


def test_precise_sigmoid_is_exact_to_6e_7_of_its_value() -> None:
    x = _spread(-87, 87)
    assert np.max(np.abs(evaluate("precise_sigmoid", x) / scipy.special.expit(x.astype(np.float64)) - 1)) < 6e-7
    assert evaluate("precise_sigmoid", [-100, -3e38, -np.inf, 3e38, np.inf]).tolist() == [0, 0, 0, 1, 1]


def test_normal_share_is_exact_to_2e_7_and_keeps_its_digits_in_the_lower_tail() -> None:
    x = _spread(-30, 30)
    truth = scipy.special.ndtr(x.astype(np.float64))
    assert np.max(np.abs(evaluate("normal_share", x) - truth)) < 2e-7
    tail = _spread(-12, -1)
    truth = scipy.special.ndtr(tail.astype(np.float64))
    assert np.max(np.abs(evaluate("normal_share", tail) / truth - 1) / tail**2) < 1e-6
    assert evaluate("normal_share", [-20, -3e38, -np.inf, 20, 3e38, np.inf]).tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("name", NAMES)
def test_nan_stays_nan(name: str) -> None:
    assert np.isnan(evaluate(name, [np.nan] * 17)).all()
