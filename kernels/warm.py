"""Compile kernels ahead of time: `python -m kernels.warm`, the usual ones first; `--usual` for these alone."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kernels import cache
from kernels.spec import Text

Progress = Callable[[int, int, str], None]

#: What most people begin with, by family: compiled before the first run begins. All else follows in the background, and
#: at once where somebody asks for it.
USUAL: dict[str, tuple[str, ...]] = {
    "activations": ("linear", "relu", "leaky_relu", "sigmoid", "tanh"),
    "normalizations": ("none", "batch_norm"),
    "losses": ("mse", "binary_cross_entropy", "softmax_cross_entropy"),
    "optimizers": ("sgd", "momentum", "adam"),
    "schedules": ("constant", "step"),
    "regularizers": ("l1", "l2"),
    "clippings": ("none", "by_norm"),
}


@dataclass(frozen=True, eq=False)
class Piece:
    """The kernels of one variant, which are compiled together."""

    family: str
    variant: str
    name: Text
    kernels: tuple[cache.Kernel, ...]

    @property
    def label(self) -> str:
        """Its name as progress tells it, such as `optimizers.adam`."""
        return f"{self.family}.{self.variant}"

    @property
    def ready(self) -> bool:
        """Whether all of it is compiled."""
        return all(kernel.ready for kernel in self.kernels)

    def compile(self) -> None:
        """Compile it, or load it from disk where it was compiled before."""
        for kernel in self.kernels:
            kernel.address  # noqa: B018, asking for it compiles it


def pieces() -> list[Piece]:
    """Every variant that has kernels, the usual ones first."""
    from kernels.registry import FAMILIES

    found = []
    for family in FAMILIES.values():
        for variant in family:
            kernels = tuple(value for value in vars(variant).values() if isinstance(value, cache.Kernel))
            if kernels:
                found.append(Piece(family.id, variant.id, variant.label, kernels))
    return sorted(found, key=lambda piece: not is_usual(piece))


def is_usual(piece: Piece) -> bool:
    """Whether a piece belongs to what is compiled before the first run begins."""
    return piece.variant in USUAL.get(piece.family, ())


def warm(progress: Progress, *, usual_only: bool = False) -> None:
    """Compile the usual kernels and the training loop, then all others; or load them from disk.

    `progress(done, total, label)` is called before each piece and once at the end.
    """
    wanted = [piece for piece in pieces() if is_usual(piece) or not usual_only]
    usual = sum(is_usual(piece) for piece in wanted)
    steps: list[tuple[str, Callable[[], None]]] = [(piece.label, piece.compile) for piece in wanted]
    steps[usual:usual] = [("convolutions and pools", _compile_images), ("training loop", _train_once)]
    for done, (label, step) in enumerate(steps):
        progress(done, len(steps), label)
        step()
    progress(len(steps), len(steps), "ready")


def _compile_images() -> None:
    """Compile what layers on images do."""
    from kernels.image_layers import IMAGE_KERNELS

    for each in IMAGE_KERNELS:
        each.address  # noqa: B018, asking for it compiles it


def _train_once() -> None:
    """Train and look once, which compiles the training loop."""
    from kernels.network import Choice, DenseSpec, NetworkSpec, TrainingData, TrainingSpec
    from kernels.trainer import Trainer

    x = np.zeros((8, 2), np.float32)
    y = np.ones(8, np.float32)
    layer = DenseSpec(2, Choice("tanh"), Choice("xavier_uniform"))
    trainer = Trainer(
        NetworkSpec((2,), (layer,), 1, Choice("xavier_uniform")),
        TrainingSpec(Choice("mse"), Choice("sgd"), Choice("constant"), (), 4, stopping=Choice("patience")),
        TrainingData(x, y, x, y),
        seed=0,
    )
    # An epoch, at whose end the test set is looked at by itself.
    trainer.train(2)
    trainer.observe()


def main() -> None:
    """Warm up with a progress bar, and drop the caches of older sources."""
    started = time.monotonic()

    def show(done: int, total: int, label: str) -> None:
        bar = "█" * (30 * done // total) + "░" * (30 - 30 * done // total)
        end = f"\r  kernels {bar} {done}/{total} {label:<32}"
        print(end if sys.stdout.isatty() else end[1:], end="" if sys.stdout.isatty() else "\n", flush=True)

    warm(show, usual_only="--usual" in sys.argv[1:])
    cache.prune()
    print(f"\n  kernels ready in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
