"""Readers of data sets in the formats in which they are published: IDX (MNIST and its like) and CIFAR-10's binaries.

No header is believed: what a file says must be what it holds, to the byte. Compressed files are unpacked up to what an
honest one could need, and no further. Nothing is ever written where an archive says.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
#: Images [n, inputs] and their classes [n].
Labelled: TypeAlias = tuple[Bytes, Bytes]

#: Images of one file, at most; the largest of the sets has 60,000.
MOST_IMAGES = 70_000
_GZIP = b"\x1f\x8b"
_IMAGES, _LABELS = 0x0803, 0x0801
_CIFAR_RECORD = 1 + 3 * 32 * 32
_CIFAR_RECORDS = 10_000
_CHUNK = 1 << 20


class UnreadableFilesError(ValueError):
    """Files that are not what they should be. The message says which, what is wrong, and where."""


class _Limited(io.RawIOBase):
    """A stream that gives no more bytes than it may."""

    def __init__(self, source: io.BufferedIOBase | gzip.GzipFile, name: str, limit: int) -> None:
        self._source = source
        self._name = name
        self._left = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(_CHUNK if size < 0 else min(size, _CHUNK))
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableFilesError(f"{self._name}: unpacks to more than such a file can hold; it is not read on.")
        return data


def _unpacked(path: Path, limit: int) -> bytes:
    """The bytes of a file, unpacked if it is compressed, and at most `limit`. Raises UnreadableFilesError."""
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        stream = _Limited(gzip.GzipFile(fileobj=file) if compressed else file, path.name, limit)
        parts = []
        try:
            while part := stream.read():
                parts.append(part)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableFilesError(f"{path.name}: the compressed file is damaged or cut off ({error}).") from None
    return b"".join(parts)


def _idx(path: Path, magic: int, shape: tuple[int, ...]) -> Bytes:
    """The content of an IDX file [n, *shape] of bytes."""
    kind = "images" if magic == _IMAGES else "labels"
    header = 4 * (2 + len(shape))
    data = _unpacked(path, header + MOST_IMAGES * math.prod(shape))
    if len(data) < header:
        raise UnreadableFilesError(f"{path.name}: {len(data)} bytes are less than the header of {header} bytes.")
    found, count, *sizes = struct.unpack(f">{2 + len(shape)}I", data[:header])
    if found != magic:
        raise UnreadableFilesError(
            f"{path.name}: begins with 0x{found:08x}, but {kind} of unsigned bytes begin with 0x{magic:08x}."
        )
    if tuple(sizes) != shape:
        says = " × ".join(map(str, sizes))
        raise UnreadableFilesError(f"{path.name}: says images of {says}, but must hold {' × '.join(map(str, shape))}.")
    if not 1 <= count <= MOST_IMAGES:
        raise UnreadableFilesError(f"{path.name}: says {count} {kind}, but may hold 1 to {MOST_IMAGES}.")
    expected, held = count * math.prod(shape), len(data) - header
    if held != expected:
        fault = "it is cut off" if held < expected else "something else follows them"
        raise UnreadableFilesError(
            f"{path.name}: says {count} {kind}, which are {expected} bytes, but {held} follow the header: {fault}."
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(count, *shape)


def _labels_in_range(labels: Bytes, classes: int, name: str) -> None:
    if (wrong := np.flatnonzero(labels >= classes)).size:
        at = int(wrong[0])
        raise UnreadableFilesError(
            f"{name}: label {at + 1} is {labels[at]}, but there are {classes} classes, 0 to {classes - 1}."
        )


@dataclass
class _Pair:
    images: Path | None = None
    labels: Path | None = None


def read_idx(paths: Sequence[Path], width: int, height: int, classes: int) -> Labelled:
    """Images [n, height * width] and labels of the parts among these files and folders, the training part first.

    The parts are known by names such as train-images-idx3-ubyte or t10k-labels.idx1-ubyte.gz; one of them will do.
    """
    pairs: dict[str, _Pair] = {"train": _Pair(), "t10k": _Pair()}
    for path in _files(paths):
        name = path.name.lower()
        part = next((part for part in pairs if name.startswith(part)), None)
        kind = next((kind for kind in ("images", "labels") if kind in name), None)
        # A compressed file beside the same one unpacked comes second, and is not needed.
        if part and kind and getattr(pairs[part], kind) is None:
            setattr(pairs[part], kind, path)
    read = [_read_pair(part, pair, (height, width), classes) for part, pair in pairs.items() if pair != _Pair()]
    if not read:
        raise UnreadableFilesError(
            "No IDX files were found. Their names begin with train-images, train-labels, t10k-images or t10k-labels."
        )
    images, labels = (np.concatenate(parts) for parts in zip(*read, strict=True))
    return images, labels


def _read_pair(part: str, pair: _Pair, shape: tuple[int, int], classes: int) -> Labelled:
    if pair.images is None or pair.labels is None:
        missing = "images" if pair.images is None else "labels"
        raise UnreadableFilesError(f"{part}-{missing}… is missing: images and labels come in two files.")
    images, labels = _idx(pair.images, _IMAGES, shape), _idx(pair.labels, _LABELS, ())
    if len(images) != len(labels):
        raise UnreadableFilesError(
            f"{pair.images.name} holds {len(images)} images, but {pair.labels.name} {len(labels)} labels."
        )
    _labels_in_range(labels, classes, pair.labels.name)
    return images.reshape(len(images), -1), labels


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The regular files among these, and in the folders among these, in the order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.iterdir() if each.is_file())
        elif path.is_file():
            yield path
        else:
            raise UnreadableFilesError(f"{path}: there is no such file or folder.")


def read_cifar10(paths: Sequence[Path]) -> Labelled:
    """Images [n, 3072] and labels from data_batch_1.bin … and test_batch.bin, or from the archive that holds them."""
    batches: dict[str, bytes] = {}
    folders = [path / "cifar-10-batches-bin" for path in paths if (path / "cifar-10-batches-bin").is_dir()]
    pickled = ""
    for path in _files([*paths, *folders]):
        if path.name.endswith((".tar.gz", ".tgz", ".tar")):
            batches |= _members(path)
        elif _is_batch(path.name.removesuffix(".gz")):
            batches[path.name.removesuffix(".gz")] = _unpacked(path, _CIFAR_RECORDS * _CIFAR_RECORD)
        elif _is_batch(f"{path.name}.bin"):
            pickled = path.name
    if not batches:
        hint = f" {pickled} is of the version for Python, which is not read: it can run code." if pickled else ""
        raise UnreadableFilesError(f"No data_batch_1.bin … or test_batch.bin was found: the binary version.{hint}")
    # data_batch_… comes before test_batch.
    read = [_read_batch(name, batches[name]) for name in sorted(batches)]
    images, labels = (np.concatenate(parts) for parts in zip(*read, strict=True))
    return images, labels


def _is_batch(name: str) -> bool:
    return name == "test_batch.bin" or (name[:11] == "data_batch_" and name[11:] in {f"{k}.bin" for k in range(1, 6)})


def _members(path: Path) -> dict[str, bytes]:
    """The batches in an archive, by their names alone: where it wants them put plays no part."""
    found: dict[str, bytes] = {}
    most = _CIFAR_RECORDS * _CIFAR_RECORD
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        limited = _Limited(gzip.GzipFile(fileobj=file) if compressed else file, path.name, 7 * most)
        try:
            with tarfile.open(fileobj=limited, mode="r|") as archive:
                for member in archive:
                    name = member.name.rpartition("/")[2]
                    content = archive.extractfile(member) if member.isreg() and _is_batch(name) else None
                    if content is None:
                        continue
                    if member.size > most:
                        raise UnreadableFilesError(f"{path.name}: {name} has {member.size} bytes, at most {most} fit.")
                    found[name] = content.read()
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableFilesError(f"{path.name}: the archive is damaged or cut off ({error}).") from None
    return found


def _read_batch(name: str, data: bytes) -> Labelled:
    count, rest = divmod(len(data), _CIFAR_RECORD)
    if rest or not 1 <= count <= _CIFAR_RECORDS:
        raise UnreadableFilesError(
            f"{name}: {len(data)} bytes are not 1 to {_CIFAR_RECORDS} images of {_CIFAR_RECORD} bytes each."
        )
    records = np.frombuffer(data, np.uint8).reshape(count, _CIFAR_RECORD)
    _labels_in_range(records[:, 0], 10, name)
    return records[:, 1:], records[:, 0]
