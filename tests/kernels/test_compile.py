"""Compile facts: once for all variants, from disk in the next process, and nothing allocated while training."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher
from numba.core.runtime import _nrt_python, rtsys

import kernels
from kernels import cache
from kernels.losses import LOSSES
from kernels.network import Choice, Switch, TrainingData
from kernels.registry import FAMILIES
from kernels.regularizers import REGULARIZERS
from kernels.schedules import SCHEDULES
from kernels.stoppings import STOPPINGS
from kernels.train import train_chunk
from kernels.trainer import Trainer
from tests.kernels.support import FITTING, describe, every, make_data, make_trainer

ROOT = Path(cache.__file__).parent.parent

#: Starts as the server does, trains, and tells how many functions went through Numba's compiler: every compilation, be
#: it of a dispatcher or of a C callback, runs its passes, and loading from disk runs none.
SECOND_START = """
import kernels
from numba.core import event
with event.install_recorder("numba:run_pass") as passes:
    from kernels.warm import USUAL, warm
    warm(lambda done, total, label: None)
    from tests.kernels.support import make_trainer
    make_trainer(samples=20).train(25)
print(len(passes.buffer))
"""


def compiled_passes(cache_root: Path) -> int:
    environment = os.environ | {"LIVEGRAD_CACHE_DIR": str(cache_root), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SECOND_START], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_a_second_start_compiles_nothing(tmp_path: Path) -> None:
    # A process of its own, as a first start is: what pytest's own process compiles, Numba may keep under other keys.
    subprocess.run([sys.executable, "-m", "kernels.warm"], cwd=ROOT, capture_output=True, check=True)
    folder = tmp_path / cache.folder().name
    shutil.copytree(os.environ["NUMBA_CACHE_DIR"], folder)
    assert compiled_passes(tmp_path) == 0
    # The count does tell: without one callback on disk, that one is compiled, and the next start has it again.
    lost = [*folder.glob("**/*.relu_forward-*")]
    assert lost
    for file in lost:
        file.unlink()
    assert compiled_passes(tmp_path) > 0
    assert compiled_passes(tmp_path) == 0


#: Calls one function with two constants, and tells how often it was compiled.
TWO_CONSTANTS = """
import numba
from numba.core import event
from kernels.cache import function

@function
def scaled(x, factor):
    return x * factor

@numba.njit
def both(x):
    return scaled(x, 2) + scaled(x, 3)

with event.install_recorder("numba:compile") as compiled:
    assert both(1.5) == 7.5
names = [each.data["dispatcher"].py_func.__name__ for _, each in compiled.buffer if each.is_start]
print(names.count("both"), names.count("scaled"))
"""


def test_constants_compile_nothing_anew(tmp_path: Path) -> None:
    # In a file, since what Numba keeps on disk must come from one.
    script = tmp_path / "two_constants.py"
    script.write_text(TWO_CONSTANTS)
    environment = os.environ | {"LIVEGRAD_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]


def test_only_what_python_calls_is_compiled_for_calls_from_python() -> None:
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(kernels.__path__, "kernels.")]
    compiled = {name for module in modules for name, value in vars(module).items() if isinstance(value, Dispatcher)}
    assert compiled == {"train_chunk", "evaluate_sets", "evaluate_test"}


#: Where each family's choice stands in a network in training, with what lets it act.
PLACES: dict[str, Callable[[Choice], dict[str, Any]]] = {
    "activations": lambda choice: {"activation": choice},
    "initializers": lambda choice: {"initializer": choice},
    "normalizations": lambda choice: {
        "normalization": choice, "dropout": 0.5, "dropconnect": 0.5, "input_dropout": 0.5
    },
    "losses": lambda choice: {"loss": choice, "task": LOSSES[choice.id].tasks[0]},
    "optimizers": lambda choice: {"optimizer": choice},
    "schedules": lambda choice: {"schedule": choice, "warmup": 1},
    "momentum_schedules": lambda choice: {
        "momentum_schedule": choice, "optimizer": Choice("momentum"), "schedule": Choice("cyclic")
    },
    "batch_schedules": lambda choice: {"batch_schedule": choice, "batch_size": 2},
    "averagings": lambda choice: {"averaging": choice},
    "stoppings": lambda choice: {"stopping": choice},
    "regularizers": lambda choice: {"regularizers": (choice,)},
    "clippings": lambda choice: {"clipping": choice},
    "samplings": lambda choice: {"sampling": choice},
}  # fmt: skip
#: Families that training never sees: what they give is there before the first step.
BEFORE_TRAINING = {"bias_initializers", "features", "preprocessings"}
#: Tried in networks of their own, in `test_images.py`.
ON_IMAGES = {"layer_kinds"}
#: Look at training and are tried in `test_probes.py`.
BESIDE_TRAINING = {"probes"}
#: Every variant of every family, with its defaults and with each parameter away from them.
EVERYTHING = [(name, choice) for name in PLACES for choice in every(FAMILIES[name])]


def named(argument: Choice | str) -> str:
    """An argument out of `EVERYTHING` as a test's name."""
    return argument if isinstance(argument, str) else describe(argument)


def ends_calls_at_epochs(choice: Choice) -> bool:
    """Whether something looks at every epoch, for which the loop returns."""
    found = [family.variants.get(choice.id) for family in (SCHEDULES, STOPPINGS)]
    return any(getattr(variant, "advances", None) or getattr(variant, "watches", False) for variant in found)


def allocations(trainer: Trainer, steps: int) -> tuple[int, int]:
    """What Numba allocates, and what of it for arrays, in that many steps; all of it must be freed again."""
    _nrt_python.memsys_enable_stats()
    before = rtsys.get_allocation_stats()
    trainer.train(steps)
    after = rtsys.get_allocation_stats()
    assert after.alloc - after.free == before.alloc - before.free
    return after.alloc - before.alloc, after.mi_alloc - before.mi_alloc


