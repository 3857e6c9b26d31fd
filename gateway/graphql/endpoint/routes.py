"""Routes of GraphQL: the endpoint, the pages for browsers and the examples in them."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.graphql.endpoint.graphql_endpoint import GraphQLEndpoint
from gateway.graphql.endpoint.live_endpoint import LiveEndpoint
from gateway.graphql.endpoint.live_response import StreamTimes
from gateway.graphql.endpoint.pages import Pages
from gateway.graphql.endpoint.repeated_requests import RepeatedRequests
from gateway.graphql.endpoint.request_memo import RequestMemo
from gateway.graphql.endpoint.socket_endpoint import SocketEndpoint
from gateway.graphql.endpoint.socket_operation import SocketOperations
from gateway.graphql.endpoint.socket_running import SocketLimits
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.response_cache import ResponseCache
from gateway.graphql.graphiql import built_graphiql
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.masking import ErrorMask
from gateway.graphql.page import Page
from gateway.graphql.page.examples import EXAMPLES
from gateway.graphql.page.fitting import FittedExamples, Identify, OpenOperation
from gateway.http.connections import Connections
from gateway.http.consistency_headers import CONSISTENCY_HEADERS
from gateway.http.consistent_reads import ConsistentReads
from gateway.http.cors import with_cors
from gateway.settings import Settings

GRAPHQL_PATH = "/graphql"
#: Headers of an answer that pages of other origins may read.
_EXPOSED_HEADERS = (*CONSISTENCY_HEADERS, "ETag", "Retry-After", "Server-Timing", "X-Request-Id")


def graphql_routes(
    settings: Settings,
    executor: Executor,
    identify: Identify,
    identify_not_erased: Identify,
    open_operation: OpenOperation,
    mask: ErrorMask,
    live: LiveAnswers,
    connections: Connections,
    reads: ConsistentReads,
) -> list[Route]:
    """All routes below the endpoint's path; :func:`graphql_middleware` wraps them."""
    pages = Pages(Page(EXAMPLES), built_graphiql(EXAMPLES))
    times = StreamTimes(settings.heartbeat_seconds, settings.operation_timeout_seconds)
    endpoint = GraphQLEndpoint(
        executor,
        identify,
        mask,
        pages,
        settings.body_limit_bytes,
        batch_limit=settings.batch_limit,
        batch_bytes=settings.answer_limit_bytes,
        part_seconds=settings.operation_timeout_seconds if settings.incremental_delivery else None,
        live=LiveEndpoint(executor.live, live, mask, times, connections, reads),
    )
    examples = FittedExamples(EXAMPLES, identify_not_erased, open_operation)
    return [
        Route(GRAPHQL_PATH, endpoint),
        *pages.routes(GRAPHQL_PATH),
        Route(f"{GRAPHQL_PATH}/examples", examples.respond),
    ]


def graphql_middleware(
    app: ASGIApp,
    settings: Settings,
    executor: Executor,
    identify: Identify,
    mask: ErrorMask,
    responses: ResponseCache | None,
    compressed: Callable[[ASGIApp], ASGIApp],
) -> ASGIApp:
    """The middleware of the endpoint's path: repeated requests, and CORS for allowed pages."""
    if responses is not None:
        app = RepeatedRequests(
            app,
            GRAPHQL_PATH,
            executor,
            identify,
            mask,
            RequestMemo(responses),
            compressed,
            batch_bytes=settings.answer_limit_bytes,
        )
    return with_cors(app, settings.allowed_origins, ("GET", "POST"), _EXPOSED_HEADERS)


def graphql_websockets(
    settings: Settings,
    executor: Executor,
    live: LiveAnswers,
    identify: Identify,
    mask: ErrorMask,
    reads: ConsistentReads,
) -> ASGIApp:
    """The application for WebSockets at the endpoint's path."""
    in_parts = settings.incremental_delivery
    operations = SocketOperations(executor, live, identify, mask, in_parts, reads)
    limits = SocketLimits(settings.websocket_operations, settings.body_limit_bytes)
    return SocketEndpoint(operations, limits, GRAPHQL_PATH)
