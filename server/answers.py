"""What HTTP routes answer when something cannot be done, always in the same shape, and never with what was sent."""

from __future__ import annotations

import logging
import math

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from server.problems import Refused, refuse

logger = logging.getLogger("livegrad.http")

_WORDS = {
    404: ("There is nothing at this address.", "此地址没有内容。"),
    405: ("This address does not know that method.", "此地址不支持该方法。"),
}


def refusal_response(refusal: Refused) -> JSONResponse:
    """The answer to something that is not done."""
    headers = {}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(max(math.ceil(refusal.retry_after), 1))
    if refusal.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(refusal.as_dict(), refusal.status, headers)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101  (registered for this type)
    return refusal_response(error)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for this type)
    en, zh = _WORDS.get(error.status_code, ("This request cannot be answered.", "无法处理此请求。"))
    return refusal_response(refuse(error.status_code, en, zh))


async def _invalid(_: Request, error: Exception) -> Response:
    """FastAPI's own answer would repeat the input, and fail on a NaN in it."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for this type)
    where = ".".join(str(part) for part in error.errors()[0]["loc"] if isinstance(part, str))
    return refusal_response(refuse(422, "A parameter of the address is not valid.", "地址中的参数无效。", field=where))


async def _fault(_: Request, error: Exception) -> Response:
    logger.error("a request failed", exc_info=error)
    return refusal_response(refuse(500, "A fault inside the server. Try again.", "服务器内部故障，请重试。"))


def install(app: FastAPI) -> None:
    """Answer every failure of a route in our own words."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _fault)
