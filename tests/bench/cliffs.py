"""No choice may fall off a cliff: each one, alone in the 64-64-64-10 network, against the plain network.

The plain network is tanh without normalization under gradient descent. What climbs before it steps takes two gradients,
and is held against the optimizer inside it. Each activation and normalization is also switched alone into a network on
images: two convolutions of 6 and 16 filters with ReLU and max pools, on 16x16 pixels. `python -m tests.bench.cliffs`
prints it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from kernels.activations import ACTIVATIONS
from kernels.network import (
    Choice,
    ConvSpec,
    DenseSpec,
    LayerSpec,
    NetworkSpec,
    PoolSpec,
    TrainingData,
    TrainingSpec,
)
from kernels.normalizations import NORMALIZATIONS
from kernels.optimizers import OPTIMIZERS
from kernels.trainer import Trainer
from tests.bench.one_thread import one_thread
from tests.bench.rounds import Work, medians

#: What a choice may cost at most, in times of the plain network.
LIMIT = 2.5
SAMPLES, INPUTS, UNITS, CLASSES, BATCH_SIZE = 1437, 64, (64, 64), 10, 64
SHAPE, FILTERS, BATCH_OF_IMAGES = (1, 16, 16), (6, 16), 32
#: Steps before the clock starts: records grow sparser, and from then on they weigh little.
STEPS_BEFORE, STEPS_BEFORE_OF_IMAGES = 5000, 600
SECONDS, ROUNDS, CALLS = 0.05, 7, 100
#: So small that nothing diverges; the work does not depend on it.
LEARNING_RATE = 1e-4
TANH, RELU, NONE = Choice("tanh"), Choice("relu"), Choice("none")
XAVIER = Choice("xavier_uniform")
SGD = Choice("sgd", {"learning_rate": LEARNING_RATE})


@dataclass(frozen=True)
class Setting:
    """What is switched: one choice, the others plain; in a dense network, or in one on images."""

    name: str
    activation: Choice = TANH
    normalization: Choice = NONE
    optimizer: Choice = SGD
    images: bool = False

    @property
    def network(self) -> NetworkSpec:
        """The network with the choice."""
        if not self.images:
            dense = (DenseSpec(units, self.activation, XAVIER, normalization=self.normalization) for units in UNITS)
            return NetworkSpec((INPUTS,), tuple(dense), CLASSES, XAVIER)
        layers: list[LayerSpec] = []
        for filters in FILTERS:
            convolution = ConvSpec(filters, 3, self.activation, XAVIER, normalization=self.normalization)
            layers += [convolution, PoolSpec("max", 2, 2)]
        return NetworkSpec(SHAPE, tuple(layers), CLASSES, XAVIER)


PLAIN, PLAIN_ON_IMAGES = Setting("plain"), Setting("plain_on_images", RELU, images=True)


@dataclass(frozen=True)
class Cost:
    """Microseconds a step, with the choice and with what it is held against."""

    setting: Setting
    choice_us: float
    plain_us: float
    against: str = field(default=PLAIN.name)

    @property
    def ratio(self) -> float:
        """How many times as long a step takes."""
        return self.choice_us / self.plain_us

    @property
    def reached(self) -> bool:
        """Whether that is no cliff."""
        return self.ratio <= LIMIT

    def as_dict(self) -> dict[str, object]:
        """The entry in `build/bench.json`."""
        return {
            "case": f"cliff_{self.setting.name}",
            "ours_us": round(self.choice_us, 3),
            "against": self.against,
            "against_us": round(self.plain_us, 3),
            "ratio": round(self.ratio, 3),
            "target": LIMIT,
            "at_most": True,
            "reached": self.reached,
        }


def settings() -> Iterator[tuple[Setting, Setting]]:
    """Every choice alone, with what it is held against."""
    for activation in ACTIVATIONS:
        name, choice = f"activations.{activation.id}", Choice(activation.id)
        yield Setting(name, choice), PLAIN
        yield Setting(f"{name}_on_images", choice, images=True), PLAIN_ON_IMAGES
    for normalization in NORMALIZATIONS:
        name, choice = f"normalizations.{normalization.id}", Choice(normalization.id)
        if not normalization.needs_image:
            yield Setting(name, normalization=choice), PLAIN
        yield Setting(f"{name}_on_images", RELU, choice, images=True), PLAIN_ON_IMAGES
    for optimizer in OPTIMIZERS:
        given = {"learning_rate": LEARNING_RATE}
        if not optimizer.climbs:
            yield Setting(f"optimizers.{optimizer.id}", optimizer=Choice(optimizer.id, given)), PLAIN
            continue
        inner = next(param for param in optimizer.params if param.id == "inner")
        for index, (inside, _) in enumerate(inner.choices):
            around = Choice(optimizer.id, {**given, "inner": index})
            alone = Setting(f"optimizers.{inside}", optimizer=Choice(inside, given))
            yield Setting(f"optimizers.{optimizer.id}({inside})", optimizer=around), alone


def _train(setting: Setting) -> Work:
    # Noise cannot be learned, so gradients never fade.
    rng = np.random.default_rng(0)
    network = setting.network
    x = rng.standard_normal((SAMPLES, network.inputs)).astype(np.float32)
    y = rng.integers(0, CLASSES, SAMPLES).astype(np.float32)
    batch_size = BATCH_OF_IMAGES if setting.images else BATCH_SIZE
    trainer = Trainer(
        network,
        TrainingSpec(Choice("softmax_cross_entropy"), setting.optimizer, Choice("constant"), (), batch_size),
        TrainingData(x, y, x[:100], y[:100]),
        seed=1,
    )

    def train(steps: int) -> None:
        if trainer.train(steps, observe=False) != steps:
            raise RuntimeError(f"{setting.name} diverged at step {trainer.step}: its time means nothing")

    train(STEPS_BEFORE_OF_IMAGES if setting.images else STEPS_BEFORE)
    return train


def measure(setting: Setting, against: Setting) -> Cost:
    """Time one choice and what it is held against, in turn."""
    works = {"choice": _train(setting), "plain": _train(against)}
    calls = 1 if setting.images else CALLS
    found = medians(works, dict.fromkeys(works, calls), seconds=SECONDS, rounds=ROUNDS)
    return Cost(setting, found["choice"], found["plain"], against.name)


def measure_all() -> list[Cost]:
    """Time all choices, one after the other, on one thread of one processor."""
    with one_thread():
        return [measure(setting, against) for setting, against in settings()]


def table(costs: list[Cost]) -> str:
    """The costs as a table for a terminal, the dearest first."""
    lines = [f"{'choice':<42}{'a step':>11}{'against':>11}{'ratio':>8}{'limit':>7}"]
    for cost in sorted(costs, key=lambda cost: -cost.ratio):
        verdict = "" if cost.reached else "  above"
        lines.append(
            f"{cost.setting.name:<42}{cost.choice_us:>8.1f} µs{cost.plain_us:>8.1f} µs"
            f"{cost.ratio:>8.2f}{LIMIT:>7.1f}{verdict}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measure_all()))
