"""Steps with every optimizer and every loss as they are rehearsed, for the lines that the page works out of them.

    python -m tests.server.rehearsal_golden     writes web/src/generated/rehearsals.golden.json

One case for every optimizer, loss, clipping, regularizer and mean of the weights, with its defaults and with each of
its parameters away from them: a small network after a few steps, so that what an optimizer remembers has moved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kernels.averagings import AVERAGINGS
from kernels.clippings import CLIPPINGS
from kernels.losses import LOSSES
from kernels.network import Choice, DenseSpec, NetworkSpec, TrainingSpec
from kernels.optimizers import OPTIMIZERS
from kernels.regularizers import REGULARIZERS
from kernels.rehearsal import Rehearsal, rehearse
from kernels.trainer import Trainer
from server.catalog import families
from tests.kernels.forward_golden import explicit
from tests.kernels.support import CONSTANT, MSE, OUTPUTS, TANH, XAVIER, choices, every, make_data

PATH = Path(__file__).parents[2] / "web" / "src" / "generated" / "rehearsals.golden.json"
UNITS, SAMPLES = 2, 5
#: So many that the rectified method trusts its second moment.
STEPS = 7
#: What the page's lines are calculated from, and what they should come to.
_KEPT = re.compile(r"targets|norm|output\.(z|a|d_z)|.*\.(before|gradient|passed|climbed|after)")
_OF_VARIANTS = ("id", "formula", "working", "tasks", "climbs", "decoupled")
#: sam's steps are an inner optimizer's; around Adam it takes other lines.
_INNER = Choice("sam", {"inner": 1.0})
_NONE, _PLAIN, _MOMENTUM = Choice("none"), Choice("sgd", {"learning_rate": 0.1}), Choice("momentum")


@dataclass(frozen=True)
class Case:
    """A training, and which of several tasks its data are for."""

    task: str = "regression"
    loss: Choice = MSE
    optimizer: Choice = _PLAIN
    clipping: Choice = _NONE
    regularizers: tuple[Choice, ...] = ()
    averaging: Choice = _NONE

    def trained(self) -> Trainer:
        """After a few steps over all samples."""
        network = NetworkSpec((2,), (DenseSpec(UNITS, TANH, XAVIER),), OUTPUTS.get(self.task, 1), XAVIER)
        training = TrainingSpec(
            self.loss, self.optimizer, CONSTANT, self.regularizers, SAMPLES,
            clipping=self.clipping, averaging=self.averaging,
        )  # fmt: skip
        trainer = Trainer(network, training, make_data(self.task, SAMPLES, seed=2), seed=3)
        trainer.train(STEPS)
        return trainer

    def choices(self) -> dict[str, Any]:
        """What the page reads of the configuration."""
        return {
            "loss": explicit("losses", self.loss),
            "clipping": explicit("clippings", self.clipping),
            "regularizers": [explicit("regularizers", each) for each in self.regularizers],
        }


def cases() -> Iterator[Case]:
    """All of them."""
    for optimizer in (*every(OPTIMIZERS), _INNER):
        yield Case(optimizer=optimizer)
    for loss in every(LOSSES):
        for task in LOSSES[loss.id].tasks:
            yield Case(task, loss)
    for variant in CLIPPINGS:
        for limit in (0.05, 100.0) if variant.params else ():
            for optimizer in (_MOMENTUM, Choice("sam")):
                yield Case(optimizer=optimizer, clipping=Choice(variant.id, {"limit": limit}))
    penalties = [choice for variant in REGULARIZERS for choice in choices(variant)]
    for penalty in penalties:
        yield Case(optimizer=_MOMENTUM, regularizers=(penalty,))
    yield Case(optimizer=_MOMENTUM, regularizers=tuple(Choice(each.id) for each in REGULARIZERS))
    for mean in every(AVERAGINGS):
        yield Case(optimizer=_MOMENTUM, averaging=mean)


def number(value: float) -> float:
    """As JSON has it: nine digits are enough for every float32."""
    return float(f"{value:.9g}")


def numbers(values: np.ndarray[Any, Any]) -> list[float]:
    """The same of all."""
    return [number(value) for value in values.ravel().tolist()]


def rehearsed(trainer: Trainer) -> dict[str, Any]:
    """The trainer's next step as JSON."""
    found: Rehearsal = rehearse(trainer)
    mean = found.averaging
    return {
        "step": found.step,
        "count": found.count,
        "loss": number(found.loss),
        "losses": numbers(found.losses),
        "learning_rate": number(found.learning_rate),
        "optimizer_step": found.optimizer_step,
        "optimizer": {
            "id": found.optimizer,
            "params": {name: number(value) for name, value in found.params.items()},
            "slots": {
                slot: {name: {"before": numbers(b), "after": numbers(a)} for name, (b, a) in tensors.items()}
                for slot, tensors in found.slots.items()
            },
        },
        "averaging": mean and {**vars(mean), "share": number(mean.share)},
        "arrays": {name: numbers(values) for name, values in found.arrays.items() if _KEPT.fullmatch(name)},
        "sums": {name: numbers(values) for name, values in found.sums.items() if _KEPT.fullmatch(name)},
    }


def set_back(trainer: Trainer, kept: Mapping[str, Any]) -> None:
    """Give the trainer the numbers with which a kept step begins."""
    size, memory = trainer.layout.parameter_count, trainer.parts[2]
    slots = list(kept["optimizer"]["slots"].values())
    vectors = len(OPTIMIZERS[kept["optimizer"]["id"]].slots)
    for tensor in trainer.layout.tensors:
        place = slice(tensor.offset, tensor.offset + tensor.size)
        trainer.parameters[place] = kept["arrays"][f"{tensor.name}.before"]
        if trainer.averaged is not None:
            trainer.averaged[place] = kept["arrays"][f"{tensor.name}.averaged.before"]
        for vector, tensors in zip(memory.slots[: vectors * size].reshape(-1, size), slots, strict=False):
            vector[place] = tensors[tensor.name]["before"]
        for at, tensors in enumerate(slots[vectors:], vectors * size):
            memory.slots[at] = tensors[tensor.name]["before"][0]


def _variants(family: str) -> list[dict[str, Any]]:
    return [{key: entry[key] for key in _OF_VARIANTS if key in entry} for entry in families()[family]]


def golden() -> dict[str, Any]:
    """The whole file, made anew."""
    trainers = [(case, case.trained()) for case in cases()]
    layouts = {str(trainer.layout.layer_units[-1]): trainer.layout.as_dict() for _, trainer in trainers}
    shown = ("losses", "optimizers", "clippings", "regularizers", "averagings")
    return {
        "families": {name: _variants(name) for name in shown},
        "layouts": layouts,
        "cases": [{"training": case.choices(), **rehearsed(trainer)} for case, trainer in trainers],
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(golden(), separators=(",", ":")) + "\n", encoding="utf-8")
