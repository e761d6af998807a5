"""A table of numbers that a person brought: its columns, what can be learned from it, and how it becomes samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.network import Floats
from kernels.spec import Text
from server.datasets.dataset import PLANE, Axis, Dataset, Samples, Task

if TYPE_CHECKING:
    from server.preparation import PreparedData

MAX_ROWS = 20_000
MIN_ROWS = 4
MAX_COLUMNS = 64
MAX_NAME = 40
#: Numbers beyond this leave no room for their squares' sums and differences.
LARGEST = 1e30
#: The columns of a file are laid onto [-REACH, REACH] of the plane, so that no point lies on its rim.
REACH = 5.0
#: As many distinct whole numbers may be classes, with at least so many rows each on average.
MAX_CLASSES = 20
LEAST_PER_CLASS = 2

AskedTask: TypeAlias = Literal["auto", "regression", "binary", "multiclass"]


@dataclass(frozen=True)
class Column:
    """A column: its name, its range, how many distinct values it has, and whether all of them are whole numbers."""

    name: str
    minimum: float
    maximum: float
    distinct: int
    whole: bool


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers [rows, columns] float64 with their columns.

    `drawn`: the first two columns are places on the plane already, and the third is a class or a value in [-1, 1].
    `class_names` name the whole numbers from 0 on, where the person did. `prepared` are samples made of it, by their
    configuration: they go when the table goes.
    """

    values: NDArray[np.float64]
    columns: tuple[Column, ...]
    drawn: bool = False
    class_names: tuple[str, ...] = ()
    prepared: dict[str, PreparedData] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many samples there are."""
        return len(self.values)

    @property
    def bytes(self) -> int:
        """Memory that the numbers take."""
        return self.values.nbytes

    @property
    def suggested_target(self) -> int:
        """The last column that is not constant."""
        return max((i for i, column in enumerate(self.columns) if column.distinct > 1), default=len(self.columns) - 1)

    def suggested_columns(self, target: int) -> list[int]:
        """Every other column that is not constant; all others if none varies."""
        others = [i for i in range(len(self.columns)) if i != target]
        return [i for i in others if self.columns[i].distinct > 1] or others

    def tasks(self, target: int) -> tuple[Task, ...]:
        """What can be learned of a column, the natural task first; nothing of a constant."""
        column = self.columns[target]
        if column.distinct < 2:
            return ()
        if column.distinct == 2:
            return ("binary", "multiclass", "regression")
        if column.distinct > MAX_CLASSES:
            return ("regression",)
        crowded = bool(self.class_names) or LEAST_PER_CLASS * column.distinct <= self.rows
        return ("multiclass", "regression") if column.whole and crowded else ("regression", "multiclass")

    def dataset(self, target: int, columns: tuple[int, ...], asked: AskedTask) -> Dataset:
        """The data set in which the target column is learned from these others.

        Classes are numbered in the order of their values; two of them are -1 and +1. Every input column is laid onto
        the plane's range, and a regression's target onto [-1, 1]; `columns` and `target` say how to read them.
        """
        task = self.tasks(target)[0] if asked == "auto" else asked
        values = np.unique(self.values[:, target]) if task != "regression" else np.zeros(0)
        axes = tuple(self._input_axis(i) for i in columns)
        axis = self._target_axis(target) if task == "regression" else Axis(self.columns[target].name, 0.0, 1.0)

        def sampler(_rng: np.random.Generator, _params: Mapping[str, float]) -> Samples:
            inputs = np.stack([_scaled(self.values[:, i], each) for i, each in zip(columns, axes, strict=True)], axis=1)
            if task == "regression":
                return inputs, _scaled(self.values[:, target], axis)
            index = np.searchsorted(values, self.values[:, target])
            return inputs, (2.0 * index - 1.0 if task == "binary" else index).astype(np.float32)

        return Dataset(
            id="own_table",
            label=Text(en="Own data", zh="自己的数据"),
            help=Text(en="A table of numbers.", zh="一张数字表格。"),
            formula="",
            source="",
            task=task,
            classes=len(values),
            sampler=sampler,
            kind="plane" if len(columns) == 2 else "table",
            width=len(columns),
            height=1,
            class_names=tuple(self._class_name(value) for value in values),
            columns=axes,
            target=axis,
        )

    def _input_axis(self, index: int) -> Axis:
        column = self.columns[index]
        if self.drawn:
            return Axis(column.name, 0.0, 1.0)
        return _axis(column, REACH)

    def _target_axis(self, index: int) -> Axis:
        column = self.columns[index]
        return Axis(column.name, 0.0, 1.0) if self.drawn and index == 2 else _axis(column, 1.0)

    def _class_name(self, value: float) -> str:
        if self.class_names and value == int(value) and 0 <= value < len(self.class_names):
            return self.class_names[int(value)]
        return f"{value:.10g}"


def describe(name: str, values: NDArray[np.float64]) -> Column:
    """The column of that name with these values."""
    return Column(
        name=name,
        minimum=float(values.min()),
        maximum=float(values.max()),
        distinct=len(np.unique(values)),
        whole=bool((values == np.floor(values)).all()),
    )


def _axis(column: Column, reach: float) -> Axis:
    """The map by which [-reach, reach] is read as the column's range; a constant column lies at 0."""
    centre = (column.minimum + column.maximum) / 2
    half = (column.maximum - column.minimum) / 2
    return Axis(column.name, centre, half / reach if half > 0 else 1.0)


def _scaled(values: NDArray[np.float64], axis: Axis) -> Floats:
    return np.clip((values - axis.offset) / axis.scale, -PLANE, PLANE).astype(np.float32)
