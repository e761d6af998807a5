"""Tables as people bring them: what is read of them, and which row and column is named where they cannot be."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.datasets.reading import UnreadableTableError, read_points, read_table
from server.datasets.table import MAX_COLUMNS, MAX_ROWS, Table

NUMBERS = [[1.0, 2.0, 0.0], [2.0, 3.5, 1.0], [3.0, -4.0, 0.0], [5.0, 0.25, 1.0]]


def text(delimiter: str = ",", end: str = "\n", head: str = "x,y,class", decimal: str = ".") -> str:
    lines = [head.replace(",", delimiter)] if head else []
    lines += [delimiter.join(f"{value:g}".replace(".", decimal) for value in row) for row in NUMBERS]
    return end.join(lines) + end


READABLE = {
    "commas": text(),
    "semicolons": text(";"),
    "tabs": text("\t"),
    "spaces": text(" "),
    "bars": text("|"),
    "decimal commas": text(";", decimal=","),
    "decimal commas with tabs": text("\t", decimal=","),
    "carriage returns": text(end="\r\n"),
    "old line ends": text(end="\r"),
    "byte-order mark": "\ufeff" + text(),
    "no final line end": text().rstrip(),
    "blank lines": text().replace("\n", "\n\n  \n"),
    "comments": "# made by hand\n" + text().replace("\n2", "\n# 9,9,9\n2"),
    "trailing delimiter": text().replace("\n", ",\n"),
    "trailing delimiter but for the names": text().replace("\n", ",\n").replace("class,", "class"),
    "quotes": '"x","y","class"\n' + "\n".join(",".join(f'"{v}"' for v in row) for row in NUMBERS),
    "spaces about": text(" , "),
    "exponents": text(head="x,y,class").replace("0.25", "2.5e-1").replace("3.5", "+.35E1"),
    "minus signs": text().replace("-", "−"),
}


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE.keys())
def test_the_same_numbers_whatever_the_dialect(content: str) -> None:
    table = read_table(content.encode())
    assert table.values.tolist() == NUMBERS
    assert [column.name for column in table.columns] == ["x", "y", "class"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_names_come_in_what_spreadsheets_write(encoding: str) -> None:
    table = read_table(text(head="身高,体重,类别").encode(encoding))
    assert [column.name for column in table.columns] == ["身高", "体重", "类别"]


def test_names_are_optional_and_never_twice() -> None:
    assert [c.name for c in read_table(text(head="").encode()).columns] == ["column 1", "column 2", "column 3"]
    assert [c.name for c in read_table(text(head="a,a,").encode()).columns] == ["a", "a (2)", "column 3"]


def test_a_quoted_name_may_hold_anything() -> None:
    table = read_table(text(head='"a, ""b""\nc",y,z').encode())
    assert table.columns[0].name == 'a, "b"c'


UNREADABLE = {
    "nothing": (b"", 0, 0),
    "comments only": (b"# a\n\n", 0, 0),
    "names only": (b"a,b\n", 0, 0),
    "a single row": (b"a,b\n1,2\n", 0, 0),
    "one column": (b"a\n1\n2\n", 1, 0),
    "too many columns": (b",".join([b"1"] * (MAX_COLUMNS + 1)), 1, 0),
    "a word": (b"a,b\n1,2\n3,x\n", 3, 2),
    "an empty cell": (b"a,b\n1,2\n,4\n", 3, 1),
    "a word after names and comments": (b"# c\n\na,b\n1,2\n3,x\n", 5, 2),
    "too few cells": (b"a,b,c\n1,2,3\n3,4\n", 3, 3),
    "too many cells": (b"a,b\n1,2\n3,4,5\n", 3, 3),
    "not a number": (b"a,b\n1,nan\n", 2, 2),
    "infinity": (b"a,b\n1,-inf\n", 2, 2),
    "beyond all numbers": (b"a,b\n1,1e999\n", 2, 2),
    "too large": (b"a,b\n1,-1e31\n", 2, 2),
    "underscores": (b"a,b\n1,1_0\n", 2, 2),
    "a formula": (b"a,b\n1,=1+1\n", 2, 2),
    "thousands": (b"a\tb\n1\t1,000\n", 2, 2),
    "an open quotation": (b'a,b\n1,"2\n', 2, 0),
    "a stray quotation": (b'a,b\n"1"2,3\n', 2, 0),
    "a cell without end": (b"a,b\n1," + b"9" * 200_000, 2, 0),
    "constants": (b"a,b\n1,1\n1,1\n1,1\n1,1\n", 0, 0),
    "a spreadsheet": (b"PK\x03\x04" + bytes(40), 0, 0),
    "bytes": (b"\x00\x01\x02,\x03", 0, 0),
    "too many rows": (b"a,b\n" + b"1,2\n" * (MAX_ROWS + 1), MAX_ROWS + 2, 0),
}


@pytest.mark.parametrize(("content", "row", "column"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_named_by_row_and_column(content: bytes, row: int, column: int) -> None:
    with pytest.raises(UnreadableTableError) as caught:
        read_table(content)
    error = caught.value
    assert (error.row, error.column) == (row, column)
    assert error.text["en"] != error.text["zh"]
    if row and column:
        assert error.text["en"].startswith(f"Row {row}, column {column}")
        assert error.text["zh"].startswith(f"第 {row} 行第 {column} 列")


def test_what_was_sent_is_not_repeated_unless_it_looks_like_a_name() -> None:
    with pytest.raises(UnreadableTableError) as caught:
        read_table(b"<script>,b\nhello,2\n")
    assert not re.search("script|hello", caught.value.text["en"])
    with pytest.raises(UnreadableTableError, match="“age”"):
        read_table(b"age,b\nhello,2\n")


def test_as_many_rows_and_columns_as_promised() -> None:
    line = ",".join(str(i % 10) for i in range(MAX_COLUMNS))
    rows = "\n".join([line, "1" + line[1:]] * (MAX_ROWS // 2))
    table = read_table(rows.encode())
    assert table.values.shape == (MAX_ROWS, MAX_COLUMNS)


CELLS = st.floats(-1e30, 1e30, allow_subnormal=True)


@given(st.integers(2, 6).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=4)))
@settings(max_examples=60, deadline=None)
def test_what_python_writes_is_read_back_bit_by_bit(rows: list[list[float]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    values = np.array(rows)
    if (values == values[0]).all():
        return
    assert np.array_equal(read_table(out.getvalue().encode()).values, values)


PIECES = st.sampled_from(["1", "-2.5", "1e9", "nan", "x", '"', ",", ";", "\t", "\n", "\r", " ", "#", "", "1,5", "\0"])


@given(st.binary(max_size=200) | st.lists(PIECES, max_size=60).map(lambda parts: "".join(parts).encode()))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        table = read_table(data)
    except UnreadableTableError as error:
        said = error.text
        assert all(said.values())
    else:
        assert np.isfinite(table.values).all()
        assert len(table.columns) == table.values.shape[1] >= 2
        assert table.tasks(table.suggested_target)


def table_of(target: list[float]) -> Table:
    return read_table("\n".join(f"{i},{value!r}" for i, value in enumerate(target)).encode())


@pytest.mark.parametrize(
    ("target", "task"),
    [
        ([0, 1] * 10, "binary"),
        ([3.5, -1.25] * 10, "binary"),
        ([0, 1, 2] * 10, "multiclass"),
        (list(range(20)) * 2, "multiclass"),
        (list(range(21)) * 2, "regression"),
        (list(range(15)), "regression"),
        ([0.5, 1, 2] * 10, "regression"),
    ],
)
def test_the_task_follows_from_the_target(target: list[float], task: str) -> None:
    table = table_of(target)
    assert table.tasks(1)[0] == task
    assert table.dataset(1, (0,), "auto").task == task


def test_two_values_become_minus_and_plus_one_and_keep_their_names() -> None:
    table = table_of([7.0, 3.0] * 10)
    dataset = table.dataset(1, (0,), "auto")
    _, targets = dataset.generate(np.random.default_rng(1), {})
    assert dataset.class_names == ("3", "7")
    assert sorted(set(targets.tolist())) == [-1.0, 1.0]


def test_classes_are_numbered_in_the_order_of_their_values() -> None:
    table = table_of([30.0, 10.0, 20.0] * 10)
    dataset = table.dataset(1, (0,), "auto")
    inputs, targets = dataset.sampler(np.random.default_rng(1), {})
    assert dataset.class_names == ("10", "20", "30")
    assert targets[:3].tolist() == [2, 0, 1]
    assert inputs.shape == (30, 1)
    assert (dataset.classes, dataset.outputs, dataset.kind) == (3, 3, "table")


def test_numbers_are_scaled_and_their_axes_scale_them_back() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(40, 3)) * [1e-12, 1.0, 1e20] + [0.0, 1.7e9, -4e20]
    table = read_table("\n".join(",".join(map(repr, row)) for row in values.tolist()).encode())
    dataset = table.dataset(2, (0, 1), "auto")
    inputs, targets = dataset.sampler(rng, {})
    assert dataset.kind == "plane"
    assert np.abs(inputs).max() == pytest.approx(5)
    assert (targets.min(), targets.max()) == (-1, 1)
    assert dataset.target is not None
    for scaled, axis, column in ((inputs[:, 0], dataset.columns[0], 0), (targets, dataset.target, 2)):
        back = axis.offset + axis.scale * scaled.astype(float)
        np.testing.assert_allclose(back, values[:, column], rtol=0, atol=np.ptp(values[:, column]) * 1e-6)


def test_constant_columns_are_left_out_of_what_is_suggested() -> None:
    table = read_table(b"1,5,2,9\n2,5,3,9\n3,5,5,9\n4,5,7,9\n")
    assert table.suggested_target == 2
    assert table.suggested_columns(2) == [0]
    assert table.tasks(3) == ()
    inputs, _ = table.dataset(2, (1,), "auto").generate(np.random.default_rng(1), {})
    assert not inputs.any()


def test_drawn_points_stay_where_they_were_drawn() -> None:
    table = read_points([(1.5, -2.0, 0), (2, 2, 2), (-6, 6, 2), (0, 0, 5)], classes=True)
    dataset = table.dataset(2, (0, 1), "auto")
    inputs, targets = dataset.sampler(np.random.default_rng(1), {})
    assert inputs.tolist() == [[1.5, -2], [2, 2], [-6, 6], [0, 0]]
    assert dataset.class_names == ("A", "C", "F")
    assert targets.tolist() == [0, 1, 1, 2]


def test_drawn_values_keep_their_value() -> None:
    table = read_points([(0, 0, 0.5), (1, 1, 0.25), (2, 2, 0.75), (3, 3, 0.5)], classes=False)
    _, targets = table.dataset(2, (0, 1), "auto").sampler(np.random.default_rng(1), {})
    assert targets.tolist() == [0.5, 0.25, 0.75, 0.5]


def test_one_colour_alone_is_refused() -> None:
    with pytest.raises(UnreadableTableError, match="two colours"):
        read_points([(0, 0, 1)] * 10, classes=True)
