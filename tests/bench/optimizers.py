"""Every optimizer's update of 100,000 parameters against PyTorch's fastest on a processor, on one thread.

PyTorch's is the fastest of its for-loop, foreach and fused implementations, where it has them, with all parameters
in one tensor, which suits it best. `python -m tests.bench.optimizers` prints it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from kernels.calls import optimize
from kernels.optimizers import OPTIMIZERS, Optimizer
from kernels.simd import pointer
from tests.bench.one_thread import one_thread
from tests.bench.rounds import Work, medians
from tests.kernels.trajectories.pytorch import RULES, options

SIZE = 100_000
#: So small that weights stay what they are however many updates there are; the work does not depend on it.
LEARNING_RATE = 1e-6
#: Updates a call, and seconds a round.
CALLS, SECONDS = 20, 0.1
TARGET = 1.0


@dataclass(frozen=True)
class Update:
    """Microseconds an update: ours, and those of PyTorch's implementations, if it has any."""

    optimizer: str
    ours_us: float
    peers_us: dict[str, float]

    @property
    def ratio(self) -> float | None:
        """How many times ours goes into PyTorch's fastest."""
        return min(self.peers_us.values()) / self.ours_us if self.peers_us else None

    @property
    def reached(self) -> bool:
        """Whether ours is at least as fast."""
        return self.ratio is None or self.ratio >= TARGET

    def as_dict(self) -> dict[str, object]:
        """The entry in `build/bench.json`."""
        return {
            "case": f"update_{self.optimizer}_100k",
            "ours_us": round(self.ours_us, 3),
            "peers": {f"torch_{name}_us": round(value, 3) for name, value in self.peers_us.items()},
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "target": None if self.ratio is None else TARGET,
            "reached": self.reached,
        }


@numba.njit(nogil=True)
def _update(address: int, w: Any, g: Any, slots: Any, tensors: Any, params: Any, first: int, count: int) -> None:
    """Call an optimizer's kernel as the training loop does, `count` times."""
    for step in range(first, first + count):
        optimize(
            address, pointer(w, 0), pointer(g, 0), pointer(slots, 0), w.size, w.size, pointer(tensors, 0),
            tensors.shape[0], pointer(params, 0), step,
        )  # fmt: skip


def _vectors() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.standard_normal(SIZE).astype(np.float32), rng.standard_normal(SIZE).astype(np.float32)


def _ours(optimizer: Optimizer) -> Work:
    w, g = _vectors()
    slots = np.zeros(len(optimizer.slots) * SIZE + len(optimizer.scalars), np.float32)
    tensors = np.array([[0, SIZE]], np.int64)
    params = np.array(optimizer.values({"learning_rate": LEARNING_RATE}), np.float32)
    address, done = optimizer.update.address, 1

    def work(steps: int) -> None:
        nonlocal done
        _update(address, w, g, slots, tensors, params, done, steps)
        done += steps

    return work


def _peers(name: str) -> dict[str, Work]:
    """PyTorch's implementations of an optimizer."""
    import torch

    torch.set_num_threads(1)
    works: dict[str, Work] = {}
    for implementation in ("for-loop", "foreach", "fused") if name in RULES else ():
        flags = {"foreach": implementation == "foreach"}
        if implementation == "fused":
            flags = {"fused": True}
        w, g = (torch.from_numpy(vector) for vector in _vectors())
        parameter = torch.nn.Parameter(w)
        parameter.grad = g
        try:
            rule = getattr(torch.optim, RULES[name][0])([parameter], **(options(name) | {"lr": LEARNING_RATE} | flags))
            rule.step()
        except (RuntimeError, TypeError):  # there is none for this method
            continue

        def work(steps: int, rule: Any = rule) -> None:
            for _ in range(steps):
                rule.step()

        works[implementation] = work
    return works


def measure(name: str) -> Update:
    """Time one optimizer, ours and PyTorch's in turn."""
    works = {"ours": _ours(OPTIMIZERS[name]), **_peers(name)}
    found = medians(works, dict.fromkeys(works, CALLS), seconds=SECONDS)
    return Update(name, found.pop("ours"), found)


def measure_all() -> list[Update]:
    """Time all optimizers of the registry, one after the other, on one thread of one processor."""
    with one_thread():
        return [measure(name) for name in OPTIMIZERS.variants]


def table(updates: list[Update]) -> str:
    """The updates as a table for a terminal."""
    lines = [f"{'optimizer':<20}{'ours':>10}{'for-loop':>12}{'foreach':>12}{'fused':>12}{'ratio':>8}{'target':>8}"]
    for update in updates:
        peers = "".join(
            f"{update.peers_us[name]:>9.1f} µs" if name in update.peers_us else f"{'–':>12}"
            for name in ("for-loop", "foreach", "fused")
        )
        verdict = "" if update.reached else "  below"
        ratio = f"{update.ratio:>8.2f}{TARGET:>8.1f}" if update.ratio is not None else ""
        lines.append(f"{update.optimizer:<20}{update.ours_us:>7.1f} µs{peers}{ratio}{verdict}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measure_all()))
