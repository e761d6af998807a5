"""A person's own images: a zip with a folder for each class, read without trusting anything in it.

Nothing is written anywhere. Names decide nothing but which class an image is of; sizes are checked before they are
believed, and what is unpacked is bounded before it is unpacked.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from kernels.network import Floats
from kernels.spec import Param, Text
from server.datasets.dataset import Dataset, Samples
from server.datasets.originals import Bytes

if TYPE_CHECKING:
    from server.preparation import PreparedData

#: Every image is kept on so many pixels a side, in colour; a choice of a size and of grey is made from that.
SIDE = 32
SMALLEST = 8
MAX_IMAGES = 5_000
MIN_PER_CLASS = 2
MAX_CLASSES = 20
MAX_ENTRIES = 3 * MAX_IMAGES
MAX_NAME = 40
#: Bytes of all files unpacked, of one file, and how many times as long a file may become by unpacking.
MAX_UNPACKED = 200 * 1024 * 1024
MAX_FILE = 16 * 1024 * 1024
MAX_RATIO = 200
#: Pixels of one image, and of all together: what decoding may cost.
MAX_PIXELS = 16_000_000
MAX_ALL_PIXELS = 600_000_000

FORMATS = ("PNG", "JPEG", "GIF", "BMP")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz")
_RUBBISH = {".ds_store", "thumbs.db", "desktop.ini"}
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
#: ITU-R BT.601, as Pillow's own grey.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

#: What decoders raise for what they cannot read.
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, zlib.error, zipfile.BadZipFile
)  # fmt: skip

# The size is checked here, image by image, before a pixel is decoded.
Image.MAX_IMAGE_PIXELS = None


class UnreadableImagesError(ValueError):
    """An archive that is not taken: why, and which entry it is about."""

    def __init__(self, en: str, zh: str, entry: str = "") -> None:
        at = _shown(entry)
        super().__init__(f"{at}: {en}" if at else en)
        self.text = Text(en=f"{at}: {en}" if at else en, zh=f"{at}：{zh}" if at else zh)


def _shown(name: str) -> str:
    """A name from an archive as it can be shown: short, and of characters that do no more than show."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    return plain if len(plain) <= 2 * MAX_NAME else f"…{plain[-2 * MAX_NAME :]}"


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images [n, 3, SIDE, SIDE] of bytes with their classes [n], which are named.

    `prepared` are samples made of them, by their configuration: they go when the images go.
    """

    images: Bytes
    labels: Bytes
    class_names: tuple[str, ...]
    prepared: dict[str, PreparedData] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Memory that the images take."""
        return self.images.nbytes

    def dataset(self, params: Mapping[str, float]) -> Dataset:
        """The data set that these images are in a size, in colour or grey."""
        side, colour = int(params["size"]), bool(params["colour"])

        def sampler(_rng: np.random.Generator, _params: Mapping[str, float]) -> Samples:
            return self.sized(side, colour=colour), self.labels.astype(np.float32)

        return Dataset(
            id="own_pictures",
            label=Text(en="Own images", zh="自己的图像"),
            help=Text(en="Images by class.", zh="按类别分的图像。"),
            formula="",
            source="",
            task="multiclass",
            classes=len(self.class_names),
            class_names=self.class_names,
            kind="images",
            width=side,
            height=side,
            channels=3 if colour else 1,
            sampler=sampler,
        )

    def sized(self, side: int, *, colour: bool) -> Bytes:
        """All images [n, channels * side * side], every pixel the mean of the area that it covers."""
        matrix = _areas(side)
        made = np.empty((len(self.images), 3 if colour else 1, side, side), np.uint8)
        for start in range(0, len(made), 256):
            block = self.images[start : start + 256].astype(np.float32)
            if not colour:
                block = np.tensordot(block, _LUMA, ([1], [0]))[:, None]
            made[start : start + 256] = np.clip(matrix @ block @ matrix.T + 0.5, 0, 255)
        return made.reshape(len(made), -1)


