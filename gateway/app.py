"""The web application: everything put together from the settings."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway import collector
from gateway.auth.configuration import configured_authenticator
from gateway.auth.viewer import Viewer
from gateway.changes.feed import ChangeFeed
from gateway.db import open_database
from gateway.db.compiled import statements_size
from gateway.db.instants import Clock, instant_of, system_clock
from gateway.db.readiness import check_ready, check_writable
from gateway.directory.panoptes.configuration import configured_live_directory
from gateway.errors import GatewayError
from gateway.graphql.configuration import (
    configured_budget,
    configured_executor,
    configured_proxies,
    configured_responses,
)
from gateway.graphql.endpoint.graphql_endpoint import GraphQLEndpoint
from gateway.graphql.endpoint.pages import Pages
from gateway.graphql.endpoint.response import refused
from gateway.graphql.graphiql import built_graphiql
from gateway.graphql.masking import ErrorMask
from gateway.graphql.page import Page
from gateway.graphql.page.examples import EXAMPLES
from gateway.graphql.page.fitting import FittedExamples
from gateway.http.browsers import readable_by_pages
from gateway.http.compressed import CompressedAnswers, CompressedBodies
from gateway.http.connections import Connections
from gateway.http.draining import Draining
from gateway.http.media import headers_size
from gateway.http.peers import PeerLimits
from gateway.http.probes import probe_routes
from gateway.http.protocol import CONNECTIONS
from gateway.http.recorded import RecordedRequests
from gateway.http.response import errored
from gateway.http.slashes import WithoutTrailingSlash
from gateway.http.starting import OnceStarted, Starting
from gateway.ingestion.intake import Intake
from gateway.loaders.cache import ReadCache
from gateway.loaders.operation import Operation
from gateway.loaders.watched import Watch
from gateway.orphan import end_with_parent
from gateway.rest.about import about_routes
from gateway.rest.ckan.action import routes_to_action
from gateway.rest.ckan.group_count import GroupCountEndpoint
from gateway.rest.ckan.help_show import HelpShowEndpoint, UnknownActionEndpoint
from gateway.rest.credentials import StreamCredentials
from gateway.rest.eras.routes import eras_routes
from gateway.rest.kinesis import KinesisEndpoint
from gateway.rest.retired import retired_route
from gateway.rest.stream_body import read_stream_body
from gateway.rest.wrong_passwords import WrongPasswords
from gateway.settings import Settings, load_settings
from gateway.telemetry.configuration import Telemetry, configured_telemetry
from gateway.telemetry.record import RequestRecord
from gateway.turns import Turns
from resolvers.schema import graphql_schema

logger = logging.getLogger(__name__)

GRAPHQL_PATH = "/graphql"
STREAM_PATH = "/kinesis"
#: What pages of other origins may look at in an answer.
_SHOWN_TO_PAGES = ("ETag", "Retry-After", "Server-Timing", "X-Request-Id")


#: The part of the memory for answers that compressed bodies have which are of no cached answer.
_COMPRESSED_PART = 4

_UNWATCHED = Telemetry()


def create_app(
    settings: Settings,
    clock: Clock = system_clock,
    telemetry: Telemetry = _UNWATCHED,
) -> Starlette:
    """Build the application; it opens the database, and migrates it, when it starts up.

    ``clock`` tells the current instant, with a time zone. SettingsError if the database URL or
    the key file cannot be used.
    """
    database = open_database(
        settings.database_url,
        connections=settings.database_connections,
        timeout_seconds=settings.database_timeout_seconds,
        clock=clock,
    )
    database.faults.logged = True
    changes = ChangeFeed(database)
    live = configured_live_directory(settings, database, clock)
    cache = None
    if settings.cache_bytes:
        cache = ReadCache(settings.cache_bytes)
    bodies = CompressedBodies(settings.answer_cache_bytes // _COMPRESSED_PART)
    mask = ErrorMask(closed=not settings.introspection)
    pages = Pages(Page(EXAMPLES), built_graphiql(EXAMPLES))

    starting = Starting(database.migrate)
    draining = Draining(settings.drain_seconds)
    connections = Connections(
        PeerLimits(
            settings.connections,
            settings.head_limit_bytes,
            settings.header_limit,
            settings.head_timeout_seconds,
            settings.stall_seconds,
            settings.bytes_per_second,
        )
    )
    metrics, tracing = telemetry.metrics, telemetry.tracing
    watch = Watch(
        metrics.batch if metrics else None,
        tracing.batch if tracing else None,
        tracing.statement if tracing else None,
    )

    turns = Turns()

    def open_operation(viewer: Viewer, record: RequestRecord) -> Operation:
        return Operation(database, viewer, clock(), live, cache, record, watch, turns, changes)

    responses = configured_responses(
        settings, database, changes, clock, bodies.capacity, watch.around_statement
    )
    budget = configured_budget(settings, lambda: clock().timestamp())
    executor = configured_executor(
        settings,
        graphql_schema,
        open_operation,
        mask,
        budget,
        tracing.operation if tracing else None,
        responses=responses,
        clock=clock,
        turns=turns,
    )
    authenticator = configured_authenticator(settings, database, lambda: instant_of(clock()))
    endpoint = GraphQLEndpoint(
        executor,
        authenticator.identify,
        mask,
        pages,
        settings.body_limit_bytes,
        batch_limit=settings.batch_limit,
        batch_bytes=settings.answer_limit_bytes,
        part_seconds=settings.operation_timeout_seconds if settings.incremental_delivery else None,
        trusted_proxies=configured_proxies(settings),
    )

    examples = FittedExamples(EXAMPLES, authenticator.identify, open_operation)
    group_count = GroupCountEndpoint(
        authenticator.identify, open_operation, settings.body_limit_bytes
    )
    intake = Intake(database, settings.database_timeout_seconds)
    stream = KinesisEndpoint(
        intake,
        lambda body: read_stream_body(body, clock(), settings.groups_per_event),
        _stream_credentials(settings),
        WrongPasswords(lambda: clock().timestamp()),
        settings.stream_max_body_bytes,
        configured_proxies(settings),
    )

    async def failed(_: Request, error: Exception) -> Response:
        return refused(mask.unexpected(error), error)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        directory, spent = live or nullcontext(), budget or nullcontext()
        async with database, changes, starting, authenticator, directory, spent:
            with telemetry.running(), draining.delayed():
                yield {CONNECTIONS: connections}

    app = Starlette(
        routes=[
            *about_routes(version("stats-gateway"), GRAPHQL_PATH, mask.unexpected),
            Route(
                GRAPHQL_PATH,
                readable_by_pages(
                    endpoint, settings.allowed_origins, ("GET", "POST"), _SHOWN_TO_PAGES
                ),
            ),
            *pages.routes(GRAPHQL_PATH),
            Route(f"{GRAPHQL_PATH}/examples", examples.respond),
            Route(STREAM_PATH, stream, methods=["POST"]),
            *routes_to_action(group_count),
            *routes_to_action(HelpShowEndpoint(settings.body_limit_bytes)),
            *routes_to_action(UnknownActionEndpoint(settings.body_limit_bytes), "{action}"),
            *eras_routes(
                authenticator.identify,
                open_operation,
                mask.unexpected,
                settings.operation_timeout_seconds,
            ),
            retired_route(mask.unexpected),
            *probe_routes(
                [starting.check_ready, partial(check_ready, database), authenticator.check_ready],
                [partial(check_writable, database)],
                draining,
            ),
        ],
        exception_handlers={HTTPException: _http_error, Exception: failed},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    # A preflight of any path is answered, and pages may read what is answered.
    app.router.default = readable_by_pages(_not_found, methods=("GET", "HEAD", "POST"))
    # Around all that Starlette does: what it answers to errors is recorded too.
    recorded = RecordedRequests(
        OnceStarted(CompressedAnswers(app.build_middleware_stack(), bodies), starting),
        draining,
        telemetry.log,
        metrics,
        tracing.request if tracing else None,
        server_timing=settings.server_timing,
        trusted_proxies=configured_proxies(settings),
    )
    app.middleware_stack = WithoutTrailingSlash(recorded)
    if metrics is not None:
        metrics.watch_pool(lambda: database.pool)
        metrics.watch_connections(lambda: connections.open, connections.closed)
        metrics.watch_changes(changes)
        metrics.watch_ingestion(intake.counters)
        metrics.watch_masked_errors(lambda: mask.masked)
        documents = executor.documents
        metrics.watch_cache("compressed", lambda: bodies.counts)
        metrics.watch_cache("documents", lambda: documents.counts)
        memory: dict[str, Callable[[], int]] = {
            "documents": partial(documents.size, "documents"),
            "plans": partial(documents.size, "plans"),
            "variables": partial(documents.size, "variables"),
            "persisted": lambda: executor.persisted.size,
            "compressed": lambda: bodies.size,
            "tokens": lambda: authenticator.remembered_bytes,
            "headers": headers_size,
            "statements": statements_size,
            "changes": lambda: changes.size,
        }
        if budget is not None:
            memory["budgets"] = lambda: budget.size
        if cache is not None:
            metrics.watch_cache("facts", lambda: cache.counts)
            memory["facts"] = lambda: cache.size
        if responses is not None:
            metrics.watch_cache("answers", lambda: responses.counts)
            memory["answers"] = lambda: responses.size
        for name, size in memory.items():
            metrics.watch_memory(name, size)
    app.state.ingestion_counters = intake.counters
    app.state.read_cache = cache
    app.state.responses = responses
    app.state.changes = changes
    app.state.compressed_bodies = bodies
    return app


def from_environment() -> Starlette:
    """The application of a server process, from ``STATS_GATEWAY_*`` alone.

    What cannot be used is a line of the log, and ends the process.
    """
    try:
        settings = load_settings()
        telemetry = configured_telemetry(settings, version("stats-gateway"))
        app = create_app(settings, telemetry=telemetry)
    except GatewayError as error:
        logger.critical("The server cannot start: %s", error.message)
        sys.exit(1)
    end_with_parent()
    collector.spare()
    return app


def _stream_credentials(settings: Settings) -> StreamCredentials:
    password = settings.stream_password
    return StreamCredentials(
        settings.stream_username, None if password is None else password.get_secret_value()
    )


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette's signature says Exception
    # Pages may read that there is nothing: without it their browsers tell of CORS instead.
    headers = {"Access-Control-Allow-Origin": "*", **(error.headers or {})}
    return errored(HTTPStatus(error.status_code), headers)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await errored(HTTPStatus.NOT_FOUND)(scope, receive, send)
