"""What the kernels compute in inference mode, for the page's own forward pass to be compared with.

    python -m tests.kernels.forward_golden     writes web/src/generated/forward.golden.json

One case for every activation with every normalization in every position: a small network after a few training steps,
so that running statistics and all that is learned have moved, with its weights, test inputs and targets, and the mean
squared error that the kernels report.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from kernels.network import Choice, DenseSpec, NetworkSpec, TrainingData, TrainingSpec
from kernels.registry import FAMILIES
from kernels.trainer import Trainer
from tests.kernels.support import PLACED

PATH = Path(__file__).parents[2] / "web" / "src" / "generated" / "forward.golden.json"
UNITS = (6, 6)
INPUTS, SAMPLES, STEPS = 2, 40, 4


def untrained(activation: Choice, normalization: Choice, seed: int) -> tuple[Trainer, TrainingData]:
    """A case's network with its first weights, and its data."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(2 * SAMPLES, INPUTS)).astype(np.float32)
    y = np.sin(x @ np.array([1.3, -0.7], np.float32)).astype(np.float32)
    layers = tuple(DenseSpec(units, activation, Choice("xavier_uniform"), normalization) for units in UNITS)
    training = TrainingSpec(Choice("mse"), Choice("sgd", {"learning_rate": 0.05}), Choice("constant"), (), 16)
    data = TrainingData(x[:SAMPLES], y[:SAMPLES], x[SAMPLES:], y[SAMPLES:])
    return Trainer(NetworkSpec((INPUTS,), layers, 1, Choice("xavier_uniform")), training, data, seed), data


def error_of(trainer: Trainer) -> float:
    """The mean squared error over the test set, as the kernels last reported it."""
    column = next(i for i, each in enumerate(trainer.layout.columns) if each.name == "test_loss")
    return float(trainer.stats[column])


def head(activation: Choice, normalization: Choice, trainer: Trainer) -> dict[str, Any]:
    """What a case is of."""
    layer = {
        "activation": explicit("activations", activation),
        "normalization": explicit("normalizations", normalization),
    }
    return {"layers": [layer for _ in UNITS], "layout": trainer.layout.as_dict()}


def _case(activation: Choice, normalization: Choice, seed: int) -> dict[str, Any]:
    trainer, data = untrained(activation, normalization, seed)
    trainer.train(STEPS)
    return {
        **head(activation, normalization, trainer),
        "params": numbers(trainer.parameters),
        "running": numbers(trainer.running),
        "inputs": numbers(data.x_test),
        "targets": numbers(data.y_test),
        "mean_squared_error": error_of(trainer),
    }


def explicit(family: str, choice: Choice) -> dict[str, str | float]:
    """A choice with all its parameters, as configurations have it."""
    defaults = {param.id: param.default for param in FAMILIES[family][choice.id].params}
    return {"id": choice.id, **defaults, **choice.params}


def numbers(values: np.ndarray[Any, Any]) -> list[float]:
    """As JSON has them: eight digits are all that a float32 has."""
    return [float(f"{value:.8g}") for value in values.ravel()]


def pairs() -> list[tuple[Choice, Choice]]:
    """The activation and the normalization of each case."""
    activations = [Choice(each.id) for each in FAMILIES["activations"]]
    activations += [Choice("prelu", {"sharing": 0}), Choice("maxout", {"pieces": 3})]
    return [(activation, normalization) for activation in activations for normalization in PLACED]


def cases() -> list[dict[str, Any]]:
    """All cases, made anew."""
    return [_case(activation, normalization, seed) for seed, (activation, normalization) in enumerate(pairs())]


if __name__ == "__main__":
    PATH.write_text(json.dumps(cases()) + "\n", encoding="utf-8")
