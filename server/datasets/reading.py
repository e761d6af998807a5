"""From the text of a table, or from drawn points, to numbers; or to the row and the column that cannot be read."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from kernels.spec import Text
from server.datasets.table import LARGEST, MAX_COLUMNS, MAX_NAME, MAX_ROWS, MIN_ROWS, Table, describe

Doubles = NDArray[np.float64]

#: What may stand between cells, the surest sign first.
_DELIMITERS = "\t;,|"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d{1,4})?", re.ASCII)
#: With tabs between cells, such a comma may as well part thousands.
_THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
#: Names that look like names are repeated to the person; nothing else that was sent is.
_PLAIN_NAME = re.compile(r"[\w .%()/\[\]-]{1,40}")


class UnreadableTableError(ValueError):
    """Why a table cannot be read. `row` is the line of the text, `column` counts from 1; 0 where there is none."""

    def __init__(self, en: str, zh: str, row: int = 0, column: int = 0, name: str = "") -> None:
        where_en, where_zh = _place(row, column, name)
        self.text = Text(en=f"{where_en}{en}", zh=f"{where_zh}{zh}")
        self.row, self.column = row, column
        super().__init__(self.text["en"])


def _place(row: int, column: int, name: str) -> tuple[str, str]:
    shown = f" “{name}”" if _PLAIN_NAME.fullmatch(name) else ""
    if row and column:
        return f"Row {row}, column {column}{shown}: ", f"第 {row} 行第 {column} 列{shown}："
    if row:
        return f"Row {row}: ", f"第 {row} 行："
    return (f"Column {column}{shown}: ", f"第 {column} 列{shown}：") if column else ("", "")


def read_table(data: bytes) -> Table:
    """The table of a CSV, tab- or semicolon-separated text. Raises UnreadableTableError, naming row and column.

    As RFC 4180, and more loosely: a byte-order mark, any line ends, blank lines and lines that begin with #, a
    delimiter at the end of every line, a decimal comma where commas do not part cells, and a first row of names.
    """
    text = _decode(data)
    delimiter = _delimiter(text)
    rows = list(_rows(text, delimiter))
    if not rows:
        raise UnreadableTableError(
            "There is no row of numbers. Give one row a sample, cells separated by commas.",
            "没有任何数字行。请每个样本一行，单元格以逗号分隔。",
        )
    _drop_trailing(rows)
    names = _header(rows[0][1], delimiter)
    first = rows[0][1]
    body = rows[1:] if names else rows
    width = len(first)
    if not 2 <= width <= MAX_COLUMNS:
        raise UnreadableTableError(
            f"{width} column{'s' * (width != 1)}, but 2 to {MAX_COLUMNS} are needed: the inputs and the target. "
            f"Separate cells by commas, semicolons or tabs{', or leave columns out' * (width > 2)}.",
            f"共 {width} 列，需要 2 到 {MAX_COLUMNS} 列（输入和目标）。请用逗号、分号或制表符分隔"
            f"{'，或删去一些列' * (width > 2)}。",
            row=rows[0][0],
        )
    if len(body) > MAX_ROWS:
        raise UnreadableTableError(
            f"More than {MAX_ROWS} rows. Keep a random share of them.",
            f"超过 {MAX_ROWS} 行。请随机保留其中一部分。",
            row=body[MAX_ROWS][0],
        )
    names = names or [f"column {i + 1}" for i in range(width)]
    values = _numbers(body, width, names, delimiter)
    return make_table(values, names)


def make_table(
    values: np.ndarray, names: Sequence[str], *, class_names: Sequence[str] = (), drawn: bool = False
) -> Table:
    """A table of these numbers. Raises UnreadableTableError where nothing can be learned of them."""
    if len(values) < MIN_ROWS:
        raise UnreadableTableError(
            f"{len(values)} row{'s' * (len(values) != 1)} of numbers, but at least {MIN_ROWS} are needed. Add samples.",
            f"只有 {len(values)} 行数字，至少需要 {MIN_ROWS} 行。请添加样本。",
        )
    columns = tuple(describe(name, values[:, i]) for i, name in enumerate(names))
    if all(column.distinct < 2 for column in columns):
        raise UnreadableTableError(
            "Every column is constant, so that there is nothing to learn. Add rows that differ.",
            "每一列都是常数，没有可学习的内容。请添加不同的行。",
        )
    return Table(values, columns, drawn, tuple(class_names))


def read_points(points: Sequence[tuple[float, float, float]], *, classes: bool) -> Table:
    """The table of drawn points [x1, x2, class or value]. Raises UnreadableTableError."""
    if len(points) > MAX_ROWS:
        raise UnreadableTableError(
            f"More than {MAX_ROWS} points. Erase some.", f"超过 {MAX_ROWS} 个点。请擦除一些。", row=MAX_ROWS + 1
        )
    values = np.array(points, np.float64).reshape(-1, 3)
    if len(values) and len(np.unique(values[:, 2])) < 2:
        raise UnreadableTableError(
            "All points have the same target. Draw with two colours at least.",
            "所有点的目标相同。请至少用两种颜色作画。",
            column=3,
        )
    names = ("x₁", "x₂", "class" if classes else "value")
    return make_table(values, names, class_names="ABCDEF" if classes else (), drawn=True)


def _decode(data: bytes) -> str:
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableTableError(
            "This is a spreadsheet or an archive, not text. Save it as CSV first.",
            "这是电子表格或压缩文件，不是文本。请先另存为 CSV。",
        )
    # Names of columns may come in what spreadsheets write in China; the numbers are the same in all of these.
    encodings = ["utf-16"] if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "gb18030", "latin-1"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableTableError(
        "This is not text. Save the table as CSV in UTF-8.", "这不是文本。请将表格另存为 UTF-8 编码的 CSV。"
    )


def _delimiter(text: str) -> str:
    """What parts the cells of the first line that counts: the sign that it has most often outside of quotes."""
    for line in io.StringIO(text, newline=None):
        if line.strip() and not line.lstrip().startswith("#"):
            bare = re.sub(r'"[^"]*"', "", line)
            found = max(_DELIMITERS, key=lambda sign: (sign in "\t;" and sign in bare, bare.count(sign)))
            return found if found in bare else (" " if len(bare.split()) > 1 else ",")
    return ","


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row with the line on which it ends; at most one more than is allowed, with the names'."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    count = 0
    while count < MAX_ROWS + 2:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise UnreadableTableError(
                "A quotation mark is out of place, or a cell is far too long. Close every quotation.",
                "引号位置错误，或单元格过长。请使引号成对。",
                row=reader.line_num,
            ) from None
        if cells is None:
            return
        cells = [cell.strip() for cell in cells]
        if delimiter == " ":
            cells = [cell for cell in cells if cell]
        if any(cells) and not cells[0].startswith("#"):
            count += 1
            yield reader.line_num, cells


def _drop_trailing(rows: list[tuple[int, list[str]]]) -> None:
    """Take the empty cell away that a delimiter at the end of every line leaves."""
    width = len(rows[0][1])
    if width > 2 and all(len(cells) == width and not cells[-1] for _, cells in rows):
        width -= 1
    for _, cells in rows:
        if len(cells) == width + 1 and not cells[-1]:
            cells.pop()


def _header(cells: list[str], delimiter: str) -> list[str]:
    """The columns' names, if the first row holds no number; else nothing. No name comes twice."""
    if any(_number(cell, delimiter) is not None for cell in cells):
        return []
    names: list[str] = []
    for i, cell in enumerate(cells):
        clean = "".join(sign for sign in cell if sign.isprintable())[:MAX_NAME].strip() or f"column {i + 1}"
        name, copies = clean, 1
        while name in names:
            copies += 1
            name = f"{clean[: MAX_NAME - 5]} ({copies})"
        names.append(name)
    return names


