"""Where the gateway says what it is: at its root, and to machines in OpenAPI's words."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from gateway.http.browsers import readable_by_pages
from gateway.rest.eras.rows import Json
from gateway.rest.openapi import OPENAPI_PATH, OpenApiEndpoint, describe
from gateway.rest.sentence import DescribeError
from gateway.rest.welcome import WelcomeEndpoint


def about_routes(
    version: str,
    graphql_path: str,
    describe_error: DescribeError,
    home: Callable[[], Response] | None = None,
    more: Json | None = None,
) -> list[Route]:
    """The root and the description of all that is answered beside GraphQL.

    ``more`` are paths that are described elsewhere.
    ``home`` is what browsers get at the root, in place of the small page.
    """
    description = describe(version, more)
    status = {
        # What clients of ERAS look at.
        "status": "ok",
        "service": "stats-gateway",
        "version": version,
        "graphql": graphql_path,
        "openapi": OPENAPI_PATH,
    }
    welcome = WelcomeEndpoint(status, description, describe_error, home)
    openapi = OpenApiEndpoint(description, describe_error)
    return [
        Route("/", readable_by_pages(welcome)),
        Route(OPENAPI_PATH, readable_by_pages(openapi)),
    ]
