"""Status page and OpenAPI description: the routes of both."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from gateway.http.cors import with_cors
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
    """The routes of the root and of the OpenAPI description.

    ``more`` are paths that are described elsewhere. ``home`` makes the page that browsers get at
    the root, in place of the small page.
    """
    description = describe(version, more)
    status = {
        # Clients of ERAS read it.
        "status": "ok",
        "service": "stats-gateway",
        "version": version,
        "graphql": graphql_path,
        "openapi": OPENAPI_PATH,
    }
    welcome = WelcomeEndpoint(status, description, describe_error, home)
    openapi = OpenApiEndpoint(description, describe_error)
    return [
        Route("/", with_cors(welcome)),
        Route(OPENAPI_PATH, with_cors(openapi)),
    ]
