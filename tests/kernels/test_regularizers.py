"""Every penalty's kernel against the slope of its reference."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.network import Choice
from kernels.regularizers import REGULARIZERS
from tests.kernels.reference import slope
from tests.kernels.support import call, describe, every, vector


@pytest.mark.parametrize("size", [1, 8, 45])
@pytest.mark.parametrize("choice", every(REGULARIZERS), ids=describe)
def test_adds_the_slope_of_its_reference(choice: Choice, size: int) -> None:
    variant = REGULARIZERS[choice.id]
    values = variant.values(choice.params)
    rng = np.random.default_rng(size)
    w, g = rng.normal(0, 2, (2, size)).astype(np.float32)
    truth = g + slope(lambda at: variant.reference(at, *values), w.astype(np.float64))
    call(variant.gradient, w, g, size, vector(values))
    np.testing.assert_allclose(g, truth, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", list(REGULARIZERS.variants))
def test_leaves_a_zero_weight_alone(name: str) -> None:
    penalty = REGULARIZERS[name]
    w, g = np.zeros(8, np.float32), np.zeros(8, np.float32)
    call(penalty.gradient, w, g, 8, vector(penalty.values({})))
    assert not g.any()
