"""The training kernels against JAX (`jit` and `lax.scan` over many steps) and PyTorch (eager), on one thread.

All three train the same network on the same samples in shuffled minibatches, with plain gradient descent. Ours also
gathers its statistics and records, as it does for a viewer. Rounds are interleaved, so that a machine that slows down
slows all; the median of the rounds counts. `python -m tests.bench.kernels` prints it alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.network import Choice, DenseSpec, NetworkSpec, TrainingData, TrainingSpec
from kernels.trainer import Trainer
from tests.bench.one_thread import one_thread
from tests.bench.rounds import Work, medians

LEARNING_RATE = 0.01
#: Records grow sparser as a run goes on: ours is timed as sparse as they are after so many steps, or so many seconds.
STEPS_BEFORE, SECONDS_BEFORE = 200_000, 10.0


@dataclass(frozen=True)
class Case:
    """A network to be timed, and how many times faster than the faster peer it should be.

    `scan` is how many steps JAX does in one call: enough for its calls not to count.
    """

    name: str
    sizes: tuple[int, ...]
    activation: str
    batch_size: int
    samples: int
    target: float
    scan: int = 500


CASES = (
    Case("mlp_2-4-2-1_tanh_b10", (2, 4, 2, 1), "tanh", 10, 250, 10.0),
    Case("mlp_7-8x6-1_tanh_b10", (7, 8, 8, 8, 8, 8, 8, 1), "tanh", 10, 250, 3.0),
    Case("mlp_64-64-64-10_tanh_b64", (64, 64, 64, 10), "tanh", 64, 1437, 1.5),
    Case("mlp_784-256-128-10_relu_b128", (784, 256, 128, 10), "relu", 128, 2048, 1.0, scan=20),
)


@dataclass(frozen=True)
class Timing:
    """Microseconds a training step: ours, the peers', and how many times ours goes into the faster peer's."""

    case: Case
    ours_us: float
    jax_us: float
    torch_us: float

    @property
    def ratio(self) -> float:
        return min(self.jax_us, self.torch_us) / self.ours_us

    @property
    def reached(self) -> bool:
        return self.ratio >= self.case.target

    def as_dict(self) -> dict[str, object]:
        """The entry in `build/bench.json`."""
        return {
            "case": self.case.name,
            "ours_us": round(self.ours_us, 3),
            "peers": {"jax_us": round(self.jax_us, 3), "torch_us": round(self.torch_us, 3)},
            "ratio": round(self.ratio, 3),
            "target": self.case.target,
            "reached": self.reached,
        }


Floats = NDArray[np.float32]


def _data(case: Case) -> tuple[Floats, Floats]:
    """Random samples with random targets: noise cannot be learned, so gradients never fade into denormal numbers."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((case.samples, case.sizes[0])).astype(np.float32)
    outputs = case.sizes[-1]
    y = rng.integers(0, outputs, case.samples) if outputs > 1 else rng.choice([-1.0, 1.0], case.samples)
    return x, y.astype(np.float32)


def _ours(case: Case, x: Floats, y: Floats) -> Work:
    layers = tuple(DenseSpec(units, Choice(case.activation), Choice("xavier_uniform")) for units in case.sizes[1:-1])
    loss = "softmax_cross_entropy" if case.sizes[-1] > 1 else "mse"
    trainer = Trainer(
        NetworkSpec((case.sizes[0],), layers, case.sizes[-1], Choice("xavier_uniform")),
        TrainingSpec(
            Choice(loss), Choice("sgd", {"learning_rate": LEARNING_RATE}), Choice("constant"), (), case.batch_size
        ),
        TrainingData(x, y, x[:100], y[:100]),
        seed=1,
    )

    def train(steps: int) -> None:
        trainer.train(steps, observe=False)

    return train


