"""Routes and lifespan, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgpack
from fastapi import FastAPI, Request, WebSocket
from fastapi.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response

from kernels.augmentation import MAX_NOISE, MAX_ROTATION, MAX_SHIFT
from kernels.layer_kinds import MAX_DROPOUT
from kernels.live import MAX_SWITCH, MAX_WARMUP
from server import answers, groups, rehearsal_routes, uploads
from server.bodies import PARTIAL_CONFIG, created_run, read_json, run_view
from server.bus import LocalBus
from server.catalog import families, headings, illnesses
from server.comparisons import catalogue as comparisons
from server.configuration import DEFAULT, resolve
from server.datasets.pictures import MAX_IMAGES
from server.datasets.table import MAX_COLUMNS, MAX_ROWS
from server.directory import Directory
from server.frames import PROTOCOL
from server.guard import Guard
from server.json_input import MAX_BYTES
from server.preparation import as_message, prepare
from server.presets import catalogue as presets
from server.scheduler import Scheduler
from server.schema import (
    CONVOLUTIONAL,
    LAYERS,
    MAX_BATCH,
    MAX_LAYERS,
    MAX_SEED,
    MAX_SPEED,
    MAX_WORK,
    MIN_SPEED,
    DataConfig,
)
from server.services import LOOKING_SECONDS, SETTLING_SECONDS, Services
from server.settings import Settings, from_environment
from server.site import Site
from server.steering import configure
from server.stream import Stream
from server.studies import catalog as studies_catalog
from server.studies import routes as study_routes
from server.studies.desk import Studies
from server.uploads import MAX_IMAGES_UPLOAD, MAX_UPLOAD, DrawnPoints, Uploads
from server.views import ERRORS, CatalogView, CreatedView, HealthView, PicturesView, RunView, TableView
from server.warming import Warming

TABLE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string", "description": "Rows of numbers, with or without names."}},
            "application/json": {"schema": DrawnPoints.model_json_schema()},
        },
    }
}


ARCHIVE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def package_version() -> str:
    """The version of this package; in a source tree that was not installed, that it is one."""
    try:
        return version("livegrad")
    except PackageNotFoundError:
        return "0+source"


def create_app(
    settings: Settings | None = None,
    *,
    warming: Warming | None = None,
    clock: Callable[[], float] = time.monotonic,
    page: Site | None = None,
) -> FastAPI:
    """The whole application. Tests put another way to warm up, another clock, and another page in place."""
    settings = settings or from_environment()
    bus, warming = LocalBus(), warming or Warming()
    # One core is left to the runs that people watch, and to the page.
    studies = Studies(settings, max(settings.worker_count - 1, 1), warming, clock)
    services = Services(
        settings=settings,
        directory=Directory(settings, bus, clock),
        scheduler=Scheduler(bus, settings.worker_count, kernels=warming, background=studies),
        bus=bus,
        warming=warming,
        studies=studies,
    )
    bus.connect_running(services.scheduler)
    studies.connect(services.scheduler.nudge)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        bus.connect_serving(_caller(loop), services.directory.deliver)
        warming.start(services.scheduler.start, services.wake)
        tidying = asyncio.create_task(_tidy(services))
        yield
        tidying.cancel()
        warming.stop()
        bus.connect_serving(None, services.directory.deliver)
        await run_in_threadpool(services.scheduler.stop)

    app = FastAPI(
        title="Livegrad",
        # The contract's version: the description must not differ between a source tree and an install.
        version=str(PROTOCOL),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.services = services
    # On the thread that serves the streams: the highest level takes ten times as long for a twentieth of the bytes.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=3)
    app.add_middleware(Guard, settings=settings)
    answers.install(app)
    _add_routes(app, services)
    _add_data_routes(app, services.directory)
    app.include_router(groups.router(services))
    app.include_router(rehearsal_routes.router(services))
    app.include_router(study_routes.router(services))
    app.mount("/", page or Site())
    return app


def _caller(loop: asyncio.AbstractEventLoop) -> Callable[[Callable[[], None]], object]:
    """Brings calls to the event loop; drops them once it is closed, when nobody is left to hear of them."""

    def call_soon(callback: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(callback)

    return call_soon


async def _tidy(services: Services) -> None:
    while True:
        await asyncio.sleep(1.0)
        services.directory.tidy()
        services.studies.tidy()


def _catalog(settings: Settings) -> dict[str, Any]:
    share = DataConfig.model_json_schema()["properties"]["train_share"]
    return {
        "version": package_version(),
        "protocol": PROTOCOL,
        "families": families(),
        "headings": headings(),
        "default_config": DEFAULT.as_dict(),
        "default_layers": {kind: layer().model_dump() for kind, layer in LAYERS.items()},
        "convolutional": [layer.model_dump() for layer in CONVOLUTIONAL],
        "presets": presets(),
        "comparisons": comparisons(),
        "studies": studies_catalog.catalogue(),
        "illnesses": illnesses(),
        "limits": {
            "layers": MAX_LAYERS,
            "dropout": MAX_DROPOUT,
            "batch_size": MAX_BATCH,
            "warmup": MAX_WARMUP,
            "switch": MAX_SWITCH,
            "augmentation": {"shift": MAX_SHIFT, "rotation": MAX_ROTATION, "noise": MAX_NOISE},
            "work": MAX_WORK,
            "seed": MAX_SEED,
            "speed_minimum": MIN_SPEED,
            "speed_maximum": MAX_SPEED,
            "train_share_minimum": share["minimum"],
            "train_share_maximum": share["maximum"],
            "message_bytes": MAX_BYTES,
            "upload_bytes": MAX_UPLOAD,
            "images_bytes": MAX_IMAGES_UPLOAD,
            "images": MAX_IMAGES,
            "table_rows": MAX_ROWS,
            "table_columns": MAX_COLUMNS,
            "idle_pause_seconds": settings.idle_pause_seconds,
            "keep_minutes": settings.keep_seconds / 60,
        },
    }


def _add_routes(app: FastAPI, services: Services) -> None:
    directory = services.directory

    @app.get("/api/health", response_model=HealthView)
    async def health() -> Response:
        """How the server is, and how far its kernels are compiled."""
        kernels = asdict(services.warming.status)
        head = {"status": "ok", "version": package_version(), "kernels": kernels}
        return JSONResponse({**head, "runs": len(directory), "viewers": directory.viewers})

    @app.get("/api/catalog", response_model=CatalogView, response_model_exclude_unset=True)
    async def catalog() -> Response:
        """Every family and variant, with the default configuration and the limits."""
        return JSONResponse(await run_in_threadpool(_catalog, services.settings))

    @app.post("/api/runs", status_code=201, response_model=CreatedView, responses=ERRORS, openapi_extra=PARTIAL_CONFIG)
    async def create_run(request: Request) -> Response:
        """Begin a run with what is asked for; the rest is the default."""
        config = resolve(await read_json(request))
        address = request.client.host if request.client else ""
        return JSONResponse(created_run(directory.create(address, config)), 201)

    @app.get("/api/runs/{run_id}", response_model=RunView, responses=ERRORS)
    async def read_run(run_id: str) -> Response:
        """A run's configuration and where it stands, watched or not."""
        entry = services.run(run_id)
        await services.settled(entry, LOOKING_SECONDS)
        return JSONResponse(run_view(entry))

    @app.patch("/api/runs/{run_id}", response_model=RunView, responses=ERRORS, openapi_extra=PARTIAL_CONFIG)
    async def change_run(run_id: str, request: Request) -> Response:
        """Change a part of the configuration; needs the control token."""
        entry = services.own_run(run_id, request)
        configure(directory, entry, await read_json(request))
        await services.settled(entry, SETTLING_SECONDS)
        return JSONResponse(run_view(entry))

    @app.delete("/api/runs/{run_id}", status_code=204, response_class=Response, responses=ERRORS)
    async def end_run(run_id: str, request: Request) -> Response:
        """End a run; needs the control token."""
        directory.end(services.own_run(run_id, request))
        return Response(status_code=204)

    @app.get("/api/runs/{run_id}/data", response_class=Response, responses=ERRORS)
    async def read_data(run_id: str) -> Response:
        """The run's samples, and how they become inputs: a MessagePack map."""
        plan = services.run(run_id).channel.plan
        data = await run_in_threadpool(prepare, plan.config.data)
        return Response(msgpack.packb(as_message(data, plan.generation)), media_type="application/msgpack")

    @app.websocket("/api/runs/{run_id}/stream")
    async def stream(websocket: WebSocket, run_id: str) -> None:
        """Frames and events down, commands and acknowledgements up."""
        await Stream(websocket, directory, services.settings).run(run_id)


