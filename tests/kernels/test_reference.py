"""The reference network's own proof: its back-propagation is the slope of its loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels.activations import ACTIVATIONS
from kernels.losses import LOSSES
from kernels.network import Choice
from tests.kernels import reference
from tests.kernels.support import FITTING, OUTPUTS, PLACED, describe, make_data, make_network, make_trainer, targets_of


@pytest.mark.parametrize(("loss", "task"), FITTING)
@pytest.mark.parametrize("normalization", PLACED, ids=describe)
@pytest.mark.parametrize("activation", list(ACTIVATIONS.variants))
def test_backward_is_the_slope_of_the_loss(activation: str, normalization: Choice, loss: str, task: str) -> None:
    kinds: dict[str, Any] = {"activation": Choice(activation), "normalization": normalization}
    data = make_data(task, 12)
    spec = make_network(2, (4, 6), OUTPUTS.get(task, 1), **kinds)
    network = reference.twin(make_trainer(data, task=task, hidden=(4, 6), loss=Choice(loss), **kinds), spec)
    rng = np.random.default_rng(2)
    for name, values in network.parameters.items():
        network.parameters[name] = values + rng.normal(0, 0.3, values.shape)
    x, y = data.x_train.astype(np.float64), targets_of(data.y_train)
    masks = reference.Masks([rng.choice([0.0, 1.25], (12, units)) for units in (4, 6)])
    _, gradients = reference.loss_and_gradients(network, Choice(loss), x, y, masks)
    for name, values in network.parameters.items():

        def value(at: reference.Array, name: str = name) -> float:
            changed = reference.Network(spec, network.parameters | {name: at}, dict(network.running))
            z = changed.forward(x, training=True, masks=masks)
            return LOSSES[loss].reference(z, y, *LOSSES[loss].values({}))

        np.testing.assert_allclose(gradients[name], reference.slope(value, values), rtol=1e-5, atol=1e-7, err_msg=name)
