"""Image sets from files: read without trust, kept whole, offered while there, and refused with the reason."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import sys
import urllib.error
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server import data_command
from server.__main__ import main
from server.catalog import families
from server.configuration import resolve, sample_count, training_size
from server.datasets import storage
from server.datasets.files import FILE_SETS, FileSet, Source
from server.datasets.originals import UnreadableFilesError
from server.preparation import prepare
from server.problems import Refused
from tests.server.conftest import Live, play
from tests.server.originals import IMAGES, LABELS, idx, real_mnist, write_part

MNIST = {"data": {"dataset": {"id": "mnist"}}}


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder for each test."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("LIVEGRAD_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A place for original files."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def entry(name: str) -> dict[str, Any]:
    return next(each for each in families()["datasets"] if each["id"] == name)


def test_the_command_adds_lists_and_removes(files: Path, data_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_part(files, "t10k", 50)
    assert main(["data", "list"]) == 0
    assert "mnist          not here; livegrad data get mnist" in capsys.readouterr().out
    assert main(["data", "add", "mnist", str(files)]) == 0
    assert "50 images" in capsys.readouterr().out
    assert [path.name for path in data_folder.iterdir()] == ["mnist.npy"]
    main(["data", "list"])
    assert "mnist          50 images" in capsys.readouterr().out
    assert main(["data", "remove", "mnist"]) == 0
    assert main(["data", "remove", "mnist"]) == 0
    assert capsys.readouterr().out.split("\n")[:2] == ["mnist: removed.", "mnist: was not here."]
    assert list(data_folder.iterdir()) == []


def test_what_cannot_be_read_leaves_what_was_there(
    files: Path, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_part(files, "t10k", 50)
    main(["data", "add", "mnist", str(files)])
    before = (data_folder / "mnist.npy").read_bytes()
    (files / "t10k-images-idx3-ubyte").write_bytes(b"no")
    assert main(["data", "add", "mnist", str(files)]) == 1
    assert capsys.readouterr().err.startswith("livegrad: t10k-images-idx3-ubyte: 2 bytes")
    assert (data_folder / "mnist.npy").read_bytes() == before
    assert len(list(data_folder.iterdir())) == 1


def test_a_data_folder_that_cannot_be_written_is_named(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_part(files, "t10k", 5)
    taken = tmp_path / "taken"
    taken.write_text("a file")
    monkeypatch.setenv("LIVEGRAD_DATA_DIR", str(taken))
    assert main(["data", "add", "mnist", str(files)]) == 1
    assert "LIVEGRAD_DATA_DIR" in capsys.readouterr().err


def test_the_folder_is_the_platforms_unless_it_is_named() -> None:
    assert storage.data_folder({"LIVEGRAD_DATA_DIR": "data"}) == Path("data")
    if os.name == "posix" and sys.platform != "darwin":
        assert storage.data_folder({"XDG_DATA_HOME": "share"}) == Path("share/livegrad")
        assert storage.data_folder({}) == Path.home() / ".local" / "share" / "livegrad"


DAMAGED = {
    "cut off": lambda array: save(array)[:-10],
    "of other numbers": lambda array: save(array.astype(np.float32)),
    "of another width": lambda array: save(array[:, :-1]),
    "with a class beyond": lambda array: save(np.where(np.arange(785) == 0, 10, array).astype(np.uint8)),
    "of Python objects": lambda _: save(np.array([{}], object), pickled=True),
    "nothing": lambda _: b"",
}


def save(array: np.ndarray, *, pickled: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=pickled)
    return out.getvalue()


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_kept_file_that_is_damaged_counts_as_absent(data_folder: Path, damage: Any) -> None:
    array = np.zeros((20, 785), np.uint8)
    data_folder.mkdir()
    (data_folder / "mnist.npy").write_bytes(save(array))
    assert "unavailable" not in entry("mnist")
    (data_folder / "mnist.npy").write_bytes(damage(array))
    assert "livegrad data add mnist" in entry("mnist")["unavailable"]["en"]


def test_a_set_is_greyed_with_the_command_while_it_is_absent_and_offered_at_once_when_it_is_there(files: Path) -> None:
    for each in FILE_SETS:
        shown = entry(each.id)
        assert f"livegrad data get {each.id}" in shown["unavailable"]["en"]
        assert f"livegrad data add {each.id}" in shown["unavailable"]["zh"]
        assert shown["preview"]["images"] == []
    with pytest.raises(Refused) as refused:
        resolve(MNIST)
    assert (refused.value.status, refused.value.first.field) == (422, "data.dataset.id")
    assert "livegrad data add mnist" in refused.value.first.message["en"]
    write_part(files, "t10k", 40)
    main(["data", "add", "mnist", str(files)])
    shown = entry("mnist")
    assert "unavailable" not in shown
    assert len(shown["preview"]["images"]) == 9
    assert sample_count(resolve(MNIST).data) == 40


def test_the_order_of_the_files_trains_on_the_first_and_tests_on_the_last(files: Path) -> None:
    trained = write_part(files, "train", 300, seed=1)
    tested = write_part(files, "t10k", 150, seed=2)
    main(["data", "add", "mnist", str(files)])
    asked = {"id": "mnist", "order": 1, "samples": 200}
    data = prepare(resolve({"data": {"dataset": asked, "train_share": 0.8}}).data)
    np.testing.assert_array_equal(data.train, trained[:160])
    np.testing.assert_array_equal(data.test, tested[-40:])
    everything = prepare(resolve({"data": {"dataset": {**asked, "samples": 450}, "train_share": 0.8}}).data)
    both = np.concatenate([everything.train, everything.test])
    np.testing.assert_array_equal(both, np.concatenate([trained, tested]))


def test_a_random_split_is_seeded_and_disjoint(files: Path) -> None:
    write_part(files, "train", 250)
    main(["data", "add", "mnist", str(files)])
    config = resolve({"data": {"dataset": {"id": "mnist", "samples": 200}, "train_share": 0.6}}).data
    data = prepare(config)
    assert len(data.train) == training_size(config) == 120
    assert len(np.unique(np.concatenate([data.train, data.test]), axis=0)) == 200
    assert prepare(config) is data
    other = prepare(resolve({"data": {**config.model_dump(), "seed": 2}}).data)
    assert other.train.tobytes() != data.train.tobytes()
    assert data.training.x_train.mean() == pytest.approx(0, abs=1e-4)


def test_a_run_keeps_what_it_trains_on_when_the_file_goes(files: Path) -> None:
    write_part(files, "train", 120)
    main(["data", "add", "mnist", str(files)])
    config = resolve(MNIST)
    main(["data", "remove", "mnist"])
    assert len(prepare(config.data).train) == 60
    assert training_size(config.data) == 60


def test_a_running_server_offers_what_is_added_and_a_run_survives_what_is_refused(live: Live, files: Path) -> None:
    run = live.create(speed="full")

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            first = await viewer.frame()
            refused = await asyncio.to_thread(live.patch, run, **MNIST)
            assert refused.status_code == 422
            assert "livegrad data get mnist" in refused.json()["error"]["message"]["en"]
            await viewer.frame(lambda frame: frame["step"] > first["step"] and frame["generation"] == 1)
            write_part(files, "t10k", 120)
            main(["data", "add", "mnist", str(files)])
            assert (await asyncio.to_thread(live.patch, run, **MNIST)).status_code == 200
            await viewer.frame(lambda frame: frame["generation"] == 2 and frame["step"] > 0)

    play(scenario())


class Mirror:
    """The internet: what lies at which address."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []

    def __call__(self, address: str, timeout: float) -> io.BytesIO:
        assert timeout > 0
        self.asked.append(address)
        if address not in self.files:
            raise urllib.error.URLError("Name or service not known")
        return io.BytesIO(self.files[address])


