"""Groups over HTTP: two to eight runs that keep step and are steered together.

A group's token is that of each of its runs, and each run has its own stream, as a run that is alone. What steers a run
over its stream (`play`, `pause`, `step`, `reset`, `speed`) steers the whole group, as do the same messages posted to
`/api/groups/{id}/commands`; there `set` changes the configurations of all, and `clock` what they keep in step. `set`
over a stream changes that run only; where it takes new weights, the whole group begins again.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from server.bodies import created_run, described, read_json, run_view
from server.choices import Strict
from server.commands import Pause, Play, SetClock, Step
from server.configuration import DEFAULT, resolve_part
from server.directory import Directory, GroupEntry, RunEntry
from server.json_input import MAX_BYTES
from server.messages import (
    ClockMessage,
    GroupMessage,
    PauseMessage,
    PlayMessage,
    ResetMessage,
    SetAllMessage,
    SpeedMessage,
    StepMessage,
    parse_group_message,
)
from server.pace import GroupClock
from server.problems import refuse, validated
from server.schema import RunConfig
from server.services import LOOKING_SECONDS, Services
from server.steering import configure_group, reset
from server.views import ERRORS, CreatedGroupView, CreatedView, GroupView

#: How many runs a group has at first, and how many at most.
LEAST_RUNS, MOST_RUNS = 2, 8


class NewGroup(Strict):
    """What a group is begun with: what its runs have in common, where that is not the default, and each run's own part.

    The speed is the first run's.
    """

    runs: Annotated[list[dict[str, Any]], Field(min_length=LEAST_RUNS, max_length=MOST_RUNS)]
    base: dict[str, Any] = Field(default_factory=dict)
    clock: GroupClock = "steps"


class NewRun(Strict):
    """One more run of a group: as `like`, or as its first run, but for what `config` says."""

    like: Annotated[str, Field(max_length=64)] | None = None
    config: dict[str, Any] = Field(default_factory=dict)


GROUP, RUN = (described(model.model_json_schema()) for model in (NewGroup, NewRun))
COMMAND = described({"oneOf": [model.model_json_schema() for model in get_args(GroupMessage)]})


def router(services: Services) -> APIRouter:
    """The routes of groups."""
    routes = APIRouter(prefix="/api/groups", responses=ERRORS)
    directory = services.directory

    @routes.post("", status_code=201, response_model=CreatedGroupView, openapi_extra=GROUP)
    async def create_group(request: Request) -> Response:
        """Begin runs in lockstep: the same data, the same draw of weights and of batches, and what is asked of each."""
        asked = validated(NewGroup, await read_json(request, MOST_RUNS * MAX_BYTES))
        address = request.client.host if request.client else ""
        group = directory.create_group(address, _configs(asked), asked.clock)
        runs = [created_run(entry) for entry in group.runs.values()]
        head = {"id": group.group_id, "control_token": group.token, "clock": group.clock}
        return JSONResponse({**head, "runs": runs}, 201)

    @routes.get("/{group_id}", response_model=GroupView)
    async def read_group(group_id: str) -> Response:
        """The runs of a group, and where they stand."""
        group = services.group(group_id)
        await asyncio.gather(*(services.settled(entry, LOOKING_SECONDS) for entry in group.runs.values()))
        runs = [run_view(entry) for entry in group.runs.values()]
        return JSONResponse({"id": group.group_id, "clock": group.clock, "runs": runs})

    @routes.post("/{group_id}/commands", status_code=204, response_class=Response, openapi_extra=COMMAND)
    async def steer_group(group_id: str, request: Request) -> Response:
        """Ask something of all runs at one moment; needs the control token."""
        group = services.own_group(group_id, request)
        _obey(directory, group, parse_group_message(await read_json(request)))
        return Response(status_code=204)

    @routes.post(
        "/{group_id}/runs",
        status_code=201,
        response_model=CreatedView,
        openapi_extra=RUN,
    )
    async def add_run(group_id: str, request: Request) -> Response:
        """Begin one more run, which comes up to the others while they wait; needs the control token."""
        group = services.own_group(group_id, request)
        asked = validated(NewRun, await read_json(request))
        return JSONResponse(created_run(directory.join_group(group, _further(group, asked))), 201)

    @routes.delete("/{group_id}/runs/{run_id}", status_code=204, response_class=Response)
    async def remove_run(group_id: str, run_id: str, request: Request) -> Response:
        """End one run of a group, and the group with its last one; needs the control token."""
        directory.end(_member(services.own_group(group_id, request), run_id))
        return Response(status_code=204)

    @routes.delete("/{group_id}", status_code=204, response_class=Response)
    async def end_group(group_id: str, request: Request) -> Response:
        """End a group with all its runs; needs the control token."""
        for entry in list(services.own_group(group_id, request).runs.values()):
            directory.end(entry)
        return Response(status_code=204)

    return routes


def _configs(asked: NewGroup) -> list[RunConfig]:
    """The runs' configurations. Raises Refused, naming the run."""
    base = resolve_part(asked.base, DEFAULT, "base")
    configs = [resolve_part(run, base, f"runs.{number}") for number, run in enumerate(asked.runs)]
    return [config.model_copy(update={"speed": configs[0].speed}) for config in configs]


def _member(group: GroupEntry, run_id: str) -> RunEntry:
    entry = group.runs.get(run_id)
    if entry is None:
        raise refuse(
            404, "There is no such run in this comparison (any more).", "这个对比中没有这个训练（或已移除）。", "id"
        )
    return entry


def _further(group: GroupEntry, asked: NewRun) -> RunConfig:
    """The configuration of one more run."""
    if len(group.runs) >= MOST_RUNS:
        raise refuse(
            422,
            f"At most {MOST_RUNS} runs stand side by side. Remove one first.",
            f"最多并排 {MOST_RUNS} 个训练。请先移除一个。",
            field="runs",
            bound=f"at most {MOST_RUNS}",
        )
    like = next(iter(group.runs.values())) if asked.like is None else _member(group, asked.like)
    base = like.channel.config
    return resolve_part(asked.config, base, "config").model_copy(update={"speed": base.speed})


def _obey(directory: Directory, group: GroupEntry, message: GroupMessage) -> None:
    """Do what a message asks. Raises Refused."""
    match message:
        case PlayMessage():
            directory.steer(group, Play())
        case PauseMessage():
            directory.steer(group, Pause())
        case StepMessage():
            directory.steer(group, Step(message.count, message.unit))
        case ResetMessage():
            reset(directory, next(iter(group.runs.values())), message.seed)
        case SpeedMessage():
            configure_group(directory, group, {"speed": message.speed})
        case SetAllMessage():
            configure_group(directory, group, message.config)
        case ClockMessage():
            group.clock = message.clock
            directory.steer(group, SetClock(message.clock))
