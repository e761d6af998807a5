"""Warming up: what comes first, what the usual set is enough for, and the second process that helps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kernels import warm as warming
from kernels.registry import FAMILIES
from kernels.warm import USUAL, warm
from tests.kernels.test_compile import ROOT


def test_warm_tells_how_far_it_is() -> None:
    told: list[tuple[int, int, str]] = []
    warm(lambda done, total, label: told.append((done, total, label)))
    assert [done for done, _, _ in told] == list(range(told[-1][1] + 1))
    assert told[-1][0] == told[-1][1]
    labels = [label for _, _, label in told]
    assert labels[-1] == "ready"
    # The usual ones first, then what every run needs, then the rest.
    usual = [f"{family}.{variant}" for family, variants in USUAL.items() for variant in variants]
    loop = labels.index("training loop")
    assert set(labels[:loop]) <= {*usual, "convolutions and pools", "forward and backward pass"}
    assert not set(labels[loop:]) & set(usual)
    assert {"optimizers.sgd", "activations.tanh", "losses.mse"} <= set(labels[:loop])
    assert {"optimizers.lamb", "activations.mish"} <= set(labels[loop:])
    told.clear()
    warm(lambda done, total, label: told.append((done, total, label)), usual_only=True)
    assert [label for _, _, label in told] == [*labels[: loop + 1], "ready"]


class Helpers:
    """Stands for the second process; what is compiled, and by how many processors, the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, compiled: list[bool], processors: int = 2) -> None:
        self.begun: list[tuple[bool, int]] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.done: list[int] = []
        steps = [(str(number), self.step(number, new)) for number, new in enumerate(compiled)]
        monkeypatch.setattr(warming, "_steps", lambda _: steps)
        monkeypatch.setattr(warming, "_processors", lambda: processors)
        monkeypatch.setattr(warming, "_help", self.help)

    def step(self, number: int, new: bool) -> warming.Step:
        def step() -> bool:
            self.done.append(number)
            return new

        return step

    def help(self, usual_only: bool) -> subprocess.Popen[bytes]:
        self.begun.append((usual_only, len(self.done)))
        self.processes.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        return self.processes[-1]


def quietly(done: int, total: int, label: str) -> None:
    """Tell nobody how far it is."""


@pytest.mark.parametrize("usual_only", [False, True])
def test_a_second_process_helps_from_the_first_kernel_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, usual_only: bool
) -> None:
    helpers = Helpers(monkeypatch, [False, True, True, False])
    warm(quietly, usual_only=usual_only)
    assert helpers.begun == [(usual_only, 2)]
    assert helpers.done == [0, 1, 2, 3]
    assert helpers.processes[0].poll() is not None, "it is left behind"


def test_the_second_process_compiles_the_same_sources_wherever_it_is_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign = tmp_path / "kernels"
    foreign.mkdir()
    (foreign / "__init__.py").touch()
    (foreign / "warm.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert warming._help(usual_only=True).wait() == 0


def test_no_second_process_where_it_has_nothing_to_do_or_nowhere_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for helpers in (Helpers(monkeypatch, [False, False]), Helpers(monkeypatch, [True, True], processors=1)):
        warm(quietly)
        assert helpers.begun == []


def test_the_second_process_ends_with_a_warm_up_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    helpers = Helpers(monkeypatch, [True, True])

    def fail(done: int, *_: object) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        warm(fail)
    assert helpers.processes[0].poll() is not None, "it is left behind"


def test_the_second_process_begins_with_what_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    helpers = Helpers(monkeypatch, [True, True, True])
    monkeypatch.setattr(sys, "argv", ["kernels.warm", warming.FROM_THE_END])
    warming.main()
    assert helpers.done == [2, 1, 0]
    assert helpers.begun == []


#: Warms the usual set, then trains a network as most people begin with on images, and names what that needed besides.
USUAL_IMAGES = """
import kernels
from kernels import cache, warm
warm.warm(lambda done, total, label: None, usual_only=True)
usual = {piece.label for piece in warm.pieces() if piece.ready}
from numba.core import event
import numpy as np
from kernels.network import Choice, ConvSpec, NetworkSpec, PoolSpec, TrainingData, TrainingSpec
from kernels.trainer import Trainer
relu, he = Choice("relu"), Choice("he_normal")
normalized = ConvSpec(16, 3, relu, he, normalization=Choice("batch_norm"))
layers = (ConvSpec(8, 3, relu, he), PoolSpec(), normalized, PoolSpec())
x, y = np.ones((40, 64), np.float32), np.arange(40, dtype=np.float32) % 10
with event.install_recorder("numba:run_pass") as passes:
    trainer = Trainer(
        NetworkSpec((1, 8, 8), layers, 10, he),
        TrainingSpec(Choice("softmax_cross_entropy"), Choice("adam"), Choice("constant"), (), 32),
        TrainingData(x, y, x, y), 0)
    trainer.train(5)
    trainer.observe()
print(sorted({piece.label for piece in warm.pieces() if piece.ready} - usual), len(passes.buffer))
"""


def test_the_usual_set_is_enough_for_the_usual_network_on_images() -> None:
    done = subprocess.run([sys.executable, "-c", USUAL_IMAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] 0"


def test_the_usual_set_names_variants_that_there_are() -> None:
    for family, variants in USUAL.items():
        assert set(variants) <= set(FAMILIES[family].variants)
