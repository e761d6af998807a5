"""Data sets: seeded, within bounds, balanced, and what they claim to be."""

from __future__ import annotations

import json
from base64 import b64decode

import numpy as np
import pytest

from kernels.labels import unpack_labels
from server.catalog import families
from server.configuration import resolve, training_size
from server.datasets import DATASETS, Dataset
from server.datasets.digits import scans
from server.datasets.files import FileSet
from server.preparation import as_message, prepare


def draw(dataset: Dataset, seed: int = 1, **params: float) -> tuple[np.ndarray, np.ndarray]:
    given = {param.id: param.default for param in dataset.params} | params
    return dataset.generate(np.random.default_rng(seed), given)


ALL = pytest.mark.parametrize(
    "dataset",
    [d for d in DATASETS if not (d.uploaded or isinstance(d, FileSet))],
    ids=lambda dataset: dataset.id,
)
GENERATED = pytest.mark.parametrize(
    "dataset", [d for d in DATASETS if d.kind == "plane" and not d.uploaded], ids=lambda dataset: dataset.id
)


def test_the_kinds_that_must_be_there() -> None:
    tasks = {dataset.id: dataset.task for dataset in DATASETS}
    assert tasks == {
        **dict.fromkeys(("spiral", "circle", "xor", "gaussians", "moons", "own_table"), "binary"),
        **dict.fromkeys(("three_spirals", "blobs", "digits", "shapes", "strokes"), "multiclass"),
        **dict.fromkeys(("mnist", "fashion_mnist", "cifar10", "own_pictures"), "multiclass"),
        "discs": "multilabel",
        **dict.fromkeys(("plane", "multi_gaussian", "sine", "exercise_point"), "regression"),
    }


@ALL
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(dataset: Dataset) -> None:
    first, again, other = draw(dataset), draw(dataset), draw(dataset, seed=2)
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].tobytes() == again[1].tobytes()
    assert first[0].tobytes() != other[0].tobytes()


@ALL
@pytest.mark.parametrize("samples", [100, 101, 1000])
def test_as_many_samples_as_asked_for(dataset: Dataset, samples: int) -> None:
    inputs, targets = draw(dataset, samples=samples)
    images = dataset.kind == "images"
    assert inputs.shape == (samples, dataset.inputs if images else 2)
    assert targets.shape == (samples,)
    assert inputs.dtype == (np.uint8 if images else np.float32)
    assert targets.dtype == np.float32
    assert np.isfinite(inputs).all()
    assert np.isfinite(targets).all()


@GENERATED
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_points_stay_on_the_plane(dataset: Dataset, noise: float) -> None:
    points, _ = draw(dataset, noise=noise, samples=5000)
    assert np.abs(points).max() <= 6


@ALL
def test_targets_are_what_the_task_says(dataset: Dataset) -> None:
    _, targets = draw(dataset, noise=0.0) if dataset.kind == "plane" else draw(dataset)
    if dataset.id == "exercise_point":
        assert set(targets.tolist()) == {1.0}
    elif dataset.task == "regression":
        assert -1.01 <= targets.min() < -0.7
        assert 0.7 < targets.max() <= 1.01
    else:
        several = 2**dataset.classes if dataset.task == "multilabel" else dataset.classes
        expected = [-1.0, 1.0] if dataset.task == "binary" else list(range(several))
        values, counts = np.unique(targets, return_counts=True)
        assert values.tolist() == expected
        if dataset.kind == "plane" and dataset.task != "multilabel":
            assert counts.max() - counts.min() <= 1
    assert dataset.outputs == (dataset.classes if dataset.task in {"multiclass", "multilabel"} else 1)


def test_a_point_carries_the_labels_of_the_discs_that_it_lies_in() -> None:
    points, targets = draw(DATASETS["discs"], noise=0.0, samples=2000)
    angles = 2 * np.pi * np.arange(3) / 3
    centres = 2 * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    distance = np.linalg.norm(points[:, None] - centres, axis=2)
    clear = np.abs(distance - 3).min(axis=1) > 1e-5
    np.testing.assert_array_equal(unpack_labels(targets, 3)[clear], (distance < 3)[clear])
    prepared = prepare(resolve({"data": {"dataset": {"id": "discs"}}}).data)
    assert prepared.training.y_train.shape == (500, 3)
    message = as_message(prepared, 1)
    packed = np.frombuffer(message["train"]["targets"], "<f4")
    np.testing.assert_array_equal(unpack_labels(packed, 3), prepared.training.y_train)


@GENERATED
def test_noise_makes_a_difference(dataset: Dataset) -> None:
    clean, noisy = draw(dataset, noise=0.0), draw(dataset, noise=0.5)
    assert clean[0].tobytes() + clean[1].tobytes() != noisy[0].tobytes() + noisy[1].tobytes()


