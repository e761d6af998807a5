"""Convolutional networks against PyTorch (eager) and JAX (`jit` and `lax.scan`), on one thread, and what they hold.

As `kernels` does for dense networks. Beside the time stands how many floating-point operations a second that is, of
those that the machine does in a large matrix product in the same run; and the memory that a run allocates, beside what
its parameters, slots, activations and data take when counted by hand. `python -m tests.bench.images` prints it alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from kernels.network import Choice, ConvSpec, DenseSpec, LayerSpec, NetworkSpec, PoolSpec, TrainingData, TrainingSpec
from kernels.shapes import stages
from kernels.trainer import Trainer
from tests.bench.image_peers import Floats, jax_work, torch_work
from tests.bench.one_thread import one_thread
from tests.bench.rounds import Work, medians, timed
from tests.kernels.memory import MEMORY_LIMIT, allocated, by_hand

LEARNING_RATE = 0.01
CLASSES, TESTED = 10, 100
#: Records grow sparser as a run goes on: ours is timed as sparse as they are after so many seconds.
SECONDS_BEFORE = 5.0
#: The side of the matrices whose product tells what the machine can do.
SGEMM = 768


@dataclass(frozen=True)
class ImageCase:
    """A network to be timed, and how many times faster than the faster peer it should be.

    `scan` is how many steps JAX does in one call: few, since on these it is slow.
    """

    name: str
    shape: tuple[int, int, int]
    layers: tuple[LayerSpec, ...]
    batch_size: int
    target: float
    scan: int
    samples: int = 1024

    @property
    def spec(self) -> NetworkSpec:
        """The network, of ten classes."""
        return NetworkSpec(self.shape, self.layers, CLASSES, XAVIER)

    @property
    def flops(self) -> float:
        """Floating-point operations of one step: forward, and back to weights and inputs, but not to the images."""
        weighted = [stage.operations for stage in stages(self.spec) if stage.pieces]
        return 2.0 * self.batch_size * (3 * sum(weighted) - weighted[0])

    def data(self) -> tuple[Floats, Floats]:
        """Random images with random classes: noise cannot be learned, so gradients never fade into denormal numbers."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.samples, self.spec.inputs)).astype(np.float32)
        return x, rng.integers(0, CLASSES, self.samples).astype(np.float32)

    def trainer(self) -> Trainer:
        """Our side of it."""
        x, y = self.data()
        training = TrainingSpec(
            Choice("softmax_cross_entropy"),
            Choice("sgd", {"learning_rate": LEARNING_RATE}),
            Choice("constant"),
            (),
            self.batch_size,
        )
        return Trainer(self.spec, training, TrainingData(x, y, x[:TESTED], y[:TESTED]), seed=1)


XAVIER, RELU, TANH = Choice("xavier_uniform"), Choice("relu"), Choice("tanh")


def _two_of_3x3(first: int, second: int) -> tuple[LayerSpec, ...]:
    return (
        ConvSpec(first, 3, RELU, XAVIER),
        PoolSpec("max", 2, 2),
        ConvSpec(second, 3, RELU, XAVIER),
        PoolSpec("max", 2, 2),
    )


LENET5: tuple[LayerSpec, ...] = (
    ConvSpec(6, 5, TANH, XAVIER),
    PoolSpec("mean", 2, 2),
    ConvSpec(16, 5, TANH, XAVIER, padding="valid"),
    PoolSpec("mean", 2, 2),
    DenseSpec(120, TANH, XAVIER),
    DenseSpec(84, TANH, XAVIER),
)
CASES = (
    ImageCase("cnn_8-16_28x28_b64", (1, 28, 28), _two_of_3x3(8, 16), 64, 3.0, scan=2),
    ImageCase("cnn_16-32_28x28_b64", (1, 28, 28), _two_of_3x3(16, 32), 64, 2.0, scan=2),
    ImageCase("cnn_6-16_16x16_b32", (1, 16, 16), _two_of_3x3(6, 16), 32, 5.0, scan=10),
    ImageCase("cnn_6-16_8x8_b32", (1, 8, 8), _two_of_3x3(6, 16), 32, 6.0, scan=50),
    ImageCase("cnn_lenet5_28x28_b64", (1, 28, 28), LENET5, 64, 2.0, scan=2),
)


