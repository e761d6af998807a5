"""Generated and enlarged images: what their parameters do to them, and how they reach network and page."""

from __future__ import annotations

from dataclasses import replace

import msgpack
import numpy as np
import pytest

from server.catalog import FAMILIES
from server.configuration import input_shape, resolve
from server.datasets import DATASETS, Dataset
from server.datasets.digits import scans, twice_as_large
from server.preparation import as_message, prepare
from server.problems import Refused

DRAWN = pytest.mark.parametrize("name", ["shapes", "strokes"])


def pictures(name: str, **params: float) -> tuple[np.ndarray, np.ndarray]:
    dataset = DATASETS[name]
    given = {param.id: param.default for param in dataset.params} | {"noise": 0.0} | params
    images, classes = dataset.generate(np.random.default_rng(3), given)
    return images.reshape(-1, dataset.height, dataset.width).astype(float) / 255, classes


def still(name: str, **params: float) -> tuple[np.ndarray, np.ndarray]:
    return pictures(name, **{"position": 0, "scale": 0, "rotation": 0, "samples": 300, **params})


def centres(images: np.ndarray) -> np.ndarray:
    """The centre of brightness of each picture, from its middle, in pixels."""
    place = np.arange(images.shape[1]) - (images.shape[1] - 1) / 2
    total = images.sum(axis=(1, 2))
    found: np.ndarray = np.stack([images.sum(axis=1) @ place, images.sum(axis=2) @ place], axis=1) / total[:, None]
    return found


@DRAWN
def test_classes_are_balanced_and_every_picture_shows_something(name: str) -> None:
    images, classes = pictures(name, samples=1003)
    counts = np.bincount(classes.astype(int))
    assert len(counts) == DATASETS[name].classes == len(DATASETS[name].class_names)
    assert counts.max() - counts.min() <= 1
    assert images.max(axis=(1, 2)).min() > 0.9
    assert images.sum(axis=(1, 2)).min() > 25


@DRAWN
def test_the_position_moves_figures_so_far_and_no_farther(name: str) -> None:
    there, _ = still(name, position=6, samples=2000)
    here, _ = still(name)
    # A seven is not heavy in its middle.
    beside = np.abs(centres(here)).max()
    moved = np.abs(centres(there)).max(axis=0)
    assert beside < 4
    assert (moved > 5).all()
    assert (moved < 6 + beside).all()


