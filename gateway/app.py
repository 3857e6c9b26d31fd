"""The web application: everything put together from the settings."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.auth.configuration import configured_authenticator
from gateway.auth.viewer import Viewer
from gateway.db import open_database
from gateway.db.readiness import check_ready
from gateway.directory.panoptes.configuration import configured_live_directory
from gateway.errors import Unavailable
from gateway.graphql.documents import Documents
from gateway.graphql.endpoint import GraphQLEndpoint
from gateway.graphql.execute import Executor
from gateway.graphql.graphiql import built_graphiql
from gateway.graphql.masking import ErrorMask
from gateway.graphql.page import Page
from gateway.graphql.page.examples import EXAMPLES
from gateway.graphql.pages import Pages
from gateway.graphql.response import refused
from gateway.http.response import errored
from gateway.loaders.operation import Operation
from gateway.rest.about import about_routes
from gateway.rest.ckan.group_count import GROUP_COUNT_PATHS, GroupCountEndpoint
from gateway.rest.credentials import StreamCredentials
from gateway.rest.eras.routes import eras_routes
from gateway.rest.intake import Intake
from gateway.rest.kinesis import KinesisEndpoint
from gateway.rest.retired import retired_routes
from gateway.settings import Settings, load_settings
from resolvers.schema import graphql_schema

GRAPHQL_PATH = "/graphql"
STREAM_PATH = "/kinesis"
#: Whoever asks whether we are ready asks again soon, and must not pile up.
_READY_WITHIN_SECONDS = 5


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(settings: Settings, clock: Callable[[], datetime] = _now) -> Starlette:
    """Build the application; it opens the database, and migrates it, when it starts up.

    ``clock`` tells the current instant, with a time zone. SettingsError if the database URL or
    the key file cannot be used.
    """
    database = open_database(
        settings.database_url,
        connections=settings.database_connections,
        timeout_seconds=settings.database_timeout_seconds,
    )
    live = configured_live_directory(settings, database, clock)
    mask = ErrorMask()
    pages = Pages(Page(EXAMPLES), built_graphiql(EXAMPLES))

    def open_operation(viewer: Viewer) -> Operation:
        return Operation(database, viewer, clock(), live)

    documents = Documents(graphql_schema)
    executor = Executor(
        graphql_schema, documents, open_operation, mask, settings.operation_timeout_seconds
    )
    authenticator = configured_authenticator(
        settings, database, lambda: int(clock().timestamp() * 1_000_000)
    )
    endpoint = GraphQLEndpoint(
        executor, authenticator.identify, mask, pages, settings.body_limit_bytes
    )

    group_count = GroupCountEndpoint(
        authenticator.identify, open_operation, settings.body_limit_bytes
    )
    intake = Intake(database, clock, settings.database_timeout_seconds)
    stream = KinesisEndpoint(intake, _stream_credentials(settings), settings.stream_max_body_bytes)

    async def ready(_: Request) -> Response:
        try:
            async with asyncio.timeout(_READY_WITHIN_SECONDS):
                await check_ready(database)
        except (Unavailable, TimeoutError) as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, 503)
        return JSONResponse({"status": "ready"})

    async def failed(_: Request, error: Exception) -> Response:
        return refused(mask.unexpected(error), error)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with database:
            await database.migrate()
            async with authenticator, live or nullcontext():
                yield

    app = Starlette(
        routes=[
            *about_routes(version("stats-gateway"), GRAPHQL_PATH, mask.unexpected),
            Route(GRAPHQL_PATH, endpoint),
            *pages.routes(GRAPHQL_PATH),
            Route(STREAM_PATH, stream, methods=["POST"]),
            *(Route(path, group_count, methods=["POST"]) for path in GROUP_COUNT_PATHS),
            *eras_routes(
                authenticator.identify,
                open_operation,
                mask.unexpected,
                settings.operation_timeout_seconds,
            ),
            *retired_routes(mask.unexpected),
            Route("/livez", _alive),
            Route("/readyz", ready),
        ],
        exception_handlers={HTTPException: _http_error, Exception: failed},
        lifespan=lifespan,
    )
    app.state.ingestion_counters = intake.counters
    return app


def from_environment() -> Starlette:
    """The application of a server process, from ``STATS_GATEWAY_*`` alone."""
    app = create_app(load_settings())
    # What is loaded by now stays: the collector need not look through it again and again.
    gc.freeze()
    return app


def _stream_credentials(settings: Settings) -> StreamCredentials:
    password = settings.stream_password
    return StreamCredentials(
        settings.stream_username, None if password is None else password.get_secret_value()
    )


async def _alive(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette's signature says Exception
    return errored(HTTPStatus(error.status_code), error.headers)
