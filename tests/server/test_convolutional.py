"""The convolutional network that is offered reads digits and tells shapes apart wherever they lie.

After a fixed number of epochs, seeded; accuracies are of all samples that were held out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernels import plan
from kernels.trainer import Trainer
from server.__main__ import main
from server.configuration import resolve, training_size
from server.preparation import prepare
from server.runs import build_trainer
from server.schema import CONVOLUTIONAL
from tests.server.originals import real_mnist, write_part

OFFERED: list[dict[str, Any]] = [layer.model_dump() for layer in CONVOLUTIONAL]
DENSE = {"kind": "dense", "activation": {"id": "relu"}, "initializer": {"id": "he_normal"}}
#: With 28 × 28 inputs and six classes as many parameters as the network that is offered, within 5 %.
PERCEPTRON: list[dict[str, Any]] = [{**DENSE, "units": 7}, {**DENSE, "units": 32}]


@pytest.fixture(autouse=True)
def _whole_sets_are_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run on the page looks at a random part of large sets."""
    monkeypatch.setattr(plan, "EVALUATION_LEAST", 10_000)


def trained(
    dataset: dict[str, Any], epochs: int, seed: int, layers: list[dict[str, Any]] = OFFERED, data_seed: int = 1
) -> Trainer:
    """A network after so many epochs on four fifths of the samples."""
    config = resolve(
        {
            "seed": seed,
            "data": {"dataset": dataset, "train_share": 0.8, "seed": data_seed},
            "network": {"layers": layers},
            "training": {"optimizer": {"id": "adam", "learning_rate": 0.003}},
        }
    )
    data = prepare(config.data)
    trainer = build_trainer(config, data)
    trainer.train(epochs * -(-training_size(config.data) // config.training.batch_size))
    trainer.observe()
    assert trainer.evaluated == (len(data.train), len(data.test))
    return trainer


def accuracy_of(trainer: Trainer) -> float:
    """Of the samples that were held out, a fifth of all."""
    place = [column.name for column in trainer.layout.columns].index("test_accuracy")
    return float(trainer.stats[place])


@pytest.mark.parametrize("seed", [1, 2])
def test_on_small_scans_it_reads_more_than_98_of_100(seed: int) -> None:
    assert accuracy_of(trained({"id": "digits"}, 120, seed)) > 0.98


def test_on_large_drawn_digits_it_reads_more_than_98_of_100() -> None:
    assert accuracy_of(trained({"id": "strokes"}, 10, 1)) > 0.98


def test_on_real_scans_it_reads_more_than_97_of_100_after_five_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setenv("LIVEGRAD_DATA_DIR", str(tmp_path / "kept"))
    in_order = {"id": "mnist", "order": 1}
    folder = real_mnist()
    if folder is None:
        record_property("tested on", "small files that the test wrote: no real MNIST is beside the repository")
        written = tmp_path / "files"
        written.mkdir()
        images = write_part(written, "t10k", 300, packed=True)
        assert main(["data", "add", "mnist", str(written)]) == 0
        data = prepare(resolve({"data": {"dataset": in_order, "train_share": 0.8}}).data)
        assert (data.train.tolist(), data.test.tolist()) == (images[:240].tolist(), images[240:].tolist())
        assert trained(in_order, 2, 1).diverged is None
    else:
        record_property("tested on", "the real MNIST: 8,000 scans to train on, 2,000 held out")
        assert main(["data", "add", "mnist", str(folder)]) == 0
        trainer = trained(in_order, 5, 1)
        assert trainer.evaluated == (8000, 2000)
        assert trainer.epoch == 5
        assert accuracy_of(trainer) > 0.97


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shapes_that_are_shifted_are_told_apart_by_convolutions_not_by_as_many_dense_weights(seed: int) -> None:
    shifted, centred = ({"id": "shapes", "position": pixels} for pixels in (6, 0))
    convolutional, dense = trained(shifted, 10, seed, OFFERED, seed), trained(shifted, 10, seed, PERCEPTRON, seed)
    assert convolutional.layout.parameter_count == pytest.approx(dense.layout.parameter_count, rel=0.05)
    assert accuracy_of(convolutional) > 0.85
    assert accuracy_of(convolutional) > accuracy_of(dense) + 0.2
    # It is the shift that is too much: of shapes in the middle the dense network knows most.
    assert accuracy_of(trained(centred, 10, seed, PERCEPTRON, seed)) > 0.9