def _areas(side: int) -> Floats:
    """How much of each of SIDE pixels lies in each of `side` larger ones, as shares: [side, SIDE]."""
    edges = np.arange(side + 1) * (SIDE / side)
    pixels = np.arange(SIDE)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares: Floats = (np.maximum(overlap, 0) * (side / SIDE)).astype(np.float32)
    return shares


def read_pictures(data: bytes) -> Pictures:
    """The images of a zip archive. Raises UnreadableImagesError, saying what is wrong, and where."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    # The last of these is what `zipfile` raises for a compression that it does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError) as error:
        raise UnreadableImagesError(
            f"the archive is damaged, or no zip at all ({error}).", "压缩包已损坏，或不是 zip 文件。"
        ) from None


def _read(archive: zipfile.ZipFile) -> Pictures:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise UnreadableImagesError(
            f"The archive has {len(entries)} entries, at most {MAX_ENTRIES} are read.",
            f"压缩包有 {len(entries)} 个条目，最多读取 {MAX_ENTRIES} 个。",
        )
    files = [entry for entry in entries if not _ignored(entry) and not entry.is_dir()]
    for entry in files:
        _check(entry)
    if sum(entry.file_size for entry in files) > MAX_UNPACKED:
        raise UnreadableImagesError(
            f"All files together unpack to more than {MAX_UNPACKED >> 20} MB.",
            f"全部文件解压后超过 {MAX_UNPACKED >> 20} MB。",
        )
    classes = _classes(files, entries)
    images = np.empty((len(files), 3, SIDE, SIDE), np.uint8)
    pixels = 0
    for i, entry in enumerate(files):
        images[i], size = _decoded(archive, entry)
        pixels += size
        if pixels > MAX_ALL_PIXELS:
            raise UnreadableImagesError(
                f"The images have more than {MAX_ALL_PIXELS // 10**6} million pixels together. Make them smaller.",
                f"全部图像合计超过 {MAX_ALL_PIXELS // 10**4} 万像素。请缩小图像。",
            )
    names = list(classes)
    labels = np.array([names.index(_class_of(entry)) for entry in files], np.uint8)
    return Pictures(images, labels, tuple(classes.values()))


def _ignored(entry: zipfile.ZipInfo) -> bool:
    """What systems put beside files, and nobody meant."""
    parts = entry.filename.lower().split("/")
    return parts[0] == "__macosx" or (parts[-1] or "x") in _RUBBISH or parts[-1].startswith("._")


def _check(entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that is no ordinary file, before a byte of it is unpacked."""
    name, parts = entry.filename, entry.filename.split("/")
    if ".." in parts or name.startswith("/") or "\\" in name or ":" in parts[0]:
        raise UnreadableImagesError("its path leads out of the archive.", "其路径指向压缩包之外。", name)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableImagesError("it is a link, not a file.", "这是链接，不是文件。", name)
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableImagesError("it is encrypted. Pack it without a password.", "已加密。请不加密码打包。", name)
    if name.lower().endswith(_ARCHIVES):
        raise UnreadableImagesError(
            "it is an archive within the archive. Unpack it first.", "压缩包中还有压缩包。请先解压。", name
        )
    if entry.compress_type not in _METHODS:
        raise UnreadableImagesError("it is packed in an unusual way.", "使用了不常见的压缩方式。", name)
    if entry.file_size > MAX_FILE or entry.file_size > MAX_RATIO * max(entry.compress_size, 1024):
        raise UnreadableImagesError(
            f"it unpacks to {entry.file_size} bytes; at most {MAX_FILE >> 20} MB, and {MAX_RATIO} times as much as "
            "packed, is read.",
            f"解压后为 {entry.file_size} 字节；最多 {MAX_FILE >> 20} MB，且不超过压缩大小的 {MAX_RATIO} 倍。",
            name,
        )


def _class_of(entry: zipfile.ZipInfo) -> str:
    return str(PurePosixPath(entry.filename).parent)


