"""The next step of a run over HTTP: for everybody who may watch it, while it stands still.

`POST /api/runs/{id}/rehearsal` answers a MessagePack map (see `kernels.rehearsal.Rehearsal`), `POST
/api/runs/{id}/derivative` JSON. Neither changes a bit of the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from server.bodies import described, read_json
from server.channels import Channel
from server.choices import Strict
from server.commands import Differentiate, Question, Rehearse
from server.problems import refuse, validated
from server.schema import MAX_BATCH
from server.services import Services
from server.stream import Bucket
from server.variant_views import View
from server.views import ERRORS

#: How long an answer may take, in seconds, steps that are still owed included.
ANSWERING_SECONDS = 30.0
#: How many answers a run gives a second, for all who watch it.
ANSWERS_PER_SECOND = 10.0

#: Said of every answer, so that it is not compressed: floats hardly shrink, and the server would stand still meanwhile.
_AS_IT_IS = {"content-encoding": "identity"}


class SampleAsked(Strict):
    """Which sample of the next batch to look at, by its place in it; null for all."""

    sample: int | None = Field(None, ge=0, lt=MAX_BATCH)


class ParameterAsked(Strict):
    """One number of a tensor, by its place in it, row by row."""

    tensor: str = Field(max_length=64)
    index: int = Field(ge=0, le=2**31)


class TriedView(View):
    """A difference quotient with one epsilon."""

    epsilon: float
    difference: float


class DerivativeView(View):
    """A derivative of the next batch's loss, and the difference quotient that should be like it."""

    generation: int
    step: int
    analytic: float
    difference: float = Field(description="(loss_plus - loss_minus) / 2 epsilon.")
    epsilon: float
    relative_error: float = Field(description="By how much they differ, in parts of the larger one.")
    loss_plus: float
    loss_minus: float
    rounding: float = Field(description="About how far single precision may have moved the difference.")
    tried: list[TriedView]


_SAMPLE, _PARAMETER = (described(model.model_json_schema()) for model in (SampleAsked, ParameterAsked))


def router(services: Services) -> APIRouter:
    """The routes of what a run answers about its next step."""
    routes = APIRouter(prefix="/api/runs")
    buckets: WeakKeyDictionary[Channel, Bucket] = WeakKeyDictionary()

    async def asked(run_id: str, question: Callable[[int], Question]) -> bytes:
        channel, now = services.run(run_id).channel, asyncio.get_running_loop().time()
        bucket = buckets.setdefault(channel, Bucket(ANSWERS_PER_SECOND, now))
        if (wait := bucket.delay(now, lends=False)) > 0:
            raise refuse(429, "Too many questions at once. Try again.", "请求过于频繁，请稍后再试。", retry_after=wait)
        answer = await channel.ask(question, ANSWERING_SECONDS)
        if answer is None:
            raise refuse(
                503,
                "The run does not answer yet: it is busy, or its kernels compile. Try again.",
                "训练尚未回应：正忙，或内核正在编译。请重试。",
                retry_after=1.0,
            )
        if answer.refusal is not None:
            raise answer.refusal
        return answer.content

    @routes.post("/{run_id}/rehearsal", response_class=Response, responses=ERRORS, openapi_extra=_SAMPLE)
    async def rehearse(run_id: str, request: Request) -> Response:
        """All numbers of the step that follows, done on copies: a MessagePack map. The run has to stand still."""
        sample = validated(SampleAsked, await read_json(request)).sample
        content = await asked(run_id, lambda ticket: Rehearse(ticket, sample))
        return Response(content, media_type="application/vnd.msgpack", headers=_AS_IT_IS)

    @routes.post("/{run_id}/derivative", response_model=DerivativeView, responses=ERRORS, openapi_extra=_PARAMETER)
    async def differentiate(run_id: str, request: Request) -> Response:
        """A derivative of the next batch's loss beside a difference quotient. The run has to stand still."""
        place = validated(ParameterAsked, await read_json(request))
        content = await asked(run_id, lambda ticket: Differentiate(ticket, place.tensor, place.index))
        return Response(content, media_type="application/json")

    return routes
