"""Compile kernels ahead of time: `python -m kernels.warm`, the usual ones first; `--usual` for these alone.

With more than one processor a second process compiles the same from the end (`--from-the-end`), and where the two meet
each loads from disk what the other has made.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from kernels import cache
from kernels.spec import Text

Progress = Callable[[int, int, str], None]
#: Compiles something or loads it from disk; returns whether it had to be compiled.
Step = Callable[[], bool]

USUAL_ALONE, FROM_THE_END = "--usual", "--from-the-end"

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

    def compile(self) -> bool:
        """Compile it, or load it from disk where it was compiled before; returns whether it had to be compiled."""
        return _compile(self.kernels)


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
    steps = _steps(usual_only)
    helper: subprocess.Popen[bytes] | None = None
    with ExitStack() as stack:
        for done, (label, step) in enumerate(steps):
            progress(done, len(steps), label)
            if step() and helper is None and _processors() > 1:
                helper = _help(usual_only)
                stack.callback(helper.wait)
                stack.callback(helper.terminate)
    progress(len(steps), len(steps), "ready")


def _steps(usual_only: bool) -> list[tuple[str, Step]]:
    """What is done one after the other, with names: the usual pieces, what every run needs, all others.

    The two largest are at either end of what is usual, so that each process has one of them; but the first is a small
    one, which tells whether there is anything to compile.
    """
    wanted = [piece for piece in pieces() if is_usual(piece) or not usual_only]
    usual = sum(is_usual(piece) for piece in wanted)
    steps: list[tuple[str, Step]] = [(piece.label, piece.compile) for piece in wanted]
    images, loop = ("convolutions and pools", _compile_images), ("training loop", _train_once)
    passes = ("forward and backward pass", _compile_passes)
    return [steps[0], images, *steps[1:usual], passes, loop, *steps[usual:]]


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _help(usual_only: bool) -> subprocess.Popen[bytes]:
    """Begin the second process. Nothing waits for it: what it fails to compile is compiled here."""
    options = [FROM_THE_END, *([USUAL_ALONE] if usual_only else [])]
    # These very sources, whatever else is called `kernels` where the person happens to stand.
    command = [sys.executable, "-P", "-m", "kernels.warm", *options]
    environment = os.environ | {"PYTHONPATH": str(cache.SOURCES.parent)}
    silent = subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 -- no shell, and the command is this module: nothing of it comes from outside
        command, env=environment, stdin=silent, stdout=silent, stderr=silent
    )


def _compile(kernels: Sequence[cache.Kernel]) -> bool:
    for each in kernels:
        each.address  # noqa: B018, asking for it compiles it
    return any(each.fresh for each in kernels)


def _compile_images() -> bool:
    """Compile what layers on images do."""
    from kernels.image_layers import IMAGE_KERNELS

    return _compile(IMAGE_KERNELS)


def _compile_passes() -> bool:
    """Compile the way through the layers and back."""
    from kernels.passes import backward, forward

    return _compile((forward, backward))


def _train_once() -> bool:
    """Train and look once, which compiles the training loop. It comes after much that tells as well whether to help."""
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
    return False


def main() -> None:
    """Warm up with a progress bar, and drop the caches of older sources."""
    if FROM_THE_END in sys.argv[1:]:
        for _, step in reversed(_steps(USUAL_ALONE in sys.argv[1:])):
            step()
        return
    started = time.monotonic()

    def show(done: int, total: int, label: str) -> None:
        bar = "█" * (30 * done // total) + "░" * (30 - 30 * done // total)
        end = f"\r  kernels {bar} {done}/{total} {label:<32}"
        print(end if sys.stdout.isatty() else end[1:], end="" if sys.stdout.isatty() else "\n", flush=True)

    warm(show, usual_only=USUAL_ALONE in sys.argv[1:])
    cache.prune()
    print(f"\n  kernels ready in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