def _classes(files: list[zipfile.ZipInfo], entries: list[zipfile.ZipInfo]) -> dict[str, str]:
    """The classes' folders, in the order of their names, with the names to show. Refuses what cannot be learned."""
    if not files:
        raise UnreadableImagesError("The archive holds no images.", "压缩包中没有图像。")
    if len(files) > MAX_IMAGES:
        raise UnreadableImagesError(
            f"The archive has {len(files)} files, at most {MAX_IMAGES} images are read.",
            f"压缩包有 {len(files)} 个文件，最多读取 {MAX_IMAGES} 张图像。",
        )
    counts: dict[str, int] = {}
    for entry in files:
        folder = _class_of(entry)
        if folder == ".":
            raise UnreadableImagesError(
                "it lies in no folder. Put the images of each class into a folder of its own.",
                "不在任何文件夹中。请把每一类的图像放进各自的文件夹。",
                entry.filename,
            )
        counts[folder] = counts.get(folder, 0) + 1
    for entry in entries:
        folder = entry.filename.rstrip("/")
        filled = any(other == folder or other.startswith(f"{folder}/") for other in counts)
        if entry.is_dir() and not _ignored(entry) and not filled:
            raise UnreadableImagesError("the folder is empty: a class without images.", "文件夹为空。", folder)
    if not 2 <= len(counts) <= MAX_CLASSES:
        raise UnreadableImagesError(
            f"There are images of {len(counts)} class(es), in as many folders; 2 to {MAX_CLASSES} can be told apart.",
            f"图像属于 {len(counts)} 个类别（文件夹）；需要 2 到 {MAX_CLASSES} 个。",
        )
    for folder, count in counts.items():
        if count < MIN_PER_CLASS:
            raise UnreadableImagesError(
                f"the class has {count} image, at least {MIN_PER_CLASS} are needed.",
                f"该类只有 {count} 张图像，至少需要 {MIN_PER_CLASS} 张。",
                folder,
            )
    return {folder: _shown(PurePosixPath(folder).name)[:MAX_NAME] for folder in sorted(counts)}


def _decoded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[Bytes, int]:
    """An image [3, SIDE, SIDE], its middle square made small; and how many pixels it had."""
    try:
        content = archive.read(entry)
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UnreadableImagesError(
                    f"it says that it has {width} × {height} pixels; at most {MAX_PIXELS // 10**6} million are read.",
                    f"声称有 {width} × {height} 像素；最多读取 {MAX_PIXELS // 10**4} 万。",
                    entry.filename,
                )
            # A JPEG is decoded no larger than it is needed.
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            return _small(ImageOps.exif_transpose(image)), width * height
    except UnreadableImagesError:
        raise
    except _DAMAGED:
        raise UnreadableImagesError(
            f"it is damaged, or no image of these kinds: {', '.join(FORMATS)}.",
            f"文件已损坏，或不是以下格式的图像：{'、'.join(FORMATS)}。",
            entry.filename,
        ) from None


def _small(image: Image.Image) -> Bytes:
    if image.mode.startswith("I"):
        # 16 bits of grey; Pillow would cut them off at 255.
        image = Image.fromarray((np.asarray(image, np.float32) / 257).clip(0, 255).astype(np.uint8))
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        # What is transparent is black.
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA"))
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    middle = image.crop((left, top, left + side, top + side)).convert("RGB")
    square = middle.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(square, np.uint8).transpose(2, 0, 1)


SIZE = Param(
    id="size",
    label=Text(en="Size", zh="尺寸"),
    help=Text(
        en="Pixels of a side. The middle square of each image is made so small.",
        zh="边长（像素）。取每张图像中央的正方形并缩小到该尺寸。",
    ),
    default=16,
    minimum=SMALLEST,
    maximum=SIDE,
    integer=True,
    live=False,
)
COLOUR = Param(
    id="colour",
    label=Text(en="Colour", zh="颜色"),
    help=Text(en="One channel of grey, or three of colour.", zh="单通道灰度，或三通道彩色。"),
    default=1,
    minimum=0,
    maximum=1,
    integer=True,
    live=False,
    choices=(("grey", Text(en="grey", zh="灰度")), ("colour", Text(en="colour", zh="彩色"))),
)
