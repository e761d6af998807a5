"""`livegrad data`: which sets of images lie on this machine, and how to bring one here or take it away."""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

from server.datasets import storage
from server.datasets.files import FILE_SETS, FileSet, Source
from server.datasets.originals import UnreadableFilesError

SETS = {each.id: each for each in FILE_SETS}
_CHUNK = 1 << 18
_TIMEOUT = 30.0

#: Opens an address; tests put another in place.
Open = Callable[..., Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The sub-commands of `livegrad data`."""
    commands = parser.add_subparsers(dest="data_command", required=True, metavar="list|add|get|remove")
    commands.add_parser("list", help="which sets there are, and which of them lie here")
    adding = commands.add_parser("add", help="read a set from the original files that you have")
    adding.add_argument("name", choices=list(SETS), metavar="NAME", help=f"one of: {', '.join(SETS)}")
    adding.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="its folder, its archive, or its files")
    getting = commands.add_parser("get", help="fetch a set from its official mirror, and check it")
    getting.add_argument("name", choices=list(SETS), metavar="NAME", help=f"one of: {', '.join(SETS)}")
    removing = commands.add_parser("remove", help="delete a set from this machine's data folder")
    removing.add_argument("name", choices=list(SETS), metavar="NAME", help=f"one of: {', '.join(SETS)}")


def run(given: argparse.Namespace) -> int:
    """Do what was asked for. Returns the exit status."""
    try:
        match given.data_command:
            case "list":
                _list()
            case "add":
                _keep(SETS[given.name], given.paths)
            case "get":
                get(SETS[given.name])
            case _:
                _remove(given.name)
    except UnreadableFilesError as error:
        print(f"livegrad: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(
            f"livegrad: {where}{error.strerror or error}. LIVEGRAD_DATA_DIR names another folder to keep data in.",
            file=sys.stderr,
        )
        return 1
    return 0


def _list() -> None:
    print(f"Data folder: {storage.data_folder()}")
    for each in SETS.values():
        stored = each.stored()
        state = f"{len(stored.labels):,} images" if stored else f"not here; livegrad data get {each.id}"
        print(f"  {each.id:<14} {state}")


def _keep(dataset: FileSet, paths: list[Path]) -> None:
    content = dataset.read(paths)
    path = storage.save(dataset.id, content)
    print(f"{dataset.id}: {len(content[1]):,} images are in {path}. The page can train on them at once.")


def _remove(name: str) -> None:
    print(f"{name}: removed." if storage.remove(name) else f"{name}: was not here.")


def get(dataset: FileSet, opener: Open = urllib.request.urlopen) -> None:
    """Fetch all files of a set, check them, and keep it. Raises UnreadableFilesError with the way out."""
    with tempfile.TemporaryDirectory(prefix="livegrad-") as folder:
        paths = [_fetch(dataset, source, Path(folder), opener) for source in dataset.sources]
        _keep(dataset, paths)


def _fetch(dataset: FileSet, source: Source, folder: Path, opener: Open) -> Path:
    """One file, from the first mirror that gives it as it should be."""
    reasons = []
    for mirror in dataset.mirrors:
        path = folder / source.name
        try:
            digest = _download(f"{mirror}{source.name}", source, path, opener)
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
            reasons.append(f"{mirror}: {getattr(error, 'reason', error)}")
            continue
        if digest == source.sha256:
            return path
        reasons.append(f"{mirror}: gave another file (SHA-256 {digest}, not {source.sha256})")
    raise UnreadableFilesError(
        f"{source.name} could not be fetched. {'; '.join(reasons)}. Without internet, bring the files here by other "
        f"means and run: livegrad data add {dataset.id} PATH"
    )


def _download(address: str, source: Source, path: Path, opener: Open) -> str:
    """Write what the address gives, no more than it should have, with progress. Returns its SHA-256."""
    digest, done = hashlib.sha256(), 0
    with opener(address, timeout=_TIMEOUT) as answer, path.open("wb") as file:
        while done <= source.size and (part := answer.read(_CHUNK)):
            digest.update(part)
            file.write(part)
            done += len(part)
            print(f"\r{source.name}  {min(100, 100 * done // source.size):3d} %", end="", flush=True)
    print()
    return digest.hexdigest()
