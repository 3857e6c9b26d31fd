"""Where the gateway says what it is: at its root, and to machines in OpenAPI's words."""

from __future__ import annotations

from starlette.routing import Route

from gateway.http.browsers import readable_by_pages
from gateway.rest.openapi import OPENAPI_PATH, OpenApiEndpoint, describe
from gateway.rest.sentence import DescribeError
from gateway.rest.welcome import WelcomeEndpoint


def about_routes(version: str, graphql_path: str, describe_error: DescribeError) -> list[Route]:
    """The root and the description of all that is answered beside GraphQL."""
    description = describe(version)
    status = {
        # What clients of ERAS look at.
        "status": "ok",
        "service": "stats-gateway",
        "version": version,
        "graphql": graphql_path,
        "openapi": OPENAPI_PATH,
    }
    welcome = WelcomeEndpoint(status, description, describe_error)
    openapi = OpenApiEndpoint(description, describe_error)
    return [
        Route("/", readable_by_pages(welcome)),
        Route(OPENAPI_PATH, readable_by_pages(openapi)),
    ]
