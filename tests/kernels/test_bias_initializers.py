"""Where biases start: every initializer by its formula, and the prior of the targets."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kernels.bias_initializers import BIAS_INITIALIZERS
from kernels.network import Choice, DenseSpec, NetworkSpec, TrainingData, TrainingSpec
from kernels.trainer import Trainer
from tests.kernels.support import CONSTANT, SGD, TANH, Floats, make_trainer

NO_TARGETS = np.zeros(1, np.float32)


def trainer_with(hidden: Choice, output: Choice, y: Floats, loss: str, outputs: int = 1, seed: int = 1) -> Trainer:
    """Seven tanh units; the output's weights are zero."""
    x = np.random.default_rng(0).standard_normal((len(y), 2)).astype(np.float32)
    layer = DenseSpec(7, TANH, Choice("xavier_uniform"), bias_initializer=hidden)
    return Trainer(
        NetworkSpec((2,), (layer,), outputs, Choice("zeros"), output),
        TrainingSpec(Choice(loss), SGD, CONSTANT, (), len(y)),
        TrainingData(x, y, x, y),
        seed,
    )


def first_loss(trainer: Trainer) -> float:
    trainer.observe()
    return float(trainer.stats[[column.name for column in trainer.layout.columns].index("train_loss")])


@pytest.mark.parametrize(
    ("name", "params", "low", "high", "std"),
    [
        ("zeros", {}, 0, 0, 0),
        ("constant", {"value": 0.3}, 0.3, 0.3, 0),
        ("normal", {"std": 0.2}, -math.inf, math.inf, 0.2),
        ("uniform", {"range": 0.5}, -0.5, 0.5, 0.5 / math.sqrt(3)),
        ("lecun_uniform", {}, -0.2, 0.2, 0.2 / math.sqrt(3)),
    ],
)
def test_biases_are_drawn_as_the_formula_says(
    name: str, params: dict[str, float], low: float, high: float, std: float
) -> None:
    variant = BIAS_INITIALIZERS[name]
    drawn = variant.draw(np.random.default_rng(1), 20_000, 25, NO_TARGETS, variant.values(params))
    assert drawn.shape == (20_000,)
    assert drawn.min() >= low
    assert drawn.max() <= high
    assert drawn.std() == pytest.approx(std, rel=0.03, abs=1e-12)
    assert drawn.mean() == pytest.approx(params.get("value", 0), abs=0.01)


def test_the_network_gets_them_and_weights_stay_as_they_were() -> None:
    y = np.ones(4, np.float32)
    plain = trainer_with(Choice("zeros"), Choice("zeros"), y, "mse")
    drawn = trainer_with(Choice("uniform"), Choice("constant", {"value": 2}), y, "mse")
    count = plain.layout.weight_count
    np.testing.assert_array_equal(plain.parameters[:count], drawn.parameters[:count])
    assert not plain.parameters[count:].any()
    assert len(set(drawn.parameters[count:-1].tolist())) == 7
    assert drawn.parameters[-1] == 2
    other = trainer_with(Choice("uniform"), Choice("zeros"), y, "mse", seed=2)
    assert not np.array_equal(other.parameters[count:-1], drawn.parameters[count:-1])


def test_with_the_prior_the_first_loss_is_the_targets_entropy() -> None:
    share = 0.2
    y = np.where(np.arange(50) < 50 * share, 1, -1).astype(np.float32)
    entropy = -share * math.log(share) - (1 - share) * math.log(1 - share)
    trainer = trainer_with(Choice("zeros"), Choice("prior"), y, "binary_cross_entropy")
    assert first_loss(trainer) == pytest.approx(entropy, rel=1e-5)
    classes = np.repeat([0.0, 1.0, 2.0], [10, 30, 60]).astype(np.float32)
    trainer = trainer_with(Choice("zeros"), Choice("prior"), classes, "softmax_cross_entropy", outputs=3)
    shares = np.array([0.1, 0.3, 0.6])
    assert first_loss(trainer) == pytest.approx(float(-(shares * np.log(shares)).sum()), rel=1e-5)
    values = np.random.default_rng(2).standard_normal(80).astype(np.float32) + 3
    trainer = trainer_with(Choice("zeros"), Choice("prior"), values, "mse")
    plain = trainer_with(Choice("zeros"), Choice("zeros"), values, "mse")
    assert first_loss(trainer) / first_loss(plain) == pytest.approx(values.var() / (values**2).mean(), rel=1e-4)


def test_the_prior_is_finite_where_a_class_has_no_sample() -> None:
    variant = BIAS_INITIALIZERS["prior"]
    rng = np.random.default_rng(0)
    ones = variant.draw(rng, 1, 3, np.ones(10, np.float32), ())
    assert ones == pytest.approx([math.log(0.95 / 0.05)])
    two = variant.draw(rng, 3, 3, np.array([0, 0, 2, 2], np.float32), ())
    np.testing.assert_allclose(two, np.log([0.5, 0.125, 0.5]))
    labels = variant.draw(rng, 2, 3, np.array([[1, 0], [1, 1], [0, 1], [1, 1]], np.float32), ())
    np.testing.assert_allclose(labels, np.log([3.0, 3.0]))


def test_hidden_layers_have_no_targets() -> None:
    with pytest.raises(ValueError, match="bias_initializer prior is for the output layer only"):
        trainer_with(Choice("prior"), Choice("zeros"), np.ones(4, np.float32), "mse")
    make_trainer(normalization=Choice("batch_norm"))