def test_every_family_is_tried() -> None:
    assert sorted([*PLACES, *BEFORE_TRAINING, *ON_IMAGES, *BESIDE_TRAINING]) == sorted(FAMILIES)


@pytest.mark.parametrize(("family", "choice"), EVERYTHING, ids=named)
def test_no_choice_compiles_the_training_loop_anew_or_allocates_in_it(family: str, choice: Choice) -> None:
    # With sixteen times the samples all steps lie in one epoch, where the loop returns at its end.
    samples = 640 if ends_calls_at_epochs(choice) else 40
    trainer = make_trainer(**{"samples": samples, **PLACES[family](choice)})
    trainer.train(5)
    assert allocations(trainer, 1) == allocations(trainer, 50), "what is allocated depends on the number of steps"
    assert len(train_chunk.signatures) == 1


def test_no_task_network_or_switch_compiles_the_training_loop_anew() -> None:
    for loss, task in FITTING:
        make_trainer(task=task, loss=Choice(loss)).train(2, observe=False)
    make_trainer(regularizers=tuple(Choice(name) for name in REGULARIZERS.variants)).train(2)
    make_trainer(hidden=(), samples=3, batch_size=3).train(2)
    make_trainer(hidden=(3,) * 32).train(2)
    trainer = make_trainer(optimizer=Choice("adam"), switch=Switch(3, Choice("momentum")))
    trainer.train(5)
    assert allocations(trainer, 1) == allocations(trainer, 50)
    assert len(train_chunk.signatures) == 1


def test_data_of_any_kind_of_array_compiles_nothing_new() -> None:
    data = make_data("binary", 20)
    frozen = [array.copy() for array in (data.x_train, data.y_train, data.x_test, data.y_test)]
    for array in frozen:
        array.flags.writeable = False
    slanted = [np.asfortranarray(array) for array in frozen]
    wide = [array.astype(np.float64) for array in frozen]
    results = []
    for arrays in (frozen, slanted, wide):
        trainer = make_trainer(TrainingData(*arrays))
        trainer.train(5)
        results.append(trainer.parameters.tobytes())
    assert len(set(results)) == 1
    assert len(train_chunk.signatures) == 1


@pytest.mark.parametrize("normalization", ["batch_norm", "weight_norm"])
@pytest.mark.parametrize("optimizer", ["adam", "sam"])
@pytest.mark.parametrize("hidden", [(6, 4), (512, 64)])
def test_nothing_is_allocated_while_training(hidden: tuple[int, ...], optimizer: str, normalization: str) -> None:
    # 512 inputs of 64 units and 64 samples are in OpenBLAS's range.
    data = make_data("binary", 128, inputs=60)
    trainer = make_trainer(
        data, hidden=hidden, batch_size=64, dropout=0.2, dropconnect=0.2, input_dropout=0.2,
        normalization=Choice(normalization), activation=Choice("maxout"),
        regularizers=(Choice("l2"),), optimizer=Choice(optimizer, {"learning_rate": 0.001}),
        clipping=Choice("by_norm"), sampling=Choice("with_replacement"), warmup=10,
    )  # fmt: skip
    trainer.train(5)
    assert allocations(trainer, 1) == allocations(trainer, 50), "what is allocated depends on the number of steps"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "kernels"
    shutil.copytree(cache.SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache, "SOURCES", copy)
    return copy


def test_the_folder_changes_with_any_source(sources: Path) -> None:
    first = cache.folder()
    assert cache.folder() == first
    for name in ("dense.py", "elementary.py", "warm.py"):
        source = sources / name
        kept = source.read_bytes()
        source.write_bytes(kept + b"\n")
        assert cache.folder() != first
        source.write_bytes(kept)
        assert cache.folder() == first
    (sources / "new.py").write_text("")
    assert cache.folder() != first
    (sources / "new.py").rename(sources / "newer.py")
    assert cache.folder() != first


def test_the_folder_is_where_the_person_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIVEGRAD_CACHE_DIR", str(tmp_path / "here"))
    assert cache.folder().parent == tmp_path / "here"
    monkeypatch.delenv("LIVEGRAD_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder().parent == tmp_path / "xdg" / "livegrad"


def test_a_folder_that_cannot_be_made_is_replaced_by_a_temporary_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LIVEGRAD_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "replaced by configure")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    cache.configure()
    chosen = Path(os.environ["NUMBA_CACHE_DIR"])
    assert chosen == tmp_path / "livegrad" / cache.folder().name
    assert chosen.is_dir()


def test_a_warmed_folder_that_cannot_be_written_is_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIVEGRAD_CACHE_DIR", str(tmp_path / "warmed"))
    warmed = cache.folder()
    warmed.mkdir(parents=True)
    (warmed / "kernel").write_text("compiled")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "replaced by configure")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    for _ in range(2):
        cache.configure()
        chosen = Path(os.environ["NUMBA_CACHE_DIR"])
        assert chosen == tmp_path / "livegrad" / warmed.name
        assert (chosen / "kernel").read_text() == "compiled"


def test_prune_keeps_the_present_folder_and_the_latest_of_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIVEGRAD_CACHE_DIR", str(tmp_path))
    cache.folder().mkdir()
    (tmp_path / "not-ours").mkdir()
    for age in range(5):
        other = tmp_path / f"{age:016x}"
        other.mkdir()
        os.utime(other, (1e9 - age, 1e9 - age))
    os.utime(cache.folder(), (1e8, 1e8))
    cache.prune(keep=2)
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {cache.folder().name, "not-ours", f"{0:016x}", f"{1:016x}"}