@DRAWN
def test_scale_rotation_thickness_and_noise_do_what_they_say(name: str) -> None:
    plain, _ = still(name)
    areas = still(name, scale=0.5)[0].sum(axis=(1, 2))
    assert areas.std() / areas.mean() > 1.2 * plain.sum(axis=(1, 2)).std() / plain.sum(axis=(1, 2)).mean()
    thin, thick = (still(name, thickness=width)[0].sum() for width in (1.5, 5))
    assert thick > 1.15 * thin
    noisy, _ = still(name, noise=0.3)
    corners = noisy[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    # Half of the noise lies below black, where it is cut off.
    assert 0.3 < (corners == 0).mean() < 0.7
    assert corners[corners > 0].std() == pytest.approx(0.3 * np.sqrt(1 - 2 / np.pi), rel=0.1)
    _, classes = still(name)
    turned, _ = still(name, rotation=180)
    # Every digit stands upright, every shape with its top up, until it is turned.
    spread, spread_turned = (pixels[classes == 3].std(axis=0).mean() for pixels in (plain, turned))
    assert spread_turned > 1.5 * spread


def test_edges_are_as_bright_as_the_share_of_a_pixel_that_is_covered() -> None:
    images, classes = still("shapes", samples=600)
    disc = images[classes == 0][0]
    assert disc.sum() == pytest.approx(np.pi * (0.9 * 8) ** 2, rel=0.01)
    assert ((disc > 0.02) & (disc < 0.98)).any()
    square = images[classes == 1][0]
    assert square.sum() == pytest.approx(12**2, rel=0.01)
    triangle = images[classes == 2][0]
    # A triangle of circumradius 8: 3 √3 / 4 · 8².
    assert triangle.sum() == pytest.approx(3 * np.sqrt(3) / 4 * 64, rel=0.03)
    assert np.argmax(triangle.sum(axis=1) > 0.5) == 6
    star = images[classes == 5][0]
    # Ten triangles between the outer radius, the inner one, and the angle of 36° between them.
    assert star.sum() == pytest.approx(10 * 0.5 * 64 * 0.42 * np.sin(np.pi / 5), rel=0.04)


def test_enlarged_digits_are_the_same_digits() -> None:
    images, _ = scans()
    large = twice_as_large(images).reshape(-1, 16, 16) / 255
    small = images.reshape(-1, 8, 8) / 16
    # Inside, four new pixels lie around an old centre; their mean mixes it with its neighbours.
    np.testing.assert_allclose(large[:, 0, 0], small[:, 0, 0], atol=0.002)
    quarter = 0.75 * small[:, 3, 3:5] @ [0.75, 0.25] + 0.25 * small[:, 4, 3:5] @ [0.75, 0.25]
    np.testing.assert_allclose(large[:, 7, 7], quarter, atol=0.003)
    np.testing.assert_allclose(large.mean(), small.mean(), atol=0.002)


@pytest.mark.parametrize(
    ("choice", "size", "levels"),
    [({"id": "digits"}, 8, 16), ({"id": "digits", "size": 1}, 16, 255), ({"id": "shapes"}, 28, 255)],
)
def test_images_reach_the_page_as_the_network_gets_them(choice: dict[str, object], size: int, levels: int) -> None:
    config = resolve({"data": {"dataset": choice}})
    data = prepare(config.data)
    message = msgpack.unpackb(msgpack.packb(as_message(data, 1)))
    assert (message["width"], message["height"], message["channels"], message["levels"]) == (size, size, 1, levels)
    assert input_shape(config.data) == (1, size, size)
    assert data.training.x_train.shape[1] == size * size
    images = np.frombuffer(message["test"]["images"], np.uint8).reshape(-1, size * size) / np.float32(levels)
    offset, scale = (np.frombuffer(message[part], "<f4") for part in ("offset", "matrix"))
    assert scale.shape == offset.shape == (size * size,)
    np.testing.assert_allclose((images - offset) * scale, data.training.x_test, atol=1e-6)
    # One mean and deviation for the whole channel.
    assert len(np.unique(offset)) == len(np.unique(scale)) == 1
    assert data.training.x_train.mean() == pytest.approx(0, abs=1e-4)
    assert data.training.x_train.std() == pytest.approx(1, abs=1e-4)


def test_every_image_set_names_its_classes(dataset_of_images: Dataset) -> None:
    assert len(dataset_of_images.class_names) == dataset_of_images.classes
    assert dataset_of_images.inputs == dataset_of_images.channels * dataset_of_images.width * dataset_of_images.height


@pytest.fixture(params=[dataset for dataset in DATASETS if dataset.kind == "images"], ids=lambda each: each.id)
def dataset_of_images(request: pytest.FixtureRequest) -> Dataset:
    """Each set of images."""
    found: Dataset = request.param
    return found


def test_principal_axes_of_more_inputs_than_can_be_waited_for_are_refused() -> None:
    asked = {"dataset": {"id": "shapes"}, "preprocessing": {"id": "zca_whiten"}}
    assert input_shape(resolve({"data": asked}).data) == (1, 28, 28)
    axes = FAMILIES["preprocessings"]["zca_whiten"]
    assert axes.mixes
    large = replace(DATASETS["shapes"], width=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS.variants, "shapes", large)
        with pytest.raises(Refused) as refused:
            resolve({"data": asked})
    assert (refused.value.first.field, refused.value.first.bound) == ("data.preprocessing", "inputs <= 1024")