@GENERATED
def test_samples_come_in_random_order(dataset: Dataset) -> None:
    _, targets = draw(dataset)
    halves = targets[:250], targets[250:]
    assert abs(halves[0].mean() - halves[1].mean()) < 0.5


def test_the_clean_spiral_has_two_arms_of_equal_steps() -> None:
    points, targets = draw(DATASETS["spiral"], noise=0.0, samples=1000)
    arm = points[targets > 0]
    radius = np.sort(np.linalg.norm(arm, axis=1))
    np.testing.assert_allclose(np.diff(radius), 5 / 500, atol=1e-4)
    other = points[targets < 0]
    mirrored = {tuple(np.round(point, 3) + 0.0) for point in -arm}
    assert {tuple(np.round(point, 3) + 0.0) for point in other} == mirrored


def test_clean_rings_and_quadrants() -> None:
    points, targets = draw(DATASETS["circle"], noise=0.0)
    radius = np.linalg.norm(points, axis=1)
    assert radius[targets > 0].max() <= 2.5
    assert radius[targets < 0].min() > 3.4999
    points, targets = draw(DATASETS["xor"], noise=0.0)
    assert (np.sign(points[:, 0] * points[:, 1]) == targets).all()


def test_the_digits_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    images, digits = scans()
    reference = load_digits()
    np.testing.assert_array_equal(images, reference.data)
    np.testing.assert_array_equal(digits, reference.target)
    drawn, labels = draw(DATASETS["digits"])
    assert sorted(map(bytes, drawn)) == sorted(map(bytes, images))
    assert np.bincount(labels.astype(int)).tolist() == np.bincount(reference.target).tolist()


def test_previews_fit_the_catalogue() -> None:
    entries = {entry["id"]: entry for entry in families()["datasets"]}
    json.dumps(entries, allow_nan=False)
    for dataset in DATASETS:
        shown = entries[dataset.id]["preview"]
        assert shown["kind"] == dataset.kind
        if dataset.kind == "plane":
            assert len(shown["points"]) == 110
            assert all(len(point) == 3 for point in shown["points"])
        else:
            # There is nothing to show of files that are not there.
            assert (
                len(shown["images"])
                == len(shown["labels"])
                == (0 if isinstance(dataset, FileSet) else 1 if dataset.uploaded else 9)
            )
            images = [b64decode(image) for image in shown["images"]] or [bytes([dataset.levels]) * dataset.inputs]
            assert {len(image) for image in images} == {dataset.inputs}
            assert max(map(max, images)) <= shown["levels"] == dataset.levels


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_split_is_disjoint_and_complete(share: float) -> None:
    config = resolve({"data": {"train_share": share, "dataset": {"samples": 200, "noise": 0.1}}}).data
    data = prepare(config)
    assert len(data.train) == training_size(config) == round(200 * share)
    both = np.concatenate([data.train, data.test])
    assert len(np.unique(both, axis=0)) == 200
    assert len(data.training.y_train) + len(data.training.y_test) == 200


def test_inputs_are_what_the_page_computes_from_what_it_is_told() -> None:
    config = resolve({"data": {"features": ["x2", "x1_squared", "sin_x1"]}}).data
    data = prepare(config)
    message = as_message(data, 3)
    points = np.frombuffer(message["train"]["points"], "<f4").reshape(-1, 2)
    features = np.stack([points[:, 1], points[:, 0] ** 2, np.sin(points[:, 0])], axis=1)
    offset, matrix = np.frombuffer(message["offset"], "<f4"), np.frombuffer(message["matrix"], "<f4")
    np.testing.assert_allclose((features - offset) * matrix, data.training.x_train, atol=1e-5)
    np.testing.assert_allclose(data.training.x_train.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(data.training.x_train.std(0), 1, atol=1e-5)
    assert message["features"] == ["x2", "x1_squared", "sin_x1"]
    assert (message["generation"], message["task"], message["kind"]) == (3, "binary", "plane")


def test_images_are_sent_raw() -> None:
    data = prepare(resolve({"data": {"dataset": {"id": "digits"}, "train_share": 0.8}}).data)
    message = as_message(data, 1)
    images = np.frombuffer(message["test"]["images"], np.uint8).reshape(-1, 64)
    assert len(images) == 1797 - round(1797 * 0.8)
    assert images.min() == 0
    assert images.max() == message["levels"] == 16
    assert (message["width"], message["height"], message["channels"], message["features"]) == (8, 8, 1, [])
    assert message["class_names"] == list("0123456789")
