"""What requests bring, and how runs are told of in answers."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from server.directory import RunEntry
from server.frames import encode_details
from server.json_input import MAX_BYTES, parse_json
from server.problems import refuse


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI is told of a request that brings JSON, which `read_json` reads."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


PARTIAL_CONFIG = described(
    {"type": "object", "description": "Any part of a RunConfig; what is left out stays as it is."}
)


async def read_json(request: Request, most: int = MAX_BYTES) -> Any:
    """The JSON that a request brings, at most so many bytes; nothing at all means {}. Raises Refused."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise refuse(413, f"Send at most {most} bytes.", f"最多发送 {most} 字节。", bound=f"{most} bytes")
    if not data:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise refuse(
            415, "Send Content-Type: application/json.", "请发送 Content-Type: application/json。", "content-type"
        )
    return parse_json(data)


def created_run(entry: RunEntry) -> dict[str, Any]:
    """A run that has just begun, as `CreatedView`."""
    plan = entry.channel.plan
    return {
        "id": entry.run_id,
        "control_token": entry.token,
        "config": plan.config.as_dict(),
        "layout": plan.layout.as_dict(),
    }


def run_view(entry: RunEntry) -> dict[str, Any]:
    """A run and where it stands, as `RunView`."""
    channel, plan = entry.channel, entry.channel.plan
    return {
        "id": entry.run_id,
        "config": plan.config.as_dict(),
        "layout": plan.layout.as_dict(),
        "state": channel.state,
        "idle": channel.idle,
        "diverged": encode_details(channel.diverged),
        "stopped": encode_details(channel.stopped),
        "step": channel.step,
        "epoch": channel.epoch,
        "rate": channel.rate,
        "generation": plan.generation,
        "steps_per_epoch": channel.steps_per_epoch,
        "evaluated": plan.evaluated,
        "pace": plan.pace,
        "viewers": len(channel.viewers),
    }