def _jax(case: Case, x: Floats, y: Floats) -> Work:
    import jax
    import jax.numpy as jnp

    outputs = case.sizes[-1]
    rng = np.random.default_rng(1)
    weights = [
        (jnp.asarray(rng.standard_normal((a, b)).astype(np.float32) / np.sqrt(a)), jnp.zeros(b, jnp.float32))
        for a, b in zip(case.sizes[:-1], case.sizes[1:], strict=True)
    ]
    act = {"tanh": jnp.tanh, "relu": jax.nn.relu}[case.activation]
    samples, targets = jnp.asarray(x), jnp.asarray(y.astype(np.int32) if outputs > 1 else y)

    def objective(parameters, xs, ys):  # type: ignore[no-untyped-def]
        for w, b in parameters[:-1]:
            xs = act(xs @ w + b)
        w, b = parameters[-1]
        z = xs @ w + b
        if outputs == 1:
            return jnp.mean((z[:, 0] - ys) ** 2)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), ys[:, None], axis=1))

    def step(parameters, batch):  # type: ignore[no-untyped-def]
        gradients = jax.grad(objective)(parameters, samples[batch], targets[batch])
        return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, parameters, gradients), None

    run = jax.jit(lambda parameters, batches: jax.lax.scan(step, parameters, batches)[0])
    batches_an_epoch = case.samples // case.batch_size
    epochs = -(-case.scan // batches_an_epoch)
    order = np.concatenate([rng.permutation(case.samples)[: batches_an_epoch * case.batch_size] for _ in range(epochs)])
    batches = jnp.asarray(order.reshape(-1, case.batch_size)[: case.scan])
    state = [weights]

    def train(steps: int) -> None:
        for _ in range(max(1, steps // case.scan)):
            state[0] = run(state[0], batches)
        jax.tree.map(lambda array: array.block_until_ready(), state[0])

    return train


def _torch(case: Case, x: Floats, y: Floats) -> Work:
    import torch

    torch.set_num_threads(1)
    outputs = case.sizes[-1]
    act = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[case.activation]
    modules: list[torch.nn.Module] = []
    for a, b in zip(case.sizes[:-1], case.sizes[1:], strict=True):
        modules += [torch.nn.Linear(a, b), act()]
    network = torch.nn.Sequential(*modules[:-1])
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    objective = torch.nn.CrossEntropyLoss() if outputs > 1 else torch.nn.MSELoss()
    samples = torch.from_numpy(x)
    targets = torch.from_numpy(y).long() if outputs > 1 else torch.from_numpy(y)[:, None]
    batches_an_epoch = case.samples // case.batch_size

    order = torch.randperm(case.samples)

    def train(steps: int) -> None:
        nonlocal order
        for step in range(steps):
            if step % batches_an_epoch == 0:
                order = torch.randperm(case.samples)
            at = step % batches_an_epoch * case.batch_size
            batch = order[at : at + case.batch_size]
            optimizer.zero_grad()
            objective(network(samples[batch]), targets[batch]).backward()
            optimizer.step()

    return train


def measure(case: Case) -> Timing:
    """Time one case, all three in turn, round after round."""
    x, y = _data(case)
    trainers = {"ours": _ours(case, x, y), "jax": _jax(case, x, y), "torch": _torch(case, x, y)}
    deadline = time.perf_counter() + SECONDS_BEFORE
    for _ in range(STEPS_BEFORE // case.scan):
        trainers["ours"](case.scan)
        if time.perf_counter() > deadline:
            break
    median = medians(trainers, {"ours": min(100, case.scan), "jax": case.scan, "torch": 20})
    return Timing(case, median["ours"], median["jax"], median["torch"])


def measure_all() -> list[Timing]:
    """Time all cases, one after the other, on one thread of one processor."""
    with one_thread():
        return [measure(case) for case in CASES]


def table(timings: list[Timing]) -> str:
    """The timings as a table for a terminal."""
    lines = [f"{'case':<28}{'ours':>10}{'JAX':>11}{'PyTorch':>12}{'ratio':>8}{'target':>8}"]
    for timing in timings:
        verdict = "" if timing.reached else "  below"
        lines.append(
            f"{timing.case.name:<28}{timing.ours_us:>7.2f} µs{timing.jax_us:>8.1f} µs{timing.torch_us:>9.1f} µs"
            f"{timing.ratio:>8.2f}{timing.case.target:>8.1f}{verdict}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measure_all()))
