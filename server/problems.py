"""What is said when something sent cannot be accepted: which field, which bound, and the way out, in both languages.

Nothing that was sent is ever repeated, but for field names that look like field names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from kernels.spec import Text
from server.datasets import DATASETS
from server.datasets.files import FileSet
from server.schema import CHOICE_FIELDS, CHOICES, LAYERS, SPEED_BOUND, RunConfig

#: More problems than this in one answer help nobody.
MOST = 20

Model = TypeVar("Model", bound=BaseModel)

_FIELD_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")


#: What can be wrong with a choice of own data as a whole: the field to be named, the words, and the bound.
_TABLE_PROBLEMS = {
    "table_gone": (
        "table",
        Text(
            en="This server does not have this table (any more): own data go away with their run. Load them again.",
            zh="本服务器没有（或已删除）这张表：自己的数据随训练结束而删除。请重新载入。",
        ),
        "a table of this server",
    ),
    "images_gone": (
        "images",
        Text(
            en="This server does not have these images (any more): own data go away with their run. Load them again.",
            zh="本服务器没有（或已删除）这些图像：自己的数据随训练结束而删除。请重新载入。",
        ),
        "images of this server",
    ),
    "table_columns": (
        "columns",
        Text(
            en="columns must be numbers of columns of the table, counted from 0, each once, and without the target.",
            zh="columns 必须是表中列的编号（从 0 起），不重复，且不含目标列。",
        ),
        "columns of the table, each once, without the target",
    ),
    "table_task": (
        "task",
        Text(
            en="task must fit the target: binary needs two distinct values, multiclass two to twenty, and a constant "
            "column cannot be learned. Choose another target or task.",
            zh="task 必须适合目标列：二分类需要恰好两个不同的值，多分类需要 2 到 20 个，常数列无法学习。"
            "请另选目标或任务。",
        ),
        "a task that the target allows",
    ),
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where (a path such as `training.optimizer.learning_rate`), why, and what is allowed."""

    field: str
    message: Text
    bound: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"field": self.field, "message": self.message, "bound": self.bound}


