"""Compile every kernel ahead of time: `python -m kernels.warm`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

from kernels import cache

Progress = Callable[[int, int, str], None]


def _kernels() -> Iterator[tuple[str, cache.Kernel]]:
    """Every kernel that a variant of some family names."""
    from kernels.registry import FAMILIES

    for family in FAMILIES.values():
        for variant in family:
            for value in vars(variant).values():
                if isinstance(value, cache.Kernel):
                    yield f"{family.id}.{variant.id}", value


def warm(progress: Progress) -> None:
    """Compile all kernels, or load them from disk where they were compiled before.

    `progress(done, total, label)` is called before each kernel and once at the end.
    """
    from kernels.network import Choice, LayerSpec, NetworkSpec, TrainingData, TrainingSpec
    from kernels.trainer import Trainer

    kernels = list(_kernels())
    total = len(kernels) + 1
    for done, (label, kernel) in enumerate(kernels):
        progress(done, total, label)
        kernel.address  # noqa: B018, asking for it compiles it
    progress(total - 1, total, "training loop")
    x = np.zeros((8, 2), np.float32)
    y = np.ones(8, np.float32)
    layer = LayerSpec(2, Choice("tanh"), Choice("xavier_uniform"))
    trainer = Trainer(
        NetworkSpec(2, (layer,), 1, Choice("xavier_uniform")),
        TrainingSpec(Choice("mse"), Choice("sgd"), Choice("constant"), (), 4),
        TrainingData(x, y, x, y),
        seed=0,
    )
    trainer.train(1)
    trainer.observe()
    progress(total, total, "ready")


def main() -> None:
    """Warm up with a progress bar, and drop the caches of older sources."""
    started = time.monotonic()

    def show(done: int, total: int, label: str) -> None:
        bar = "█" * (30 * done // total) + "░" * (30 - 30 * done // total)
        end = f"\r  kernels {bar} {done}/{total} {label:<32}"
        print(end if sys.stdout.isatty() else end[1:], end="" if sys.stdout.isatty() else "\n", flush=True)

    warm(show)
    cache.prune()
    print(f"\n  kernels ready in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
