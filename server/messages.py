"""What viewers may send over the WebSocket, as JSON text with a `type`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from server.choices import Strict
from server.json_input import MAX_BYTES, parse_json
from server.problems import from_validation, refuse
from server.schema import Seed, Speed

MAX_TOKEN = 128
MAX_STEPS = 1_000_000
#: Bound on a weight or bias that is set by hand.
MAX_VALUE = 1e6

Watch = Annotated[list[Literal["gradients", "updates"]], Field(max_length=2)]


class Hello(Strict):
    """The first message: who is there, and which records of which weights it has already."""

    type: Literal["hello"]
    token: Annotated[str, Field(max_length=MAX_TOKEN)] | None = None
    since: int = Field(0, ge=0, le=2**53)
    generation: int | None = None
    watch: Watch = Field(default_factory=list)


class WatchFields(Strict):
    """Which big buffers frames shall carry besides the parameters."""

    type: Literal["watch"]
    fields: Watch


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
    value = parse_json(text)
    kind = value.get("type") if isinstance(value, dict) else None
    model = _MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        names = ", ".join(_MODELS)
        raise refuse(
            422,
            f"A message is a JSON object whose type is one of: {names}.",
            f"消息必须是 JSON 对象，其 type 为以下之一：{names}。",
            field="type",
            bound=f"one of: {names}",
        )
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise from_validation(error, model) from None
