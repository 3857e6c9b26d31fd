"""The web application: services, routes, middleware and metrics, put together from the settings."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import collector
from gateway.auth.owner import Owner
from gateway.db.instants import Clock, system_clock
from gateway.errors import GatewayError
from gateway.graphql.endpoint.identify import identified_viewer
from gateway.graphql.endpoint.response import refused
from gateway.graphql.endpoint.routes import (
    GRAPHQL_PATH,
    graphql_middleware,
    graphql_websockets,
)
from gateway.http.at_path import AtPath
from gateway.http.bearer_scope import BearerScope
from gateway.http.compressed import CompressedAnswers
from gateway.http.configuration import configured_proxies
from gateway.http.consistency_headers import ConsistencyHeaders
from gateway.http.cors import with_cors
from gateway.http.loopback_host import LoopbackHost
from gateway.http.protocol import CONNECTIONS
from gateway.http.recorded import RecordedRequests
from gateway.http.response import status_response
from gateway.http.slashes import WithoutTrailingSlash
from gateway.http.starting import OnceStarted
from gateway.http.websocket_route import WebSocketRoute
from gateway.orphan import end_with_parent
from gateway.routes import build_routes
from gateway.services import Services, build_services
from gateway.settings import Settings, load_settings
from gateway.telemetry.configuration import Telemetry, configured_telemetry
from gateway.telemetry.record import record_of
from gateway.watching import watch_services
from gateway.web.pages import MakePages
from gateway.web.roles import RoleToken

logger = logging.getLogger(__name__)

_UNWATCHED = Telemetry()


def create_app(
    settings: Settings,
    clock: Clock = system_clock,
    telemetry: Telemetry = _UNWATCHED,
    make_pages: MakePages | None = None,
    owner: Owner | None = None,
    roles: Sequence[RoleToken] = (),
) -> Starlette:
    """Build the application; it opens the database, and migrates it, when it starts up.

    ``clock`` tells the current instant, with a time zone. SettingsError if the database URL or
    the key file cannot be used. ``make_pages`` is for a server that builds its pages beside it,
    ``owner`` for one on their own machine, ``roles`` for the demo.
    """
    services = build_services(settings, clock, telemetry, make_pages, owner, roles)

    async def failed(request: Request, error: Exception) -> Response:
        formatted = services.mask.unexpected(error)
        record_of(request.scope).note_error(formatted["extensions"]["code"], error)
        return refused(formatted, error)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with services.running():
            yield {CONNECTIONS: services.connections}

    app = Starlette(
        routes=build_routes(services),
        exception_handlers={HTTPException: _http_error, Exception: failed},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    # A preflight of any path is answered, and pages may read what is answered.
    app.router.default = with_cors(_not_found, methods=("GET", "HEAD", "POST"))
    services.pages.on_change = partial(_exchange, app.router.routes)
    app.middleware_stack = _around(
        app.build_middleware_stack(), services, own_pages_only=owner is not None
    )
    if telemetry.metrics is not None:
        watch_services(telemetry.metrics, services)
    app.state.services = services
    return app


def from_environment() -> Starlette:
    """The application of a server process, from ``STATS_GATEWAY_*`` alone.

    A setting that cannot be used is logged, and ends the process.
    """
    return server_app(load_settings)


def server_app(
    load: Callable[[], Settings],
    make_pages: MakePages | None = None,
    owner: Owner | None = None,
    roles: Sequence[RoleToken] = (),
) -> Starlette:
    """The application of a server process; an unusable setting is logged, and ends the process."""
    try:
        settings = load()
        telemetry = configured_telemetry(settings, version("stats-gateway"))
        app = create_app(
            settings, telemetry=telemetry, make_pages=make_pages, owner=owner, roles=roles
        )
    except GatewayError as error:
        logger.critical("The server cannot start: %s", error.message)
        sys.exit(1)
    end_with_parent()
    collector.freeze()
    return app


def _exchange(
    routes: list[BaseRoute], before: Sequence[BaseRoute], after: Sequence[BaseRoute]
) -> None:
    """Replace the routes ``before`` by those ``after``, at the same index."""
    index = routes.index(before[0])
    others = [route for route in routes if route not in before]
    routes[:] = [*others[:index], *after, *others[index:]]


def _around(app: ASGIApp, services: Services, *, own_pages_only: bool) -> ASGIApp:
    """The middleware around all of Starlette: its error responses are recorded too."""
    settings, telemetry = services.settings, services.telemetry

    def compressed(inner: ASGIApp) -> ASGIApp:
        return CompressedAnswers(inner, services.compressed_bodies)

    answering = compressed(app)
    graphql = graphql_middleware(
        answering,
        settings,
        services.executor,
        services.authenticator.identify,
        services.mask,
        services.responses,
        compressed,
    )
    requests = ConsistencyHeaders(
        AtPath(GRAPHQL_PATH, graphql, answering),
        services.consistent_reads,
        partial(identified_viewer, identify=services.authenticator.identify),
    )
    identified = _with_websockets(requests, services)
    if settings.groups == "panoptes":
        identified = BearerScope(identified)
    started = OnceStarted(identified, services.starting)
    recorded = RecordedRequests(
        LoopbackHost(started, own_pages_only=own_pages_only)
        if settings.loopback_hosts_only
        else started,
        services.draining,
        services.collections,
        telemetry.log,
        telemetry.metrics,
        telemetry.tracing.request if telemetry.tracing else None,
        server_timing=settings.server_timing,
        trusted_proxies=configured_proxies(settings),
    )
    return WithoutTrailingSlash(recorded)


def _with_websockets(requests: ASGIApp, services: Services) -> ASGIApp:
    settings = services.settings
    websockets = graphql_websockets(
        settings,
        services.executor,
        services.live_answers,
        services.authenticator.identify,
        services.mask,
        services.consistent_reads,
    )
    origins = settings.allowed_origins
    return WebSocketRoute(GRAPHQL_PATH, websockets, requests, origins, services.draining)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette's signature says Exception
    record_of(request.scope).note_error(HTTPStatus(error.status_code).name)
    # Pages may read that there is nothing: without it their browsers tell of CORS instead.
    headers = {"Access-Control-Allow-Origin": "*", **(error.headers or {})}
    return status_response(HTTPStatus(error.status_code), headers)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    record_of(scope).note_error(HTTPStatus.NOT_FOUND.name)
    await status_response(HTTPStatus.NOT_FOUND)(scope, receive, send)
