"""A person's own images: from the zip to the trained network, and everything that a zip can be wrong with."""

from __future__ import annotations

import io
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from server.configuration import input_shape, resolve, sample_count
from server.datasets.pictures import MAX_PIXELS, SIDE, Pictures, UnreadableImagesError, read_pictures
from server.preparation import as_message, prepare
from server.problems import Refused
from server.tables import TABLES
from server.uploads import MAX_IMAGES_UPLOAD
from server.views import PicturesView
from tests.server.conftest import Live, play

ZIP = {"Content-Type": "application/zip"}


def picture(
    colour: tuple[int, ...] = (200, 30, 90), size: tuple[int, int] = (40, 30), kind: str = "PNG", mode: str = "RGB"
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour if len(colour) > 1 else colour[0]).save(out, kind)
    return out.getvalue()


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def two_classes(count: int = 4) -> dict[str, bytes]:
    reds = {f"set/red/{i}.png": picture((250 - i, 0, 0)) for i in range(count)}
    return reds | {f"set/blue/{i}.jpg": picture((0, 0, 250 - i), kind="JPEG") for i in range(count)}


def added(pictures: Pictures) -> str:
    images_id = TABLES.add(pictures, set(), time.monotonic())
    assert images_id is not None
    return images_id


def test_folders_are_classes_and_kinds_may_be_mixed() -> None:
    files = two_classes() | {
        "set/grey/a.gif": picture((128,), mode="L", kind="GIF"),
        "set/grey/b.bmp": picture(kind="BMP"),
    }
    pictures = read_pictures(packed(files | {"__MACOSX/set/._0.png": b"x", "set/red/.DS_Store": b"y"}))
    assert pictures.class_names == ("blue", "grey", "red")
    assert np.bincount(pictures.labels).tolist() == [4, 2, 4]
    assert pictures.images.shape == (10, 3, SIDE, SIDE)
    first_red = pictures.images[pictures.labels == 2][0]
    np.testing.assert_array_equal(first_red.reshape(3, -1).T, np.tile([250, 0, 0], (SIDE * SIDE, 1)))


def test_the_middle_square_is_kept_and_turned_as_its_camera_was() -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, :20], wide[:, 20:40], wide[:10, 20:40] = 255, 50, 200
    out, turned = io.BytesIO(), io.BytesIO()
    Image.fromarray(wide).save(out, "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    Image.fromarray(wide).save(turned, "JPEG", quality=95, exif=exif)
    pictures = read_pictures(
        packed(two_classes() | {"set/blue/x.png": out.getvalue(), "set/blue/y.jpg": turned.getvalue()})
    )
    straight, clockwise = pictures.images[-2:, 0].astype(int)
    assert set(np.unique(straight[2:14])) == {200}
    assert set(np.unique(straight[18:30])) == {50}
    assert abs(clockwise[4:28, 20:28] - 200).max() < 12
    assert abs(clockwise[4:28, 4:12] - 50).max() < 12


def test_transparent_is_black_and_sixteen_bits_are_eight() -> None:
    deep = io.BytesIO()
    Image.fromarray(np.full((40, 40), 40_000, np.uint16)).save(deep, "PNG")
    clear = picture((255, 255, 255, 0), mode="RGBA")
    pictures = read_pictures(packed(two_classes() | {"set/x/a.png": deep.getvalue(), "set/x/b.png": clear}))
    deep_one, clear_one = pictures.images[pictures.labels == 2]
    assert set(np.unique(deep_one)) <= {155, 156}
    assert not clear_one.any()


@pytest.mark.parametrize(("side", "colour"), [(8, 0), (13, 1), (16, 1), (32, 0), (32, 1)])
def test_a_size_is_made_by_areas_and_grey_by_what_the_eye_sees(side: int, colour: int) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 3, SIDE, SIDE), np.uint8)
    pictures = Pictures(images, np.zeros(5, np.uint8), ("a", "b"))
    made = pictures.sized(side, colour=bool(colour)).reshape(5, -1, side, side)
    assert made.shape[1] == (3 if colour else 1)
    expected = images if colour else np.einsum("nchw,c->nhw", images, [0.299, 0.587, 0.114])[:, None]
    np.testing.assert_allclose(made.mean(axis=(2, 3)), expected.mean(axis=(2, 3)), atol=0.6)
    if SIDE % side == 0:
        part = SIDE // side
        areas = expected.reshape(5, -1, side, part, side, part).mean(axis=(3, 5))
        np.testing.assert_allclose(made, areas, atol=0.51)