@dataclass(eq=False)
class Refused(Exception):  # noqa: N818  (not an error of the program)
    """Something that was asked for is not done. `status` is the HTTP status, `retry_after` the seconds to wait."""

    status: int
    problems: list[Problem] = field(default_factory=list)
    retry_after: float | None = None

    @property
    def first(self) -> Problem:
        """The problem that is named first."""
        return self.problems[0]

    def as_dict(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        return {"error": {**self.first.as_dict(), "fields": [problem.as_dict() for problem in self.problems]}}


def refuse(
    status: int, en: str, zh: str, field: str = "", bound: str = "", retry_after: float | None = None
) -> Refused:
    """A refusal for one reason."""
    return Refused(status, [Problem(field, Text(en=en, zh=zh), bound)], retry_after)


def unknown_parameter(known: list[str], field: str = "parameters") -> Problem:
    """What is said of a parameter that does not exist (any more)."""
    names = ", ".join(known)
    return refuse(
        422,
        f"There is no such parameter. The tensors are: {names}; an index counts row by row from 0.",
        f"没有这个参数。可用张量：{names}；索引从 0 起逐行计数。",
        field=field,
        bound=f"one of: {names}",
    ).first


def from_validation(error: ValidationError, model: type[BaseModel] = RunConfig, prefix: str = "") -> Refused:
    """The refusal that says what pydantic found wrong with input for `model`."""
    entries = error.errors(include_url=False, include_input=False, include_context=False)
    return Refused(422, [_problem(entry["type"], entry["loc"], model, prefix) for entry in entries[:MOST]])


def validated(model: type[Model], value: Any) -> Model:
    """A value that came in as a model. Raises Refused, which says what is wrong with it."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise from_validation(error, model) from None


def _problem(kind: str, location: tuple[int | str, ...], model: type[BaseModel], prefix: str) -> Problem:
    path, owner, info, tags = _walk(location, model)
    where = ".".join(part for part in (prefix, *path) if part)
    name = path[-1] if path else ""
    if kind == "extra_forbidden":
        known = ", ".join(owner.model_fields) if owner else ""
        return Problem(
            where,
            Text(
                en=f"{where} is not known here. Leave it out; known are: {known}.",
                zh=f"{where} 未知，请删除；可用字段：{known}。",
            ),
            f"one of: {known}",
        )
    if kind == "missing":
        return Problem(where, Text(en=f"{where} is missing. Add it.", zh=f"缺少 {where}，请补上。"), "required")
    if kind in {"union_tag_not_found", "union_tag_invalid"} and tags:
        return _one_of(f"{where}.{'kind' if tags is LAYERS else 'id'}", list(tags))
    if kind == "literal_error" and info is not None:
        return _one_of(where, _literals(info.annotation))
    if kind in {*_TABLE_PROBLEMS, "files_absent"}:
        column, text, bound = _TABLE_PROBLEMS.get(kind) or _absent(str(location[-1]))
        return Problem(f"{where}.{column}", text, bound)
    if kind == "speed":
        return _must(where, SPEED_BOUND, SPEED_BOUND)
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return _must(where, "an object {…}", "一个对象 {…}")
    return _must(where, *_allowed(kind, name, info))


def _absent(dataset: str) -> tuple[str, Text, str]:
    absent = DATASETS[dataset]
    assert isinstance(absent, FileSet)  # noqa: S101  (no other is ever absent)
    return "id", absent.absence, "a data set whose files are on this server"


def _one_of(where: str, values: list[Any]) -> Problem:
    names = ", ".join(map(str, values))
    return _must(where, f"one of: {names}", f"以下之一：{names}")


def _must(where: str, en: str, zh: str, bound: str = "") -> Problem:
    message = Text(en=f"{where or 'The message'} must be {en}.", zh=f"{where or '消息'} 必须是{zh}。")
    return Problem(where, message, bound or en)


def _allowed(kind: str, name: str, info: FieldInfo | None) -> tuple[str, str, str]:
    """What a field may be in English and in Chinese, and its bound."""
    metadata = info.metadata if info is not None else []
    lengths = [item for item in metadata if isinstance(item, MinLen | MaxLen)]
    low = next((item.min_length for item in lengths if isinstance(item, MinLen)), 0)
    high = next((item.max_length for item in lengths if isinstance(item, MaxLen)), 0)
    if kind == "duplicate":
        return "a list in which nothing stands twice", "没有重复条目的列表", ""
    if kind.startswith("string"):
        return f"text of at most {high} characters", f"不超过 {high} 个字符的文本", ""
    if lengths:
        return f"a list of {low} to {high} entries", f"含 {low} 到 {high} 个条目的列表", ""
    whole = info is not None and info.annotation is int
    bound = range_text(name, metadata)
    if bound:
        return f"a {'whole ' if whole else ''}number with {bound}", f"{'整数' if whole else '数'}，且 {bound}", bound
    return "of another type", "其他类型", ""


def range_text(name: str, metadata: list[Any]) -> str:
    """The range in words, such as `0 < learning_rate <= 10`; empty where there is none."""
    low = high = ""
    for item in metadata:
        if isinstance(item, Gt):
            low = f"{_plain(item.gt)} < "
        elif isinstance(item, Ge):
            low = f"{_plain(item.ge)} <= "
        elif isinstance(item, Le):
            high = f" <= {_plain(item.le)}"
        elif isinstance(item, Lt):
            high = f" < {_plain(item.lt)}"
    return f"{low}{name}{high}" if low or high else ""


def _plain(number: Any) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def _literals(annotation: Any) -> list[str | int]:
    """The words and numbers of a Literal, also of one in a list."""
    found: list[str | int] = []
    for argument in get_args(annotation):
        found += [argument] if isinstance(argument, str | int) else _literals(argument)
    return found


def _walk(
    location: tuple[int | str, ...], model: type[BaseModel]
) -> tuple[list[str], type[BaseModel] | None, FieldInfo | None, Mapping[str, type[BaseModel]]]:
    """Follow pydantic's location through the models.

    Returns the path as a person would write it (without the tags of unions), the model that owns the last field, the
    field, and the models by their tags where the last component is one of a union.
    """
    path: list[str] = []
    owner: type[BaseModel] | None = model
    info: FieldInfo | None = None
    tags: Mapping[str, type[BaseModel]] = {}
    for part in location:
        if isinstance(part, int):
            path.append(str(part))
        elif part in tags:
            # The tag of a union: which model goes on, but no field that anyone wrote.
            owner, info, tags = tags[part], None, {}
        else:
            if info is not None:
                owner = _model_in(info.annotation)
            info = owner.model_fields.get(part) if owner is not None else None
            tags = _tags(part) if info is not None else {}
            path.append(part if _FIELD_NAME.fullmatch(part) else "?")
    return path, owner, info, tags


def _tags(field: str) -> Mapping[str, type[BaseModel]]:
    """Among which models a field's `id` or `kind` decides."""
    return LAYERS if field == "layers" else CHOICES.get(CHOICE_FIELDS.get(field, ""), {})


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model of a field, also of a list of models."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        if (model := _model_in(argument)) is not None:
            return model
    return None