def _number(cell: str, delimiter: str) -> float | None:
    """The number that a cell is in plain digits, if it is one."""
    cell = cell.replace("−", "-")
    if delimiter != "," and _DECIMAL_COMMA.fullmatch(cell) and (delimiter == ";" or not _THOUSANDS.fullmatch(cell)):
        cell = cell.replace(",", ".")
    return float(cell) if _NUMBER.fullmatch(cell) else None


def _numbers(body: list[tuple[int, list[str]]], width: int, names: list[str], delimiter: str) -> Doubles:
    """The cells as numbers [rows, width] float64."""
    values = np.zeros((len(body), width))
    for i, (row, cells) in enumerate(body):
        if len(cells) != width:
            way_en, way_zh = (
                ("Fill in what is missing.", "请补全缺少的。")
                if len(cells) < width
                else ("Take out what is too much.", "请删去多余的。")
            )
            raise UnreadableTableError(
                f"{len(cells)} cells, but the first row has {width}. {way_en}",
                f"有 {len(cells)} 个单元格，而首行有 {width} 个。{way_zh}",
                row=row,
                column=min(len(cells), width) + 1,
            )
        try:
            values[i] = _plain(cells)
        except ValueError:
            for j, cell in enumerate(cells):
                number = _number(cell, delimiter)
                if number is None or not abs(number) <= LARGEST:
                    _refuse_cell(cell, number, row, j + 1, names[j])
                values[i, j] = number
    return values


def _plain(cells: list[str]) -> list[float]:
    """Cells that are ordinary numbers, quickly. Raises ValueError if one may be something else."""
    numbers = list(map(float, cells))
    if not (-LARGEST <= min(numbers) <= max(numbers) <= LARGEST and math.isfinite(sum(numbers))) or "_" in "".join(
        cells
    ):
        raise ValueError("one is not finite, or not written as a number is")
    return numbers


def _refuse_cell(cell: str, number: float | None, row: int, column: int, name: str) -> NoReturn:
    if number is not None:
        en, zh = f"The number is too large: at most {LARGEST:g}.", f"数字过大：最多 {LARGEST:g}。"
    elif not cell:
        en = "The cell is empty. Fill it in, or leave out the row or the column."
        zh = "单元格为空。请填写，或删去该行或该列。"
    elif _not_finite(cell):
        en = "Not a finite number. Leave out the row, or put a number."
        zh = "不是有限的数。请删去该行，或填入数字。"
    elif "," in cell:
        en = "The comma may part decimals or thousands. Write 1234.5 for numbers."
        zh = "逗号含义不明（小数点或千位分隔）。请将数字写成 1234.5 的形式。"
    else:
        en = "Not a number. Put a number instead of text (such as 0, 1, 2 for classes), or leave out the column."
        zh = "不是数字。请用数字代替文字（例如用 0、1、2 表示类别），或删去该列。"
    raise UnreadableTableError(en, zh, row, column, name)


def _not_finite(cell: str) -> bool:
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return cell.lower() in {"na", "n/a", "#n/a", "null", "none"}
