"""What people bring: reading the body of an upload, and answering with what was found in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi.concurrency import run_in_threadpool
from pydantic import Field, ValidationError
from starlette.requests import Request

from server.choices import Strict
from server.datasets.reading import UnreadableTableError, read_points, read_table
from server.datasets.table import MAX_ROWS, Table
from server.directory import RETRY_AFTER
from server.json_input import parse_json
from server.problems import Problem, Refused, from_validation, refuse
from server.tables import TABLES

#: Bytes of an upload.
MAX_UPLOAD = 5 * 1024 * 1024
#: Rows that the page shows.
SHOWN_ROWS = 8
#: Tables that are read at a time: each takes some twenty times its size meanwhile.
READERS = 2

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
        data = await self._body(request)
        async with self._readers:
            return await run_in_threadpool(_points if kind == "application/json" else _text, data)

    async def _body(self, request: Request) -> bytes:
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_UPLOAD:
                raise refuse(
                    413,
                    "The table has more than 5 MB. Keep fewer rows or columns.",
                    "表格超过 5 MB。请减少行或列。",
                    bound=f"{MAX_UPLOAD} bytes",
                )
            chunks.append(chunk)
        return b"".join(chunks)


def keep(table: Table, used: set[str], now: float) -> str:
    """Keep a table in memory, and return its id. Raises Refused (429) where there is no place."""
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
    try:
        drawn = DrawnPoints.model_validate(parse_json(data))
    except ValidationError as error:
        raise from_validation(error, DrawnPoints) from None
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
