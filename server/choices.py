"""Choices with what they hold: own data and files are found when a configuration comes in, and stay as long as it does.

So training never looks anything up, and what it has is not lost when a table is forgotten or a file removed.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from server.datasets import DATASETS, Dataset
from server.datasets.files import FileSet
from server.datasets.pictures import Pictures
from server.datasets.storage import Stored
from server.datasets.table import MAX_COLUMNS, AskedTask, Table
from server.tables import TABLES


class Strict(BaseModel):
    """The base of everything that comes in from outside."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True, use_enum_values=True
    )


class ChoiceConfig(Strict):
    """A choice of some variant by its id, with all of its parameters."""

    id: str

    def params(self) -> dict[str, float]:
        """The parameters' values by name."""
        return self.model_dump(exclude={"id"})


class HeldChoice(ChoiceConfig):
    """A choice of data that holds its samples."""

    @property
    @abstractmethod
    def content(self) -> Table | Stored | Pictures:
        """What it holds."""

    @property
    @abstractmethod
    def dataset(self) -> Dataset:
        """The data set that it is."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many samples it has."""

    @property
    def upload(self) -> str | None:
        """The id of what a person brought for it."""
        return None


class TableChoice(HeldChoice):
    """Own data: which table, which column is to be learned, and from which others. Columns are counted from 0.

    What is left out is what the table suggests. Holds the table itself, so that it stays as long as a run uses it.
    """

    table: str = Field(max_length=64, description="The id that POST /api/data gave.")
    target: int = Field(ge=0, lt=MAX_COLUMNS)
    columns: list[Annotated[int, Field(ge=0, lt=MAX_COLUMNS)]] = Field(min_length=1, max_length=MAX_COLUMNS - 1)
    task: AskedTask
    _table: Table = PrivateAttr()

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any) -> Any:
        name = value.get("table") if isinstance(value, dict) else None
        if not isinstance(name, str):
            return value
        table = TABLES.find(name)
        if table is None:
            raise PydanticCustomError("table_gone", "a table of this server")
        target = value.get("target", table.suggested_target)
        return {"target": target, "columns": table.suggested_columns(target), "task": "auto", **value}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        table = TABLES.find(self.table)
        if table is None:
            raise PydanticCustomError("table_gone", "a table of this server")
        used = [self.target, *self.columns]
        if max(used) >= len(table.columns) or len(set(used)) < len(used):
            raise PydanticCustomError("table_columns", "columns of the table, each at most once")
        tasks = table.tasks(self.target)
        if not tasks or (self.task != "auto" and self.task not in tasks):
            raise PydanticCustomError("table_task", "a task that the target allows")
        self._table = table
        return self

    @property
    def content(self) -> Table:
        """The table."""
        return self._table

    @property
    def dataset(self) -> Dataset:
        """The data set that this choice of its columns is."""
        return self._table.dataset(self.target, tuple(self.columns), self.task)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._table.rows

    @property
    def upload(self) -> str:
        """The table's id."""
        return self.table


class FileChoice(HeldChoice):
    """Images that lie in files on this server."""

    samples: int
    _stored: Stored = PrivateAttr()

    @model_validator(mode="after")
    def _there(self) -> Self:
        stored = self._set.stored()
        if stored is None:
            raise PydanticCustomError("files_absent", "files of this server")
        self._stored = stored
        return self

    @property
    def _set(self) -> FileSet:
        found = DATASETS[self.id]
        assert isinstance(found, FileSet)  # noqa: S101  (the schema makes this choice of no other)
        return found

    @property
    def content(self) -> Stored:
        """The images as they lie there."""
        return self._stored

    @property
    def dataset(self) -> Dataset:
        """The set with these images in it."""
        return self._set.of(self._stored, self.params())

    @property
    def count(self) -> int:
        """As many as are asked for, if there are so many."""
        return min(self.samples, len(self._stored.labels))


class PicturesChoice(HeldChoice):
    """Own images: which ones, and (among the parameters) in which size."""

    images: str = Field(max_length=64, description="The id that POST /api/data/images gave.")
    _pictures: Pictures = PrivateAttr()

    @model_validator(mode="after")
    def _there(self) -> Self:
        pictures = TABLES.find_pictures(self.images)
        if pictures is None:
            raise PydanticCustomError("images_gone", "images of this server")
        self._pictures = pictures
        return self

    @property
    def content(self) -> Pictures:
        """The images."""
        return self._pictures

    @property
    def dataset(self) -> Dataset:
        """The data set that they are in that size."""
        return self._pictures.dataset(self.params())

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self._pictures.labels)

    @property
    def upload(self) -> str:
        """The images' id."""
        return self.images