@pytest.fixture
def small(files: Path) -> tuple[FileSet, dict[str, bytes]]:
    """An MNIST of 30 images, and what its mirrors would give."""
    write_part(files, "t10k", 30, packed=True)
    contents = {path.name: path.read_bytes() for path in sorted(files.iterdir())}
    sources = tuple(
        Source(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in contents.items()
    )
    return replace(FILE_SETS[0], sources=sources, mirrors=("https://one/", "https://two/")), contents


def test_fetching_takes_the_first_mirror_that_gives_the_right_file(
    small: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset, contents = small
    mirror = Mirror({f"https://two/{name}": content for name, content in contents.items()})
    data_command.get(dataset, mirror)
    assert len(mirror.asked) == 4
    assert "100 %" in capsys.readouterr().out
    assert sample_count(resolve(MNIST).data) == 30


def test_a_mirror_that_gives_something_else_is_not_believed(small: Any, data_folder: Path) -> None:
    dataset, contents = small
    mirror = Mirror({f"https://one/{name}": content + b"!" * 10**6 for name, content in contents.items()})
    with pytest.raises(UnreadableFilesError) as refused:
        data_command.get(dataset, mirror)
    assert "SHA-256" in str(refused.value)
    assert "Name or service not known" in str(refused.value)
    assert "livegrad data add mnist PATH" in str(refused.value)
    assert not data_folder.exists()


def test_the_sources_are_named_by_their_digests() -> None:
    for dataset in FILE_SETS:
        assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in dataset.mirrors)
        assert all(len(source.sha256) == 64 and source.size > 4000 for source in dataset.sources)


def test_the_real_mnist_where_it_is_there() -> None:
    folder = real_mnist()
    if folder is None:
        pytest.skip("the real MNIST is not beside the repository: the loader was tested on small written files alone")
    assert main(["data", "add", "mnist", str(folder)]) == 0
    config = resolve({"data": {"dataset": {"id": "mnist", "order": 1}, "train_share": 0.8}})
    data = prepare(config.data)
    assert (data.train.shape, data.test.shape) == ((8000, 784), (2000, 784))
    # The digests of the published files, behind their headers.
    whole = np.concatenate([data.train, data.test]).tobytes()
    header = idx(IMAGES, (10_000, 28, 28), b"")
    assert (
        hashlib.sha256(header + whole).hexdigest() == "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    )
    labels = np.concatenate([data.training.y_train, data.training.y_test]).astype(np.uint8).tobytes()
    header = idx(LABELS, (10_000,), b"")
    assert (
        hashlib.sha256(header + labels).hexdigest()
        == "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    )