@dataclass(frozen=True)
class ImageTiming:
    """Microseconds a training step, ours and the peers'; and the machine's GFLOP/s in large matrix products."""

    case: ImageCase
    ours_us: float
    jax_us: float
    torch_us: float
    machine: float

    @property
    def ratio(self) -> float:
        """How many times ours goes into the faster peer's."""
        return min(self.jax_us, self.torch_us) / self.ours_us

    @property
    def rate(self) -> float:
        """GFLOP/s of a whole step, with all that is no product."""
        return self.case.flops / self.ours_us / 1e3

    @property
    def reached(self) -> bool:
        """Whether it is as fast as it should be."""
        return self.ratio >= self.case.target

    def as_dict(self) -> dict[str, object]:
        """The entry in `build/bench.json`."""
        return {
            "case": self.case.name,
            "ours_us": round(self.ours_us, 3),
            "peers": {"jax_us": round(self.jax_us, 3), "torch_us": round(self.torch_us, 3)},
            "ratio": round(self.ratio, 3),
            "target": self.case.target,
            "gflops": round(self.rate, 2),
            "machine_gflops": round(self.machine, 2),
            "reached": self.reached,
        }


@dataclass(frozen=True)
class Held:
    """Bytes that a run allocates, and those that its numbers take, counted by hand."""

    case: ImageCase
    allocated: int
    by_hand: int

    @property
    def ratio(self) -> float:
        """How many times as much is allocated."""
        return self.allocated / self.by_hand

    @property
    def reached(self) -> bool:
        """Whether that is little more."""
        return self.ratio <= MEMORY_LIMIT

    def as_dict(self) -> dict[str, object]:
        """The entry in `build/bench.json`."""
        return {
            "case": f"memory_{self.case.name}",
            "allocated_bytes": self.allocated,
            "by_hand_bytes": self.by_hand,
            "ratio": round(self.ratio, 3),
            "target": MEMORY_LIMIT,
            "at_most": True,
            "reached": self.reached,
        }


def _sgemm() -> Work:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, SGEMM, SGEMM)).astype(np.float32)
    out = np.empty_like(a)

    def multiply(times: int) -> None:
        for _ in range(times):
            np.dot(a, b, out)

    return multiply


def measure(case: ImageCase) -> ImageTiming:
    """Time one case, all in turn, round after round."""
    x, y = case.data()
    trainer = case.trainer()

    def ours(steps: int) -> None:
        trainer.train(steps, observe=False)

    works = {
        "ours": ours,
        "jax": jax_work(case.spec, case.batch_size, LEARNING_RATE, x, y, case.scan),
        "torch": torch_work(case.spec, case.batch_size, LEARNING_RATE, x, y),
        "sgemm": _sgemm(),
    }
    ours(1)
    a_slice = max(1, round(0.1e6 / timed(ours, 5)))
    deadline = time.perf_counter() + SECONDS_BEFORE
    while time.perf_counter() < deadline:
        ours(a_slice)
    taken = medians(works, {"ours": 1, "jax": case.scan, "torch": 1, "sgemm": 1})
    return ImageTiming(case, taken["ours"], taken["jax"], taken["torch"], 2 * SGEMM**3 / taken["sgemm"] / 1e3)


def measure_all() -> list[ImageTiming | Held]:
    """Time all cases, one after the other, on one thread of one processor, and look at their memory."""
    with one_thread():
        timings = [measure(case) for case in CASES]
    return [
        *timings,
        *(
            Held(case, allocated(case.trainer), by_hand(case.trainer(), case.spec, case.samples + TESTED))
            for case in CASES
        ),
    ]


def _timing(row: ImageTiming) -> str:
    return (
        f"{row.case.name:<24}{row.ours_us:>7.0f} µs{row.jax_us:>10.0f} µs{row.torch_us:>9.0f} µs"
        f"{row.ratio:>8.2f}{row.case.target:>8.1f}{row.rate:>10.1f}{row.machine:>7.1f}"
        f"{'' if row.reached else '  below'}"
    )


def _held(row: Held) -> str:
    return (
        f"{row.case.name:<24}{row.allocated / 1e6:>13.2f} MB{row.by_hand / 1e6:>13.2f} MB"
        f"{row.ratio:>8.2f}{MEMORY_LIMIT:>8.1f}{'' if row.reached else '  above'}"
    )


def table(rows: list[ImageTiming | Held]) -> str:
    """The timings, then the memory, as tables for a terminal."""
    times = f"{'case':<24}{'ours':>10}{'JAX':>13}{'PyTorch':>12}{'ratio':>8}{'target':>8}{'GFLOP/s':>10}{'of':>7}"
    memory = f"{'memory of a run':<24}{'allocated':>16}{'by hand':>16}{'ratio':>8}{'limit':>8}"
    timings = [_timing(row) for row in rows if isinstance(row, ImageTiming)]
    return "\n".join([times, *timings, "", memory, *(_held(row) for row in rows if isinstance(row, Held))])


if __name__ == "__main__":
    print(table(measure_all()))
