"""Readers of the original formats: what they read, and what they refuse, saying what is wrong and where."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from server.datasets.originals import UnreadableFilesError, read_cifar10, read_idx
from tests.server.originals import IMAGES, LABELS, idx, images_of, write_part


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A place for original files."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def read(*paths: Path) -> tuple[np.ndarray, np.ndarray]:
    return read_idx(paths, 28, 28, 10)


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_are_read_in_the_order_of_their_parts(files: Path, packed: bool) -> None:
    tested = write_part(files, "t10k", 12, packed=packed, seed=1)
    trained = write_part(files, "train", 30, packed=packed, seed=2)
    images, labels = read(files)
    np.testing.assert_array_equal(images, np.concatenate([trained, tested]))
    assert labels.tolist() == [*(i % 10 for i in range(30)), *(i % 10 for i in range(12))]
    one_by_one, _ = read(*sorted(files.iterdir(), reverse=True))
    np.testing.assert_array_equal(one_by_one, images)


def test_a_single_part_will_do_and_a_copy_of_it_is_not_read_twice(files: Path) -> None:
    images = write_part(files, "t10k", 20)
    write_part(files, "t10k", 20, packed=True)
    (files / "README.md").write_text("not data")
    np.testing.assert_array_equal(read(files)[0], images)


FINE = images_of(3).tobytes()
WRONG_IMAGES = {
    "shorter than a header": (b"\0\0\x08\x03\0\0", "less than the header"),
    "of another magic": (idx(0x0D03, (3, 28, 28), FINE), "begins with 0x00000d03"),
    "labels in place of images": (idx(LABELS, (3, 28, 28), FINE), "begins with 0x00000801"),
    "of another size": (idx(IMAGES, (3, 14, 56), FINE), "14 × 56, but must hold 28 × 28"),
    "with no image": (idx(IMAGES, (0, 28, 28), b""), "0 images, but may hold 1 to 70000"),
    "with a lying count": (idx(IMAGES, (2**32 - 1, 28, 28), FINE), "4294967295 images, but may hold"),
    "cut off": (idx(IMAGES, (3, 28, 28), FINE[:-1]), "it is cut off"),
    "followed by more": (idx(IMAGES, (3, 28, 28), FINE + b"!"), "something else follows"),
    "compressed and cut off": (gzip.compress(idx(IMAGES, (3, 28, 28), FINE))[:-20], "damaged or cut off"),
    "compressed and damaged": (b"\x1f\x8b" + bytes(50), "damaged or cut off"),
    "a bomb": (gzip.compress(idx(IMAGES, (3, 28, 28), FINE) + bytes(60_000_000)), "unpacks to more"),
}


@pytest.mark.parametrize(("content", "says"), WRONG_IMAGES.values(), ids=WRONG_IMAGES)
def test_images_that_are_not_what_they_say_are_refused(files: Path, content: bytes, says: str) -> None:
    write_part(files, "t10k", 3)
    (files / "t10k-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(UnreadableFilesError, match="t10k-images-idx3-ubyte: ") as refused:
        read(files)
    assert says in str(refused.value)


def test_labels_out_of_range_and_parts_that_do_not_match_are_refused(files: Path) -> None:
    write_part(files, "t10k", 4)
    labels = files / "t10k-labels-idx1-ubyte"
    labels.write_bytes(idx(LABELS, (4,), bytes([0, 9, 10, 1])))
    with pytest.raises(UnreadableFilesError, match="label 3 is 10, but there are 10 classes"):
        read(files)
    labels.write_bytes(idx(LABELS, (3,), bytes(3)))
    with pytest.raises(UnreadableFilesError, match="holds 4 images, but t10k-labels-idx1-ubyte 3 labels"):
        read(files)
    labels.unlink()
    with pytest.raises(UnreadableFilesError, match="t10k-labels… is missing"):
        read(files)
    with pytest.raises(UnreadableFilesError, match="No IDX files were found"):
        read(labels.parent.parent)
    with pytest.raises(UnreadableFilesError, match="there is no such file or folder"):
        read(labels)


def batch(count: int, seed: int = 0, label: int | None = None) -> bytes:
    rng = np.random.default_rng(seed)
    records = rng.integers(0, 256, (count, 3073), np.uint8)
    records[:, 0] = np.arange(count) % 10 if label is None else label
    return records.tobytes()


def archive(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_cifar_is_read_from_its_batches_and_from_its_archive(files: Path) -> None:
    batches = {"data_batch_2.bin": batch(3, 2), "test_batch.bin": batch(2, 3), "data_batch_1.bin": batch(4, 1)}
    for name, content in batches.items():
        (files / name).write_bytes(content)
    images, labels = read_cifar10([files])
    assert images.shape == (9, 3072)
    assert labels.tolist() == [0, 1, 2, 3, 0, 1, 2, 0, 1]
    records = np.frombuffer(batches["data_batch_1.bin"], np.uint8).reshape(4, 3073)
    np.testing.assert_array_equal(images[:4], records[:, 1:])
    packed = files / "cifar-10-binary.tar.gz"
    packed.write_bytes(archive({f"cifar-10-batches-bin/{name}": content for name, content in batches.items()}))
    np.testing.assert_array_equal(read_cifar10([packed])[0], images)


def link(name: str, target: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = tarfile.SYMTYPE, target
        tar.addfile(info)
    return out.getvalue()


WRONG_CIFAR = {
    "no batch": ({"notes.bin": b"x"}, "No data_batch_1.bin"),
    "for Python": ({"data_batch_1": b"\x80\x04."}, "data_batch_1 is of the version for Python"),
    "of a part of an image": ({"data_batch_1.bin": batch(2)[:-1]}, "data_batch_1.bin: 6145 bytes are not"),
    "empty": ({"test_batch.bin": b""}, "0 bytes are not 1 to 10000 images"),
    "too long": ({"test_batch.bin": bytes(3073 * 10_001)}, "test_batch.bin: unpacks to more"),
    "with a label beyond": ({"test_batch.bin": batch(5, label=10)}, "label 1 is 10"),
    "an archive of a link": ({"a.tar.gz": link("data_batch_1.bin", "/etc/passwd")}, "No data_batch_1.bin"),
    "an archive that is none": ({"a.tar.gz": gzip.compress(b"nothing" * 99)}, "a.tar.gz: the archive is damaged"),
    "an archive cut off": ({"a.tar.gz": archive({"data_batch_1.bin": batch(9)})[:-900]}, "a.tar.gz: the archive"),
    "an archive of a long batch": (
        {"a.tar.gz": archive({"x/test_batch.bin": bytes(40_000_000)})},
        "has 40000000 bytes",
    ),
    "an archive that is a bomb": ({"a.tar.gz": archive({"zeros": bytes(220_000_000)})}, "a.tar.gz: unpacks to more"),
}


@pytest.mark.parametrize(("content", "says"), WRONG_CIFAR.values(), ids=WRONG_CIFAR)
def test_a_cifar_that_is_none_is_refused(files: Path, content: dict[str, bytes], says: str) -> None:
    for name, data in content.items():
        (files / name).write_bytes(data)
    with pytest.raises(UnreadableFilesError) as refused:
        read_cifar10([files])
    assert says in str(refused.value)


def test_where_an_archive_wants_its_members_put_plays_no_part(files: Path) -> None:
    outside = files.parent / "data_batch_1.bin"
    (files / "a.tar.gz").write_bytes(archive({"../data_batch_1.bin": batch(3), "/etc/test_batch.bin": batch(2)}))
    assert len(read_cifar10([files])[1]) == 5
    assert not outside.exists()