def _add_data_routes(app: FastAPI, directory: Directory) -> None:
    incoming = Uploads()

    @app.post("/api/data", status_code=201, response_model=TableView, responses=ERRORS, openapi_extra=TABLE)
    async def take_table(request: Request) -> Response:
        """Take a table in, to be trained on: text (CSV and the like), or points as JSON. In memory only."""
        table = await incoming.read(request)
        table_id = uploads.keep(table, directory.tables_in_use, directory.now)
        return JSONResponse(uploads.view(table_id, table), 201)

    @app.get("/api/data/{table_id}", response_model=TableView, responses=ERRORS)
    async def read_table(table_id: str) -> Response:
        """The columns and the first rows of a table, for whoever knows its id."""
        return JSONResponse(uploads.view(table_id, uploads.find(table_id)))

    @app.post("/api/data/images", status_code=201, response_model=PicturesView, responses=ERRORS, openapi_extra=ARCHIVE)
    async def take_images(request: Request) -> Response:
        """Take images in, to be trained on: a zip with a folder for each class. In memory only."""
        pictures = await incoming.read_images(request)
        images_id = uploads.keep(pictures, directory.tables_in_use, directory.now)
        return JSONResponse(uploads.view_images(images_id, pictures), 201)

    @app.get("/api/data/images/{images_id}", response_model=PicturesView, responses=ERRORS)
    async def read_images(images_id: str) -> Response:
        """The classes of images, and some of them, for whoever knows their id."""
        return JSONResponse(uploads.view_images(images_id, uploads.find_images(images_id)))
