"""Small files in the original formats, written by the tests; and where real ones lie, if they do."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
IMAGES, LABELS = 0x0803, 0x0801


def idx(magic: int, sizes: tuple[int, ...], content: bytes) -> bytes:
    """An IDX file that says so and holds that, true or not."""
    return struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + content


def images_of(count: int, seed: int = 0) -> np.ndarray:
    """Noise whose first pixel is its number."""
    images = np.random.default_rng(seed).integers(0, 256, (count, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(count) % 256
    return images


def write_part(folder: Path, part: str, count: int, *, packed: bool = False, seed: int = 0) -> np.ndarray:
    """A part of an MNIST: its two files. Returns the images; the labels are the images' numbers modulo ten."""
    images = images_of(count, seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    for name, content in (
        (f"{part}-images-idx3-ubyte", idx(IMAGES, (count, 28, 28), images.tobytes())),
        (f"{part}-labels-idx1-ubyte", idx(LABELS, (count,), labels.tobytes())),
    ):
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return images.reshape(count, -1)


def real_mnist() -> Path | None:
    """The folder with the test part of the real MNIST: beside the repository, or named by LIVEGRAD_TEST_MNIST."""
    given = os.environ.get("LIVEGRAD_TEST_MNIST")
    folders = [Path(given)] if given else [ROOT.parent / "shared" / "data" / "mnist"]
    return next((folder for folder in folders if list(folder.glob("t10k-images*"))), None)