def huge_png() -> bytes:
    """A PNG of a few bytes that says 60,000 × 60,000."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


def linked() -> bytes:
    info = zipfile.ZipInfo("set/red/link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO(packed(two_classes()))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def marked_encrypted() -> bytes:
    data = bytearray(packed({"set/red/0.png": picture()} | two_classes()))
    # The flags of the first entry, in its own header and in the directory.
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def lying_size() -> bytes:
    """The directory says that a file of zeros is small; unpacked it is not."""
    data = bytearray(packed({"set/red/0.bmp": bytes(50_000)} | two_classes()))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 100)
    return bytes(data)


def floats() -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((8, 8), np.nan, np.float32)).save(out, "TIFF")
    return out.getvalue()


WRONG: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no zip at all"),
    "no zip": (lambda: b"PK\x03\x04" + bytes(40), "no zip at all"),
    "cut off": (lambda: packed(two_classes())[:-60], "no zip at all"),
    "empty": (lambda: packed({}), "holds no images"),
    "a single class": (lambda: packed({f"red/{i}.png": picture() for i in range(5)}), "images of 1 class(es)"),
    "too many classes": (lambda: packed({f"{i}/{k}.png": picture() for i in range(21) for k in (1, 2)}), "of 21 class"),
    "an empty class": (lambda: packed(two_classes() | {"set/green/": b""}), "set/green: the folder is empty"),
    "a class of one": (
        lambda: packed(two_classes() | {"set/green/0.png": picture()}),
        "set/green: the class has 1 image",
    ),
    "no folder": (lambda: packed(two_classes() | {"a.png": picture()}), "a.png: it lies in no folder"),
    "a path out": (lambda: packed(two_classes() | {"set/../../a.png": picture()}), "set/../../a.png: its path leads"),
    "a path from the root": (lambda: packed(two_classes() | {"/set/a.png": picture()}), "its path leads out"),
    "a path to a drive": (lambda: packed(two_classes() | {"C:/set/a.png": picture()}), "its path leads out"),
    "a link": (linked, "set/red/link.png: it is a link"),
    "encrypted": (marked_encrypted, "set/red/0.png: it is encrypted"),
    "an archive inside": (lambda: packed(two_classes() | {"set/red/a.zip": packed({})}), "an archive within"),
    "packed oddly": (lambda: packed(two_classes(), zipfile.ZIP_LZMA), "packed in an unusual way"),
    "a bomb": (lambda: packed(two_classes() | {"set/red/z.bmp": bytes(9_000_000)}), "it unpacks to 9000000 bytes"),
    "too long a file": (lambda: packed(two_classes() | {"set/red/z.bmp": bytes(17_000_000)}), "at most 16 MB"),
    "a lying directory": (lying_size, "set/red/0.bmp: it is damaged"),
    "no image": (
        lambda: packed(two_classes() | {"set/red/notes.txt": b"hello"}),
        "set/red/notes.txt: it is damaged, or no",
    ),
    "a damaged image": (
        lambda: packed(two_classes() | {"set/red/d.png": picture()[:-30]}),
        "set/red/d.png: it is damaged",
    ),
    "floats": (lambda: packed(two_classes() | {"set/red/f.tiff": floats()}), "set/red/f.tiff: it is damaged, or no"),
    "a TIFF called PNG": (lambda: packed(two_classes() | {"set/red/f.png": floats()}), "no image of these kinds: PNG"),
    "a huge header": (lambda: packed(two_classes() | {"set/red/h.png": huge_png()}), "60000 × 60000 pixels"),
}


@pytest.mark.parametrize(("make", "says"), WRONG.values(), ids=WRONG)
def test_an_archive_that_is_not_taken_says_what_and_where(make: Callable[[], bytes], says: str) -> None:
    with pytest.raises(UnreadableImagesError) as refused:
        read_pictures(make())
    assert says in refused.value.text["en"]
    assert refused.value.text["zh"]
    assert MAX_PIXELS < 60_000**2


def test_counts_and_sums_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "server.datasets.pictures."
    data = packed(two_classes(6))
    for name, bound, says in (
        ("MAX_ENTRIES", 11, "The archive has 12 entries"),
        ("MAX_IMAGES", 11, "The archive has 12 files"),
        ("MAX_UNPACKED", 500, "All files together unpack"),
        ("MAX_ALL_PIXELS", 6 * 1200, "The images have more than"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"{module}{name}", bound)
            with pytest.raises(UnreadableImagesError, match=says):
                read_pictures(data)


def test_a_name_is_shown_short_and_plain() -> None:
    name = f"set/red/{'long' * 60}\x1b[31m\n.png"
    with pytest.raises(UnreadableImagesError) as refused:
        read_pictures(packed(two_classes() | {name: b"no"}))
    text = refused.value.text["en"]
    assert text.startswith("…")
    assert text.isprintable()
    assert len(text) < 250


def own(pictures: Pictures, **choice: Any) -> dict[str, Any]:
    return {"dataset": {"id": "own_pictures", "images": added(pictures), **choice}, "train_share": 0.5}


def test_images_become_samples_in_the_chosen_size() -> None:
    pictures = read_pictures(packed(two_classes(10)))
    config = resolve({"data": own(pictures, size=9, colour=0)})
    assert (sample_count(config.data), *input_shape(config.data)) == (20, 1, 9, 9)
    assert config.training.loss.id == "softmax_cross_entropy"
    data = prepare(config.data)
    message = as_message(data, 1)
    assert (message["width"], message["height"], message["channels"]) == (9, 9, 1)
    assert message["class_names"] == ["blue", "red"]
    assert prepare(config.data) is data
    coloured = prepare(resolve({"data": own(pictures)}).data)
    assert coloured.train.shape == (10, 3 * 16 * 16)


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        ({"images": "gone"}, "data.dataset.images"),
        ({"size": 7}, "data.dataset.size"),
        ({"size": 33}, "data.dataset.size"),
        ({"colour": 2}, "data.dataset.colour"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(choice: dict[str, Any], field: str) -> None:
    asked = own(read_pictures(packed(two_classes())))
    with pytest.raises(Refused) as refused:
        resolve({"data": asked | {"dataset": asked["dataset"] | choice}})
    assert (refused.value.status, refused.value.first.field) == (422, field)


def test_a_table_is_not_images_and_images_are_not_a_table() -> None:
    images_id = added(read_pictures(packed(two_classes())))
    with pytest.raises(Refused) as refused:
        resolve({"data": {"dataset": {"id": "own_table", "table": images_id}}})
    assert refused.value.first.field == "data.dataset.table"


def upload(live: Live, data: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.post(f"{live.address}/api/data/images", content=data, headers=headers or ZIP, timeout=60)


def test_a_run_trains_on_uploaded_images_and_they_go_with_it(live: Live) -> None:
    answer = upload(live, packed(two_classes(30)))
    assert answer.status_code == 201
    view = PicturesView.model_validate(answer.json())
    assert (view.count, [(each.name, each.count) for each in view.classes]) == (60, [("blue", 30), ("red", 30)])
    assert len(view.preview.images) == 9
    again = httpx.get(f"{live.address}/api/data/images/{view.id}")
    assert again.json() == answer.json()
    run = live.create(data={"dataset": {"id": "own_pictures", "images": view.id, "size": 8}}, speed="full")

    async def scenario() -> None:
        async with live.watch(run) as viewer:
            place = [column["name"] for column in viewer.hello["layout"]["columns"]].index("test_accuracy")
            await viewer.frame(lambda frame: np.frombuffer(frame["stats"], "<f4")[place] == 1)
            # What is refused leaves the run as it is.
            assert (await refused_upload()).status_code == 422
            await viewer.frame()

    async def refused_upload() -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.post(f"{live.address}/api/data/images", content=b"no", headers=ZIP)

    play(scenario())
    live.delete(run)
    assert httpx.get(f"{live.address}/api/data/images/{view.id}").status_code == 404


def test_uploads_are_refused_with_the_reason(live: Live) -> None:
    damaged = upload(live, packed(two_classes() | {"set/red/d.png": b"no"}))
    assert damaged.status_code == 422
    error = damaged.json()["error"]
    assert error["field"] == "images"
    assert error["message"]["en"].startswith("set/red/d.png: ")
    assert upload(live, b"x", {"Content-Type": "text/csv"}).status_code == 415
    large = upload(live, bytes(MAX_IMAGES_UPLOAD + 1))
    assert large.status_code == 413
    assert httpx.get(f"{live.address}/api/data/images/none").status_code == 404
