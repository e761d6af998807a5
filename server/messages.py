"""What viewers may send over the WebSocket, as JSON text with a `type`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import Field

from kernels.probes import PROBES
from server.choices import Strict
from server.json_input import MAX_BYTES, parse_json
from server.pace import GroupClock
from server.problems import refuse, validated
from server.schema import Seed, Speed

Kind = TypeVar("Kind", bound=Strict)

MAX_TOKEN = 128
MAX_STEPS = 1_000_000
#: Bound on a weight or bias that is set by hand.
MAX_VALUE = 1e6

if TYPE_CHECKING:
    ProbeId: TypeAlias = str
else:
    ProbeId = Literal[tuple(PROBES.variants)]

Watch = Annotated[list[Literal["gradients", "updates"]], Field(max_length=2)]
WatchProbes = Annotated[list[ProbeId], Field(max_length=len(PROBES.variants))]


class Hello(Strict):
    """The first message: who is there, and which records of which weights it has already."""

    type: Literal["hello"]
    token: Annotated[str, Field(max_length=MAX_TOKEN)] | None = None
    since: int = Field(0, ge=0, le=2**53)
    generation: int | None = None
    watch: Watch = Field(default_factory=list)
    probes: WatchProbes = Field(default_factory=list)


class WatchFields(Strict):
    """Which big buffers frames shall carry besides the parameters, and what shall be measured for them."""

    type: Literal["watch"]
    fields: Watch
    probes: WatchProbes = Field(default_factory=list)


class PlayMessage(Strict):
    """Train on."""

    type: Literal["play"]


class PauseMessage(Strict):
    """Stand still."""

    type: Literal["pause"]


class StepMessage(Strict):
    """Stand still, and do so many steps or epochs."""

    type: Literal["step"]
    count: int = Field(1, ge=1, le=MAX_STEPS)
    unit: Literal["step", "epoch"] = "step"


class ResetMessage(Strict):
    """Begin again with new weights."""

    type: Literal["reset"]
    seed: Seed | None = None


class Edit(Strict):
    """One weight or bias, by its place in its tensor."""

    tensor: str = Field(max_length=64)
    index: int = Field(ge=0, le=2**31)
    value: float = Field(ge=-MAX_VALUE, le=MAX_VALUE)


class SetMessage(Strict):
    """Change a part of the configuration, or single weights."""

    type: Literal["set"]
    config: Any = None
    parameters: list[Edit] = Field(default_factory=list, max_length=1024)


class SpeedMessage(Strict):
    """Change the speed."""

    type: Literal["speed"]
    speed: Speed


class SetAllMessage(Strict):
    """Of a group: change a part of the configuration of all its runs."""

    type: Literal["set"]
    config: dict[str, Any]


class ClockMessage(Strict):
    """Of a group: keep other things in step."""

    type: Literal["clock"]
    clock: GroupClock


class Acknowledge(Strict):
    """The viewer has the frame of this number, and all before it."""

    type: Literal["ack"]
    seq: int = Field(ge=1, le=2**53)


Message = (
    Hello
    | WatchFields
    | PlayMessage
    | PauseMessage
    | StepMessage
    | ResetMessage
    | SetMessage
    | SpeedMessage
    | Acknowledge
)

GroupMessage = PlayMessage | PauseMessage | StepMessage | ResetMessage | SpeedMessage | SetAllMessage | ClockMessage

_GROUP_MODELS: dict[str, type[GroupMessage]] = {
    "play": PlayMessage,
    "pause": PauseMessage,
    "step": StepMessage,
    "reset": ResetMessage,
    "speed": SpeedMessage,
    "set": SetAllMessage,
    "clock": ClockMessage,
}

_MODELS: dict[str, type[Message]] = {
    "hello": Hello,
    "watch": WatchFields,
    "play": PlayMessage,
    "pause": PauseMessage,
    "step": StepMessage,
    "reset": ResetMessage,
    "set": SetMessage,
    "speed": SpeedMessage,
    "ack": Acknowledge,
}


def parse_message(text: str) -> Message:
    """The message. Raises Refused, naming the field and its bound, for anything else."""
    if len(text.encode()) > MAX_BYTES:
        raise refuse(
            413,
            f"A message holds at most {MAX_BYTES} bytes. Send less at once.",
            f"一条消息最多 {MAX_BYTES} 字节，请分次发送。",
            bound=f"{MAX_BYTES} bytes",
        )
    return _message_of(parse_json(text), _MODELS)


def parse_group_message(value: Any) -> GroupMessage:
    """What is asked of a whole group. Raises Refused, naming the field and its bound, for anything else."""
    return _message_of(value, _GROUP_MODELS)


def _message_of(value: Any, models: Mapping[str, type[Kind]]) -> Kind:
    """The message of one of these types. Raises Refused."""
    kind = value.get("type") if isinstance(value, dict) else None
    model = models.get(kind) if isinstance(kind, str) else None
    if model is None:
        names = ", ".join(models)
        raise refuse(
            422,
            f"A message is a JSON object whose type is one of: {names}.",
            f"消息必须是 JSON 对象，其 type 为以下之一：{names}。",
            field="type",
            bound=f"one of: {names}",
        )
    return validated(model, value)
