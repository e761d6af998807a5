"""What people bring: reading the body of an upload, and answering with what was found in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from starlette.requests import Request

from kernels.spec import Text
from server.choices import Strict
from server.datasets.pictures import SIDE, Pictures, UnreadableImagesError, read_pictures
from server.datasets.preview import preview_of
from server.datasets.reading import UnreadableTableError, read_points, read_table
from server.datasets.table import MAX_ROWS, Table
from server.directory import RETRY_AFTER
from server.json_input import parse_json
from server.problems import Problem, Refused, refuse, validated
from server.tables import TABLES

#: Bytes of an upload.
MAX_UPLOAD = 5 * 1024 * 1024
MAX_IMAGES_UPLOAD = 24 * 1024 * 1024
#: Images, and rows of a table, that the page shows.
SHOWN_IMAGES = 9
SHOWN_ROWS = 8
#: Tables that are read at a time: each takes some twenty times its size meanwhile.
READERS = 2

_TABLE_TOO_LARGE = Text(
    en="The table has more than 5 MB. Keep fewer rows or columns.", zh="表格超过 5 MB。请减少行或列。"
)
_IMAGES_TOO_LARGE = Text(
    en=f"The archive has more than {MAX_IMAGES_UPLOAD >> 20} MB. Make the images smaller: 32 pixels a side are used.",
    zh=f"压缩包超过 {MAX_IMAGES_UPLOAD >> 20} MB。请缩小图像：只用到边长 32 像素。",
)

_ZIP = {"application/zip", "application/x-zip-compressed", "application/x-zip"}
_TEXT = {"text/csv", "text/plain", "text/tab-separated-values", "application/vnd.ms-excel"}

_Coordinate = Annotated[float, Field(ge=-6, le=6)]


class DrawnPoints(Strict):
    """Points drawn on the plane: [x1, x2, class] with classes 0 to 5, or [x1, x2, value] with values in [-1, 1]."""

    classes: bool
    points: list[Annotated[list[_Coordinate], Field(min_length=3, max_length=3)]] = Field(
        min_length=1, max_length=MAX_ROWS
    )


class Uploads:
    """Takes tables in, a few at a time."""

    def __init__(self) -> None:
        self._readers = asyncio.Semaphore(READERS)

    async def read(self, request: Request) -> Table:
        """The table that a request brings, as text or as drawn points. Raises Refused (413, 415 or 422)."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {*_TEXT, "application/json"}:
            raise refuse(
                415,
                "Send Content-Type: text/csv, or application/json for drawn points.",
                "请发送 Content-Type: text/csv；绘制的点请用 application/json。",
                "content-type",
            )
        data = await self._body(request, MAX_UPLOAD, _TABLE_TOO_LARGE)
        async with self._readers:
            return await run_in_threadpool(_points if kind == "application/json" else _text, data)

    async def read_images(self, request: Request) -> Pictures:
        """The images that a request brings in a zip. Raises Refused (413, 415 or 422)."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _ZIP:
            raise refuse(
                415,
                "Send a zip, with Content-Type: application/zip.",
                "请发送 zip 压缩包：Content-Type: application/zip。",
                "content-type",
            )
        data = await self._body(request, MAX_IMAGES_UPLOAD, _IMAGES_TOO_LARGE)
        async with self._readers:
            try:
                return await run_in_threadpool(read_pictures, data)
            except UnreadableImagesError as error:
                raise Refused(422, [Problem("images", error.text, "a zip with a folder of images a class")]) from None

    async def _body(self, request: Request, most: int, too_large: Text) -> bytes:
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise Refused(413, [Problem("", too_large, f"{most} bytes")])
            chunks.append(chunk)
        return b"".join(chunks)


def keep(table: Table | Pictures, used: set[str], now: float) -> str:
    """Keep a table, or images, in memory, and return the id. Raises Refused (429) where there is no place."""
    table_id = TABLES.add(table, used, now)
    if table_id is None:
        raise refuse(
            429,
            "The server holds as many tables as it can, all of them in use. Try again in a while.",
            "服务器中的表已满，且都在使用。请稍后再试。",
            retry_after=RETRY_AFTER,
        )
    return table_id


def view(table_id: str, table: Table) -> dict[str, Any]:
    """What the page shows of a table, and what it suggests."""
    target = table.suggested_target
    return {
        "id": table_id,
        "rows": table.rows,
        "columns": [
            {
                "name": column.name,
                "minimum": column.minimum,
                "maximum": column.maximum,
                "distinct": column.distinct,
                "whole": column.whole,
                "tasks": list(table.tasks(i)),
            }
            for i, column in enumerate(table.columns)
        ],
        "preview": table.values[:SHOWN_ROWS].tolist(),
        "target": target,
        "inputs": table.suggested_columns(target),
        "drawn": table.drawn,
    }


def view_images(images_id: str, pictures: Pictures) -> dict[str, Any]:
    """What the page shows of images: their classes, and some of them, one of each class in turn."""
    counts = np.bincount(pictures.labels)
    turns = [np.flatnonzero(pictures.labels == label) for label in range(len(counts))]
    shown = [turn[k] for k in range(SHOWN_IMAGES) for turn in turns if k < len(turn)][:SHOWN_IMAGES]
    return {
        "id": images_id,
        "count": len(pictures.labels),
        "classes": [{"name": name, "count": int(n)} for name, n in zip(pictures.class_names, counts, strict=True)],
        "preview": preview_of(
            pictures.dataset({"size": SIDE, "colour": 1}),
            pictures.images[shown].reshape(len(shown), -1),
            pictures.labels[shown],
        ),
    }


def find_images(images_id: str) -> Pictures:
    """The images of that id. Raises Refused (404)."""
    pictures = TABLES.find_pictures(images_id)
    if pictures is None:
        raise refuse(
            404, "There are no such images (any more). Load them again.", "没有这些图像（或已删除）。请重新载入。", "id"
        )
    return pictures


def find(table_id: str) -> Table:
    """The table of that id. Raises Refused (404)."""
    table = TABLES.find(table_id)
    if table is None:
        raise refuse(
            404, "There is no such table (any more). Load it again.", "没有这张表（或已删除）。请重新载入。", "id"
        )
    return table


def _text(data: bytes) -> Table:
    return _readable(lambda: read_table(data))


def _points(data: bytes) -> Table:
    drawn = validated(DrawnPoints, parse_json(data))
    for i, (_, _, target) in enumerate(drawn.points):
        fits = target in {0, 1, 2, 3, 4, 5} if drawn.classes else abs(target) <= 1
        if not fits:
            bound = "0, 1, 2, 3, 4 or 5" if drawn.classes else "-1 <= value <= 1"
            raise refuse(
                422, f"points.{i}.2 must be {bound}.", f"points.{i}.2 必须是 {bound}。", f"points.{i}.2", bound
            )
    points = [(x1, x2, target) for x1, x2, target in drawn.points]
    return _readable(lambda: read_points(points, classes=drawn.classes))


def _readable(read: Callable[[], Table]) -> Table:
    try:
        return read()
    except UnreadableTableError as error:
        place = ".".join(f"{name}.{at}" for name, at in (("rows", error.row), ("columns", error.column)) if at)
        raise Refused(422, [Problem(place or "table", error.text, "a table of numbers")]) from None
