"""The HTTP routes of studies."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from server.bodies import described, read_json
from server.services import Services
from server.studies.plan import ComparisonStudy, FreeStudy, plan_study
from server.studies.views import StudyCreatedView, StudyView
from server.views import ERRORS

_ASKED = described({"anyOf": [FreeStudy.model_json_schema(), ComparisonStudy.model_json_schema()]})


def router(services: Services) -> APIRouter:
    """The routes by which studies are begun, read and cancelled."""
    routes = APIRouter(prefix="/api/studies")

    @routes.post("", status_code=201, response_model=StudyCreatedView, responses=ERRORS, openapi_extra=_ASKED)
    async def create_study(request: Request) -> Response:
        """Begin a study: configurations × seeds in the background, or a ready comparison over seeds."""
        plan = await run_in_threadpool(plan_study, await read_json(request))
        study = services.studies.create(request.client.host if request.client else "", plan)
        return JSONResponse({"id": study.study_id, "control_token": study.token}, 201)

    @routes.get("/{study_id}", response_model=StudyView, responses=ERRORS)
    async def read_study(study_id: str, since: int = 0) -> Response:
        """How far a study is; of its results those that changed after the version `since`."""
        return JSONResponse(await run_in_threadpool(services.study(study_id).as_dict, since))

    @routes.delete("/{study_id}", status_code=204, response_class=Response, responses=ERRORS)
    async def cancel_study(study_id: str, request: Request) -> Response:
        """Cancel a study; needs its control token. What was measured can still be read."""
        services.studies.cancel(services.own_study(study_id, request))
        return Response(status_code=204)

    return routes
