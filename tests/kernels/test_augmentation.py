"""Changed copies of images: each change against NumPy, the same bits however a run is cut, and training only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest

from kernels.augmentation import MAX_ROTATION, MOTIONS, NOISE, gather_augmented
from kernels.cache import OPTIONS
from kernels.network import Augmentation, Choice, ConvSpec, DenseSpec, NetworkSpec, TrainingData, TrainingSpec
from kernels.rng import mask_bits, mask_key
from kernels.simd import pointer
from kernels.statistics import gather
from kernels.train import train_chunk
from kernels.trainer import Trainer
from tests.kernels.support import Floats

SEED, STEP = 7, 11
ALL = Augmentation(shift=1.5, rotation=20, flip=True, noise=0.1)


@numba.njit(**OPTIONS)
def _call(
    x: Any, shape: Any, order: Any, count: int, stride: int, out: Any, settings: Any, seed: int, step: int
) -> None:
    channels, height, width = shape
    gather_augmented(
        pointer(x, 0), channels, height, width, pointer(order, 0), 0, count, stride, pointer(out, 0),
        pointer(settings, 0), seed, step,
    )  # fmt: skip


@numba.njit(**OPTIONS)
def _plain(x: Any, order: Any, count: int, stride: int, out: Any) -> None:
    gather(pointer(x, 0), x.shape[1], pointer(order, 0), 0, count, stride, pointer(out, 0))


@numba.njit(**OPTIONS)
def _key(layer: int) -> Any:
    return mask_key(SEED, STEP, layer)


@numba.njit(**OPTIONS)
def _bits(layer: int, place: int) -> Any:
    return mask_bits(mask_key(SEED, STEP, layer), place)


def augmented(x: Floats, shape: tuple[int, int, int], *settings: float, step: int = STEP) -> Floats:
    """The batch of all images of x, [count, *shape], changed by: pixels, radians, mirroring, noise."""
    count = len(x)
    stride = (count + 7) // 8 * 8
    out = np.full((x.shape[1], stride), np.nan, np.float32)
    _call(x, shape, np.arange(count), count, stride, out, np.array(settings, np.float32), SEED, step)
    assert not out[:, count:].any()
    return np.ascontiguousarray(out[:, :count].T).reshape(count, *shape)


def drawn(sample: int) -> list[float]:
    """What is drawn for a sample, in [-1, 1): across, down, angle, mirror."""
    return [2 * (int(_bits(MOTIONS, 4 * sample + k)) >> 8) / 2**24 - 1 for k in range(4)]


def reference(image: np.ndarray, across: float, down: float, angle: float, mirror: float) -> np.ndarray:
    """An image [channels, height, width] looked back at, pixel by pixel, in double precision."""
    _, height, width = image.shape
    middle, centre = (width - 1) / 2, (height - 1) / 2
    out = np.empty(image.shape)
    for row in range(height):
        for column in range(width):
            u, v = mirror * (column - middle), row - centre
            a = np.clip(np.cos(angle) * u + np.sin(angle) * v + middle + across, 0, width - 1)
            b = np.clip(np.cos(angle) * v - np.sin(angle) * u + centre + down, 0, height - 1)
            left, top = int(a), int(b)
            right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
            fa, fb = a - left, b - top
            upper = (1 - fa) * image[:, top, left] + fa * image[:, top, right]
            lower = (1 - fa) * image[:, bottom, left] + fa * image[:, bottom, right]
            out[:, row, column] = (1 - fb) * upper + fb * lower
    return out


def images(count: int, shape: tuple[int, int, int], seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, int(np.prod(shape)))).astype(np.float32)


SHAPES = pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 9), (1, 7, 1), (2, 1, 1)], ids=str)


@SHAPES
@pytest.mark.parametrize(
    ("moved", "turned", "mirrored"),
    [(2.5, 0.0, 0.0), (0.0, 0.7, 0.0), (0.0, 0.0, 1.0), (3.0, 0.5, 1.0)],
    ids=["shift", "rotation", "flip", "all"],
)
def test_a_change_is_that_of_numpy(shape: tuple[int, int, int], moved: float, turned: float, mirrored: float) -> None:
    x = images(13, shape)
    got = augmented(x, shape, moved, turned, mirrored, 0)
    seen = set()
    for sample, image in enumerate(x.reshape(-1, *shape).astype(np.float64)):
        across, down, angle, side = drawn(sample)
        mirror = -1.0 if mirrored and side < 0 else 1.0
        seen.add(mirror)
        expected = reference(image, moved * across, moved * down, turned * angle, mirror)
        np.testing.assert_allclose(got[sample], expected, atol=2e-5)
    assert len(seen) == (2 if mirrored else 1)


def test_mirroring_alone_is_exact_and_nothing_at_all_is_the_image() -> None:
    shape = (2, 6, 7)
    x = images(16, shape)
    same = augmented(x, shape, 0, 0, 0, 0)
    np.testing.assert_array_equal(same, x.reshape(-1, *shape))
    flipped = augmented(x, shape, 0, 0, 1, 0)
    for sample in range(16):
        image = same[sample]
        np.testing.assert_array_equal(flipped[sample], image[:, :, ::-1] if drawn(sample)[3] < 0 else image)


def test_beyond_the_edge_the_edge_goes_on() -> None:
    shape = (1, 4, 4)
    x = np.tile(np.repeat(np.array([1, 2, 3, 4], np.float32), 4), (64, 1))
    moved = augmented(x, shape, 8, 0, 0, 0)
    assert moved.min() >= 1
    assert moved.max() <= 4
    assert (moved == 1).all(axis=(1, 2, 3)).any()
    assert (moved == 4).all(axis=(1, 2, 3)).any()


def test_noise_is_normal_and_differs_from_pixel_to_pixel_and_step_to_step() -> None:
    shape = (1, 28, 28)
    x = np.zeros((64, 784), np.float32)
    noise = augmented(x, shape, 0, 0, 0, 0.5)
    np.testing.assert_allclose([noise.mean(), noise.std()], [0, 0.5], atol=0.01)
    # The kurtosis of a sum of four uniform numbers is 3 - 6 / 5 / 4.
    assert (noise**4).mean() / noise.std() ** 4 == pytest.approx(2.7, abs=0.05)
    assert abs(np.corrcoef(noise.reshape(64, -1)[:, :-1].ravel(), noise.reshape(64, -1)[:, 1:].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1]) < 0.02
    other = augmented(x, shape, 0, 0, 0, 0.5, step=STEP + 1)
    assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.02
    assert _key(MOTIONS) != _key(NOISE)


def spec(augmentation: Augmentation = Augmentation()) -> TrainingSpec:  # noqa: B008  (a frozen record)
    return TrainingSpec(
        loss=Choice("softmax_cross_entropy"),
        optimizer=Choice("adam", {"learning_rate": 0.01}),
        schedule=Choice("constant"),
        regularizers=(),
        batch_size=12,
        augmentation=augmentation,
    )


LAYERS = (ConvSpec(4, 3, Choice("relu"), Choice("he_normal")),)
CNN = NetworkSpec((2, 6, 6), LAYERS, 3, Choice("xavier_uniform"))


def data() -> TrainingData:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 60).astype(np.float32)
    x = images(60, (2, 6, 6))
    return TrainingData(x[:40], y[:40], x[40:], y[40:])


def trained(training: TrainingSpec, *steps: int) -> Trainer:
    trainer = Trainer(CNN, training, data(), 3)
    for count in steps:
        trainer.train(count)
    return trainer


def test_off_gives_the_bits_of_a_training_that_knows_of_none() -> None:
    plain, off = trained(spec(), 20), trained(spec(Augmentation()), 20)
    assert plain.parameters.tobytes() == off.parameters.tobytes()
    back = trained(spec(ALL))
    back.set_training(spec())
    back.train(20)
    assert back.parameters.tobytes() == plain.parameters.tobytes()
    on = trained(spec(ALL), 20)
    assert on.parameters.tobytes() != plain.parameters.tobytes()


def test_the_same_bits_however_the_steps_are_cut_and_after_a_restore() -> None:
    whole = trained(spec(ALL), 23)
    assert trained(spec(ALL), 1, 7, 15).parameters.tobytes() == whole.parameters.tobytes()
    half = trained(spec(ALL), 9)
    other = trained(spec(ALL))
    other.restore(half.state())
    other.train(14)
    assert other.parameters.tobytes() == whole.parameters.tobytes()


def test_it_changes_while_it_trains_and_nothing_is_compiled_for_it() -> None:
    before = len(train_chunk.signatures)
    trainer = trained(spec(), 10)
    assert before <= len(train_chunk.signatures) == 1
    trainer.set_training(spec(ALL))
    trainer.train(10)
    assert len(train_chunk.signatures) == 1
    assert trainer.parameters.tobytes() != trained(spec(), 20).parameters.tobytes()


def test_whole_sets_are_evaluated_as_they_are() -> None:
    trainer = trained(spec(ALL), 15)
    trainer.observe()
    columns = [column.name for column in trainer.layout.columns]
    seen = [columns.index(name) for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy")]
    plain = trained(spec())
    plain.restore(trainer.state())
    plain.observe()
    np.testing.assert_array_equal(trainer.stats[seen], plain.stats[seen])


def test_both_looks_of_a_climbing_optimizer_see_the_same_batch() -> None:
    """With nowhere to climb, the second look gives the first one's gradient: the batch is not drawn anew."""
    climbing = replace(spec(ALL), optimizer=Choice("sam", {"learning_rate": 0.1, "rho": 1e-3, "inner": 0}))
    plain = replace(spec(ALL), optimizer=Choice("sgd", {"learning_rate": 0.1}))
    np.testing.assert_allclose(trained(climbing, 1).parameters, trained(plain, 1).parameters, atol=2e-3)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (Augmentation(shift=8.1), "augmentation.shift is 8.1, but must satisfy 0 <= shift <= 8"),
        (Augmentation(rotation=-1), "0 <= rotation <= 45"),
        (Augmentation(noise=float("nan")), "0 <= noise <= 1"),
    ],
)
def test_what_is_out_of_bounds_is_refused(wrong: Augmentation, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        trained(spec(wrong))
    assert MAX_ROTATION == 45


def test_points_are_not_images() -> None:
    network = NetworkSpec((2,), (DenseSpec(4, Choice("tanh"), Choice("xavier_uniform")),), 3, Choice("xavier_uniform"))
    x, y = images(40, (1, 1, 2)), np.zeros(40, np.float32)
    with pytest.raises(ValueError, match="augmentation needs images"):
        Trainer(network, spec(ALL), TrainingData(x[:30], y[:30], x[30:], y[30:]), 1)
