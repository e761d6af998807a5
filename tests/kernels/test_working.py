"""The lines that explain an optimizer or a loss, evaluated as they are written, against the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from kernels.labels import unpack_labels
from kernels.losses import LOSSES
from kernels.network import Choice
from kernels.optimizers import OPTIMIZERS
from kernels.working import FUNCTIONS, Working, slot_name
from tests.kernels.reference import named
from tests.kernels.support import describe, every

CALLS: dict[str, Callable[..., Any]] = {
    "sqrt": np.sqrt,
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sign": np.sign,
    "min": np.minimum,
    "max": np.maximum,
    "where": np.where,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "log1pexp": lambda x: np.logaddexp(0, x),
    "norm": np.linalg.norm,
    "mean": np.mean,
    "total": np.sum,
    "largest": np.max,
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(),
}


def work(working: Working, given: Mapping[str, Any]) -> dict[str, Any]:
    """All names after the lines have been calculated."""
    names = dict(given)
    for line in working.lines:
        if not line.when or eval(line.when, {"__builtins__": {}}, names):
            names[line.name] = eval(line.expression, {"__builtins__": {}, **CALLS}, names)
    return names


def test_every_function_is_known_here() -> None:
    assert set(CALLS) == FUNCTIONS


#: sam's steps are an inner optimizer's; around Adam it takes other lines.
INNER = [Choice("sam", {"inner": 1.0})]


@pytest.mark.parametrize("choice", [*every(OPTIMIZERS), *INNER], ids=describe)
def test_an_optimizer_works_as_its_reference(choice: Choice) -> None:
    variant = OPTIMIZERS[choice.id]
    rng = np.random.default_rng(3)
    w = rng.normal(0, 1, 20)
    truth = w.copy()
    true_slots = [*(np.zeros(20) for _ in variant.slots), *(np.zeros(1) for _ in variant.scalars)]
    slots = {slot_name(slot): np.zeros(20) for slot in variant.slots} | {
        slot_name(scalar): np.zeros(1) for scalar in variant.scalars
    }
    parameters = named(variant, choice)
    for step in range(1, 31):
        g = rng.normal(0.2, 1, 20)
        names = work(variant.working, {**slots, **parameters, "w": w, "g": g, "t": step})
        w, slots = names["w"], {name: names[name] for name in slots}
        variant.reference(truth, g, true_slots, step, **parameters)
        np.testing.assert_allclose(w, truth, rtol=1e-9, atol=1e-9)
    for slot, true_slot in zip(slots.values(), true_slots, strict=True):
        np.testing.assert_allclose(slot, true_slot, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [variant.id for variant in OPTIMIZERS if variant.working.weights_only])
def test_what_spares_biases_is_a_parameter(name: str) -> None:
    variant = OPTIMIZERS[name]
    assert set(variant.working.weights_only) <= {param.id for param in variant.params}


def _outputs(loss_id: str) -> list[int]:
    tasks = set(LOSSES[loss_id].tasks)
    return [n for n, fitting in ((1, {"regression", "binary"}), (4, {"multiclass", "multilabel"})) if tasks & fitting]


@pytest.mark.parametrize(
    ("choice", "outputs"),
    [pytest.param(choice, n, id=f"{describe(choice)} {n}") for choice in every(LOSSES) for n in _outputs(choice.id)],
)
def test_a_loss_works_as_its_reference(choice: Choice, outputs: int) -> None:
    loss = LOSSES[choice.id]
    rng = np.random.default_rng(5)
    parameters, count, nudge = named(loss, choice), 8, 1e-6
    z = rng.normal(0, 1.5, (count, outputs))
    if outputs == 1:
        y = rng.choice([-1.0, 1.0], count)
        wanted = y[:, None]
    elif "multilabel" in loss.tasks:
        y = rng.integers(0, 16, count).astype(float)
        wanted = 2 * unpack_labels(y, outputs) - 1
    else:
        y = rng.integers(0, outputs, count).astype(float)
        wanted = np.eye(outputs)[y.astype(int)]
    values = []
    for sample in range(count):
        names = work(loss.working, {**parameters, "z": z[sample], "y": wanted[sample], "n": count, "K": outputs})
        values.append(float(np.squeeze(names["loss"])))
        for output in range(outputs):
            ends = []
            for sign in (1, -1):
                moved = z.copy()
                moved[sample, output] += sign * nudge
                ends.append(loss.reference(moved, y, *parameters.values()))
            slope = (ends[0] - ends[1]) / (2 * nudge)
            np.testing.assert_allclose(np.broadcast_to(names["d"], outputs)[output], slope, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(np.mean(values), loss.reference(z, y, *parameters.values()), rtol=1e-9)
