"""Where data sets lie that a person has added: a folder of the person's own, one file a set, read without trust.

A file is an array [images, 1 + inputs] of bytes, the class first, in NumPy's format. It is mapped, not loaded, so that
a run that has it keeps it even where it is removed meanwhile.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from server.datasets.originals import Bytes, Labelled

if TYPE_CHECKING:
    from server.preparation import PreparedData


@dataclass(frozen=True, eq=False)
class Stored:
    """A data set that is there. `prepared` are samples made of it, by their configuration."""

    rows: Bytes
    prepared: dict[str, PreparedData] = field(default_factory=dict)

    @property
    def images(self) -> Bytes:
        """[n, inputs]"""
        return self.rows[:, 1:]

    @property
    def labels(self) -> Bytes:
        """[n]"""
        return self.rows[:, 0]


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """LIVEGRAD_DATA_DIR, or the folder that the platform has for a person's data."""
    if given := environment.get("LIVEGRAD_DATA_DIR"):
        return Path(given)
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "livegrad"


def _path(name: str) -> Path:
    return data_folder() / f"{name}.npy"


def save(name: str, content: Labelled) -> Path:
    """Keep a data set, whole or not at all. Raises OSError where there is no place for it."""
    images, labels = content
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{name}-", delete=False) as file:
        try:
            np.save(file, np.column_stack([labels, images]), allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            file.close()
            Path(file.name).unlink(missing_ok=True)
            raise
    return path


def remove(name: str) -> bool:
    """Forget a data set; False where there was none."""
    try:
        _path(name).unlink()
    except FileNotFoundError:
        return False
    return True


_found: dict[Path, tuple[tuple[int, int, int], Stored]] = {}
_lock = Lock()


def find(name: str, inputs: int, classes: int) -> Stored | None:
    """The data set, if it is there and whole: the same object as long as the file does not change."""
    path = _path(name)
    try:
        status = path.stat()
    except OSError:
        return None
    version = (status.st_mtime_ns, status.st_size, status.st_ino)
    with _lock:
        known = _found.get(path)
        if known is None or known[0] != version:
            stored = _open(path, inputs, classes)
            if stored is None:
                return None
            known = _found[path] = (version, stored)
        return known[1]


def _open(path: Path, inputs: int, classes: int) -> Stored | None:
    try:
        rows: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = rows.dtype == np.uint8 and rows.ndim == 2 and rows.shape[0] > 1 and rows.shape[1] == 1 + inputs
    return Stored(rows) if whole and rows[:, 0].max() < classes else None
